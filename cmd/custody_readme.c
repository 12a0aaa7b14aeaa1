#include "custody.h"

#include "bulla/enc.h"
#include "bulla/when.h"

/* Shell commands stand behind four spaces: a test runs them. */
static const char links[] =
"1. Nothing was lost or changed on the way\n"
"\n"
"    sha256sum --quiet --strict -c SHA256SUMS\n"
"\n"
"2. The links\n"
"\n"
"A note is a text, an empty line, and signature lines. A note is called by\n"
"the SHA-256 of its text. In each chain \"previous\" is that of the note\n"
"before; in the first note it is the seal, the SHA-256 of the text of\n"
"closing.note in the package.\n"
"\n"
"    w=$(mktemp -d)\n"
"    text() {\n"
"        at=$(grep -n '^$' \"$1\" | tail -n 1 | cut -d : -f 1)\n"
"        head -n \"$((at - 1))\" \"$1\" >\"$w/text\"\n"
"        tail -n \"+$((at + 1))\" \"$1\" >\"$w/lines\"\n"
"    }\n"
"    for side in ours theirs; do\n"
"        last=\n"
"        for n in \"$side\"/[0-9]*[a-z].note; do\n"
"            case $n in *\\**|*.conflict.note) continue ;; esac\n"
"            text \"$n\"\n"
"            : \"${last:=$(sed -n 's/^seal: //p' \"$w/text\")}\"\n"
"            grep -qx \"previous: $last\" \"$w/text\" ||\n"
"                echo \"WRONG LINK $n\"\n"
"            last=$(sha256sum <\"$w/text\" | cut -d ' ' -f 1)\n"
"        done\n"
"    done\n"
"\n";

static const char signatures[] =
"3. The signatures\n"
"\n"
"A public key is name+id+base64, in the \"key:\" lines of the rosters: the\n"
"base64 holds a byte 1 and the 32 bytes of an Ed25519 key, which openssl\n"
"wants with 12 bytes in front. On a signature line the base64 holds the "
"4 bytes of\n"
"the id and the 64 of the signature.\n"
"\n"
"    for n in ours/*.note theirs/*.note; do\n"
"        [ -e \"$n\" ] || continue\n"
"        text \"$n\"\n"
"        while read -r dash name b64; do\n"
"            printf %s \"$b64\" | base64 -d >\"$w/line\"\n"
"            id=$(head -c 4 \"$w/line\" | od -An -tx1 | tr -d ' \\n')\n"
"            tail -c 64 \"$w/line\" >\"$w/sig\"\n"
"            key=$(cat roster/*.note | awk -v k=\"$name+$id+\" \\\n"
"                '$1 == \"key:\" && index($3, k) == 1 { print $3; exit }')\n"
"            if [ -z \"$key\" ]; then\n"
"                echo \"NOT IN A ROSTER $n $name\"\n"
"                continue\n"
"            fi\n"
"            printf %s \"$key\" | cut -d + -f 3- | base64 -d >\"$w/key\"\n"
"            { printf '\\060\\052\\060\\005\\006\\003\\053\\145'\n"
"              printf '\\160\\003\\041\\000'\n"
"              tail -c 32 \"$w/key\"; } >\"$w/der\"\n"
"            if openssl pkeyutl -verify -rawin -pubin \\\n"
"                -keyform DER -inkey \"$w/der\" -in \"$w/text\" \\\n"
"                -sigfile \"$w/sig\" >\"$w/out\"\n"
"            then echo \"good $n $name\"\n"
"            else echo \"WRONG SIGNATURE $n $name\"; fi\n"
"        done <\"$w/lines\"\n"
"    done\n"
"\n"
"4. Who may sign\n"
"\n"
"roster/ours.note and roster/theirs.note say who has which key, in which role\n"
"and from when to when; roster/history has the versions before, and\n"
"roster/suspend the keys that were suspended. A roster is signed by the keys\n"
"in its \"root:\" lines, checked as above. Whose roots they are is known from\n"
"the SHA-256 of the first version's text, which both sides compared by voice.\n"
"  seal: a sealer. receive and reject: a receiver or custodian. All others,\n"
"  and a signature of the other side: a custodian. dispose: two persons.\n"
"\n"
"5. What became of it\n"
"\n"
"Custody moves at \"receive\" and nowhere else. Its \"relinquish\" is the\n"
"SHA-256 of the text of the note of the other side that it answers, and both\n"
"have the same package-sha256: that of the whole package file. A handover is\n"
"complete when the other side's custodian has signed that receive too.\n"
"\n"
"6. When\n"
"\n"
"The times in the notes are the signers' own clocks. proofs/X.proof\n"
"(c2sp.org/tlog-proof) proves that the bytes in proofs/X.record, the note as\n"
"it was first recorded, are in the ledger of this side, under the checkpoint\n"
"at its end; where cosigned/newest.note has the same checkpoint, its further\n"
"lines are the counterpart's witness saying when it had seen that. By hand:\n"
"bulla-ledger check -k LOG -k WITNESS proofs/X.proof proofs/X.record\n"
"\n"
"Beside a note, NAME.note.tsr is the reply of a time-stamp authority (RFC\n"
"3161): its token says when it saw the SHA-256 of the note's text, and not\n"
"when the note was signed. Whether the certificates in tsa/ are those of an\n"
"authority that you trust is for you to find out.\n"
"\n"
"    for t in ours/*.tsr theirs/*.tsr; do\n"
"        [ -e \"$t\" ] || continue\n"
"        text \"${t%.tsr}\"\n"
"        openssl ts -reply -in \"$t\" -text 2>/dev/null >\"$w/out\"\n"
"        at=$(date -u -d \"$(sed -n 's/^Time stamp: //p' \"$w/out\")\" +%s)\n"
"        cat tsa/*.pem >\"$w/ca.pem\"\n"
"        if openssl ts -verify -attime \"$at\" -partial_chain \\\n"
"            -data \"$w/text\" -in \"$t\" -CAfile \"$w/ca.pem\" "
">\"$w/out\" 2>&1\n"
"        then echo \"good $t at $(date -u -d \"@$at\" +%FT%TZ)\"\n"
"        else echo \"WRONG TIME STAMP $t\"; fi\n"
"    done\n";

static void
put_list(const struct custody_pair *p, struct bulla_buf *b)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct bulla_chain_step *s = &p->step[i];
		const struct bulla_custody *c = &s->l->c;
		char when[BULLA_WHEN_LEN + 1];

		bulla_when_text(c->time, when);
		bulla_buf_fmt(b, "  %-6s %4u  %s  %-10.*s  ",
		    s->side == BULLA_OURS ? "ours" : "theirs",
		    (unsigned)c->sequence, when, (int)c->event.len,
		    (const char *)c->event.p);
		bulla_buf_cur(b, &c->actor);
		bulla_buf_str(b, "\n         ");
		bulla_hex_put(b, s->l->digest, sizeof(s->l->digest));
		bulla_buf_str(b, "\n");
	}
}

void
custody_readme(struct custody_cmd *k, const struct custody_pair *p,
    struct bulla_buf *out)
{
	struct bulla_cur findings = bulla_buf_view(&p->findings);

	bulla_buf_fmt(out, "%sThe chain of custody of package %s\n\n"
	    "ours/ has the notes of the side that made this archive, theirs/ "
	    "those of the\ncounterpart. Held by: %s.\n", p->exercise ?
	    "EXERCISE: this is no evidence.\n\n" : "", p->id,
	    p->holder.disposed ? "nobody, it was disposed of" :
	    p->holder.agency[0] != '\0' ? p->holder.agency : "not known");
	if (findings.len > 0) {
		bulla_buf_str(out, "\nTHE CHECK FAILED when this was made:\n");
		bulla_buf_cur(out, &findings);
	} else if (k->m.h.trust == NULL) {
		bulla_buf_str(out, "There was no roster: signatures were not "
		    "checked when this was made.\n");
	}
	bulla_buf_str(out, "\nThe notes in order, by claimed times, each with "
	    "the SHA-256 of its text:\n\n");
	put_list(p, out);
	bulla_buf_str(out, "\nHow to check it by hand, in this directory, "
	    "with nothing but these tools:\n\n");
	bulla_buf_str(out, links);
	bulla_buf_str(out, signatures);
}
