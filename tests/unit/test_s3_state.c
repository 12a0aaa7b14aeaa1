#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/s3_int.h"

#include "bulla/file.h"

#define URL "https://h:1/abc/k"
#define HEX64 "0123456789abcdef0123456789abcdef" \
    "0123456789abcdef0123456789abcdef"
#define HEAD "bulla s3 upload v1\nobject: " URL "\nsha256: " HEX64 "\n" \
    "size: 25\npart-size: 10\nupload: 2~id\n"

static struct s3_state
blank(void)
{
	struct s3_state s = { .fd = -1, .url = URL, .size = 25 };

	for (unsigned i = 0; i < 32; i++)
		s.sha256[i] = (uint8_t)(i % 8 * 0x22 + 0x01);
	return s;
}

static enum bulla_status
parse(const char *text, struct s3_state *s, size_t *used)
{
	struct bulla_cur c = bulla_cur_str(text);

	return s3_state_parse(&c, s, used, NULL);
}

Test(s3_state, counts)
{
	cr_assert_eq(s3_count_parts(1, 10), 1);
	cr_assert_eq(s3_count_parts(10, 10), 1);
	cr_assert_eq(s3_count_parts(11, 10), 2);
	cr_assert_eq(s3_count_parts(100000, 10), 10000);
	cr_assert_eq(s3_count_parts(100001, 10), 0, "too many");
}

Test(s3_state, what_is_taken)
{
	struct s3_state s = blank();
	size_t used = 0;

	cr_assert_eq(parse(HEAD "3 cc\n1 a-1\n", &s, &used), BULLA_OK);
	cr_assert_eq(used, strlen(HEAD "3 cc\n1 a-1\n"));
	cr_assert_eq(s.n_parts, 3);
	cr_assert_eq(s.part_size, 10);
	cr_assert_str_eq(s.id, "2~id");
	cr_assert_str_eq(s.etag[0], "a-1");
	cr_assert_str_eq(s.etag[1], "");
	cr_assert_str_eq(s.etag[2], "cc");
	s3_state_close(&s, false);
}

/* A process died while it wrote, or a disk has other ideas. */
Test(s3_state, only_what_is_whole)
{
	static const char *const tails[] = { "2 bb", "2", "2 \n", "0 bb\n",
	    "4 bb\n", "02 bb\n", "1 bb\n", " 2 bb\n", "2  bb\n", "2 b b\n",
	    "x\n", "\n", "2 bb \n" };

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		struct s3_state s = blank();
		char text[512];
		size_t used = 0;

		(void)snprintf(text, sizeof(text), HEAD "1 aa\n%s3 cc\n",
		    tails[i]);
		cr_assert_eq(parse(text, &s, &used), BULLA_OK);
		cr_assert_eq(used, strlen(HEAD "1 aa\n"), "%s", tails[i]);
		cr_assert_str_eq(s.etag[2], "");
		s3_state_close(&s, false);
	}
}

Test(s3_state, of_something_else)
{
	static const char *const bad[] = { "", "bulla s3 upload v2\n",
	    "bulla s3 upload v1\nobject: https://h:1/abc/other\nsha256: "
	    HEX64 "\nsize: 25\npart-size: 10\nupload: 2~id\n",
	    "bulla s3 upload v1\nobject: " URL "\nsha256: "
	    "1123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef"
	    "\nsize: 25\npart-size: 10\nupload: 2~id\n",
	    "bulla s3 upload v1\nobject: " URL "\nsha256: " HEX64
	    "\nsize: 26\npart-size: 10\nupload: 2~id\n",
	    "bulla s3 upload v1\nobject: " URL "\nsha256: " HEX64
	    "\nsize: 25\npart-size: 0\nupload: 2~id\n",
	    "bulla s3 upload v1\nobject: " URL "\nsha256: " HEX64
	    "\nsize: 25\npart-size: 10\nupload: 2 id\n",
	    "bulla s3 upload v1\nobject: " URL "\nsha256: " HEX64
	    "\nsize: 25\npart-size: 10\n" };
	size_t used = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct s3_state s = blank();

		cr_assert_eq(parse(bad[i], &s, &used), BULLA_E_FORMAT, "%s",
		    bad[i]);
		cr_assert_str_eq(s.id, "");
		s3_state_close(&s, false);
	}
}

Test(s3_state, survives_a_process)
{
	char dir[] = "/tmp/bulla-s3-state.XXXXXX";
	struct s3_state s = blank(), second = blank();
	struct bulla_err err = { 0 };
	char sub[64];

	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(sub, sizeof(sub), "%s/s3", dir);
	cr_assert_eq(s3_state_open(&s, sub, &err), BULLA_OK, "%s", err.msg);
	cr_assert_str_eq(s.id, "");
	cr_assert_eq(s3_state_open(&second, sub, &err), BULLA_E_AGAIN);
	s3_state_close(&second, false);
	cr_assert_eq(s3_state_begin(&s, "id-1", 10, &err), BULLA_OK);
	cr_assert_eq(s3_state_add(&s, 2, "bb", &err), BULLA_OK);
	cr_assert_eq(write(s.fd, "3 c", 3), 3, "and died");
	s3_state_close(&s, false);

	s = blank();
	cr_assert_eq(s3_state_open(&s, sub, &err), BULLA_OK);
	cr_assert_str_eq(s.id, "id-1");
	cr_assert_str_eq(s.etag[1], "bb");
	cr_assert_eq(s3_state_add(&s, 3, "cc", &err), BULLA_OK);
	s3_state_close(&s, false);

	s = blank();
	cr_assert_eq(s3_state_open(&s, sub, &err), BULLA_OK);
	cr_assert_str_eq(s.etag[2], "cc", "behind the torn line");
	cr_assert_eq(s3_state_begin(&s, "id-2", 5, &err), BULLA_OK);
	cr_assert_eq(s.n_parts, 5);
	s3_state_close(&s, false);

	s = blank();
	cr_assert_eq(s3_state_open(&s, sub, &err), BULLA_OK);
	cr_assert_str_eq(s.id, "id-2");
	cr_assert_str_eq(s.etag[1], "");
	s3_state_close(&s, true);
	cr_assert_eq(rmdir(sub), 0, "nothing is left");
	cr_assert_eq(rmdir(dir), 0);
}
