#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "bulla/field.h"
#include "bulla/when.h"

static struct bulla_fields
begun(const char *text)
{
	struct bulla_cur c = bulla_cur_str(text);
	struct bulla_fields f;

	cr_assert_eq(bulla_fields_begin(&f, &c, "bulla test v1", NULL),
	    BULLA_OK);
	return f;
}

Test(field, writes_and_reads_every_kind)
{
	struct bulla_buf b = BULLA_BUF_INIT(1000);
	struct bulla_cur c, v = bulla_cur_str("x y: z"), got;
	struct bulla_fields f;
	uint8_t digest[3];
	uint64_t n;
	int64_t t;

	bulla_buf_str(&b, "bulla test v1\n");
	bulla_field_put(&b, "first", &v);
	bulla_field_put_str(&b, "none", "-");
	bulla_field_put_hex(&b, "digest", "\x01\xab\xff", 3);
	bulla_field_put_u64(&b, "size", UINT64_MAX);
	bulla_field_put_when(&b, "created", 0);
	cr_assert_str_eq(bulla_buf_cstr(&b), "bulla test v1\nfirst: x y: z\n"
	    "none: -\ndigest: 01abff\nsize: 18446744073709551615\n"
	    "created: 1970-01-01T00:00:00Z\n");
	c = bulla_buf_view(&b);
	cr_assert_eq(bulla_fields_begin(&f, &c, "bulla test v1", NULL), 0);
	cr_assert_eq(bulla_field_take(&f, "first", &got, NULL), 0);
	cr_assert(bulla_cur_is(&got, "x y: z"));
	cr_assert(bulla_field_next_is(&f, "none"));
	cr_assert_not(bulla_field_next_is(&f, "digest"));
	cr_assert_eq(bulla_field_take(&f, "none", &got, NULL), 0);
	cr_assert(bulla_cur_is(&got, "-"));
	cr_assert_eq(bulla_field_hex(&f, "digest", digest, 3, NULL), 0);
	cr_assert_arr_eq(digest, "\x01\xab\xff", 3);
	cr_assert_eq(bulla_field_u64(&f, "size", UINT64_MAX, &n, NULL), 0);
	cr_assert_eq(n, UINT64_MAX);
	cr_assert_eq(bulla_fields_end(&f, NULL), BULLA_E_FORMAT);
	cr_assert_eq(bulla_field_when(&f, "created", &t, NULL), 0);
	cr_assert_eq(t, 0);
	cr_assert_eq(bulla_fields_end(&f, NULL), BULLA_OK);
	cr_assert_not(bulla_field_next_is(&f, "created"));
	bulla_buf_free(&b);
}

static void
begin_fails(const char *text, const char *msg)
{
	struct bulla_cur c = bulla_cur_str(text);
	struct bulla_fields f = { .line = 77 };
	struct bulla_err e = { 0 };

	cr_assert_eq(bulla_fields_begin(&f, &c, "bulla test v1", &e),
	    BULLA_E_FORMAT, "%s", text);
	cr_assert_str_eq(e.msg, msg);
	cr_assert_eq(f.line, 77);
}

Test(field, the_type_line_must_be_exact)
{
	begin_fails("", "line 1: no complete line, want \"bulla test v1\"");
	begin_fails("bulla test v1",
	    "line 1: no complete line, want \"bulla test v1\"");
	begin_fails("bulla test v2\n",
	    "line 1: \"bulla test v2\" where \"bulla test v1\" must stand");
	begin_fails("bulla test v1 \n",
	    "line 1: \"bulla test v1 \" where \"bulla test v1\" must stand");
	begin_fails("\x1b\nbulla test v1\n",
	    "line 1: \"\\x1b\" where \"bulla test v1\" must stand");
	begin_fails("bulla test v1\r\n",
	    "line 1: \"bulla test v1\\x0d\" where \"bulla test v1\" "
	    "must stand");
}

static void
take_fails(const char *rest, enum bulla_status want, const char *msg)
{
	char text[200] = "bulla test v1\n";
	struct bulla_cur v = { .len = 77 };
	struct bulla_err e = { 0 };
	struct bulla_fields f, before;

	memcpy(text + strlen(text), rest, strlen(rest) + 1);
	f = before = begun(text);
	cr_assert_eq(bulla_field_take(&f, "size", &v, &e), want, "%s", rest);
	if (strcmp(e.msg, msg) != 0)
		cr_assert_fail("%s\n%s", e.msg, msg);
	cr_assert_eq(v.len, 77);
	cr_assert_eq(f.c.p, before.c.p);
	cr_assert_eq(f.line, 2);
}

#define UNFIT " is empty, not plain text, or has a space at its beginning " \
	"or end"

Test(field, take_refuses)
{
	take_fails("", BULLA_E_FORMAT,
	    "line 2: no complete line, want \"size: \"");
	take_fails("size: 1", BULLA_E_FORMAT,
	    "line 2: no complete line, want \"size: \"");
	take_fails("sized: 1\n", BULLA_E_FORMAT,
	    "line 2: \"sized: 1\" where \"size: \" must stand");
	take_fails("siz: 1\n", BULLA_E_FORMAT,
	    "line 2: \"siz: 1\" where \"size: \" must stand");
	take_fails("Size: 1\n", BULLA_E_FORMAT,
	    "line 2: \"Size: 1\" where \"size: \" must stand");
	take_fails(" size: 1\n", BULLA_E_FORMAT,
	    "line 2: \" size: 1\" where \"size: \" must stand");
	take_fails("size:1\n", BULLA_E_FORMAT,
	    "line 2: \"size:1\" where \"size: \" must stand");
	take_fails("\nsize: 1\n", BULLA_E_FORMAT,
	    "line 2: \"\" where \"size: \" must stand");
	take_fails("size: \n", BULLA_E_FORMAT, "line 2: size: \"\"" UNFIT);
	take_fails("size:  1\n", BULLA_E_FORMAT,
	    "line 2: size: \" 1\"" UNFIT);
	take_fails("size: 1 \n", BULLA_E_FORMAT,
	    "line 2: size: \"1 \"" UNFIT);
	take_fails("size: 1\r\n", BULLA_E_FORMAT,
	    "line 2: size: \"1\\x0d\"" UNFIT);
	take_fails("size: a\xff\n", BULLA_E_FORMAT,
	    "line 2: size: \"a\\xff\"" UNFIT);
	take_fails("size: a\xe2\x80\xae\n", BULLA_E_FORMAT,
	    "line 2: size: \"a\\xe2\\x80\\xae\"" UNFIT);
}

Test(field, a_value_is_at_most_8192_bytes)
{
	struct bulla_buf b = BULLA_BUF_INIT(20000);
	struct bulla_fields f;
	struct bulla_err e;
	struct bulla_cur v;

	bulla_buf_str(&b, "bulla test v1\na: ");
	for (unsigned i = 0; i < BULLA_FIELD_MAX; i++)
		bulla_buf_u8(&b, 'x');
	bulla_buf_str(&b, "\n");
	f = begun(bulla_buf_cstr(&b));
	cr_assert_eq(bulla_field_take(&f, "a", &v, NULL), BULLA_OK);
	cr_assert_eq(v.len, BULLA_FIELD_MAX);
	b.len--;
	bulla_buf_str(&b, "x\n");
	f = begun(bulla_buf_cstr(&b));
	cr_assert_eq(bulla_field_take(&f, "a", &v, &e), BULLA_E_LIMIT);
	cr_assert_str_eq(e.msg, "line 2: a: longer than 8192 bytes");
	bulla_buf_free(&b);
}

Test(field, typed_forms_refuse_and_do_not_advance)
{
	struct bulla_fields f = begun("bulla test v1\na: 0g\n");
	uint8_t out[1] = { 7 };
	struct bulla_err e;
	uint64_t n = 42;
	int64_t t = 42;

	cr_assert_eq(bulla_field_hex(&f, "a", out, 1, &e), BULLA_E_FORMAT);
	cr_assert_str_eq(e.msg,
	    "line 2: a: \"0g\" is not 2 lower-case hex digits");
	cr_assert_eq(bulla_field_u64(&f, "a", 9, &n, &e), BULLA_E_FORMAT);
	cr_assert_str_eq(e.msg,
	    "line 2: a: \"0g\" is not a decimal number up to 9");
	cr_assert_eq(bulla_field_when(&f, "a", &t, &e), BULLA_E_FORMAT);
	cr_assert_str_eq(e.msg, "line 2: a: \"0g\" is not a time like "
	    "2026-11-22T03:04:05Z");
	cr_assert_eq(bulla_field_hex(&f, "b", out, 1, NULL), BULLA_E_FORMAT);
	cr_assert_eq(bulla_field_u64(&f, "b", 9, &n, NULL), BULLA_E_FORMAT);
	cr_assert_eq(bulla_field_when(&f, "b", &t, NULL), BULLA_E_FORMAT);
	cr_assert(out[0] == 7 && n == 42 && t == 42);
	cr_assert_eq(f.line, 2);
	cr_assert(bulla_field_next_is(&f, "a"));
}

Test(field, a_hyphen_stands_for_none)
{
	struct bulla_buf b = BULLA_BUF_INIT(1000);
	struct bulla_cur v = bulla_cur_str("x"), none = { .p = v.p };
	struct bulla_fields f;
	struct bulla_err e = { 0 };
	uint8_t out[1] = { 7 };
	bool has = true;

	bulla_buf_str(&b, "bulla test v1\n");
	bulla_field_put_hex_or_none(&b, "a", false, "\xab", 1);
	bulla_field_put_hex_or_none(&b, "b", true, "\xab", 1);
	bulla_field_put_or_none(&b, "c", &none);
	bulla_field_put_or_none(&b, "d", &v);
	cr_assert_str_eq(bulla_buf_cstr(&b),
	    "bulla test v1\na: -\nb: ab\nc: -\nd: x\n");
	f = begun(bulla_buf_cstr(&b));
	cr_assert_eq(bulla_field_hex_or_none(&f, "a", out, 1, &has, NULL), 0);
	cr_assert(!has && out[0] == 7);
	cr_assert_eq(bulla_field_hex_or_none(&f, "b", out, 1, &has, NULL), 0);
	cr_assert(has && out[0] == 0xab);
	has = false;
	cr_assert_eq(bulla_field_hex_or_none(&f, "d", out, 1, &has, NULL),
	    BULLA_E_FORMAT);
	f = begun("bulla test v1\na: x\n");
	cr_assert_eq(bulla_field_hex_or_none(&f, "a", out, 1, &has, &e),
	    BULLA_E_FORMAT);
	cr_assert(!has && f.line == 2);
	cr_assert_str_eq(e.msg,
	    "line 2: a: \"x\" is not 2 lower-case hex digits");
	bulla_buf_free(&b);
}

Test(field, what_is_wrong_is_named_with_its_line)
{
	struct bulla_fields f = begun("bulla test v1\na: \xc3\xa4 b\n");
	struct bulla_err e = { 0 };
	struct bulla_cur v;

	cr_assert_eq(bulla_field_take(&f, "a", &v, NULL), BULLA_OK);
	cr_assert_eq(bulla_field_bad(&f, "a", &v, "is no word", &e),
	    BULLA_E_FORMAT);
	cr_assert_str_eq(e.msg, "line 2: a: \"\xc3\xa4 b\" is no word");
}

Test(field, numbers_keep_to_their_maximum)
{
	struct bulla_fields f = begun("bulla test v1\na: 10\n");
	uint64_t n = 42;

	cr_assert_eq(bulla_field_u64(&f, "a", 9, &n, NULL), BULLA_E_FORMAT);
	cr_assert_eq(n, 42);
	cr_assert_eq(bulla_field_u64(&f, "a", 10, &n, NULL), BULLA_OK);
	cr_assert_eq(n, 10);
}

Test(field, nothing_may_follow)
{
	struct bulla_fields f = begun("bulla test v1\na: 1\nb: 2\n");
	struct bulla_err e;
	struct bulla_cur v;

	cr_assert_eq(bulla_field_take(&f, "a", &v, NULL), BULLA_OK);
	cr_assert_eq(bulla_fields_end(&f, &e), BULLA_E_FORMAT);
	cr_assert_str_eq(e.msg, "line 3: \"b: 2\" after the last field");
	f = begun("bulla test v1\nx");
	cr_assert_eq(bulla_fields_end(&f, &e), BULLA_E_FORMAT);
	cr_assert_str_eq(e.msg, "line 2: \"x\" after the last field");
	f = begun("bulla test v1\n");
	cr_assert_eq(bulla_fields_end(&f, &e), BULLA_OK);
}

static void
put(const char *label, const char *value)
{
	struct bulla_buf b = BULLA_BUF_INIT(100);

	bulla_field_put_str(&b, label, value);
}

Test(field, put_empty, .signal = SIGABRT) { put("a", ""); }
Test(field, put_space_first, .signal = SIGABRT) { put("a", " b"); }
Test(field, put_space_last, .signal = SIGABRT) { put("a", "b "); }
Test(field, put_two_lines, .signal = SIGABRT) { put("a", "b\nc: d"); }
Test(field, put_no_label, .signal = SIGABRT) { put("", "b"); }
Test(field, put_upper_label, .signal = SIGABRT) { put("A", "b"); }
Test(field, put_colon_label, .signal = SIGABRT) { put("a:", "b"); }
Test(field, put_hyphen_first, .signal = SIGABRT) { put("-a", "b"); }
Test(field, put_hyphen_last, .signal = SIGABRT) { put("a-", "b"); }

Test(field, put_no_digest, .signal = SIGABRT)
{
	struct bulla_buf b = BULLA_BUF_INIT(100);

	bulla_field_put_hex(&b, "a", "", 0);
}

Test(field, put_long_digest, .signal = SIGABRT)
{
	static const uint8_t zeros[BULLA_FIELD_MAX / 2 + 1];
	struct bulla_buf b = BULLA_BUF_INIT(20000);

	bulla_field_put_hex(&b, "a", zeros, sizeof(zeros));
}
