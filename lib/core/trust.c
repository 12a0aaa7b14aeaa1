#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/text.h"

#include "core/trust_int.h"

enum bulla_status
trust_path(char out[TRUST_PATH_MAX], struct bulla_err *err, const char *home,
    const char *fmt, ...)
{
	int n = snprintf(out, TRUST_PATH_MAX, "%s/roster/", home), m = -1;
	va_list ap;

	if (n > 0 && (size_t)n < TRUST_PATH_MAX) {
		va_start(ap, fmt);
		m = vsnprintf(out + n, TRUST_PATH_MAX - (size_t)n, fmt, ap);
		va_end(ap);
	}
	if (m < 0 || (size_t)m >= TRUST_PATH_MAX - (size_t)n)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "the path of the home is too long");
	return BULLA_OK;
}

enum bulla_status
trust_roster_parse(struct trust_roster *out, struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&out->note);
	struct bulla_roster *r;
	struct bulla_note n;
	enum bulla_status st = bulla_note_parse(&bytes, &n, err);

	if (st != BULLA_OK)
		return st;
	r = malloc(sizeof(*r));
	if (r == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	st = bulla_roster_parse(&n.text, r, err);
	if (st != BULLA_OK) {
		free(r);
		return st;
	}
	bulla_sha256(n.text.p, n.text.len, out->digest);
	out->r = r;
	return BULLA_OK;
}

void
trust_roster_free(struct trust_roster *r)
{
	free(r->past);
	r->past = NULL;
	r->n_past = 0;
	free(r->r);
	r->r = NULL;
	bulla_buf_free(&r->note);
}

/*
 * Parse a file that may be missing, but not empty: somebody who can cut it
 * short must not make a roster disappear.
 */
static enum bulla_status
parse_if_there(const char *path, struct trust_roster *out,
    struct bulla_err *err)
{
	char shown[256];
	enum bulla_status st;

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return BULLA_OK;
	st = bulla_file_get(path, &out->note, err);
	if (st != BULLA_OK)
		return st;
	st = trust_roster_parse(out, err);
	return st == BULLA_OK ? st : bulla_wrap(err, st, "%s",
	    bulla_text_show_str(shown, sizeof(shown), path));
}

static const char *
file_of(enum bulla_side side)
{
	return side == BULLA_OURS ? "ours.note" : "theirs.note";
}

static enum bulla_status
read_once(const char *home, enum bulla_side side, struct trust_roster *out,
    struct bulla_err *err)
{
	char path[TRUST_PATH_MAX], shown[256];
	struct bulla_cur note;
	enum bulla_status st;

	st = trust_path(path, err, home, "%s", file_of(side));
	if (st == BULLA_OK)
		st = parse_if_there(path, out, err);
	if (st != BULLA_OK || out->r == NULL)
		return st;
	note = bulla_buf_view(&out->note);
	st = trust_signed_enough(&note, out->r, "its own", err);
	return st == BULLA_OK ? st : bulla_wrap(err, st, "%s",
	    bulla_text_show_str(shown, sizeof(shown), path));
}

enum bulla_status
trust_read_old(const char *home, const struct bulla_cur *side,
    uint64_t version, struct trust_roster *out, struct bulla_err *err)
{
	char path[TRUST_PATH_MAX];
	enum bulla_status st;

	st = trust_path(path, err, home, "history/%.*s-%06" PRIu64 ".note",
	    (int)side->len, (const char *)side->p, version);
	return st == BULLA_OK ? parse_if_there(path, out, err) : st;
}

/*
 * An old roster, put back, would let ended keys sign again; another text of
 * the same version never was in force. It is compared with what is on disk:
 * that somebody who can write there leaves the history alone is not assumed.
 */
static enum bulla_status
against_history(const char *home, enum bulla_side side,
    const struct trust_roster *now, struct bulla_err *err)
{
	struct trust_roster same = TRUST_ROSTER_INIT;
	struct trust_roster later = TRUST_ROSTER_INIT;
	enum bulla_status st;

	st = trust_read_old(home, &now->r->side, now->r->version, &same, err);
	if (st == BULLA_OK && same.r != NULL && memcmp(same.digest,
	    now->digest, sizeof(same.digest)) != 0)
		st = bulla_fail(err, BULLA_E_REFUSED, "roster/%s: not the "
		    "version %" PRIu64 " that was taken in (roster/history)",
		    file_of(side), now->r->version);
	if (st == BULLA_OK && now->r->version < BULLA_ROSTER_VERSION_MAX)
		st = trust_read_old(home, &now->r->side, now->r->version + 1,
		    &later, err);
	if (st == BULLA_OK && later.r != NULL)
		st = bulla_fail(err, BULLA_E_REFUSED, "roster/%s: version %"
		    PRIu64 " was put back, version %" PRIu64 " was taken in "
		    "after it (roster/history)", file_of(side),
		    now->r->version, now->r->version + 1);
	trust_roster_free(&same);
	trust_roster_free(&later);
	return st;
}

/*
 * Refused only when the same one is read twice: another process may have
 * taken a later version in between the looks at both files.
 */
enum bulla_status
trust_read(const char *home, enum bulla_side side, struct trust_roster *out,
    struct bulla_err *err)
{
	uint8_t before[32] = { 0 };
	enum bulla_status st;

	for (;;) {
		st = read_once(home, side, out, err);
		if (st != BULLA_OK || out->r == NULL)
			return st;
		st = against_history(home, side, out, err);
		if (st != BULLA_E_REFUSED ||
		    memcmp(before, out->digest, sizeof(before)) == 0)
			return st;
		memcpy(before, out->digest, sizeof(before));
		trust_roster_free(out);
	}
}

/*
 * The mark of an exercise changes the time by which everything is judged: put
 * into a real home, it would make every deadline one that has not come.
 */
static enum bulla_status
check_mark(const struct bulla_roster *ours, struct bulla_err *err)
{
	const bool is = bulla_is_exercise();

	if (bulla_keyname_exercise(&ours->side) == is)
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_REFUSED, is ? "this home is marked as "
	    "part of an EXERCISE (file exercise), and %.*s is no side of one: "
	    "who put the mark there?" : "%.*s is a side of an EXERCISE, and "
	    "the home lacks the mark of one (file exercise)",
	    (int)ours->side.len, (const char *)ours->side.p);
}

static enum bulla_status
load(const char *home, struct bulla_trust *t, struct bulla_err *err)
{
	char shown[256];
	enum bulla_status st = trust_read(home, BULLA_OURS, &t->ours, err);

	if (st == BULLA_OK && t->ours.r == NULL)
		return bulla_fail(err, BULLA_E_NOMATCH, "%s: no roster "
		    "(bulla-trust init makes one)",
		    bulla_text_show_str(shown, sizeof(shown), home));
	if (st == BULLA_OK)
		st = check_mark(t->ours.r, err);
	if (st == BULLA_OK)
		st = trust_read(home, BULLA_THEIRS, &t->theirs, err);
	if (st == BULLA_OK && t->theirs.r != NULL)
		st = trust_apart(t->ours.r, t->theirs.r, err);
	if (st == BULLA_OK)
		st = trust_read_past(home, &t->ours, err);
	if (st == BULLA_OK && t->theirs.r != NULL)
		st = trust_read_past(home, &t->theirs, err);
	return st == BULLA_OK ? trust_read_stops(home, t, err) : st;
}

enum bulla_status
bulla_trust_load(const char *home, struct bulla_trust **out,
    struct bulla_err *err)
{
	struct bulla_trust *t = malloc(sizeof(*t));
	enum bulla_status st;

	if (t == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	*t = (struct bulla_trust){ TRUST_ROSTER_INIT, TRUST_ROSTER_INIT,
	    NULL, 0, BULLA_BUF_INIT(TRUST_SKIPPED_MAX) };
	st = load(home, t, err);
	if (st == BULLA_OK)
		*out = t;
	else
		bulla_trust_free(t);
	return st;
}

void
bulla_trust_free(struct bulla_trust *t)
{
	if (t == NULL)
		return;
	trust_roster_free(&t->ours);
	trust_roster_free(&t->theirs);
	for (size_t i = 0; i < t->n_stops; i++)
		bulla_buf_free(&t->stop[i].note);
	free(t->stop);
	bulla_buf_free(&t->skipped);
	free(t);
}

const struct trust_roster *
trust_side(const struct bulla_trust *t, enum bulla_side side)
{
	BULLA_CHECK(side == BULLA_OURS || side == BULLA_THEIRS);
	return side == BULLA_OURS ? &t->ours : &t->theirs;
}

const struct bulla_roster *
bulla_trust_roster(const struct bulla_trust *t, enum bulla_side side,
    uint8_t digest[32])
{
	const struct trust_roster *r = trust_side(t, side);

	if (r->r != NULL && digest != NULL)
		memcpy(digest, r->digest, sizeof(r->digest));
	return r->r;
}

struct bulla_cur
bulla_trust_note(const struct bulla_trust *t, enum bulla_side side)
{
	const struct trust_roster *r = trust_side(t, side);

	return r->r != NULL ? bulla_buf_view(&r->note) : bulla_cur_of(NULL, 0);
}

struct bulla_cur
bulla_trust_skipped(const struct bulla_trust *t)
{
	return bulla_buf_view(&t->skipped);
}

struct bulla_cur
bulla_trust_suspension(const struct bulla_trust *t, const uint8_t digest[32])
{
	for (size_t i = 0; i < t->n_stops; i++) {
		if (memcmp(t->stop[i].digest, digest, 32) == 0)
			return bulla_buf_view(&t->stop[i].note);
	}
	return bulla_cur_of(NULL, 0);
}
