#include "inbox_int.h"

/*
 * An upload can be judged while it comes, when it comes at once and fast: who
 * does that waits for its bytes, and there are few of them. Anything else is
 * judged when it is whole, as if this were not here.
 */
#define FOLLOW_MIN (1u << 20)	/* bytes; less is read again in no time */
#define RATE_SECS 10		/* each of these seconds has to bring */
#define RATE_BYTES (1u << 20)	/* so many bytes */

/* Bytes that are written, and not part of a piece that may be cut off. */
uint64_t
upload_sure_locked(struct upload *u)
{
	uint64_t upto = atomic_load(&u->written);
	uint64_t piece = atomic_load(&u->piece_at);

	return upto < piece ? upto : piece;
}

void
follow_tell_locked(struct upload *u)
{
	uint64_t upto = upload_sure_locked(u), told = atomic_load(&u->told);

	/* The last byte is told when nobody can delete the upload any more:
	 * the verdict is out soon after. */
	if (upto == u->follow_length &&
	    atomic_load(&u->state) != UPLOAD_CLOSED)
		upto--;
	if (u->followed == NULL || upto <= told)
		return;
	u->ib->cfg.follow.grown(u->ib->cfg.finish_ctx, u->followed,
	    upto - told);
	atomic_store(&u->told, upto);
}

/* Once for an upload: what is read so far would have to be read again. */
void
follow_begin(struct upload *u)
{
	const struct bulla_inbox_config *g = &u->ib->cfg;
	uint64_t length = atomic_load(&u->length);

	if (g->follow.begin == NULL || length == LENGTH_DEFERRED ||
	    length < FOLLOW_MIN)
		return;
	pthread_mutex_lock(&u->mu);
	if (!u->was_followed && u->fd != -1 &&
	    atomic_load(&u->state) == UPLOAD_OPEN) {
		u->followed = g->follow.begin(g->finish_ctx, u->fd,
		    &u->client, length);
		u->was_followed = u->followed != NULL;
		u->follow_length = length;
		u->rate_told = 0;
		u->rate_at = inbox_clock();
		follow_tell_locked(u);
	}
	pthread_mutex_unlock(&u->mu);
}

void
follow_leave_locked(struct upload *u)
{
	if (u->followed != NULL)
		u->ib->cfg.follow.leave(u->ib->cfg.finish_ctx, u->followed);
	u->followed = NULL;
	atomic_store(&u->told, 0);
}

/*
 * The others wait for those who judge. Called with the table locked, which must
 * not wait for a disk: whoever holds the lock is writing, so bytes do come.
 */
void
follow_watch(struct upload *u, int64_t now)
{
	if (pthread_mutex_trylock(&u->mu) != 0)
		return;
	if (u->followed != NULL && now - u->rate_at >= RATE_SECS &&
	    atomic_load(&u->state) == UPLOAD_OPEN) {
		if (atomic_load(&u->told) - u->rate_told <
		    RATE_SECS * RATE_BYTES)
			follow_leave_locked(u);
		u->rate_told = atomic_load(&u->told);
		u->rate_at = now;
	}
	pthread_mutex_unlock(&u->mu);
}

/* Who is to have the answer; he calls finish. */
void *
follow_take(struct upload *u)
{
	void *f;

	pthread_mutex_lock(&u->mu);
	follow_tell_locked(u);
	if (u->follow_length != atomic_load(&u->length))
		follow_leave_locked(u);
	f = u->followed;
	u->followed = NULL;
	pthread_mutex_unlock(&u->mu);
	return f;
}
