#ifndef BULLA_WITNESS_H
#define BULLA_WITNESS_H

#include "bulla/cosign.h"

/*
 * The witness's side of c2sp.org/tlog-witness: judge an add-checkpoint body,
 * remember the checkpoint durably, then cosign it. What was cosigned last of
 * each origin stands, as a cosigned note, in DIR/<hex sha256 of origin>.
 */
struct bulla_witness {
	const char *dir;		/* made when missing */
	const struct bulla_vkeys *known;	/* the logs it cosigns for */
	const struct bulla_signer *key;	/* type 0x04 */
	int64_t now;			/* POSIX seconds, not 0 */
};

/*
 * body: the request. out gets what the answer's body is: the cosignature
 * line with 200, the recorded size and LF with 409, else nothing. *code is
 * the HTTP status of the specification, in its order of checks, set whenever
 * the request could be judged:
 *	200 BULLA_OK
 *	400 BULLA_E_FORMAT, BULLA_E_LIMIT	403 BULLA_E_MISMATCH
 *	404 BULLA_E_NOKEY			409 BULLA_E_AGAIN
 *	422 BULLA_E_REFUSED
 * BULLA_E_IO and BULLA_E_NOMEM leave it 500. Several processes may ask at
 * once: check and store are one step under a lock.
 */
BULLA_NODISCARD enum bulla_status bulla_witness_add(
    const struct bulla_witness *w, const struct bulla_cur *body,
    struct bulla_buf *out, unsigned *code, struct bulla_err *err);

/*
 * Append the note that this directory's witness cosigned last of a log.
 * BULLA_E_NOMATCH: none yet. Nothing is verified: it is what the witness
 * itself goes by.
 */
BULLA_NODISCARD enum bulla_status bulla_witness_last(const char *dir,
    const struct bulla_cur *origin, struct bulla_buf *out,
    struct bulla_err *err);

#endif
