#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/text.h"
#include "core/pack_int.h"
#include "core/spool.h"

#define SHOWN 256u

const char *
packer_shown(const struct packer *k, char *out, size_t cap)
{
	struct bulla_cur c = bulla_cur_of(k->source, k->source_len);

	return bulla_text_show(out, cap, &c);
}

enum bulla_status
packer_unreadable(struct packer *k, const struct bulla_meta *meta,
    struct bulla_err *err)
{
	char shown[SHOWN], line[SHOWN + 64];
	int saved = errno;
	enum bulla_status st;

	(void)packer_shown(k, shown, sizeof(shown));
	if (!k->p->skip_unreadable || (saved != EACCES && saved != EPERM &&
	    saved != EIO && saved != ENXIO && saved != ESTALE))
		return bulla_fail_sys(err, "%s", shown);
	(void)snprintf(line, sizeof(line), "%s: %s", shown, strerror(saved));
	if (k->p->skipped != NULL)
		k->p->skipped(k->p->progress.ctx, line);
	st = packer_ends(k, PACK_OBJECT, meta, err);
	if (st == BULLA_OK)
		k->done.skipped++;
	return st;
}

static enum bulla_status
changed(struct packer *k, const char *how, struct bulla_err *err)
{
	char shown[SHOWN];

	return bulla_fail(err, BULLA_E_REFUSED, "%s: %s while it was read: "
	    "stop what writes to it, or take a copy, and pack again",
	    packer_shown(k, shown, sizeof(shown)), how);
}

/* Exactly size bytes of fd as data of the member that was begun. */
static enum bulla_status
stream(struct packer *k, int fd, uint64_t size, struct bulla_err *err)
{
	char shown[SHOWN];
	enum bulla_status st = BULLA_OK;
	uint8_t *p;
	ssize_t got;
	size_t room;

	while (size > 0 && st == BULLA_OK) {
		st = packer_room(k, &p, &room, err);
		if (st != BULLA_OK)
			break;
		if (room > size)
			room = (size_t)size;
		do
			got = read(fd, p, room);
		while (got == -1 && errno == EINTR);
		if (got == -1)
			return bulla_fail_sys(err, "%s: read",
			    packer_shown(k, shown, sizeof(shown)));
		if (got == 0 && fd == k->p->stdin_fd)
			return bulla_fail(err, BULLA_E_REFUSED, "standard "
			    "input ended %llu bytes before --size %llu",
			    (unsigned long long)size,
			    (unsigned long long)k->p->stdin_size);
		if (got == 0)
			return changed(k, "it shrank", err);
		st = packer_takes(k, (size_t)got, err);
		if (st == BULLA_OK)
			st = bulla_tarw_data(k->tar, p, (size_t)got, err);
		size -= (uint64_t)got;
	}
	return st;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool
is_output(const struct packer *k, const struct stat *sb)
{
	for (unsigned i = 0; i < k->n_outputs; i++)
		if (k->output[i].st_dev == sb->st_dev &&
		    k->output[i].st_ino == sb->st_ino)
			return true;
	return false;
}

/* A regular file, or the image of a block device. */
static enum bulla_status
add_file(struct packer *k, int fd, const struct stat *sb, uint64_t size,
    struct bulla_err *err)
{
	struct bulla_meta m;
	struct stat now;
	enum bulla_status st;
	char shown[SHOWN];

	if (is_output(k, sb))
		return bulla_fail(err, BULLA_E_USAGE, "%s: this is the file "
		    "being written: put the output elsewhere",
		    packer_shown(k, shown, sizeof(shown)));
	packer_meta(sb, &m);
	m.type = BULLA_OBJ_FILE;
	m.size = size;
	st = packer_xattrs(fd, &m, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "%s",
		    packer_shown(k, shown, sizeof(shown)));
	st = packer_member(k, false, size, sb->st_mtim.tv_sec, err);
	if (st == BULLA_OK)
		st = stream(k, fd, size, err);
	if (st != BULLA_OK)
		return st;
	if (S_ISREG(sb->st_mode)) {
		if (fstat(fd, &now) != 0)
			return bulla_fail_sys(err, "%s",
			    packer_shown(k, shown, sizeof(shown)));
		if (!same_file(sb, &now))
			return changed(k, "it was changed", err);
	}
	k->done.files++;
	k->done.bytes += size;
	return packer_ends(k, PACK_FILE, &m, err);
}

/* O_NOATIME is for the owner only; evidence should keep its access time. */
static int
open_quietly(int dirfd, const char *name, int flags)
{
	int fd = openat(dirfd, name, flags | O_CLOEXEC | O_NOATIME);

	if (fd == -1 && errno == EPERM)
		fd = openat(dirfd, name, flags | O_CLOEXEC);
	return fd;
}

static enum bulla_status
add_other(struct packer *k, int dirfd, const char *name,
    const struct stat *sb, struct bulla_err *err)
{
	char target[PATH_MAX];
	struct bulla_meta m;
	ssize_t n;

	packer_meta(sb, &m);
	if (S_ISLNK(sb->st_mode)) {
		n = readlinkat(dirfd, name, target, sizeof(target));
		if (n < 0)
			return packer_unreadable(k, &m, err);
		m.link = bulla_cur_of(target, (size_t)n);
	}
	k->done.not_archived++;
	return packer_ends(k, PACK_OBJECT, &m, err);
}

enum bulla_status
packer_object(struct packer *k, int dirfd, const char *name, bool regular,
    struct bulla_err *err)
{
	struct bulla_meta m;
	struct stat sb;
	enum bulla_status st;
	char shown[SHOWN];
	int fd, saved;

	if (!regular) {
		if (fstatat(dirfd, name, &sb, AT_SYMLINK_NOFOLLOW) != 0)
			return bulla_fail_sys(err, "%s",
			    packer_shown(k, shown, sizeof(shown)));
		if (S_ISDIR(sb.st_mode))
			return changed(k, "it became a directory", err);
		if (!S_ISREG(sb.st_mode))
			return add_other(k, dirfd, name, &sb, err);
	}
	/* It was no fifo a moment ago; O_NONBLOCK in case it is one now. */
	fd = open_quietly(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1) {
		saved = errno;
		if (fstatat(dirfd, name, &sb, AT_SYMLINK_NOFOLLOW) != 0)
			return bulla_fail_sys(err, "%s",
			    packer_shown(k, shown, sizeof(shown)));
		packer_meta(&sb, &m);
		errno = saved;
		return packer_unreadable(k, &m, err);
	}
	if (fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode))
		st = changed(k, "it was replaced", err);
	else
		st = add_file(k, fd, &sb, (uint64_t)sb.st_size, err);
	(void)close(fd);
	return st;
}

enum bulla_status
packer_device(struct packer *k, int fd, struct bulla_err *err)
{
	struct stat sb;
	uint64_t size = 0;
	char shown[SHOWN];

	if (fstat(fd, &sb) != 0 || ioctl(fd, BLKGETSIZE64, &size) != 0)
		return bulla_fail_sys(err, "%s: size of the device",
		    packer_shown(k, shown, sizeof(shown)));
	return add_file(k, fd, &sb, size, err);
}

enum bulla_status
packer_dir_entry(struct packer *k, int fd, struct bulla_err *err)
{
	struct bulla_meta m;
	struct stat sb;
	enum bulla_status st;
	char shown[SHOWN];

	if (fstat(fd, &sb) != 0)
		return bulla_fail_sys(err, "%s",
		    packer_shown(k, shown, sizeof(shown)));
	packer_meta(&sb, &m);
	st = packer_xattrs(fd, &m, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "%s",
		    packer_shown(k, shown, sizeof(shown)));
	st = packer_member(k, true, 0, sb.st_mtim.tv_sec, err);
	return st == BULLA_OK ? packer_ends(k, PACK_OBJECT, &m, err) : st;
}

/* Nothing may follow the size that was announced. */
static enum bulla_status
stdin_ends(struct packer *k, struct bulla_err *err)
{
	uint8_t one;
	ssize_t n;

	do
		n = read(k->p->stdin_fd, &one, 1);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return bulla_fail_sys(err, "standard input");
	if (n > 0)
		return bulla_fail(err, BULLA_E_REFUSED, "standard input is "
		    "longer than --size %llu bytes: give its true size, or "
		    "leave --size out",
		    (unsigned long long)k->p->stdin_size);
	return BULLA_OK;
}

enum bulla_status
packer_stdin(struct packer *k, struct bulla_err *err)
{
	struct bulla_meta m = { .type = BULLA_OBJ_FILE, .mode = 0600,
	    .mtime_s = k->p->time, .ctime_s = k->p->time,
	    .atime_s = k->p->time, .nlink = 1 };
	enum bulla_status st = BULLA_OK;
	int fd = k->p->stdin_fd, spool = -1;

	m.size = k->p->stdin_size;
	if (!k->p->has_stdin_size) {
		/* The tar header needs the size. */
		st = spool_input(fd, &spool, &m.size, err);
		fd = spool;
	}
	if (st == BULLA_OK)
		st = packer_member(k, false, m.size, k->p->time, err);
	if (st == BULLA_OK)
		st = stream(k, fd, m.size, err);
	if (st == BULLA_OK && spool == -1)
		st = stdin_ends(k, err);
	if (st == BULLA_OK)
		st = packer_ends(k, PACK_FILE, &m, err);
	if (st == BULLA_OK) {
		k->done.files++;
		k->done.bytes += m.size;
	}
	if (spool != -1)
		(void)close(spool);
	return st;
}
