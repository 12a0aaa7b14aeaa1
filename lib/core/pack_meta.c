#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "core/pack_int.h"

static enum bulla_object_type
type_of(const struct stat *sb)
{
	switch (sb->st_mode & S_IFMT) {
	case S_IFREG: return BULLA_OBJ_FILE;
	case S_IFDIR: return BULLA_OBJ_DIR;
	case S_IFLNK: return BULLA_OBJ_SYMLINK;
	case S_IFBLK: return BULLA_OBJ_BLOCK;
	case S_IFCHR: return BULLA_OBJ_CHAR;
	case S_IFIFO: return BULLA_OBJ_FIFO;
	default: return BULLA_OBJ_SOCKET;
	}
}

void
packer_meta(const struct stat *sb, struct bulla_meta *m)
{
	*m = (struct bulla_meta){
		.type = type_of(sb),
		.size = S_ISREG(sb->st_mode) ? (uint64_t)sb->st_size : 0,
		.mode = sb->st_mode & 07777u,
		.uid = sb->st_uid, .gid = sb->st_gid,
		.mtime_s = sb->st_mtim.tv_sec,
		.mtime_ns = (uint32_t)sb->st_mtim.tv_nsec,
		.ctime_s = sb->st_ctim.tv_sec,
		.ctime_ns = (uint32_t)sb->st_ctim.tv_nsec,
		.atime_s = sb->st_atim.tv_sec,
		.atime_ns = (uint32_t)sb->st_atim.tv_nsec,
		.nlink = sb->st_nlink, .dev = sb->st_dev, .ino = sb->st_ino,
	};
}

#define VALUES_MAX 67108864u	/* bytes of one object's attributes */
#define NAMES_MAX (XATTR_LIST_MAX / 2)

/* Names and values of an object's attributes, behind one another. */
struct attrs {
	struct bulla_buf bytes;
	struct bulla_xattr *v;		/* windows hold lengths until the end */
	size_t n;
};

static bool
add_attr(struct attrs *a, int fd, const char *name, uint8_t *value)
{
	ssize_t n = fgetxattr(fd, name, value, XATTR_SIZE_MAX);

	if (n < 0)
		return false;
	bulla_buf_str(&a->bytes, name);
	bulla_buf_put(&a->bytes, value, (size_t)n);
	a->v[a->n].name.len = strlen(name);
	a->v[a->n++].value.len = (size_t)n;
	return true;
}

static enum bulla_status
digest_attrs(struct attrs *a, struct bulla_meta *m, struct bulla_err *err)
{
	struct bulla_buf text = BULLA_BUF_INIT(4 * (size_t)VALUES_MAX);
	struct bulla_cur c = bulla_buf_view(&a->bytes);
	enum bulla_status st = bulla_buf_status(&a->bytes);

	for (size_t i = 0; st == BULLA_OK && i < a->n; i++)
		BULLA_CHECK(bulla_cur_take(&c, a->v[i].name.len,
		    &a->v[i].name) && bulla_cur_take(&c, a->v[i].value.len,
		    &a->v[i].value));
	if (st == BULLA_OK) {
		bulla_xattrs_put(&text, a->v, a->n);
		st = bulla_buf_status(&text);
	}
	if (st == BULLA_OK) {
		bulla_sha256(text.p, text.len, m->xattr);
		m->has_xattr = true;
	} else {
		st = bulla_fail(err, st, "extended attributes: too many");
	}
	bulla_buf_free(&text);
	return st;
}

static enum bulla_status
read_attrs(int fd, struct bulla_meta *m, struct bulla_err *err)
{
	struct attrs a = { .bytes = BULLA_BUF_INIT(VALUES_MAX) };
	char *list = malloc(XATTR_LIST_MAX);
	uint8_t *value = malloc(XATTR_SIZE_MAX);
	enum bulla_status st = BULLA_OK;
	ssize_t len;

	a.v = calloc(NAMES_MAX, sizeof(*a.v));
	if (list == NULL || value == NULL || a.v == NULL) {
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		goto out;
	}
	len = flistxattr(fd, list, XATTR_LIST_MAX);
	for (char *p = list; len > 0 && p < list + len; p += strlen(p) + 1)
		if (!add_attr(&a, fd, p, value))
			len = -1;
	st = len < 0 ? bulla_fail_sys(err, "extended attributes") :
	    digest_attrs(&a, m, err);
out:
	bulla_buf_free(&a.bytes);
	free(a.v);
	free(value);
	free(list);
	return st;
}

/* Most files have no attributes: one system call finds that out. */
enum bulla_status
packer_xattrs(int fd, struct bulla_meta *m, struct bulla_err *err)
{
	ssize_t len = flistxattr(fd, NULL, 0);

	if (len == 0 || (len < 0 && errno == ENOTSUP))
		return BULLA_OK;
	if (len < 0)
		return bulla_fail_sys(err, "extended attributes");
	return read_attrs(fd, m, err);
}
