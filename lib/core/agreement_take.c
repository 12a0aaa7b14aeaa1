#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulla/file.h"
#include "core/agreement_int.h"

/* A new version of the agreement comes into the home. */
#define PATH_CAP 4096u
#define OLD INT64_C(2592000)	/* 30 days */

static enum bulla_status
path_of(char out[PATH_CAP], const char *home, const char *name,
    struct bulla_err *err)
{
	int n = snprintf(out, PATH_CAP, "%s/agreement/%s", home, name);

	return n > 0 && (size_t)n < PATH_CAP ? BULLA_OK : bulla_fail(err,
	    BULLA_E_LIMIT, "the path of the home is too long");
}

static enum bulla_status
judge(const struct bulla_agreements *l, const struct bulla_agreement_kept *k,
    const struct bulla_cur *note, const struct bulla_trust *t, int64_t now,
    struct bulla_err *err)
{
	enum bulla_status st = l->lapsed[0] == '\0' ? BULLA_OK :
	    bulla_fail(err, BULLA_E_REFUSED, "%.300s: it and what follows it "
	    "are not used: move them away first", l->lapsed);

	if (st == BULLA_OK)
		st = agreement_follows(l, k->a, err);
	if (st == BULLA_OK && l->n > 0 && k->a->from < now - OLD)
		st = bulla_fail(err, BULLA_E_REFUSED, "in force from more "
		    "than 30 days ago: what was judged then would be judged "
		    "anew; let it begin later");
	return st == BULLA_OK ? agreement_refused(agreement_check(note, k->a,
	    t, now, err), err) : st;
}

/* Only the lines of leads that verified. */
static enum bulla_status
store(const char *home, const struct bulla_agreement_kept *k,
    const struct bulla_cur *note, const struct bulla_trust *t,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_vkeys leads = { 0 };
	char path[PATH_CAP], name[32];
	enum bulla_status st;

	(void)snprintf(name, sizeof(name), "%06" PRIu64 ".note",
	    k->a->version);
	st = path_of(path, home, name, err);
	if (st == BULLA_OK)
		st = bulla_trust_keys(t, BULLA_BOTH, BULLA_ROLE_LEAD, &leads,
		    err);
	if (st == BULLA_OK)
		st = bulla_note_trim(note, &leads, &b, err);
	if (st == BULLA_OK)
		st = bulla_file_put(path, b.p, b.len, 0644, false, err);
	bulla_vkeys_free(&leads);
	bulla_buf_free(&b);
	return st;
}

static enum bulla_status
take_locked(const char *home, const struct bulla_trust *t,
    const struct bulla_agreement_kept *k, const struct bulla_cur *note,
    int64_t now, struct bulla_err *err)
{
	struct bulla_agreements l = { 0 };
	enum bulla_status st = bulla_agreements_load(home, t, &l, err);
	uint64_t v = k->a->version;
	bool same = st == BULLA_OK && v <= l.n &&
	    memcmp(l.v[v - 1].digest, k->digest, sizeof(k->digest)) == 0;

	if (st == BULLA_OK && !same)
		st = judge(&l, k, note, t, now, err);
	if (st == BULLA_OK && !same)
		st = store(home, k, note, t, err);
	if (st == BULLA_OK && l.proposal.version != 0 &&
	    l.proposal.version <= v)
		st = agreement_drop_proposal(home, err);
	bulla_agreements_free(&l);
	return st;
}

enum bulla_status
bulla_agreement_take(const char *home, const struct bulla_trust *t,
    const struct bulla_cur *note, int64_t now, struct bulla_err *err)
{
	struct bulla_agreement_kept k = {
	    .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	char path[PATH_CAP];
	enum bulla_status st;
	int lock = -1;

	bulla_buf_cur(&k.note, note);
	st = bulla_buf_status(&k.note);
	if (st != BULLA_OK)
		st = bulla_fail(err, st, "longer than a note, or no memory");
	if (st == BULLA_OK)
		st = agreement_parse_kept(&k, err);
	if (st == BULLA_OK)
		st = path_of(path, home, "", err);
	if (st == BULLA_OK)
		st = bulla_dir_make(path, 0700, err);
	if (st == BULLA_OK)
		st = path_of(path, home, "lock", err);
	if (st == BULLA_OK)
		st = bulla_lock(path, true, &lock, err);
	if (st == BULLA_OK)
		st = take_locked(home, t, &k, note, now, err);
	if (lock != -1)
		(void)close(lock);
	agreement_kept_free(&k);
	return st;
}
