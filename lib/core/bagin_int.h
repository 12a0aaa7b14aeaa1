#ifndef CORE_BAGIN_INT_H
#define CORE_BAGIN_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/bagin.h"
#include "bulla/hash.h"

/* Order of the payload's paths, a directory's with its '/' (bagin_order.c). */
struct bagin_order {
	size_t len;			/* of the path before */
	uint8_t path[BULLA_BAG_PATH_MAX + 1];
	/* By length: is that much of it a file, or a directory, met before? */
	uint8_t mark[BULLA_BAG_PATH_MAX + 2];
};
/* The payload's own directory, "data/". */
void bagin_order_init(struct bagin_order *o);
/* path without the '/' that is_dir stands for; judged as a path already. */
BULLA_NODISCARD enum bulla_status bagin_order_next(struct bagin_order *o,
    const struct bulla_cur *path, bool is_dir, struct bulla_err *err);

/* Files and directories below a descriptor (bagin_extract.c). */
struct bagin_extract;
BULLA_NODISCARD enum bulla_status bagin_extract_new(int dirfd,
    struct bagin_extract **x, struct bulla_err *err);
/* Entries come in the order that bagin_order_next lets through. */
BULLA_NODISCARD enum bulla_status bagin_extract_dir(struct bagin_extract *x,
    const struct bulla_cur *path, int64_t mtime, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bagin_extract_file(struct bagin_extract *x,
    const struct bulla_cur *path, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bagin_extract_data(struct bagin_extract *x,
    const void *p, size_t n, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bagin_extract_file_end(
    struct bagin_extract *x, int64_t mtime, struct bulla_err *err);
/* Set the times of the directories that are still open. */
BULLA_NODISCARD enum bulla_status bagin_extract_end(struct bagin_extract *x,
    struct bulla_err *err);
void bagin_extract_free(struct bagin_extract *x);

/*
 * Digests of the payload's files, in their order, and of the manifest's lines
 * that come of them (bagin_files.c). One or two lines are made at a time, so
 * begin may put that of the file before.
 */
#define BAGIN_SMALL (256u << 10)	/* bytes of a file that may wait */
struct bagin_files;
BULLA_NODISCARD enum bulla_status bagin_files_new(struct bagin_files **f,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bagin_files_begin(struct bagin_files *f,
    uint64_t size, struct bulla_err *err);
/* No more than size bytes in all. */
void bagin_files_data(struct bagin_files *f, const uint8_t *p, size_t n);
BULLA_NODISCARD enum bulla_status bagin_files_end(struct bagin_files *f,
    const struct bulla_cur *path, struct bulla_err *err);
/* After the last one: the digest of all lines as they must be. */
BULLA_NODISCARD enum bulla_status bagin_files_lines(struct bagin_files *f,
    uint8_t digest[BULLA_SHA256_LEN], struct bulla_err *err);
void bagin_files_free(struct bagin_files *f);

/* One run over one tar. */
struct bagin {
	const struct bulla_bagin *p;
	struct bulla_bagin_result out;
	struct bulla_tarr *tar;
	struct bulla_tar_entry e;	/* the member in hand */
	bool more;			/* is there one? */
	size_t bag_len;			/* "<bag>/" */
	uint64_t claimed, done;		/* of all members, headers included */
	struct bagin_order order;
	struct bagin_extract *x;	/* NULL but for EXTRACT */
	struct bagin_files *files;	/* the payload's */
	struct bulla_sha256 *tag;	/* of the tag file in hand */
	struct bulla_sha256 *names;	/* the paths of manifest lines */
	struct bulla_buf line;
	struct bulla_buf tags;		/* tagmanifest as it must be */
	struct bulla_buf text;		/* a small tag file read whole */
	struct bulla_cur want;		/* a member must begin with it */
};

/* What else happens to a member's bytes; may be NULL. */
typedef enum bulla_status bagin_take_fn(struct bagin *b, const uint8_t *p,
    size_t n, struct bulla_err *err);
/* All bytes of the member in hand: hashed as a tag file's when digest is not
 * NULL, taken, written. */
BULLA_NODISCARD enum bulla_status bagin_pour(struct bagin *b,
    bagin_take_fn *take, bool write, uint8_t digest[BULLA_SHA256_LEN],
    struct bulla_err *err);
/* Go on to the next member; b->more is false after the last. */
BULLA_NODISCARD enum bulla_status bagin_next(struct bagin *b,
    struct bulla_err *err);
/* The member must begin with b->want: of the bytes, and how many. */
BULLA_NODISCARD enum bulla_status bagin_take_want(struct bagin *b,
    const uint8_t *p, size_t n, struct bulla_err *err);
/* The member's path below the bag; false when it lies elsewhere. */
BULLA_NODISCARD bool bagin_below(const struct bagin *b,
    struct bulla_cur *path);
/* "<path of the member>: " before the message. */
enum bulla_status bagin_at(const struct bagin *b, enum bulla_status st,
    struct bulla_err *err);
/* bagit.txt to tagmanifest-sha256.txt (bagin_tags.c). */
BULLA_NODISCARD enum bulla_status bagin_tags(struct bagin *b,
    struct bulla_err *err);

#endif
