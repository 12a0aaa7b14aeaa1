#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ends.h"
#include "inbox_int.h"

#include "bulla/hash.h"

#define NOTE_MAX 65536u
#define AGAIN_FIRST 5		/* seconds, doubled at each failure */
#define AGAIN_MAX 600
#define PIECE 65536u

static bool
is_temporary(enum bulla_status st)
{
	return st == BULLA_E_IO || st == BULLA_E_NOMEM || st == BULLA_E_AGAIN ||
	    st == BULLA_E_UNSAFE;
}

static void
refusal(struct answer *a, const char *why)
{
	a->refused = true;
	bulla_buf_reset(&a->body);
	bulla_buf_str(&a->body, why);
	bulla_buf_str(&a->body, "\n");
}

/* The digest of what was refused, which nobody may have named. */
static enum bulla_status
hash_upload(const struct upload *u, uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	struct bulla_sha256 *h = NULL;
	enum bulla_status st = bulla_sha256_new(&h, err);
	uint8_t *buf = malloc(PIECE);
	off_t at = 0;
	ssize_t n = 1;

	if (st == BULLA_OK && buf == NULL)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	while (st == BULLA_OK && n > 0) {
		n = pread(u->fd, buf, PIECE, at);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n < 0)
			st = bulla_fail_sys(err, "the upload");
		if (n > 0)
			bulla_sha256_update(h, buf, (size_t)n);
		at += n;
	}
	if (st == BULLA_OK)
		bulla_sha256_final(h, sha256);
	bulla_sha256_free(h);
	free(buf);
	return st;
}

/* Whoever comes with the ends of what is here is told so. */
static enum bulla_status
keep_ends(struct upload *u, const struct answer *a, struct bulla_err *err)
{
	uint8_t ends[32];
	enum bulla_status st;

	if (a->length < BULLA_TUS_ENDS_MIN)
		return BULLA_OK;
	st = ends_of(u->fd, a->length, ends, err);
	return st == BULLA_OK ? answer_put(u->ib, &u->client, ends, a, err) :
	    st;
}

/*
 * The client asks for the digest that it knows. Where the bytes have
 * another one, it has to hear that under its own. Of a pipe nobody knew it
 * when the upload was begun, nor of what was named by its ends.
 */
static enum bulla_status
keep_answer(struct upload *u, struct bulla_inbox_verdict *v,
    enum bulla_status found, struct bulla_err *why)
{
	struct answer a = { .length = u->length,
	    .body = BULLA_BUF_INIT(NOTE_MAX) };
	uint8_t sha256[BULLA_SHA256_LEN];
	struct bulla_err err = { 0 };
	const bool claimed = u->has_hint && !u->by_ends;
	enum bulla_status st = BULLA_OK;

	memcpy(sha256, u->hint, sizeof(sha256));
	if (found == BULLA_OK) {
		a.rejected = !v->accepted;
		bulla_buf_put(&a.body, v->note.p, v->note.len);
		st = answer_put(u->ib, &u->client, v->sha256, &a, &err);
		if (st == BULLA_OK && v->accepted)
			st = keep_ends(u, &a, &err);
		if (memcmp(v->sha256, u->hint, sizeof(u->hint)) != 0)
			refusal(&a, "the bytes that arrived have "
			    "another SHA-256");
	} else {
		refusal(&a, why->msg);
		if (!claimed)
			st = hash_upload(u, sha256, &err);
	}
	if (st == BULLA_OK && a.refused && (claimed || found != BULLA_OK))
		st = answer_put(u->ib, &u->client, sha256, &a, &err);
	bulla_buf_free(&a.body);
	if (st != BULLA_OK)
		*why = err;
	return st;
}

static void
log_verdict(struct upload *u, const struct bulla_inbox_verdict *v,
    enum bulla_status found, const struct bulla_err *why)
{
	char text[600];

	atomic_fetch_add(&u->ib->stats.verdict[found != BULLA_OK ?
	    V_REFUSED : v->accepted ? V_RECEIVE : V_REJECT], 1);
	if (found == BULLA_OK)
		inbox_log(u->ib, "event=judged client=%s upload=%s package=%s "
		    "result=%s%s%s", u->client.hex, u->id,
		    v->id[0] != '\0' ? v->id : "-",
		    v->accepted ? "receive" : "reject",
		    v->existed ? " known=yes" : "",
		    v->followed ? " followed=yes" : "");
	else
		inbox_log(u->ib, "event=judged client=%s upload=%s "
		    "result=refused reason=\"%s\"", u->client.hex, u->id,
		    inbox_quote(text, sizeof(text), why->msg));
}

static void
later(struct upload *u, const struct bulla_err *why)
{
	unsigned n = atomic_fetch_add(&u->tries, 1);
	int64_t wait = n < 7 ? AGAIN_FIRST << n : AGAIN_MAX;
	char text[600];

	atomic_fetch_add(&u->ib->stats.not_judged, 1);
	atomic_store(&u->again_at, inbox_clock() + wait);
	inbox_log(u->ib, "event=not-judged client=%s upload=%s again=%llds "
	    "reason=\"%s\"", u->client.hex, u->id, (long long)wait,
	    inbox_quote(text, sizeof(text), why->msg));
}

void
judge_run(struct task *t)
{
	struct upload *u = (struct upload *)((char *)t -
	    offsetof(struct upload, judge_task));
	struct bulla_inbox_verdict v = { .note = BULLA_BUF_INIT(NOTE_MAX) };
	struct bulla_err err = { 0 };
	enum bulla_status st, kept;
	struct timespec t0, t1;

	/* The callback reads from the beginning, also the second time. */
	(void)lseek(u->fd, 0, SEEK_SET);
	(void)clock_gettime(CLOCK_MONOTONIC, &t0);
	st = u->ib->cfg.finish(u->ib->cfg.finish_ctx, u->fd, &u->client,
	    follow_take(u), &v, &err);
	(void)clock_gettime(CLOCK_MONOTONIC, &t1);
	if (!is_temporary(st)) {
		atomic_fetch_add(&u->ib->stats.judged_ms,
		    (uint64_t)((t1.tv_sec - t0.tv_sec) * 1000 +
		    (t1.tv_nsec - t0.tv_nsec) / 1000000));
		log_verdict(u, &v, st, &err);
		kept = keep_answer(u, &v, st, &err);
	} else {
		kept = st;
	}
	bulla_buf_free(&v.note);
	if (kept == BULLA_OK) {
		/* Only now: an answer lost with its upload would be silence. */
		disk_remove(u->ib, u->id);
		atomic_store(&u->again_at, inbox_clock());
		atomic_store(&u->state, UPLOAD_DONE);
		/* To give back gigabytes takes a while: not his who waits. */
		upload_close(u);
	} else {
		later(u, &err);
	}
	atomic_store(&u->judge_queued, false);
	upload_put(u);
}
