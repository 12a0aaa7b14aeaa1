#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "bulla/enc.h"

static bool
dec(const char *s, const char *hrp, void *out, size_t cap, size_t *n,
    bool *upper)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_bech32_decode(&c, hrp, out, cap, n, upper);
}

#define HRP83 "an83characterlonghumanreadablepartthatcontainsthenumber1and" \
	"theexcludedcharactersbio"

/* BIP 173, "Test vectors": the valid ones. */
static const struct {
	const char *text, *hrp;
	size_t n;
	bool upper;
} valid[] = {
	{ "A12UEL5L", "a", 0, true },
	{ "a12uel5l", "a", 0, false },
	{ HRP83 "1tt5tgs", HRP83, 0, false },
	{ "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", 20,
	  false },
	{ "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
	  "qqqqqqqqqqqqqqqqqqqqc8247j", "1", 51, false },
	{ "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
	  "split", 30, false },
	{ "?1ezyfcl", "?", 0, false },
};
#define N_VALID (sizeof(valid) / sizeof(valid[0]))

Test(bech32, bip_173_valid_strings_there_and_back)
{
	for (size_t i = 0; i < N_VALID; i++) {
		struct bulla_buf b = BULLA_BUF_INIT(200);
		uint8_t out[64];
		size_t n = 99;
		bool upper = !valid[i].upper;

		cr_assert(dec(valid[i].text, valid[i].hrp, out, valid[i].n,
		    &n, &upper), "%s", valid[i].text);
		cr_assert_eq(n, valid[i].n);
		cr_assert_eq(upper, valid[i].upper);
		bulla_bech32_put(&b, valid[i].hrp, out, n, upper);
		cr_assert_str_eq(bulla_buf_cstr(&b), valid[i].text);
		bulla_buf_free(&b);
	}
}

Test(bech32, known_data)
{
	uint8_t out[20];
	size_t n;

	cr_assert(dec(valid[3].text, "abcdef", out, 20, &n, NULL));
	cr_assert_arr_eq(out, "\x00\x44\x32\x14\xc7\x42\x54\xb6\x35\xcf"
	    "\x84\x65\x3a\x56\xd7\xc6\x75\xbe\x77\xdf", 20);
}

/* BIP 173: the strings that must not be accepted, and ours. */
Test(bech32, refuses)
{
	static const struct {
		const char *text, *hrp;
	} bad[] = {
		{ "\x20" "1nwldj5", "\x20x" },
		{ "pzry9x0s0muk", "pzry9x0s0muk" },	/* no separator */
		{ "1pzry9x0s0muk", "" },		/* empty hrp */
		{ "x1b4n0q5v", "x" },			/* unknown digit */
		{ "li1dgmt3", "li" },			/* checksum too short */
		{ "de1lg7wt\xff", "de" },
		{ "A1G7SGD8", "a" },	/* checksum made with upper-case hrp */
		{ "10a06t8", "" },
		{ "1qzzfhee", "" },
		{ "a12UEL5L", "a" },			/* mixed case */
		{ "A12uEL5L", "a" },
		{ "A12uel5l", "a" },
		{ "a12uel5l", "b" },			/* another hrp */
		{ "a12uel5l", "aa" },
		{ "a12uel5l", "" },
		{ "a12uel5l", "a1" },
		{ "a12uel5m", "a" },
		{ "a12uel5", "a" },
		{ "a12uel5ll", "a" },
		{ "a12uel5l ", "a" },
		{ " a12uel5l", "a" },
		{ "a12uel5l\n", "a" },
		{ "a1", "a" },
		{ "a", "a" },
		{ "1", "a" },
		{ "", "a" },
		{ "a1lqfn3a", "a" },	/* bech32m (BIP 350) */
	};
	uint8_t out[64];
	size_t n = 42;
	bool upper;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(dec(bad[i].text, bad[i].hrp, out, sizeof(out),
		    &n, &upper), "'%s'", bad[i].text);
	cr_assert_eq(n, 42);
}

/*
 * Right checksums (made by another program), but bits that are no byte: five
 * or more of them, or not zero. All of "a" and n zero digits.
 */
Test(bech32, refuses_padding_that_is_long_or_not_zero)
{
	static const char *const bad[] = {
		"a1q3g6mn3", "a1qqqd87cpp", "a1qqqqqq3q4q7k",
		"a1qqqqqqqqqvgade4", "a1qpamnt9j", "a1qzngxatd",
		"a1qqqpkq7t3x", "a1qqqzcntale", "a1qqqyyugcrw", "a1qqqg4zwjjf",
		"a1qqqqpmmmrc3", "a1qqqqqqp45gxzj", "a1qqqqqqzm8asvd",
		"a1qqqqqqy8g74s6",
	};
	static const struct {
		const char *text;
		size_t n;
		uint8_t last;
	} good[] = {
		{ "a1qy089ch6", 1, 1 }, { "a1qqqs7hzxe8", 2, 1 },
		{ "a1qqqqz4gw4kw", 3, 1 }, { "a1qqqqqqgkkclpa", 4, 1 },
	};
	uint8_t out[16];
	size_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(dec(bad[i], "a", out, sizeof(out), &n, NULL),
		    "%s", bad[i]);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_assert(dec(good[i].text, "a", out, sizeof(out), &n, NULL),
		    "%s", good[i].text);
		cr_assert_eq(n, good[i].n);
		cr_assert_eq(out[n - 1], good[i].last);
	}
}

static const char age_pub[] =
    "age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m";
static const char age_secret[] = "AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGP"
    "ZYSNZS23V9CCRYDPK8QARC0SWRYDWG";

Test(bech32, age_keys)
{
	struct bulla_buf b = BULLA_BUF_INIT(200);
	uint8_t out[32];
	bool upper;
	size_t n;

	cr_assert(dec(age_pub, "age", out, 32, &n, &upper));
	cr_assert(n == 32 && !upper);
	for (size_t i = 0; i < 32; i++)
		cr_assert_eq(out[i], i);
	cr_assert(dec(age_secret, "age-secret-key-", out, 32, &n, &upper));
	cr_assert(n == 32 && upper);
	for (size_t i = 0; i < 32; i++)
		cr_assert_eq(out[i], i);
	bulla_bech32_put(&b, "age-secret-key-", out, 32, true);
	cr_assert_str_eq(bulla_buf_cstr(&b), age_secret);
	cr_assert_not(dec(age_secret, "age", out, 32, &n, &upper));
	cr_assert_not(dec(age_pub, "age", out, 31, &n, &upper));
	bulla_buf_free(&b);
}

Test(bech32, every_changed_character_is_refused_and_nothing_written)
{
	char s[sizeof(age_pub)];
	uint8_t out[32];
	size_t n;

	memset(out, 7, sizeof(out));
	memcpy(s, age_pub, sizeof(s));
	for (size_t i = 0; i + 1 < sizeof(s); i++) {
		for (int c = 0; c < 256; c++) {
			s[i] = (char)c;
			if (s[i] != age_pub[i])
				cr_assert_not(dec(s, "age", out, 32, &n,
				    NULL), "%zu %d", i, c);
		}
		s[i] = age_pub[i];
	}
	for (size_t i = 0; i < sizeof(out); i++)
		cr_assert_eq(out[i], 7);
}

/* As long as a post-quantum recipient; BIP 173 itself stops at 90. */
Test(bech32, no_length_limit)
{
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	uint8_t data[1216], out[1216];
	struct bulla_cur c;
	bool upper;
	size_t n;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 3);
	bulla_bech32_put(&b, "age1pq", data, sizeof(data), false);
	cr_assert_eq(b.len, 1959);
	cr_assert_str_eq(bulla_buf_cstr(&b) + 1953, "yssy98");
	c = bulla_buf_view(&b);
	cr_assert(bulla_bech32_decode(&c, "age1pq", out, sizeof(out), &n,
	    &upper));
	cr_assert_eq(n, sizeof(data));
	cr_assert_arr_eq(out, data, sizeof(data));
	bulla_buf_free(&b);
}

Test(bech32, an_empty_hrp_is_a_mistake_of_ours, .signal = SIGABRT)
{
	struct bulla_buf b = BULLA_BUF_INIT(100);

	bulla_bech32_put(&b, "", "x", 1, false);
}
