#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/text.h"
#include "bulla/when.h"
#include "core/kept.h"
#include "core/ledger_int.h"
#include "core/monitor_int.h"

#define EVERY_ROLE (BULLA_ROLE_LEAD | BULLA_ROLE_SEALER | \
	BULLA_ROLE_CUSTODIAN | BULLA_ROLE_RECEIVER | BULLA_ROLE_HOTLINE | \
	BULLA_ROLE_LOG | BULLA_ROLE_WITNESS | BULLA_ROLE_ROOT)

const char *
bulla_finding_name(enum bulla_finding f)
{
	switch (f) {
	case BULLA_FOUND_DAMAGE:
		return "damage";
	case BULLA_FOUND_ROLLBACK:
		return "rollback";
	case BULLA_FOUND_FORK:
		return "fork";
	case BULLA_FOUND_STALE:
		return "stale";
	case BULLA_FOUND_GAP:
		return "gap";
	case BULLA_FOUND_UNKNOWN_KEY:
		return "unknown-key";
	case BULLA_FOUND_UNRECORDED:
		return "unrecorded";
	default:
		return "unknown";
	}
}

void
monitor_found(struct monitor *m, enum bulla_finding f, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->out->n_findings++;
	if (m->out->status == 0 || (int)f < m->out->status)
		m->out->status = (int)f;
	m->m->found(m->m->ctx, f, text);
}

void
monitor_remark(struct monitor *m, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->m->remark(m->m->ctx, text);
}

enum bulla_status
monitor_damage(struct monitor *m, enum bulla_status st, struct bulla_err *err)
{
	switch (st) {
	case BULLA_E_FORMAT:
	case BULLA_E_LIMIT:
	case BULLA_E_MISMATCH:
	case BULLA_E_INCOMPLETE:
	case BULLA_E_REFUSED:
	case BULLA_E_NOKEY:
		monitor_found(m, BULLA_FOUND_DAMAGE, "%s", err->msg);
		return BULLA_OK;
	case BULLA_OK:
	case BULLA_E_NOMATCH:
	case BULLA_E_USAGE:
	case BULLA_E_AGAIN:
	case BULLA_E_IO:
	case BULLA_E_NOMEM:
	case BULLA_E_UNSUPPORTED:
	case BULLA_E_UNSAFE:
	default:
		return st;
	}
}

/* A suspension that is not in force because its file is damaged. */
static void
find_skipped(struct monitor *m)
{
	struct bulla_cur all = bulla_trust_skipped(m->trust), line;

	while (bulla_cur_line(&all, &line))
		monitor_found(m, BULLA_FOUND_DAMAGE, "%.*s", (int)line.len,
		    (const char *)line.p);
}

static enum bulla_status
load_keys(struct monitor *m, struct bulla_err *err)
{
	const struct bulla_vkeys *known = m->m->known;
	enum bulla_status st;

	st = bulla_trust_load(m->m->home, &m->trust, err);
	if (st == BULLA_E_NOMATCH) {
		monitor_remark(m, "there are no rosters: nobody looks at who "
		    "signed what");
		st = BULLA_OK;
	} else if (st == BULLA_OK) {
		find_skipped(m);
		st = bulla_trust_keys(m->trust, BULLA_BOTH, EVERY_ROLE,
		    &m->all, err);
		if (st == BULLA_OK)
			st = bulla_trust_keys(m->trust, BULLA_THEIRS,
			    BULLA_ROLE_LOG, &m->logs, err);
		if (st == BULLA_OK)
			st = bulla_trust_keys(m->trust, BULLA_THEIRS,
			    BULLA_ROLE_WITNESS, &m->witnesses, err);
	}
	for (size_t i = 0; known != NULL && i < known->n && st == BULLA_OK;
	    i++) {
		st = bulla_vkeys_add(known->v[i].type == BULLA_SIG_ED25519 ?
		    &m->logs : &m->witnesses, &known->v[i], err);
		if (st == BULLA_OK && m->trust != NULL)
			st = bulla_vkeys_add(&m->all, &known->v[i], err);
	}
	return st;
}

/* What cannot be opened is told, and the rest goes on without it. */
static enum bulla_status
own_ledger(struct monitor *m, struct bulla_err *err)
{
	enum bulla_ledger_fault fault;
	enum bulla_status st;

	st = bulla_ledger_open_fault(m->m->home, m->m->ask, &m->ledger,
	    &fault, err);
	if (fault != BULLA_LEDGER_WHOLE) {
		monitor_found(m, fault == BULLA_LEDGER_FORK ?
		    BULLA_FOUND_FORK : BULLA_FOUND_ROLLBACK, "our ledger: %s",
		    err->msg);
		return BULLA_OK;
	}
	if (st != BULLA_OK)
		return monitor_damage(m, st, err);
	(void)snprintf(m->out->origin, sizeof(m->out->origin), "%s",
	    m->ledger->vkey.name);
	m->out->size = m->ledger->published;
	return monitor_damage(m, bulla_ledger_check(m->ledger, err), err);
}

static enum bulla_status
judge_cosigned(void *ctx, const struct bulla_tree *t, struct bulla_err *err)
{
	struct monitor *m = ctx;
	struct bulla_hash root;
	enum bulla_status st;

	if (t->cp.size > m->ledger->published) {
		monitor_found(m, BULLA_FOUND_ROLLBACK, "our ledger has %llu "
		    "records, but a checkpoint of %llu was cosigned",
		    (unsigned long long)m->ledger->published,
		    (unsigned long long)t->cp.size);
		return BULLA_OK;
	}
	st = ledger_root_at(m->ledger, t->cp.size, &root, err);
	if (st == BULLA_OK && !bulla_hash_eq(&root, &t->cp.root))
		monitor_found(m, BULLA_FOUND_FORK, "the checkpoint of %llu "
		    "records that was cosigned is not of our ledger",
		    (unsigned long long)t->cp.size);
	return monitor_damage(m, st, err);
}

static void
judge_age(struct monitor *m)
{
	const struct bulla_cosigned *c = &m->out->cosigned;
	int64_t age = m->m->now - c->time;
	char span[BULLA_WHEN_SPAN_LEN];

	if (m->witnesses.n == 0)
		monitor_remark(m, "no witness of theirs is known: nobody "
		    "looks at the age of cosignatures");
	else if (c->time == 0)
		monitor_found(m, BULLA_FOUND_STALE, "our ledger was never "
		    "cosigned");
	else if (age > m->m->max_age)
		monitor_found(m, BULLA_FOUND_STALE, "our ledger was last "
		    "cosigned %s ago, at %llu of %llu records",
		    bulla_when_span(age, span), (unsigned long long)c->size,
		    (unsigned long long)m->out->size);
}

static enum bulla_status
cosignatures(struct monitor *m, struct bulla_err *err)
{
	enum bulla_status st;

	st = bulla_cosigned_each(m->ledger, &m->witnesses, judge_cosigned, m,
	    err);
	if (st == BULLA_OK)
		st = bulla_cosigned_last(m->ledger, &m->witnesses,
		    &m->out->cosigned, err);
	st = monitor_damage(m, st, err);
	if (st == BULLA_OK)
		judge_age(m);
	return st;
}

static bool
ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n >= k && strcmp(name + n - k, end) == 0;
}

/* Those stay until a person has moved them away. */
static enum bulla_status
alarms(struct monitor *m, struct bulla_err *err)
{
	struct kept_names l = { 0 };
	enum bulla_status st;
	char shown[300];

	st = kept_names(m->m->home, "ledger/alarm", &l, err);
	for (size_t i = 0; st == BULLA_OK && i < l.n; i++)
		monitor_found(m, ends_in(l.v[i], "-rollback") ?
		    BULLA_FOUND_ROLLBACK : ends_in(l.v[i], "-fork") ?
		    BULLA_FOUND_FORK : BULLA_FOUND_DAMAGE, "an exchange has "
		    "raised an alarm: ledger/alarm/%s",
		    bulla_text_show_str(shown, sizeof(shown), l.v[i]));
	kept_names_free(&l);
	return st;
}

enum bulla_status
bulla_monitor_run(const struct bulla_monitor *p, struct bulla_monitored *out,
    struct bulla_err *err)
{
	struct bulla_monitored result = { 0 };
	struct monitor m = { .m = p, .out = &result };
	enum bulla_status st;

	st = load_keys(&m, err);
	if (st == BULLA_OK)
		st = own_ledger(&m, err);
	if (st == BULLA_OK && m.ledger != NULL)
		st = cosignatures(&m, err);
	if (st == BULLA_OK)
		st = monitor_theirs(&m, err);
	if (st == BULLA_OK)
		st = alarms(&m, err);
	if (st == BULLA_OK && m.ledger != NULL)
		st = monitor_records(&m, err);
	if (st == BULLA_OK)
		st = monitor_kept(&m, err);
	if (st == BULLA_OK)
		st = monitor_gaps(&m, err);
	bulla_vkeys_free(&m.all);
	bulla_vkeys_free(&m.logs);
	bulla_vkeys_free(&m.witnesses);
	bulla_trust_free(m.trust);
	bulla_ledger_free(m.ledger);
	free(m.recorded.v);
	free(m.seals.v);
	free(m.number);
	if (st == BULLA_OK)
		*out = result;
	return st;
}
