#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/ring.h"
#include "core/pkg_int.h"
#include "core/quarantine_int.h"
#include "core/verify_int.h"

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

/* A file without a name, which is given one when it has proved itself. */
static enum bulla_status
open_copy(struct arrival *a, struct bulla_err *err)
{
	char path[HOME_PATH_MAX];
	enum bulla_status st = home_path(path, a->p->home, "packages", ".new",
	    "", err);

	return st == BULLA_OK ? bulla_outfile_open(&a->copy, path, 0600,
	    false, true, err) : st;
}

/* From here on nothing is waited for but our own disk and keys. */
static enum bulla_status
arrived(struct bulla_receive *p, struct bulla_err *err)
{
	return p->arrived.tell != NULL ? p->arrived.tell(p->arrived.ctx, p,
	    err) : BULLA_OK;
}

static enum bulla_status
examine(struct arrival *a, int in, struct bulla_err *err)
{
	const struct bulla_examiner *x = &a->p->examiner;
	struct bulla_examined *e = &a->e;
	struct stat sb;
	enum bulla_status st = BULLA_OK;

	if (x->examine == NULL)
		bulla_examine(in, a->copy.fd, bulla_cores(), NULL, e);
	else
		st = x->examine(x->ctx, in, a->copy.fd, e, err);
	bulla_direct_off(a->copy.fd);	/* whatever came of it */
	if (st == BULLA_OK && e->reached == BULLA_REACHED_NOTHING) {
		st = e->end.st;
		if (err != NULL)
			*err = e->end;
	}
	if (st != BULLA_OK)
		return st;
	if (fstat(a->copy.fd, &sb) != 0)
		return bulla_fail_sys(err, "the copy in the home");
	if ((uint64_t)sb.st_size != e->bytes)
		return bulla_fail(err, BULLA_E_IO, "the copy in the home has "
		    "%lld bytes, and not %llu", (long long)sb.st_size,
		    (unsigned long long)e->bytes);
	a->id = e->id;
	a->sha256 = e->sha256;
	a->bytes = e->bytes;
	return home_path(a->path, a->p->home, "packages", a->id, ".bulla",
	    err);
}

/* sha256 of a file that is in the store. */
static enum bulla_status
hash_stored(const struct arrival *a, uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	const struct bulla_examiner *x = &a->p->examiner;
	enum bulla_status st;
	int fd = -1;

	st = bulla_infile_open(a->path, &fd, err);
	if (st == BULLA_OK)
		st = x->hash != NULL ? x->hash(x->ctx, fd, sha256, err) :
		    bulla_hash_fd(fd, NULL, sha256, err);
	if (fd != -1)
		(void)close(fd);
	return st;
}

/*
 * With a shared place the id has to be ours there too, before anything is
 * named or signed. *ours is false when the answer, a reject, is in out.
 */
static enum bulla_status
claim(const struct arrival *a, struct bulla_received *out, bool *ours,
    struct bulla_err *err)
{
	bool other = false;
	enum bulla_status st = a->p->shared != NULL ?
	    receive_claim(a, &other, err) : BULLA_OK;

	*ours = !other;
	if (st != BULLA_OK || !other)
		return st;
	(void)bulla_fail(&out->why, BULLA_E_MISMATCH, "another inbox of ours "
	    "has received a package with this id and other bytes");
	return receive_reject(a, "duplicate-id", out, err);
}

/*
 * The name is taken. Other bytes: reject, and nothing stored changes. The
 * same bytes: a crash may have come between the package and its notes, so
 * what is there is kept and what is missing is made. What is stored is read
 * only when no note says it.
 */
static enum bulla_status
meet_stored(const struct arrival *a, struct bulla_received *out,
    struct bulla_err *err)
{
	uint8_t stored[BULLA_SHA256_LEN];
	bool other = false, ours;
	enum bulla_status st = receive_holds_other(a, &other, err);

	if (st == BULLA_OK && !other)
		st = hash_stored(a, stored, err);
	if (st != BULLA_OK)
		return st;
	if (other || memcmp(stored, a->sha256, sizeof(stored)) != 0) {
		(void)bulla_fail(&out->why, BULLA_E_MISMATCH, "a package with "
		    "this id and other bytes is stored already");
		return receive_reject(a, "duplicate-id", out, err);
	}
	st = claim(a, out, &ours, err);
	if (st != BULLA_OK || !ours)
		return st;
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
authorise(struct arrival *a, struct bulla_err *err)
{
	const struct bulla_judge *j = &a->p->judge;
	const struct bulla_opening *o = &a->pkg.opening;
	enum bulla_status st = j->ask != NULL ? j->ask(j->ctx, &a->pkg, err) :
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

/*
 * In the order of bulla_package_verify: what the examiner says counts from
 * where the signatures of the notes that it handed over have held.
 */
static enum bulla_status
check(struct arrival *a, struct pkgr *r, struct bulla_err *err)
{
	struct bulla_examined *e = &a->e;
	const struct bulla_vkeys *known = a->p->known;
	enum bulla_status st = BULLA_OK;

	if (e->reached >= BULLA_REACHED_HEAD) {
		st = pkg_check_signed(r, known, &a->pkg, err);
		a->opened = st == BULLA_OK;
	}
	if (st == BULLA_OK && e->reached >= BULLA_REACHED_BODY)
		st = pkg_check_exercise(&a->pkg, a->p->allow_exercise, err);
	if (st == BULLA_OK && e->reached < BULLA_REACHED_END) {
		st = e->end.st;
		if (err != NULL)
			*err = e->end;
	}
	if (st == BULLA_OK)
		st = pkg_check_tail(r, known, e->manifest, &a->pkg, err);
	if (st == BULLA_OK)
		st = authorise(a, err);
	if (st != BULLA_OK)
		return st;
	a->pkg.verified = true;
	return BULLA_OK;
}

/* What was found, as if it had been read here. */
static enum bulla_status
verify(struct arrival *a, struct bulla_err *err)
{
	struct bulla_examined *e = &a->e;
	struct pkgr r;
	enum bulla_status st;

	pkgr_init(&r, -1);
	memcpy(r.id, e->id, sizeof(r.id));
	r.pos = e->bytes;
	r.mtime = e->mtime;
	r.segments = e->segments;
	r.cipher = e->cipher;
	bulla_buf_put(&r.opening, e->opening.p, e->opening.len);
	bulla_buf_put(&r.closing, e->closing.p, e->closing.len);
	st = bulla_buf_status(&r.opening);
	if (st == BULLA_OK)
		st = bulla_buf_status(&r.closing);
	if (st == BULLA_OK)
		st = check(a, &r, err);
	verify_keep(&r, &a->pkg);
	pkgr_free(&r);
	return st;
}

static enum bulla_status
store(struct arrival *a, struct bulla_received *out, struct bulla_err *err)
{
	char name[BULLA_ID_LEN + sizeof(".bulla")];
	bool ours;
	enum bulla_status st = claim(a, out, &ours, err);

	if (st != BULLA_OK || !ours)
		return st;
	(void)snprintf(name, sizeof(name), "%s.bulla", a->id);
	st = bulla_outfile_rename(&a->copy, name, err);
	if (st == BULLA_OK)
		st = bulla_outfile_commit(&a->copy, err);
	if (st == BULLA_E_REFUSED)	/* another process was faster */
		return meet_stored(a, out, err);
	return st == BULLA_OK ? receive_accept(a, out, err) : st;
}

static enum bulla_status
judge(struct arrival *a, struct bulla_received *out, struct bulla_err *err)
{
	enum bulla_status st = verify(a, &out->why);
	bool others = false;

	a->taken = access(a->path, F_OK) == 0;
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
	return a->taken ? meet_stored(a, out, err) : store(a, out, err);
}

/* What is said of it is durable; the package itself goes where it belongs. */
static void
keep(struct arrival *a, struct bulla_received *r)
{
	bool before = false;

	if (r->accepted) {
		rejected_drop(a->p->home, a->sha256);
		return;
	}
	r->quarantined = rejected_put(a, &r->receipt, &before,
	    &r->not_kept) == BULLA_OK;
	r->existed = before;
}

enum bulla_status
bulla_receive_fd(const struct bulla_receive *p, int fd,
    struct bulla_received *out, struct bulla_err *err)
{
	struct bulla_receive now = *p;
	struct arrival a = { .p = &now, .copy = BULLA_OUTFILE_INIT,
	    .e = BULLA_EXAMINED_INIT };
	struct bulla_received r = {
	    .receipt = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	bool known = false;
	enum bulla_status st = make_home(p->home, err);

	if (st == BULLA_OK)
		st = open_copy(&a, err);
	if (st == BULLA_OK)
		st = examine(&a, fd, err);
	if (st == BULLA_OK)
		st = arrived(&now, err);
	if (st != BULLA_OK)
		goto out;
	memcpy(r.id, a.e.id, sizeof(r.id));
	memcpy(r.sha256, a.e.sha256, sizeof(r.sha256));
	r.bytes = a.bytes;
	/* The same bytes again get the same receipt; rejects are rejudged. */
	st = bulla_receipt_find(p->home, a.sha256, &r.receipt, &known, err);
	if (st == BULLA_OK && known) {
		r.accepted = r.existed = true;
		goto out;
	}
	if (st != BULLA_OK && st != BULLA_E_NOMATCH)
		goto out;
	bulla_buf_reset(&r.receipt);
	st = now.may_sign.ask == NULL ? BULLA_OK : now.may_sign.ask(
	    now.may_sign.ctx, now.receiver, now.now, err);
	if (st == BULLA_OK)
		st = judge(&a, &r, err);
	if (st == BULLA_OK)
		keep(&a, &r);
out:
	bulla_outfile_free(&a.copy);
	bulla_examined_free(&a.e);
	bulla_package_free(&a.pkg);
	if (st == BULLA_OK)
		*out = r;
	else
		bulla_buf_free(&r.receipt);
	return st;
}
