#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/ring.h"
#include "core/receive_int.h"

#define PIECE 262144u	/* bytes copied at a time */

static enum bulla_status
make_home(const char *home, struct bulla_err *err)
{
	static const char *const dirs[] = { "packages", "custody",
	    "receipts" };
	char path[HOME_PATH_MAX];
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < 3 && st == BULLA_OK; i++) {
		st = home_path(path, home, dirs[i], "", "", err);
		if (st == BULLA_OK)
			st = bulla_dir_make(path, 0700, err);
	}
	return st;
}

/* Even a name is taken only from a canonical header. */
static enum bulla_status
name_of(struct arrival *a, const uint8_t block[BULLA_USTAR_BLOCK],
    struct bulla_err *err)
{
	struct bulla_ustar u;
	struct bulla_cur c, id;

	if (bulla_ustar_parse(block, &u, NULL) != BULLA_OK)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "not a bulla package");
	c = bulla_cur_str(u.name);
	if (!bulla_cur_until(&c, '/', &id) || !bulla_id_ok(&id) ||
	    !bulla_cur_is(&c, "bagit.txt"))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "not a bulla package");
	memcpy(a->id, id.p, id.len);
	a->id[id.len] = '\0';
	return home_path(a->path, a->p->home, "packages", a->id, ".bulla",
	    err);
}

/* Somewhere to put it; when the name is taken, only for judging. */
static enum bulla_status
open_copy(struct arrival *a, struct bulla_err *err)
{
	char dir[HOME_PATH_MAX];
	enum bulla_status st;

	a->taken = access(a->path, F_OK) == 0;
	if (!a->taken)
		return bulla_outfile_open(&a->copy, a->path, 0600, false,
		    true, err);
	st = home_path(dir, a->p->home, "packages", "", "", err);
	return st == BULLA_OK ? bulla_spool_open(dir, &a->copy.fd, err) : st;
}

/* Copy all of the input while hashing it. */
static enum bulla_status
copy_in(struct arrival *a, struct bulla_err *err)
{
	static const char what[] = "the copy in the home";
	uint8_t buf[PIECE];
	struct bulla_reader_fd in;
	struct bulla_sha256 *h = NULL;
	enum bulla_status st;
	size_t n = 0;

	bulla_reader_fd_init(&in, a->in, "package");
	st = bulla_read_full(&in.r, buf, BULLA_USTAR_BLOCK, &n, err);
	if (st == BULLA_OK && n < BULLA_USTAR_BLOCK)
		return bulla_fail(err, BULLA_E_INCOMPLETE, "ends early, after "
		    "%zu bytes: get the rest of it", n);
	if (st == BULLA_OK)
		st = name_of(a, buf, err);
	if (st == BULLA_OK)
		st = open_copy(a, err);
	if (st == BULLA_OK)
		st = bulla_sha256_new(&h, err);
	while (st == BULLA_OK && n > 0) {
		bulla_sha256_update(h, buf, n);
		a->bytes += n;
		st = bulla_write_fd(a->copy.fd, buf, n, what, err);
		if (st == BULLA_OK)
			st = in.r.read(&in.r, buf, sizeof(buf), &n, err);
	}
	if (st == BULLA_OK)
		bulla_sha256_final(h, a->sha256);
	bulla_sha256_free(h);
	if (st == BULLA_OK && lseek(a->copy.fd, 0, SEEK_SET) != 0)
		st = bulla_fail_sys(err, "%s", what);
	return st;
}

/* sha256 of a file that is in the store. */
static enum bulla_status
hash_stored(const char *path, uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	uint8_t buf[PIECE];
	struct bulla_reader_fd in;
	struct bulla_sha256 *h = NULL;
	enum bulla_status st;
	size_t n = 1;
	int fd = -1;

	st = bulla_infile_open(path, &fd, err);
	if (st == BULLA_OK)
		st = bulla_sha256_new(&h, err);
	bulla_reader_fd_init(&in, fd, "stored package");
	while (st == BULLA_OK && n > 0) {
		st = in.r.read(&in.r, buf, sizeof(buf), &n, err);
		if (st == BULLA_OK)
			bulla_sha256_update(h, buf, n);
	}
	if (st == BULLA_OK)
		bulla_sha256_final(h, sha256);
	bulla_sha256_free(h);
	if (fd != -1)
		(void)close(fd);
	return st;
}

/*
 * The name is taken. Other bytes: reject, and nothing stored changes. The
 * same bytes: a crash may have come between the package and its notes, so
 * what is there is kept and what is missing is made.
 */
static enum bulla_status
meet_stored(const struct arrival *a, struct bulla_received *out,
    struct bulla_err *err)
{
	uint8_t stored[BULLA_SHA256_LEN];
	enum bulla_status st = hash_stored(a->path, stored, err);

	if (st != BULLA_OK)
		return st;
	if (memcmp(stored, a->sha256, sizeof(stored)) != 0) {
		(void)bulla_fail(&out->why, BULLA_E_MISMATCH, "a package with "
		    "this id and other bytes is stored already");
		return receive_reject(a, "duplicate-id", out, err);
	}
	out->existed = true;
	return receive_accept(a, out, err);
}

/* Addressed to our agency, or to nobody? */
static bool
is_for_us(const struct arrival *a, const struct bulla_opening *o)
{
	struct bulla_cur name = bulla_cur_str(a->p->receiver->vkey.name);
	struct bulla_cur us = bulla_keyname_agency(&name), them;

	for (size_t i = 0; i < o->n_to; i++) {
		them = bulla_keyname_agency(&o->to[i]);
		if (bulla_cur_same(&us, &them))
			return true;
	}
	return o->n_to == 0;
}

/* It verified: may its sealers seal, and is it for us? */
static enum bulla_status
authorise(void *ctx, const struct bulla_package *pkg, struct bulla_err *err)
{
	struct arrival *a = ctx;
	const struct bulla_judge *j = &a->p->judge;
	const struct bulla_opening *o = &pkg->opening;
	enum bulla_status st = j->ask != NULL ? j->ask(j->ctx, pkg, err) :
	    BULLA_OK;

	if (st == BULLA_E_REFUSED)
		a->refused = "not-authorised";
	if (st != BULLA_OK || is_for_us(a, o))
		return st;
	a->refused = "wrong-recipient";
	return bulla_fail(err, BULLA_E_REFUSED, "addressed to %.*s, where %s "
	    "would sign the receipt", (int)o->to[0].len,
	    (const char *)o->to[0].p, a->p->receiver->vkey.name);
}

static enum bulla_status
judge(struct arrival *a, struct bulla_received *out, struct bulla_err *err)
{
	const struct bulla_verify v = { .fd = a->copy.fd,
	    .known = a->p->known, .judge = { authorise, a },
	    .allow_exercise = a->p->allow_exercise,
	    .threads = bulla_cores() };
	enum bulla_status st = bulla_package_verify(&v, &a->pkg, &out->why);
	bool others = false;

	if (err != NULL)
		*err = out->why;
	if (st == BULLA_E_MISMATCH)
		return receive_reject(a, a->taken ? "duplicate-id" :
		    "seal-broken", out, err);
	if (st == BULLA_E_REFUSED)
		return receive_reject(a, a->refused != NULL ?
		    a->refused : "out-of-scope", out, err);
	if (st == BULLA_OK)
		st = receive_other_bytes(a, &others, err);
	if (st != BULLA_OK)
		return st;
	if (others) {
		(void)bulla_fail(&out->why, BULLA_E_MISMATCH, "the relinquish "
		    "note that came for it names another package-sha256");
		return receive_reject(a, "hash-mismatch", out, err);
	}
	if (a->taken)
		return meet_stored(a, out, err);
	st = bulla_outfile_commit(&a->copy, err);
	if (st == BULLA_E_REFUSED)	/* another process was faster */
		return meet_stored(a, out, err);
	return st == BULLA_OK ? receive_accept(a, out, err) : st;
}

enum bulla_status
bulla_receive_fd(const struct bulla_receive *p, int fd,
    struct bulla_received *out, struct bulla_err *err)
{
	struct arrival a = { .p = p, .in = fd, .copy = BULLA_OUTFILE_INIT };
	struct bulla_received r = {
	    .receipt = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	bool known = false;
	enum bulla_status st = make_home(p->home, err);

	if (st == BULLA_OK)
		st = copy_in(&a, err);
	if (st != BULLA_OK)
		goto out;
	memcpy(r.id, a.id, sizeof(r.id));
	memcpy(r.sha256, a.sha256, sizeof(r.sha256));
	/* The same bytes again get the same receipt; rejects are rejudged. */
	st = bulla_receipt_find(p->home, a.sha256, &r.receipt, &known, err);
	if (st == BULLA_OK && known) {
		r.accepted = r.existed = true;
		goto out;
	}
	if (st != BULLA_OK && st != BULLA_E_NOMATCH)
		goto out;
	bulla_buf_reset(&r.receipt);
	st = judge(&a, &r, err);
out:
	if (a.copy.path != NULL)
		bulla_outfile_free(&a.copy);
	else if (a.copy.fd != -1)
		(void)close(a.copy.fd);
	bulla_package_free(&a.pkg);
	if (st == BULLA_OK)
		*out = r;
	else
		bulla_buf_free(&r.receipt);
	return st;
}
