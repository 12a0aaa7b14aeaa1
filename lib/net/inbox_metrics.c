#include <stdarg.h>
#include <stdio.h>

#include "inbox_int.h"

#include "bulla/file.h"

/* The Prometheus text format, version 0.0.4. */
#define NAME "bulla_inbox_"

static void
family(struct bulla_buf *b, const char *name, const char *type,
    const char *help)
{
	bulla_buf_fmt(b, "# HELP " NAME "%s %s\n# TYPE " NAME "%s %s\n", name,
	    help, name, type);
}

static void
one(struct bulla_buf *b, const char *name, const char *type,
    const char *help, uint64_t v)
{
	family(b, name, type, help);
	bulla_buf_fmt(b, NAME "%s %llu\n", name, (unsigned long long)v);
}

static void
labelled(struct bulla_buf *b, const char *name, const char *label,
    const char *value, uint64_t v)
{
	bulla_buf_fmt(b, NAME "%s{%s=\"%s\"} %llu\n", name, label, value,
	    (unsigned long long)v);
}

/* What there is now. */
struct now {
	uint64_t strangers, clients, agencies;
	uint64_t open, waiting, stuck, unfinished_bytes;
	uint64_t free;
	bool has_free;
};

static void
look(struct bulla_inbox *ib, struct now *n)
{
	struct bulla_err err = { 0 };
	enum upload_state s;

	*n = (struct now){ 0 };
	pthread_mutex_lock(&ib->conn_mu);
	for (struct conn *c = ib->conns; c != NULL; c = c->next)
		*(c->known ? &n->clients : &n->strangers) += 1;
	for (struct party *p = ib->agencies; p != NULL; p = p->next)
		n->agencies += p->conns > 0;
	pthread_mutex_unlock(&ib->conn_mu);
	pthread_mutex_lock(&ib->mu);
	for (struct upload *u = ib->uploads; u != NULL; u = u->next) {
		s = atomic_load(&u->state);
		if (s == UPLOAD_OPEN) {
			n->open++;
			n->unfinished_bytes += atomic_load(&u->written);
		} else if (s == UPLOAD_CLOSED) {
			n->waiting++;
			n->stuck += atomic_load(&u->tries) > 0;
		}
	}
	pthread_mutex_unlock(&ib->mu);
	n->has_free = bulla_space_free(ib->incoming, &n->free, &err) ==
	    BULLA_OK;
}

static void
put_now(struct bulla_inbox *ib, struct bulla_buf *b)
{
	struct now n;

	look(ib, &n);
	family(b, "connections", "gauge", "Connections that are open.");
	labelled(b, "connections", "certificate", "verified", n.clients);
	labelled(b, "connections", "certificate", "none", n.strangers);
	one(b, "agencies", "gauge", "Agencies with a connection.",
	    n.agencies);
	family(b, "uploads", "gauge", "Uploads that are not over.");
	labelled(b, "uploads", "state", "open", n.open);
	labelled(b, "uploads", "state", "judging", n.waiting);
	one(b, "unjudged", "gauge", "Whole uploads that could not be judged "
	    "when it was tried last.", n.stuck);
	one(b, "unfinished_bytes", "gauge", "Bytes of open uploads.",
	    n.unfinished_bytes);
	if (n.has_free)
		one(b, "free_bytes", "gauge", "Bytes free on the disk.",
		    n.free);
}

static void
put_kept(const struct bulla_inbox *ib, struct bulla_buf *b)
{
	uint64_t bytes, packages;

	if (ib->cfg.kept == NULL)
		return;
	ib->cfg.kept(ib->cfg.kept_ctx, &bytes, &packages);
	one(b, "quarantine_bytes", "gauge", "Bytes of rejected packages that "
	    "are kept.", bytes);
	one(b, "quarantine_packages", "gauge", "Rejected packages that are "
	    "kept.", packages);
}

static void
put_counts(const struct stats *s, struct bulla_buf *b)
{
	static const char *const verdicts[V_N] = {
		[V_RECEIVE] = "receive", [V_REJECT] = "reject",
		[V_REFUSED] = "refused" };
	char text[8];
	uint64_t v;

	family(b, "verdicts_total", "counter", "Packages judged.");
	for (unsigned i = 0; i < V_N; i++)
		labelled(b, "verdicts_total", "result", verdicts[i],
		    atomic_load(&s->verdict[i]));
	family(b, "cuts_total", "counter", "Connections that were cut.");
	for (unsigned i = CUT_NOT + 1; i < CUT_N; i++)
		labelled(b, "cuts_total", "reason", cut_names[i],
		    atomic_load(&s->cut[i]));
	family(b, "answers_total", "counter", "Answers to requests.");
	for (unsigned i = 0; i < STATUS_MAX; i++) {
		v = atomic_load(&s->answer[i]);
		(void)snprintf(text, sizeof(text), "%u", i);
		if (v > 0)
			labelled(b, "answers_total", "status", text, v);
	}
}

static void
put_judge(const struct stats *s, struct bulla_buf *b)
{
	uint64_t n = 0, ms = atomic_load(&s->judged_ms);

	for (unsigned i = 0; i < V_N; i++)
		n += atomic_load(&s->verdict[i]);
	family(b, "judge_seconds", "summary", "Time that judging took.");
	bulla_buf_fmt(b, NAME "judge_seconds_sum %llu.%03u\n",
	    (unsigned long long)(ms / 1000), (unsigned)(ms % 1000));
	bulla_buf_fmt(b, NAME "judge_seconds_count %llu\n",
	    (unsigned long long)n);
	one(b, "not_judged_total", "counter", "Judgements that could not be "
	    "had, and were put off.", atomic_load(&s->not_judged));
}

static void
put_certificates(const struct bulla_inbox *ib, struct bulla_buf *b)
{
	family(b, "certificate_expiry_seconds", "gauge",
	    "When it ends, in seconds since 1970.");
	for (unsigned i = 0; i < CERT_N; i++)
		if (ib->cert_until[i] != INT64_MAX)	/* there is none */
			labelled(b, "certificate_expiry_seconds",
			    "certificate", cert_names[i],
			    (uint64_t)ib->cert_until[i]);
}

void
metrics_put(struct bulla_inbox *ib, struct bulla_buf *b)
{
	const struct stats *s = &ib->stats;

	family(b, "build_info", "gauge", "The version that runs.");
	labelled(b, "build_info", "version", BULLA_VERSION, 1);
	one(b, "start_time_seconds", "gauge", "When it was started, in "
	    "seconds since 1970.", (uint64_t)ib->started);
	put_now(ib, b);
	put_kept(ib, b);
	one(b, "connections_total", "counter", "Connections accepted.",
	    atomic_load(&s->conns));
	one(b, "tls_refused_total", "counter", "Connections that ended "
	    "without a verified certificate.", atomic_load(&s->tls_refused));
	one(b, "received_bytes_total", "counter", "Bytes of bodies of "
	    "requests.", atomic_load(&s->bytes));
	one(b, "uploads_created_total", "counter", "Uploads begun.",
	    atomic_load(&s->created));
	one(b, "uploads_expired_total", "counter", "Uploads to which nothing "
	    "came for too long.", atomic_load(&s->expired));
	one(b, "uploads_dropped_total", "counter", "Uploads deleted by their "
	    "client, or lost.", atomic_load(&s->dropped));
	put_counts(s, b);
	put_judge(s, b);
	put_certificates(ib, b);
}

static const char *
illness(struct bulla_inbox *ib)
{
	struct now n;
	int64_t now = bulla_now();

	look(ib, &n);
	if (!n.has_free)
		return "disk: its free space cannot be told";
	if (n.free < SPACE_SPARE)
		return "disk: it is full";
	if (n.stuck > 0)
		return "judging: uploads could not be judged";
	for (unsigned i = 0; i < CERT_N; i++)
		if (ib->cert_until[i] < now)
			return "certificate: one has ended";
	return NULL;
}

bool
health_put(struct bulla_inbox *ib, struct bulla_buf *b)
{
	const char *ill = illness(ib);

	bulla_buf_str(b, ill != NULL ? ill : "ok");
	bulla_buf_str(b, "\n");
	return ill == NULL;
}
