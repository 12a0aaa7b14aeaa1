#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/home.h"
#include "bulla/io.h"
#include "bulla/num.h"
#include "bulla/opening.h"
#include "core/ledger_int.h"

/*
 * HOME/sequence/<agency> = *row, each of the same length:
 *	number, 20 digits SP package id or 32 "-" SP sha256 or 64 "-" LF
 * First a row with dashes when the number is taken, then, perhaps, one with
 * the opening that came of it. Rows are only ever appended, so that a row
 * that is cut short is the last one, and nobody has relied on it.
 */
#define NUMBER 20u
#define ROW (NUMBER + 1 + BULLA_ID_LEN + 1 + 64 + 1)

struct row {
	uint64_t sequence;
	bool is_void;
	char id[BULLA_ID_LEN + 1];
	uint8_t opening[BULLA_SHA256_LEN];
};

static bool
is_dashes(const struct bulla_cur *c)
{
	for (size_t i = 0; i < c->len; i++) {
		if (c->p[i] != '-')
			return false;
	}
	return true;
}

static bool
row_parse(const uint8_t bytes[ROW], struct row *out)
{
	struct bulla_cur c = bulla_cur_of(bytes, ROW), n, id, hex;
	struct row r = { 0 };

	if (!bulla_cur_take(&c, NUMBER, &n) || !bulla_cur_eat_str(&c, " ") ||
	    !bulla_cur_take(&c, BULLA_ID_LEN, &id) ||
	    !bulla_cur_eat_str(&c, " ") || !bulla_cur_take(&c, 64, &hex) ||
	    !bulla_cur_eat_str(&c, "\n"))
		return false;
	while (n.len > 1 && bulla_cur_eat_str(&n, "0"))
		;
	if (!bulla_num_u64(&n, INT64_MAX, &r.sequence) || r.sequence == 0)
		return false;
	r.is_void = is_dashes(&id) && is_dashes(&hex);
	if (!r.is_void) {
		if (!bulla_id_ok(&id) ||
		    !bulla_hex_decode(&hex, r.opening, sizeof(r.opening)))
			return false;
		memcpy(r.id, id.p, id.len);
	}
	*out = r;
	return true;
}

static void
row_put(const struct row *r, char out[ROW + 1])
{
	char hex[2 * BULLA_SHA256_LEN + 1], none[64 + 1];

	memset(none, '-', 64);
	none[64] = '\0';
	bulla_hex(hex, r->opening, sizeof(r->opening));
	(void)snprintf(out, ROW + 1, "%020llu %.32s %s\n",
	    (unsigned long long)r->sequence, r->is_void ? none : r->id,
	    r->is_void ? none : hex);
}

static enum bulla_status
damaged(uint64_t n, struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_MISMATCH, "sequence: row %llu is "
	    "damaged", (unsigned long long)n + 1);
}

static enum bulla_status
row_read(int fd, uint64_t n, struct row *out, struct bulla_err *err)
{
	uint8_t bytes[ROW] = { 0 };
	enum bulla_status st;
	size_t got = 0;

	st = bulla_pread_fd(fd, bytes, sizeof(bytes), n * ROW, &got,
	    "sequence", err);
	if (st != BULLA_OK)
		return st;
	return got == sizeof(bytes) && row_parse(bytes, out) ? BULLA_OK :
	    damaged(n, err);
}

static enum bulla_status
row_append(int fd, const struct row *r, struct bulla_err *err)
{
	char text[ROW + 1];
	enum bulla_status st;
	struct stat sb;

	row_put(r, text);
	if (fstat(fd, &sb) != 0)
		return bulla_fail_sys(err, "sequence");
	st = bulla_pwrite_fd(fd, text, ROW, (uint64_t)sb.st_size, "sequence",
	    err);
	if (st == BULLA_OK && fdatasync(fd) != 0)
		st = bulla_fail_sys(err, "sequence");
	return st;
}

/*
 * Whole rows in the file. After a power cut a file can be longer than what of
 * it reached the disk: the rest is zeros then.
 */
static enum bulla_status
count(int fd, uint64_t *n, uint64_t *size, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	struct stat sb;
	uint8_t lf = '\n';
	size_t got = 0;

	if (fstat(fd, &sb) != 0)
		return bulla_fail_sys(err, "sequence");
	*n = (uint64_t)sb.st_size / ROW;
	if (*n > 0)
		st = bulla_pread_fd(fd, &lf, 1, *n * ROW - 1, &got,
		    "sequence", err);
	if (*n > 0 && lf == '\0')
		(*n)--;
	*size = (uint64_t)sb.st_size;
	return st;
}

/* The newest opening before row n, if there is any. */
static enum bulla_status
find_previous(int fd, uint64_t n, struct bulla_turn *t, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	struct row r;

	while (n > 0 && st == BULLA_OK && !t->has_previous) {
		st = row_read(fd, --n, &r, err);
		if (st == BULLA_OK && !r.is_void) {
			t->has_previous = true;
			memcpy(t->previous, r.opening, sizeof(t->previous));
		}
	}
	return st;
}

static enum bulla_status
take(struct bulla_turn *t, struct bulla_err *err)
{
	struct row last = { 0 }, mine = { .is_void = true };
	enum bulla_status st;
	uint64_t n, size;

	st = count(t->lock, &n, &size, err);
	if (st == BULLA_OK && size != n * ROW &&
	    ftruncate(t->lock, (off_t)(n * ROW)) != 0)
		st = bulla_fail_sys(err, "sequence");
	if (st == BULLA_OK && n > 0)
		st = row_read(t->lock, n - 1, &last, err);
	if (st == BULLA_OK)
		st = find_previous(t->lock, n, t, err);
	if (st != BULLA_OK)
		return st;
	if (last.sequence >= INT64_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "sequence: no number "
		    "is left");
	t->sequence = mine.sequence = last.sequence + 1;
	return row_append(t->lock, &mine, err);
}

/* An agency's name is a path component here: "." and ".." are none. */
static enum bulla_status
sequence_path(const char *home, const char *agency,
    char out[LEDGER_PATH_MAX], struct bulla_err *err)
{
	char rest[BULLA_KEYNAME_MAX + 16];
	struct bulla_cur c = bulla_cur_str(agency);

	if (!bulla_keyname_ok(&c) || memchr(c.p, '/', c.len) != NULL ||
	    bulla_cur_is(&c, ".") || bulla_cur_is(&c, ".."))
		return bulla_fail(err, BULLA_E_USAGE, "this is no name of an "
		    "agency");
	(void)snprintf(rest, sizeof(rest), "sequence/%s", agency);
	return ledger_path(out, home, rest, err);
}

enum bulla_status
bulla_home_turn(struct bulla_home *h, const char *agency,
    struct bulla_turn *out, struct bulla_err *err)
{
	char path[LEDGER_PATH_MAX], dir[LEDGER_PATH_MAX];
	struct bulla_turn t = { .lock = -1 };
	enum bulla_status st;

	st = sequence_path(h->path, agency, path, err);
	if (st == BULLA_OK)
		st = ledger_path(dir, h->path, "sequence", err);
	if (st == BULLA_OK)
		st = bulla_dir_make(dir, 0700, err);
	if (st == BULLA_OK)
		st = bulla_lock(path, true, &t.lock, err);
	/* The file's name must last as long as the number does */
	if (st == BULLA_OK)
		st = bulla_dir_sync(dir, err);
	if (st == BULLA_OK)
		st = take(&t, err);
	if (st == BULLA_OK) {
		(void)snprintf(t.agency, sizeof(t.agency), "%s", agency);
		*out = t;
	} else if (t.lock != -1) {
		(void)close(t.lock);
	}
	return st;
}

enum bulla_status
bulla_home_turn_end(struct bulla_home *h, struct bulla_turn *turn,
    const char *id, const uint8_t *opening, struct bulla_err *err)
{
	struct row r = { .sequence = turn->sequence };
	enum bulla_status st = BULLA_OK;
	struct bulla_cur c;

	(void)h;
	if (opening != NULL) {
		c = bulla_cur_str(id);
		BULLA_CHECK(bulla_id_ok(&c));
		memcpy(r.id, id, BULLA_ID_LEN);
		memcpy(r.opening, opening, sizeof(r.opening));
		st = row_append(turn->lock, &r, err);
	}
	(void)close(turn->lock);
	turn->lock = -1;
	return st;
}

struct told {
	enum bulla_status (*fn)(void *ctx, uint64_t sequence, const char *id,
	    const uint8_t *opening, struct bulla_err *err);
	void *ctx;
};

static enum bulla_status
tell(const struct told *t, const struct row *r, struct bulla_err *err)
{
	return t->fn(t->ctx, r->sequence, r->is_void ? NULL : r->id,
	    r->is_void ? NULL : r->opening, err);
}

/* Rows of one number follow each other; the last one counts. */
static enum bulla_status
walk(int fd, uint64_t n, const struct told *t, struct bulla_err *err)
{
	struct row held = { 0 }, r;
	enum bulla_status st = BULLA_OK;

	for (uint64_t i = 0; i < n && st == BULLA_OK; i++) {
		st = row_read(fd, i, &r, err);
		if (st != BULLA_OK)
			return st;
		if (r.is_void ? r.sequence != held.sequence + 1 :
		    r.sequence != held.sequence || !held.is_void)
			return damaged(i, err);
		if (r.is_void && held.sequence > 0)
			st = tell(t, &held, err);
		held = r;
	}
	return st == BULLA_OK && held.sequence > 0 ? tell(t, &held, err) : st;
}

enum bulla_status
bulla_home_turns(const char *home, const char *agency,
    enum bulla_status (*fn)(void *ctx, uint64_t sequence, const char *id,
    const uint8_t *opening, struct bulla_err *err), void *ctx,
    struct bulla_err *err)
{
	struct told t = { fn, ctx };
	char path[LEDGER_PATH_MAX];
	enum bulla_status st;
	uint64_t n, size;
	int fd;

	st = sequence_path(home, agency, path, err);
	if (st != BULLA_OK)
		return st;
	/* Without the lock: a seal may hold it for hours, rows only come */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return errno == ENOENT ? BULLA_OK : bulla_fail_sys(err,
		    "sequence/%s", agency);
	st = count(fd, &n, &size, err);
	if (st == BULLA_OK)
		st = walk(fd, n, &t, err);
	(void)close(fd);
	return st;
}
