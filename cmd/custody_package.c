#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "custody.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/ring.h"

#define PIECE 262144u	/* bytes hashed at a time */

static enum bulla_status
hash_file(struct custody_cmd *k, int fd, struct custody_draft *d,
    struct bulla_err *err)
{
	uint8_t buf[PIECE], digest[BULLA_SHA256_LEN];
	struct bulla_sha256 *h = NULL;
	struct cmd_progress progress;
	struct bulla_reader_fd in;
	uint64_t bytes = 0;
	enum bulla_status st;
	size_t n = 1;

	st = bulla_sha256_new(&h, err);
	if (st == BULLA_OK && lseek(fd, 0, SEEK_SET) != 0)
		st = bulla_fail_sys(err, "it must be a file, to be read "
		    "twice");
	bulla_reader_fd_init(&in, fd, "package");
	cmd_progress_begin(&progress, &k->c, 0);
	while (st == BULLA_OK && n > 0) {
		st = in.r.read(&in.r, buf, sizeof(buf), &n, err);
		if (st != BULLA_OK)
			break;
		bulla_sha256_update(h, buf, n);
		bytes += n;
		cmd_progress_add(&progress, n);
	}
	cmd_progress_end(&progress);
	if (st == BULLA_OK) {
		bulla_sha256_final(h, digest);
		bulla_hex(d->sum, digest, sizeof(digest));
		(void)snprintf(d->bytes, sizeof(d->bytes), "%llu",
		    (unsigned long long)bytes);
		d->hashed = true;
	}
	bulla_sha256_free(h);
	return st;
}

/*
 * Is the seal whole? With rosters all of the package is verified; without,
 * nobody can say.
 */
static enum bulla_status
seal_intact(struct custody_cmd *k, int fd, struct bulla_custody *c,
    struct bulla_err *err)
{
	struct bulla_verify v = { .fd = fd, .threads = bulla_cores(),
		.allow_exercise = true };
	struct bulla_package p = { 0 };
	struct bulla_vkeys known = { 0 };
	enum bulla_status st;

	if (k->m.h.trust == NULL || !custody_wants(c, "seal-intact"))
		return BULLA_OK;
	st = bulla_trust_keys(k->m.h.trust, BULLA_BOTH, BULLA_ROLE_SEALER,
	    &known, err);
	v.known = &known;
	if (st == BULLA_OK && lseek(fd, 0, SEEK_SET) != 0)
		st = bulla_fail_sys(err, "it must be a file, to be read "
		    "twice");
	if (st == BULLA_OK) {
		st = bulla_package_verify(&v, &p, err);
		if (st == BULLA_OK || st == BULLA_E_MISMATCH)
			custody_offer(c, "seal-intact", st == BULLA_OK ? "yes" :
			    "no");
		if (st == BULLA_E_MISMATCH)
			st = BULLA_OK;
	}
	bulla_package_free(&p);
	bulla_vkeys_free(&known);
	return st;
}

static enum bulla_status
look_inside(const char *id, int fd, struct bulla_custody *c,
    struct bulla_err *err)
{
	struct bulla_package p = { 0 };
	enum bulla_status st = bulla_package_inspect(fd, &p, err);

	if (st == BULLA_OK && strcmp(p.opening.id, id) != 0)
		st = bulla_fail(err, BULLA_E_REFUSED, "this is package %s",
		    p.opening.id);
	if (st == BULLA_OK && !p.has_closing)
		st = bulla_fail(err, BULLA_E_INCOMPLETE, "the package ends "
		    "early");
	if (st == BULLA_OK && c->has_seal && memcmp(c->seal,
	    p.closing_digest, sizeof(c->seal)) != 0)
		st = bulla_fail(err, BULLA_E_REFUSED, "its seal is not the "
		    "one that the chain of custody is about");
	if (st == BULLA_OK) {
		memcpy(c->seal, p.closing_digest, sizeof(c->seal));
		c->has_seal = true;
		if (p.opening.exercise)
			custody_offer(c, "remarks", BULLA_CUSTODY_EXERCISE);
	}
	bulla_package_free(&p);
	return st;
}

int
custody_read_package(struct custody_cmd *k, const char *id,
    struct custody_draft *d)
{
	const char *path = k->package;
	struct bulla_custody *c = &d->c;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	char stored[4096];
	int fd = -1;

	if (path == NULL &&
	    (!c->has_seal || custody_wants(c, "package-sha256")) &&
	    custody_own_value(c, "package-sha256") == NULL &&
	    custody_package_path(k, id, stored))
		path = stored;
	if (path == NULL)
		return CMD_YES;
	st = bulla_infile_open(path, &fd, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	st = look_inside(id, fd, c, &err);
	if (st == BULLA_OK && custody_wants(c, "package-sha256"))
		st = hash_file(k, fd, d, &err);
	if (st == BULLA_OK)
		st = seal_intact(k, fd, c, &err);
	(void)close(fd);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, path, st, &err);
}
