#include <criterion/criterion.h>
#include <string.h>

#include "bulla/enc.h"

Test(hex, writes_lower_case)
{
	struct bulla_buf b = BULLA_BUF_INIT(100);
	char out[9];

	bulla_hex(out, "\x00\x9a\xff\x10", 4);
	cr_assert_str_eq(out, "009aff10");
	bulla_hex(out, "", 0);
	cr_assert_str_eq(out, "");
	bulla_hex_put(&b, "\x00\x9a\xff\x10", 4);
	bulla_hex_put(&b, "", 0);
	cr_assert_str_eq(bulla_buf_cstr(&b), "009aff10");
	bulla_buf_free(&b);
}

static bool
unhex(const char *s, void *out, size_t n)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_hex_decode(&c, out, n);
}

Test(hex, every_byte_comes_back)
{
	for (unsigned i = 0; i < 256; i++) {
		uint8_t in = (uint8_t)i, back = 0;
		char s[3];

		bulla_hex(s, &in, 1);
		cr_assert(unhex(s, &back, 1));
		cr_assert_eq(back, in);
	}
}

Test(hex, refuses_everything_else_and_writes_nothing)
{
	static const char *const bad[] = {
		"", "0", "000", "00000", "000000", "00 0", "0x00", "000g",
		"00A0", "00a ", "+000", "-000", "00/0", "00:0", "00`0",
		"0000\n", "\xc3\xa9\xc3\xa9",
	};
	uint8_t out[2] = { 7, 7 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(unhex(bad[i], out, 2), "'%s'", bad[i]);
	cr_assert(out[0] == 7 && out[1] == 7);
	cr_assert_not(unhex("00", out, SIZE_MAX / 2 + 2));
}

/* RFC 4648, section 10 */
static const struct {
	const char *plain, *padded;
} rfc4648[] = {
	{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
};
#define N_RFC (sizeof(rfc4648) / sizeof(rfc4648[0]))

static bool
unb64(const char *s, enum bulla_b64_kind kind, void *out, size_t cap,
    size_t *n)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_b64_decode(&c, kind, out, cap, n);
}

static void
one_vector(const char *plain, const char *text, enum bulla_b64_kind kind)
{
	struct bulla_buf b = BULLA_BUF_INIT(100);
	size_t n = 99, len = strlen(plain);
	char out[8];

	bulla_b64_put(&b, plain, len, kind);
	cr_assert_str_eq(bulla_buf_cstr(&b), text);
	cr_assert(unb64(text, kind, out, len, &n), "%s", text);
	cr_assert_eq(n, len);
	cr_assert_arr_eq(out, plain, len);
	if (len > 0)
		cr_assert_not(unb64(text, kind, out, len - 1, &n));
	bulla_buf_free(&b);
}

Test(b64, rfc_4648_vectors_padded_and_raw)
{
	char raw[16];

	for (size_t i = 0; i < N_RFC; i++) {
		one_vector(rfc4648[i].plain, rfc4648[i].padded,
		    BULLA_B64_PADDED);
		memset(raw, 0, sizeof(raw));
		memcpy(raw, rfc4648[i].padded,
		    strcspn(rfc4648[i].padded, "="));
		one_vector(rfc4648[i].plain, raw, BULLA_B64_RAW);
	}
}

Test(b64, the_whole_alphabet)
{
	static const char text[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"
	    "opqrstuvwxyz0123456789+/";
	struct bulla_buf b = BULLA_BUF_INIT(100);
	uint8_t out[48];
	size_t n;

	cr_assert(unb64(text, BULLA_B64_RAW, out, sizeof(out), &n));
	cr_assert_eq(n, 48);
	cr_assert_arr_eq(out, "\x00\x10\x83\x10\x51\x87", 6);
	bulla_b64_put(&b, out, n, BULLA_B64_PADDED);
	cr_assert_str_eq(bulla_buf_cstr(&b), text);
	bulla_buf_free(&b);
}

Test(b64, refuses_padded)
{
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Zg===", "Zg====", "Zm8", "Zm8==", "Zm9v=",
		"Zm9v==", "Zm9v====", "=", "==", "===", "====", "Z===",
		"=Zg=", "Z=g=", "Zg=a", "Zg==Zg==", "Zm9vZg==\n", "\nZg==",
		"Zm9v\nZg==", "Zm 9", "Zm9v ", "Zh==", "Zi==", "Zn==",
		"Zm9=", "Zm-v", "Zm_v", "Zm9.", "Zm9\xc3", "@@@@", "[[[[",
		"````", "{{{{", "////=",
	};
	uint8_t out[100];
	size_t n = 42;

	memset(out, 7, sizeof(out));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(unb64(bad[i], BULLA_B64_PADDED, out,
		    sizeof(out), &n), "'%s'", bad[i]);
	cr_assert_eq(n, 42);
	for (size_t i = 0; i < sizeof(out); i++)
		cr_assert_eq(out[i], 7);
}

Test(b64, refuses_raw)
{
	static const char *const bad[] = {
		"Z", "Zg==", "Zm8=", "Zm9vY", "Zh", "Zv", "Zm9", "Zm+",
		"Zm9v=", "=", "Zg ", "Zg\n", "Zg\r\n", "Z-", "Z_", "Zm9vZm9vA",
	};
	uint8_t out[100];
	size_t n = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(unb64(bad[i], BULLA_B64_RAW, out, sizeof(out),
		    &n), "'%s'", bad[i]);
	cr_assert_eq(n, 42);
}

/* One text for each value: of all four-character texts only encodings pass. */
Test(b64, one_text_for_each_value)
{
	struct bulla_buf b = BULLA_BUF_INIT(100);
	unsigned accepted = 0;
	uint8_t out[3];
	size_t n;

	for (unsigned i = 0; i < 65536; i++) {
		uint8_t t[4] = { 'Z', (uint8_t)(i >> 8), (uint8_t)i, '=' };
		struct bulla_cur c = bulla_cur_of(t, 4), again;

		if (!bulla_b64_decode(&c, BULLA_B64_PADDED, out, 3, &n))
			continue;
		accepted++;
		bulla_buf_reset(&b);
		bulla_b64_put(&b, out, n, BULLA_B64_PADDED);
		again = bulla_buf_view(&b);
		cr_assert(bulla_cur_same(&c, &again));
	}
	cr_assert_eq(accepted, 64 * 16 + 4);
	bulla_buf_free(&b);
}

Test(b64, a_full_buffer_is_a_limit_not_a_cut)
{
	struct bulla_buf b = BULLA_BUF_INIT(7);

	bulla_b64_put(&b, "foobar", 6, BULLA_B64_PADDED);
	cr_assert_eq(bulla_buf_status(&b), BULLA_E_LIMIT);
	bulla_buf_free(&b);
}
