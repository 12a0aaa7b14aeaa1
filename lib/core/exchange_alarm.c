#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/hash.h"
#include "bulla/when.h"
#include "core/exchange_int.h"

/*
 * HOME/ledger/alarm/<time>-<kind>/
 *	alarm.txt	what happened, in words
 *	seen.note	the signed checkpoint that was seen before
 *	now.note	the signed checkpoint that does not follow it
 *	request, answer	what was asked and said, byte for byte
 * seen.note and now.note are what convinces a third party: one log has
 * signed both.
 */
#define PART ".part"
#define TEXT_MAX 4096u
#define SAME_SECOND_MAX 16u

struct raise {
	struct bulla_exchange *x;
	const struct alarm *a;
	char dir[EXCHANGE_PATH_MAX];
	char hex[2 * BULLA_SHA256_LEN + 1];	/* of all evidence */
	unsigned n;			/* alarms that are there */
	char same[256];			/* the one with this evidence, or "" */
};

static void
hash_one(struct bulla_sha256 *h, const struct bulla_cur *c)
{
	uint8_t len[8];

	for (unsigned i = 0; i < 8; i++)
		len[i] = (uint8_t)((uint64_t)c->len >> (56 - 8 * i));
	bulla_sha256_update(h, len, sizeof(len));
	bulla_sha256_update(h, c->p, c->len);
}

static void
hash_text(struct bulla_sha256 *h, const struct bulla_cur *note)
{
	struct bulla_cur text = bulla_cur_of("", 0);
	struct bulla_note n;

	if (bulla_note_parse(note, &n, NULL) == BULLA_OK)
		text = n.text;
	hash_one(h, &text);
}

/*
 * Of what happened and the texts of the checkpoints: signature lines of
 * nobody, and the request around them, may have any shape.
 */
static enum bulla_status
print_of(struct raise *r, struct bulla_err *err)
{
	struct bulla_cur what = bulla_cur_str(r->a->what);
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_sha256 *h = NULL;
	enum bulla_status st = bulla_sha256_new(&h, err);

	if (st != BULLA_OK)
		return st;
	hash_one(h, &what);
	hash_text(h, &r->a->seen);
	hash_text(h, &r->a->now);
	bulla_sha256_final(h, digest);
	bulla_sha256_free(h);
	bulla_hex(r->hex, digest, sizeof(digest));
	return BULLA_OK;
}

/* Is this one it? Its alarm.txt ends with the digest of its evidence. */
static bool
is_same(const struct raise *r, const char *name)
{
	struct bulla_buf b = BULLA_BUF_INIT(TEXT_MAX);
	size_t n = sizeof(r->hex) - 1;
	char rel[300];
	bool same;

	(void)snprintf(rel, sizeof(rel), "%s/alarm.txt", name);
	same = exchange_get(r->x, "alarm", rel, &b, NULL) == BULLA_OK &&
	    b.len > n && memcmp(b.p + b.len - n - 1, r->hex, n) == 0;
	bulla_buf_free(&b);
	return same;
}

static enum bulla_status
look(struct raise *r, struct bulla_err *err)
{
	struct dirent *e;
	DIR *d = opendir(r->dir);

	if (d == NULL)
		return bulla_fail_sys(err, "ledger/alarm");
	while ((e = readdir(d)) != NULL && r->same[0] == '\0') {
		if (e->d_name[0] == '.')
			continue;
		r->n++;
		if (is_same(r, e->d_name))
			(void)snprintf(r->same, sizeof(r->same), "%s",
			    e->d_name);
	}
	(void)closedir(d);
	return BULLA_OK;
}

static void
put_text(const struct raise *r, struct bulla_buf *b)
{
	const struct bulla_vkey *log = bulla_ledger_vkey(r->x->home->ledger);
	char when[BULLA_WHEN_LEN + 1];

	bulla_when_text(r->x->home->now, when);
	bulla_buf_fmt(b, "%s: %s.\n\nNoticed at %s by the side that keeps the "
	    "log %s.\n", r->a->kind, r->a->what, when, log->name);
	if (r->a->seen.len > 0 && r->a->now.len > 0)
		bulla_buf_str(b, "seen.note and now.note are checkpoints, each "
		    "signed by the log that its first line names: verify "
		    "both with that log's key of the roster. Of one size "
		    "with two roots, or with no consistency proof between "
		    "them, they prove that this log was rewritten.\n");
	bulla_buf_str(b, "request and answer are what was asked and said, as "
	    "it came.\nKeep this directory; show it to the other side.\n\n"
	    "evidence: ");
	bulla_buf_str(b, r->hex);
	bulla_buf_str(b, "\n");
}

static enum bulla_status
put_file(const struct raise *r, const char *name, const struct bulla_cur *c,
    struct bulla_err *err)
{
	char path[EXCHANGE_PATH_MAX], rel[64];
	enum bulla_status st;

	if (c->len == 0)
		return BULLA_OK;
	(void)snprintf(rel, sizeof(rel), PART "/%s", name);
	st = exchange_path(path, r->x, "alarm", rel, err);
	if (st != BULLA_OK)
		return st;
	return bulla_file_put(path, c->p, c->len, 0600, false, err);
}

static enum bulla_status
put_all(const struct raise *r, struct bulla_err *err)
{
	struct bulla_buf text = BULLA_BUF_INIT(TEXT_MAX);
	struct bulla_cur c;
	enum bulla_status st;

	put_text(r, &text);
	c = bulla_buf_view(&text);
	st = bulla_buf_status(&text);
	if (st == BULLA_OK)
		st = put_file(r, "alarm.txt", &c, err);
	if (st == BULLA_OK)
		st = put_file(r, "seen.note", &r->a->seen, err);
	if (st == BULLA_OK)
		st = put_file(r, "now.note", &r->a->now, err);
	if (st == BULLA_OK)
		st = put_file(r, "request", &r->a->request, err);
	if (st == BULLA_OK)
		st = put_file(r, "answer", &r->a->answer, err);
	bulla_buf_free(&text);
	return st;
}

/* The name says when; two in one second get a number. */
static enum bulla_status
name_it(struct raise *r, int dirfd, struct bulla_err *err)
{
	char when[BULLA_WHEN_LEN + 1], no[8] = "";

	bulla_when_text(r->x->home->now, when);
	for (unsigned i = 1; i <= SAME_SECOND_MAX; i++) {
		if (i > 1)
			(void)snprintf(no, sizeof(no), ".%u", i);
		(void)snprintf(r->same, sizeof(r->same), "%s-%s%s", when,
		    r->a->kind, no);
		if (faccessat(dirfd, r->same, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (renameat(dirfd, PART, dirfd, r->same) != 0)
			return bulla_fail_sys(err, "ledger/alarm");
		return bulla_dir_sync(r->dir, err);
	}
	return bulla_fail(err, BULLA_E_AGAIN, "too many alarms at once");
}

static enum bulla_status
raise_locked(struct raise *r, struct bulla_err *err)
{
	enum bulla_status st = look(r, err);
	int dirfd;

	if (st != BULLA_OK || r->same[0] != '\0')
		return st;
	/* Somebody who can sign checkpoints must not fill the disk. */
	if (r->n >= BULLA_EXCHANGE_ALARMS_MAX)
		return BULLA_OK;
	dirfd = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd == -1)
		return bulla_fail_sys(err, "ledger/alarm");
	/* What a crash has left */
	if (faccessat(dirfd, PART, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		st = bulla_dir_remove(dirfd, PART, err);
	if (st == BULLA_OK && mkdirat(dirfd, PART, 0700) != 0)
		st = bulla_fail_sys(err, "ledger/alarm");
	if (st == BULLA_OK)
		st = put_all(r, err);
	if (st == BULLA_OK)
		st = name_it(r, dirfd, err);
	(void)close(dirfd);
	return st;
}

enum bulla_status
exchange_alarm(struct bulla_exchange *x, const struct alarm *a,
    struct bulla_err *err)
{
	struct raise r = { .x = x, .a = a };
	char lock[EXCHANGE_PATH_MAX];
	enum bulla_status st;
	int fd = -1;

	st = exchange_path(r.dir, x, "alarm", "", err);
	if (st == BULLA_OK)
		st = exchange_path(lock, x, "alarm", ".lock", err);
	if (st == BULLA_OK)
		st = print_of(&r, err);
	if (st == BULLA_OK)
		st = bulla_dir_make(r.dir, 0700, err);
	if (st == BULLA_OK)
		st = bulla_lock(lock, true, &fd, err);
	if (st == BULLA_OK)
		st = raise_locked(&r, err);
	if (fd != -1)
		(void)close(fd);
	/* Also without a directory of its own it is one */
	if (st == BULLA_OK)
		(void)snprintf(x->alarm, sizeof(x->alarm),
		    "ledger/alarm%s%.200s", r.same[0] != '\0' ? "/" : "",
		    r.same);
	return st == BULLA_OK ? st : bulla_wrap(err, st, "the alarm");
}
