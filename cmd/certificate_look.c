#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "certificate.h"

#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/ring.h"

#define PIECE 262144u	/* bytes hashed at a time */

static enum bulla_status
hash(struct certificate *c, int fd, struct bulla_err *err)
{
	static uint8_t buf[PIECE];
	struct bulla_sha256 *h = NULL;
	struct cmd_progress progress;
	struct bulla_reader_fd in;
	enum bulla_status st = bulla_sha256_new(&h, err);
	size_t n = 1;

	bulla_reader_fd_init(&in, fd, "package");
	cmd_progress_begin(&progress, &c->k.c, 0);
	while (st == BULLA_OK && n > 0) {
		st = in.r.read(&in.r, buf, sizeof(buf), &n, err);
		if (st == BULLA_OK && n > 0)
			bulla_sha256_update(h, buf, n);
		cmd_progress_add(&progress, n);
	}
	cmd_progress_end(&progress);
	if (st == BULLA_OK)
		bulla_sha256_final(h, c->sum);
	bulla_sha256_free(h);
	return st;
}

static enum bulla_status
rewound(int fd, struct bulla_err *err)
{
	return lseek(fd, 0, SEEK_SET) == 0 ? BULLA_OK : bulla_fail_sys(err,
	    "the package must be a file, to be read twice");
}

/* May its sealers seal? As of when the seal was proved to exist. */
static enum bulla_status
may_seal(struct certificate *c, struct bulla_err *err)
{
	const struct bulla_home *h = &c->k.m.h;
	int64_t at = bulla_home_proven_seal(&c->k.m.h, c->p.id,
	    c->package.closing_digest);
	enum bulla_status st = BULLA_OK;
	unsigned side;

	for (size_t i = 0; i < c->package.n_sealers && st == BULLA_OK; i++) {
		side = bulla_trust_side_of(h->trust, &c->package.sealer[i]);
		st = bulla_trust_judge(h->trust, (side & BULLA_OURS) != 0 ?
		    BULLA_OURS : BULLA_THEIRS, &c->package.sealer[i],
		    BULLA_ROLE_SEALER, at > 0 ? at : h->now, err);
	}
	return st;
}

static enum bulla_status
verify(struct certificate *c, int fd, struct bulla_err *err)
{
	struct bulla_verify v = { .fd = fd, .threads = bulla_cores(),
		.allow_exercise = true };
	struct bulla_vkeys known = { 0 };
	enum bulla_status st;

	st = bulla_trust_keys(c->k.m.h.trust, BULLA_BOTH, BULLA_ROLE_SEALER,
	    &known, err);
	v.known = &known;
	if (st == BULLA_OK)
		st = bulla_package_verify(&v, &c->package, err);
	c->known = st == BULLA_OK;
	if (st == BULLA_OK)
		st = may_seal(c, err);
	bulla_vkeys_free(&known);
	return st;
}

/* The id and the seal are those that the notes are about. */
static enum bulla_status
compare(const struct certificate *c, struct bulla_err *err)
{
	const struct bulla_custody *n = &c->p.step[0].l->c;

	if (strcmp(c->package.opening.id, c->p.id) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "this is package %s",
		    c->package.opening.id);
	if (!c->package.has_closing)
		return bulla_fail(err, BULLA_E_INCOMPLETE, "the package ends "
		    "early");
	if (n->has_seal && memcmp(n->seal, c->package.closing_digest,
	    sizeof(n->seal)) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "it has another seal "
		    "than its notes");
	return BULLA_OK;
}

int
certificate_look(struct certificate *c)
{
	const char *path = c->k.package;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	char stored[4096];
	int fd = -1;

	if (path == NULL && custody_package_path(&c->k, c->p.id, stored))
		path = stored;
	if (path == NULL)
		return CMD_YES;
	st = bulla_infile_open(path, &fd, &err);
	if (st != BULLA_OK)
		return cmd_fail(&c->k.c, NULL, st, &err);
	st = hash(c, fd, &err);
	if (st == BULLA_OK)
		st = rewound(fd, &err);
	if (st != BULLA_OK) {
		(void)close(fd);
		return cmd_fail(&c->k.c, path, st, &err);
	}
	c->there = true;
	if (c->k.m.h.trust != NULL) {
		c->st = verify(c, fd, &c->why);
	} else {
		c->st = bulla_package_inspect(fd, &c->package, &c->why);
		c->known = c->st == BULLA_OK;
	}
	if (c->known && c->st == BULLA_OK)
		c->st = compare(c, &c->why);
	(void)close(fd);
	return CMD_YES;
}
