#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "net/tally.h"
#include "package_kit.h"

/* The digest of a file that passes by, in pieces that come more than once. */
#define LEN 1000000u

static uint8_t file[LEN];
static struct tally t;
static int fd;

static void
begin(void)
{
	for (size_t i = 0; i < LEN; i++)
		file[i] = (uint8_t)(i * 2654435761u >> 11);
	fd = kit_memfd(file, LEN);
	KIT_OK(tally_new(&t, NULL));
}

static void
end(void)
{
	tally_free(&t);
	close(fd);
}

TestSuite(tally, .init = begin, .fini = end);

static void
is_whole(void)
{
	uint8_t want[BULLA_SHA256_LEN], got[BULLA_SHA256_LEN];

	bulla_sha256(file, LEN, want);
	KIT_OK(tally_read(&t, fd, LEN, NULL));
	tally_end(&t, got);
	cr_expect_arr_eq(got, want, sizeof(want));
}

Test(tally, all_of_it_passes)
{
	for (size_t at = 0; at < LEN; at += 7777)
		tally_see(&t, at, file + at, LEN - at < 7777 ? LEN - at :
		    7777);
	cr_expect_eq(t.at, LEN);
	/* so that nothing is read */
	cr_assert_eq(ftruncate(fd, 0), 0);
	is_whole();
}

/* As after a cut: it goes on before, at, or behind where it was. */
Test(tally, some_of_it_passes_twice_or_not_at_all)
{
	tally_see(&t, 0, file, 5000);
	tally_see(&t, 0, file, 5000);
	tally_see(&t, 3000, file + 3000, 1000);
	cr_expect_eq(t.at, 5000);
	tally_see(&t, 3000, file + 3000, 4000);
	cr_expect_eq(t.at, 7000);
	tally_see(&t, 7001, file + 7001, 100);
	cr_expect_eq(t.at, 7000);
	tally_see(&t, 7000, file + 7000, 0);
	cr_expect_eq(t.at, 7000);
	KIT_OK(tally_read(&t, fd, 9000, NULL));
	cr_expect_eq(t.at, 9000);
	tally_see(&t, 9000, file + 9000, 300000);
	cr_expect_eq(t.at, 309000);
	is_whole();
}

Test(tally, none_of_it_passes)
{
	is_whole();
}

Test(tally, the_file_is_shorter)
{
	struct bulla_err e = { 0 };

	tally_see(&t, 0, file, 1000);
	cr_assert_eq(ftruncate(fd, 500000), 0);
	cr_expect_eq(tally_read(&t, fd, LEN, &e), BULLA_E_INCOMPLETE);
	cr_expect(strstr(e.msg, "shorter") != NULL);
	cr_assert_eq(ftruncate(fd, 700), 0);
	cr_expect_eq(tally_read(&t, fd, LEN, &e), BULLA_E_INCOMPLETE);
}
