#ifndef BULLA_CORE_LEDGER_INT_H
#define BULLA_CORE_LEDGER_INT_H

#include "bulla/ledger.h"
#include "bulla/merkle.h"
#include "bulla/tile.h"

#define LEDGER_PATH_MAX 4096u

/*
 * journal = "bulla journal v1" LF, 16 random bytes, frames
 * frame   = the same 16 bytes, index of its first record (8), records (4),
 *	     bytes of payload (4), SHA-256 of those 32 bytes and the payload
 * payload = for each record: length (4), salt (32), the record
 * Numbers are big-endian. The highest bit of a length says that the record is
 * its own entry, in clear; its salt is zeros then. Who submits records cannot
 * know the 16 bytes, so no record can pass for a frame when the place of one
 * is in doubt.
 */
#define JOURNAL_MAGIC "bulla journal v1\n"
#define JOURNAL_ID 16u
#define JOURNAL_HEAD (sizeof(JOURNAL_MAGIC) - 1 + JOURNAL_ID)
#define FRAME_FIXED (JOURNAL_ID + 16u)
#define FRAME_HEAD (FRAME_FIXED + 32u)
#define RECORD_HEAD (4u + BULLA_LEDGER_SALT)
#define RECORD_CLEAR 0x80000000u

/*
 * index = for each record: its place in the journal, the start of its SHA-256
 */
#define INDEX_ROW 16u

struct ledger_record {
	struct bulla_cur salt, data;
	enum bulla_entry as;
	uint64_t off;			/* of its head in the journal */
};

/* A record that is committed and not yet published. */
struct ledger_pending {
	struct bulla_hash salted;
	uint8_t *clear;			/* NULL: a salted one; owned */
	size_t clear_len;
	uint64_t off, print;
};

struct ledger_level {
	unsigned w;
	struct bulla_hash h[BULLA_TILE_WIDTH];
};

struct bulla_ledger {
	const char *home;
	const struct bulla_ask *ask;
	char public[LEDGER_PATH_MAX];
	struct bulla_vkey vkey;
	struct bulla_signer signer;	/* loaded when it is needed */
	int journal, index;		/* descriptors */
	uint8_t id[JOURNAL_ID];
	bool current, dead;
	enum bulla_ledger_fault fault;
	uint64_t end;			/* of the last frame */
	uint64_t published;
	uint64_t cut;
	struct bulla_edge edge;		/* of everything committed */
	struct ledger_level level[BULLA_TILE_LEVELS];	/* of the published */
	struct bulla_buf bundle;	/* entries of level[0] */
	struct ledger_pending *pend;
	size_t n_pend, cap_pend;
};

BULLA_NODISCARD enum bulla_status ledger_path(char out[LEDGER_PATH_MAX],
    const char *home, const char *rest, struct bulla_err *err);
/* The lock; and whatever others have done since it was held last. */
BULLA_NODISCARD enum bulla_status ledger_enter(struct bulla_ledger *l,
    int *lock, struct bulla_err *err);
/* The secret log key, once. */
BULLA_NODISCARD enum bulla_status ledger_load_signer(struct bulla_ledger *l,
    struct bulla_err *err);
/* The root of the first size of the published records, from the tiles. */
BULLA_NODISCARD enum bulla_status ledger_root_at(const struct bulla_ledger *l,
    uint64_t size, struct bulla_hash *out, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status ledger_recover(struct bulla_ledger *l,
    struct bulla_err *err);
/* Check a checkpoint's signature, take it apart (into bytes). */
BULLA_NODISCARD enum bulla_status ledger_read_checkpoint(
    const struct bulla_ledger *l, struct bulla_buf *bytes,
    struct bulla_tree *out, struct bulla_err *err);
/* The text beside the key; origin is not kept. */
BULLA_NODISCARD enum bulla_status ledger_read_state(
    const struct bulla_ledger *l, struct bulla_checkpoint *out,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status ledger_write_checkpoint(
    struct bulla_ledger *l, uint64_t size, const struct bulla_hash *root,
    struct bulla_err *err);

/* Note a committed record: the edge and what publishing needs. */
BULLA_NODISCARD enum bulla_status ledger_add(struct bulla_ledger *l,
    const struct ledger_record *r, struct bulla_err *err);
void ledger_forget_pending(struct bulla_ledger *l);
uint64_t ledger_print(const struct bulla_cur *data);
#define LEDGER_ENTRY_LEN 96u
/* The entry of a salted record; returns its length. */
size_t ledger_entry(const struct bulla_hash *salted,
    uint8_t out[LEDGER_ENTRY_LEN]);
/* The entry of a record: its own bytes, or made in room. */
struct bulla_cur ledger_entry_of(const struct ledger_record *r,
    uint8_t room[LEDGER_ENTRY_LEN]);

/*
 * The frame at off, whose first record must be number first, into b.
 * BULLA_E_INCOMPLETE: it is cut short, or no frame; BULLA_E_IO.
 */
BULLA_NODISCARD enum bulla_status frame_read(const struct bulla_ledger *l,
    uint64_t off, uint64_t first, struct bulla_buf *b, uint32_t *n,
    struct bulla_err *err);
/* Records of a frame that frame_read accepted. *at begins at FRAME_HEAD. */
BULLA_NODISCARD enum bulla_status frame_next(const struct bulla_buf *b,
    size_t *at, uint64_t off, struct ledger_record *r, struct bulla_err *err);
/* Does a frame begin anywhere behind off? Then what is at off is no tail. */
BULLA_NODISCARD enum bulla_status frame_behind(const struct bulla_ledger *l,
    uint64_t off, bool *yes, struct bulla_err *err);
/* The record whose head is at off, into b. */
BULLA_NODISCARD enum bulla_status ledger_record_read(
    const struct bulla_ledger *l, uint64_t off, struct bulla_buf *b,
    struct ledger_record *r, struct bulla_err *err);
/* Is it in the ledger, published or not? The lock is held. */
BULLA_NODISCARD enum bulla_status ledger_has(const struct bulla_ledger *l,
    const struct bulla_record *record, bool *yes, struct bulla_err *err);
/* The record of a published index, into b. */
BULLA_NODISCARD enum bulla_status ledger_record_at(
    const struct bulla_ledger *l, uint64_t index, struct bulla_buf *b,
    struct ledger_record *r, uint64_t *print, struct bulla_err *err);

#endif
