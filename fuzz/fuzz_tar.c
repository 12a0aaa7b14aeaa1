#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/tar.h"
#include "bulla/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct whole {
	struct bulla_blocks b;
	const uint8_t *p;
	size_t n;
};

static enum bulla_status
next(struct bulla_blocks *b, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	struct whole *w = (struct whole *)b;

	(void)err;
	*p = w->p;
	*n = w->n;
	w->n = 0;
	return BULLA_OK;
}

/* Does our reader take all of it? */
static bool
accepted(const uint8_t *data, size_t len)
{
	struct whole w = { .b.next = next, .p = data, .n = len };
	struct bulla_tar_entry e;
	struct bulla_tarr *r;
	bool more = true, ok;

	if (bulla_tarr_new(&w.b, &r, NULL) != BULLA_OK)
		abort();
	while (more && bulla_tarr_next(r, &e, &more, NULL) == BULLA_OK)
		continue;
	ok = !more && bulla_tarr_end(r, NULL) == BULLA_OK;
	bulla_tarr_free(r);
	return ok;
}

/*
 * libarchive composes what it reads as UTF-8 and cannot show what is none:
 * where the name is ASCII it must be the same.
 */
static bool
same_path(const struct bulla_tar_entry *e, const char *theirs)
{
	size_t n = theirs != NULL ? strlen(theirs) : 0;

	for (size_t i = 0; i < e->path.len; i++)
		if (e->path.p[i] >= 0x80)
			return true;
	if (e->is_dir && n > 0)
		n--;
	return n == e->path.len &&
	    (n == 0 || memcmp(theirs, e->path.p, n) == 0);
}

static void
compare(const struct bulla_tar_entry *e, struct archive_entry *theirs)
{
	if (archive_entry_filetype(theirs) != (e->is_dir ? AE_IFDIR :
	    AE_IFREG) || archive_entry_hardlink(theirs) != NULL ||
	    archive_entry_symlink(theirs) != NULL ||
	    archive_entry_sparse_count(theirs) != 0)
		abort();
	if ((uint64_t)archive_entry_size(theirs) != e->size ||
	    archive_entry_mtime(theirs) != e->mtime ||
	    archive_entry_perm(theirs) != (e->is_dir ? 0755 : 0644))
		abort();
	if (!same_path(e, archive_entry_pathname(theirs)))
		abort();
}

/* What ours takes, libarchive reads as the very same entries. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct whole w = { .b.next = next, .p = data, .n = len };
	struct archive_entry *theirs;
	struct bulla_tar_entry e;
	struct bulla_tarr *r;
	struct archive *a;
	bool more = true;

	if (!accepted(data, len))
		return 0;
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		abort();
	a = archive_read_new();
	if (archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_open_memory(a, data, len) != ARCHIVE_OK)
		abort();
	if (bulla_tarr_new(&w.b, &r, NULL) != BULLA_OK)
		abort();
	for (;;) {
		int rc = archive_read_next_header(a, &theirs);

		if (bulla_tarr_next(r, &e, &more, NULL) != BULLA_OK)
			abort();
		if (more != (rc == ARCHIVE_OK || rc == ARCHIVE_WARN))
			abort();
		if (!more)
			break;
		compare(&e, theirs);
	}
	bulla_tarr_free(r);
	archive_read_free(a);
	return 0;
}
