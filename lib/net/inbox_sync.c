#include <errno.h>
#include <unistd.h>

#include "inbox_int.h"

#include "bulla/io.h"

/*
 * One request at a time may write to an upload: its owner. A client that
 * comes back for an upload takes it over from its own older connection,
 * which may have been dead for an hour without our noticing.
 */
void
upload_claim(struct upload *u, struct request *r)
{
	pthread_mutex_lock(&u->mu);
	/* The older request cannot end, nor its socket close, while we hold
	 * the lock: it has to release the upload first. */
	if (u->owner != NULL && u->owner != r)
		conn_cut(u->owner->conn, CUT_TAKEN_OVER);
	if (u->owner != r)
		piece_drop_locked(u);
	u->owner = r;
	pthread_mutex_unlock(&u->mu);
}

void
upload_release(struct upload *u, struct request *r)
{
	pthread_mutex_lock(&u->mu);
	if (u->owner == r) {
		piece_drop_locked(u);
		u->owner = NULL;
	}
	pthread_mutex_unlock(&u->mu);
}

static enum bulla_status
write_locked(struct upload *u, struct request *r, struct bulla_err *err)
{
	uint64_t at = atomic_load(&u->written);
	enum bulla_status st;

	if (u->owner != r || u->fd == -1)
		return bulla_fail(err, BULLA_E_REFUSED,
		    "the upload was continued elsewhere");
	if (r->buf_len == 0)
		return BULLA_OK;
	if (atomic_load(&u->full)) {
		st = bulla_fail(err, BULLA_E_IO,
		    "the disk has no room for it now");
		if (err != NULL)
			err->sys_errno = ENOSPC;
		return st;
	}
	st = bulla_pwrite_fd(u->fd, r->buf, r->buf_len, at, "upload", err);
	if (st == BULLA_OK) {
		atomic_store(&u->written, at + r->buf_len);
		follow_tell_locked(u);
	}
	return st;
}

/* Write what r has gathered. BULLA_E_REFUSED: it is not the owner any more. */
enum bulla_status
upload_write(struct upload *u, struct request *r, struct bulla_err *err)
{
	enum bulla_status st = uploads_grow(u, r->buf_len, err);

	if (st != BULLA_OK)
		return st;
	piece_add(r, r->buf, r->buf_len);
	pthread_mutex_lock(&u->mu);
	st = write_locked(u, r, err);
	pthread_mutex_unlock(&u->mu);
	if (st != BULLA_OK)
		return st;
	r->buf_len = 0;
	atomic_store(&u->touched, inbox_clock());
	if (atomic_load(&u->written) - atomic_load(&u->durable) >= SYNC_EVERY)
		upload_sync_later(u);
	return BULLA_OK;
}

/* Writers and whoever syncs hold one of the two locks. */
void
upload_close(struct upload *u)
{
	pthread_mutex_lock(&u->sync_mu);
	pthread_mutex_lock(&u->mu);
	if (u->fd != -1)
		(void)close(u->fd);
	u->fd = -1;
	pthread_mutex_unlock(&u->mu);
	pthread_mutex_unlock(&u->sync_mu);
}

/* False: it is not open any more, or somebody writes to it. */
static bool
let_go(struct upload *u, bool idle)
{
	enum upload_state open = UPLOAD_OPEN;
	bool ok;

	pthread_mutex_lock(&u->mu);
	if (idle && u->owner != NULL)
		atomic_store(&u->touched, inbox_clock());
	ok = !(idle && u->owner != NULL) &&
	    atomic_compare_exchange_strong(&u->state, &open, UPLOAD_GONE);
	if (ok)
		follow_leave_locked(u);
	pthread_mutex_unlock(&u->mu);
	return ok;
}

/* The upload is lost; what it had is removed. */
void
upload_drop(struct upload *u, const char *why)
{
	bool gone;

	/* Not while progress is recorded in the directory to be removed. */
	pthread_mutex_lock(&u->sync_mu);
	gone = let_go(u, false);
	if (gone) {
		atomic_fetch_add(&u->ib->stats.dropped, 1);
		inbox_log(u->ib, "event=dropped client=%s upload=%s "
		    "reason=\"%s\"", u->client.hex, u->id, why);
		disk_remove(u->ib, u->id);
	}
	pthread_mutex_unlock(&u->sync_mu);
	if (gone)
		upload_close(u);
}

void
upload_expire(struct upload *u)
{
	bool gone;

	pthread_mutex_lock(&u->sync_mu);
	gone = let_go(u, true);
	if (gone) {
		atomic_fetch_add(&u->ib->stats.expired, 1);
		inbox_log(u->ib, "event=expired client=%s upload=%s "
		    "offset=%llu", u->client.hex, u->id,
		    (unsigned long long)atomic_load(&u->durable));
		atomic_store(&u->again_at, inbox_clock());
		atomic_store(&u->expired, true);
		disk_remove(u->ib, u->id);
	}
	pthread_mutex_unlock(&u->sync_mu);
	if (gone)
		upload_close(u);
}

static uint64_t
sure(struct upload *u)
{
	uint64_t upto;

	pthread_mutex_lock(&u->mu);
	upto = upload_sure_locked(u);
	pthread_mutex_unlock(&u->mu);
	return upto;
}

/*
 * Everything written so far becomes durable, and then its length is
 * recorded: only recorded bytes are ever acknowledged.
 */
enum bulla_status
upload_sync(struct upload *u, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	uint64_t upto;

	pthread_mutex_lock(&u->sync_mu);
	upto = sure(u);
	if (upto > atomic_load(&u->durable) &&
	    atomic_load(&u->state) == UPLOAD_OPEN) {
		if (fdatasync(u->fd) != 0)
			st = bulla_fail_sys(err, "upload: data");
		else
			st = disk_record(u, upto, err);
		if (st == BULLA_OK)
			atomic_store(&u->durable, upto);
	}
	pthread_mutex_unlock(&u->sync_mu);
	if (st == BULLA_OK)
		return BULLA_OK;
	/* After a failed fsync nobody knows what is on the disk: a second
	 * one would say yes to pages that were thrown away. */
	upload_drop(u, "it could not be made durable");
	return st;
}

void
upload_settle(struct upload *u)
{
	enum upload_state open = UPLOAD_OPEN;

	if (atomic_load(&u->durable) != atomic_load(&u->length))
		return;
	pthread_mutex_lock(&u->mu);
	if (u->owner == NULL && atomic_compare_exchange_strong(&u->state,
	    &open, UPLOAD_CLOSED) && !atomic_exchange(&u->judge_queued, true))
		pool_push(&u->ib->judge, &upload_ref(u)->judge_task);
	pthread_mutex_unlock(&u->mu);
}
