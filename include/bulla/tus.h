#ifndef BULLA_TUS_H
#define BULLA_TUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * Text of the tus 1.0.0 protocol (https://tus.io/protocols/resumable-upload)
 * as it stands in HTTP header fields and paths: bytes to values and back, no
 * I/O. Nothing here can be trusted: it is what the other side claims.
 */
#define BULLA_TUS_VERSION "1.0.0"
#define BULLA_TUS_PATCH_TYPE "application/offset+octet-stream"
#define BULLA_TUS_SIZE_MAX INT64_MAX	/* bytes: what an off_t can hold */
#define BULLA_TUS_ID_LEN 32u		/* hex digits of an upload's name */
#define BULLA_TUS_META_MAX 4096u	/* bytes of the whole value */
#define BULLA_TUS_PAIRS_MAX 32u

/* Upload-Offset and Upload-Length: a plain decimal. BULLA_E_FORMAT, _LIMIT. */
BULLA_NODISCARD enum bulla_status bulla_tus_size(const struct bulla_cur *text,
    uint64_t *out, struct bulla_err *err);

/*
 * Upload-Checksum: "sha256 <padded base64 of 32 bytes>", one space between.
 * BULLA_E_UNSUPPORTED: another algorithm than the one that Tus-Checksum-
 * Algorithm names; BULLA_E_FORMAT. *out only on success.
 */
#define BULLA_TUS_ALGORITHM "sha256"
#define BULLA_TUS_DIGEST_LEN 32u
#define BULLA_TUS_MISMATCH 460u	/* the status when it does not fit */
BULLA_NODISCARD enum bulla_status bulla_tus_checksum(
    const struct bulla_cur *text, uint8_t out[BULLA_TUS_DIGEST_LEN],
    struct bulla_err *err);
void bulla_tus_checksum_put(struct bulla_buf *b,
    const uint8_t digest[BULLA_TUS_DIGEST_LEN]);

/*
 * Upload-Expires: an IMF-fixdate (RFC 9110, 5.6.7), 29 characters, such as
 * "Sun, 22 Nov 2026 03:04:05 GMT". POSIX seconds, 0 .. BULLA_WHEN_MAX; the
 * day of the week has to be the right one.
 */
#define BULLA_TUS_DATE_LEN 29u
void bulla_tus_date_text(int64_t t, char out[BULLA_TUS_DATE_LEN + 1]);
BULLA_NODISCARD bool bulla_tus_date_parse(const struct bulla_cur *text,
    int64_t *out);

/* Content-Type of a PATCH: no parameters, any case. */
bool bulla_tus_is_patch_type(const struct bulla_cur *text);

/*
 * Upload-Metadata: "key base64,key base64,key". Keys are printable ASCII
 * without space and comma and differ from each other; a value is canonical
 * padded base64, possibly empty (then the space may be missing). Spaces after
 * a comma are allowed, as stock servers do. Windows point into the text.
 * BULLA_E_FORMAT, BULLA_E_LIMIT; an empty text has no pairs.
 */
struct bulla_tus_pair {
	struct bulla_cur key, value;	/* value still in base64 */
};
struct bulla_tus_meta {
	size_t n;
	struct bulla_tus_pair pair[BULLA_TUS_PAIRS_MAX];
};
BULLA_NODISCARD enum bulla_status bulla_tus_meta_parse(
    const struct bulla_cur *text, struct bulla_tus_meta *out,
    struct bulla_err *err);
/*
 * Decode the value of key into out, at most cap bytes. False when there is
 * no such key or it is longer.
 */
BULLA_NODISCARD bool bulla_tus_meta_get(const struct bulla_tus_meta *m,
    const char *key, void *out, size_t cap, size_t *out_len);
/*
 * Our keys. "sha256": hex of the digest of all of the package. "ends", when
 * that is not known yet: hex of SHA-256(the length as 64 bits, big-endian; the
 * first and the last BULLA_TUS_ENDS_BYTES of it), to find an upload again, and
 * nothing more. In the last bytes is the closing note, which names all others.
 * An inbox knows a package of BULLA_TUS_ENDS_MIN bytes and more by them.
 */
#define BULLA_TUS_ENDS "ends"
#define BULLA_TUS_ENDS_MIN (UINT64_C(1) << 20)
#define BULLA_TUS_ENDS_BYTES 65536u
/* Append one pair, with a comma before it when b is not empty. */
void bulla_tus_meta_put(struct bulla_buf *b, const char *key,
    const void *value, size_t len);

/*
 * The resources of an inbox. A path is taken as it was sent: no escapes, no
 * query, no second spelling. What is none of these is BULLA_TUS_NOWHERE.
 */
enum bulla_tus_place {
	BULLA_TUS_NOWHERE,
	BULLA_TUS_PACKAGES,	/* /packages: create */
	BULLA_TUS_UPLOAD,	/* /packages/<32 hex>: an upload */
	BULLA_TUS_KNOWN,	/* /packages/<64 hex>:
				 * a package known already */
	BULLA_TUS_RECEIPT,	/* /receipts/<64 hex> */
	/* No part of tus: bulla/exchange.h says what they are for. */
	BULLA_TUS_CHECKPOINT,	/* /checkpoint */
	BULLA_TUS_TILE,		/* /tile/... as c2sp.org/tlog-tiles has it */
	BULLA_TUS_ADD,		/* /add-checkpoint */
	BULLA_TUS_ASK,		/* /add-checkpoint/<decimal> */
	BULLA_TUS_SEEN,		/* /<64 hex>/checkpoint */
	BULLA_TUS_COSIGNATURE,	/* /cosignature */
	BULLA_TUS_NOTES,	/* /notes */
	/* What the client's agency may fetch. */
	BULLA_TUS_OUTGOING,	/* /outgoing: a list, as sha256sum's */
	BULLA_TUS_PARCEL,	/* /outgoing/<32 hex>.bulla */
};
#define BULLA_TUS_TILE_MAX 64u	/* characters of a tile's path, with the NUL */
struct bulla_tus_route {
	enum bulla_tus_place place;
	char id[BULLA_TUS_ID_LEN + 1];	/* of an UPLOAD, a PARCEL */
	uint8_t sha256[32];		/* of a KNOWN, a RECEIPT, a SEEN */
	uint64_t old;			/* of an ASK: a tree size */
	char tile[BULLA_TUS_TILE_MAX];	/* of a TILE: its path, from "tile/" */
};
/* Is it one of those that bulla/exchange.h is about? */
bool bulla_tus_is_exchange(enum bulla_tus_place place);
void bulla_tus_route(const struct bulla_cur *path,
    struct bulla_tus_route *out);
/* The path of a route, with its leading "/"; nothing for NOWHERE. */
void bulla_tus_route_put(struct bulla_buf *b,
    const struct bulla_tus_route *r);

#endif
