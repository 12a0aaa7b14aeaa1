#ifndef BULLA_CORE_CHAIN_INT_H
#define BULLA_CORE_CHAIN_INT_H

#include "bulla/chain.h"

#define CHAIN_PATH_MAX 4096u

/* HOME/custody/<id>[/theirs]<rest>; rest begins with '/' or is "". */
BULLA_NODISCARD enum bulla_status chain_path(char out[CHAIN_PATH_MAX],
    const char *home, const char *id, enum bulla_side side, const char *rest,
    struct bulla_err *err);
/* "/NNNN-<event><end>" into out */
#define CHAIN_NAME_MAX 96u
void chain_name(char out[CHAIN_NAME_MAX], const struct bulla_custody *c,
    const char *end);

/* bytes is moved into *out; on failure it is freed. */
BULLA_NODISCARD enum bulla_status chain_link_parse(struct bulla_buf *bytes,
    struct bulla_link *out, struct bulla_err *err);
void chain_link_free(struct bulla_link *l);
/* NULL when no note of the chain, or beside it, has this text. */
struct bulla_link *chain_find(const struct bulla_chain *c,
    const uint8_t digest[32]);
/* Is it one of those beside the chain? */
bool chain_is_apart(const struct bulla_chain *c, const struct bulla_link *l);
/* The digest that a field names; false when it is "-" or missing. */
BULLA_NODISCARD bool chain_named(const struct bulla_custody *c,
    const char *label, uint8_t out[32]);
static inline bool
chain_is(const struct bulla_link *l, const char *event)
{
	return bulla_cur_is(&l->c.event, event);
}
/* Does it say that the package goes to somebody else? */
static inline bool
chain_is_out(const struct bulla_link *l)
{
	return chain_is(l, "relinquish") || chain_is(l, "return");
}

/* Both chains of a package, under the lock of its directory. */
struct chain_pair {
	const char *home;
	char id[BULLA_ID_LEN + 1];
	struct bulla_chain ours, theirs;
	int lock;
	bool sign_only;		/* what is added is made, and not stored */
};
/* make: the directory when it is missing; else BULLA_E_NOMATCH then. */
BULLA_NODISCARD enum bulla_status chain_pair_open(struct chain_pair *p,
    const char *home, const char *id, bool make, struct bulla_err *err);
void chain_pair_close(struct chain_pair *p);
/*
 * As bulla_chain_add. judge false: for a fact that is recorded whatever the
 * chain says already, which bulla_chain_check will tell of.
 */
BULLA_NODISCARD enum bulla_status chain_pair_add(struct chain_pair *p,
    struct bulla_custody *c, const struct bulla_signer *signers,
    size_t n_signers, bool judge, struct bulla_buf *out,
    struct bulla_err *err);
/*
 * A receive of our side that was made in another home, verified by the caller:
 * appended to our chain when its place is the next one, else left out.
 */
BULLA_NODISCARD enum bulla_status chain_pair_take(const struct chain_pair *p,
    const struct bulla_cur *note, struct bulla_err *err);
/* The newest note of theirs that hands the package to this agency. */
const struct bulla_link *chain_handed_to(const struct bulla_chain *theirs,
    const struct bulla_chain *ours, const struct bulla_cur *agency);

/* Replace a kept note by this one with more lines, durably. */
BULLA_NODISCARD enum bulla_status chain_put_lines(const struct chain_pair *p,
    enum bulla_side side, const struct bulla_link *kept,
    const struct bulla_buf *bytes, struct bulla_err *err);
/* A note under its name ("/NNNN-...") on one side, never over another. */
BULLA_NODISCARD enum bulla_status chain_put_new(const struct chain_pair *p,
    enum bulla_side side, const char *rest, const struct bulla_buf *bytes,
    struct bulla_err *err);
/* "/reject-<sha256>.note" */
void chain_loose_name(char out[CHAIN_NAME_MAX], const struct bulla_link *l);
/*
 * The kept note, then those lines of `more` that it has not got and that are
 * of the keys in v (NULL: all). BULLA_E_LIMIT.
 */
BULLA_NODISCARD enum bulla_status chain_merge_lines(
    const struct bulla_link *kept, const struct bulla_note *more,
    const struct bulla_verified *v, struct bulla_buf *out,
    struct bulla_err *err);

/* What a note needs, and when its lines are judged. */
struct chain_judged {
	unsigned roles, persons;
	const int64_t *at;	/* for each of v->by; NULL: all at now */
	int64_t now;
};
/* The lines of this side that were good; err: why the first other was not. */
void chain_good_lines(const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_verified *v, const struct chain_judged *j,
    struct bulla_verified *good, struct bulla_err *err);
/* Are they of enough persons? What else signed takes nothing away. */
BULLA_NODISCARD enum bulla_status chain_enough(const struct bulla_trust *t,
    enum bulla_side side, const struct bulla_verified *v,
    const struct chain_judged *j, struct bulla_err *err);

/* A check in progress. */
struct chain_check {
	const struct bulla_chain *chain[2];	/* ours, theirs */
	struct bulla_cur agency[2];	/* of who writes it; len 0: not known */
	const struct bulla_trust *trust;
	int64_t now;
	bulla_proven_fn proven;
	void *ctx;
	const struct bulla_link *only;	/* NULL: findings about all notes */
	struct bulla_buf *findings;
	size_t n;			/* counts also what had no room */
	bool full;
};
static inline enum bulla_side
chain_side(int s)
{
	return s == 0 ? BULLA_OURS : BULLA_THEIRS;
}
void chain_finding(struct chain_check *k, int s, const struct bulla_link *l,
    const char *fmt, ...) BULLA_PRINTF(4, 5);
/* A part of bulla_chain_check. */
void chain_check_signers(struct chain_check *k, int s);
/* Lines of a side that were good, in these roles. */
unsigned chain_count_good(const struct chain_check *k, int s,
    const struct bulla_link *l, unsigned roles);
BULLA_NODISCARD enum bulla_status chain_check_handovers(
    struct chain_check *k, struct bulla_chain_holder *holder,
    struct bulla_err *err);
/* What the text alone allows: findings about one note; BULLA_E_REFUSED. */
BULLA_NODISCARD enum bulla_status chain_judge_one(
    const struct bulla_chain *ours, const struct bulla_chain *theirs,
    const struct bulla_link *l, struct bulla_err *err);

#endif
