#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/text.h"
#include "bulla/when.h"

#include "core/trust_int.h"

enum bulla_status
trust_lock(const char *home, int *fd, struct bulla_err *err)
{
	static const char *const dirs[] = { "history", "suspend",
	    "taken" };
	char path[TRUST_PATH_MAX];
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; st == BULLA_OK && i < 3; i++) {
		st = trust_path(path, err, home, "%s", dirs[i]);
		if (st == BULLA_OK)
			st = bulla_dir_make(path, 0700, err);
	}
	if (st == BULLA_OK)
		st = trust_path(path, err, home, "lock");
	return st == BULLA_OK ? bulla_lock(path, true, fd, err) : st;
}

struct take {
	const char *home;
	enum bulla_side side;
	const uint8_t *fingerprint;
	int64_t time;
	struct trust_roster next, now, other;
};

static enum bulla_status
judge_first(const struct take *t, struct bulla_err *err)
{
	const struct bulla_roster *r = t->next.r;

	if (r->version != 1)
		return bulla_fail(err, BULLA_E_REFUSED, "version %" PRIu64
		    " cannot be the first: take version 1, then each version "
		    "after it", r->version);
	if (bulla_keyname_exercise(&r->side) != bulla_is_exercise())
		return bulla_fail(err, BULLA_E_REFUSED, "a side whose name "
		    "ends in " BULLA_EXERCISE_SUFFIX " is one of an EXERCISE, "
		    "and stays in homes that bulla-exercise made, alone");
	if (t->side == BULLA_THEIRS && t->fingerprint == NULL)
		return bulla_fail(err, BULLA_E_USAGE, "the first roster of a "
		    "counterpart needs its fingerprint, compared by voice");
	return BULLA_OK;
}

/*
 * A later one is taken when it is made: one that lay in a drawer, or is
 * dated back, would end or begin keys in a time that was judged already. Who
 * compared its fingerprint by voice knows what it takes.
 */
static enum bulla_status
judge_time(const struct take *t, struct bulla_err *err)
{
	int64_t issued = t->next.r->issued;
	bool old_too = t->now.r == NULL || t->fingerprint != NULL;

	return trust_recent("issued at", issued, old_too &&
	    issued < t->time ? issued : t->time, "let its fingerprint be "
	    "compared by voice, and give that", err);
}

static enum bulla_status
judge(const struct take *t, struct bulla_err *err)
{
	const struct bulla_cur note = bulla_buf_view(&t->next.note);
	enum bulla_status st;

	st = t->now.r == NULL ? judge_first(t, err) :
	    bulla_trust_follows(t->now.r, t->now.digest, t->next.r, err);
	if (st == BULLA_OK && t->fingerprint != NULL &&
	    memcmp(t->fingerprint, t->next.digest, 32) != 0)
		st = bulla_fail(err, BULLA_E_MISMATCH, "the fingerprint is "
		    "another: this is not the roster that was read out");
	if (st == BULLA_OK)
		st = judge_time(t, err);
	if (st == BULLA_OK && t->other.r != NULL)
		st = trust_apart(t->next.r, t->other.r, err);
	if (st == BULLA_OK)
		st = trust_signed_enough(&note, t->next.r, "its own", err);
	if (st == BULLA_OK && t->now.r != NULL)
		st = trust_signed_enough(&note, t->now.r, "the old", err);
	return st;
}

static enum bulla_status
prepare(struct bulla_outfile *o, const char *path, const void *bytes,
    size_t len, struct bulla_err *err)
{
	char shown[256];
	enum bulla_status st;

	st = bulla_outfile_open(o, path, 0644, true, false, err);
	return st != BULLA_OK ? st : bulla_write_fd(o->fd, bytes, len,
	    bulla_text_show_str(shown, sizeof(shown), path), err);
}

static enum bulla_status
keep_past(const struct take *t, const struct trust_roster *r,
    struct bulla_outfile *o, struct bulla_err *err)
{
	char path[TRUST_PATH_MAX];
	enum bulla_status st;

	st = trust_path(path, err, t->home, "history/%.*s-%06" PRIu64 ".note",
	    (int)r->r->side.len, (const char *)r->r->side.p, r->r->version);
	return st != BULLA_OK ? st : prepare(o, path, r->note.p, r->note.len,
	    err);
}

/*
 * When it was taken in is named first, what is in force next, its copy last,
 * and all are written before that: a full disk leaves all as it was, and the
 * history never knows a version that was not in force, by which a roster
 * that was put back is told.
 */
static enum bulla_status
store(const struct take *t, struct bulla_err *err)
{
	struct bulla_outfile now = BULLA_OUTFILE_INIT;
	struct bulla_outfile past = BULLA_OUTFILE_INIT;
	char path[TRUST_PATH_MAX];
	enum bulla_status st;

	st = keep_past(t, &t->next, &past, err);
	if (st == BULLA_OK)
		st = trust_path(path, err, t->home, "%s", t->side ==
		    BULLA_OURS ? "ours.note" : "theirs.note");
	if (st == BULLA_OK)
		st = prepare(&now, path, t->next.note.p, t->next.note.len,
		    err);
	if (st == BULLA_OK)
		st = trust_taken_put(t->home, t->next.digest, t->time, err);
	if (st == BULLA_OK)
		st = bulla_outfile_commit(&now, err);
	if (st == BULLA_OK)
		st = bulla_outfile_commit(&past, err);
	bulla_outfile_free(&now);
	bulla_outfile_free(&past);
	return st;
}

/* What is in force: only its copy in the history may be missing. */
static enum bulla_status
complete(const struct take *t, struct bulla_err *err)
{
	struct bulla_outfile past = BULLA_OUTFILE_INIT;
	struct trust_roster old = TRUST_ROSTER_INIT;
	enum bulla_status st;

	st = trust_read_old(t->home, &t->now.r->side, t->now.r->version,
	    &old, err);
	if (st == BULLA_OK && old.r == NULL) {
		st = keep_past(t, &t->now, &past, err);
		if (st == BULLA_OK)
			st = bulla_outfile_commit(&past, err);
	}
	bulla_outfile_free(&past);
	trust_roster_free(&old);
	return st;
}

/*
 * Only the lines that were judged are kept: of root keys, old and new. What
 * else stands below may be the wrong line of a key that comes later.
 */
static enum bulla_status
trim(struct take *t, struct bulla_err *err)
{
	struct trust_roster next = TRUST_ROSTER_INIT;
	const struct bulla_cur note = bulla_buf_view(&t->next.note);
	const struct bulla_roster *r[] = { t->next.r, t->now.r };
	struct bulla_vkeys roots = { 0 };
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; r[i] != NULL && k < r[i]->n_roots &&
		    st == BULLA_OK; k++)
			st = bulla_vkeys_add(&roots, &r[i]->root[k].key, err);
	}
	if (st == BULLA_OK)
		st = bulla_note_trim(&note, &roots, &next.note, err);
	if (st == BULLA_OK)
		st = trust_roster_parse(&next, err);
	bulla_vkeys_free(&roots);
	if (st != BULLA_OK) {
		trust_roster_free(&next);
		return st;
	}
	trust_roster_free(&t->next);
	t->next = next;
	return BULLA_OK;
}

static enum bulla_status
take_locked(struct take *t, struct bulla_err *err)
{
	enum bulla_side other = t->side == BULLA_OURS ? BULLA_THEIRS :
	    BULLA_OURS;
	enum bulla_status st;

	st = trust_read(t->home, t->side, &t->now, err);
	if (st == BULLA_OK)
		st = trust_read(t->home, other, &t->other, err);
	if (st != BULLA_OK)
		return st;
	if (t->now.r != NULL && memcmp(t->now.digest, t->next.digest,
	    sizeof(t->now.digest)) == 0)
		return complete(t, err);
	st = judge(t, err);
	if (st == BULLA_OK && t->now.r != NULL)
		st = complete(t, err);
	if (st == BULLA_OK)
		st = trim(t, err);
	return st == BULLA_OK ? store(t, err) : st;
}

enum bulla_status
bulla_trust_take(const char *home, enum bulla_side side,
    const struct bulla_cur *note, const uint8_t *fingerprint, int64_t now,
    struct bulla_err *err)
{
	struct take t = { home, side, fingerprint, now, TRUST_ROSTER_INIT,
	    TRUST_ROSTER_INIT, TRUST_ROSTER_INIT };
	enum bulla_status st;
	int lock = -1;

	BULLA_CHECK(side == BULLA_OURS || side == BULLA_THEIRS);
	BULLA_CHECK(now >= 0 && now <= BULLA_WHEN_MAX);
	bulla_buf_cur(&t.next.note, note);
	st = bulla_buf_status(&t.next.note);
	if (st != BULLA_OK)
		st = bulla_fail(err, st, st == BULLA_E_LIMIT ? "longer than "
		    "the 64 KiB of a note" : "out of memory");
	if (st == BULLA_OK)
		st = trust_roster_parse(&t.next, err);
	if (st == BULLA_OK)
		st = trust_lock(home, &lock, err);
	if (st == BULLA_OK)
		st = take_locked(&t, err);
	if (lock != -1)
		(void)close(lock);
	trust_roster_free(&t.next);
	trust_roster_free(&t.now);
	trust_roster_free(&t.other);
	return st;
}
