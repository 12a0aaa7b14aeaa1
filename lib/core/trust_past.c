#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/text.h"
#include "bulla/when.h"

#include "core/trust_int.h"

/*
 * Which version of a roster judges what time. A side writes its own dates:
 * one that is dated back would end a key before what that key signed, and
 * unmake it. So when we took it in counts too.
 */
#define TAKEN_MAX 64u		/* bytes of a file in roster/taken */

static enum bulla_status
taken_path(char out[TRUST_PATH_MAX], const char *home,
    const uint8_t digest[32], struct bulla_err *err)
{
	char hex[65];

	bulla_hex(hex, digest, 32);
	return trust_path(out, err, home, "taken/%s", hex);
}

enum bulla_status
trust_taken_put(const char *home, const uint8_t digest[32], int64_t now,
    struct bulla_err *err)
{
	char path[TRUST_PATH_MAX], line[BULLA_WHEN_LEN + 2];
	enum bulla_status st = taken_path(path, home, digest, err);

	bulla_when_text(now, line);
	line[BULLA_WHEN_LEN] = '\n';
	return st != BULLA_OK ? st : bulla_file_put(path, line,
	    BULLA_WHEN_LEN + 1, 0644, true, err);
}

enum bulla_status
trust_since(const char *home, const uint8_t digest[32], int64_t own,
    int64_t *since, struct bulla_err *err)
{
	struct bulla_buf text = BULLA_BUF_INIT(TAKEN_MAX);
	char path[TRUST_PATH_MAX], shown[256];
	struct bulla_cur c;
	int64_t taken = 0;
	enum bulla_status st;

	*since = own;
	st = taken_path(path, home, digest, err);
	if (st != BULLA_OK || (access(path, F_OK) != 0 && errno == ENOENT))
		return st;
	st = bulla_file_get(path, &text, err);
	if (st == BULLA_OK) {
		bool line = text.len == BULLA_WHEN_LEN + 1 &&
		    text.p[BULLA_WHEN_LEN] == '\n';

		c = bulla_cur_of(text.p, line ? BULLA_WHEN_LEN : 0);
		if (!bulla_when_parse(&c, &taken))
			st = bulla_fail(err, BULLA_E_FORMAT, "%s: not a line "
			    "with a time", bulla_text_show_str(shown,
			    sizeof(shown), path));
	}
	if (st == BULLA_OK && taken - TRUST_LATE > own)
		*since = taken - TRUST_LATE;
	bulla_buf_free(&text);
	return st;
}

enum bulla_status
trust_recent(const char *what, int64_t time, int64_t now,
    const char *remedy, struct bulla_err *err)
{
	char is[BULLA_WHEN_LEN + 1];

	bulla_when_text(time, is);
	if (time > now + TRUST_AHEAD)
		return bulla_fail(err, BULLA_E_REFUSED, "%s %s, more than a "
		    "day ahead of the clock here", what, is);
	if (time < now - TRUST_OLD)
		return bulla_fail(err, BULLA_E_REFUSED, "%s %s, more than 30 "
		    "days ago: %s", what, is, remedy);
	return BULLA_OK;
}

/* The windows of now's keys as they were in `old`. */
static void
windows_in(struct trust_version *v, const struct bulla_roster *now,
    const struct bulla_roster *old)
{
	v->number = old->version;
	v->expires = old->expires;
	for (size_t i = 0; i < now->n_keys; i++) {
		const struct bulla_roster_key *k = now == old ?
		    &now->key[i] : bulla_roster_find(old, &now->key[i].key);

		v->until[i] = k != NULL ? k->until : TRUST_NOT_YET;
	}
}

static enum bulla_status
add_version(const char *home, struct trust_roster *now,
    const struct trust_roster *old, struct bulla_err *err)
{
	size_t n = now->n_past;
	struct trust_version *v;

	if ((n & (n - 1)) == 0) {	/* full at each power of two */
		v = realloc(now->past, (n > 0 ? 2 * n : 1) * sizeof(*v));
		if (v == NULL)
			return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		now->past = v;
	}
	v = &now->past[now->n_past++];
	windows_in(v, now->r, old->r);
	v->since = INT64_MIN;
	return old->r->version == 1 ? BULLA_OK : trust_since(home,
	    old->digest, old->r->issued, &v->since, err);
}

/* Each names the digest of the one before, and the newest is signed. */
static enum bulla_status
read_before(const char *home, const struct trust_roster *now,
    const struct trust_roster *next, struct trust_roster *out,
    struct bulla_err *err)
{
	uint64_t version = next->r->version - 1;
	const struct bulla_cur *side = &now->r->side;
	enum bulla_status st = trust_read_old(home, side, version, out, err);

	if (st == BULLA_OK && out->r == NULL)
		return bulla_fail(err, BULLA_E_REFUSED, "roster/history: "
		    "version %" PRIu64 " of %.*s is missing: put it back (the "
		    "other side has it too)", version, (int)side->len,
		    (const char *)side->p);
	if (st == BULLA_OK && memcmp(out->digest, next->r->previous, 32) != 0)
		return bulla_fail(err, BULLA_E_REFUSED, "roster/history: "
		    "version %" PRIu64 " of %.*s is not the one that version %"
		    PRIu64 " follows", version, (int)side->len,
		    (const char *)side->p, next->r->version);
	return st;
}

enum bulla_status
trust_read_past(const char *home, struct trust_roster *now,
    struct bulla_err *err)
{
	struct trust_roster next = TRUST_ROSTER_INIT;
	struct trust_roster old = TRUST_ROSTER_INIT;
	const struct trust_roster *last = now;
	enum bulla_status st = add_version(home, now, now, err);

	while (st == BULLA_OK && last->r->version > 1) {
		st = read_before(home, now, last, &old, err);
		if (st == BULLA_OK)
			st = add_version(home, now, &old, err);
		trust_roster_free(&next);
		next = old;
		old = (struct trust_roster)TRUST_ROSTER_INIT;
		last = &next;
	}
	trust_roster_free(&next);
	return st;
}

const struct trust_version *
trust_version_at(const struct trust_roster *r, int64_t at)
{
	size_t i = 0;

	BULLA_CHECK(r->n_past > 0);
	while (i + 1 < r->n_past && at < r->past[i].since)
		i++;
	return &r->past[i];
}
