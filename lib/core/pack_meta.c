#include <errno.h>
#include <limits.h>
#include <stdio.h>
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

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
add_xattr(int fd, const char *name, struct bulla_sha256 *h)
{
	char value[XATTR_SIZE_MAX], head[32];
	ssize_t n = fgetxattr(fd, name, value, sizeof(value));
	int len;

	if (n < 0)
		return false;
	len = snprintf(head, sizeof(head), "%zd", n);
	bulla_sha256_update(h, name, strlen(name) + 1);
	bulla_sha256_update(h, head, (size_t)len + 1);
	bulla_sha256_update(h, value, (size_t)n);
	return true;
}

static enum bulla_status
digest_list(char *list, size_t len, int fd, struct bulla_meta *m,
    struct bulla_err *err)
{
	char *names[XATTR_LIST_MAX / 2];
	struct bulla_sha256 *h = NULL;
	enum bulla_status st;
	size_t n = 0;
	bool ok = true;

	for (char *p = list; p < list + len; p += strlen(p) + 1)
		names[n++] = p;
	qsort(names, n, sizeof(*names), by_text);
	st = bulla_sha256_new(&h, err);
	if (st != BULLA_OK)
		return st;
	for (size_t i = 0; i < n && ok; i++)
		ok = add_xattr(fd, names[i], h);
	if (ok) {
		bulla_sha256_final(h, m->xattr);
		m->has_xattr = true;
	} else {
		st = bulla_fail_sys(err, "extended attributes");
	}
	bulla_sha256_free(h);
	return st;
}

/*
 * sha256 over the extended attributes in bytewise order of name, each as
 * name NUL decimal-length NUL value. Most files have none, and the large
 * buffers are not touched for those.
 */
enum bulla_status
packer_xattrs(int fd, struct bulla_meta *m, struct bulla_err *err)
{
	ssize_t len = flistxattr(fd, NULL, 0);
	enum bulla_status st;
	char *list;

	if (len == 0 || (len < 0 && errno == ENOTSUP))
		return BULLA_OK;
	if (len < 0)
		return bulla_fail_sys(err, "extended attributes");
	list = malloc(XATTR_LIST_MAX);
	if (list == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	len = flistxattr(fd, list, XATTR_LIST_MAX);
	st = len < 0 ? bulla_fail_sys(err, "extended attributes") :
	    digest_list(list, (size_t)len, fd, m, err);
	free(list);
	return st;
}
