#ifndef BULLA_RECEIVE_H
#define BULLA_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/examine.h"
#include "bulla/package.h"
#include "bulla/quarantine.h"
#include "bulla/sign.h"

/*
 * Taking a package in: copy into quarantine while hashing, verify the copy,
 * store it, sign a receipt. What bulla-receive and the inbox both run. All
 * that reads the package's bytes is behind examiner (bulla/examine.h); what
 * is here sees the notes, digests and fields, and checks the signatures.
 */
struct bulla_shared;
struct bulla_receive {
	const char *home;		/* existing directory, 0700 */
	const struct bulla_signer *receiver;
	const struct bulla_vkeys *known;	/* sealers accepted */
	struct bulla_judge judge;	/* ... and whether they may */
	/* May the receiver sign now? Empty: yes. */
	struct bulla_may_sign {
		enum bulla_status (*ask)(void *ctx,
		    const struct bulla_signer *receiver, int64_t now,
		    struct bulla_err *err);
		void *ctx;
	} may_sign;
	bool allow_exercise;
	int64_t now;
	struct bulla_examiner examiner;	/* empty: this process */
	const struct bulla_shared *shared;	/* or NULL */
	struct bulla_quarantine quarantine;	/* of what is rejected */
	/*
	 * Called when all of the package is there, which may be hours after
	 * the first of it, and nothing has been judged: known, judge, may_sign
	 * and now may be set in p, which is a copy. Empty: they are right.
	 */
	struct bulla_arrived {
		enum bulla_status (*tell)(void *ctx, struct bulla_receive *p,
		    struct bulla_err *err);
		void *ctx;
	} arrived;
};

/*
 * A place that several homes of one side share, so that none of them takes in
 * what another has: an id is for one file, and the first receipt there is the
 * receipt of all. Whoever keeps it is believed in nothing: a receipt that is
 * handed back counts when it is signed by a receiver of ours and about this
 * very package, and "this id is for another file" when there is such a receipt
 * for that other one.
 *
 * Any failure of the first three but BULLA_E_NOMEM means "not now". What they
 * say is done is durable there, and each may be asked for again.
 */
struct bulla_shared {
	/* sha256 is the file's that wants the id; then the one that has it. */
	enum bulla_status (*claim)(void *ctx, const char *id,
	    uint8_t sha256[32], struct bulla_err *err);
	/* The file's first bytes bytes; fd is open for reading only. */
	enum bulla_status (*put)(void *ctx, const char *id,
	    const uint8_t sha256[32], int fd, uint64_t bytes,
	    struct bulla_err *err);
	/*
	 * Leave this receipt there unless there is one; append the one that is
	 * there to out. note empty: only look; then out may get nothing.
	 */
	enum bulla_status (*receipt)(void *ctx, const uint8_t sha256[32],
	    const struct bulla_cur *note, struct bulla_buf *out,
	    struct bulla_err *err);
	/* Who may have signed it, at the time (POSIX seconds) it claims. */
	const struct bulla_vkeys *receivers;
	enum bulla_status (*may)(void *ctx, const struct bulla_verified *v,
	    int64_t at, struct bulla_err *err);
	void *ctx;
};

struct bulla_received {
	uint8_t sha256[32];	/* of every byte of the package file */
	char id[33];		/* "" when the package could not name itself */
	bool accepted;		/* receipt says receive, else reject */
	bool existed;		/* the same bytes were here before */
	bool quarantined;	/* rejected, and kept there */
	struct bulla_err not_kept;	/* rejected, and why it is not */
	uint64_t bytes;
	const char *reason;	/* of a reject, as in the note; else NULL */
	struct bulla_err why;	/* of a reject: the rule that was broken */
	struct bulla_buf receipt;	/* the signed note;
					 * free with bulla_buf_free */
};

/*
 * fd is the package, which the examiner reads from its current offset to the
 * end and nobody else touches; judged is only
 * the copy that is made in the home, which has no name until then. A package
 * that verifies is stored, durably, as HOME/packages/<id>.bulla, and its
 * receipt as the next note of custody/<id>/ (0001-receive.note when it is the
 * first) and as receipts/<sha256>.note before this returns BULLA_OK with
 * accepted set. It names the note of theirs that relinquished the package to
 * us, when custody/<id>/theirs/ has one. The same bytes again: the same
 * receipt. With p->shared it is there too, and the receipt is the first one
 * there: BULLA_E_AGAIN until that is so (what is signed before is not kept),
 * BULLA_E_IO when what is there is no receipt of ours. What has no place in our
 * chain, because other notes are in it, is kept as the receipt alone. Rejects
 * are not shared.
 *
 * A signed reject (BULLA_OK, accepted false, reason and why filled; nothing
 * stored is changed but receipts/: such a note has no place in a chain), and
 * the package goes into p->quarantine (bulla/quarantine.h) before this
 * returns; when it cannot be kept there, the note is good all the same. The
 * reasons:
 * "duplicate-id" for other bytes under a stored id, "seal-broken" for what
 * does not verify, "hash-mismatch" for other bytes than were relinquished to
 * us, "out-of-scope" for an exercise, "not-authorised" when judge returned
 * BULLA_E_REFUSED, "wrong-recipient" when it is addressed, and not to the
 * agency of the receiver's key. A rejected package is judged anew each time;
 * for the same reason it gets the same note, and is not kept twice. Every
 * other status means that nothing was signed: what may_sign said, which is
 * asked when there is no receipt yet; BULLA_E_FORMAT and _INCOMPLETE (no
 * package, or not all of one), _NOKEY (no known sealer), _LIMIT, _IO (also
 * when notes in the home are damaged), _NOMEM, and those of the examiner.
 *
 * An examiner that lies can have stored, under the id in notes that a known
 * sealer has signed and when that id is free, bytes that are not those he
 * sealed, and get a receipt with the digest it says; it can do nothing to
 * other packages.
 */
BULLA_NODISCARD enum bulla_status bulla_receive_fd(
    const struct bulla_receive *p, int fd, struct bulla_received *out,
    struct bulla_err *err);

/*
 * The stored receipt of a package, by the sha256 of its file; BULLA_E_NOMATCH
 * when there is none. *accepted says which kind it is.
 */
BULLA_NODISCARD enum bulla_status bulla_receipt_find(const char *home,
    const uint8_t sha256[32], struct bulla_buf *out, bool *accepted,
    struct bulla_err *err);

/*
 * The sender's side: does this note verify under one of the known keys, is it
 * for this package file, and does it say receive or reject (with the reason)?
 * BULLA_E_MISMATCH when it is for another package.
 */
struct bulla_receipt {
	bool accepted;
	char reason[64];	/* of a reject */
	int64_t time;		/* as the receiver claims */
	char actor[256];	/* name of the key that signed */
};
BULLA_NODISCARD enum bulla_status bulla_receipt_check(
    const struct bulla_cur *note, const struct bulla_vkeys *known,
    const uint8_t sha256[32], struct bulla_receipt *out,
    struct bulla_err *err);

/*
 * A third person's question: was pkg, which was verified and whose file has
 * this digest, received by one of those receivers? What bulla_receipt_check
 * says; BULLA_E_MISMATCH when the note names another id or seal than those of
 * pkg, BULLA_E_REFUSED when it is a reject, and BULLA_E_USAGE when one of the
 * receivers has sealed pkg: nobody acknowledges what he sent himself.
 */
BULLA_NODISCARD enum bulla_status bulla_receipt_prove(
    const struct bulla_cur *note, const struct bulla_vkeys *receivers,
    const struct bulla_package *pkg, const uint8_t sha256[32],
    struct bulla_receipt *out, struct bulla_err *err);

#endif
