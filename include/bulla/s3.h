#ifndef BULLA_S3_H
#define BULLA_S3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/fetch.h"
#include "bulla/secret.h"
#include "bulla/send.h"

/*
 * Objects in an S3-compatible store, over HTTPS, signed with AWS Signature
 * Version 4. The rules of the connection are those of bulla_send. Every body
 * that is sent goes with its real SHA-256, which the store checks.
 *
 * What a store says of an object (size, ETag, our own sha256 in its metadata)
 * is its word, no proof: bytes that come back are verified by what they hold.
 */
#define BULLA_S3_BUCKET_MAX 63u		/* bytes */
#define BULLA_S3_KEY_MAX 1024u		/* bytes */
#define BULLA_S3_TEXT_MAX 255u		/* bytes of a value in s3.conf */
#define BULLA_S3_CONF_MAX 16384u	/* bytes of s3.conf */
#define BULLA_S3_PARTS_MAX 10000u	/* of one object */
#define BULLA_S3_PART_MIN (UINT64_C(5) << 20)	/* bytes; S3's own limits */
#define BULLA_S3_PART_MAX (UINT64_C(5) << 30)
#define BULLA_S3_PARALLEL_MAX 16u	/* connections */

/*
 * Where the store is and who we are there; the text of s3.conf. Lines of
 * "label: value" in any order, each once; "#" begins a comment line.
 *
 *	endpoint: https://HOST[:PORT]
 *	region: us-east-1
 *	access: ...
 *	secret: ...
 *	path-style: yes		(or no: the bucket is part of the host's name)
 *	ca: /etc/bulla/store.pem	(PEM; default: the system's)
 *	part-size: 64M
 *	parallel: 4
 *
 * The first four must be there. Initialise with { 0 }; free accepts that.
 */
struct bulla_s3_conf {
	char endpoint[BULLA_S3_TEXT_MAX + 1];	/* without a last "/" */
	char region[BULLA_S3_TEXT_MAX + 1];
	char access[BULLA_S3_TEXT_MAX + 1];
	struct bulla_secret secret;
	bool virtual_host;
	char ca[BULLA_S3_TEXT_MAX + 1];	/* path, or "" */
	uint64_t part_size;		/* bytes */
	unsigned parallel;
};
/* BULLA_E_FORMAT names the line, never its value; BULLA_E_NOMEM. */
BULLA_NODISCARD enum bulla_status bulla_s3_conf_parse(
    const struct bulla_cur *text, struct bulla_s3_conf *out,
    struct bulla_err *err);
/* All of it but the secret's value, as parse reads it. */
void bulla_s3_conf_put(struct bulla_buf *b, const struct bulla_s3_conf *c);
/* A secret file by the rules of bulla/keyfile.h, which has the statuses. */
BULLA_NODISCARD enum bulla_status bulla_s3_conf_load(const char *path,
    struct bulla_s3_conf *out, struct bulla_err *err);
void bulla_s3_conf_free(struct bulla_s3_conf *c);

/*
 * The TCP ports that bulla_s3_open with these goes to, for whoever confines
 * it: the store's, that of the proxy of the environment unless line says
 * no_proxy, and 53 for names. *n of them. BULLA_E_USAGE: the endpoint is no
 * URL.
 */
#define BULLA_S3_PORTS_MAX 3u
BULLA_NODISCARD enum bulla_status bulla_s3_ports(
    const struct bulla_s3_conf *conf, const struct bulla_send_config *line,
    uint16_t out[BULLA_S3_PORTS_MAX], size_t *n, struct bulla_err *err);

/*
 * s3://BUCKET/KEY. A key has only A-Z a-z 0-9 . _ - and /, and no part that
 * is empty, "." or "..": nothing in it needs escaping anywhere. One that ends
 * in "/", or is missing, is a prefix; key then has no "/" at its end.
 */
struct bulla_s3_at {
	char bucket[BULLA_S3_BUCKET_MAX + 1];
	char key[BULLA_S3_KEY_MAX + 1];
	bool is_prefix;
};
bool bulla_s3_is_url(const char *text);
/* BULLA_E_USAGE. */
BULLA_NODISCARD enum bulla_status bulla_s3_url(const char *text,
    struct bulla_s3_at *out, struct bulla_err *err);
/* prefix "/" tail, where prefix may be "". BULLA_E_USAGE: no good key. */
BULLA_NODISCARD enum bulla_status bulla_s3_join(const char *prefix,
    const char *tail, char out[BULLA_S3_KEY_MAX + 1], struct bulla_err *err);

/*
 * One bucket. Not for several threads at once; it makes its own. line is as
 * in bulla_send (url and no_receipt are not looked at; ca counts before that
 * of conf) and its strings outlive it; the deadline begins here.
 *
 * Every call below tries again what may pass (the network, 5xx, SlowDown)
 * with full jitter, and otherwise ends with BULLA_E_AGAIN (attempts or
 * deadline used up), BULLA_E_REFUSED (the store says no, for good: err quotes
 * its code), BULLA_E_MISMATCH (its certificate, name or pin), BULLA_E_IO,
 * BULLA_E_NOMEM.
 */
struct bulla_s3;
/* Also BULLA_E_USAGE, _FORMAT, _UNSAFE: files and pins. */
BULLA_NODISCARD enum bulla_status bulla_s3_open(
    const struct bulla_s3_conf *conf, const struct bulla_send_config *line,
    const char *bucket, struct bulla_s3 **out, struct bulla_err *err);
void bulla_s3_free(struct bulla_s3 *s);	/* NULL is allowed */

/* How sure it is that nothing was overwritten. */
enum bulla_s3_how {
	BULLA_S3_CONDITIONAL,	/* the store took "only if it is not there" */
	BULLA_S3_LOOKED,	/* it was not there when we looked before */
};
struct bulla_s3_stored {
	bool was_there;		/* the same bytes, by size and stated sha256 */
	enum bulla_s3_how how;	/* unless was_there */
	uint64_t had;		/* bytes of it from earlier runs */
};
/*
 * Store the first size bytes of fd under key, never over another object. In
 * parts, several at once, when it is longer than one; with a state_dir (made
 * if missing, 0700) an upload that was cut short goes on where it was, after
 * the death of the process too. Whoever runs in parallel with the same file
 * and key gets BULLA_E_AGAIN.
 *
 * BULLA_OK: all of it is there under this key, each byte accepted under its
 * SHA-256. BULLA_E_REFUSED also: something else is there. BULLA_E_INCOMPLETE:
 * fd is shorter. BULLA_E_LIMIT: too large for S3.
 */
struct bulla_s3_put {
	const char *key;
	struct bulla_send_what what;
	const char *state_dir;	/* or NULL */
};
BULLA_NODISCARD enum bulla_status bulla_s3_put(struct bulla_s3 *s,
    const struct bulla_s3_put *p, struct bulla_s3_stored *out,
    struct bulla_err *err);

/*
 * The same for a few bytes in memory. BULLA_OK also when other bytes were
 * there before: then *other is set, and they stay.
 */
BULLA_NODISCARD enum bulla_status bulla_s3_put_small(struct bulla_s3 *s,
    const char *key, const struct bulla_cur *data,
    struct bulla_s3_stored *out, bool *other, struct bulla_err *err);

/*
 * Append a whole small object to out; *there is false when there is none.
 * BULLA_E_LIMIT: over what out may still take, which is left as it was.
 */
BULLA_NODISCARD enum bulla_status bulla_s3_get_small(struct bulla_s3 *s,
    const char *key, struct bulla_buf *out, bool *there,
    struct bulla_err *err);

/*
 * The same, waiting for it to appear: BULLA_E_AGAIN when it did not within
 * secs, or before the deadline.
 */
BULLA_NODISCARD enum bulla_status bulla_s3_wait_small(struct bulla_s3 *s,
    const char *key, unsigned secs, struct bulla_buf *out,
    struct bulla_err *err);

/*
 * Does this store honour "only if it is not there"? Some say yes to all and
 * overwrite. Asked with the object key (empty, and left there).
 */
BULLA_NODISCARD enum bulla_status bulla_s3_is_write_once(struct bulla_s3 *s,
    const char *key, bool *out, struct bulla_err *err);

/*
 * As bulla_fetch, from the bucket: ranges, several at once, of one version of
 * the object, resumed after death. c->line counts for total and watch only;
 * c->line.url is not looked at.
 */
BULLA_NODISCARD enum bulla_status bulla_s3_fetch(struct bulla_s3 *s,
    const char *key, const struct bulla_fetch_config *c,
    struct bulla_fetched *out, struct bulla_err *err);

#endif
