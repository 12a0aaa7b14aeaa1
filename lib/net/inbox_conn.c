#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "inbox_int.h"

/*
 * libmicrohttpd closes a connection only when nothing at all arrives: one
 * byte a second would hold a place for ever. So each connection has to come
 * up with a certificate, then with a whole request in time, and a body has to
 * keep up a rate.
 *
 * Places are few. Whoever has not shown a certificate can have only some of
 * them, and when these are taken one makes way, first from where most of them
 * come: thousands of strangers keep nobody out who finishes a handshake.
 */
#define HANDSHAKE_MAX 10	/* seconds */
#define RATE_WINDOW 20		/* seconds */
#define REQUEST_MAX (24 * 3600)	/* seconds; a longer upload goes on by HEAD */

const char *const cut_names[CUT_N] = {
	[CUT_HANDSHAKE] = "handshake", [CUT_IDLE] = "idle",
	[CUT_TOO_SLOW] = "too-slow", [CUT_TOO_LONG] = "too-long",
	[CUT_TAKEN_OVER] = "taken-over", [CUT_CROWDED] = "crowded",
	[CUT_CLIENT] = "client-connections",
};

/* An IPv6 network of 64 bits is one neighbour, an IPv4 address another. */
static void
address_of(struct conn *c, const struct sockaddr *sa)
{
	const struct sockaddr_in6 *six = (const void *)sa;
	const struct sockaddr_in *four = (const void *)sa;

	memcpy(c->from, "-", 2);
	if (sa != NULL && sa->sa_family == AF_INET) {
		memcpy(c->net, &four->sin_addr, 4);
		c->net_len = 4;
		(void)inet_ntop(AF_INET, &four->sin_addr, c->from,
		    sizeof(c->from));
	} else if (sa != NULL && sa->sa_family == AF_INET6) {
		memcpy(c->net, &six->sin6_addr, 8);
		c->net_len = 8;
		(void)inet_ntop(AF_INET6, &six->sin6_addr, c->from,
		    sizeof(c->from));
	}
}

static void
cut_locked(struct conn *c, enum cut why)
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
	atomic_fetch_add(&c->ib->stats.cut[why], 1);
	if (c->known)
		inbox_log(c->ib, "event=cut client=%s address=%s reason=%s",
		    c->client.hex, c->from, cut_names[why]);
	else
		inbox_log_stranger(c->ib, "event=cut client=- address=%s "
		    "reason=%s", c->from, cut_names[why]);
}

static bool
is_near(const struct conn *a, const struct conn *b)
{
	return a->net_len == b->net_len && a->net_len > 0 &&
	    memcmp(a->net, b->net, a->net_len) == 0;
}

/* How many strangers come from where; who shares a slot shares the count. */
#define SLOTS 1024u
struct crowd {
	uint16_t n[SLOTS];
	unsigned all;
};

static unsigned
slot_of(const struct conn *c)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (unsigned i = 0; i < c->net_len; i++)
		h = (h ^ c->net[i]) * 16777619u;
	return h % SLOTS;
}

static bool
is_stranger(const struct conn *c)
{
	return !c->known && !c->cut;
}

static void
count_crowd(const struct bulla_inbox *ib, struct crowd *w)
{
	*w = (struct crowd){ 0 };
	for (const struct conn *c = ib->conns; c != NULL; c = c->next) {
		if (!is_stranger(c))
			continue;
		w->n[slot_of(c)]++;
		w->all++;
	}
}

/*
 * Somebody among those of whom there are most, who has not even begun a
 * handshake, the oldest: a good client is alone, and quick. The list has the
 * newest first.
 */
static struct conn *
least_welcome(struct bulla_inbox *ib, const struct crowd *w)
{
	struct conn *found = NULL;
	unsigned most = 0, n;

	for (struct conn *c = ib->conns; c != NULL; c = c->next) {
		if (!is_stranger(c))
			continue;
		n = 2u * w->n[slot_of(c)] + !c->hello;
		if (n >= most) {
			most = n;
			found = c;
		}
	}
	return found;
}

/* Of one address, when there are too many; NULL: there are not. */
static struct conn *
oldest_near(struct bulla_inbox *ib, const struct conn *me)
{
	struct conn *oldest = NULL;
	unsigned n = 0;

	for (struct conn *c = ib->conns; c != NULL; c = c->next) {
		if (!is_stranger(c) || !is_near(c, me))
			continue;
		oldest = c;
		n++;
	}
	return n > BULLA_INBOX_IP_UNVERIFIED_MAX ? oldest : NULL;
}

static void
make_way_locked(struct bulla_inbox *ib, struct conn *me)
{
	struct conn *goes = oldest_near(ib, me);
	struct crowd w;

	if (goes == NULL) {
		count_crowd(ib, &w);
		if (w.all > BULLA_INBOX_UNVERIFIED_MAX)
			goes = least_welcome(ib, &w);
	}
	if (goes != NULL)
		cut_locked(goes, CUT_CROWDED);
}

struct conn *
conn_add(struct bulla_inbox *ib, int fd, const struct sockaddr *from)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->ib = ib;
	c->fd = fd;
	c->since = inbox_clock();
	address_of(c, from);
	atomic_fetch_add(&ib->stats.conns, 1);
	pthread_mutex_lock(&ib->conn_mu);
	c->next = ib->conns;
	if (c->next != NULL)
		c->next->link = &c->next;
	c->link = &ib->conns;
	ib->conns = c;
	make_way_locked(ib, c);
	pthread_mutex_unlock(&ib->conn_mu);
	return c;
}

/*
 * What is not read when a socket is closed resets the connection, and with it
 * goes the alert that says why: the client is to have it.
 */
static void
hear_out(int fd)
{
	char piece[4096];
	unsigned n = 0;

	(void)shutdown(fd, SHUT_WR);
	while (n++ < 16 && recv(fd, piece, sizeof(piece), MSG_DONTWAIT) > 0)
		;
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
	party_leave(c->client_party);
	party_leave(c->agency_party);
	pthread_mutex_unlock(&ib->conn_mu);
	if (!c->known && !c->cut && !ib->plain) {
		tls_failed(c);
		hear_out(c->fd);
	}
	free(c);
}

/*
 * The client's name is known from now on. One connection too many: its own
 * oldest that does nothing makes way, which may be long dead; false when all
 * of them are at work.
 */
bool
conn_known(struct conn *c)
{
	const struct bulla_inbox_limits *l = &c->ib->cfg.client;
	struct conn *idle = NULL;
	struct party *p;
	bool ok = true;

	pthread_mutex_lock(&c->ib->conn_mu);
	p = party_join(&c->ib->clients, c->client.hex);
	if (p != NULL && l->conns != 0 && p->conns > l->conns) {
		for (struct conn *o = c->ib->conns; o != NULL; o = o->next)
			if (o->client_party == p && !o->busy && !o->cut)
				idle = o;
		if (idle != NULL)
			cut_locked(idle, CUT_CLIENT);
		ok = idle != NULL;
	}
	if (p == NULL || !ok) {
		party_leave(p);
		ok = false;
	} else {
		c->client_party = p;
		c->known = true;
		c->since = inbox_clock();
	}
	pthread_mutex_unlock(&c->ib->conn_mu);
	return ok;
}

void
conn_other(struct conn *c, const struct bulla_inbox_client *client)
{
	pthread_mutex_lock(&c->ib->conn_mu);
	party_leave(c->client_party);
	party_leave(c->agency_party);
	c->client_party = c->agency_party = NULL;
	c->client = *client;
	c->known = c->asked = false;
	c->agency[0] = '\0';
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

void
conn_cut(struct conn *c, enum cut why)
{
	pthread_mutex_lock(&c->ib->conn_mu);
	cut_locked(c, why);
	pthread_mutex_unlock(&c->ib->conn_mu);
}

static enum cut
too_slow(struct conn *c, int64_t now)
{
	const struct bulla_inbox_config *cfg = &c->ib->cfg;
	int64_t waited = now - c->since;

	if (c->parked)
		return CUT_NOT;	/* it waits for us */
	if (!c->known && waited > HANDSHAKE_MAX)
		return CUT_HANDSHAKE;
	if (!c->busy)
		return waited > cfg->idle_secs ? CUT_IDLE : CUT_NOT;
	if (waited > REQUEST_MAX)
		return CUT_TOO_LONG;
	if (now - c->window < RATE_WINDOW)
		return CUT_NOT;
	if (c->window_bytes < cfg->min_rate * (uint64_t)(now - c->window))
		return CUT_TOO_SLOW;
	c->window = now;
	c->window_bytes = 0;
	return CUT_NOT;
}

void
conns_watch(struct bulla_inbox *ib)
{
	int64_t now = inbox_clock();
	enum cut why;

	pthread_mutex_lock(&ib->conn_mu);
	for (struct conn *c = ib->conns; c != NULL; c = c->next) {
		why = too_slow(c, now);
		if (why != CUT_NOT)
			cut_locked(c, why);
	}
	parties_tidy(&ib->clients, now);
	parties_tidy(&ib->agencies, now);
	pthread_mutex_unlock(&ib->conn_mu);
}
