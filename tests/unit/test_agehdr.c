#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/agehdr.h"

#define V "age-encryption.org/v1\n"
#define X "-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\n"
#define BODY "EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n"
#define MAC "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n"
#define L64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const char good[] = V X BODY MAC;

static enum bulla_status
parse(const char *text, struct bulla_err *err)
{
	struct bulla_age_header h = { 0 };
	struct bulla_cur c = bulla_cur_str(text), before = c;
	enum bulla_status st = bulla_age_header_parse(&c, &h, err);

	if (st == BULLA_OK)
		cr_assert_eq(c.len, 0);
	else
		cr_assert(c.p == before.p && c.len == before.len &&
		    h.pool == NULL, "left alone on failure");
	bulla_age_header_free(&h);
	return st;
}

Test(agehdr, takes_the_parts_of_a_header)
{
	struct bulla_age_header h = { 0 };
	struct bulla_cur c = bulla_cur_str(V X BODY "-> type a b\nQUJD\n" MAC
	    "payload"), arg;

	cr_assert_eq(bulla_age_header_parse(&c, &h, NULL), BULLA_OK);
	cr_assert_eq(h.n_stanzas, 2);
	cr_assert_eq(h.stanza[0].n_args, 2);
	cr_assert_eq(h.stanza[0].body_len, 32);
	cr_assert_eq(h.stanza[1].n_args, 3);
	cr_assert_eq(h.stanza[1].body_len, 3);
	cr_assert_arr_eq(h.stanza[1].body, "ABC", 3);
	cr_assert(bulla_age_arg(&h.stanza[1], 0, &arg));
	cr_assert(bulla_cur_is(&arg, "type"));
	cr_assert(bulla_age_arg(&h.stanza[1], 1, &arg));
	cr_assert(bulla_cur_is(&arg, "a"));
	cr_assert(bulla_age_arg(&h.stanza[1], 2, &arg));
	cr_assert(bulla_cur_is(&arg, "b"));
	cr_assert(!bulla_age_arg(&h.stanza[1], 3, &arg));
	cr_assert_eq(h.covered.len, sizeof(V X BODY) - 1 + 17 + 3);
	cr_assert_eq(memcmp(h.covered.p + h.covered.len - 4, "\n---", 4), 0);
	cr_assert_eq(h.mac[0], 0x56);
	cr_assert_eq(h.mac[31], 0x8d);
	cr_assert(bulla_cur_is(&c, "payload"));
	cr_assert_eq(c.off, sizeof(V X BODY MAC) - 1 + 17);
	bulla_age_header_free(&h);
}

/* Every beginning is cut short, and none of them is a header. */
Test(agehdr, every_beginning_is_incomplete)
{
	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		struct bulla_age_header h = { 0 };
		struct bulla_cur c = bulla_cur_of(good, n);

		cr_assert_eq(bulla_age_header_parse(&c, &h, NULL),
		    BULLA_E_INCOMPLETE, "length %zu", n);
	}
	cr_assert_eq(parse(good, NULL), BULLA_OK);
}

struct row {
	const char *what, *text, *msg;
};

static const struct row refused[] = {
	{ "another version", "age-encryption.org/v2\n" X BODY MAC,
	    "age header: not an age v1 file: it begins with "
	    "\"age-encryption.org/v2\"" },
	{ "CR LF", "age-encryption.org/v1\r\n" X BODY MAC, NULL },
	{ "another file", "%PDF-1.4\n", NULL },
	{ "no stanza", V MAC, "age header: byte 22: no stanza" },
	{ "bad start", V "->X25519 a\n" BODY MAC, NULL },
	{ "no argument", V "-> \n" BODY MAC, NULL },
	{ "no argument, no space", V "->\n" BODY MAC, NULL },
	{ "two spaces", V "-> a  b\n" BODY MAC, NULL },
	{ "a space at the end", V "-> a b \n" BODY MAC, NULL },
	{ "a space at the start", V "->  a b\n" BODY MAC, NULL },
	{ "a tab", V "-> a\tb\n" BODY MAC, NULL },
	{ "DEL", V "-> a\x7f\n" BODY MAC, NULL },
	{ "not ASCII", V "-> a\xc3\xa4\n" BODY MAC, NULL },
	{ "CR after the arguments", V "-> a\r\n" BODY MAC, NULL },
	{ "CR after the body", V "-> a\nQUJD\r\n" MAC, NULL },
	{ "no body line", V X MAC, NULL },
	{ "no short last line", V "-> a\n" L64 "\n" MAC, NULL },
	{ "66 columns", V "-> a\n" L64 "AA\n" MAC, NULL },
	{ "66 columns and an end", V "-> a\n" L64 "AA\n\n" MAC, NULL },
	{ "68 columns", V "-> a\n" L64 "AAAA\n" MAC, NULL },
	{ "two short lines", V "-> a\nQUJD\nQUJD\n" MAC,
	    "age header: byte 32: neither a stanza (\"-> \") nor the end "
	    "(\"---\")" },
	{ "padding", V "-> a\nQUI=\n" MAC, NULL },
	{ "spare bits", V "-> a\nQUK\n" MAC, NULL },
	{ "one odd digit", V "-> a\nQUJDQ\n" MAC, NULL },
	{ "white space in the body", V "-> a\nQU JD\n" MAC, NULL },
	{ "no MAC", V X BODY "---\n", NULL },
	{ "no space before the MAC", V X BODY
	    "---Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", NULL },
	{ "two spaces before the MAC", V X BODY
	    "---  Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", NULL },
	{ "a space after the MAC", V X BODY
	    "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0 \n", NULL },
	{ "a short MAC", V X BODY
	    "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qA\n", NULL },
	{ "a long MAC", V X BODY
	    "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0A\n", NULL },
	{ "spare bits in the MAC", V X BODY
	    "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI1\n", NULL },
	{ "four dashes", V X BODY "-" MAC, NULL },
};

Test(agehdr, refuses_whatever_the_specification_does_not_allow)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct bulla_err err = { 0 };

		cr_assert_eq(parse(refused[i].text, &err), BULLA_E_FORMAT,
		    "%s: %s", refused[i].what, err.msg);
		cr_assert_eq(err.st, BULLA_E_FORMAT);
		if (refused[i].msg != NULL)
			cr_assert_str_eq(err.msg, refused[i].msg);
	}
}

Test(agehdr, takes_what_is_unusual_but_allowed)
{
	cr_assert_eq(parse(V "-> !~ \"#$%&'()*+\n\n" MAC, NULL), BULLA_OK);
	cr_assert_eq(parse(V "-> a\n" L64 "\n\n" MAC, NULL), BULLA_OK);
	cr_assert_eq(parse(V "-> a\n" L64 "\n" L64 "\nQQ\n" MAC, NULL),
	    BULLA_OK);
	/* A NUL is a byte like any other that is not allowed. */
	struct bulla_cur c = bulla_cur_of(V "-> a\0b\n\n" MAC,
	    sizeof(V "-> a\0b\n\n" MAC) - 1);
	struct bulla_age_header h = { 0 };

	cr_assert_eq(bulla_age_header_parse(&c, &h, NULL), BULLA_E_FORMAT);
}

static enum bulla_status
with_stanzas(size_t n)
{
	struct bulla_buf b = BULLA_BUF_INIT(1 << 20);
	const char *args[] = { "grease" };
	struct bulla_age_header h = { 0 };
	struct bulla_cur c;
	enum bulla_status st;
	uint8_t mac[32] = { 1 };

	bulla_age_put_version(&b);
	for (size_t i = 0; i < n; i++)
		bulla_age_put_stanza(&b, args, 1, mac, sizeof(mac));
	bulla_age_put_dashes(&b);
	bulla_age_put_mac(&b, mac);
	c = bulla_buf_view(&b);
	st = bulla_age_header_parse(&c, &h, NULL);
	bulla_age_header_free(&h);
	bulla_buf_free(&b);
	return st;
}

Test(agehdr, limits_the_number_of_stanzas)
{
	cr_assert_eq(with_stanzas(BULLA_AGE_STANZAS_MAX), BULLA_OK);
	cr_assert_eq(with_stanzas(BULLA_AGE_STANZAS_MAX + 1), BULLA_E_LIMIT);
}

/* A header of exactly n bytes: one stanza with a long argument. */
static enum bulla_status
of_size(size_t n)
{
	size_t rest = sizeof(V "-> \n\n" MAC) - 1;
	char *text = calloc(1, n + 8);
	struct bulla_age_header h = { 0 };
	struct bulla_cur c = bulla_cur_of(text, n + 7);
	enum bulla_status st;

	cr_assert_not_null(text);
	memcpy(text, V "-> ", sizeof(V "-> ") - 1);
	memset(text + sizeof(V "-> ") - 1, 'a', n - rest);
	memcpy(text + n - sizeof("\n\n" MAC) + 1, "\n\n" MAC,
	    sizeof("\n\n" MAC) - 1);
	memcpy(text + n, "payload", 7);
	st = bulla_age_header_parse(&c, &h, NULL);
	if (st == BULLA_OK)
		cr_assert(bulla_cur_is(&c, "payload"));
	bulla_age_header_free(&h);
	free(text);
	return st;
}

Test(agehdr, limits_the_size)
{
	cr_assert_eq(of_size(1000), BULLA_OK);
	cr_assert_eq(of_size(BULLA_AGE_HEADER_MAX), BULLA_OK);
	cr_assert_eq(of_size(BULLA_AGE_HEADER_MAX + 1), BULLA_E_LIMIT);
	cr_assert_eq(of_size(4 * BULLA_AGE_HEADER_MAX), BULLA_E_LIMIT);
}

Test(agehdr, writes_bodies_in_lines_of_64_columns)
{
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	const char *args[] = { "a", "b" };
	uint8_t zero[97] = { 0 };

	bulla_age_put_stanza(&b, args, 2, zero, 0);
	bulla_age_put_stanza(&b, args, 1, zero, 47);
	bulla_age_put_stanza(&b, args, 1, zero, 48);
	bulla_age_put_stanza(&b, args, 1, zero, 97);
	cr_assert_str_eq(bulla_buf_cstr(&b),
	    "-> a b\n\n"
	    "-> a\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAAAAA\n"
	    "-> a\n" L64 "\n\n"
	    "-> a\n" L64 "\n" L64 "\nAA\n");
	bulla_buf_free(&b);
}
