#include <stdlib.h>
#include <sys/socket.h>

#include "inbox_int.h"

/*
 * libmicrohttpd closes a connection only when nothing at all arrives: one
 * byte a second would hold a place for ever. So each connection has to come
 * up with a whole request in time, and a body has to keep up a rate.
 */
#define RATE_WINDOW 20		/* seconds */
#define REQUEST_MAX (24 * 3600)	/* seconds; a longer upload goes on by HEAD */

struct conn *
conn_add(struct bulla_inbox *ib, int fd)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->ib = ib;
	c->fd = fd;
	c->since = inbox_clock();
	pthread_mutex_lock(&ib->conn_mu);
	c->next = ib->conns;
	if (c->next != NULL)
		c->next->link = &c->next;
	c->link = &ib->conns;
	ib->conns = c;
	pthread_mutex_unlock(&ib->conn_mu);
	return c;
}

/* Before the socket is closed: its number may be somebody else's after. */
void
conn_remove(struct conn *c)
{
	struct bulla_inbox *ib = c->ib;

	pthread_mutex_lock(&ib->conn_mu);
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	pthread_mutex_unlock(&ib->conn_mu);
	free(c);
}

/* The client's name may be logged from now on. */
void
conn_known(struct conn *c)
{
	pthread_mutex_lock(&c->ib->conn_mu);
	c->known = true;
	pthread_mutex_unlock(&c->ib->conn_mu);
}

void
conn_request(struct conn *c, bool begins)
{
	pthread_mutex_lock(&c->ib->conn_mu);
	c->busy = begins;
	c->since = c->window = inbox_clock();
	c->window_bytes = 0;
	pthread_mutex_unlock(&c->ib->conn_mu);
}

void
conn_parked(struct conn *c, bool parked)
{
	pthread_mutex_lock(&c->ib->conn_mu);
	c->parked = parked;
	c->window = inbox_clock();
	c->window_bytes = 0;
	pthread_mutex_unlock(&c->ib->conn_mu);
}

void
conn_progress(struct conn *c, size_t n)
{
	pthread_mutex_lock(&c->ib->conn_mu);
	c->window_bytes += n;
	pthread_mutex_unlock(&c->ib->conn_mu);
}

static void
cut_locked(struct conn *c, const char *why)
{
	struct linger reset = { .l_onoff = 1 };

	if (c->cut)
		return;
	c->cut = true;
	/*
	 * With a reset: a client whose window was shut would not hear an
	 * orderly close before the kernel forgets it, a minute later.
	 */
	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	/* The network thread notices, and closes it. */
	(void)shutdown(c->fd, SHUT_RDWR);
	inbox_log(c->ib, "event=cut client=%s reason=%s",
	    c->known ? c->client.hex : "-", why);
}

void
conn_cut(struct conn *c, const char *why)
{
	pthread_mutex_lock(&c->ib->conn_mu);
	cut_locked(c, why);
	pthread_mutex_unlock(&c->ib->conn_mu);
}

static const char *
too_slow(struct conn *c, int64_t now)
{
	const struct bulla_inbox_config *cfg = &c->ib->cfg;

	if (c->parked)
		return NULL;	/* it waits for us */
	if (!c->busy)
		return now - c->since > cfg->idle_secs ? "idle" : NULL;
	if (now - c->since > REQUEST_MAX)
		return "too-long";
	if (now - c->window < RATE_WINDOW)
		return NULL;
	if (c->window_bytes < cfg->min_rate * (uint64_t)(now - c->window))
		return "too-slow";
	c->window = now;
	c->window_bytes = 0;
	return NULL;
}

void
conns_watch(struct bulla_inbox *ib)
{
	int64_t now = inbox_clock();
	const char *why;

	pthread_mutex_lock(&ib->conn_mu);
	for (struct conn *c = ib->conns; c != NULL; c = c->next) {
		why = too_slow(c, now);
		if (why != NULL)
			cut_locked(c, why);
	}
	pthread_mutex_unlock(&ib->conn_mu);
}
