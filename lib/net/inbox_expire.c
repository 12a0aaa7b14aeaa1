#include "inbox_int.h"

#include "bulla/file.h"

/*
 * An upload to which no byte came for a set time is removed. While the
 * server runs the time is counted by a clock that nobody sets.
 */
#define AT_ONCE 16u	/* removals in a second */

int64_t
upload_expires(struct upload *u)
{
	int64_t idle = inbox_clock() - atomic_load(&u->touched);
	int64_t most = u->ib->cfg.expire_secs;

	if (most == 0 || atomic_load(&u->state) != UPLOAD_OPEN)
		return 0;
	return bulla_now() + (idle < most ? most - idle : 0);
}

static bool
is_due(struct upload *u, int64_t now)
{
	return atomic_load(&u->state) == UPLOAD_OPEN &&
	    now - atomic_load(&u->touched) > u->ib->cfg.expire_secs;
}

static struct upload *
next_due(struct bulla_inbox *ib, int64_t now)
{
	struct upload *u;

	pthread_mutex_lock(&ib->mu);
	for (u = ib->uploads; u != NULL; u = u->next)
		if (is_due(u, now))
			break;
	if (u != NULL)
		upload_ref(u);
	pthread_mutex_unlock(&ib->mu);
	return u;
}

void
uploads_expire(struct bulla_inbox *ib)
{
	int64_t now = inbox_clock();
	struct upload *u;
	unsigned n = 0;

	while (ib->cfg.expire_secs != 0 && n++ < AT_ONCE &&
	    (u = next_due(ib, now)) != NULL) {
		upload_expire(u);
		upload_put(u);
	}
}
