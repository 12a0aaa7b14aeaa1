#ifndef BULLA_FETCH_H
#define BULLA_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/err.h"
#include "bulla/send.h"

/*
 * Pull: one object from any HTTPS server, resumed with range requests where
 * the server has them (RFC 9110, 14), after the death of the process and of
 * the machine too. The rules of the connection are those of bulla_send.
 *
 * Until it is committed it stands in quarantine, in FILE.part, beside
 * FILE.part.info, which says what it is a part of. Parts of two versions of
 * an object are never joined: the server has to confirm the version (If-Range
 * with a strong ETag, else with Last-Modified).
 */
#define BULLA_FETCH_PART ".part"
#define BULLA_FETCH_INFO ".part.info"

struct bulla_fetch_config {
	/*
	 * url is that of the object and may have a query; no_receipt is not
	 * looked at; max_rate and stall_secs are of what arrives;
	 * watch.progress gets the bytes that are there.
	 */
	struct bulla_send_config line;
	const char *path;	/* FILE */
	bool force;		/* replace FILE */
	uint64_t min_rate;	/* bytes/s over stall_secs; 0:
				 * any byte will do */
	/* The object's size, as soon as it is known; ctx is the watch's. */
	void (*total)(void *ctx, uint64_t size);
};

/* What arrived, in quarantine. */
struct bulla_fetch_part;
struct bulla_fetched {
	int fd;			/* read here, from 0; not to be closed */
	uint64_t size;		/* bytes of the object */
	uint64_t had;		/* bytes of it from earlier runs */
	uint64_t arrived;	/* bytes that came in this run, all told */
	bool joined;		/* of more than one answer or run */
	struct bulla_fetch_part *part;
};

/*
 * BULLA_OK: all bytes that the server says there are have arrived; nobody has
 * checked them. Without a network when an earlier run had got that far.
 *
 * BULLA_E_USAGE (url, pins, path), BULLA_E_REFUSED (the server says no for
 * good, redirects, encodes, or gives no end that could be told from a cut
 * line; FILE exists and not force), BULLA_E_MISMATCH (the server's
 * certificate, name or pin), BULLA_E_AGAIN (attempts or deadline used up;
 * another process fetches FILE), BULLA_E_IO (also: no room), BULLA_E_UNSAFE,
 * BULLA_E_FORMAT (files of the configuration), BULLA_E_NOMEM. What has
 * arrived stays for the next run.
 */
BULLA_NODISCARD enum bulla_status bulla_fetch(
    const struct bulla_fetch_config *c, struct bulla_fetched *out,
    struct bulla_err *err);

/*
 * Durable, and by its name FILE. As bulla_outfile_commit; then freed, but the
 * numbers stay.
 */
BULLA_NODISCARD enum bulla_status bulla_fetched_commit(
    struct bulla_fetched *f, struct bulla_err *err);
/* Remove it from quarantine; then freed. */
void bulla_fetched_drop(struct bulla_fetched *f);
/* It stays in quarantine, whole. Accepts zeros. */
void bulla_fetched_free(struct bulla_fetched *f);

#endif
