#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulla/file.h"
#include "core/agreement_int.h"
#include "core/kept.h"

/*
 * What was proposed here, or signed here for the other side. It is kept so
 * that a review can name it: a version that one side waits for and the other
 * never signed is else in no record.
 */
#define PATH_CAP 4096u
#define REL "agreement/proposed.note"

static enum bulla_status
path_of(char out[PATH_CAP], const char *home, const char *rel,
    struct bulla_err *err)
{
	int n = snprintf(out, PATH_CAP, "%s/%s", home, rel);

	return n > 0 && (size_t)n < PATH_CAP ? BULLA_OK : bulla_fail(err,
	    BULLA_E_LIMIT, "the path of the home is too long");
}

enum bulla_status
bulla_agreement_keep_proposal(const char *home, const struct bulla_cur *note,
    struct bulla_err *err)
{
	char path[PATH_CAP];
	enum bulla_status st = path_of(path, home, "agreement", err);

	if (st == BULLA_OK)
		st = bulla_dir_make(path, 0700, err);
	if (st == BULLA_OK)
		st = path_of(path, home, REL, err);
	return st == BULLA_OK ? bulla_file_put(path, note->p, note->len, 0644,
	    true, err) : st;
}

/* A version that was taken in stands in its place. */
enum bulla_status
agreement_drop_proposal(const char *home, struct bulla_err *err)
{
	char path[PATH_CAP];
	enum bulla_status st = path_of(path, home, REL, err);

	if (st == BULLA_OK && unlink(path) != 0 && errno != ENOENT)
		st = bulla_fail_sys(err, REL);
	return st;
}

/* Why it is not in force. */
static void
judge(struct bulla_agreements *l, const struct bulla_agreement_kept *k,
    const struct bulla_trust *t)
{
	struct bulla_cur note = bulla_buf_view(&k->note);
	struct bulla_err why = { 0 };
	enum bulla_status st = agreement_check(&note, k->a, t, 0, &why);

	if (st == BULLA_OK)
		st = agreement_follows(l, k->a, &why);
	agreement_unused(&l->proposal, k, st == BULLA_OK ? "signed by both, "
	    "and not taken in here (bulla-trust agreement pin)" : why.msg);
}

/* It goes when its version is taken in, which nobody who reads waits for. */
static bool
is_gone(const char *home)
{
	char path[PATH_CAP];

	return path_of(path, home, REL, NULL) == BULLA_OK &&
	    access(path, F_OK) != 0 && errno == ENOENT;
}

/* What was agreed does not hang on a paper that nobody has to have. */
static enum bulla_status
damaged(struct bulla_agreements *l, enum bulla_status st,
    struct bulla_err *err)
{
	if (st == BULLA_E_IO || st == BULLA_E_NOMEM) {
		bulla_wrap(err, st, REL);
		return st;
	}
	(void)snprintf(l->damaged, sizeof(l->damaged), REL " is damaged: "
	    "%.300s; nothing is judged by it: remove it, or propose anew",
	    err->msg);
	*err = (struct bulla_err){ 0 };
	return BULLA_OK;
}

enum bulla_status
agreement_load_proposal(const char *home, const struct bulla_trust *t,
    struct bulla_agreements *l, struct bulla_err *err)
{
	struct bulla_agreement_kept k = {
	    .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	enum bulla_status st = kept_file(home, REL, &k.note, err);

	if (st == BULLA_E_IO && is_gone(home)) {
		*err = (struct bulla_err){ 0 };
		return BULLA_OK;
	}
	if (st == BULLA_OK)
		st = agreement_parse_kept(&k, err);
	if (st != BULLA_OK)
		st = damaged(l, st, err);
	else if (k.a->version > l->n && memcmp(k.digest, l->lapse.digest,
	    sizeof(k.digest)) != 0)
		judge(l, &k, t);
	agreement_kept_free(&k);
	return st;
}
