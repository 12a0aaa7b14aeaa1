#include <errno.h>

#include "scratch.h"

#include "bulla/io.h"

/* Output files that are resumed: bulla_outfile_resume. */

static enum bulla_status
resume(struct bulla_outfile *o, const char *path, bool force)
{
	return bulla_outfile_resume(o, path, ".part", force, NULL);
}

Test(partfile, stays_and_is_found_again, .init = scratch_enter,
    .fini = scratch_leave)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT, other = BULLA_OUTFILE_INIT;
	unsigned open_before = n_open();

	cr_assert_eq(resume(&o, "f", false), BULLA_OK);
	cr_assert_eq(bulla_write_fd(o.fd, "one", 3, "f", NULL), BULLA_OK);
	/* one at a time */
	cr_assert_eq(resume(&other, "f", false), BULLA_E_AGAIN);
	cr_assert_eq(resume(&other, "g", false), BULLA_OK);
	bulla_outfile_free(&other);
	bulla_outfile_free(&o);
	expect_file("f.part", "one");
	cr_assert_eq(mode_of("f.part"), 0600);
	cr_assert_eq(resume(&o, "f", false), BULLA_OK);
	cr_assert_eq(bulla_pwrite_fd(o.fd, "two", 3, 3, "f", NULL), BULLA_OK);
	cr_assert_eq(bulla_outfile_commit(&o, NULL), BULLA_OK);
	expect_file("f", "onetwo");
	cr_assert_eq(access("f.part", F_OK), -1);
	cr_assert_eq(n_open(), open_before);
}

Test(partfile, never_over_a_file, .init = scratch_enter,
    .fini = scratch_leave)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;

	cr_assert_eq(resume(&o, "f", false), BULLA_OK);
	cr_assert_eq(bulla_write_fd(o.fd, "new", 3, "f", NULL), BULLA_OK);
	cr_assert_eq(put("f", "old", false, NULL), BULLA_OK);
	cr_assert_eq(bulla_outfile_commit(&o, NULL), BULLA_E_REFUSED);
	/* and what was there is not lost */
	expect_file("f", "old");
	expect_file("f.part", "new");
	cr_assert_eq(resume(&o, "f", false), BULLA_E_REFUSED);
	cr_assert_eq(resume(&o, "f", true), BULLA_OK);
	cr_assert_eq(bulla_outfile_commit(&o, NULL), BULLA_OK);
	expect_file("f", "new");
	cr_assert_eq(n_entries("."), 1);
}

Test(partfile, of_somebody_else, .init = scratch_enter,
    .fini = scratch_leave)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;

	cr_assert_eq(put("f.part", "x", false, NULL), BULLA_OK);
	cr_assert_eq(chmod("f.part", 0660), 0);
	cr_assert_eq(resume(&o, "f", false), BULLA_E_UNSAFE);
	cr_assert_eq(chmod("f.part", 0600), 0);
	cr_assert_eq(link("f.part", "second"), 0);
	cr_assert_eq(resume(&o, "f", false), BULLA_E_UNSAFE);
	cr_assert_eq(unlink("f.part"), 0);
	cr_assert_eq(symlink("second", "f.part"), 0);
	cr_assert_eq(resume(&o, "f", false), BULLA_E_IO);
	cr_assert_eq(unlink("f.part"), 0);
	cr_assert_eq(mkfifo("f.part", 0600), 0);
	cr_assert_eq(resume(&o, "f", false), BULLA_E_UNSAFE);
	expect_file("second", "x");
	cr_assert_eq(resume(&o, "", false), BULLA_E_USAGE);
	cr_assert_eq(resume(&o, "none/f", false), BULLA_E_IO);
	cr_assert_eq(o.fd, -1);
}
