#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/quarantine_int.h"

#define PACKAGE ".bulla"
#define NOTE ".note"
#define NAME_MAX_LEN (QUARANTINE_HEX + sizeof(PACKAGE))

/* <sha256><end>? Whatever else is there is somebody's, and stays. */
static bool
is_named(const char *name, const char *end)
{
	static const char digits[] = "0123456789abcdef";

	return strspn(name, digits) == QUARANTINE_HEX &&
	    strcmp(name + QUARANTINE_HEX, end) == 0;
}

/* What a process that was killed had not named yet (lib/os/tmpname.h). */
static bool
is_left_over(const char *name)
{
	size_t n = strlen(name);

	return strncmp(name, ".bulla-", 7) == 0 && n > 4 &&
	    strcmp(name + n - 4, ".tmp") == 0;
}

static void
name_of(char out[NAME_MAX_LEN], const char *hex, const char *end)
{
	(void)snprintf(out, NAME_MAX_LEN, "%.64s%s", hex, end);
}

static enum bulla_status
unlink_in(const struct quarantine *d, const char *name, struct bulla_err *err)
{
	return unlinkat(d->dir, name, 0) == 0 || errno == ENOENT ? BULLA_OK :
	    bulla_fail_sys(err, "quarantine/%s", name);
}

static enum bulla_status
add(struct quarantine *d, const char *name, struct bulla_err *err)
{
	struct quarantine_file *f;
	struct stat sb;
	size_t cap;

	if (fstatat(d->dir, name, &sb, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? BULLA_OK :
		    bulla_fail_sys(err, "quarantine/%s", name);
	if (!S_ISREG(sb.st_mode))
		return BULLA_OK;
	if (d->n == d->cap) {
		cap = d->cap != 0 ? 2 * d->cap : 64;
		f = reallocarray(d->v, cap, sizeof(*f));
		if (f == NULL)
			return bulla_fail(err, BULLA_E_NOMEM,
			    "out of memory");
		d->v = f;
		d->cap = cap;
	}
	f = &d->v[d->n++];
	(void)snprintf(f->hex, sizeof(f->hex), "%.64s", name);
	f->bytes = (uint64_t)sb.st_size;
	f->at = sb.st_mtime;
	d->bytes += f->bytes;
	return BULLA_OK;
}

/* A note goes with its package, however that went. */
static enum bulla_status
note(const struct quarantine *d, const char *name, struct bulla_err *err)
{
	char package[NAME_MAX_LEN];

	name_of(package, name, PACKAGE);
	if (faccessat(d->dir, package, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT)
		return BULLA_OK;
	return unlink_in(d, name, err);
}

static int
older_first(const void *a, const void *b)
{
	const struct quarantine_file *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return strcmp(x->hex, y->hex);
}

static enum bulla_status
look(struct quarantine *d, struct bulla_err *err)
{
	int fd = openat(d->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd != -1 ? fdopendir(fd) : NULL;
	enum bulla_status st = BULLA_OK;
	struct dirent *e;

	if (dir == NULL) {
		st = bulla_fail_sys(err, "the quarantine");
		if (fd != -1)
			(void)close(fd);
		return st;
	}
	while (st == BULLA_OK && (errno = 0, e = readdir(dir)) != NULL) {
		if (is_named(e->d_name, PACKAGE))
			st = add(d, e->d_name, err);
		else if (is_named(e->d_name, NOTE))
			st = note(d, e->d_name, err);
		else if (is_left_over(e->d_name))
			st = unlink_in(d, e->d_name, err);
	}
	if (st == BULLA_OK && errno != 0)
		st = bulla_fail_sys(err, "the quarantine");
	(void)closedir(dir);
	if (d->n > 1)
		qsort(d->v, d->n, sizeof(*d->v), older_first);
	return st;
}

enum bulla_status
rejected_open(struct quarantine *d, const char *home, bool make,
    struct bulla_err *err)
{
	char lock[HOME_PATH_MAX];
	enum bulla_status st;

	st = home_path(d->path, home, "quarantine", "", "", err);
	if (st == BULLA_OK)
		st = home_path(lock, home, "quarantine", "lock", "", err);
	if (st == BULLA_OK && make)
		st = bulla_dir_make(d->path, 0700, err);
	if (st != BULLA_OK)
		return st;
	d->dir = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dir == -1)
		return errno == ENOENT ? BULLA_E_NOMATCH :
		    bulla_fail_sys(err, "the quarantine");
	st = bulla_lock(lock, true, &d->lock, err);
	return st == BULLA_OK ? look(d, err) : st;
}

void
rejected_close(struct quarantine *d)
{
	if (d->dir != -1)
		(void)close(d->dir);
	if (d->lock != -1)
		(void)close(d->lock);
	free(d->v);
	*d = (struct quarantine)QUARANTINE_INIT;
}

enum bulla_status
rejected_remove(struct quarantine *d, const char *hex,
    struct bulla_err *err)
{
	char name[NAME_MAX_LEN];
	enum bulla_status st;

	name_of(name, hex, PACKAGE);
	st = unlink_in(d, name, err);
	if (st != BULLA_OK)
		return st;
	name_of(name, hex, NOTE);
	return unlink_in(d, name, err);
}

static enum bulla_status
remove_oldest(struct quarantine *d, unsigned *removed, struct bulla_err *err)
{
	enum bulla_status st = rejected_remove(d, d->v[0].hex, err);

	if (st != BULLA_OK)
		return st;
	d->bytes -= d->v[0].bytes;
	memmove(d->v, d->v + 1, --d->n * sizeof(*d->v));
	++*removed;
	return BULLA_OK;
}

/* So many bytes may be there, those that are to come among them. */
static enum bulla_status
limit_of(const struct quarantine *d, const struct bulla_quarantine *q,
    uint64_t more, uint64_t *out, struct bulla_err *err)
{
	uint64_t room, share;
	enum bulla_status st = bulla_space_free(d->dir, &room, err);

	if (st != BULLA_OK)
		return st;
	share = (room + d->bytes + more) / BULLA_QUARANTINE_SHARE;
	*out = q->bytes < share ? q->bytes : share;
	return BULLA_OK;
}

enum bulla_status
rejected_make_room(struct quarantine *d, const struct bulla_quarantine *q,
    uint64_t more, unsigned *removed, struct bulla_err *err)
{
	const size_t max = BULLA_QUARANTINE_MAX - (more > 0 ? 1 : 0);
	int64_t now = time(NULL);
	enum bulla_status st = BULLA_OK;
	uint64_t limit = 0;

	while (st == BULLA_OK && d->n > 0 && now - d->v[0].at >= q->secs)
		st = remove_oldest(d, removed, err);
	if (st == BULLA_OK)
		st = limit_of(d, q, more, &limit, err);
	if (st == BULLA_OK && more > limit)
		return bulla_fail(err, BULLA_E_LIMIT, "it has %llu bytes, and "
		    "the quarantine takes %llu now", (unsigned long long)more,
		    (unsigned long long)limit);
	while (st == BULLA_OK && d->n > 0 && (d->n > max ||
	    d->bytes > limit - more))
		st = remove_oldest(d, removed, err);
	return st;
}

enum bulla_status
bulla_quarantine_sweep(const char *home, const struct bulla_quarantine *q,
    struct bulla_quarantined *out, struct bulla_err *err)
{
	struct quarantine d = QUARANTINE_INIT;
	struct bulla_quarantined r = { 0 };
	enum bulla_status st = rejected_open(&d, home, false, err);

	if (st == BULLA_OK)
		st = rejected_make_room(&d, q, 0, &r.removed, err);
	r.bytes = d.bytes;
	r.packages = d.n;
	rejected_close(&d);
	if (st == BULLA_E_NOMATCH)
		st = BULLA_OK;
	if (st == BULLA_OK)
		*out = r;
	return st;
}
