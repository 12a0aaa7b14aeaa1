#ifndef BULLA_EXAMINE_H
#define BULLA_EXAMINE_H

#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"
#include "bulla/hash.h"
#include "bulla/note.h"
#include "bulla/opening.h"

/*
 * Taking a package in has two halves. This one meets the package's bytes: it
 * copies, hashes, and compares them with what the package says of itself. It
 * needs no key, no name and no network, and can run in a process that has
 * none. The other half (bulla/receive.h) has the keys, and is told digests
 * and fields; it is the one that checks signatures and decides.
 */

/* How far the examination came. */
enum bulla_reached {
	BULLA_REACHED_NOTHING,	/* not even a copy */
	BULLA_REACHED_COPY,	/* sha256, bytes, id */
	BULLA_REACHED_HEAD,	/* mtime, opening; the notes' signatures are
				 * not looked at here, nor in what follows */
	BULLA_REACHED_BODY,	/* the age header is the opening's */
	BULLA_REACHED_END,	/* segments, cipher, manifest, closing */
};

/*
 * What was found. end is why it went no further; BULLA_OK only at
 * BULLA_REACHED_END, and then it still says nothing but that the file is whole
 * and its manifest right: whether the closing is about it is not checked.
 */
struct bulla_examined {
	enum bulla_reached reached;
	struct bulla_err end;
	uint8_t sha256[BULLA_SHA256_LEN];	/* of every byte */
	uint64_t bytes;
	char id[BULLA_ID_LEN + 1];
	uint64_t mtime;			/* of its members, POSIX seconds */
	uint64_t segments;		/* data files after 00000000.age */
	uint64_t cipher;		/* bytes of the whole age file */
	uint8_t manifest[BULLA_SHA256_LEN];	/* of manifest-sha256.txt */
	struct bulla_buf opening, closing;	/* the notes, whole */
};
#define BULLA_EXAMINED_INIT { .opening = BULLA_BUF_INIT(BULLA_NOTE_MAX), \
	.closing = BULLA_BUF_INIT(BULLA_NOTE_MAX) }
void bulla_examined_free(struct bulla_examined *e);

/*
 * A file that is still being written. Through counts, a pipe, whoever writes it
 * tells how many bytes (a uint64_t each time) he has put behind those that he
 * told of before; at length bytes it is whole. Closed before: it never will be.
 * He is believed in nothing but when there is something to read; and who reads
 * has no more than the reading end, so that he cannot make the other wait.
 */
struct bulla_growing {
	int counts;
	uint64_t length;
};

/*
 * Copy in, from its current offset to its end, to copy (an empty file), and
 * judge what was copied: in is read once, and the bytes that are judged are
 * those that are written, whoever changes in meanwhile. *out is as
 * BULLA_EXAMINED_INIT before. end is BULLA_OK, _FORMAT, _LIMIT, _MISMATCH,
 * _INCOMPLETE, _UNSUPPORTED, _IO or _NOMEM.
 *
 * growing (NULL: in is whole): what is not there yet is waited for, for ever
 * if need be; BULLA_REACHED_NOTHING and _INCOMPLETE when it does not come.
 *
 * copy may have been left as bulla_direct_on (bulla/io.h) makes it.
 */
void bulla_examine(int in, int copy, unsigned threads,
    const struct bulla_growing *growing, struct bulla_examined *out);

/* The digest of all that fd has from its current offset on; progress (of
 * bulla/pack.h) may be NULL. */
struct bulla_progress;
BULLA_NODISCARD enum bulla_status bulla_hash_fd(int fd,
    const struct bulla_progress *progress, uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_err *err);

/*
 * Who does it: another process, or this one when examine is NULL. A status
 * other than BULLA_OK: nobody came to a result.
 */
struct bulla_examiner {
	enum bulla_status (*examine)(void *ctx, int in, int copy,
	    struct bulla_examined *out, struct bulla_err *err);
	enum bulla_status (*hash)(void *ctx, int fd,
	    uint8_t sha256[BULLA_SHA256_LEN], struct bulla_err *err);
	void *ctx;
};

/*
 * What was found as a message between processes. Whoever wrote it may have
 * been taken over by the package: a message is taken only when each field is
 * within its bounds and all of them go together, else BULLA_E_FORMAT; and
 * then still no more than a claim about this one package. What parses encodes
 * to the same bytes.
 */
#define BULLA_EXAMINED_MAX (2 * BULLA_NOTE_MAX + 1024u)	/* bytes */
void bulla_examined_put(struct bulla_buf *b, const struct bulla_examined *e);
BULLA_NODISCARD enum bulla_status bulla_examined_parse(
    const struct bulla_cur *bytes, struct bulla_examined *out,
    struct bulla_err *err);

#endif
