#include <criterion/criterion.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/note.h"

#define DASH "\xe2\x80\x94 "
/* c2sp.org/signed-note, "Example" */
#define SPEC_SIG "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1" \
	"ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
#define SPEC "This is an example message.\n\n" \
	DASH "example.com/foo " SPEC_SIG "\n"
/* an earlier edition of the same page: an empty line within the text */
#define POEM "Ognuno sta solo sul cuor della terra\n" \
	"trafitto da un raggio di sole:\n\ned \xc3\xa8 subito sera.\n\n" \
	DASH "quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ" \
	"2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
/* four bytes of id, one of signature */
#define SIG "AAAAAAA="
#define LINE(name) DASH name " " SIG "\n"

static enum bulla_status
parse_n(const void *p, size_t n, struct bulla_note *out,
    struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_of(p, n);

	return bulla_note_parse(&c, out, err);
}

static enum bulla_status
parse(const char *s, struct bulla_note *out)
{
	return parse_n(s, strlen(s), out, NULL);
}

static void
put_note(struct bulla_buf *b, const struct bulla_note *n)
{
	uint8_t sig[BULLA_NOTE_BLOB_MAX];
	char name[BULLA_KEYNAME_MAX + 1];

	bulla_buf_cur(b, &n->text);
	bulla_buf_str(b, "\n");
	for (unsigned i = 0; i < n->n_sigs; i++) {
		const struct bulla_note_sig *s = &n->sig[i];

		memcpy(name, s->name.p, s->name.len);
		name[s->name.len] = '\0';
		cr_assert(bulla_note_sig_bytes(s, sig, sizeof(sig)));
		bulla_note_put_sig(b, name, s->id, sig, s->sig_len);
	}
}

Test(note, the_example_of_the_specification)
{
	struct bulla_buf again = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_note n;
	uint8_t sig[64];

	cr_assert_eq(parse(SPEC, &n), BULLA_OK);
	cr_assert(bulla_cur_is(&n.text, "This is an example message.\n"));
	cr_assert_eq(n.n_sigs, 1);
	cr_assert(bulla_cur_is(&n.sig[0].name, "example.com/foo"));
	cr_assert(bulla_cur_is(&n.sig[0].b64, SPEC_SIG));
	cr_assert_arr_eq(n.sig[0].id, "\x53\x0d\x90\x3a", 4);
	cr_assert_eq(n.sig[0].sig_len, 64);
	cr_assert(bulla_note_sig_bytes(&n.sig[0], sig, sizeof(sig)));
	cr_assert_arr_eq(sig, "\x49\xfc\xb2\xb5", 4);
	cr_assert_not(bulla_note_sig_bytes(&n.sig[0], sig, 63));
	put_note(&again, &n);
	cr_assert_str_eq(bulla_buf_cstr(&again), SPEC);
	bulla_buf_free(&again);
}

Test(note, the_text_ends_at_the_last_empty_line)
{
	struct bulla_note n;

	cr_assert_eq(parse(POEM, &n), BULLA_OK);
	cr_assert_eq(n.text.len, strlen(POEM) - strlen(strstr(POEM, DASH)) - 1);
	cr_assert_eq(parse("a\n\n" LINE("x") "\n" LINE("y"), &n), BULLA_OK);
	cr_assert(bulla_cur_is(&n.text, "a\n\n" LINE("x")));
	cr_assert_eq(n.n_sigs, 1);
	cr_assert(bulla_cur_is(&n.sig[0].name, "y"));
	cr_assert_eq(parse("a\n\n\n\n" LINE("x"), &n), BULLA_OK);
	cr_assert(bulla_cur_is(&n.text, "a\n\n\n"));
}

static const char *const malformed[] = {
	"", "\n", "\n\n", "a", "a\n", "a\n\n",		/* no block */
	"\n" LINE("x"),					/* no text */
	"a\n" LINE("x"),				/* no empty line */
	"a\n\n" LINE("x") "\n",				/* empty last line */
	"a\n\n" DASH "x " SIG,				/* no last LF */
	"a\n\n" LINE("x") "b\n",			/* a line of text */
	"a\n\n" "b\n" LINE("x"),
	"a\n\n" "- x " SIG "\n",			/* a hyphen */
	"a\n\n" "\xe2\x80\x93 x " SIG "\n",		/* an en dash */
	"a\n\n" "\xe2\x80\x94x " SIG "\n",		/* no space */
	"a\n\n" " " LINE("x"),				/* space before */
	"a\n\n" DASH " x " SIG "\n",			/* two spaces */
	"a\n\n" DASH "x  " SIG "\n",
	"a\n\n" DASH "x " SIG " \n",			/* space after */
	"a\n\n" DASH SIG "\n",				/* no name */
	"a\n\n" DASH "x\n",				/* no blob */
	"a\n\n" DASH "x \n",
	"a\n\n" DASH "X " SIG "\n",			/* name */
	"a\n\n" DASH "x+y " SIG "\n",
	"a\n\n" DASH "\xc3\xa8 " SIG "\n",
	"a\n\n" DASH "x AAAAAA==\n",			/* no signature */
	"a\n\n" DASH "x AAAAAAA\n",			/* not padded */
	"a\n\n" DASH "x AAAAAAB=\n",			/* spare bits */
	"a\n\n" DASH "x AAAA_AA=\n",			/* URL alphabet */
	"a\n\n" DASH "x AAAAAAA==\n",
	"a\n\n" DASH "x AAAAAAA=\r\n",			/* CR */
	"a\r\n\r\n" LINE("x"),
	"\xef\xbb\xbf" "a\n\n" LINE("x"),		/* BOM */
	"a\xff\n\n" LINE("x"),				/* not UTF-8 */
	"a\xc0\x80\n\n" LINE("x"),
	"a\xed\xa0\x80\n\n" LINE("x"),			/* surrogate */
	"a\xc2\x85\n\n" LINE("x"),			/* C1 */
	"a\xe2\x80\xa8\n\n" LINE("x"),			/* U+2028 */
	"a\xe2\x80\xae\n\n" LINE("x"),			/* bidi */
	"a\xe2\x81\xa6\n\n" LINE("x"),
	"a\n\n" LINE("x") LINE("x"),			/* twice one key */
	"a\n\n" LINE("x") LINE("y") LINE("x"),
};

Test(note, every_malformed_one_is_refused)
{
	struct bulla_note n;

	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++)
		cr_assert_eq(parse(malformed[i], &n), BULLA_E_FORMAT,
		    "%zu: %s", i, malformed[i]);
	cr_assert_eq(parse("a\n\n" LINE("x") LINE("y"), &n), BULLA_OK);
}

/* The same name with another id is another key, and the other way round. */
Test(note, name_and_id_together_are_the_key)
{
	struct bulla_note n;

	cr_assert_eq(parse("a\n\n" LINE("x") DASH "x AAAAAQA=\n", &n),
	    BULLA_OK);
	cr_assert_eq(n.n_sigs, 2);
}

Test(note, no_control_byte_anywhere)
{
	char s[] = "ab\n\n" LINE("x");
	struct bulla_note n;

	for (size_t at = 0; at < sizeof(s) - 1; at++) {
		for (int c = 0; c < 0x80; c++) {
			char was = s[at];

			if ((c >= 0x20 && c != 0x7f) || c == '\n')
				continue;
			s[at] = (char)c;
			cr_assert_eq(parse_n(s, sizeof(s) - 1, &n, NULL),
			    BULLA_E_FORMAT, "byte %d at %zu", c, at);
			s[at] = was;
		}
	}
	cr_assert_eq(parse(s, &n), BULLA_OK);
}

Test(note, no_truncation_and_no_extra_byte)
{
	struct bulla_note n;
	char longer[sizeof(SPEC) + 1] = SPEC;

	for (size_t len = 0; len < strlen(SPEC); len++)
		cr_assert_eq(parse_n(SPEC, len, &n, NULL), BULLA_E_FORMAT);
	for (int c = 0; c < 256; c++) {
		longer[strlen(SPEC)] = (char)c;
		cr_assert_eq(parse_n(longer, strlen(SPEC) + 1, &n, NULL),
		    BULLA_E_FORMAT, "%d", c);
	}
}

static void
many(struct bulla_buf *b, unsigned lines)
{
	static const uint8_t id[4] = { 1, 2, 3, 4 };
	char name[8] = "k";

	bulla_buf_str(b, "a\n\n");
	for (unsigned i = 0; i < lines; i++) {
		name[1] = (char)('a' + i);
		bulla_note_put_sig(b, name, id, "x", 1);
	}
}

Test(note, sixteen_lines_and_no_more)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_note n;

	many(&b, 16);
	cr_assert_eq(parse_n(b.p, b.len, &n, NULL), BULLA_OK);
	cr_assert_eq(n.n_sigs, 16);
	bulla_buf_reset(&b);
	many(&b, 17);
	cr_assert_eq(parse_n(b.p, b.len, &n, NULL), BULLA_E_LIMIT);
	bulla_buf_free(&b);
}

Test(note, sixty_four_kib_and_no_more)
{
	static char s[BULLA_NOTE_MAX + 2];
	static const char tail[] = "\n\n" LINE("x");
	struct bulla_note n;

	memset(s, 'a', sizeof(s));
	memcpy(s + BULLA_NOTE_MAX - (sizeof(tail) - 1), tail, sizeof(tail));
	cr_assert_eq(parse_n(s, BULLA_NOTE_MAX, &n, NULL), BULLA_OK);
	memmove(s + 1, s, BULLA_NOTE_MAX);
	cr_assert_eq(parse_n(s, BULLA_NOTE_MAX + 1, &n, NULL), BULLA_E_LIMIT);
}

Test(note, a_blob_has_a_limit_too)
{
	static const uint8_t sig[BULLA_NOTE_BLOB_MAX], id[4];
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_note n;

	bulla_buf_str(&b, "a\n\n");
	bulla_note_put_sig(&b, "x", id, sig, BULLA_NOTE_BLOB_MAX - 4);
	cr_assert_eq(parse_n(b.p, b.len, &n, NULL), BULLA_OK);
	cr_assert_eq(n.sig[0].sig_len, BULLA_NOTE_BLOB_MAX - 4);
	bulla_buf_reset(&b);
	bulla_buf_str(&b, "a\n\n" DASH "x ");
	bulla_b64_put(&b, sig, sizeof(sig), BULLA_B64_PADDED);
	b.len -= 1;	/* the '=' of 2560 bytes: one byte more instead */
	bulla_buf_str(&b, "A\n");
	cr_assert_neq(parse_n(b.p, b.len, &n, NULL), BULLA_OK);
	bulla_buf_reset(&b);
	bulla_buf_str(&b, "a\n\n" DASH "x ");
	for (unsigned i = 0; i < 4000; i++)
		bulla_buf_str(&b, "AAAA");
	bulla_buf_str(&b, "\n");
	cr_assert_eq(parse_n(b.p, b.len, &n, NULL), BULLA_E_LIMIT);
	bulla_buf_free(&b);
}

Test(note, messages_name_the_line)
{
	struct bulla_err err = { 0 };
	struct bulla_note n;
	static const char s[] = "a\nb\x07\n\n" LINE("x");
	static const char t[] = "a\n\n" LINE("x") DASH "Y\x1b[31m " SIG "\n";
	static const char u[] = "a\n\n" LINE("x") DASH "Yes " SIG "\n";

	parse_n(s, sizeof(s) - 1, &n, &err);
	cr_assert(strstr(err.msg, "line 2: ") != NULL, "%s", err.msg);
	parse_n(t, sizeof(t) - 1, &n, &err);
	cr_assert(strchr(err.msg, '\x1b') == NULL);
	parse_n(u, sizeof(u) - 1, &n, &err);
	cr_assert(strstr(err.msg, "signature line 2: ") != NULL &&
	    strstr(err.msg, "Yes") != NULL, "%s", err.msg);
}

static bool
name_ok(const char *s)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_keyname_ok(&c);
}

Test(note, key_names)
{
	char longest[BULLA_KEYNAME_MAX + 2];
	char one[2] = "";

	for (int c = 1; c < 256; c++) {
		one[0] = (char)c;
		cr_assert_eq(name_ok(one), c < 128 && strchr(
		    "abcdefghijklmnopqrstuvwxyz0123456789._/-", c) != NULL);
	}
	cr_assert_not(name_ok(""));
	memset(longest, 'a', sizeof(longest));
	longest[BULLA_KEYNAME_MAX + 1] = '\0';
	cr_assert_not(name_ok(longest));
	longest[BULLA_KEYNAME_MAX] = '\0';
	cr_assert(name_ok(longest));
}

Test(note, the_agency_is_what_stands_before_the_first_slash)
{
	static const struct { const char *name, *agency; } t[] = {
		{ "a.example/b/c", "a.example" }, { "a", "a" }, { "/b", "" },
		{ "a/", "a" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct bulla_cur c = bulla_cur_str(t[i].name), a;

		a = bulla_keyname_agency(&c);
		cr_assert(bulla_cur_is(&a, t[i].agency), "%s", t[i].name);
	}
}
