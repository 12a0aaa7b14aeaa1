#ifndef FETCH_H
#define FETCH_H

#include "cmd_home.h"
#include "cmd_tls.h"

#include "bulla/hash.h"

/* What is checked of a file that arrived, before it gets its name. */
struct fetch_check {
	struct cmd *c;
	struct cmd_home home;
	struct cmd_tls_line tls;
	bool has_sha256, allow_exercise;
	uint8_t sha256[BULLA_SHA256_LEN];	/* of --sha256 */
	const struct bulla_vkeys *known;	/* NULL: there are none */
	struct bulla_judge judge;
	/* found */
	bool is_package;
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_package package;	/* free it */
};

/*
 * Opens the home and finds the keys to verify with, if there are any: before
 * anything is fetched. An exit status.
 */
int fetch_check_begin(struct fetch_check *k, struct cmd *c);
/*
 * fd, from its start. BULLA_OK: the digest is the one of --sha256 if there
 * was one; a package has verified (package.verified), or is whole when no key
 * was known. BULLA_E_FORMAT, _LIMIT, _MISMATCH, _INCOMPLETE: not these bytes;
 * otherwise as bulla_package_verify.
 */
BULLA_NODISCARD enum bulla_status fetch_check(struct fetch_check *k, int fd,
    uint64_t size, struct bulla_err *err);
void fetch_check_end(struct fetch_check *k);

/*
 * A package in the outgoing area of an inbox, by its path: then the home says
 * with which key we come, and which keys the server may have.
 */
bool fetch_is_outgoing(const char *url);
/* Print what the inbox at g->url offers us; an exit status. */
int fetch_list(struct fetch_check *k, struct bulla_send_config *g);

#endif
