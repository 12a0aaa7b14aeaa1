#ifndef BULLA_X509_H
#define BULLA_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"
#include "bulla/secret.h"

/*
 * Certificates for TLS, as far as two sides need them that pin each other's
 * keys in their rosters: a P-256 key and a certificate that it signed itself
 * (RFC 5280). A name in it says nothing about whose it is; the digest of its
 * key does, and outlives renewals.
 */
#define BULLA_X509_PEM_MAX (1u << 20)	/* bytes of a file of certificates */
#define BULLA_X509_HOSTS_MAX 16u
#define BULLA_X509_NAME_MAX 64u		/* bytes; RFC 5280, ub-common-name */
#define BULLA_X509_SPKI_LEN 32u		/* sha256 of SubjectPublicKeyInfo */

struct bulla_x509_want {
	const char *name;	/* subject and issuer: text for people */
	/*
	 * DNS names and numeric addresses. None: it can only be a client's;
	 * else it can be a server's too.
	 */
	const char *host[BULLA_X509_HOSTS_MAX];
	size_t n_hosts;
	int64_t from, until;	/* POSIX seconds */
};
/*
 * A new key (key: PEM, PKCS #8) and its certificate (appended to cert: PEM).
 * BULLA_E_USAGE: a name or host that cannot stand in one, or until is not
 * after from. BULLA_E_NOMEM, BULLA_E_UNSUPPORTED.
 */
BULLA_NODISCARD enum bulla_status bulla_x509_make(
    const struct bulla_x509_want *want, struct bulla_secret *key,
    struct bulla_buf *cert, struct bulla_err *err);

/* What the first certificate of a file says of itself: nobody vouches. */
struct bulla_x509 {
	uint8_t spki[BULLA_X509_SPKI_LEN];
	int64_t from, until;	/* POSIX seconds; good from <= t <= until */
	bool client, server;	/* what it may be used for */
	bool authority;		/* it may sign other certificates */
	bool self;		/* subject and issuer are the same */
	unsigned n;		/* certificates in the file */
	/* Raw text, cut where it is too long; escape it. */
	char name[256];		/* of the subject */
	char hosts[512];	/* with spaces between them */
};
/* BULLA_E_FORMAT: no PEM certificate, or one that makes no sense. */
BULLA_NODISCARD enum bulla_status bulla_x509_read(
    const struct bulla_cur *pem, struct bulla_x509 *out,
    struct bulla_err *err);
/* The same digest, of a secret key (PEM, without a passphrase). */
BULLA_NODISCARD enum bulla_status bulla_x509_key(const struct bulla_cur *pem,
    uint8_t spki[BULLA_X509_SPKI_LEN], struct bulla_err *err);

/*
 * For a client (of OpenSSL) that knows its server's key: instead of a chain
 * up to an authority that the system trusts, the certificate must have one of
 * these keys, be within its dates, and be meant for a server. The handshake
 * proves that the server has the key; the host's name stays the caller's to
 * check. ssl_ctx is an SSL_CTX; pins must outlive it.
 */
#define BULLA_X509_PINS_MAX 8u
struct bulla_x509_pins {
	size_t n;
	uint8_t spki[BULLA_X509_PINS_MAX][BULLA_X509_SPKI_LEN];
};
void bulla_x509_pin(void *ssl_ctx, const struct bulla_x509_pins *pins);

#endif
