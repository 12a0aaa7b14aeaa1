#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inbox_int.h"

#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/num.h"

/*
 * HOME/incoming/up-<id>/
 *	data	the bytes so far
 *	offset	how many of them are durable: 20 digits and LF, overwritten
 *		in place (one sector, so whole or not)
 *	state	whose it is and how long it will be ("-": not known yet);
 *		written last, so that a directory without it was never
 *		acknowledged
 */
#define PREFIX "up-"
#define STATE_TYPE "bulla upload v1"
#define STATE_MAX 4096u
#define OFFSET_LEN 21u
#define FOUND_LEFT 3600	/* seconds left to one that an earlier run began */

static void
dir_name(char out[64], const char *id)
{
	(void)snprintf(out, 64, PREFIX "%s", id);
}

static void
path_of(char *out, size_t cap, const struct upload *u, const char *file)
{
	(void)snprintf(out, cap, "%s/incoming/" PREFIX "%s%s%s",
	    u->ib->cfg.home, u->id, file[0] != '\0' ? "/" : "", file);
}

enum bulla_status
disk_record(struct upload *u, uint64_t offset, struct bulla_err *err)
{
	char text[OFFSET_LEN + 1], name[80];
	enum bulla_status st;
	int fd;

	(void)snprintf(name, sizeof(name), PREFIX "%s/offset", u->id);
	fd = openat(u->ib->incoming, name, O_WRONLY | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (fd == -1)
		return bulla_fail_sys(err, "%s", name);
	(void)snprintf(text, sizeof(text), "%020llu\n",
	    (unsigned long long)offset);
	st = bulla_pwrite_fd(fd, text, OFFSET_LEN, 0, name, err);
	if (st == BULLA_OK && fdatasync(fd) != 0)
		st = bulla_fail_sys(err, "%s", name);
	if (close(fd) != 0 && st == BULLA_OK)
		st = bulla_fail_sys(err, "%s", name);
	return st;
}

static int
data_open(const struct upload *u, int flags)
{
	char name[80];

	(void)snprintf(name, sizeof(name), PREFIX "%s/data", u->id);
	return openat(u->ib->incoming, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW |
	    flags, 0600);
}

static enum bulla_status
state_write(const struct upload *u, bool again, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(STATE_MAX);
	uint64_t length = atomic_load(&u->length);
	char path[4096];
	enum bulla_status st;

	bulla_buf_str(&b, STATE_TYPE "\n");
	bulla_field_put_hex(&b, "client", u->client.spki,
	    sizeof(u->client.spki));
	if (length != LENGTH_DEFERRED)
		bulla_field_put_u64(&b, "length", length);
	else
		bulla_field_put_str(&b, "length", "-");
	if (u->has_hint && u->by_ends)
		bulla_field_put_hex(&b, "ends", u->hint, sizeof(u->hint));
	else if (u->has_hint)
		bulla_field_put_hex(&b, "sha256", u->hint, sizeof(u->hint));
	else
		bulla_field_put_str(&b, "sha256", "-");
	st = bulla_buf_status(&b);
	path_of(path, sizeof(path), u, "state");
	if (st == BULLA_OK)
		st = bulla_file_put(path, b.p, b.len, 0600, again, err);
	bulla_buf_free(&b);
	return st;
}

enum bulla_status
disk_declare(struct upload *u, struct bulla_err *err)
{
	return state_write(u, true, err);
}

enum bulla_status
disk_create(struct upload *u, struct bulla_err *err)
{
	char name[64];
	enum bulla_status st;

	dir_name(name, u->id);
	if (mkdirat(u->ib->incoming, name, 0700) != 0)
		return bulla_fail_sys(err, "incoming/%s", name);
	u->fd = data_open(u, O_CREAT | O_EXCL);
	if (u->fd == -1)
		st = bulla_fail_sys(err, "incoming/%s/data", name);
	else
		st = disk_record(u, 0, err);
	if (st == BULLA_OK)
		st = state_write(u, false, err);
	if (st == BULLA_OK && fsync(u->ib->incoming) != 0)
		st = bulla_fail_sys(err, "incoming");
	if (st != BULLA_OK)
		disk_remove(u->ib, u->id);
	return st;
}

static enum bulla_status
length_take(struct bulla_fields *f, struct upload *u, struct bulla_err *err)
{
	uint64_t length = LENGTH_DEFERRED;
	enum bulla_status st;
	struct bulla_cur v;

	st = bulla_field_take(f, "length", &v, err);
	if (st == BULLA_OK && !bulla_cur_is(&v, "-") &&
	    !bulla_num_u64(&v, BULLA_TUS_SIZE_MAX, &length))
		st = bulla_fail(err, BULLA_E_FORMAT, "length: not a number");
	if (st == BULLA_OK)
		atomic_store(&u->length, length);
	return st;
}

/* What the client calls it: by all of it, by its ends, or not at all. */
static enum bulla_status
hint_take(struct bulla_fields *f, struct upload *u, struct bulla_err *err)
{
	struct bulla_cur v;
	enum bulla_status st;

	u->by_ends = bulla_field_next_is(f, "ends");
	st = bulla_field_take(f, u->by_ends ? "ends" : "sha256", &v, err);
	if (st != BULLA_OK)
		return st;
	u->has_hint = bulla_hex_decode(&v, u->hint, sizeof(u->hint));
	if (!u->has_hint && (u->by_ends || !bulla_cur_is(&v, "-")))
		return bulla_fail(err, BULLA_E_FORMAT, "%s: not a digest",
		    u->by_ends ? "ends" : "sha256");
	return BULLA_OK;
}

static enum bulla_status
state_parse(struct upload *u, const struct bulla_cur *text,
    struct bulla_err *err)
{
	struct bulla_fields f;
	enum bulla_status st;

	st = bulla_fields_begin(&f, text, STATE_TYPE, err);
	if (st == BULLA_OK)
		st = bulla_field_hex(&f, "client", u->client.spki,
		    sizeof(u->client.spki), err);
	if (st == BULLA_OK)
		st = length_take(&f, u, err);
	if (st == BULLA_OK)
		st = hint_take(&f, u, err);
	if (st == BULLA_OK)
		st = bulla_fields_end(&f, err);
	if (st != BULLA_OK)
		return st;
	bulla_hex(u->client.hex, u->client.spki, sizeof(u->client.spki));
	return BULLA_OK;
}

static enum bulla_status
offset_parse(const struct bulla_cur *text, uint64_t *out,
    struct bulla_err *err)
{
	struct bulla_cur c = *text, line;

	if (text->len != OFFSET_LEN || !bulla_cur_line(&c, &line))
		return bulla_fail(err, BULLA_E_FORMAT, "not 20 digits");
	while (line.len > 1 && bulla_cur_eat_str(&line, "0"))
		;
	if (!bulla_num_u64(&line, BULLA_TUS_SIZE_MAX, out))
		return bulla_fail(err, BULLA_E_FORMAT, "not a number");
	return BULLA_OK;
}

static enum bulla_status
small_read(struct upload *u, const char *file, struct bulla_buf *b,
    struct bulla_err *err)
{
	char path[4096];

	path_of(path, sizeof(path), u, file);
	bulla_buf_reset(b);
	return bulla_file_get(path, b, err);
}

/*
 * When did a byte come last? By the file's time and a clock that may be off:
 * an hour at least is always left to go on.
 */
static void
age_load(struct upload *u)
{
	int64_t now = bulla_now(), most = u->ib->cfg.expire_secs, age;
	struct stat sb;
	char name[80];

	(void)snprintf(name, sizeof(name), PREFIX "%s/offset", u->id);
	if (fstatat(u->ib->incoming, name, &sb, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	age = sb.st_mtime < now ? now - sb.st_mtime : 0;
	most = most > FOUND_LEFT ? most - FOUND_LEFT : 0;
	atomic_store(&u->touched, inbox_clock() - (age < most ? age : most));
}

/* Bytes past the recorded offset may be holes after a power cut: cut off. */
static enum bulla_status
data_load(struct upload *u, uint64_t offset, struct bulla_err *err)
{
	uint64_t length = atomic_load(&u->length);
	struct stat sb;

	u->fd = data_open(u, 0);
	if (u->fd == -1 || fstat(u->fd, &sb) != 0)
		return bulla_fail_sys(err, "data");
	if (!S_ISREG(sb.st_mode) || (uint64_t)sb.st_size < offset ||
	    offset > length)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "data: %lld bytes, but %llu were recorded of %llu",
		    (long long)sb.st_size, (unsigned long long)offset,
		    (unsigned long long)length);
	if (ftruncate(u->fd, (off_t)offset) != 0)
		return bulla_fail_sys(err, "data");
	atomic_store(&u->written, offset);
	atomic_store(&u->durable, offset);
	age_load(u);
	return BULLA_OK;
}

enum bulla_status
disk_load(struct upload *u, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(STATE_MAX);
	struct bulla_cur text;
	enum bulla_status st;
	uint64_t offset = 0;

	st = small_read(u, "state", &b, err);
	if (st == BULLA_OK) {
		text = bulla_buf_view(&b);
		st = state_parse(u, &text, err);
	}
	if (st == BULLA_OK)
		st = small_read(u, "offset", &b, err);
	if (st == BULLA_OK) {
		text = bulla_buf_view(&b);
		st = offset_parse(&text, &offset, err);
	}
	if (st == BULLA_OK)
		st = data_load(u, offset, err);
	bulla_buf_free(&b);
	return st;
}

/* The state file goes first: half a removal is garbage, never an upload. */
void
disk_remove(struct bulla_inbox *ib, const char *id)
{
	struct bulla_err err = { 0 };
	char name[64], state[80], text[600];

	dir_name(name, id);
	(void)snprintf(state, sizeof(state), "%s/state", name);
	(void)unlinkat(ib->incoming, state, 0);
	if (bulla_dir_remove(ib->incoming, name, &err) != BULLA_OK)
		inbox_log(ib, "event=remove-failed upload=%s reason=\"%s\"",
		    id, inbox_quote(text, sizeof(text), err.msg));
}

static bool
is_upload(const char *name, const char **id)
{
	struct bulla_cur c = bulla_cur_str(name);
	uint8_t raw[BULLA_TUS_ID_LEN / 2];

	if (!bulla_cur_eat_str(&c, PREFIX) ||
	    !bulla_hex_decode(&c, raw, sizeof(raw)))
		return false;
	*id = name + sizeof(PREFIX) - 1;
	return true;
}

enum bulla_status
disk_each(struct bulla_inbox *ib, enum bulla_status (*add)(
    struct bulla_inbox *ib, const char *id, struct bulla_err *err),
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	const char *id;
	struct dirent *e;
	DIR *d;
	int fd;

	fd = openat(ib->incoming, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return bulla_fail_sys(err, "incoming");
	d = fdopendir(fd);
	if (d == NULL) {
		(void)close(fd);
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	/* Others keep things there too: only what bears our name is ours. */
	while (st == BULLA_OK && (errno = 0, e = readdir(d)) != NULL)
		if (is_upload(e->d_name, &id))
			st = add(ib, id, err);
	if (st == BULLA_OK && errno != 0)
		st = bulla_fail_sys(err, "incoming");
	(void)closedir(d);
	return st;
}
