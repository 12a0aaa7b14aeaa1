#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bulla/when.h"
#include "core/chain_int.h"

#define AND_MORE "... and more\n"

void
chain_finding(struct chain_check *k, int s, const struct bulla_link *l,
    const char *fmt, ...)
{
	const struct bulla_cur *a = &k->agency[s];
	const char *side = s == 0 ? "ours" : "theirs";
	char msg[640], line[1024];
	va_list ap;
	int n;

	if (k->only != NULL && l != k->only)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	n = snprintf(line, sizeof(line), "%.*s note %u %.*s: %s\n",
	    a->len > 0 ? (int)a->len : (int)strlen(side),
	    a->len > 0 ? (const char *)a->p : side,
	    (unsigned)l->c.sequence, (int)l->c.event.len,
	    (const char *)l->c.event.p, msg);
	BULLA_CHECK(n > 0 && (size_t)n < sizeof(line));
	k->n++;
	/* Who writes many bad notes must not make the check fail instead */
	if (k->full)
		return;
	k->full = k->findings->len + (size_t)n + sizeof(AND_MORE) >
	    k->findings->max;
	bulla_buf_str(k->findings, k->full ? AND_MORE : line);
}

/* Places: 1, 2, 3, each once. before is NULL for the first note. */
static void
check_place(struct chain_check *k, int s, const struct bulla_link *l,
    const struct bulla_link *before)
{
	uint64_t want = before != NULL ? before->c.sequence + 1 : 1;

	if (before != NULL && l->c.sequence == before->c.sequence) {
		chain_finding(k, s, l, "there are two notes with this number");
	} else if (l->c.sequence > want) {
		chain_finding(k, s, l, "a gap: %llu of the notes before it "
		    "are missing, from note %llu on",
		    (unsigned long long)(l->c.sequence - want),
		    (unsigned long long)want);
	} else if (before != NULL && memcmp(l->c.previous, before->digest,
	    sizeof(before->digest)) != 0) {
		chain_finding(k, s, l, "previous is not the digest of note "
		    "%llu", (unsigned long long)before->c.sequence);
	}
}

static void
check_order(struct chain_check *k, int s, const struct bulla_link *l,
    const struct bulla_link *before)
{
	char at[BULLA_WHEN_LEN + 1], then[BULLA_WHEN_LEN + 1];

	if (l->c.time >= before->c.time)
		return;
	bulla_when_text(l->c.time, at);
	bulla_when_text(before->c.time, then);
	chain_finding(k, s, l, "claims %s, which is before the note that it "
	    "follows (%s)", at, then);
}

/* Is it about another seal than the first note of this chain? */
static bool
other_seal(const struct bulla_chain *c, const struct bulla_link *l)
{
	return c->n > 0 && l->c.has_seal && c->v[0].c.has_seal &&
	    memcmp(l->c.seal, c->v[0].c.seal, sizeof(l->c.seal)) != 0;
}

static void
check_subject(struct chain_check *k, int s, const struct bulla_link *l)
{
	struct bulla_cur a = bulla_keyname_agency(&l->c.actor);

	if (other_seal(k->chain[s], l))
		chain_finding(k, s, l, "its seal is not that of the notes "
		    "before");
	else if (other_seal(k->chain[1 - s], l))
		chain_finding(k, s, l, "its seal is not that of the other "
		    "side's notes");
	if (!bulla_cur_same(&a, &k->agency[s]))
		chain_finding(k, s, l, "%.*s acts in the chain of %.*s",
		    (int)a.len, (const char *)a.p, (int)k->agency[s].len,
		    (const char *)k->agency[s].p);
}

/* What a note says of another one that it names. */
static void
check_named(struct chain_check *k, int s, const struct bulla_link *l)
{
	uint8_t named[32];

	if (chain_named(&l->c, "note", named) &&
	    chain_find(k->chain[0], named) == NULL &&
	    chain_find(k->chain[1], named) == NULL)
		chain_finding(k, s, l, "names a note that is in neither "
		    "chain");
}

static void
check_apart(struct chain_check *k, int s)
{
	const struct bulla_chain *c = k->chain[s];

	for (size_t i = 0; i < c->n_apart; i++) {
		if (c->apart[i].c.has_seal)
			chain_finding(k, s, &c->apart[i], "another note with "
			    "this number is in the chain: both are kept");
	}
}

static void
check_links(struct chain_check *k, int s)
{
	const struct bulla_chain *c = k->chain[s];
	const struct bulla_link *disposed = NULL, *before = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct bulla_link *l = &c->v[i];

		check_place(k, s, l, before);
		if (before != NULL)
			check_order(k, s, l, before);
		check_subject(k, s, l);
		check_named(k, s, l);
		if (disposed != NULL && !chain_is(l, "correct") &&
		    !chain_is(l, "dispute"))
			chain_finding(k, s, l, "comes after note %llu, which "
			    "disposed of it",
			    (unsigned long long)disposed->c.sequence);
		if (chain_is(l, "dispose"))
			disposed = l;
		before = l;
	}
	check_apart(k, s);
}

int64_t
bulla_chain_proven(const struct bulla_link *l, unsigned n_lines,
    bulla_proven_fn proven, void *ctx)
{
	struct bulla_cur bytes = bulla_buf_view(&l->bytes), part = bytes;
	int64_t first = 0, at;
	struct bulla_note n;

	if (proven == NULL || bulla_note_parse(&bytes, &n, NULL) != BULLA_OK)
		return 0;
	for (unsigned i = n_lines > 0 ? n_lines - 1 : 0; i < n.n_sigs; i++) {
		const struct bulla_cur *end = &n.sig[i].b64;

		/* up to this line, with its LF */
		part.len = (size_t)(end->p - bytes.p) + end->len + 1;
		at = proven(ctx, &part);
		if (at > 0 && (first == 0 || at < first))
			first = at;
	}
	return first;
}

/* Whose chain it is: the roster says, else the first note. */
static void
name_side(struct chain_check *k, int s)
{
	const struct bulla_roster *r = NULL;
	uint8_t digest[32];

	if (k->trust != NULL)
		r = bulla_trust_roster(k->trust, chain_side(s), digest);
	if (r != NULL)
		k->agency[s] = r->side;
	else if (k->chain[s]->n > 0)
		k->agency[s] = bulla_keyname_agency(
		    &k->chain[s]->v[0].c.actor);
	else if (k->chain[s]->n_apart > 0)
		k->agency[s] = bulla_keyname_agency(
		    &k->chain[s]->apart[0].c.actor);
}

static enum bulla_status
check_all(struct chain_check *k, struct bulla_chain_holder *holder,
    struct bulla_err *err)
{
	enum bulla_status st;

	for (int s = 0; s < 2; s++)
		name_side(k, s);
	for (int s = 0; s < 2; s++)
		check_links(k, s);
	st = chain_check_handovers(k, holder, err);
	for (int s = 0; s < 2 && k->trust != NULL; s++)
		chain_check_signers(k, s);
	if (st == BULLA_OK && bulla_buf_status(k->findings) != BULLA_OK)
		st = bulla_fail(err, bulla_buf_status(k->findings),
		    "no room for all findings");
	return st;
}

enum bulla_status
bulla_chain_check(const struct bulla_chain *ours,
    const struct bulla_chain *theirs, const struct bulla_trust *trust,
    int64_t now, bulla_proven_fn proven, void *ctx,
    struct bulla_chain_holder *holder, struct bulla_buf *findings,
    struct bulla_err *err)
{
	struct chain_check k = { .chain = { ours, theirs }, .trust = trust,
		.now = now, .proven = proven, .ctx = ctx,
		.findings = findings };
	struct bulla_chain_holder h = { 0 };
	enum bulla_status st = check_all(&k, &h, err);

	if (st != BULLA_OK)
		return st;
	*holder = h;
	if (k.n > 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "%zu finding%s",
		    k.n, k.n > 1 ? "s" : "");
	return BULLA_OK;
}

enum bulla_status
chain_judge_one(const struct bulla_chain *ours,
    const struct bulla_chain *theirs, const struct bulla_link *l,
    struct bulla_err *err)
{
	struct bulla_buf found = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct chain_check k = { .chain = { ours, theirs }, .only = l,
		.findings = &found };
	struct bulla_chain_holder h = { 0 };
	enum bulla_status st = check_all(&k, &h, err);
	struct bulla_cur all = bulla_buf_view(&found), line;

	if (st == BULLA_OK && k.n > 0 && bulla_cur_line(&all, &line))
		st = bulla_fail(err, BULLA_E_REFUSED, "%.*s", (int)line.len,
		    (const char *)line.p);
	bulla_buf_free(&found);
	return st;
}
