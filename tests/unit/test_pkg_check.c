#include "core/pkg_int.h"
#include "package_parts.h"

/*
 * What the notes and the age header must say of each other. Every note here
 * is signed with the key of a sealer who is known: only the rule under test
 * is left to refuse the package.
 */
static struct kit kit;
static struct kit_package p;
static struct bulla_buf bytes = BULLA_BUF_INIT(KIT_MAX);
static struct bulla_signer both[2];	/* windows on kit's */
static char sealer_line[400], second_line[400];

static void
line_of(const struct bulla_vkey *k, char out[400])
{
	struct bulla_buf b = BULLA_BUF_INIT(400);

	bulla_vkey_put(&b, k);
	snprintf(out, 400, "sealer: %s\n", bulla_buf_cstr(&b));
	bulla_buf_free(&b);
}

static void
begin(void)
{
	kit_init(&kit);
	kit_seal(&kit, &bytes);
	parts_of(&bytes, &p);
	both[0] = kit.sealer;
	both[1] = kit.second;
	line_of(&kit.sealer.vkey, sealer_line);
	line_of(&kit.second.vkey, second_line);
}

static void
end(void)
{
	parts_free(&p);
	bulla_buf_free(&bytes);
	kit_free(&kit);
}

TestSuite(pkg_check, .init = begin, .fini = end);

static void
expect(enum bulla_status want, const char *why)
{
	struct bulla_err e = { 0 };
	uint64_t n;

	parts_put(&bytes, &p);
	cr_expect_eq(kit_verify(&kit, &bytes, &e), want, "%s", e.msg);
	cr_expect_not_null(strstr(e.msg, why), "'%s' has no '%s'", e.msg,
	    why);
	if (want == BULLA_OK)
		return;
	cr_expect_eq(kit_open(&kit, &bytes, &n, NULL), want);
	cr_expect_eq(n, 0);
}

/* The edit, which the sealer signs, and its end. */
static void
opening(const char *old, const char *new, enum bulla_status want,
    const char *why)
{
	parts_reopen(&p, old, new, &kit.sealer, 1);
	expect(want, why);
}

static void
closing(const char *old, const char *new, enum bulla_status want,
    const char *why)
{
	parts_edit(&p, "closing.note", old, new, &kit.sealer, 1);
	expect(want, why);
}

Test(pkg_check, signed_again_it_verifies)
{
	opening("kind: evidence", "kind: hotline", BULLA_OK, "");
	closing("closed: 2026", "closed: 2027", BULLA_OK, "");
}

Test(pkg_check, opening_of_another_package)
{
	char old[60], new[60];

	snprintf(old, sizeof(old), "package: %s", p.id);
	snprintf(new, sizeof(new), "package: %s", p.id);
	new[9] = new[9] == '0' ? '1' : '0';
	opening(old, new, BULLA_E_MISMATCH, "opening.note is of package");
}

Test(pkg_check, opening_made_at_another_time)
{
	opening("04:05Z", "04:06Z", BULLA_E_MISMATCH, "at another time");
}

Test(pkg_check, all_headers_at_another_time)
{
	p.mtime++;
	expect(BULLA_E_MISMATCH, "at another time");
}

Test(pkg_check, sealed_for_another_agency)
{
	opening("from: alpha/sealer", "from: beta/sealer", BULLA_E_FORMAT,
	    "is not a key of the agency");
}

Test(pkg_check, the_agency_is_what_stands_before_the_first_slash)
{
	opening("from: alpha/sealer", "from: alpha/x/y", BULLA_OK, "");
	opening("from: alpha/x/y", "from: alpha", BULLA_OK, "");
	opening("from: alpha", "from: alph", BULLA_E_FORMAT, "agency");
}

Test(pkg_check, the_header_is_the_one_that_was_signed)
{
	parts_find(&p, "data/00000000.age")->data.p[30] ^= 1;
	parts_remanifest(&p);
	parts_reclose(&p, &kit.sealer, 1);
	expect(BULLA_E_MISMATCH, "not the age header of the opening note");
}

Test(pkg_check, the_nonce_is_the_one_that_was_signed)
{
	struct bulla_buf *d = &parts_find(&p, "data/00000000.age")->data;

	d->p[d->len - 1] ^= 1;
	parts_remanifest(&p);
	parts_reclose(&p, &kit.sealer, 1);
	expect(BULLA_E_MISMATCH, "not the age header of the opening note");
}

Test(pkg_check, too_short_for_a_header)
{
	parts_set(&p, "data/00000000.age", "0123456789abcdef", 16);
	expect(BULLA_E_FORMAT, "too short for an age header");
}

Test(pkg_check, a_recipient_more_than_stanzas)
{
	char new[BULLA_AGE_RECIPIENT_MAX + 40];

	snprintf(new, sizeof(new), "recipient: %s\ncompression",
	    kit.nobody.v[0].recipient);
	opening("compression", new, BULLA_E_MISMATCH,
	    "names 3 X25519 recipients, the age header has 2");
}

Test(pkg_check, a_recipient_less_than_stanzas)
{
	char old[BULLA_AGE_RECIPIENT_MAX + 40];

	snprintf(old, sizeof(old), "recipient: %s\n",
	    kit.to.v[1].text);
	opening(old, "", BULLA_E_MISMATCH,
	    "names 1 X25519 recipients, the age header has 2");
}

/* Another header, with the opening note that goes with it. */
static void
header(const char *text, enum bulla_status want, const char *why)
{
	struct bulla_buf b = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_buf *d = &parts_find(&p, "data/00000000.age")->data;
	uint8_t digest[32];
	char old[65], new[65];

	bulla_sha256(d->p, d->len - 16, digest);
	bulla_hex(old, digest, 32);
	bulla_sha256(text, strlen(text), digest);
	bulla_hex(new, digest, 32);
	bulla_buf_str(&b, text);
	bulla_buf_put(&b, d->p + d->len - 16, 16);
	parts_set(&p, "data/00000000.age", b.p, b.len);
	parts_remanifest(&p);
	opening(old, new, want, why);
	bulla_buf_free(&b);
}

#define VERSION "age-encryption.org/v1\n"
#define BODY "012345678901234567890123456789012345678901A\n"
#define X25519 "-> X25519 " BODY BODY
#define MAC "--- " BODY

Test(pkg_check, a_header_made_by_hand)
{
	header(VERSION X25519 X25519 MAC, BULLA_OK, "");
}

Test(pkg_check, a_grease_stanza)
{
	header(VERSION X25519 "-> %-grease 1\n\n" X25519 MAC, BULLA_E_FORMAT,
	    "a '%-grease' stanza cannot be in a package");
}

Test(pkg_check, a_plugin_stanza_instead)
{
	header(VERSION X25519 "-> yubikey 1\n\n" MAC, BULLA_E_MISMATCH,
	    "names 2 X25519 recipients, the age header has 1");
}

Test(pkg_check, a_passphrase_stanza)
{
	header(VERSION "-> scrypt 0123456789012345678901 10\n" BODY MAC,
	    BULLA_E_MISMATCH, "the age header has 0");
}

Test(pkg_check, a_passphrase_stanza_beside)
{
	header(VERSION X25519 X25519 "-> scrypt 0123456789012345678901 10\n"
	    BODY MAC, BULLA_E_FORMAT, "a 'scrypt' stanza");
}

Test(pkg_check, a_post_quantum_stanza_beside)
{
	header(VERSION X25519 X25519 "-> mlkem768x25519 x\n" BODY MAC,
	    BULLA_E_MISMATCH, "0 mlkem768x25519 recipients");
}

Test(pkg_check, bytes_after_the_header)
{
	header(VERSION X25519 X25519 MAC "x", BULLA_E_FORMAT,
	    "between the age header and its nonce");
}

Test(pkg_check, a_header_that_does_not_end)
{
	header(VERSION X25519 X25519, BULLA_E_FORMAT, "header");
}

Test(pkg_check, an_armored_header)
{
	header("-----BEGIN AGE ENCRYPTED FILE-----\n" VERSION X25519 X25519
	    MAC, BULLA_E_FORMAT, "header");
}

Test(pkg_check, an_exercise)
{
	const struct bulla_verify v = { .known = &kit.known, .threads = 1,
	    .allow_exercise = true };
	struct bulla_verify w = v;
	struct bulla_package got = { 0 };

	opening("exercise: no", "exercise: yes", BULLA_E_REFUSED, "EXERCISE");
	w.fd = kit_memfd(bytes.p, bytes.len);
	cr_assert_eq(bulla_package_verify(&w, &got, NULL), BULLA_OK);
	cr_assert(got.opening.exercise);
	bulla_package_free(&got);
	close(w.fd);
}

Test(pkg_check, two_sealers)
{
	char new[800];

	snprintf(new, sizeof(new), "%s%s", sealer_line, second_line);
	parts_reopen(&p, sealer_line, new, both, 2);
	expect(BULLA_OK, "");
	/* The closing must carry both as well, in the same order. */
	parts_reclose(&p, both, 1);
	expect(BULLA_E_FORMAT, "closing.note: 1 signature lines, where 2");
	both[0] = kit.second;
	both[1] = kit.sealer;
	parts_reclose(&p, both, 2);
	expect(BULLA_E_FORMAT, "closing.note: signature line 1 is not by "
	    "alpha/sealer");
}

Test(pkg_check, a_signature_less_or_more)
{
	char new[800];

	snprintf(new, sizeof(new), "%s%s", sealer_line, second_line);
	parts_edit(&p, "opening.note", sealer_line, new, both, 1);
	expect(BULLA_E_FORMAT, "opening.note: 1 signature lines, where 2");
	parts_edit(&p, "opening.note", second_line, "", both, 2);
	expect(BULLA_E_FORMAT, "opening.note: 2 signature lines, where 1");
	parts_edit(&p, "opening.note", "kind: evidence", "kind: evidence",
	    &kit.sealer, 1);
	parts_reclose(&p, both, 2);
	expect(BULLA_E_FORMAT, "closing.note: 2 signature lines, where 1");
}

/* An unknown line is ignored elsewhere; here it would be somebody's claim. */
Test(pkg_check, a_line_of_an_unknown_key)
{
	static const char *const notes[] = { "opening.note", "closing.note" };

	for (size_t i = 0; i < 2; i++) {
		struct bulla_buf *d = &parts_find(&p, notes[i])->data;
		size_t len = d->len;

		bulla_note_put_sig(d, "gamma/y", (const uint8_t *)"\1\2\3\4",
		    p.m[3].data.p, BULLA_ED25519_SIG);
		expect(BULLA_E_FORMAT, "2 signature lines, where 1");
		d->len = len;
	}
	expect(BULLA_OK, "");
}

Test(pkg_check, a_doubled_signature_line)
{
	static const char *const notes[] = { "opening.note", "closing.note" };

	for (size_t i = 0; i < 2; i++) {
		struct bulla_buf *d = &parts_find(&p, notes[i])->data;
		struct bulla_buf twice = BULLA_BUF_INIT(KIT_MAX);
		size_t len = d->len, sig_at;
		const char *t = bulla_buf_cstr(d);

		sig_at = (size_t)(strstr(t, "\n\n") + 2 - t);
		bulla_buf_put(&twice, d->p, len);
		bulla_buf_put(&twice, d->p + sig_at, len - sig_at);
		parts_set(&p, notes[i], twice.p, twice.len);
		expect(BULLA_E_FORMAT, "the same key as on an earlier line");
		parts_find(&p, notes[i])->data.len = len;
		bulla_buf_free(&twice);
	}
}

/* One more line under the opening, by the sealer's key with this name. */
static void
parts_second_line(const struct bulla_vkey *k)
{
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	uint8_t sig[BULLA_ED25519_SIG];

	parts_text(&p, "opening.note", &text);
	KIT_OK(bulla_ed25519_sign(kit.sealer.seed.p, text.p, text.len, sig,
	    NULL));
	bulla_note_put_sig(&parts_find(&p, "opening.note")->data, k->name,
	    k->id, sig, sizeof(sig));
	bulla_buf_free(&text);
}

Test(pkg_check, one_key_under_two_names)
{
	char line[400], new[900];

	/* The same key once more; vkeys of one key cannot both be known. */
	snprintf(kit.second.vkey.name, sizeof(kit.second.vkey.name), "%s",
	    "alpha/two");
	memcpy(kit.second.vkey.pub, kit.sealer.vkey.pub, 32);
	{
		struct bulla_buf b = BULLA_BUF_INIT(400);
		uint8_t sum[32];

		bulla_buf_str(&b, "alpha/two\n\x01");
		bulla_buf_put(&b, kit.sealer.vkey.pub, 32);
		bulla_sha256(b.p, b.len, sum);
		memcpy(kit.second.vkey.id, sum, 4);
		bulla_buf_free(&b);
	}
	line_of(&kit.second.vkey, line);
	snprintf(new, sizeof(new), "%s%s", sealer_line, line);
	parts_edit(&p, "opening.note", sealer_line, new, &kit.sealer, 1);
	parts_second_line(&kit.second.vkey);
	expect(BULLA_E_NOKEY, "signed by alpha/two");
}

Test(pkg_check, the_sealer_is_known_by_the_key_not_by_name_and_id)
{
	bulla_vkeys_free(&kit.known);
	KIT_OK(bulla_vkeys_add(&kit.known, &kit.stranger.vkey, NULL));
	expect(BULLA_E_NOKEY, "alpha/sealer");
	/* Its id as well: 32 bits are soon found. */
	memcpy(kit.known.v[0].id, kit.sealer.vkey.id, BULLA_KEYID_LEN);
	expect(BULLA_E_NOKEY, "alpha/sealer");
}

Test(pkg_check, no_key_known)
{
	bulla_vkeys_free(&kit.known);
	expect(BULLA_E_NOKEY, "signed by alpha/sealer");
}

Test(pkg_check, every_sealer_must_be_known)
{
	char new[800];

	snprintf(new, sizeof(new), "%s%s", sealer_line, second_line);
	parts_reopen(&p, sealer_line, new, both, 2);
	bulla_vkeys_free(&kit.known);
	KIT_OK(bulla_vkeys_add(&kit.known, &kit.sealer.vkey, NULL));
	expect(BULLA_E_NOKEY, "alpha/second");
}

Test(pkg_check, a_closing_of_another_package)
{
	char old[60], new[60];

	snprintf(old, sizeof(old), "package: %s", p.id);
	snprintf(new, sizeof(new), "package: %s", p.id);
	new[9] = new[9] == '0' ? '1' : '0';
	closing(old, new, BULLA_E_MISMATCH, "closing.note is of another");
}

Test(pkg_check, a_closing_of_another_opening)
{
	/* The opening is edited and signed, the closing left as it was. */
	parts_edit(&p, "opening.note", "kind: evidence", "kind: hotline",
	    &kit.sealer, 1);
	expect(BULLA_E_MISMATCH, "for another opening note");
}

Test(pkg_check, a_closing_of_more_segments)
{
	char old[60], new[60];

	snprintf(old, sizeof(old), "size: %zu", p.m[2].data.len +
	    p.m[3].data.len);
	parts_edit(&p, "closing.note", "segments: 1", "segments: 2",
	    &kit.sealer, 1);
	expect(BULLA_E_FORMAT, "size");
	snprintf(new, sizeof(new), "size: %u", BULLA_SEGMENT_SIZE + 1000);
	closing(old, new, BULLA_E_MISMATCH, "number of segments or bytes");
}

Test(pkg_check, a_closing_of_a_byte_more)
{
	char old[60], new[60];
	size_t n = p.m[2].data.len + p.m[3].data.len;

	snprintf(old, sizeof(old), "size: %zu", n);
	snprintf(new, sizeof(new), "size: %zu", n + 1);
	closing(old, new, BULLA_E_MISMATCH, "number of segments or bytes");
}

Test(pkg_check, a_closing_of_another_manifest)
{
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	char *at;

	parts_text(&p, "closing.note", &text);
	at = strstr((char *)text.p, "manifest: ") + 10;
	*at = *at == '0' ? '1' : '0';
	parts_sign(&p, "closing.note", &text, &kit.sealer, 1);
	expect(BULLA_E_MISMATCH, "closing.note is for another manifest");
	bulla_buf_free(&text);
}

/* The type line keeps one kind of note from passing as another. */
Test(pkg_check, a_note_of_another_type)
{
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);

	parts_text(&p, "opening.note", &text);
	parts_sign(&p, "closing.note", &text, &kit.sealer, 1);
	expect(BULLA_E_FORMAT, "closing.note");
	parts_reclose(&p, &kit.sealer, 1);
	parts_text(&p, "closing.note", &text);
	parts_sign(&p, "opening.note", &text, &kit.sealer, 1);
	expect(BULLA_E_FORMAT, "opening.note");
	bulla_buf_free(&text);
}

Test(pkg_check, the_result_of_a_good_one)
{
	struct bulla_verify v = { .known = &kit.known, .threads = 2 };
	struct bulla_package got = { 0 };
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	uint8_t digest[32];

	v.fd = kit_memfd(bytes.p, bytes.len);
	KIT_OK(bulla_package_verify(&v, &got, NULL));
	close(v.fd);
	cr_expect(got.verified && got.has_closing);
	cr_expect_eq(got.size, bytes.len);
	cr_expect_eq(got.n_sealers, 1);
	cr_expect(bulla_vkey_eq(&got.sealer[0], &kit.sealer.vkey));
	cr_expect_eq(got.n_stanzas, 2);
	parts_text(&p, "opening.note", &text);
	bulla_sha256(text.p, text.len, digest);
	cr_expect_arr_eq(got.opening_digest, digest, 32);
	parts_text(&p, "closing.note", &text);
	bulla_sha256(text.p, text.len, digest);
	cr_expect_arr_eq(got.closing_digest, digest, 32);
	cr_expect_eq(got.opening_note.len, p.m[1].data.len);
	cr_expect(bulla_cur_is(&got.opening.from, "alpha/sealer"));
	bulla_buf_free(&text);
	bulla_package_free(&got);
}
