#ifndef BULLA_EXCHANGE_H
#define BULLA_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/home.h"
#include "bulla/tus.h"

/*
 * What two sides say to each other around a delivery, free of HTTP: the
 * inbox answers, the sender asks and judges what it hears.
 *	GET /checkpoint, /tile/...	our ledger's public files
 *	POST /add-checkpoint		cosign this (c2sp.org/tlog-witness)
 *	GET /add-checkpoint/N		the same the other way round: the body
 *					for a witness that has seen N records
 *	GET /<sha256 of origin>/checkpoint	what our witness cosigned last
 *	POST /cosignature		a checkpoint of ours, cosigned
 *	POST /notes			a signed note: custody, roster, suspend
 * docs/FORMAT.md has bodies, types and statuses.
 *
 * Every request may be cut off anywhere and sent again: what it does is
 * durable before it is answered, and done twice it changes nothing more.
 */
#define BULLA_EXCHANGE_SKEW 3600	/* seconds that clocks may differ */
#define BULLA_EXCHANGE_ALARMS_MAX 256u	/* kept; more are not written */

/* One side of it. home has a ledger and a roster of the other side. */
struct bulla_exchange {
	struct bulla_home *home;
	const struct bulla_signer *witness;	/* ours, type 0x04, or NULL */
	/*
	 * After BULLA_E_REFUSED or BULLA_E_MISMATCH: the directory of the
	 * alarm that was raised, below the home, or ""; that of all alarms
	 * when it is full.
	 */
	char alarm[256];
	/*
	 * Who is at the other end, as text: set by the calls below. Each is
	 * remembered with the log that it showed (HOME/ledger/shown).
	 */
	const char *peer;
};
/* Does this home take part: both rosters, a ledger? */
bool bulla_exchange_can(const struct bulla_home *h);
/*
 * For a process that lives long: the time, and the rosters as they are now.
 * Nothing that points into the rosters may be held across it.
 */
BULLA_NODISCARD enum bulla_status bulla_exchange_refresh(
    struct bulla_exchange *x, struct bulla_err *err);

/* Untrusted, but for client. */
struct bulla_exchange_request {
	struct bulla_tus_route route;
	const uint8_t *client;	/* SPKI digest of its TLS key, 32 bytes */
	struct bulla_cur body;	/* of a POST */
};
struct bulla_exchange_answer {
	unsigned status;	/* of HTTP */
	const char *type;	/* NULL: plain text; static */
	struct bulla_buf body;	/* with the caller's limit */
};
/*
 * The inbox's end. BULLA_OK: a is the answer, also a refusal, whose body is
 * one line that says why. BULLA_E_IO, _NOMEM and others: no answer can be
 * given now. One call at a time for one home.
 */
BULLA_NODISCARD enum bulla_status bulla_exchange_answer(
    struct bulla_exchange *x, const struct bulla_exchange_request *q,
    struct bulla_exchange_answer *a, struct bulla_err *err);

/*
 * How the sender asks the other side. BULLA_OK: *status and out are the
 * answer. out takes up to 128 KiB.
 */
struct bulla_peer {
	enum bulla_status (*ask)(void *ctx,
	    const struct bulla_exchange_request *q, unsigned *status,
	    struct bulla_buf *out, struct bulla_err *err);
	void *ctx;
	const char *name;	/* such as an inbox's URL; NULL: not known */
};
/*
 * Have our newest checkpoint cosigned, cosign theirs, record it, and hand
 * the cosignature over. ours and theirs are the sizes that are cosigned then.
 *
 * BULLA_E_NOMATCH: the other side keeps no ledger (or does not know ours), and
 * nothing was ever cosigned with it.
 * BULLA_E_REFUSED, BULLA_E_MISMATCH: stop. A fork or a rollback, of either
 * side, or an answer that cannot be believed; x->alarm has what proves it.
 */
struct bulla_cosignings {
	uint64_t ours, theirs;	/* records */
};
BULLA_NODISCARD enum bulla_status bulla_exchange_cosign(
    struct bulla_exchange *x, const struct bulla_peer *peer,
    struct bulla_cosignings *out, struct bulla_err *err);

/*
 * POST a signed note. BULLA_E_NOMATCH: they keep none; with x (may be NULL)
 * only when nothing was ever cosigned with them. BULLA_E_REFUSED: they do not
 * take this one; err quotes why.
 */
BULLA_NODISCARD enum bulla_status bulla_exchange_tell(
    struct bulla_exchange *x, const struct bulla_peer *peer,
    const struct bulla_cur *note, struct bulla_err *err);

/*
 * Hand a package over: the relinquish note of our chain, made and recorded
 * when it is not there already. Then the other side is told our chain, which
 * it needs from its first note on. BULLA_E_REFUSED: our custodian's key may
 * not; and the statuses of bulla_exchange_tell.
 */
struct bulla_handover {
	const char *id;			/* of the package */
	const uint8_t *seal;		/* digest of the closing's text */
	const uint8_t *sha256;		/* of every byte of the package */
	const char *recipients;		/* who can open it, as plain text */
	const char *transport;		/* "https, inbox.example" */
	const char *authority;		/* request id, or "-" */
	bool exercise;			/* the note says so: see review.h */
};
BULLA_NODISCARD enum bulla_status bulla_exchange_relinquish(
    struct bulla_exchange *x, const struct bulla_peer *peer,
    const struct bulla_handover *what, const struct bulla_signer *custodian,
    struct bulla_err *err);
/*
 * Take their receipt in: judged by the rosters, kept, recorded; and, when a
 * custodian's key is given and it is a receive, countersigned, which is
 * recorded too. *out is the note then, and may be told to them.
 */
BULLA_NODISCARD enum bulla_status bulla_exchange_receipt(
    struct bulla_exchange *x, const char *id, const struct bulla_cur *note,
    const struct bulla_signer *custodian, struct bulla_buf *out,
    struct bulla_err *err);

#endif
