#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/sign.h"

#define DASH "\xe2\x80\x94 "
#define SPEC_VKEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKa" \
	"ANYcrnKv3U2k"
#define SPEC_TEXT "This is an example message.\n"
#define SPEC SPEC_TEXT "\n" DASH "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tna" \
	"gv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"

#define TEXT "bulla test v1\nwhat: something\n"

struct world {
	struct bulla_signer s[3];	/* a/one, a/two, b/three */
	struct bulla_vkeys known;
	struct bulla_buf note;
};

static struct world w;

static void
begin(void)
{
	static const char *const names[] = { "a/one", "a/two", "b/three" };

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	w = (struct world){ .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(bulla_signer_new(names[i], BULLA_SIG_ED25519,
		    &w.s[i], NULL), BULLA_OK);
}

static void
end(void)
{
	for (unsigned i = 0; i < 3; i++)
		bulla_signer_free(&w.s[i]);
	bulla_vkeys_free(&w.known);
	bulla_buf_free(&w.note);
}

TestSuite(sign, .init = begin, .fini = end);

static void
know(unsigned i)
{
	cr_assert_eq(bulla_vkeys_add(&w.known, &w.s[i].vkey, NULL), BULLA_OK);
}

static enum bulla_status
sign(const char *text, const struct bulla_signer *s, size_t n)
{
	struct bulla_cur c = bulla_cur_str(text);

	bulla_buf_reset(&w.note);
	return bulla_note_sign(&c, s, n, &w.note, NULL);
}

static enum bulla_status
verify(struct bulla_verified *v)
{
	struct bulla_cur c = bulla_buf_view(&w.note);

	return bulla_note_verify(&c, &w.known, v, NULL);
}

static enum bulla_status
exactly(const unsigned *who, size_t n, struct bulla_verified *v)
{
	struct bulla_cur c = bulla_buf_view(&w.note);
	struct bulla_vkey k[3];

	for (size_t i = 0; i < n; i++)
		k[i] = w.s[who[i]].vkey;
	return bulla_note_verify_exactly(&c, k, n, &w.known, v, NULL);
}

Test(sign, the_example_of_the_specification)
{
	struct bulla_cur c = bulla_cur_str(SPEC), k = bulla_cur_str(SPEC_VKEY);
	struct bulla_verified v;
	struct bulla_vkey vkey;
	char bent[] = SPEC;

	cr_assert_eq(bulla_vkey_parse(&k, &vkey, NULL), BULLA_OK);
	cr_assert_eq(bulla_note_verify(&c, &w.known, &v, NULL),
	    BULLA_E_NOKEY);
	cr_assert_eq(bulla_vkeys_add(&w.known, &vkey, NULL), BULLA_OK);
	cr_assert_eq(bulla_note_verify(&c, &w.known, &v, NULL), BULLA_OK);
	cr_assert_eq(v.n_by, 1);
	cr_assert_eq(v.by[0], &w.known.v[0]);
	cr_assert(bulla_cur_is(&v.text, SPEC_TEXT));
	for (size_t at = 0; at < sizeof(bent) - 1; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			bent[at] = (char)(bent[at] ^ 1 << bit);
			c = bulla_cur_of(bent, sizeof(bent) - 1);
			cr_assert_neq(bulla_note_verify(&c, &w.known, &v,
			    NULL), BULLA_OK, "byte %zu bit %u", at, bit);
			bent[at] = (char)(bent[at] ^ 1 << bit);
		}
	}
}

Test(sign, what_is_signed_verifies)
{
	struct bulla_verified v;
	uint8_t digest[32];

	know(0);
	cr_assert_eq(sign(TEXT, w.s, 1), BULLA_OK);
	cr_assert_eq(verify(&v), BULLA_OK);
	cr_assert(bulla_cur_is(&v.text, TEXT));
	bulla_sha256(TEXT, strlen(TEXT), digest);
	cr_assert_arr_eq(v.digest, digest, 32);
}

Test(sign, a_text_with_empty_lines_stays_whole)
{
	static const char *const texts[] = { "a\n\nb\n", "a\n\n", "\n",
	    "\n\n", "a\n\n" DASH "x AAAAAAA=\n" };
	struct bulla_verified v;

	know(0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert_eq(sign(texts[i], w.s, 1), BULLA_OK);
		cr_assert_eq(verify(&v), BULLA_OK);
		cr_assert(bulla_cur_is(&v.text, texts[i]), "%zu", i);
	}
}

Test(sign, unknown_lines_are_ignored_but_one_must_be_known)
{
	struct bulla_verified v;

	cr_assert_eq(sign(TEXT, w.s, 3), BULLA_OK);
	cr_assert_eq(verify(&v), BULLA_E_NOKEY);
	know(1);
	cr_assert_eq(verify(&v), BULLA_OK);
	cr_assert_eq(v.n_by, 1);
	cr_assert_str_eq(v.by[0]->name, "a/two");
	know(2);
	cr_assert_eq(verify(&v), BULLA_OK);
	cr_assert_eq(v.n_by, 2);
}

/* One good line of a known key does not make up for a bad one. */
Test(sign, a_known_key_that_fails_refuses_the_note)
{
	struct bulla_verified v = { 0 };
	uint8_t sig[64] = { 0 };

	know(0);
	know(1);
	cr_assert_eq(sign(TEXT, w.s, 1), BULLA_OK);
	cr_assert_eq(verify(&v), BULLA_OK);
	bulla_note_put_sig(&w.note, "a/two", w.s[1].vkey.id, sig, 64);
	v = (struct bulla_verified){ 0 };
	cr_assert_eq(verify(&v), BULLA_E_MISMATCH);
	cr_assert_eq(v.n_by, 0, "written on failure");
	cr_assert_eq(sign(TEXT, w.s, 1), BULLA_OK);
	bulla_note_put_sig(&w.note, "a/two", w.s[1].vkey.id, sig, 63);
	cr_assert_eq(verify(&v), BULLA_E_MISMATCH);
	/* the same bad line of a stranger does not matter */
	cr_assert_eq(sign(TEXT, w.s, 1), BULLA_OK);
	bulla_note_put_sig(&w.note, "b/three", w.s[2].vkey.id, sig, 64);
	cr_assert_eq(verify(&v), BULLA_OK);
}

Test(sign, a_cosigner_is_no_signer)
{
	struct bulla_signer wit = { 0 };
	struct bulla_verified v;
	uint8_t sig[64];

	cr_assert_eq(bulla_signer_new("a/witness", BULLA_SIG_COSIGNATURE,
	    &wit, NULL), BULLA_OK);
	cr_assert_eq(bulla_vkeys_add(&w.known, &wit.vkey, NULL), BULLA_OK);
	cr_assert_eq(sign(TEXT, &wit, 1), BULLA_E_USAGE);
	cr_assert_eq(w.note.len, 0);
	bulla_buf_str(&w.note, TEXT "\n");
	cr_assert_eq(bulla_ed25519_sign(wit.seed.p, TEXT, strlen(TEXT), sig,
	    NULL), BULLA_OK);
	bulla_note_put_sig(&w.note, "a/witness", wit.vkey.id, sig, 64);
	cr_assert_eq(verify(&v), BULLA_E_NOKEY);
	bulla_signer_free(&wit);
}

Test(sign, refuses_what_no_note_can_carry)
{
	static const char *const bad[] = { "", "a", "a\nb", "a\r\n",
	    "a\x07\n", "\xff\n", "a\xe2\x80\xae\n" };
	struct bulla_signer twice[2] = { w.s[0], w.s[0] };
	static char big[BULLA_NOTE_MAX];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(sign(bad[i], w.s, 1), BULLA_E_USAGE, "%zu", i);
		cr_assert_eq(w.note.len, 0);
	}
	cr_assert_eq(sign(TEXT, w.s, 0), BULLA_E_USAGE);
	cr_assert_eq(sign(TEXT, twice, 2), BULLA_E_USAGE);
	memcpy(twice[1].vkey.name, "a/alias", 8);
	cr_assert_eq(sign(TEXT, twice, 2), BULLA_E_USAGE);
	memset(big, 'a', sizeof(big));
	big[sizeof(big) - 2] = '\n';
	big[sizeof(big) - 1] = '\0';
	cr_assert_eq(sign(big, w.s, 1), BULLA_E_LIMIT);
	cr_assert_eq(w.note.len, 0);
}

Test(sign, sixteen_signers_and_no_more)
{
	struct bulla_signer many[BULLA_NOTE_SIGS_MAX + 1] = { 0 };
	struct bulla_verified v;

	for (unsigned i = 0; i <= BULLA_NOTE_SIGS_MAX; i++)
		cr_assert_eq(bulla_signer_new("a/b", BULLA_SIG_ED25519,
		    &many[i], NULL), BULLA_OK);
	cr_assert_eq(bulla_vkeys_add(&w.known, &many[15].vkey, NULL),
	    BULLA_OK);
	cr_assert_eq(sign(TEXT, many, 16), BULLA_OK);
	cr_assert_eq(verify(&v), BULLA_OK);
	cr_assert_eq(sign(TEXT, many, 17), BULLA_E_LIMIT);
	for (unsigned i = 0; i <= BULLA_NOTE_SIGS_MAX; i++)
		bulla_signer_free(&many[i]);
}

Test(sign, exactly_these_lines_in_this_order)
{
	static const unsigned both[] = { 0, 1 }, swapped[] = { 1, 0 };
	struct bulla_verified v = { 0 };

	know(0);
	know(1);
	know(2);
	cr_assert_eq(sign(TEXT, w.s, 2), BULLA_OK);
	cr_assert_eq(exactly(both, 2, &v), BULLA_OK);
	cr_assert_eq(v.n_by, 2);
	cr_assert_str_eq(v.by[1]->name, "a/two");
	v = (struct bulla_verified){ 0 };
	cr_assert_eq(exactly(swapped, 2, &v), BULLA_E_FORMAT);
	cr_assert_eq(exactly(both, 1, &v), BULLA_E_FORMAT);
	cr_assert_eq(sign(TEXT, w.s, 1), BULLA_OK);
	cr_assert_eq(exactly(both, 2, &v), BULLA_E_FORMAT);
	/* an added line is refused, whoever made it */
	cr_assert_eq(sign(TEXT, w.s, 3), BULLA_OK);
	cr_assert_eq(exactly(both, 2, &v), BULLA_E_FORMAT);
	cr_assert_eq(exactly(both, 0, &v), BULLA_E_FORMAT);
	cr_assert_eq(v.n_by, 0, "written on failure");
}

Test(sign, exactly_needs_every_key_known_and_right)
{
	static const unsigned both[] = { 0, 1 };
	struct bulla_verified v = { 0 };

	know(0);
	cr_assert_eq(sign(TEXT, w.s, 2), BULLA_OK);
	cr_assert_eq(exactly(both, 2, &v), BULLA_E_NOKEY);
	know(1);
	cr_assert_eq(exactly(both, 2, &v), BULLA_OK);
	for (size_t at = 0; at < strlen(TEXT); at++) {
		w.note.p[at] ^= 1;
		cr_assert_neq(exactly(both, 2, &v), BULLA_OK, "%zu", at);
		w.note.p[at] ^= 1;
	}
}

/*
 * A package that names a key with the name and id of a known one, but of the
 * attacker: 2^32 tries find such an id. Here it is simply set.
 */
Test(sign, exactly_is_not_fooled_by_an_equal_id)
{
	struct bulla_signer evil = { 0 };
	struct bulla_verified v;
	struct bulla_cur c;

	know(0);
	cr_assert_eq(bulla_signer_new("a/one", BULLA_SIG_ED25519, &evil,
	    NULL), BULLA_OK);
	memcpy(evil.vkey.id, w.s[0].vkey.id, 4);
	cr_assert_eq(sign(TEXT, &evil, 1), BULLA_OK);
	c = bulla_buf_view(&w.note);
	cr_assert_eq(bulla_note_verify_exactly(&c, &evil.vkey, 1, &w.known,
	    &v, NULL), BULLA_E_NOKEY);
	cr_assert_eq(verify(&v), BULLA_E_MISMATCH);
	bulla_signer_free(&evil);
}

static char dir[64];

static void
file(const char *name, const void *p, size_t n)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	cr_assert_eq(fwrite(p, 1, n, f), n);
	cr_assert_eq(fclose(f), 0);
}

/* "openssl pkeyutl -rawin ..." in dir; its exit status. */
static int
pkeyutl(const char *args)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd), "cd %s && openssl pkeyutl -rawin -in text "
	    "-keyform DER %s >out 2>&1", dir, args);
	return system(cmd);
}

/*
 * What docs/VERIFY-BY-HAND.md promises: the text in a file, the signature
 * without its id, and openssl are enough, in both directions.
 */
Test(sign, openssl_agrees, .timeout = 60)
{
	/* RFC 8410: what stands before the key in DER */
	static const char spki[] = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03"
	    "\x21", pkcs8[] = "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65"
	    "\x70\x04\x22\x04\x20";
	uint8_t der[48], sig[64];
	struct bulla_verified v;
	struct bulla_note n;
	struct bulla_cur c;
	char path[128];
	FILE *f;

	snprintf(dir, sizeof(dir), "/tmp/test_sign.XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	know(0);
	cr_assert_eq(sign(TEXT, w.s, 1), BULLA_OK);
	c = bulla_buf_view(&w.note);
	cr_assert_eq(bulla_note_parse(&c, &n, NULL), BULLA_OK);
	cr_assert(bulla_note_sig_bytes(&n.sig[0], sig, sizeof(sig)));
	file("text", n.text.p, n.text.len);
	file("sig", sig, sizeof(sig));
	memcpy(der, spki, 12);
	memcpy(der + 12, w.s[0].vkey.pub, 32);
	file("pub", der, 44);
	memcpy(der, pkcs8, 16);
	memcpy(der + 16, w.s[0].seed.p, 32);
	file("key", der, 48);
	cr_assert_eq(pkeyutl("-verify -pubin -inkey pub -sigfile sig"), 0);
	cr_assert_eq(pkeyutl("-sign -inkey key -out sig2"), 0);
	snprintf(path, sizeof(path), "%s/sig2", dir);
	f = fopen(path, "r");
	cr_assert_not_null(f);
	cr_assert_eq(fread(sig, 1, sizeof(sig), f), sizeof(sig));
	fclose(f);
	bulla_buf_reset(&w.note);
	bulla_buf_str(&w.note, TEXT "\n");
	bulla_note_put_sig(&w.note, "a/one", w.s[0].vkey.id, sig, 64);
	cr_assert_eq(verify(&v), BULLA_OK);
	file("text", "other\n", 6);
	cr_assert_neq(pkeyutl("-verify -pubin -inkey pub -sigfile sig"), 0);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	cr_assert_eq(system(path), 0);
}

/* What of a note may be kept: its text and the lines that verified. */
Test(sign, trimmed_to_what_verified)
{
	struct bulla_buf all = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf got = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	const struct bulla_signer two[2] = { w.s[2], w.s[0] };
	const uint8_t junk[BULLA_ED25519_SIG] = { 1 };
	size_t first;
	struct bulla_cur c;

	know(0);
	know(2);
	cr_assert_eq(sign(TEXT, two, 1), BULLA_OK);
	first = w.note.len;
	cr_assert_eq(sign(TEXT, two, 2), BULLA_OK);
	/* of a stranger, and wrong, between the two */
	bulla_buf_put(&all, w.note.p, first);
	bulla_note_put_sig(&all, w.s[1].vkey.name, w.s[1].vkey.id, junk,
	    sizeof(junk));
	bulla_buf_put(&all, w.note.p + first, w.note.len - first);
	c = bulla_buf_view(&all);
	cr_assert_eq(bulla_note_trim(&c, &w.known, &got, NULL), BULLA_OK);
	cr_assert_eq(got.len, w.note.len);
	cr_expect_arr_eq(got.p, w.note.p, got.len);
	/* known now: the whole is refused, and nothing is kept of it */
	know(1);
	bulla_buf_reset(&got);
	cr_expect_eq(bulla_note_trim(&c, &w.known, &got, NULL),
	    BULLA_E_MISMATCH);
	cr_expect_eq(got.len, 0);
	c = bulla_buf_view(&w.note);
	got.max = w.note.len - 1;
	cr_expect_eq(bulla_note_trim(&c, &w.known, &got, NULL), BULLA_E_LIMIT);
	bulla_buf_free(&all);
	bulla_buf_free(&got);
}

Test(sign, nothing_of_a_stranger_is_kept)
{
	struct bulla_buf got = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur c;

	know(0);
	cr_assert_eq(sign(TEXT, &w.s[1], 1), BULLA_OK);
	c = bulla_buf_view(&w.note);
	cr_expect_eq(bulla_note_trim(&c, &w.known, &got, NULL),
	    BULLA_E_NOKEY);
	cr_expect_eq(got.len, 0);
	bulla_buf_free(&got);
}
