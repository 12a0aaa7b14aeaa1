#ifndef BULLA_KEYS_H
#define BULLA_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/note.h"
#include "bulla/pk.h"
#include "bulla/secret.h"

/*
 * Signing keys: the C2SP/Go text forms, one per line.
 *   vkey    name+id+base64(type || public key)
 *   signer  PRIVATE+KEY+name+id+base64(type || seed)
 * id is the first four bytes of SHA-256(name LF type public-key) as eight
 * lower-case hex digits, and is recomputed whenever a key is read.
 */
#define BULLA_SIG_ED25519 0x01		/* a note signature */
#define BULLA_SIG_COSIGNATURE 0x04	/* c2sp.org/tlog-cosignature */
#define BULLA_VKEY_MAX 320u		/* bytes of a vkey's text */

struct bulla_vkey {
	char name[BULLA_KEYNAME_MAX + 1];
	uint8_t id[BULLA_KEYID_LEN];
	uint8_t type;
	uint8_t pub[BULLA_ED25519_PUB];
};

/*
 * BULLA_E_FORMAT (also an id that is not the key's), BULLA_E_LIMIT,
 * BULLA_E_UNSUPPORTED (a type that is none of the two).
 */
BULLA_NODISCARD enum bulla_status bulla_vkey_parse(
    const struct bulla_cur *text, struct bulla_vkey *out,
    struct bulla_err *err);
void bulla_vkey_put(struct bulla_buf *b, const struct bulla_vkey *k);
/* Same public key and type, whatever the name. */
bool bulla_vkey_same_key(const struct bulla_vkey *a,
    const struct bulla_vkey *b);
bool bulla_vkey_eq(const struct bulla_vkey *a, const struct bulla_vkey *b);

/* The keys that a caller trusts. Initialise with { 0 }. */
struct bulla_vkeys {
	struct bulla_vkey *v;
	size_t n, cap;
};
#define BULLA_VKEYS_MAX 1024u
/*
 * BULLA_E_USAGE when another key with the same name and id is there already,
 * or the same public key under another name; the same key again is ignored.
 */
BULLA_NODISCARD enum bulla_status bulla_vkeys_add(struct bulla_vkeys *l,
    const struct bulla_vkey *k, struct bulla_err *err);
/* -k: a vkey, or BULLA_E_USAGE with a message that shows the form. */
BULLA_NODISCARD enum bulla_status bulla_vkeys_add_text(struct bulla_vkeys *l,
    const char *text, struct bulla_err *err);
/*
 * -K: one vkey per line; empty lines and lines that begin with # are skipped.
 * A bad line is BULLA_E_USAGE too: it says nothing about any evidence.
 */
BULLA_NODISCARD enum bulla_status bulla_vkeys_add_file(struct bulla_vkeys *l,
    const char *path, struct bulla_err *err);
/* NULL when there is none. */
const struct bulla_vkey *bulla_vkeys_find(const struct bulla_vkeys *l,
    const struct bulla_cur *name, const uint8_t id[BULLA_KEYID_LEN]);
void bulla_vkeys_free(struct bulla_vkeys *l);

/* How a passphrase is had when a key file is protected; see bulla/age.h. */
struct bulla_ask {
	enum bulla_status (*ask)(const struct bulla_ask *a, const char *prompt,
	    bool twice, struct bulla_secret *out, struct bulla_err *err);
	int fd;			/* for bulla_ask_fd */
};
/* Ask on /dev/tty; or read each passphrase as one line from a descriptor. */
void bulla_ask_tty(struct bulla_ask *a);
void bulla_ask_fd(struct bulla_ask *a, int fd);

/*
 * A signing key with its secret. Initialise with { 0 }. BULLA_E_REFUSED by
 * _new and _load when a key of an exercise meets another clock than that of
 * an exercise, or a key of anything else meets that (bulla/file.h).
 */
struct bulla_signer {
	struct bulla_vkey vkey;
	struct bulla_secret seed;
};
BULLA_NODISCARD enum bulla_status bulla_signer_new(const char *name,
    uint8_t type, struct bulla_signer *out, struct bulla_err *err);
/*
 * Load from a secret file (bulla/keyfile.h has its rules), asking for a
 * passphrase when the file is wrapped in age's scrypt.
 */
BULLA_NODISCARD enum bulla_status bulla_signer_load(const char *path,
    const struct bulla_ask *ask, struct bulla_signer *out,
    struct bulla_err *err);
/* The same from text in secret memory; messages never quote it. */
BULLA_NODISCARD enum bulla_status bulla_signer_parse(
    const struct bulla_cur *text, struct bulla_signer *out,
    struct bulla_err *err);
/* The text form with LF, as it stands in a key file. */
BULLA_NODISCARD enum bulla_status bulla_signer_text(
    const struct bulla_signer *s, struct bulla_secret *out,
    struct bulla_err *err);
void bulla_signer_free(struct bulla_signer *s);

/*
 * Read a secret file into secret memory, unwrapping age's scrypt when it is
 * wrapped (BULLA_E_NOMATCH: wrong passphrase). One trailing LF is kept.
 */
BULLA_NODISCARD enum bulla_status bulla_keyfile_read(const char *path,
    const struct bulla_ask *ask, struct bulla_secret *out,
    struct bulla_err *err);
/*
 * Write FILE (0600) and FILE.pub, neither over an existing file unless
 * force; wrapped with pass when pass is not NULL. Both or none appear. After a
 * failure with force FILE may stand alone, the old or the new one, but whole.
 * path "-" is BULLA_E_USAGE.
 */
BULLA_NODISCARD enum bulla_status bulla_keyfile_write(const char *path,
    const struct bulla_secret *secret, const char *pub_line,
    const struct bulla_secret *pass, bool force, struct bulla_err *err);

#endif
