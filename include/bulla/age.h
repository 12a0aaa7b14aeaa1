#ifndef BULLA_AGE_H
#define BULLA_AGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/aead.h"
#include "bulla/agehdr.h"
#include "bulla/io.h"
#include "bulla/keys.h"
#include "bulla/secret.h"

/*
 * age v1 (c2sp.org/age): X25519 recipients, passphrases, the STREAM payload.
 * Decryption says nothing about who encrypted: any recipient can make
 * another file under the same header.
 */
#define BULLA_AGE_FILE_KEY 16u
#define BULLA_AGE_CHUNK 65536u		/* plaintext bytes of a full chunk */
#define BULLA_AGE_CHUNK_ENC 65552u	/* the same with its tag */
#define BULLA_AGE_SCRYPT_WRITE 18u	/* log2 of the work factor written */
#define BULLA_AGE_SCRYPT_MAX 20u	/* more is refused before any work */
#define BULLA_AGE_RECIPIENT_MAX 2048u	/* characters, post-quantum ones too */
#define BULLA_AGE_IDENTITIES_MAX 1024u

/*
 * The outcomes that the public test kit (C2SP CCTV) tells apart, and one for
 * what says nothing about the file: I/O, memory, a feature that is missing.
 */
enum bulla_age_class {
	BULLA_AGE_SUCCESS,
	BULLA_AGE_NO_MATCH,
	BULLA_AGE_HMAC_FAILURE,
	BULLA_AGE_HEADER_FAILURE,
	BULLA_AGE_PAYLOAD_FAILURE,
	BULLA_AGE_ARMOR_FAILURE,
	BULLA_AGE_NO_VERDICT,
};
/* "success", "no match", "HMAC failure", ... as the kit spells them, "error" */
const char *bulla_age_class_name(enum bulla_age_class c);

/* Recipients: age1... strings. Initialise with { 0 }. */
struct bulla_recipient {
	char text[BULLA_AGE_RECIPIENT_MAX];	/* canonical, lower case */
	uint8_t pub[32];
};
struct bulla_recipients {
	struct bulla_recipient *v;
	size_t n, cap;
};
/*
 * BULLA_E_FORMAT (not a recipient), BULLA_E_USAGE (twice the same),
 * BULLA_E_UNSUPPORTED (post-quantum: needs libcrypto 3.5), BULLA_E_LIMIT.
 */
BULLA_NODISCARD enum bulla_status bulla_recipients_add(
    struct bulla_recipients *l, const char *text, struct bulla_err *err);
/* -R: one per line, # comments; "-" is standard input. */
BULLA_NODISCARD enum bulla_status bulla_recipients_add_file(
    struct bulla_recipients *l, const char *path, struct bulla_err *err);
void bulla_recipients_free(struct bulla_recipients *l);

/* Identities: X25519 secret keys as age-keygen writes them. { 0 } to begin. */
struct bulla_identity {
	struct bulla_secret key;		/* 32 bytes */
	char recipient[BULLA_AGE_RECIPIENT_MAX];	/* its own age1... */
};
struct bulla_identities {
	struct bulla_identity *v;
	size_t n, cap;
	size_t n_pq;	/* AGE-SECRET-KEY-PQ-1... met: of no use yet */
};
BULLA_NODISCARD enum bulla_status bulla_identity_new(
    struct bulla_identity *out, struct bulla_err *err);
/* The file's text: "# created", "# name" (when given), "# public key", key. */
BULLA_NODISCARD enum bulla_status bulla_identity_text(
    const struct bulla_identity *i, const char *name, int64_t created,
    struct bulla_secret *out, struct bulla_err *err);
/*
 * All identities of a secret file; the passphrase is asked for if wrapped.
 * BULLA_E_FORMAT when there is none, or another line than a comment; its
 * text is never shown, for it may be a secret with a typing error.
 */
BULLA_NODISCARD enum bulla_status bulla_identities_add_file(
    struct bulla_identities *l, const char *path, const struct bulla_ask *ask,
    struct bulla_err *err);
/* The same from text already in memory. */
BULLA_NODISCARD enum bulla_status bulla_identities_add_text(
    struct bulla_identities *l, const struct bulla_cur *text,
    struct bulla_err *err);
void bulla_identities_free(struct bulla_identities *l);

/*
 * Headers. wrap makes a header with one X25519 stanza per recipient (or one
 * scrypt stanza; log_n 1 .. BULLA_AGE_SCRYPT_MAX) and its MAC. A recipient
 * of low order is BULLA_E_FORMAT. file_key is BULLA_AGE_FILE_KEY bytes.
 *
 * unwrap checks the form of every stanza that it knows, tries every stanza
 * with every identity and then checks the MAC. *file_key (new secret memory)
 * and *matched (when not NULL) are set on success; *cls always:
 *   NO_MATCH          BULLA_E_NOMATCH
 *   HMAC_FAILURE      BULLA_E_MISMATCH
 *   HEADER_FAILURE    BULLA_E_FORMAT, BULLA_E_LIMIT (scrypt work factor)
 *   NO_VERDICT        anything else; BULLA_E_UNSUPPORTED when only a
 *                     post-quantum identity could have matched
 */
BULLA_NODISCARD enum bulla_status bulla_age_wrap(
    const struct bulla_recipients *to, const struct bulla_secret *file_key,
    struct bulla_buf *header, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_age_wrap_pass(
    const struct bulla_secret *pass, unsigned log_n,
    const struct bulla_secret *file_key, struct bulla_buf *header,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_age_unwrap(
    const struct bulla_age_header *h, const struct bulla_identities *ids,
    struct bulla_secret *file_key, const struct bulla_identity **matched,
    enum bulla_age_class *cls, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_age_unwrap_pass(
    const struct bulla_age_header *h, const struct bulla_secret *pass,
    struct bulla_secret *file_key, enum bulla_age_class *cls,
    struct bulla_err *err);

/* HKDF of the file key and the 16-byte nonce: the payload's AEAD key. */
BULLA_NODISCARD enum bulla_status bulla_age_payload_key(
    const struct bulla_secret *file_key, const uint8_t nonce[16],
    struct bulla_secret *key, struct bulla_err *err);

/*
 * One STREAM chunk. The nonce is index (11 bytes, big-endian) and the last
 * flag. n plaintext bytes, at most BULLA_AGE_CHUNK; out takes 16 more.
 * open: n counts the tag; BULLA_E_MISMATCH.
 */
BULLA_NODISCARD enum bulla_status bulla_age_chunk_seal(struct bulla_aead *a,
    uint64_t index, bool last, const void *in, size_t n, void *out,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_age_chunk_open(struct bulla_aead *a,
    uint64_t index, bool last, const void *in, size_t n, void *out,
    struct bulla_err *err);

/* Whole files, streaming; what bulla-age does. */
struct bulla_age_encrypt {
	const struct bulla_recipients *to;	/* or */
	const struct bulla_secret *pass;
	bool armor;
};
BULLA_NODISCARD enum bulla_status bulla_age_encrypt(
    const struct bulla_age_encrypt *p, struct bulla_reader *in,
    struct bulla_writer *out, struct bulla_err *err);
struct bulla_age_decrypt {
	const struct bulla_identities *ids;	/* may be NULL */
	/* Asked only when the file has a scrypt stanza; may be NULL. */
	const struct bulla_ask *ask;
};
/*
 * Armor is detected. Chunks are released as they verify, before the end of
 * the file is known to be good: *cls and the status say whether all was. A
 * file that ends early is a failure of the part that it ends in, for a cut
 * within a chunk cannot be told from other damage. Statuses as for unwrap;
 * BULLA_E_MISMATCH for the payload, BULLA_E_FORMAT for header and armor.
 */
BULLA_NODISCARD enum bulla_status bulla_age_decrypt(
    const struct bulla_age_decrypt *p, struct bulla_reader *in,
    struct bulla_writer *out, enum bulla_age_class *cls,
    struct bulla_err *err);

#endif
