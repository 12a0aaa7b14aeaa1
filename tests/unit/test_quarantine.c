#include <time.h>

#include "receive_kit.h"

/* Packages that are rejected, below ./home of a scratch directory. */
static void
begin_quarantine(void)
{
	begin();
	how.quarantine = (struct bulla_quarantine){ UINT64_MAX,
	    BULLA_QUARANTINE_SECS };
}

TestSuite(quarantine, .init = begin_quarantine, .fini = end);

/* The n-th of packages that are alike but for what is broken in each. */
static void
reject(uint8_t n)
{
	parts_find(&p, "data/00000001.age")->data.p[5] ^= n;
	parts_put(&bytes, &p);
	KIT_OK(receive());
	cr_assert_not(got.accepted);
	parts_find(&p, "data/00000001.age")->data.p[5] ^= n;
}

/* Of the last one; static. */
static const char *
kept(const char *end)
{
	char hex[65];

	bulla_hex(hex, got.sha256, 32);
	return path_of("quarantine", hex, end);
}

static bool
is_there(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0;
}

/* Came so many seconds ago. */
static void
age(const char *path, time_t secs)
{
	struct timespec t[2] = { { .tv_sec = time(NULL) - secs },
	    { .tv_sec = time(NULL) - secs } };

	cr_assert_eq(utimensat(AT_FDCWD, path, t, 0), 0);
}

static struct bulla_quarantined
sweep(uint64_t max)
{
	const struct bulla_quarantine q = { max, BULLA_QUARANTINE_SECS };
	struct bulla_quarantined r = { 99, 99, 99 };

	KIT_OK(bulla_quarantine_sweep("home", &q, &r, NULL));
	return r;
}

Test(quarantine, kept_once_with_its_note)
{
	struct bulla_buf note = BULLA_BUF_INIT(KIT_MAX);
	struct stat first, again;

	reject(1);
	cr_expect(got.quarantined && !got.existed);
	cr_expect_eq(got.bytes, bytes.len);
	expect_bytes(kept(".bulla"), &bytes);
	expect_bytes(kept(".note"), &got.receipt);
	cr_expect_eq(mode_of("home/quarantine"), 0700);
	cr_expect_eq(mode_of(kept(".bulla")), 0600);
	cr_expect_eq(mode_of(kept(".note")), 0600);
	cr_expect_eq(n_entries("home/packages"), 0);
	cr_expect_eq(n_entries("home/quarantine"), 3, "and the lock");
	cr_assert_eq(stat(kept(".bulla"), &first), 0);
	bulla_buf_put(&note, got.receipt.p, got.receipt.len);
	how.now += 100;
	reject(1);
	cr_expect(got.quarantined && got.existed);
	cr_expect_eq(got.receipt.len, note.len, "the same for the same");
	cr_expect_arr_eq(got.receipt.p, note.p, note.len);
	cr_assert_eq(stat(kept(".bulla"), &again), 0);
	cr_expect_eq(first.st_ino, again.st_ino);
	cr_expect_eq(n_entries("home/quarantine"), 3);
	bulla_buf_free(&note);
}

Test(quarantine, what_is_accepted_is_none)
{
	KIT_OK(receive());
	cr_expect(got.accepted && !got.quarantined);
	cr_expect_not(is_there("home/quarantine"));
}

/* An exercise, then allowed: it is no longer a rejected one. */
Test(quarantine, taken_in_after_all)
{
	struct bulla_buf tar = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_seal s = kit_how(&kit);

	s.exercise = true;
	kit_tar(&tar);
	bulla_buf_reset(&bytes);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	KIT_OK(receive());
	cr_expect_str_eq(got.reason, "out-of-scope");
	cr_expect(is_there(kept(".bulla")));
	how.allow_exercise = true;
	KIT_OK(receive());
	cr_expect(got.accepted);
	cr_expect_not(is_there(kept(".bulla")));
	cr_expect_not(is_there(kept(".note")));
	bulla_buf_free(&tar);
}

Test(quarantine, none_wanted)
{
	how.quarantine.bytes = 0;
	reject(1);
	cr_expect_not(got.quarantined);
	cr_expect_not_null(strstr(got.not_kept.msg, "no quarantine"));
	cr_expect_not(is_there("home/quarantine"));
}

Test(quarantine, the_oldest_go_first)
{
	char first[200], second[200];

	how.quarantine.bytes = 2 * bytes.len;
	reject(1);
	snprintf(first, sizeof(first), "%s", kept(".bulla"));
	age(first, 50);
	reject(2);
	snprintf(second, sizeof(second), "%s", kept(".bulla"));
	age(second, 100);
	reject(4);
	cr_expect(got.quarantined);
	cr_expect(is_there(first));
	cr_expect_not(is_there(second));
	cr_expect(is_there(kept(".bulla")));
	cr_expect_eq(n_entries("home/quarantine"), 5, "notes go along");
	cr_expect_eq(sweep(UINT64_MAX).bytes, 2 * bytes.len);
	cr_expect_eq(sweep(bytes.len).removed, 1);
	cr_expect_not(is_there(first));
	cr_expect_eq(sweep(bytes.len - 1).packages, 0);
}

/* What could not be kept at all makes nothing else go. */
Test(quarantine, one_that_is_too_long)
{
	struct bulla_buf note = BULLA_BUF_INIT(KIT_MAX);
	bool accepted = true;

	reject(1);
	how.quarantine.bytes = bytes.len - 1;
	reject(2);
	cr_expect_not(got.quarantined);
	cr_expect_not_null(strstr(got.not_kept.msg, "quarantine takes"));
	cr_expect_not(is_there(kept(".note")));
	cr_expect_eq(sweep(UINT64_MAX).packages, 1);
	/* The answer is there all the same. */
	KIT_OK(bulla_receipt_find("home", got.sha256, &note, &accepted,
	    NULL));
	cr_expect_not(accepted);
	bulla_buf_free(&note);
}

Test(quarantine, after_its_time)
{
	struct bulla_quarantined r;

	reject(1);
	age(kept(".bulla"), BULLA_QUARANTINE_SECS - 60);
	r = sweep(UINT64_MAX);
	cr_expect(r.removed == 0 && r.packages == 1);
	age(kept(".bulla"), BULLA_QUARANTINE_SECS);
	r = sweep(UINT64_MAX);
	cr_expect(r.removed == 1 && r.packages == 0 && r.bytes == 0);
	cr_expect_eq(n_entries("home/quarantine"), 1);
	/* It is rejected again, with the note of the first time. */
	reject(1);
	cr_expect(got.quarantined && !got.existed);
}

/* What processes that were killed left; what is somebody's stays. */
Test(quarantine, left_overs)
{
	static const char hex[] = "0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef";
	static const char *const stay[] = { "home/quarantine/README",
	    "home/quarantine/x.bulla", "home/quarantine/x.note" };
	char note[200];

	reject(1);
	snprintf(note, sizeof(note), "home/quarantine/%s.note", hex);
	KIT_OK(bulla_file_put(note, "x", 1, 0600, false, NULL));
	KIT_OK(bulla_file_put("home/quarantine/.bulla-0123456789abcdef.tmp",
	    "x", 1, 0600, false, NULL));
	for (size_t i = 0; i < 3; i++)
		KIT_OK(bulla_file_put(stay[i], "x", 1, 0600, false, NULL));
	cr_expect_eq(sweep(UINT64_MAX).packages, 1);
	cr_expect_not(is_there(note));
	cr_expect_eq(n_entries("home/quarantine"), 6);
	for (size_t i = 0; i < 3; i++)
		cr_expect(is_there(stay[i]), "%s", stay[i]);
	expect_bytes(kept(".bulla"), &bytes);
}

Test(quarantine, a_home_without_one)
{
	cr_expect_eq(sweep(UINT64_MAX).packages, 0);
	cr_expect_not(is_there("home"));
}

Test(quarantine, another_reason_another_note)
{
	struct bulla_buf note = BULLA_BUF_INIT(KIT_MAX);
	bool accepted;

	reject(1);
	/* The good one takes the id; now the broken one is a duplicate. */
	parts_put(&bytes, &p);
	KIT_OK(receive());
	cr_expect(got.accepted);
	reject(1);
	cr_expect_str_eq(got.reason, "duplicate-id");
	cr_expect(got.quarantined && got.existed);
	expect_bytes(kept(".note"), &got.receipt);
	KIT_OK(bulla_receipt_find("home", got.sha256, &note, &accepted,
	    NULL));
	expect_bytes(kept(".note"), &note);
	bulla_buf_free(&note);
}
