#include <errno.h>
#include <string.h>

#include "inbox_int.h"

#include "bulla/file.h"

/* How much may be begun, by whom, and whether the disk will take it. */

/* Of deferred length: only what has really arrived. */
static uint64_t
size_of(struct upload *u)
{
	uint64_t length = atomic_load(&u->length);

	return length != LENGTH_DEFERRED ? length : atomic_load(&u->written);
}

/*
 * What is promised already: the rest of each upload, and the judge's own
 * copy of it.
 */
static uint64_t
promised(const struct bulla_inbox *ib)
{
	uint64_t sum = SPACE_SPARE, size, written;

	for (struct upload *u = ib->uploads; u != NULL; u = u->next) {
		if (!upload_is_pending(u))
			continue;
		written = atomic_load(&u->written);
		size = size_of(u);
		if (size > written && __builtin_add_overflow(sum,
		    size - written, &sum))
			return UINT64_MAX;
		/* What the copy has is no longer free. */
		written = atomic_load(&u->told);
		if (size > written && __builtin_add_overflow(sum,
		    size - written, &sum))
			return UINT64_MAX;
	}
	return sum;
}

static enum bulla_status
room_locked(struct bulla_inbox *ib, uint64_t more, struct bulla_err *err)
{
	enum bulla_status st;
	uint64_t have, want;

	st = bulla_space_free(ib->incoming, &have, err);
	if (st != BULLA_OK)
		return st;
	if (!__builtin_add_overflow(promised(ib), more, &want) &&
	    !__builtin_add_overflow(want, more, &want) && want <= have)
		return BULLA_OK;
	st = bulla_fail(err, BULLA_E_AGAIN,
	    "the disk has no room for it now");
	if (err != NULL)
		err->sys_errno = ENOSPC;
	return st;
}

enum bulla_status
uploads_room(struct bulla_inbox *ib, uint64_t more, struct bulla_err *err)
{
	enum bulla_status st;

	pthread_mutex_lock(&ib->mu);
	st = room_locked(ib, more, err);
	pthread_mutex_unlock(&ib->mu);
	return st;
}

/* What a client or its agency has begun already. */
struct begun {
	unsigned uploads;
	uint64_t bytes;
};

static void
count(struct begun *b, struct upload *u)
{
	b->uploads++;
	if (__builtin_add_overflow(b->bytes, size_of(u), &b->bytes))
		b->bytes = UINT64_MAX;
}

static void
count_locked(struct bulla_inbox *ib, const struct upload *me,
    struct begun *client, struct begun *agency, struct begun *all)
{
	for (struct upload *u = ib->uploads; u != NULL; u = u->next) {
		if (u == me || !upload_is_pending(u))
			continue;
		count(all, u);
		if (upload_is_of(u, &me->client))
			count(client, u);
		if (me->agency[0] != '\0' && strcmp(u->agency,
		    me->agency) == 0)
			count(agency, u);
	}
}

/* How many bytes more? */
static uint64_t
left(const struct bulla_inbox_limits *l, const struct begun *b)
{
	if (l->bytes == 0)
		return UINT64_MAX;
	return l->bytes > b->bytes ? l->bytes - b->bytes : 0;
}

static enum bulla_status
within(const struct bulla_inbox_limits *l, const struct begun *b,
    uint64_t more, const char *whose, struct bulla_err *err)
{
	if (l->uploads != 0 && b->uploads >= l->uploads)
		return bulla_fail(err, BULLA_E_AGAIN, "%u uploads of %s are "
		    "not finished: finish or delete some", b->uploads, whose);
	if (more > left(l, b))
		return bulla_fail(err, BULLA_E_AGAIN, "%llu bytes are what "
		    "%s may have unfinished", (unsigned long long)l->bytes,
		    whose);
	return BULLA_OK;
}

static enum bulla_status
may_locked(struct bulla_inbox *ib, const struct upload *u, uint64_t more,
    struct bulla_err *err)
{
	struct begun client = { 0 }, agency = { 0 }, all = { 0 };
	enum bulla_status st;

	count_locked(ib, u, &client, &agency, &all);
	st = within(&ib->cfg.client, &client, more, "you", err);
	if (st == BULLA_OK && u->agency[0] != '\0')
		st = within(&ib->cfg.agency, &agency, more, "your agency",
		    err);
	if (st == BULLA_OK && all.uploads >= BULLA_INBOX_UPLOADS_MAX)
		st = bulla_fail(err, BULLA_E_AGAIN,
		    "too many uploads in progress");
	return st;
}

enum bulla_status
uploads_admit(struct bulla_inbox *ib, struct upload *u, struct bulla_err *err)
{
	enum bulla_status st;
	uint64_t size = size_of(u);

	pthread_mutex_lock(&ib->mu);
	st = may_locked(ib, u, size, err);
	if (st == BULLA_OK)
		st = room_locked(ib, size, err);
	if (st == BULLA_OK) {
		/* Counted at once, so that two cannot take the same room. */
		u->next = ib->uploads;
		ib->uploads = u;
	}
	pthread_mutex_unlock(&ib->mu);
	return st;
}

enum bulla_status
uploads_may_be(struct bulla_inbox *ib, const struct upload *u,
    uint64_t length, struct bulla_err *err)
{
	enum bulla_status st;

	pthread_mutex_lock(&ib->mu);
	st = may_locked(ib, u, length, err);
	if (st == BULLA_OK)
		st = room_locked(ib, length - atomic_load(&u->written), err);
	pthread_mutex_unlock(&ib->mu);
	return st;
}

static uint64_t
most_locked(struct bulla_inbox *ib, const struct upload *u)
{
	struct begun client = { 0 }, agency = { 0 }, all = { 0 };
	uint64_t most = ib->cfg.max_size, n;

	count_locked(ib, u, &client, &agency, &all);
	n = left(&ib->cfg.client, &client);
	if (n < most)
		most = n;
	n = u->agency[0] != '\0' ? left(&ib->cfg.agency, &agency) : most;
	return n < most ? n : most;
}

uint64_t
uploads_most(struct bulla_inbox *ib, const struct upload *u)
{
	uint64_t most;

	pthread_mutex_lock(&ib->mu);
	most = most_locked(ib, u);
	pthread_mutex_unlock(&ib->mu);
	return most;
}

/*
 * One whose length nobody knows was let in by what its client had then; what
 * others have taken meanwhile, in the same minute, is not there any more.
 */
enum bulla_status
uploads_grow(struct upload *u, size_t n, struct bulla_err *err)
{
	const struct bulla_inbox_config *cfg = &u->ib->cfg;

	if (atomic_load(&u->length) != LENGTH_DEFERRED ||
	    (cfg->client.bytes == 0 && cfg->agency.bytes == 0) ||
	    atomic_load(&u->written) + n <= uploads_most(u->ib, u))
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_AGAIN, "with what else is unfinished "
	    "it is more than you, or your agency, may have");
}

enum bulla_status
uploads_free_for(struct bulla_inbox *ib, const struct upload *like,
    uint64_t *out, struct bulla_err *err)
{
	enum bulla_status st;
	uint64_t have, want, most = 0;

	st = bulla_space_free(ib->incoming, &have, err);
	if (st != BULLA_OK)
		return st;
	pthread_mutex_lock(&ib->mu);
	want = promised(ib);
	if (may_locked(ib, like, 0, NULL) == BULLA_OK)
		most = most_locked(ib, like);
	pthread_mutex_unlock(&ib->mu);
	have = have > want ? (have - want) / 2 : 0;
	*out = have < most ? have : most;
	return BULLA_OK;
}

void
upload_look_at_disk(struct upload *u)
{
	uint64_t have, want = SPACE_SPARE;
	struct bulla_err err = { 0 };

	/* One whose length is known was promised its room when it began; for
	 * the others the judge's copy has to be thought of now. */
	if (atomic_load(&u->length) == LENGTH_DEFERRED)
		want += atomic_load(&u->written);
	if (bulla_space_free(u->ib->incoming, &have, &err) == BULLA_OK)
		atomic_store(&u->full, have < want);
}
