#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/mac.h"
#include "bulla/secret.h"

#define LEN 70000u

static uint8_t text[LEN];
static struct bulla_mac *m;
static unsigned n_cases, n_bad;

static void
init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(bulla_mac_new(&m, NULL), BULLA_OK);
	bulla_random(text, sizeof(text));
}

static void
fini(void)
{
	bulla_mac_free(m);
}

TestSuite(mac, .init = init, .fini = fini);

Test(mac, free_takes_null)
{
	bulla_mac_free(NULL);
}

#define IETF \
    "416e79207375626d697373696f6e20746f20746865204945544620696e74656e" \
    "6465642062792074686520436f6e7472696275746f7220666f72207075626c69636174" \
    "696f6e20617320616c6c206f722070617274206f6620616e204945544620496e746572" \
    "6e65742d4472616674206f722052464320616e6420616e792073746174656d656e7420" \
    "6d6164652077697468696e2074686520636f6e74657874206f6620616e204945544620" \
    "616374697669747920697320636f6e7369646572656420616e20224945544620436f6e" \
    "747269627574696f6e222e20537563682073746174656d656e747320696e636c756465" \
    "206f72616c2073746174656d656e747320696e20494554462073657373696f6e732c20" \
    "61732077656c6c206173207772697474656e20616e6420656c656374726f6e69632063" \
    "6f6d6d756e69636174696f6e73206d61646520617420616e792074696d65206f722070" \
    "6c6163652c207768696368206172652061646472657373656420746f"
#define JABBER \
    "2754776173206272696c6c69672c20616e642074686520736c6974687920746f" \
    "7665730a446964206779726520616e642067696d626c6520696e207468652077616265" \
    "3a0a416c6c206d696d737920776572652074686520626f726f676f7665732c0a416e64" \
    "20746865206d6f6d65207261746873206f757467726162652e"
#define Z16 "00000000000000000000000000000000"
#define F16 "ffffffffffffffffffffffffffffffff"
#define ONE "01000000000000000000000000000000"
#define TWO "02000000000000000000000000000000"
#define ODD "01000000000000000400000000000000"
#define ODD_IN "e33594d7505e43b900000000000000003394d7505e4379cd010000000000" \
    "0000" Z16

/* RFC 8439: 2.5.2, and appendix A.3 in its order */
static const struct {
	const char *key, *in, *tag;
} poly[] = {
	{ "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
	    "43727970746f6772617068696320466f72756d2052657365617263682047726f"
	    "7570",
	    "a8061dc1305136c6c22b8baf0c0127a9" },
	{ Z16 Z16, Z16 Z16 Z16 Z16, Z16 },
	{ Z16 "36e5f6b5c5e06070f0efca96227a863e", IETF,
	    "36e5f6b5c5e06070f0efca96227a863e" },
	{ "36e5f6b5c5e06070f0efca96227a863e" Z16, IETF,
	    "f3477e7cd95417af89a6b8794c310cf0" },
	{ "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
	    JABBER, "4541669a7eaaee61e708dc7cbcc5eb62" },
	{ TWO Z16, F16, "03000000000000000000000000000000" },
	{ TWO F16, TWO, "03000000000000000000000000000000" },
	{ ONE Z16, F16 "f0ffffffffffffffffffffffffffffff"
	    "11000000000000000000000000000000",
	    "05000000000000000000000000000000" },
	{ ONE Z16, F16 "fbfefefefefefefefefefefefefefefe"
	    "01010101010101010101010101010101", Z16 },
	{ TWO Z16, "fdffffffffffffffffffffffffffffff",
	    "faffffffffffffffffffffffffffffff" },
	{ ODD Z16, ODD_IN ONE, "14000000000000005500000000000000" },
	{ ODD Z16, ODD_IN, "13000000000000000000000000000000" },
};

/* RFC 8439: 2.6.2, and appendix A.4; the nonces all begin with four zeros */
static const struct {
	const char *key, *once;
	uint64_t index;
} once[] = {
	{ "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
	    "8ad5a08b905f81cc815040274ab29471a833b637e3fd0da508dbb8e2fdd1a646",
	    UINT64_C(0x0706050403020100) },
	{ Z16 Z16,
	    "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7",
	    0 },
	{ Z16 "00000000000000000000000000000001",
	    "ecfa254f845f647473d3cb140da9e87606cb33066c447b87bc2666dde3fbb739",
	    UINT64_C(0x0200000000000000) },
	{ "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
	    "965e3bc6f9ec7ed9560808f4d229f94b137ff275ca9b3fcbdd59deaad23310ae",
	    UINT64_C(0x0200000000000000) },
};

static size_t
hex(const char *s, uint8_t *out, size_t cap)
{
	struct bulla_cur c = bulla_cur_str(s);

	cr_assert(c.len / 2 <= cap);
	cr_assert(bulla_hex_decode(&c, out, c.len / 2));
	return c.len / 2;
}

static void
count(bool ok, const char *what, size_t i)
{
	n_cases++;
	if (ok)
		return;
	n_bad++;
	printf("%s %zu\n", what, i);
}

Test(mac, vectors_of_the_rfc)
{
	uint8_t key[32], want[32], tag[16], in[400];
	size_t n;

	for (size_t i = 0; i < sizeof(poly) / sizeof(poly[0]); i++) {
		hex(poly[i].key, key, sizeof(key));
		hex(poly[i].tag, want, 16);
		n = hex(poly[i].in, in, sizeof(in));
		bulla_mac_begin(m, key);
		bulla_mac_update(m, in, n);
		bulla_mac_final(m, tag);
		count(memcmp(tag, want, 16) == 0, "poly1305", i);
	}
	/* the tag of no bytes is the key's second half, s; that of some shows
	 * the first, r, too */
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
		hex(once[i].key, key, sizeof(key));
		hex(once[i].once, want, sizeof(want));
		bulla_mac_begin_nth(m, key, once[i].index);
		bulla_mac_final(m, tag);
		count(memcmp(tag, want + 16, 16) == 0, "key, s", i);
		bulla_mac_begin_nth(m, key, once[i].index);
		bulla_mac_update(m, F16, 32);
		bulla_mac_final(m, tag);
		(void)crypto_onetimeauth(in, (const uint8_t *)F16, 32, want);
		count(memcmp(tag, in, 16) == 0, "key, r", i);
	}
	printf("COUNT rfc8439-poly1305 %u %u\n", n_cases, n_bad);
	cr_assert_eq(n_bad, 0);
}

/* libsodium's is another implementation */
Test(mac, any_length_in_any_pieces)
{
	uint8_t key[32], want[16], tag[16];
	size_t at, n, step = 1;

	bulla_random(key, sizeof(key));
	for (size_t len = 0; len <= LEN; len += len < 1100 ? 1 : 4999) {
		(void)crypto_onetimeauth(want, text, len, key);
		bulla_mac_begin(m, key);
		for (at = 0; at < len; at += n) {
			step = (step * 37 + 11) % 2003;
			n = len - at < step ? len - at : step;
			bulla_mac_update(m, n > 0 ? text + at : NULL, n);
		}
		bulla_mac_final(m, tag);
		cr_assert_arr_eq(tag, want, 16, "%zu bytes in pieces", len);
		bulla_mac_begin(m, key);
		bulla_mac_update(m, len > 0 ? text : NULL, len);
		bulla_mac_final(m, tag);
		cr_assert_arr_eq(tag, want, 16, "%zu bytes at once", len);
	}
}

Test(mac, every_index_and_every_key_is_another)
{
	uint8_t key[32] = { 1 }, tag[96][16];
	unsigned n = 0;

	for (unsigned bit = 0; bit < 64; bit++, n++) {
		bulla_mac_begin_nth(m, key, UINT64_C(1) << bit);
		bulla_mac_update(m, text, 100);
		bulla_mac_final(m, tag[n]);
	}
	for (unsigned i = 0; i < 32; i++, n++) {
		key[i] ^= 0x80;
		bulla_mac_begin_nth(m, key, 1);
		bulla_mac_update(m, text, 100);
		bulla_mac_final(m, tag[n]);
	}
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < i; j++)
			cr_assert_arr_neq(tag[i], tag[j], 16, "%u %u", i, j);
}

Test(mac, a_message_may_be_left_unfinished)
{
	static const uint8_t key[32] = { 7 };
	uint8_t want[16], tag[16];
	struct bulla_mac *other = NULL;

	bulla_mac_begin(m, text);
	bulla_mac_update(m, text, 33);
	bulla_mac_begin(m, key);
	bulla_mac_update(m, text, 50);
	bulla_mac_final(m, tag);
	(void)crypto_onetimeauth(want, text, 50, key);
	cr_assert_arr_eq(tag, want, 16);
	cr_assert_eq(bulla_mac_new(&other, NULL), BULLA_OK);
	bulla_mac_begin(other, key);
	bulla_mac_update(other, text, 33);
	bulla_mac_free(other);
}
