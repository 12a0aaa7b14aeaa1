#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_pack.h"
#include "fetch.h"

#include "bulla/enc.h"
#include "bulla/io.h"
#include "bulla/package.h"
#include "bulla/ring.h"

#define CHUNK (256u << 10)

int
fetch_check_begin(struct fetch_check *k, struct cmd *c)
{
	int code = CMD_YES;

	k->c = c;
	k->home.c = c;
	if (c->known.n == 0)
		code = cmd_home_open(&k->home, c);
	if (code == CMD_YES && (c->known.n > 0 || k->home.h.trust != NULL))
		code = cmd_home_known(&k->home, BULLA_ROLE_SEALER,
		    "the sealer's", &k->known, &k->judge);
	return code;
}

void
fetch_check_end(struct fetch_check *k)
{
	bulla_package_free(&k->package);
	cmd_home_close(&k->home);
}

static enum bulla_status
digest(struct fetch_check *k, int fd, uint64_t size, struct bulla_err *err)
{
	struct bulla_sha256 *h = NULL;
	uint8_t *buf = malloc(CHUNK);
	enum bulla_status st;
	uint64_t at = 0;
	size_t n = 0;

	if (buf == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	st = bulla_sha256_new(&h, err);
	while (st == BULLA_OK && at < size) {
		st = bulla_pread_fd(fd, buf, CHUNK, at, &n, "the part", err);
		if (st == BULLA_OK && n == 0)
			st = bulla_fail(err, BULLA_E_IO,
			    "the part got shorter while it was read");
		if (st != BULLA_OK)
			break;
		bulla_sha256_update(h, buf, n);
		at += n;
	}
	if (st == BULLA_OK)
		bulla_sha256_final(h, k->digest);
	bulla_sha256_free(h);
	free(buf);
	return st;
}

static enum bulla_status
verify(struct fetch_check *k, int fd, struct bulla_err *err)
{
	struct cmd_progress progress;
	struct bulla_verify v = { .fd = fd, .known = k->known,
	    .judge = k->judge, .allow_exercise = k->allow_exercise,
	    .threads = bulla_cores() };
	enum bulla_status st;

	cmd_progress_begin(&progress, k->c, 0);
	v.progress = (struct bulla_progress){ cmd_progress_tell, &progress };
	st = bulla_package_verify(&v, &k->package, err);
	cmd_progress_end(&progress);
	return st;
}

static enum bulla_status
package(struct fetch_check *k, int fd, struct bulla_err *err)
{
	enum bulla_status st;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return bulla_fail_sys(err, "the part");
	if (k->known != NULL)
		return verify(k, fd, err);
	st = bulla_package_inspect(fd, &k->package, err);
	if (st == BULLA_OK && !k->package.has_closing)
		st = bulla_fail(err, BULLA_E_INCOMPLETE,
		    "the package ends early, on the server too");
	if (st == BULLA_OK && k->package.opening.exercise &&
	    !k->allow_exercise)
		st = bulla_fail(err, BULLA_E_REFUSED, "an EXERCISE package: "
		    "give --exercise if this is an exercise");
	return st;
}

enum bulla_status
fetch_check(struct fetch_check *k, int fd, uint64_t size,
    struct bulla_err *err)
{
	enum bulla_status st;
	char hex[2 * BULLA_SHA256_LEN + 1], id[BULLA_ID_LEN + 1];

	bulla_package_free(&k->package);
	k->package = (struct bulla_package){ 0 };
	st = digest(k, fd, size, err);
	bulla_hex(hex, k->digest, sizeof(k->digest));
	if (st == BULLA_OK && k->has_sha256 && memcmp(k->digest, k->sha256,
	    sizeof(k->digest)) != 0)
		st = bulla_fail(err, BULLA_E_MISMATCH,
		    "not what --sha256 says: the digest is %s", hex);
	if (st == BULLA_OK)
		st = bulla_package_peek(fd, &k->is_package, id, err);
	if (st != BULLA_OK)
		return st;
	if (k->is_package)
		return package(k, fd, err);
	/* The page of a portal, an error with status 200, another file. */
	if (!k->has_sha256 || k->c->known.n > 0)
		return bulla_fail(err, BULLA_E_FORMAT, "no sealed package "
		    "(for another file --sha256 says which it is)");
	return BULLA_OK;
}
