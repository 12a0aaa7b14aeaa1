#include <errno.h>
#include <locale.h>
#include <stdlib.h>

#include <archive.h>
#include <archive_entry.h>

#include "bulla/tar.h"
#include "bulla/text.h"

struct bulla_tarw {
	struct archive *a;
	struct archive_entry *e;
	locale_t utf8;
	struct bulla_writer *out;
	uint64_t left;		/* bytes of the entry still to come */
	/* what the writer below said; libarchive carries only -1 */
	enum bulla_status st;
	struct bulla_err *err;
};

/*
 * archive_write_free would still write an end marker: an archive that was
 * given up must not get one, or it would pass for a whole one.
 */
static la_ssize_t
pass_on(struct archive *a, void *ctx, const void *p, size_t n)
{
	struct bulla_tarw *w = ctx;

	(void)a;
	if (w->st != BULLA_OK)
		return -1;
	w->st = w->out->write(w->out, p, n, w->err);
	return w->st == BULLA_OK ? (la_ssize_t)n : -1;
}

/*
 * libarchive turns names into UTF-8 from the charset of the locale, which
 * is the user's: it runs in ours. hdrcharset=BINARY would avoid the question
 * but adds a pax header to every entry, 1 KiB each, and GNU tar prints a
 * warning for each of them.
 */
enum bulla_status
bulla_tarw_new(struct bulla_writer *out, struct bulla_tarw **w,
    struct bulla_err *err)
{
	struct bulla_tarw *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	t->out = out;
	t->utf8 = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
	if (t->utf8 == (locale_t)0) {
		bulla_tarw_free(t);
		return bulla_fail(err, BULLA_E_UNSUPPORTED,
		    "this system has no locale C.UTF-8");
	}
	t->e = archive_entry_new();
	t->a = archive_write_new();
	if (t->e == NULL || t->a == NULL ||
	    archive_write_set_format_pax_restricted(t->a) != ARCHIVE_OK ||
	    archive_write_add_filter_none(t->a) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(t->a, 0) != ARCHIVE_OK ||
	    archive_write_open(t->a, t, NULL, pass_on, NULL) != ARCHIVE_OK) {
		bulla_tarw_free(t);
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	*w = t;
	return BULLA_OK;
}

/* The writer's own failure, or else libarchive's. */
static enum bulla_status
failed(struct bulla_tarw *w, const char *path)
{
	const char *why = archive_error_string(w->a);
	char shown[120];

	if (w->st != BULLA_OK)
		return w->st;
	/* Where it has no memory it may have none to say so either. */
	if (why == NULL || archive_errno(w->a) == ENOMEM) {
		w->st = BULLA_E_NOMEM;
		return bulla_fail(w->err, w->st, "out of memory");
	}
	w->st = BULLA_E_REFUSED;
	return bulla_fail(w->err, w->st, "%s: cannot stand in a tar: %s",
	    bulla_text_show_str(shown, sizeof(shown), path), why);
}

static enum bulla_status
check_idle(struct bulla_tarw *w)
{
	if (w->st != BULLA_OK)
		return bulla_fail(w->err, w->st, "an earlier write failed");
	if (w->left > 0)
		return bulla_fail(w->err, BULLA_E_REFUSED,
		    "%llu bytes short of the size that its header says",
		    (unsigned long long)w->left);
	return BULLA_OK;
}

static void
fill(struct archive_entry *e, const char *path, bool is_dir, int64_t mtime)
{
	if (mtime < 0)
		mtime = 0;
	if (mtime > BULLA_TAR_MTIME_MAX)
		mtime = BULLA_TAR_MTIME_MAX;
	archive_entry_clear(e);
	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, is_dir ? AE_IFDIR : AE_IFREG);
	archive_entry_set_perm(e, is_dir ? 0755 : 0644);
	archive_entry_set_mtime(e, (time_t)mtime, 0);
}

enum bulla_status
bulla_tarw_entry(struct bulla_tarw *w, const char *path, bool is_dir,
    uint64_t size, int64_t mtime, struct bulla_err *err)
{
	enum bulla_status st;
	locale_t user;
	int rc;

	w->err = err;
	st = check_idle(w);
	if (st != BULLA_OK)
		return st;
	if (size > INT64_MAX || (is_dir && size > 0))
		return bulla_fail(err, BULLA_E_REFUSED,
		    "an entry cannot have %llu bytes",
		    (unsigned long long)size);
	fill(w->e, path, is_dir, mtime);
	archive_entry_set_size(w->e, (la_int64_t)size);
	w->left = size;
	user = uselocale(w->utf8);
	rc = archive_write_header(w->a, w->e);
	(void)uselocale(user);
	/* ARCHIVE_WARN too: it means that the name was changed */
	return rc == ARCHIVE_OK ? BULLA_OK : failed(w, path);
}

enum bulla_status
bulla_tarw_data(struct bulla_tarw *w, const void *p, size_t n,
    struct bulla_err *err)
{
	w->err = err;
	if (w->st != BULLA_OK)
		return bulla_fail(err, w->st, "an earlier write failed");
	if (n > w->left)
		return bulla_fail(err, BULLA_E_REFUSED,
		    "more bytes than the size that its header says");
	if (n == 0)
		return BULLA_OK;
	/* libarchive would cut longer data off without a word */
	if (archive_write_data(w->a, p, n) != (la_ssize_t)n)
		return failed(w, "data");
	w->left -= n;
	/* the padding goes out with the last byte, not the next header */
	if (w->left == 0 && archive_write_finish_entry(w->a) != ARCHIVE_OK)
		return failed(w, "data");
	return BULLA_OK;
}

enum bulla_status
bulla_tarw_end(struct bulla_tarw *w, struct bulla_err *err)
{
	enum bulla_status st;

	w->err = err;
	st = check_idle(w);
	if (st != BULLA_OK)
		return st;
	return archive_write_close(w->a) == ARCHIVE_OK ? BULLA_OK :
	    failed(w, "end marker");
}

void
bulla_tarw_free(struct bulla_tarw *w)
{
	if (w == NULL)
		return;
	w->err = NULL;
	w->st = BULLA_E_INCOMPLETE;
	archive_write_free(w->a);
	archive_entry_free(w->e);
	if (w->utf8 != (locale_t)0)
		freelocale(w->utf8);
	free(w);
}
