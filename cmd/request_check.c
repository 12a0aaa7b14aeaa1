#include <stdio.h>
#include <string.h>

#include "request.h"

#include "bulla/agreement.h"

static bool
has_rosters(const struct request_cmd *k)
{
	uint8_t digest[32];

	return k->m.open && k->m.h.trust != NULL &&
	    bulla_trust_roster(k->m.h.trust, BULLA_OURS, digest) != NULL &&
	    bulla_trust_roster(k->m.h.trust, BULLA_THEIRS, digest) != NULL;
}

int
request_home(struct request_cmd *k)
{
	int code = cmd_home_open(&k->m, &k->c);

	if (code != CMD_YES)
		return code;
	if (!has_rosters(k))
		return cmd_usage(&k->c, "this needs a home with the rosters "
		    "of both sides: give --home DIR (bulla-trust init, "
		    "bulla-trust pin)");
	k->m.h.now = k->now;
	return CMD_YES;
}

int
request_desk(struct request_cmd *k)
{
	const char *path = cmd_home_key(&k->m, "desk.age");
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (path == NULL || k->desk.n > 0)
		return CMD_YES;
	st = bulla_identities_add_file(&k->desk, path, &k->c.ask, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

int
request_refuse(struct request_cmd *k, const char *what, const char *why)
{
	struct bulla_err err = { 0 };

	return cmd_fail(&k->c, what, bulla_fail(&err, BULLA_E_REFUSED, "%s",
	    why), &err);
}

int
request_look(struct request_cmd *k, const char *id,
    struct bulla_request_state *s)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_request_look(&k->m.h, id, s, &err);

	/* That nobody has heard of it is an answer, not a wrong key. */
	if (st == BULLA_E_NOMATCH)
		st = BULLA_E_REFUSED;
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	if (s->exercise != k->exercise)
		return request_refuse(k, id, s->exercise ?
		    "is part of an EXERCISE: what follows it is too, and "
		    "needs --exercise" :
		    "is no part of an exercise: leave --exercise out");
	return CMD_YES;
}

const char *
request_operand(struct request_cmd *k)
{
	const char *id = cmd_operand(&k->c);
	const struct bulla_cur c = bulla_cur_str(id != NULL ? id : "");

	if (bulla_id_ok(&c))
		return id;
	(void)cmd_usage(&k->c, "which request? ID is its 32 hex digits");
	return NULL;
}

static bool
has(uint32_t bits, const char *type)
{
	return (bits & bulla_reply_bit(type)) != 0;
}

const char *
request_over(const struct bulla_request_state *s)
{
	if (has(s->by_us | s->by_them, "closed"))
		return "is closed: nothing but its result can follow; send a "
		    "new request, with its id as related";
	if (has(s->by_us | s->by_them, "withdrawn"))
		return "was withdrawn: nothing but closed can follow; send a "
		    "new request, with its id as related";
	return NULL;
}

/* A reply to a request of our own. */
static const char *
wrong_for_ours(const struct bulla_cur *type)
{
	static const char *const ours[] = { "withdrawn", "result", "closed",
	    "extension", NULL };

	if (bulla_code_ok(ours, type))
		return NULL;
	return "is a request of our own side, which can only be withdrawn, "
	    "closed, extended, or given a result; answer a question of the "
	    "other side with bulla-request new -F status=follow-up "
	    "-F related=ID";
}

/* A reply to a request of theirs. */
static const char *
wrong_for_theirs(const struct bulla_request_state *s,
    const struct bulla_cur *type)
{
	const uint32_t final = bulla_reply_bit("full") |
	    bulla_reply_bit("partial") | bulla_reply_bit("refused") |
	    bulla_reply_bit("transferred") | bulla_reply_bit("preserved");

	if (bulla_cur_is(type, "withdrawn"))
		return "is a request of the other side, which alone can "
		    "withdraw it; refused says no, with a ground";
	if (bulla_cur_is(type, "acknowledge") &&
	    has(s->by_us, "acknowledge"))
		return "was acknowledged before";
	if (bulla_cur_is(type, "closed") && (s->by_us & final) == 0)
		return "has no answer yet that could close it: send full, "
		    "partial, preserved, transferred or refused first";
	return NULL;
}

const char *
request_wrong(const struct bulla_request_state *s, const struct bulla_cur *type)
{
	const char *why = request_over(s);

	if (strcmp(s->kind, "request") != 0)
		return "is no request: reply to the request itself";
	if (why != NULL && has(s->by_us | s->by_them, "closed") &&
	    bulla_cur_is(type, "result"))
		why = NULL;
	if (why != NULL && !has(s->by_us | s->by_them, "closed") &&
	    bulla_cur_is(type, "closed"))
		return NULL;
	if (why == NULL)
		why = s->ours ? wrong_for_ours(type) :
		    wrong_for_theirs(s, type);
	return why;
}

/* What the agreement calls its classes, or levels; is this one of them? */
static void
look_up(const struct bulla_agreement *a, const struct bulla_reqdoc *d,
    struct request_names *out)
{
	const bool request = d->kind == BULLA_REQDOC_REQUEST;
	const size_t n = request ? a->n_classes : a->n_levels;
	struct bulla_buf b = BULLA_BUF_INIT(2048);
	struct bulla_cur v;

	for (size_t i = 0; i < n; i++) {
		bulla_buf_str(&b, i > 0 ? ", " : "write one of ");
		bulla_buf_cur(&b, request ? &a->class[i].name :
		    &a->level[i].name);
	}
	if (bulla_buf_cstr(&b) != NULL)
		(void)snprintf(out->instead, sizeof(out->instead), "%s",
		    (const char *)b.p);
	bulla_buf_free(&b);
	if (bulla_reqdoc_get(d, out->label, &v))
		out->fits = request ? bulla_agreement_class(a, &v) != NULL :
		    n == 0 || bulla_agreement_level(a, &v) != NULL;
}

int
request_names(struct request_cmd *k, const struct bulla_reqdoc *d,
    struct request_names *out)
{
	const struct bulla_agreement_kept *now;
	struct bulla_agreements all = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;

	*out = (struct request_names){ .fits = true };
	out->label = d->kind == BULLA_REQDOC_REQUEST ? "class" : "level";
	if (d->kind == BULLA_REQDOC_REPLY || !has_rosters(k))
		return CMD_YES;
	st = bulla_agreements_load(k->m.h.path, k->m.h.trust, &all, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, "agreement", st, &err);
	now = bulla_agreements_at(&all, k->now);
	if (now == NULL)
		cmd_verbose(&k->c, "no agreement is in force: nobody has "
		    "promised to answer by any time");
	else
		look_up(now->a, d, out);
	bulla_agreements_free(&all);
	return CMD_YES;
}

int
request_agreed(struct request_cmd *k, const struct bulla_reqdoc *d)
{
	struct request_names n;
	char why[sizeof(n.instead) + sizeof(REQUEST_NOT_AGREED) + 2];
	int code = request_names(k, d, &n);

	if (code != CMD_YES || n.fits)
		return code;
	(void)snprintf(why, sizeof(why), REQUEST_NOT_AGREED "; %s",
	    n.instead);
	return request_refuse(k, n.label, why);
}
