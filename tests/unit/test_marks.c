#include <criterion/criterion.h>
#include <string.h>

#include "core/marks.h"

/* Two segments and a little, 5,000 bytes into the file. */
enum { START = 5000, REST = 700 };
static struct marks m;
static struct bulla_mac *mac;
static uint8_t bytes[4][1000];

static void
init(void)
{
	uint8_t tag[BULLA_MAC_TAG];

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(marks_init(&m, NULL), BULLA_OK);
	cr_assert_eq(bulla_mac_new(&mac, NULL), BULLA_OK);
	m.first = START;
	m.size = 2 * (uint64_t)BULLA_SEGMENT_SIZE + REST;
	bulla_random(bytes, sizeof(bytes));
	for (unsigned i = 0; i < 4; i++) {
		bulla_mac_begin_nth(mac, m.key.p, i);
		bulla_mac_update(mac, bytes[i], sizeof(bytes[i]));
		bulla_mac_final(mac, tag);
		bulla_buf_put(&m.tags, tag, sizeof(tag));
	}
}

static void
fini(void)
{
	bulla_mac_free(mac);
	marks_free(&m);
}

TestSuite(marks, .init = init, .fini = fini);

static void
place_is(uint64_t index, uint64_t off, size_t n)
{
	uint64_t o = 0;
	size_t len = 1;

	marks_place(&m, index, &o, &len);
	cr_expect_eq(len, n, "%zu", len);
	if (n > 0)
		cr_expect_eq(o, off);
}

Test(marks, places)
{
	const uint64_t second = START + BULLA_SEGMENT_SIZE + 512;
	const uint64_t third = second + BULLA_SEGMENT_SIZE + 512;

	cr_assert_eq(MARKS_IN_SEGMENT, 16);
	place_is(0, START, MARK_SIZE);
	place_is(1, START + MARK_SIZE, MARK_SIZE);
	place_is(15, START + 15 * MARK_SIZE, MARK_SIZE);
	place_is(16, second, MARK_SIZE);
	place_is(31, second + 15 * MARK_SIZE, MARK_SIZE);
	place_is(32, third, REST);
	place_is(33, 0, 0);
	place_is(BULLA_SEGMENTS_MAX * (uint64_t)MARKS_IN_SEGMENT, 0, 0);
	m.size = BULLA_SEGMENT_SIZE;
	place_is(15, START + 15 * MARK_SIZE, MARK_SIZE);
	place_is(16, 0, 0);
	/* the largest package */
	m.size = BULLA_SEGMENTS_MAX * (uint64_t)BULLA_SEGMENT_SIZE;
	place_is(BULLA_SEGMENTS_MAX * (uint64_t)MARKS_IN_SEGMENT - 1, START +
	    m.size + (BULLA_SEGMENTS_MAX - 1) * UINT64_C(512) - MARK_SIZE,
	    MARK_SIZE);
}

Test(marks, only_the_same_bytes_in_the_same_place_are_known)
{
	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < 6; k++)
			cr_expect_eq(marks_know(&m, mac, k, bytes[i], 1000),
			    i == k, "%u as %u", i, k);
	cr_expect_not(marks_know(&m, mac, 0, bytes[0], 999));
	cr_expect_not(marks_know(&m, mac, 0, bytes[0], 1001));
	cr_expect_not(marks_know(&m, mac, 0, bytes[0], 0));
	for (unsigned bit = 0; bit < 8000; bit++) {
		bytes[1][bit / 8] ^= (uint8_t)(1u << bit % 8);
		cr_assert_not(marks_know(&m, mac, 1, bytes[1], 1000));
		bytes[1][bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	cr_expect(marks_know(&m, mac, 1, bytes[1], 1000));
}

Test(marks, every_bit_of_a_tag_counts)
{
	for (unsigned bit = 0; bit < 128; bit++) {
		m.tags.p[16 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		cr_expect_not(marks_know(&m, mac, 1, bytes[1], 1000));
		m.tags.p[16 + bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

Test(marks, each_has_its_own_key)
{
	static const uint8_t zero[BULLA_MAC_KEY];
	struct marks other;

	cr_assert_eq(marks_init(&other, NULL), BULLA_OK);
	cr_expect_eq(other.key.len, BULLA_MAC_KEY);
	cr_expect_arr_neq(other.key.p, m.key.p, BULLA_MAC_KEY);
	cr_expect_arr_neq(other.key.p, zero, BULLA_MAC_KEY);
	bulla_buf_put(&other.tags, m.tags.p, m.tags.len);
	cr_expect_not(marks_know(&other, mac, 0, bytes[0], 1000));
	marks_free(&other);
}
