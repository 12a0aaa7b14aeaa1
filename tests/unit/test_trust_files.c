#include <errno.h>
#include <sys/wait.h>

#include "trust_home.h"

/* Files that were changed, several processes at once, a full disk. */
/* WRAP: write fsync renameat linkat */
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int fd, const char *a, int to, const char *b);
int __wrap_renameat(int fd, const char *a, int to, const char *b);
int __real_linkat(int fd, const char *a, int to, const char *b, int how);
int __wrap_linkat(int fd, const char *a, int to, const char *b, int how);

static int fail_at = -1;	/* the how-manieth call fails; -1: none */

static bool
fails(void)
{
	if (fail_at < 0 || fail_at-- > 0)
		return false;
	errno = ENOSPC;
	return true;
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	return fails() ? -1 : __real_write(fd, p, n);
}

int
__wrap_fsync(int fd)
{
	return fails() ? -1 : __real_fsync(fd);
}

int
__wrap_renameat(int fd, const char *a_name, int to, const char *b_name)
{
	return fails() ? -1 : __real_renameat(fd, a_name, to, b_name);
}

int
__wrap_linkat(int fd, const char *a_name, int to, const char *b_name, int how)
{
	return fails() ? -1 : __real_linkat(fd, a_name, to, b_name, how);
}

TestSuite(trust_files, .init = begin, .fini = end);

static void
rewrite(const char *path, const struct bulla_buf *x)
{
	cr_assert_eq(bulla_file_put(path, x->p, x->len, 0600, true, NULL),
	    BULLA_OK);
}

/* No single byte of a roster in force can be another one. */
Test(trust_files, every_byte_of_a_roster_counts)
{
	static const char path[] = "home/roster/ours.note";
	struct bulla_buf x;
	unsigned cases = 0, missed = 0;

	both_in_force();
	x = bytes_of(path);
	for (size_t i = 0; i < x.len; i += 7) {
		x.p[i] ^= 1;
		rewrite(path, &x);
		cases++;
		missed += load() == BULLA_OK;
		x.p[i] ^= 1;
	}
	for (size_t n = 0; n < x.len; n += 40) {
		cr_assert_eq(bulla_file_put(path, x.p, n, 0600, true, NULL),
		    BULLA_OK);
		cases++;
		missed += load() == BULLA_OK;
	}
	printf("COUNT roster-damage %u %u\n", cases, missed);
	cr_expect_eq(missed, 0);
	rewrite(path, &x);
	cr_expect_eq(load(), BULLA_OK, "%s", e.msg);
	bulla_buf_free(&x);
}

Test(trust_files, messages_name_the_file)
{
	struct bulla_buf x;

	both_in_force();
	x = bytes_of("home/roster/theirs.note");
	rewrite("home/roster/ours.note", &x);
	cr_expect_eq(load(), BULLA_E_REFUSED);
	cr_assert_eq(bulla_file_put("home/roster/theirs.note", "x", 1, 0600,
	    true, NULL), BULLA_OK);
	cr_expect_eq(load(), BULLA_E_FORMAT);
	expect_msg("home/roster/theirs.note: ");
	bulla_buf_free(&x);
}

Test(trust_files, an_older_roster_put_back)
{
	struct bulla_buf x;

	both_in_force();
	x = bytes_of("home/roster/theirs.note");
	side_next(&b);
	side_sign(&b, b.s, 2);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK);
	rewrite("home/roster/theirs.note", &x);
	cr_expect_eq(load(), BULLA_E_REFUSED);
	expect_msg("version 1 was put back, version 2 was taken in");
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_E_REFUSED);
	bulla_buf_free(&x);
}

/* Signed by root, but never taken in: two texts of one version. */
Test(trust_files, another_text_of_the_version)
{
	both_in_force();
	a.r->expires++;
	side_sign(&a, a.s, 2);
	rewrite("home/roster/ours.note", &a.note);
	cr_expect_eq(load(), BULLA_E_REFUSED);
	expect_msg("not the version 1 that was taken in");
}

/* As a crash between the two names leaves it. */
Test(trust_files, a_lost_copy_comes_back)
{
	both_in_force();
	cr_assert_eq(unlink("home/roster/history/b.example-000001.note"), 0);
	cr_expect_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	cr_expect_eq(access("home/roster/history/b.example-000001.note",
	    F_OK), 0);
}

Test(trust_files, suspensions_that_were_changed)
{
	char path[200], hex[65];
	uint8_t digest[32];
	struct bulla_buf x;

	both_in_force();
	digest_of_suspension(digest);
	cr_assert_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME + 50), BULLA_OK);
	for (unsigned i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	snprintf(path, sizeof(path), "home/roster/suspend/%s.note", hex);
	x = bytes_of(path);
	for (size_t i = 0; i < x.len; i += 5) {
		x.p[i] ^= 1;
		rewrite(path, &x);
		cr_expect_eq(load(), BULLA_OK, "%s", e.msg);
		cr_expect_gt(bulla_trust_skipped(t).len, 0, "byte %zu", i);
		x.p[i] ^= 1;
	}
	rewrite(path, &x);
	cr_expect_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(bulla_trust_skipped(t).len, 0);
	cr_assert_eq(rename(path, "home/roster/suspend/" "0000000000000000000"
	    "000000000000000000000000000000000000000000000.note"), 0);
	cr_expect_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_gt(bulla_trust_skipped(t).len, 0, "another name");
	bulla_buf_free(&x);
}

/* Eight processes with eight different versions 2: one of them is taken. */
Test(trust_files, two_at_once)
{
	unsigned good = 0, other = 0;
	int status;

	both_in_force();
	side_next(&b);
	for (unsigned i = 0; i < 8; i++) {
		b.r->expires = SIDE_UNTIL + i;
		side_sign(&b, b.s, 2);
		if (fork() == 0) {
			enum bulla_status st = side_take("home", BULLA_THEIRS,
			    &b, &e);

			_exit(st == BULLA_OK ? 0 : st == BULLA_E_REFUSED ?
			    1 : 2);
		}
	}
	for (unsigned i = 0; i < 8; i++) {
		cr_assert_gt(wait(&status), 0);
		cr_assert(WIFEXITED(status));
		good += WEXITSTATUS(status) == 0;
		other += WEXITSTATUS(status) == 2;
	}
	cr_expect_eq(good, 1);
	cr_expect_eq(other, 0);
	cr_expect_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(bulla_trust_roster(t, BULLA_THEIRS, NULL)->version, 2);
}

/* Whoever loads while others take in sees the old or the new, whole. */
Test(trust_files, loading_meanwhile)
{
	pid_t pid;

	both_in_force();
	pid = fork();
	if (pid == 0) {
		for (unsigned i = 0; i < 60; i++) {
			side_next(&b);
			side_sign(&b, b.s, 2);
			if (side_take("home", BULLA_THEIRS, &b, NULL) !=
			    BULLA_OK)
				_exit(1);
		}
		_exit(0);
	}
	while (waitpid(pid, &(int){ 0 }, WNOHANG) == 0)
		cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(bulla_trust_roster(t, BULLA_THEIRS, NULL)->version, 61);
}

/*
 * The n-th call fails, for each n: what is in force is the old roster, or at
 * the very end the new one, whole, and the next try works.
 */
Test(trust_files, a_full_disk)
{
	enum bulla_status st = BULLA_E_IO;
	unsigned cases = 0, kept = 0;
	uint8_t old[32], now[32];

	both_in_force();
	while (st != BULLA_OK) {
		memcpy(old, b.digest, 32);
		side_next(&b);
		side_sign(&b, b.s, 2);
		fail_at = (int)cases++;
		st = take(BULLA_THEIRS, &b);
		cr_expect(st == BULLA_OK || st == BULLA_E_IO, "%s", e.msg);
		fail_at = -1;
		cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
		(void)bulla_trust_roster(t, BULLA_THEIRS, now);
		kept += st != BULLA_OK && memcmp(now, old, 32) == 0;
		cr_expect(memcmp(now, b.digest, 32) == 0 ||
		    (st != BULLA_OK && memcmp(now, old, 32) == 0));
		cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
		cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
		cr_expect_eq(n_entries("home/roster/history"), cases + 2);
	}
	printf("COUNT roster-full-disk %u 0\n", cases);
	cr_expect_gt(kept, 4);
	cr_expect_lt(kept, cases);
}

Test(trust_files, a_full_disk_and_a_suspension)
{
	enum bulla_status st = BULLA_E_IO;
	unsigned cases = 0;

	both_in_force();
	while (st != BULLA_OK) {
		fail_at = (int)cases++;
		st = suspend(&b, SEALER, HOTLINE, SIDE_TIME + 5);
		fail_at = -1;
		cr_expect(st == BULLA_OK || st == BULLA_E_IO, "%s", e.msg);
		cr_expect_eq(n_entries("home/roster/suspend"),
		    st == BULLA_OK);
		cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	}
	cr_expect_gt(cases, 3);
}
