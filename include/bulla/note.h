#ifndef BULLA_NOTE_H
#define BULLA_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * Signed notes (c2sp.org/signed-note) as bytes, nothing verified here: see
 * bulla/sign.h for that. Stricter than the C2SP text: docs/FORMAT.md.
 */
#define BULLA_NOTE_MAX 65536u		/* bytes of a whole note */
#define BULLA_NOTE_SIGS_MAX 16u		/* signature lines */
#define BULLA_NOTE_BLOB_MAX 2560u	/* decoded bytes of a signature line */
#define BULLA_KEYNAME_MAX 255u		/* bytes, [a-z0-9._/-] */
#define BULLA_KEYID_LEN 4u

struct bulla_note_sig {
	struct bulla_cur name;
	uint8_t id[BULLA_KEYID_LEN];
	struct bulla_cur b64;	/* the blob's text: id and signature */
	size_t sig_len;		/* decoded bytes after the id */
};

/* Plain data that points into the bytes parsed; nothing to free. */
struct bulla_note {
	struct bulla_cur text;	/* with its last LF: what is signed */
	unsigned n_sigs;	/* 1 .. BULLA_NOTE_SIGS_MAX */
	struct bulla_note_sig sig[BULLA_NOTE_SIGS_MAX];
};

/*
 * Parse a whole note. *out only on success; as untrusted as the bytes.
 * BULLA_E_FORMAT, or BULLA_E_LIMIT (over BULLA_NOTE_MAX, too many lines).
 */
BULLA_NODISCARD enum bulla_status bulla_note_parse(
    const struct bulla_cur *bytes, struct bulla_note *out,
    struct bulla_err *err);

/* The signature bytes of a line (without the id); out takes sig_len bytes. */
BULLA_NODISCARD bool bulla_note_sig_bytes(const struct bulla_note_sig *s,
    void *out, size_t cap);

/* Append one signature line. */
void bulla_note_put_sig(struct bulla_buf *b, const char *name,
    const uint8_t id[BULLA_KEYID_LEN], const void *sig, size_t sig_len);

/* [a-z0-9._/-]{1,255} */
bool bulla_keyname_ok(const struct bulla_cur *name);
/* What stands before the first '/', or all of it. */
struct bulla_cur bulla_keyname_agency(const struct bulla_cur *name);
/* Does it belong to a side that is there for exercises alone? */
#define BULLA_EXERCISE_SUFFIX ".exercise"
bool bulla_keyname_exercise(const struct bulla_cur *name);

/*
 * Take "name+id+base64" apart at its first two '+' (the base64 may hold
 * more). The name and the id are judged, the base64 is not decoded: in a
 * secret key it must only be decoded into secret memory.
 */
BULLA_NODISCARD bool bulla_key_split(const struct bulla_cur *text,
    struct bulla_cur *name, uint8_t id[BULLA_KEYID_LEN],
    struct bulla_cur *b64);

#endif
