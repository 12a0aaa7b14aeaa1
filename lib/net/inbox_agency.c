#include <stdio.h>
#include <string.h>

#include "inbox_int.h"

/*
 * Which agency a client belongs to, and what it may have. Rosters change
 * while a connection lives: it is asked again after a while.
 */
#define ASK_AGAIN 60	/* seconds */

bool
agency_is_due(const struct request *r)
{
	const struct conn *c = r->conn;

	return r->ib->cfg.who != NULL && (!c->asked ||
	    inbox_clock() - c->asked_at >= ASK_AGAIN);
}

static void
refuse(struct request *r, const struct bulla_inbox_agency *a)
{
	bool unknown = a->standing == BULLA_INBOX_UNKNOWN;
	char text[600];

	inbox_log_of(r->conn)(r->ib, "event=%s client=%s address=%s "
	    "agency=%s reason=\"%s\"", unknown ? "unknown-agency" :
	    "suspended-agency", r->conn->client.hex, r->conn->from,
	    a->name[0] != '\0' ? a->name : "-",
	    inbox_quote(text, sizeof(text), a->reason));
	reply_text(&r->reply, 403, unknown ?
	    "this TLS key is none of those in the roster" :
	    "this TLS key is not let in at this time");
	r->reply.close = true;
}

/* False: one connection too many. */
static bool
join(struct conn *c, const char *name)
{
	const struct bulla_inbox_limits *l = &c->ib->cfg.agency;
	struct party *p;
	bool ok;

	pthread_mutex_lock(&c->ib->conn_mu);
	party_leave(c->agency_party);
	p = party_join(&c->ib->agencies, name);
	ok = p != NULL && (l->conns == 0 || p->conns <= l->conns);
	if (!ok)
		party_leave(p);
	c->agency_party = ok ? p : NULL;
	pthread_mutex_unlock(&c->ib->conn_mu);
	(void)snprintf(c->agency, sizeof(c->agency), "%s", ok ? name : "");
	return ok;
}

/* What it began in another connection, or before we were started. */
static void
adopt(struct bulla_inbox *ib, const struct conn *c)
{
	pthread_mutex_lock(&ib->mu);
	for (struct upload *u = ib->uploads; u != NULL; u = u->next)
		if (upload_is_of(u, &c->client))
			memcpy(u->agency, c->agency, sizeof(u->agency));
	pthread_mutex_unlock(&ib->mu);
}

static void
cannot_tell(struct request *r, const struct bulla_err *err)
{
	char text[600];

	inbox_log_of(r->conn)(r->ib, "event=trouble client=%s status=\"%s\"",
	    r->conn->client.hex, inbox_quote(text, sizeof(text), err->msg));
	reply_text(&r->reply, 503,
	    "nothing can be said about this TLS key now");
	r->reply.retry_after = 30;
}

static void
too_many(struct request *r, const char *why)
{
	reply_text(&r->reply, 429, "%s", why);
	r->reply.retry_after = 10;
	r->reply.close = true;
}

void
route_who(struct request *r)
{
	struct bulla_inbox_agency a = { 0 };
	struct bulla_err err = { 0 };
	struct conn *c = r->conn;

	c->asked = false;
	if (r->ib->cfg.who(r->ib->cfg.who_ctx, &c->client, &a, &err) !=
	    BULLA_OK) {
		cannot_tell(r, &err);
		return;
	}
	/* An authority would vouch for others; here is none. */
	if (a.standing == BULLA_INBOX_KNOWN && !a.pinned &&
	    r->ib->cfg.client_ca == NULL)
		a.standing = BULLA_INBOX_UNKNOWN;
	if (a.standing != BULLA_INBOX_KNOWN) {
		refuse(r, &a);
		return;
	}
	if (!c->known && !conn_known(c)) {
		too_many(r, "too many connections of this client");
		return;
	}
	if (strcmp(c->agency, a.name) != 0 && !join(c, a.name)) {
		inbox_log(r->ib, "event=limit client=%s agency=%s "
		    "limit=connections", c->client.hex, a.name);
		too_many(r, "your agency has too many connections");
		return;
	}
	c->asked = true;
	c->asked_at = inbox_clock();
	adopt(r->ib, c);
}

/* Too many requests in a minute? Then the reply says when to come again. */
void
agency_count(struct request *r)
{
	const struct bulla_inbox_config *cfg = &r->ib->cfg;
	int64_t now = inbox_clock();
	unsigned wait;

	pthread_mutex_lock(&r->ib->conn_mu);
	wait = party_ask(r->conn->client_party, cfg->client.requests, now);
	if (wait == 0)
		wait = party_ask(r->conn->agency_party,
		    cfg->agency.requests, now);
	pthread_mutex_unlock(&r->ib->conn_mu);
	if (wait == 0)
		return;
	inbox_log(r->ib, "event=limit client=%s agency=%s limit=requests",
	    r->conn->client.hex, r->conn->agency[0] != '\0' ?
	    r->conn->agency : "-");
	reply_text(&r->reply, 429, "too many requests in a minute");
	r->reply.retry_after = wait;
}
