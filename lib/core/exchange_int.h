#ifndef BULLA_CORE_EXCHANGE_INT_H
#define BULLA_CORE_EXCHANGE_INT_H

#include "bulla/addcp.h"
#include "bulla/cosign.h"
#include "bulla/exchange.h"

#define EXCHANGE_PATH_MAX 4096u
/* The status and media type of tlog-witness for "your old size is wrong" */
#define TYPE_SIZE "text/x.tlog.size"
#define TYPE_TILE "application/octet-stream"

BULLA_NODISCARD enum bulla_status exchange_path(char out[EXCHANGE_PATH_MAX],
    const struct bulla_exchange *x, const char *dir, const char *name,
    struct bulla_err *err);
/* A whole file, if it is there: BULLA_E_NOMATCH when not. */
BULLA_NODISCARD enum bulla_status exchange_get(const struct bulla_exchange *x,
    const char *dir, const char *name, struct bulla_buf *out,
    struct bulla_err *err);

/* Those keys of a side that may sign in this role now. */
BULLA_NODISCARD enum bulla_status exchange_keys(const struct bulla_exchange *x,
    enum bulla_side side, enum bulla_role role, struct bulla_vkeys *out,
    struct bulla_err *err);
/* What our witness cosigned last of an origin; BULLA_E_NOMATCH: nothing. */
BULLA_NODISCARD enum bulla_status exchange_seen(const struct bulla_exchange *x,
    const struct bulla_cur *origin, struct bulla_buf *note,
    struct bulla_err *err);
/* Judge an add-checkpoint body by our own witness; what it accepts is
 * recorded. *code as bulla_witness_add. */
BULLA_NODISCARD enum bulla_status exchange_witness(struct bulla_exchange *x,
    const struct bulla_cur *body, struct bulla_buf *out, unsigned *code,
    struct bulla_err *err);
/*
 * A checkpoint of ours with cosignatures: fresh, by a witness of theirs that
 * may, on a tree that is ours. Then it is kept. A tree of ours that is not in
 * this ledger raises an alarm: somebody has our log's signature on it.
 */
BULLA_NODISCARD enum bulla_status exchange_keep(struct bulla_exchange *x,
    const struct bulla_cur *note, uint64_t *size, struct bulla_err *err);

/*
 * An alarm: a directory with what proves it. All of it is there or none.
 * kind: "fork", "rollback", "refused". The same evidence twice is one alarm.
 */
struct alarm {
	const char *kind;
	const char *what;		/* one sentence, without its period */
	struct bulla_cur seen, now;	/* signed checkpoints; len 0: none */
	struct bulla_cur request, answer;
};
BULLA_NODISCARD enum bulla_status exchange_alarm(struct bulla_exchange *x,
    const struct alarm *a, struct bulla_err *err);

/* exchange_owed.c */
/*
 * The other side is said to keep no ledger. BULLA_E_NOMATCH again when
 * nothing was ever cosigned with it; else an alarm, and BULLA_E_REFUSED.
 */
BULLA_NODISCARD enum bulla_status exchange_absent(struct bulla_exchange *x,
    struct bulla_err *err);
/*
 * BULLA_E_REFUSED, with an alarm: a request of theirs is for a log of which we
 * remember nothing, while we remember one that is not among logs, those of
 * their roster that are in force, or x->peer showed another one before.
 */
BULLA_NODISCARD enum bulla_status exchange_same_log(struct bulla_exchange *x,
    const struct bulla_cur *body, const struct bulla_vkeys *logs,
    struct bulla_err *err);
/* x->peer has shown this log, and it was cosigned. */
BULLA_NODISCARD enum bulla_status exchange_shown(struct bulla_exchange *x,
    const struct bulla_cur *origin, struct bulla_err *err);
/* An alarm when it is of the size that we cosigned last, with another root. */
BULLA_NODISCARD enum bulla_status exchange_two_roots(struct bulla_exchange *x,
    const struct bulla_cur *body, const struct bulla_vkeys *logs,
    struct bulla_err *err);

/* A refusal: one line. */
void exchange_no(struct bulla_exchange_answer *a, unsigned status,
    const char *why);
/* exchange_notes.c; the second: record a note of a chain as it is kept. */
BULLA_NODISCARD enum bulla_status exchange_take_note(struct bulla_exchange *x,
    const struct bulla_cur *body, struct bulla_exchange_answer *a,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status exchange_record_kept(
    struct bulla_exchange *x, const char *id,
    const uint8_t digest[BULLA_SHA256_LEN], struct bulla_err *err);
/* exchange_add.c */
BULLA_NODISCARD enum bulla_status exchange_take_add(struct bulla_exchange *x,
    const struct bulla_cur *body, struct bulla_exchange_answer *a,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status exchange_take_cosignature(
    struct bulla_exchange *x, const struct bulla_cur *body,
    struct bulla_exchange_answer *a, struct bulla_err *err);

/* exchange_ask.c: one question; what no step expects is judged. */
BULLA_NODISCARD enum bulla_status exchange_ask(const struct bulla_peer *peer,
    enum bulla_tus_place place, uint64_t old, const struct bulla_cur *body,
    unsigned *status, struct bulla_buf *out, struct bulla_err *err);
/* Does this status say that there is no such resource at all? */
bool exchange_none(unsigned status);
/* "what: the other side answered 403: reason" */
enum bulla_status exchange_said(enum bulla_status st,
    const char *what, unsigned status, const struct bulla_buf *body,
    struct bulla_err *err);
/* The body of a 409. */
BULLA_NODISCARD bool exchange_size(const struct bulla_buf *body,
    uint64_t *size);
/* exchange_theirs.c */
BULLA_NODISCARD enum bulla_status exchange_theirs(struct bulla_exchange *x,
    const struct bulla_peer *peer, uint64_t *size, struct bulla_err *err);

#endif
