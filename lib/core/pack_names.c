#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/file.h"
#include "core/pack_int.h"

/*
 * The names of one directory. The order of a bag is the bytewise order of
 * whole paths; for that a directory is compared as if its name ended in '/'.
 */
#define CHUNK 65536u	/* bytes of names in one piece of memory */

/* Names live in a list of chunks: the first pointer leads to the next. */
struct chunk {
	struct chunk *next;
	size_t used;
	char text[CHUNK];
};

static char *
keep(struct pack_names *l, const void *text, size_t len)
{
	struct chunk *c = l->chunk;
	char *p;

	if (c == NULL || CHUNK - c->used <= len) {
		c = malloc(sizeof(*c));
		if (c == NULL)
			return NULL;
		c->next = l->chunk;
		c->used = 0;
		l->chunk = c;
	}
	p = c->text + c->used;
	memcpy(p, text, len);
	p[len] = '\0';
	c->used += len + 1;
	return p;
}

void
pack_names_free(struct pack_names *l)
{
	struct chunk *c, *next;

	for (c = l->chunk; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(l->v);
	*l = (struct pack_names){ 0 };
}

static enum bulla_status
no_memory(struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_NOMEM,
	    "no memory for the names of a directory");
}

enum bulla_status
pack_names_add(struct pack_names *l, const char *raw, unsigned char d_type,
    struct bulla_err *err)
{
	struct pack_name *v;
	size_t cap;

	if (l->n == l->cap) {
		cap = l->cap > 0 ? l->cap * 2 : 32;
		v = reallocarray(l->v, cap, sizeof(*v));
		if (v == NULL)
			return no_memory(err);
		l->v = v;
		l->cap = cap;
	}
	v = &l->v[l->n];
	*v = (struct pack_name){
		.raw = keep(l, raw, strlen(raw)),
		.kind = d_type == DT_REG ? PACK_IS_REG :
		    d_type == DT_DIR ? PACK_IS_DIR : PACK_IS_OTHER,
	};
	if (v->raw == NULL)
		return no_memory(err);
	l->n++;
	return BULLA_OK;
}

enum bulla_status
pack_names_read(struct pack_names *l, int dirfd, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	unsigned char type;
	struct dirent *e;
	struct stat sb;
	int copy = dup(dirfd);
	DIR *d = copy == -1 ? NULL : fdopendir(copy);

	if (d == NULL) {
		st = bulla_fail_sys(err, "cannot list");
		if (copy != -1)
			(void)close(copy);
		return st;
	}
	rewinddir(d);	/* the copy shares its place with dirfd */
	while (st == BULLA_OK && (errno = 0, e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0)
			continue;
		type = e->d_type;
		if (type == DT_UNKNOWN && fstatat(dirfd, e->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) == 0)
			type = (unsigned char)IFTODT(sb.st_mode);
		st = pack_names_add(l, e->d_name, type, err);
		errno = 0;
	}
	if (st == BULLA_OK && errno != 0)
		st = bulla_fail_sys(err, "cannot list");
	(void)closedir(d);
	return st;
}

/* A name that is taken, and where to go on when it collides again. */
struct taken {
	const char *name;
	unsigned next;
};

static int
by_taken(const void *a, const void *b)
{
	return strcmp(((const struct taken *)a)->name,
	    ((const struct taken *)b)->name);
}

static int
by_raw(const void *a, const void *b)
{
	return strcmp(((const struct pack_name *)a)->raw,
	    ((const struct pack_name *)b)->raw);
}

/* The tree's node for name, made when new; *fresh says so. NULL: no memory. */
static struct taken *
take(void **tree, const char *name, bool *fresh)
{
	struct taken *t = malloc(sizeof(*t));
	void *node;

	if (t == NULL)
		return NULL;
	*t = (struct taken){ .name = name, .next = 2 };
	node = tsearch(t, tree, by_taken);
	if (node == NULL || *(struct taken **)node != t)
		free(t);
	if (node == NULL)
		return NULL;
	*fresh = *(struct taken **)node == t;
	return *(struct taken **)node;
}

/* Is it the name of something that keeps its own? Sorted by raw. */
static bool
is_kept(const struct pack_names *l, const char *name)
{
	const struct pack_name key = { .raw = name };

	return bsearch(&key, l->v, l->n, sizeof(key), by_raw) != NULL;
}

/* raw, and behind its NUL the n-th of the allowed names for it. */
static char *
keep_both(struct pack_names *l, const struct bulla_cur *raw, unsigned n)
{
	struct bulla_buf safe = BULLA_BUF_INIT(BULLA_BAG_COMPONENT_MAX);
	struct bulla_buf both = BULLA_BUF_INIT(raw->len + 1 + safe.max);
	char *p = NULL;

	(void)bulla_bag_component_map(&safe, raw, n);
	bulla_buf_put(&both, raw->p, raw->len + 1);
	bulla_buf_put(&both, safe.p, safe.len);
	if (bulla_buf_status(&safe) == BULLA_OK &&
	    bulla_buf_status(&both) == BULLA_OK)
		p = keep(l, both.p, both.len);
	bulla_buf_free(&both);
	bulla_buf_free(&safe);
	return p;
}

/*
 * An allowed name for v that nothing else in the directory has. The tree has
 * those that were tried, which are few, and not those that need none.
 */
static bool
rename_one(struct pack_names *l, struct pack_name *v, void **tree)
{
	struct bulla_cur raw = bulla_cur_str(v->raw);
	struct taken *base = NULL, *t;
	bool fresh = false;
	unsigned n = 1;
	char *both = NULL;

	while (!fresh) {
		both = keep_both(l, &raw, n);
		t = both == NULL ? NULL : take(tree, both + raw.len + 1,
		    &fresh);
		if (t == NULL)
			return false;
		if (is_kept(l, t->name))
			fresh = false;
		if (base == NULL)
			base = t;
		if (!fresh)
			n = base->next++;
	}
	v->raw = both;
	return true;
}

static bool
rename_bad(struct pack_names *l, size_t n_bad)
{
	void *tree = NULL;
	bool ok = true;

	/* So that who gets which suffix does not depend on readdir. */
	qsort(l->v, l->n, sizeof(*l->v), by_raw);
	for (size_t i = 0; i < l->n && ok && n_bad > 0; i++) {
		if (!l->v[i].renamed)
			continue;
		ok = rename_one(l, &l->v[i], &tree);
		n_bad--;
	}
	tdestroy(tree, free);
	return ok;
}

const char *
pack_name_safe(const struct pack_name *v)
{
	return v->renamed ? v->raw + strlen(v->raw) + 1 : v->raw;
}

static int
by_safe(const void *pa, const void *pb)
{
	const struct pack_name *a = pa, *b = pb;
	const unsigned char *x = (const unsigned char *)pack_name_safe(a);
	const unsigned char *y = (const unsigned char *)pack_name_safe(b);
	unsigned p, q;

	while (*x != '\0' && *x == *y) {
		x++;
		y++;
	}
	p = *x == '\0' && a->kind == PACK_IS_DIR ? '/' : *x;
	q = *y == '\0' && b->kind == PACK_IS_DIR ? '/' : *y;
	return p < q ? -1 : p > q;
}

enum bulla_status
pack_names_settle(struct pack_names *l, struct bulla_err *err)
{
	size_t n_bad = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct bulla_cur c = bulla_cur_str(l->v[i].raw);

		l->v[i].renamed = !bulla_bag_component_ok(&c);
		n_bad += l->v[i].renamed;
	}
	if (n_bad > 0 && !rename_bad(l, n_bad))
		return no_memory(err);
	if (l->n > 1)	/* of none there is no array either */
		qsort(l->v, l->n, sizeof(*l->v), by_safe);
	return BULLA_OK;
}
