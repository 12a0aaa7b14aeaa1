/* WRAP: fdatasync */
#include <errno.h>
#include <fcntl.h>

#include "ledger_kit.h"

TestSuite(ledger, .init = scratch_enter, .fini = scratch_leave);

static int syncs, fail_sync;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int
__wrap_fdatasync(int fd)
{
	if (++syncs == fail_sync) {
		errno = EIO;
		return -1;
	}
	return __real_fdatasync(fd);
}

static enum bulla_status
opens(const char *home, struct bulla_err *err)
{
	struct bulla_ledger *l = NULL;
	enum bulla_status st = bulla_ledger_open(home, NULL, &l, err);

	bulla_ledger_free(l);
	return st;
}

static void
append_many(struct bulla_ledger *l, unsigned n)
{
	struct bulla_cur rec[1000];
	char text[1000][16];
	uint64_t first;

	for (unsigned i = 0; i < n; i++) {
		snprintf(text[i], sizeof(text[i]), "r%u", i);
		rec[i] = bulla_cur_str(text[i]);
	}
	cr_assert_eq(bulla_ledger_append(l, rec, n, &first, NULL), BULLA_OK);
}

static bool
proved(struct bulla_ledger *l, const char *text, uint64_t *index)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 17);
	struct bulla_cur record = bulla_cur_str(text), proof;
	struct bulla_vkeys known = { 0 };
	struct bulla_tree tree;
	uint64_t found = 0;
	bool ok;

	cr_assert_eq(bulla_vkeys_add(&known, bulla_ledger_vkey(l), NULL),
	    BULLA_OK);
	ok = bulla_ledger_find(l, &record, &found, NULL) == BULLA_OK &&
	    bulla_ledger_prove(l, found, &b, NULL) == BULLA_OK;
	proof = bulla_buf_view(&b);
	ok = ok && bulla_ledger_proved(&proof, &record, &known, index, &tree,
	    NULL) == BULLA_OK && *index == found;
	if (ok) {
		record = bulla_cur_str("another");
		cr_assert_eq(bulla_ledger_proved(&proof, &record, &known,
		    index, &tree, NULL), BULLA_E_MISMATCH);
	}
	bulla_buf_free(&b);
	bulla_vkeys_free(&known);
	return ok;
}

Test(ledger, a_record_is_found_and_proved)
{
	struct bulla_ledger *l = NULL;
	uint64_t i;

	kit_init("h");
	l = kit_reopen(l, "h");
	cr_assert_eq(kit_add(l, "one"), 0);
	cr_assert_eq(kit_add(l, ""), 1);
	cr_assert_eq(kit_add(l, "one"), 2);
	kit_publish(l);
	cr_assert(proved(l, "one", &i) && proved(l, "", &i));
	cr_assert_not(proved(l, "two", &i));
	l = kit_reopen(l, "h");
	cr_assert_eq(bulla_ledger_size(l), 3);
	cr_assert_eq(bulla_ledger_pending(l), 0);
	cr_assert_eq(kit_add(l, "two"), 3);
	cr_assert_not(proved(l, "two", &i), "not before it is published");
	kit_publish(l);
	cr_assert(proved(l, "two", &i) && i == 3);
	bulla_ledger_free(l);
}

/* Growth over full tiles in odd steps, with a restart after each. */
Test(ledger, grows_over_tiles)
{
	static const unsigned steps[] = { 1, 254, 1, 1, 255, 257, 511, 1000,
	    1, 1000 };
	struct bulla_ledger *l = NULL;
	uint64_t size = 0, i;

	kit_init("h");
	for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
		l = kit_reopen(l, "h");
		cr_assert_eq(bulla_ledger_size(l), size);
		append_many(l, steps[k]);
		if (k % 3 == 2)		/* a crash before publishing */
			l = kit_reopen(l, "h");
		kit_publish(l);
		size += steps[k];
		cr_assert(proved(l, "r0", &i));
	}
	cr_assert_eq(access("h/ledger/public/tile/0/000.p", F_OK), -1,
	    "narrower tiles go when the full one is there");
	bulla_ledger_free(l);
}

static off_t
size_of(const char *path)
{
	struct stat sb;

	cr_assert_eq(stat(path, &sb), 0);
	return sb.st_size;
}

static void
flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t b;

	cr_assert(fd != -1 && pread(fd, &b, 1, at) == 1);
	b ^= 1;
	cr_assert_eq(pwrite(fd, &b, 1, at), 1);
	close(fd);
}

/* Whatever was written of a frame that was never acknowledged is cut. */
Test(ledger, torn_tails)
{
	struct bulla_ledger *l = NULL;
	off_t before, after;
	unsigned n = 0;

	kit_init("h");
	l = kit_reopen(l, "h");
	kit_add(l, "published");
	kit_publish(l);
	kit_add(l, "committed");
	before = size_of("h/ledger/journal");
	kit_add(l, "torn");
	after = size_of("h/ledger/journal");
	for (off_t at = before; at < after; at++, n++) {
		kit_copy("h", "t");
		cr_assert_eq(truncate("t/ledger/journal", at), 0);
		l = kit_reopen(l, "t");
		cr_assert_eq(bulla_ledger_size(l), 2);
		cr_assert_eq(bulla_ledger_cut(l), (uint64_t)(at - before));
		cr_assert_eq(kit_add(l, "next"), 2);
		kit_publish(l);
	}
	printf("COUNT ledger/torn %u 0\n", n);
	fflush(stdout);
	bulla_ledger_free(l);
}

/* Damage before the tail is no torn tail: nothing is cut. */
Test(ledger, damage_is_not_a_tail)
{
	struct bulla_ledger *l = NULL;
	struct bulla_err err;
	off_t from, to, size;

	kit_init("h");
	l = kit_reopen(l, "h");
	kit_add(l, "published");
	kit_publish(l);
	from = size_of("h/ledger/journal");
	kit_add(l, "committed");
	to = size_of("h/ledger/journal");
	kit_add(l, "the last");
	bulla_ledger_free(l);
	size = size_of("h/ledger/journal");
	for (off_t at = from; at < to; at++) {
		kit_copy("h", "t");
		flip("t/ledger/journal", at);
		cr_assert_eq(opens("t", &err), BULLA_E_MISMATCH);
		cr_assert_eq(size_of("t/ledger/journal"), size);
	}
	/* and published records cannot be missing */
	kit_copy("h", "t");
	cr_assert_eq(truncate("t/ledger/journal", from - 1), 0);
	cr_assert_neq(opens("t", &err), BULLA_OK);
	cr_assert_eq(size_of("t/ledger/journal"), from - 1);
}

Test(ledger, failed_sync_is_fatal_and_takes_nothing_along)
{
	struct bulla_cur c = bulla_cur_str("lost");
	struct bulla_ledger *l = NULL;
	uint64_t i = 77;
	off_t size;

	kit_init("h");
	l = kit_reopen(l, "h");
	kit_add(l, "kept");
	size = size_of("h/ledger/journal");
	fail_sync = syncs + 1;
	cr_assert_eq(bulla_ledger_append(l, &c, 1, &i, NULL), BULLA_E_IO);
	cr_assert_eq(i, 77);
	cr_assert_eq(size_of("h/ledger/journal"), size);
	cr_assert_eq(bulla_ledger_append(l, &c, 1, &i, NULL), BULLA_E_IO,
	    "dead");
	l = kit_reopen(l, "h");
	cr_assert_eq(bulla_ledger_size(l), 1);
	kit_publish(l);
	bulla_ledger_free(l);
}

Test(ledger, one_sync_commits)
{
	struct bulla_ledger *l = NULL;
	int before;

	kit_init("h");
	l = kit_reopen(l, "h");
	before = syncs;
	kit_add(l, "one");
	cr_assert_eq(syncs - before, 1);
	append_many(l, 1000);
	cr_assert_eq(syncs - before, 2);
	bulla_ledger_free(l);
}

Test(ledger, backups_and_forks_are_refused)
{
	struct bulla_ledger *l = NULL, *other = NULL;
	struct bulla_err err;

	kit_init("h");
	l = kit_reopen(l, "h");
	kit_add(l, "one");
	kit_publish(l);
	kit_copy("h", "old");
	kit_add(l, "two");
	kit_publish(l);
	/* an older ledger beside the newer key */
	kit_copy("h", "t");
	cr_assert_eq(system("rm -rf t/ledger; cp -a old/ledger t"), 0);
	cr_assert_eq(opens("t", &err), BULLA_E_REFUSED);
	cr_assert(strstr(err.msg, "restored backup") != NULL);
	/* the same key has signed another second record */
	other = kit_reopen(other, "old");
	kit_add(other, "2");
	kit_publish(other);
	cr_assert_eq(system("rm -rf t/ledger; cp -a old/ledger t"), 0);
	cr_assert_eq(opens("t", &err), BULLA_E_REFUSED);
	cr_assert(strstr(err.msg, "fork") != NULL);
	kit_add(other, "3");
	kit_publish(other);
	cr_assert_eq(system("rm -rf t/ledger; cp -a old/ledger t"), 0);
	cr_assert_eq(opens("t", &err), BULLA_E_REFUSED);
	/* nor may a log begin again */
	cr_assert_eq(bulla_ledger_init("h", "a.example/log", NULL, NULL),
	    BULLA_E_REFUSED);
	cr_assert_eq(system("rm -rf t/ledger"), 0);
	cr_assert_eq(bulla_ledger_init("t", "a.example/log", NULL, NULL),
	    BULLA_E_REFUSED);
	bulla_ledger_free(l);
	bulla_ledger_free(other);
}

Test(ledger, two_handles_see_each_other)
{
	struct bulla_ledger *a = NULL, *b = NULL;
	uint64_t i;

	kit_init("h");
	a = kit_reopen(a, "h");
	b = kit_reopen(b, "h");
	for (uint64_t n = 0; n < 40; n += 2) {
		cr_assert_eq(kit_add(a, "a"), n);
		cr_assert_eq(kit_add(b, "b"), n + 1);
		if (n % 3 == 0)
			kit_publish(a);
	}
	kit_publish(b);
	cr_assert(proved(a, "a", &i) && proved(b, "a", &i));
	bulla_ledger_free(a);
	bulla_ledger_free(b);
}
