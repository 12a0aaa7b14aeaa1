#include <stdio.h>

#include "certificate.h"

#include "bulla/enc.h"

#define BLOCK_MAX (1u << 20)

#define PIECE 64u		/* of a key, so that no line wraps on paper */

/*
 * Functions that the commands below use. All of it may have to be typed from
 * paper: lines of 76 columns at most, in ASCII.
 */
static const char helpers[] =
"whole() { # FILE DIGEST: the file has this SHA-256\n"
"    echo \"$2  $1\" | sha256sum -c\n"
"}\n"
"text() { sed '/^$/,$d' \"$1\"; }\n"
"same() { # FILE DIGEST: the text of a note has this SHA-256\n"
"    [ \"$(text \"$1\" | sha256sum)\" = \"$2  -\" ] || {\n"
"        echo \"CHANGED: $1\"; return 1; }\n"
"}\n"
"signed() { # FILE KEY: the note carries a signature of this key\n"
"    text \"$1\" >t; k=${2#*+}\n"
"    { printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160'\n"
"      printf '\\003\\041\\000'\n"
"      printf %s \"${k#*+}\" | base64 -d | tail -c 32; } >key.der\n"
"    by=\"$(printf '\\342\\200\\224') ${2%%+*}\"\n"
"    while read -r dash name sig; do\n"
"        [ \"$dash $name\" = \"$by\" ] || continue\n"
"        printf %s \"$sig\" | base64 -d >line\n"
"        [ \"$(head -c 4 line | od -An -tx1 | tr -d ' \\n')\" = \\\n"
"            \"${k%%+*}\" ] || continue\n"
"        tail -c 64 line >sig\n"
"        openssl pkeyutl -verify -rawin -pubin -keyform DER \\\n"
"            -inkey key.der -in t -sigfile sig && return\n"
"    done <\"$1\"\n"
"    echo \"NOT SIGNED: $1 by ${2%%+*}\"; return 1\n"
"}\n";

/* NAME='...', and NAME=$NAME'...' for the rest: a line each. */
static void
put_pieces(struct bulla_buf *b, const char *name, struct bulla_cur part,
    bool *first)
{
	struct bulla_cur piece;

	while (bulla_cur_take(&part, part.len < PIECE ? part.len : PIECE,
	    &piece) && piece.len > 0) {
		bulla_buf_fmt(b, *first ? "%s='" : "%s=$%s'", name, name);
		bulla_buf_cur(b, &piece);
		bulla_buf_str(b, "'\n");
		*first = false;
	}
}

/* In a variable: "name+id+", then the key itself. */
static void
put_vkey(struct bulla_buf *b, const char *name, const struct bulla_vkey *k)
{
	struct bulla_buf text = BULLA_BUF_INIT(BLOCK_MAX);
	struct bulla_cur rest, head;
	bool first = true;
	size_t n = 0;

	bulla_vkey_put(&text, k);
	rest = bulla_buf_view(&text);
	for (int plus = 0; n < rest.len && plus < 2; n++)
		plus += rest.p[n] == '+';
	if (bulla_cur_take(&rest, n, &head)) {
		put_pieces(b, name, head, &first);
		put_pieces(b, name, rest, &first);
	}
	if (bulla_buf_status(&text) != BULLA_OK && b->st == BULLA_OK)
		b->st = bulla_buf_status(&text);
	bulla_buf_free(&text);
}

static void
put_digest(struct bulla_buf *b, const char *how, const char *path,
    const uint8_t digest[32])
{
	bulla_buf_fmt(b, "%s %s \\\n    ", how, path);
	bulla_hex_put(b, digest, BULLA_SHA256_LEN);
	bulla_buf_str(b, "\n");
}

static void
put_signed(const struct certificate *c, struct bulla_buf *b,
    const char *path, const struct bulla_vkey *k)
{
	size_t i = 0;

	while (i < c->n_keys && !bulla_vkey_eq(&c->key[i], k))
		i++;
	if (i == c->n_keys)	/* more than are listed */
		put_vkey(b, "k0", k);
	bulla_buf_fmt(b, "signed %s \"$k%zu\"\n", path, i == c->n_keys ? 0 :
	    i + 1);
}

static void
file_commands(const struct certificate *c, struct bulla_buf *b)
{
	static const char opening[] = "$id/opening.note";
	static const char closing[] = "$id/closing.note";

	put_digest(b, "whole", "$id.bulla", c->sum);
	bulla_buf_str(b, "tar -xf $id.bulla\n"
	    "(cd $id && sha256sum --strict --quiet -c manifest-sha256.txt)\n");
	put_digest(b, "whole", "$id/manifest-sha256.txt",
	    c->package.closing.manifest);
	put_digest(b, "same", opening, c->package.opening_digest);
	put_digest(b, "same", closing, c->package.closing_digest);
	for (size_t i = 0; i < c->package.n_sealers; i++) {
		put_signed(c, b, opening, &c->package.sealer[i]);
		put_signed(c, b, closing, &c->package.sealer[i]);
	}
}

/* A note as bulla-custody export names it; false: it is in no chain. */
static bool
note_path(const struct certificate *c, const struct bulla_chain_step *s,
    char out[256])
{
	const struct bulla_custody *n = &s->l->c;

	if (!n->has_seal || custody_is_conflict(&c->p, s->l))
		return false;
	(void)snprintf(out, 256, "custody-$id/%s/%04u-%.*s.note",
	    s->side == BULLA_OURS ? "ours" : "theirs", (unsigned)n->sequence,
	    (int)n->event.len, (const char *)n->event.p);
	return true;
}

static void
note_commands(struct certificate *c, const struct bulla_chain_step *s,
    struct bulla_buf *b)
{
	struct bulla_err err = { 0 };
	struct bulla_tsp t;
	char path[256];

	if (!note_path(c, s, path))
		return;
	put_digest(b, "same", path, s->l->digest);
	for (unsigned i = 0; i < s->l->v.n_by; i++)
		put_signed(c, b, path, s->l->v.by[i]);
	/* The archive has the certificates of the home, and no others */
	if (c->k.tsa_ca != NULL ||
	    custody_stamped(&c->k, &c->p, s, &t, &err) != BULLA_OK)
		return;
	bulla_buf_fmt(b, "text %s >t\ncat custody-$id/tsa/*.pem >ca\n"
	    "openssl ts -verify -partial_chain -attime %lld -CAfile ca \\\n"
	    "    -data t -in %s.tsr\n", path, (long long)t.time, path);
}

void
certificate_hand(struct certificate *c, struct page *p)
{
	struct bulla_buf b = BULLA_BUF_INIT(BLOCK_MAX);
	char name[24];

	page_head(p, "How to check this without any server");
	page_para(p, "With the package and the archive that bulla-custody "
	    "export made (custody.tar) in an empty directory, a Unix shell "
	    "with tar, sha256sum and openssl (3.0 or newer), and these "
	    "commands: if the last one says that everything holds, it does. "
	    "Compare the public keys above with those that the agencies "
	    "themselves give you; the commands take them from this page. "
	    "Typed from paper: a line that ends in \\ goes on in the next.");
	bulla_buf_fmt(&b, "set -e\nid=%s\n", c->p.id);
	for (size_t i = 0; i < c->n_keys; i++) {
		(void)snprintf(name, sizeof(name), "k%zu", i + 1);
		put_vkey(&b, name, &c->key[i]);
	}
	bulla_buf_str(&b, helpers);
	if (c->there && c->known && c->package.has_closing)
		file_commands(c, &b);
	bulla_buf_str(&b, "tar -xf custody.tar\n");
	for (size_t i = 0; i < c->p.n_steps; i++)
		note_commands(c, &c->p.step[i], &b);
	bulla_buf_str(&b, "echo everything holds\n");
	page_run(p, &b);
	if (bulla_buf_status(&b) != BULLA_OK && p->b->st == BULLA_OK)
		p->b->st = bulla_buf_status(&b);
	bulla_buf_free(&b);
}
