#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inbox_int.h"

#include "bulla/file.h"

#define FORGET_AFTER 3600	/* seconds that one which is over is known */
#define OVER_MAX 1024u	/* of them; what was judged has its answer on disk */

static void sync_run(struct task *t);

struct upload *
upload_new(struct bulla_inbox *ib)
{
	struct upload *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->ib = ib;
	u->fd = -1;
	atomic_init(&u->refs, 1);
	atomic_init(&u->piece_at, PIECE_NONE);
	atomic_init(&u->touched, inbox_clock());
	pthread_mutex_init(&u->mu, NULL);
	pthread_mutex_init(&u->sync_mu, NULL);
	u->sync_task.run = sync_run;
	u->judge_task.run = judge_run;
	return u;
}

static void
upload_free(struct upload *u)
{
	follow_leave_locked(u);	/* nobody else knows it any more */
	if (u->fd != -1)
		(void)close(u->fd);
	pthread_mutex_destroy(&u->mu);
	pthread_mutex_destroy(&u->sync_mu);
	free(u);
}

struct upload *
upload_ref(struct upload *u)
{
	atomic_fetch_add(&u->refs, 1);
	return u;
}

void
upload_put(struct upload *u)
{
	if (u != NULL && atomic_fetch_sub(&u->refs, 1) == 1)
		upload_free(u);
}

static void
sync_run(struct task *t)
{
	struct upload *u = (struct upload *)((char *)t -
	    offsetof(struct upload, sync_task));
	struct bulla_err err = { 0 };

	atomic_store(&u->sync_queued, false);
	if (upload_sync(u, &err) == BULLA_OK) {
		upload_settle(u);
		upload_look_at_disk(u);
	}
	upload_put(u);
}

void
upload_sync_later(struct upload *u)
{
	if (atomic_exchange(&u->sync_queued, true))
		return;
	pool_push(&u->ib->work, &upload_ref(u)->sync_task);
}

/* The table takes over the caller's reference. */
static void
insert(struct bulla_inbox *ib, struct upload *u)
{
	pthread_mutex_lock(&ib->mu);
	u->next = ib->uploads;
	ib->uploads = u;
	pthread_mutex_unlock(&ib->mu);
}

bool
upload_is_of(const struct upload *u, const struct bulla_inbox_client *who)
{
	return memcmp(u->client.spki, who->spki, sizeof(who->spki)) == 0;
}

bool
upload_is_pending(struct upload *u)
{
	enum upload_state s = atomic_load(&u->state);

	return s == UPLOAD_NEW || s == UPLOAD_OPEN || s == UPLOAD_CLOSED;
}

static bool
is_shown(struct upload *u)
{
	enum upload_state s = atomic_load(&u->state);

	return s != UPLOAD_NEW && s != UPLOAD_GONE;
}

struct upload *
uploads_find(struct bulla_inbox *ib, const char *id,
    const struct bulla_inbox_client *who)
{
	struct upload *u;

	pthread_mutex_lock(&ib->mu);
	for (u = ib->uploads; u != NULL; u = u->next)
		if (strcmp(u->id, id) == 0)
			break;
	/* Somebody else's upload does not exist. */
	if (u != NULL && (!upload_is_of(u, who) || !is_shown(u)))
		u = NULL;
	if (u != NULL)
		upload_ref(u);
	pthread_mutex_unlock(&ib->mu);
	return u;
}

bool
uploads_expired(struct bulla_inbox *ib, const char *id,
    const struct bulla_inbox_client *who)
{
	struct upload *u;
	bool expired;

	pthread_mutex_lock(&ib->mu);
	for (u = ib->uploads; u != NULL; u = u->next)
		if (strcmp(u->id, id) == 0)
			break;
	expired = u != NULL && upload_is_of(u, who) &&
	    atomic_load(&u->expired);
	pthread_mutex_unlock(&ib->mu);
	return expired;
}

static bool
is_hinted(const struct upload *u, const struct bulla_inbox_client *who,
    const uint8_t hint[32])
{
	return u->has_hint && upload_is_of(u, who) &&
	    memcmp(u->hint, hint, sizeof(u->hint)) == 0;
}

struct upload *
uploads_begun(struct bulla_inbox *ib, const struct bulla_inbox_client *who,
    const uint8_t hint[32], uint64_t length)
{
	struct upload *u;

	pthread_mutex_lock(&ib->mu);
	for (u = ib->uploads; u != NULL; u = u->next)
		if (atomic_load(&u->length) == length &&
		    upload_is_pending(u) && is_shown(u) &&
		    is_hinted(u, who, hint))
			break;
	if (u != NULL)
		upload_ref(u);
	pthread_mutex_unlock(&ib->mu);
	return u;
}

struct upload *
uploads_closed(struct bulla_inbox *ib, const struct bulla_inbox_client *who,
    const uint8_t hint[32])
{
	struct upload *u;

	pthread_mutex_lock(&ib->mu);
	for (u = ib->uploads; u != NULL; u = u->next)
		if (atomic_load(&u->state) == UPLOAD_CLOSED &&
		    is_hinted(u, who, hint))
			break;
	if (u != NULL)
		upload_ref(u);
	pthread_mutex_unlock(&ib->mu);
	return u;
}

bool
uploads_nameless(struct bulla_inbox *ib, const struct bulla_inbox_client *who,
    bool *stuck)
{
	bool found = false;

	*stuck = true;
	pthread_mutex_lock(&ib->mu);
	for (struct upload *u = ib->uploads; u != NULL; u = u->next) {
		if ((u->has_hint && !u->by_ends) || !upload_is_of(u, who) ||
		    atomic_load(&u->state) != UPLOAD_CLOSED)
			continue;
		found = true;
		if (atomic_load(&u->tries) == 0)
			*stuck = false;
	}
	pthread_mutex_unlock(&ib->mu);
	return found;
}

static enum bulla_status
load_one(struct bulla_inbox *ib, const char *id, struct bulla_err *err)
{
	struct upload *u = upload_new(ib);
	struct bulla_err why = { 0 };
	char text[600];
	enum bulla_status st;

	if (u == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	memcpy(u->id, id, BULLA_TUS_ID_LEN);
	st = disk_load(u, &why);
	if (st == BULLA_OK) {
		inbox_log(ib, "event=found client=%s upload=%s offset=%llu "
		    "length=%llu", u->client.hex, u->id,
		    (unsigned long long)atomic_load(&u->durable),
		    (unsigned long long)atomic_load(&u->length));
		atomic_store(&u->state, UPLOAD_OPEN);
		insert(ib, u);
		upload_settle(u);
		return BULLA_OK;
	}
	inbox_log(ib, "event=unusable upload=%s reason=\"%s\"", id,
	    inbox_quote(text, sizeof(text), why.msg));
	/* No state file: it was never acknowledged. Else: for a human. */
	if (why.sys_errno == ENOENT)
		disk_remove(ib, id);
	upload_put(u);
	return BULLA_OK;
}

enum bulla_status
uploads_load(struct bulla_inbox *ib, struct bulla_err *err)
{
	return disk_each(ib, load_one, err);
}

/* n: how many newer ones are over and still known. */
static bool
is_over(struct upload *u, int64_t now, unsigned *n)
{
	enum upload_state s = atomic_load(&u->state);

	if (s != UPLOAD_DONE && s != UPLOAD_GONE)
		return false;
	return (s == UPLOAD_GONE && !atomic_load(&u->expired)) ||
	    now - atomic_load(&u->again_at) > FORGET_AFTER ||
	    ++*n > OVER_MAX;
}

/* Ask again about what could not be judged; forget what is long over. */
void
uploads_tick(struct bulla_inbox *ib)
{
	struct upload **at, *u;
	int64_t now = inbox_clock();
	unsigned n = 0;

	pthread_mutex_lock(&ib->mu);
	/* The newest come first. */
	for (at = &ib->uploads; (u = *at) != NULL;) {
		if (is_over(u, now, &n)) {
			*at = u->next;
			upload_put(u);
			continue;
		}
		if (atomic_load(&u->state) == UPLOAD_CLOSED &&
		    atomic_load(&u->tries) > 0 &&
		    now >= atomic_load(&u->again_at) &&
		    !atomic_exchange(&u->judge_queued, true))
			pool_push(&ib->judge, &upload_ref(u)->judge_task);
		follow_watch(u, now);
		at = &u->next;
	}
	pthread_mutex_unlock(&ib->mu);
}

/* All threads are gone: whoever still held a reference never comes back. */
void
uploads_free(struct bulla_inbox *ib)
{
	struct upload *u;

	while ((u = ib->uploads) != NULL) {
		ib->uploads = u->next;
		upload_free(u);
	}
}
