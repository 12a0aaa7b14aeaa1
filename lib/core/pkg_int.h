#ifndef BULLA_CORE_PKG_INT_H
#define BULLA_CORE_PKG_INT_H

#include "bulla/package.h"
#include "bulla/ustar.h"

/* The members of a package file, written and read in their one order. */
#define PKG_AGE0_MAX (BULLA_AGE_HEADER_MAX + BULLA_AGE_NONCE_LEN)
#define PKG_PATH_MAX 32u	/* "data/00000000.age" and the others */
#define PKG_LINE_MAX 128u	/* of manifest-sha256.txt */

/* "data/00000007.age" */
void pkg_segment_path(uint64_t index, char out[PKG_PATH_MAX]);
/* One line of manifest-sha256.txt; returns its length. */
size_t pkg_manifest_line(uint64_t index, const uint8_t digest[32],
    char out[PKG_LINE_MAX]);

/*
 * Can a package begin with these n bytes, all that there is of the first
 * block? BULLA_E_FORMAT: no; BULLA_E_INCOMPLETE: yes, and there are fewer.
 */
BULLA_NODISCARD enum bulla_status pkg_begins(const uint8_t *p, size_t n,
    struct bulla_err *err);

/* Writing. The hash half and the write half may be in different threads. */
struct pkgw {
	int fd;
	const char *name;
	bool patch;		/* headers can be mended: output can seek */
	struct bulla_behind *behind;	/* a file's writer, until the last
					 * header is mended; else NULL */
	uint64_t base, pos;	/* of the output; pos counts from base */
	char id[BULLA_ID_LEN + 1];
	uint64_t mtime;
	uint64_t segments;	/* begun, without 00000000.age */
	uint64_t in_segment;	/* bytes of the current one so far */
	uint64_t cipher;	/* bytes of all of them */
	uint64_t header_at;	/* of the current segment's header */
	struct bulla_buf hold;	/* without patch: the current segment */
	/* The hash half. */
	struct bulla_sha256 *hash;	/* of segments, then of the manifest */
	uint64_t hashed;	/* bytes of the current segment */
	struct bulla_buf digests;	/* 32 bytes for each data file */
};
BULLA_NODISCARD enum bulla_status pkgw_begin(struct pkgw *w, int fd,
    const char *name, const char *id, int64_t created,
    struct bulla_err *err);
/* bagit.txt, opening.note and data/00000000.age. */
BULLA_NODISCARD enum bulla_status pkgw_head(struct pkgw *w,
    const struct bulla_buf *opening, const struct bulla_buf *age0,
    struct bulla_err *err);
/* n more bytes of ciphertext were hashed: true when a segment ends there. */
BULLA_NODISCARD bool pkgw_hashed(struct pkgw *w, size_t n, bool last);
/* The digest of the segment that ended. */
BULLA_NODISCARD enum bulla_status pkgw_digest(struct pkgw *w,
    const uint8_t digest[BULLA_SHA256_LEN], struct bulla_err *err);
/* Ciphertext in order; last with the final piece. A piece keeps within its
 * segment. */
BULLA_NODISCARD enum bulla_status pkgw_write(struct pkgw *w, const void *p,
    size_t n, bool last, struct bulla_err *err);
/* manifest-sha256.txt; its digest is for the closing note. */
BULLA_NODISCARD enum bulla_status pkgw_manifest(struct pkgw *w,
    uint8_t digest[BULLA_SHA256_LEN], struct bulla_err *err);
/* closing.note and the end. */
BULLA_NODISCARD enum bulla_status pkgw_end(struct pkgw *w,
    const struct bulla_buf *closing, struct bulla_err *err);
void pkgw_free(struct pkgw *w);

struct bulla_reader;

/* Reading, strictly in order, from any descriptor. */
struct pkgr {
	int fd;
	struct bulla_reader *from;	/* in the place of fd, or NULL */
	uint64_t pos;		/* bytes read so far */
	char id[BULLA_ID_LEN + 1];
	uint64_t mtime;
	struct bulla_buf opening, age0, closing;
	struct bulla_ustar next;	/* the header read ahead */
	size_t bound;		/* bytes of a segment that may be read */
	uint64_t segments;	/* read, without 00000000.age */
	uint64_t cipher;	/* bytes of all of them */
};
void pkgr_init(struct pkgr *r, int fd);
/* Up to and with data/00000000.age, and the header of what comes next. */
BULLA_NODISCARD enum bulla_status pkgr_head(struct pkgr *r,
    struct bulla_err *err);
/* The next segment into buf (pkgr_bound bytes). */
BULLA_NODISCARD enum bulla_status pkgr_segment(struct pkgr *r, uint8_t *buf,
    size_t *n, bool *last, struct bulla_err *err);
/*
 * As many bytes as a segment can have at the most: what is left of a regular
 * file, else BULLA_SEGMENT_SIZE. From now on a segment that says more is the
 * beginning of a file that ends early.
 */
size_t pkgr_bound(struct pkgr *r);
/* Where the next segment lies, which is passed over with lseek. */
BULLA_NODISCARD enum bulla_status pkgr_plan(struct pkgr *r, uint64_t *off,
    uint64_t *size, bool *last, struct bulla_err *err);
/*
 * The next segment has so many bytes; the caller takes them out of from by
 * himself, and then says how many there were.
 */
BULLA_NODISCARD enum bulla_status pkgr_open_segment(struct pkgr *r,
    uint64_t *size, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status pkgr_close_segment(struct pkgr *r,
    uint64_t got, bool *last, struct bulla_err *err);
/* Pass over the segments without looking at them. */
BULLA_NODISCARD enum bulla_status pkgr_skip(struct pkgr *r,
    struct bulla_err *err);
/*
 * The manifest, closing note and end of the file. digests has 32 bytes for
 * each data file, or is NULL when the manifest is only to be passed over.
 */
BULLA_NODISCARD enum bulla_status pkgr_tail(struct pkgr *r,
    const struct bulla_buf *digests, uint8_t manifest[BULLA_SHA256_LEN],
    struct bulla_err *err);
void pkgr_free(struct pkgr *r);

/*
 * The rules of FORMAT.md that notes and header must meet. head: the opening
 * note's signatures, its id and time against the members', the age header's
 * digest, nonce, recipients and stanzas; nothing secret is needed or used.
 */
BULLA_NODISCARD enum bulla_status pkg_check_head(struct pkgr *r,
    const struct bulla_vkeys *known, bool allow_exercise,
    struct bulla_package *out, struct bulla_err *err);
/*
 * Its three parts. The first and the last look only at the notes and at
 * r->id and mtime; the second at no key: whoever has read a package need not
 * be the one who knows keys.
 */
BULLA_NODISCARD enum bulla_status pkg_check_signed(struct pkgr *r,
    const struct bulla_vkeys *known, struct bulla_package *out,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status pkg_check_age(const struct pkgr *r,
    struct bulla_package *out, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status pkg_check_exercise(
    const struct bulla_package *p, bool allow_exercise,
    struct bulla_err *err);
/* The closing: the same signatures, and all of its figures. */
BULLA_NODISCARD enum bulla_status pkg_check_tail(struct pkgr *r,
    const struct bulla_vkeys *known,
    const uint8_t manifest[BULLA_SHA256_LEN], struct bulla_package *out,
    struct bulla_err *err);
/* Last, before anything is released: may these signers do so? */
BULLA_NODISCARD enum bulla_status pkg_judge(const struct bulla_judge *j,
    const struct bulla_package *p, struct bulla_err *err);
/* Without verifying: parse only. */
BULLA_NODISCARD enum bulla_status pkg_parse_head(struct pkgr *r,
    struct bulla_package *out, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status pkg_parse_tail(struct pkgr *r,
    struct bulla_package *out, struct bulla_err *err);

#endif
