#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/file.h"
#include "core/kept.h"
#include "core/pkg_int.h"

#define PATH_CAP 4096u

static enum bulla_status
join(char out[PATH_CAP], const char *a, const char *b, struct bulla_err *err)
{
	int n = snprintf(out, PATH_CAP, "%s/%s", a, b);

	if (n < 0 || (size_t)n >= PATH_CAP)
		return bulla_fail(err, BULLA_E_LIMIT, "the path of the home "
		    "is too long");
	return BULLA_OK;
}

static enum bulla_status
add(struct kept_names *l, const char *name, struct bulla_err *err)
{
	char *copy;

	if (l->n == KEPT_NAMES_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "more than %u files in "
		    "one directory", KEPT_NAMES_MAX);
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 64 : 2 * l->cap;
		char **v = reallocarray(l->v, cap, sizeof(*v));

		if (v == NULL)
			return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		l->v = v;
		l->cap = cap;
	}
	copy = strdup(name);
	if (copy == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	l->v[l->n++] = copy;
	return BULLA_OK;
}

void
kept_names_free(struct kept_names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct kept_names){ 0 };
}

static int
by_bytes(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

enum bulla_status
kept_names(const char *home, const char *dir, struct kept_names *out,
    struct bulla_err *err)
{
	struct kept_names l = { 0 };
	char path[PATH_CAP];
	enum bulla_status st = join(path, home, dir, err);
	struct dirent *e;
	DIR *d;

	if (st != BULLA_OK)
		return st;
	d = opendir(path);
	if (d == NULL && errno != ENOENT)
		return bulla_fail_sys(err, "%s", dir);
	while (d != NULL && st == BULLA_OK &&
	    (errno = 0, (e = readdir(d)) != NULL)) {
		if (e->d_name[0] != '.')
			st = add(&l, e->d_name, err);
	}
	if (d != NULL && st == BULLA_OK && errno != 0)
		st = bulla_fail_sys(err, "%s", dir);
	if (d != NULL)
		(void)closedir(d);
	if (st != BULLA_OK) {
		kept_names_free(&l);
		return st;
	}
	if (l.n > 0)
		qsort(l.v, l.n, sizeof(*l.v), by_bytes);
	*out = l;
	return BULLA_OK;
}

enum bulla_status
kept_file(const char *home, const char *rel, struct bulla_buf *out,
    struct bulla_err *err)
{
	char path[PATH_CAP];
	enum bulla_status st = join(path, home, rel, err);

	return st == BULLA_OK ? bulla_file_get(path, out, err) : st;
}

static bool
ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

struct each {
	const char *home;
	enum bulla_status (*fn)(void *ctx, const char *rel,
	    const struct bulla_cur *note, struct bulla_err *err);
	void *ctx;
};

static enum bulla_status
notes_in(const struct each *e, const char *dir, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct kept_names l = { 0 };
	enum bulla_status st;
	struct bulla_cur c;
	char rel[PATH_CAP];

	st = kept_names(e->home, dir, &l, err);
	for (size_t i = 0; i < l.n && st == BULLA_OK; i++) {
		if (!ends_in(l.v[i], ".note"))
			continue;
		bulla_buf_reset(&b);
		st = join(rel, dir, l.v[i], err);
		if (st == BULLA_OK)
			st = kept_file(e->home, rel, &b, err);
		c = bulla_buf_view(&b);
		if (st == BULLA_OK)
			st = e->fn(e->ctx, rel, &c, err);
	}
	kept_names_free(&l);
	bulla_buf_free(&b);
	return st;
}

enum bulla_status
kept_notes(const char *home, enum bulla_status (*fn)(void *ctx,
    const char *rel, const struct bulla_cur *note, struct bulla_err *err),
    void *ctx, struct bulla_err *err)
{
	const struct each e = { home, fn, ctx };
	struct kept_names l = { 0 };
	char own[PATH_CAP], theirs[PATH_CAP];
	enum bulla_status st;
	struct bulla_cur id;

	st = kept_names(home, "custody", &l, err);
	for (size_t i = 0; i < l.n && st == BULLA_OK; i++) {
		id = bulla_cur_str(l.v[i]);
		if (!bulla_id_ok(&id))
			continue;
		st = join(own, "custody", l.v[i], err);
		if (st == BULLA_OK)
			st = notes_in(&e, own, err);
		if (st == BULLA_OK)
			st = join(theirs, own, "theirs", err);
		if (st == BULLA_OK)
			st = notes_in(&e, theirs, err);
	}
	kept_names_free(&l);
	if (st == BULLA_OK)
		st = notes_in(&e, "receipts", err);
	if (st == BULLA_OK)
		st = notes_in(&e, "roster/suspend", err);
	return st;
}

/* As bulla_package_inspect, but with lseek over the segments. */
static enum bulla_status
look(struct pkgr *r, struct bulla_package *p, struct bulla_err *err)
{
	uint8_t manifest[BULLA_SHA256_LEN];
	uint64_t off, size;
	enum bulla_status st;
	bool last = false;

	st = pkgr_head(r, err);
	if (st == BULLA_OK)
		st = pkg_parse_head(r, p, err);
	while (st == BULLA_OK && !last)
		st = pkgr_plan(r, &off, &size, &last, err);
	if (st == BULLA_OK)
		st = pkgr_tail(r, NULL, manifest, err);
	if (st == BULLA_OK)
		st = pkg_parse_tail(r, p, err);
	return st;
}

static enum bulla_status
package(const char *home, const char *rel, const char *id,
    struct pkgr *r, struct bulla_package *p, struct bulla_err *err)
{
	char path[PATH_CAP];
	enum bulla_status st = join(path, home, rel, err);
	int fd;

	if (st == BULLA_OK)
		st = bulla_infile_open(path, &fd, err);
	if (st != BULLA_OK)
		return st;
	r->fd = fd;
	st = look(r, p, err);
	/* a copy beside it under a longer name would count a second time */
	if (st == BULLA_OK && (strlen(id) != BULLA_ID_LEN + strlen(".bulla") ||
	    memcmp(id, p->opening.id, BULLA_ID_LEN) != 0))
		st = bulla_fail(err, BULLA_E_MISMATCH, "this is the package "
		    "%s", p->opening.id);
	/* The windows of p point into the buffers of the reader */
	p->opening_note = r->opening;
	p->closing_note = r->closing;
	(void)close(fd);
	return st;
}

enum bulla_status
kept_packages(const char *home, enum bulla_status (*fn)(void *ctx,
    const char *rel, const struct bulla_package *p,
    const struct bulla_err *why, struct bulla_err *err), void *ctx,
    struct bulla_err *err)
{
	struct kept_names l = { 0 };
	enum bulla_status st, got;
	char rel[PATH_CAP];

	st = kept_names(home, "packages", &l, err);
	for (size_t i = 0; i < l.n && st == BULLA_OK; i++) {
		struct bulla_package p = { 0 };
		struct bulla_err why = { 0 };
		struct pkgr r;

		if (!ends_in(l.v[i], ".bulla"))
			continue;
		st = join(rel, "packages", l.v[i], err);
		if (st != BULLA_OK)
			break;
		pkgr_init(&r, -1);
		got = package(home, rel, l.v[i], &r, &p, &why);
		if (got == BULLA_E_IO || got == BULLA_E_NOMEM)
			st = bulla_fail(err, got, "%s", why.msg);
		else
			st = fn(ctx, rel, got == BULLA_OK ? &p : NULL, &why,
			    err);
		pkgr_free(&r);
	}
	kept_names_free(&l);
	return st;
}
