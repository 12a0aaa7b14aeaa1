#ifndef BULLA_LEDGER_H
#define BULLA_LEDGER_H

#include <stdint.h>

#include "bulla/cosign.h"
#include "bulla/keys.h"

/*
 * A ledger: an append-only record in HOME/ledger that others can check.
 *	journal		the records with their salts: private, never cut but
 *			for a tail that was never acknowledged
 *	index		where in the journal each record begins
 *	public/		checkpoint and tile/...: static files for any web server
 * and beside the log key HOME/keys/log.key the text of the newest checkpoint
 * ever signed, HOME/keys/log.state: a ledger that is behind it is a restored
 * backup, and is refused.
 *
 * An entry is "bulla record v1" LF "salted-sha256: " hex LF, where hex is
 * sha256(salt || record) with 32 random bytes of salt: it says nothing about
 * the record to who has not got it. Notes that everybody may read, rosters
 * and suspensions, can be entries as they are: only when the caller says so,
 * never because of what a record begins with.
 *
 * Appending writes one frame to the journal and syncs it once: then it is
 * committed. Publishing makes tiles and checkpoint of what was committed; a
 * crash in between is made good the next time. Several processes may use one
 * ledger; each call takes the lock for itself.
 */
#define BULLA_LEDGER_RECORD_MAX (1u << 20)	/* bytes of a record */
#define BULLA_LEDGER_BATCH_MAX (1u << 24)	/* bytes of a frame */
#define BULLA_LEDGER_SALT 32u

struct bulla_ledger;

/*
 * An empty ledger whose origin and log key are called name; the key is made
 * when HOME/keys/log.key is missing, else it must have that name.
 * BULLA_E_REFUSED: there is a ledger, or a state of an earlier one.
 */
BULLA_NODISCARD enum bulla_status bulla_ledger_init(const char *home,
    const char *name, const struct bulla_ask *ask, struct bulla_err *err);

/*
 * home and ask must outlive it. Recovers: the root is recomputed from the
 * tiles' right edge and compared, records that were committed and not yet
 * published are read from the journal, a torn tail is cut.
 * BULLA_E_MISMATCH: files do not fit together; BULLA_E_INCOMPLETE: records
 * are missing; BULLA_E_REFUSED: behind the state (a restored backup), or not
 * a continuation of it (a fork).
 */
BULLA_NODISCARD enum bulla_status bulla_ledger_open(const char *home,
    const struct bulla_ask *ask, struct bulla_ledger **out,
    struct bulla_err *err);
/*
 * The same, and what BULLA_E_REFUSED meant; BULLA_LEDGER_WHOLE with any other
 * status.
 */
enum bulla_ledger_fault { BULLA_LEDGER_WHOLE, BULLA_LEDGER_ROLLBACK,
	BULLA_LEDGER_FORK };
BULLA_NODISCARD enum bulla_status bulla_ledger_open_fault(const char *home,
    const struct bulla_ask *ask, struct bulla_ledger **out,
    enum bulla_ledger_fault *fault, struct bulla_err *err);
/* Publishes nothing. NULL is allowed. */
void bulla_ledger_free(struct bulla_ledger *l);

/* Of the last call: records committed, bytes of torn tail cut so far. */
uint64_t bulla_ledger_size(const struct bulla_ledger *l);
uint64_t bulla_ledger_cut(const struct bulla_ledger *l);
/* Records that are committed and not yet published. */
uint64_t bulla_ledger_pending(const struct bulla_ledger *l);
const struct bulla_vkey *bulla_ledger_vkey(const struct bulla_ledger *l);

/*
 * Append n records, at most BULLA_LEDGER_BATCH_MAX bytes with 40 more for
 * each, with one sync; *first is the index of the first. After BULLA_E_IO the
 * ledger is dead: every call fails, nothing is tried again.
 */
BULLA_NODISCARD enum bulla_status bulla_ledger_append(struct bulla_ledger *l,
    const struct bulla_cur *records, size_t n, uint64_t *first,
    struct bulla_err *err);
/*
 * The same for notes. As BULLA_CLEAR a note is its own entry, in public: it
 * must begin with the type line of a roster or of a suspension and have at
 * most BULLA_LEDGER_CLEAR_MAX bytes (BULLA_E_USAGE if not). once: what is
 * among the newest BULLA_LEDGER_ONCE records already, in the same way, is left
 * out, as when a connection broke and everything is said again; *n_new says
 * how many were appended.
 */
#define BULLA_LEDGER_CLEAR_MAX 65535u
#define BULLA_LEDGER_ONCE (1u << 20)
enum bulla_entry { BULLA_SALTED, BULLA_CLEAR };
struct bulla_record {
	struct bulla_cur bytes;
	enum bulla_entry as;
};
BULLA_NODISCARD enum bulla_status bulla_ledger_append_notes(
    struct bulla_ledger *l, const struct bulla_record *records, size_t n,
    bool once, size_t *n_new, struct bulla_err *err);
/* Does it begin as what may be an entry in clear? */
bool bulla_ledger_clear_ok(const struct bulla_cur *record);
/* Needs the secret log key, unless nothing is pending. */
BULLA_NODISCARD enum bulla_status bulla_ledger_publish(
    struct bulla_ledger *l, struct bulla_err *err);

/* The signed checkpoint as it was published last. */
BULLA_NODISCARD enum bulla_status bulla_ledger_checkpoint(
    const struct bulla_ledger *l, struct bulla_buf *out,
    struct bulla_err *err);
/*
 * The newest published record with these bytes (or the oldest).
 * BULLA_E_NOMATCH when there is none. Reads 16 bytes of index for each record.
 */
BULLA_NODISCARD enum bulla_status bulla_ledger_find(
    const struct bulla_ledger *l, const struct bulla_cur *record,
    uint64_t *index, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_ledger_find_first(
    const struct bulla_ledger *l, const struct bulla_cur *record,
    uint64_t *index, struct bulla_err *err);
/*
 * Every published record, oldest first, until fn says anything but BULLA_OK,
 * which is returned then. The window is valid during the call only.
 */
BULLA_NODISCARD enum bulla_status bulla_ledger_each(
    const struct bulla_ledger *l, enum bulla_status (*fn)(void *ctx,
    uint64_t index, const struct bulla_cur *record, struct bulla_err *err),
    void *ctx, struct bulla_err *err);
/*
 * A tlog-proof of a published record, its salt in the extra line (a record in
 * clear has none); it is checked before it is handed out. BULLA_E_NOMATCH:
 * there is no such index.
 */
BULLA_NODISCARD enum bulla_status bulla_ledger_prove(
    const struct bulla_ledger *l, uint64_t index, struct bulla_buf *out,
    struct bulla_err *err);
/* An add-checkpoint body for a witness that saw old records last. */
BULLA_NODISCARD enum bulla_status bulla_ledger_request(
    const struct bulla_ledger *l, uint64_t old, struct bulla_buf *out,
    struct bulla_err *err);

/*
 * Read every byte again: frames, index, bundles and tiles of the published
 * size, and compare them with each other and with the checkpoint. Others may
 * append meanwhile.
 */
BULLA_NODISCARD enum bulla_status bulla_ledger_check(
    const struct bulla_ledger *l, struct bulla_err *err);

/*
 * The proof is that this record stands in a log whose key is known, at
 * *index, under *tree, which points into the proof's bytes.
 * BULLA_E_MISMATCH, BULLA_E_FORMAT, BULLA_E_LIMIT, BULLA_E_NOKEY.
 */
BULLA_NODISCARD enum bulla_status bulla_ledger_proved(
    const struct bulla_cur *proof, const struct bulla_cur *record,
    const struct bulla_vkeys *known, uint64_t *index, struct bulla_tree *tree,
    struct bulla_err *err);

#endif
