#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/text.h"
#include "core/pack_int.h"

#define SHOWN 256u

enum bulla_status
packer_push(struct packer *k, const struct bulla_cur *name,
    const char *source, struct packer_mark *m, struct bulla_err *err)
{
	size_t room = sizeof(k->source) - k->source_len, n = strlen(source);
	char shown[SHOWN];

	*m = (struct packer_mark){ k->path_len, k->source_len };
	if (name->len + 1 > k->bag_len + BULLA_BAG_PATH_MAX - k->path_len)
		return bulla_fail(err, BULLA_E_LIMIT, "%s/...: the path in "
		    "the bag would be longer than %u bytes: pack a directory "
		    "further down", packer_shown(k, shown, sizeof(shown)),
		    BULLA_BAG_PATH_MAX);
	k->path[k->path_len++] = '/';
	memcpy(k->path + k->path_len, name->p, name->len);
	k->path_len += name->len;
	k->path[k->path_len] = '\0';
	if (n + 1 < room) {
		if (k->source_len > 0 && k->source[k->source_len - 1] != '/')
			k->source[k->source_len++] = '/';
		memcpy(k->source + k->source_len, source, n);
		k->source_len += n;
	}
	return BULLA_OK;
}

/* Undoes packer_push. */
static void
pop(struct packer *k, const struct packer_mark *m)
{
	k->path_len = m->path_len;
	k->path[k->path_len] = '\0';
	k->source_len = m->source_len;
}

static enum bulla_status walk_names(struct packer *k, int fd,
    const struct pack_names *l, struct bulla_err *err);

static int
open_dir(int dirfd, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dirfd, name, flags | O_NOATIME);

	return fd == -1 && errno == EPERM ? openat(dirfd, name, flags) : fd;
}

static enum bulla_status
list_of(struct packer *k, int fd, struct pack_names *l, struct bulla_err *err)
{
	char shown[SHOWN];
	enum bulla_status st = pack_names_read(l, fd, err);

	if (st == BULLA_OK)
		st = pack_names_settle(l, err);
	return st == BULLA_OK ? st : bulla_wrap(err, st, "%s",
	    packer_shown(k, shown, sizeof(shown)));
}

static enum bulla_status
walk_dir(struct packer *k, int dirfd, const char *name,
    struct bulla_err *err)
{
	struct pack_names l = { 0 };
	struct bulla_meta m;
	struct stat sb;
	enum bulla_status st;
	int saved, fd = open_dir(dirfd, name);

	if (fd == -1) {
		saved = errno;
		memset(&sb, 0, sizeof(sb));
		(void)fstatat(dirfd, name, &sb, AT_SYMLINK_NOFOLLOW);
		packer_meta(&sb, &m);
		errno = saved;
		return packer_unreadable(k, &m, err);
	}
	st = packer_dir_entry(k, fd, err);
	if (st == BULLA_OK)
		st = list_of(k, fd, &l, err);
	if (st == BULLA_OK)
		st = walk_names(k, fd, &l, err);
	pack_names_free(&l);
	(void)close(fd);
	return st;
}

static enum bulla_status
walk_one(struct packer *k, int dirfd, const struct pack_name *v,
    struct bulla_err *err)
{
	struct bulla_cur safe = bulla_cur_str(pack_name_safe(v));
	struct bulla_cur raw, path;
	struct packer_mark m;
	enum bulla_status st = packer_push(k, &safe, v->raw, &m, err);

	if (st != BULLA_OK)
		return st;
	if (v->renamed) {
		raw = bulla_cur_str(v->raw);
		path = bulla_cur_of(k->path + k->bag_len,
		    k->path_len - k->bag_len);
		bulla_names_put(&k->names.tail, &path, &raw);
		st = spool_flush(&k->names, err);
		k->done.renamed++;
	}
	if (st == BULLA_OK && v->kind == PACK_IS_DIR)
		st = walk_dir(k, dirfd, v->raw, err);
	else if (st == BULLA_OK)
		st = packer_object(k, dirfd, v->raw,
		    v->kind == PACK_IS_REG, err);
	pop(k, &m);
	return st;
}

static enum bulla_status
walk_names(struct packer *k, int fd, const struct pack_names *l,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < l->n && st == BULLA_OK; i++)
		st = walk_one(k, fd, &l->v[i], err);
	return st;
}

/* What the user named: entries of several directories, in one list. */
struct parent {
	int fd;
	char *source;		/* heap; "" for the working directory */
};
struct roots {
	struct parent *parent;
	size_t n_parents;
	struct pack_names names;
};

static enum bulla_status
add_parent(struct roots *r, const char *path, size_t len,
    struct bulla_err *err)
{
	struct parent *p;
	char shown[SHOWN];

	if (r->n_parents > 0) {
		p = &r->parent[r->n_parents - 1];
		if (strlen(p->source) == len &&
		    memcmp(p->source, path, len) == 0)
			return BULLA_OK;
	}
	p = reallocarray(r->parent, r->n_parents + 1, sizeof(*p));
	if (p == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	r->parent = p;
	p += r->n_parents;
	*p = (struct parent){ .fd = -1, .source = strndup(path, len) };
	if (p->source == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	r->n_parents++;
	p->fd = open(len > 0 ? p->source : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->fd == -1)
		return bulla_fail_sys(err, "%s", bulla_text_show_str(shown,
		    sizeof(shown), len > 0 ? p->source : "."));
	return BULLA_OK;
}

static unsigned char
dtype_of(int dirfd, const char *name, struct stat *sb)
{
	if (fstatat(dirfd, name, sb, AT_SYMLINK_NOFOLLOW) != 0)
		return DT_UNKNOWN;
	return (unsigned char)IFTODT(sb->st_mode);
}

/* One PATH that is not "its contents". */
static enum bulla_status
add_named(struct roots *r, const char *path, const char *name,
    struct bulla_err *err)
{
	int fd = r->parent[r->n_parents - 1].fd;
	struct stat sb;
	unsigned char type = dtype_of(fd, name, &sb);
	enum bulla_status st;
	char shown[SHOWN];

	(void)bulla_text_show_str(shown, sizeof(shown), path);
	switch (type) {
	case DT_UNKNOWN:
		return bulla_fail_sys(err, "%s", shown);
	case DT_LNK:
		return bulla_fail(err, BULLA_E_USAGE, "%s: a symbolic link: "
		    "name what it points to, or the directory it is in",
		    shown);
	case DT_REG:
	case DT_DIR:
	case DT_BLK:
		break;
	default:
		return bulla_fail(err, BULLA_E_USAGE, "%s: neither a file, a "
		    "directory nor a block device: to pack a stream, use "
		    "--name NAME -", shown);
	}
	st = pack_names_add(&r->names, name, type, err);
	if (st == BULLA_OK) {
		r->names.v[r->names.n - 1].parent =
		    (unsigned)(r->n_parents - 1);
		r->names.v[r->names.n - 1].named = true;
	}
	return st;
}

static enum bulla_status
add_contents(struct roots *r, const char *path, struct bulla_err *err)
{
	size_t from = r->names.n;
	enum bulla_status st = add_parent(r, path, strlen(path), err);
	char shown[SHOWN];

	if (st != BULLA_OK)
		return st;
	st = pack_names_read(&r->names, r->parent[r->n_parents - 1].fd, err);
	for (size_t i = from; i < r->names.n; i++)
		r->names.v[i].parent = (unsigned)(r->n_parents - 1);
	return st == BULLA_OK ? st : bulla_wrap(err, st, "%s",
	    bulla_text_show_str(shown, sizeof(shown), path));
}

static enum bulla_status
add_root(struct roots *r, const char *path, struct bulla_err *err)
{
	size_t len = strlen(path), at;
	char *name;
	enum bulla_status st;

	if (len == 0)
		return bulla_fail(err, BULLA_E_USAGE, "an empty PATH");
	while (len > 1 && path[len - 1] == '/')
		len--;
	for (at = len; at > 0 && path[at - 1] != '/'; at--)
		;
	name = strndup(path + at, len - at);
	if (name == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (name[0] == '\0' || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0 || strcmp(path, "/") == 0) {
		st = add_contents(r, path, err);
	} else {
		st = add_parent(r, path, at, err);
		if (st == BULLA_OK)
			st = add_named(r, path, name, err);
	}
	free(name);
	return st;
}

static enum bulla_status
refuse_twins(const struct roots *r, struct bulla_err *err)
{
	char shown[SHOWN];

	for (size_t i = 1; i < r->names.n; i++) {
		const struct pack_name *a = &r->names.v[i - 1];
		const struct pack_name *b = &r->names.v[i];

		/* Alike as given, or "x" the file and "x/" the directory. */
		if (strcmp(a->raw, b->raw) == 0)
			return bulla_fail(err, BULLA_E_USAGE, "two PATHs would "
			    "both become data/%s: pack the directories above "
			    "them, or one at a time", bulla_text_show_str(
			    shown, sizeof(shown), a->raw));
	}
	return BULLA_OK;
}

static int
by_raw(const void *a, const void *b)
{
	return strcmp(((const struct pack_name *)a)->raw,
	    ((const struct pack_name *)b)->raw);
}

static enum bulla_status
walk_root(struct packer *k, const struct roots *r, const struct pack_name *v,
    struct bulla_err *err)
{
	const struct parent *parent = &r->parent[v->parent];
	struct bulla_cur safe = bulla_cur_str(pack_name_safe(v));
	struct packer_mark m;
	struct bulla_meta meta;
	struct stat sb;
	enum bulla_status st;
	size_t n = strlen(parent->source);
	int fd;

	if (n < sizeof(k->source)) {
		memcpy(k->source, parent->source, n);
		k->source_len = n;
	}
	if (!v->named || dtype_of(parent->fd, v->raw, &sb) != DT_BLK)
		return walk_one(k, parent->fd, v, err);
	st = packer_push(k, &safe, v->raw, &m, err);
	if (st != BULLA_OK)
		return st;
	fd = openat(parent->fd, v->raw, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1) {
		packer_meta(&sb, &meta);
		st = packer_unreadable(k, &meta, err);
	} else {
		st = packer_device(k, fd, err);
		(void)close(fd);
	}
	pop(k, &m);
	return st;
}

enum bulla_status
packer_walk(struct packer *k, struct bulla_err *err)
{
	struct roots r = { 0 };
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < k->p->n_paths && st == BULLA_OK; i++)
		st = add_root(&r, k->p->paths[i], err);
	if (st == BULLA_OK) {
		if (r.names.n > 1)
			qsort(r.names.v, r.names.n, sizeof(*r.names.v),
			    by_raw);
		st = refuse_twins(&r, err);
	}
	if (st == BULLA_OK)
		st = pack_names_settle(&r.names, err);
	for (size_t i = 0; i < r.names.n && st == BULLA_OK; i++)
		st = walk_root(k, &r, &r.names.v[i], err);
	for (size_t i = 0; i < r.n_parents; i++) {
		if (r.parent[i].fd != -1)
			(void)close(r.parent[i].fd);
		free(r.parent[i].source);
	}
	free(r.parent);
	pack_names_free(&r.names);
	return st;
}
