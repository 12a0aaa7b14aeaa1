#include <stdio.h>

#include "certificate.h"

#include "bulla/enc.h"

#define BLOCK_MAX (1u << 20)

/* Two functions that the commands below use. */
static const char helpers[] =
"text() { sed '/^$/,$d' \"$1\"; }\n"
"same() { # FILE DIGEST: the text of a note has this SHA-256\n"
"    [ \"$(text \"$1\" | sha256sum)\" = \"$2  -\" ] || {\n"
"        echo \"CHANGED: $1\"; return 1; }\n"
"}\n"
"signed() { # FILE KEY: the note carries a signature of this key\n"
"    text \"$1\" >t; k=${2#*+}\n"
"    { printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'\n"
"      printf %s \"${k#*+}\" | base64 -d | tail -c 32; } >key.der\n"
"    while read -r dash name sig; do\n"
"        [ \"$dash $name\" = \"— ${2%%+*}\" ] || continue\n"
"        printf %s \"$sig\" | base64 -d >line\n"
"        [ \"$(head -c 4 line | od -An -tx1 | tr -d ' \\n')\" = \"${k%%+*}\" ] ||\n"
"            continue\n"
"        tail -c 64 line >sig\n"
"        openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key.der \\\n"
"            -in t -sigfile sig && return\n"
"    done <\"$1\"\n"
"    echo \"NOT SIGNED: $1 by ${2%%+*}\"; return 1\n"
"}\n";

static void
put_vkey(struct bulla_buf *b, const struct bulla_vkey *k)
{
	bulla_buf_str(b, "'");
	bulla_vkey_put(b, k);
	bulla_buf_str(b, "'\n");
}

static void
put_same(struct bulla_buf *b, const char *path, const uint8_t digest[32])
{
	bulla_buf_fmt(b, "same %s ", path);
	bulla_hex_put(b, digest, BULLA_SHA256_LEN);
	bulla_buf_str(b, "\n");
}

static void
file_commands(const struct certificate *c, struct bulla_buf *b)
{
	const char *id = c->p.id;
	char path[128];

	bulla_buf_str(b, "echo '");
	bulla_hex_put(b, c->sum, sizeof(c->sum));
	bulla_buf_fmt(b, "  %s.bulla' | sha256sum -c\n", id);
	bulla_buf_fmt(b, "tar -xf %s.bulla\n", id);
	bulla_buf_fmt(b, "(cd %s && sha256sum --strict --quiet -c "
	    "manifest-sha256.txt)\n", id);
	bulla_buf_str(b, "echo '");
	bulla_hex_put(b, c->package.closing.manifest, 32);
	bulla_buf_fmt(b, "  %s/manifest-sha256.txt' | sha256sum -c\n", id);
	(void)snprintf(path, sizeof(path), "%s/opening.note", id);
	put_same(b, path, c->package.opening_digest);
	(void)snprintf(path, sizeof(path), "%s/closing.note", id);
	put_same(b, path, c->package.closing_digest);
	for (size_t i = 0; i < c->package.n_sealers; i++) {
		bulla_buf_fmt(b, "signed %s/opening.note ", id);
		put_vkey(b, &c->package.sealer[i]);
		bulla_buf_fmt(b, "signed %s/closing.note ", id);
		put_vkey(b, &c->package.sealer[i]);
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
	(void)snprintf(out, 256, "custody-%s/%s/%04u-%.*s.note", c->p.id,
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
	put_same(b, path, s->l->digest);
	for (unsigned i = 0; i < s->l->v.n_by; i++) {
		bulla_buf_fmt(b, "signed %s ", path);
		put_vkey(b, s->l->v.by[i]);
	}
	/* The archive has the certificates of the home, and no others */
	if (c->k.tsa_ca != NULL ||
	    custody_stamped(&c->k, &c->p, s, &t, &err) != BULLA_OK)
		return;
	bulla_buf_fmt(b, "text %s >t\ncat custody-%s/tsa/*.pem >ca\n"
	    "openssl ts -verify -partial_chain -attime %lld -CAfile ca \\\n"
	    "    -data t -in %s.tsr\n", path, c->p.id, (long long)t.time,
	    path);
}

void
certificate_hand(struct certificate *c, struct page *p)
{
	struct bulla_buf b = BULLA_BUF_INIT(BLOCK_MAX);

	page_head(p, "How to check this without any server");
	page_para(p, "With the package and the archive that bulla-custody "
	    "export made (custody.tar) in an empty directory, a Unix shell "
	    "with tar, sha256sum and openssl (3.0 or newer), and these "
	    "commands: if the last one says that everything holds, it does. "
	    "Compare the public keys above with those that the agencies "
	    "themselves give you; the commands take them from this page.");
	bulla_buf_str(&b, "set -e\n");
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
