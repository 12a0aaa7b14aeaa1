#include "package_parts.h"
#include "scratch.h"

/*
 * A small package, damaged in every way that one byte can be, and cut and
 * lengthened at every place. It is refused, in the right class; opening it
 * releases no byte and leaves nothing in the directory.
 */
static struct kit kit;
static struct bulla_buf good = BULLA_BUF_INIT(KIT_MAX);
static uint8_t *map;
static size_t room;
static int fd = -1;

static void
begin(void)
{
	scratch_enter();
	kit_init(&kit);
	kit_seal(&kit, &good);
	room = good.len + 4096;
	fd = kit_memfd(good.p, good.len);
	cr_assert_eq(ftruncate(fd, (off_t)room), 0);
	map = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_assert_neq(map, MAP_FAILED);
	cr_assert_eq(ftruncate(fd, (off_t)good.len), 0);
	KIT_OK(bulla_dir_make("out", 0700, NULL));
}

static void
end(void)
{
	(void)munmap(map, room);
	close(fd);
	bulla_buf_free(&good);
	kit_free(&kit);
	scratch_leave();
}

TestSuite(damage, .init = begin, .fini = end, .timeout = 800);

/* Under a sanitizer all of it takes minutes: every byte has its turn in the
 * build without. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STEP 7
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define STEP 7
#endif
#ifndef STEP
#define STEP 1
#endif

enum { VERIFY = 1, OPEN = 2 };
enum class { BAD, SHORT, BAD_OR_SHORT };

/* Bad input has the class FORMAT or MISMATCH; both are exit status 1. */
static bool
is_class(enum bulla_status st, enum class want)
{
	bool is_short = st == BULLA_E_INCOMPLETE;
	bool is_bad = st == BULLA_E_FORMAT || st == BULLA_E_MISMATCH;

	return (is_short && want != BAD) || (is_bad && want != SHORT);
}

static bool
refused(unsigned what, enum class want, const char *how, size_t at)
{
	struct bulla_err e = { 0 };
	uint64_t released = 0;
	bool ok = true;

	if (what & VERIFY) {
		cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
		ok = is_class(kit_verify_fd(&kit, fd, 1, &e), want) &&
		    e.msg[0] != '\0';
	}
	if (ok && (what & OPEN)) {
		cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
		ok = is_class(kit_open_fd(&kit, fd, &released, &e), want) &&
		    released == 0;
	}
	if (ok && (what & OPEN)) {
		cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
		ok = is_class(kit_open_dir_fd(&kit, fd, "out", &e), want) &&
		    n_entries("out") == 0;
	}
	if (!ok)
		printf("%s at %zu: %s, %llu bytes released\n", how, at, e.msg,
		    (unsigned long long)released);
	return ok;
}

Test(damage, the_good_one_opens)
{
	uint64_t n;

	cr_assert_eq(kit_verify_fd(&kit, fd, 1, NULL), BULLA_OK);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	cr_assert_eq(kit_open_fd(&kit, fd, &n, NULL), BULLA_OK);
	cr_assert_gt(n, 4096);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	cr_assert_eq(kit_open_dir_fd(&kit, fd, "out", NULL), BULLA_OK);
	cr_assert_eq(n_entries("out"), 1);
	expect_file("out/bag/data/a.txt", "alpha\n");
}

Test(damage, every_byte)
{
	size_t n = 0, bad = 0;

	for (size_t i = 0; i < good.len; i += STEP) {
		uint8_t x = (uint8_t)(1u << (i * 5 % 8));

		map[i] ^= x;
		bad += !refused(VERIFY | OPEN, BAD, "flip", i);
		map[i] ^= x;
		n++;
	}
	printf("COUNT package-flips %zu %zu\n", n, bad);
	cr_assert_eq(bad, 0);
}

/* Every bit where all the structure is, and every other value of a byte. */
Test(damage, every_bit_of_the_head)
{
	size_t n = 0, bad = 0;

	for (size_t i = 0; i < 4096; i += STEP)
		for (unsigned bit = 0; bit < 8; bit++, n++) {
			map[i] ^= (uint8_t)(1u << bit);
			bad += !refused(VERIFY, BAD, "flip", i);
			map[i] ^= (uint8_t)(1u << bit);
		}
	for (size_t i = 0; i < good.len; i += STEP, n++) {
		uint8_t x = (uint8_t)(i % 255 + 1);

		map[i] ^= x;
		bad += !refused(VERIFY, BAD, "change", i);
		map[i] ^= x;
	}
	printf("COUNT package-changes %zu %zu\n", n, bad);
	cr_assert_eq(bad, 0);
}

Test(damage, every_length)
{
	size_t n = 0, bad = 0;

	for (size_t i = good.len - 1; i < good.len; i -= STEP, n++) {
		cr_assert_eq(ftruncate(fd, (off_t)i), 0);
		bad += !refused(VERIFY | OPEN, SHORT, "cut", i);
	}
	printf("COUNT package-truncations %zu %zu\n", n, bad);
	cr_assert_eq(bad, 0);
}

Test(damage, every_byte_appended)
{
	size_t n = 0, bad = 0;

	cr_assert_eq(ftruncate(fd, (off_t)good.len + 1), 0);
	for (unsigned v = 0; v < 256; v++, n++) {
		map[good.len] = (uint8_t)v;
		bad += !refused(VERIFY | OPEN, BAD, "append", v);
	}
	map[good.len] = 0;
	for (size_t len = 2; len <= 4096; len *= 2, n++) {
		cr_assert_eq(ftruncate(fd, (off_t)(good.len + len)), 0);
		bad += !refused(VERIFY | OPEN, BAD, "zeros", len);
	}
	printf("COUNT package-appends %zu %zu\n", n, bad);
	cr_assert_eq(bad, 0);
}

/* Bytes left out and put in, so that all that follows moves. */
Test(damage, every_byte_left_out_or_doubled)
{
	size_t n = 0, bad = 0, len = good.len;

	for (size_t i = 0; i < len; i += 7 * STEP, n += 2) {
		memmove(map + i, good.p + i + 1, len - i - 1);
		cr_assert_eq(ftruncate(fd, (off_t)len - 1), 0);
		/* The end may be what is missing, or what is in its place. */
		bad += !refused(VERIFY, BAD_OR_SHORT, "left out", i);
		cr_assert_eq(ftruncate(fd, (off_t)len + 1), 0);
		memcpy(map + i + 1, good.p + i, len - i);
		bad += !refused(VERIFY, BAD, "doubled", i);
		cr_assert_eq(ftruncate(fd, (off_t)len), 0);
		memcpy(map, good.p, len);
	}
	printf("COUNT package-shifts %zu %zu\n", n, bad);
	cr_assert_eq(bad, 0);
}
