#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/text.h"

#include "core/trust_int.h"

#define HEX_LEN 64u
#define NAME_TAIL ".note"
#define SUSPENDERS (BULLA_ROLE_HOTLINE | BULLA_ROLE_LEAD)

/* A suspension and what was found out about it. */
struct stop {
	const struct bulla_cur *note;
	struct bulla_suspend s;
	uint8_t digest[32];
	enum bulla_side side;
};

static enum bulla_status
parse(const struct bulla_cur *note, struct stop *out, struct bulla_err *err)
{
	struct bulla_note n;
	enum bulla_status st = bulla_note_parse(note, &n, err);

	if (st == BULLA_OK)
		st = bulla_suspend_parse(&n.text, &out->s, err);
	if (st != BULLA_OK)
		return st;
	out->note = note;
	bulla_sha256(n.text.p, n.text.len, out->digest);
	return BULLA_OK;
}

/* Which side is it about, and is the key one that can be suspended? */
static enum bulla_status
place(const struct bulla_trust *t, struct stop *s, struct bulla_err *err)
{
	const struct bulla_roster *r = t->theirs.r;

	s->side = BULLA_OURS;
	if (r != NULL && bulla_cur_same(&s->s.side, &r->side))
		s->side = BULLA_THEIRS;
	r = trust_side(t, s->side)->r;
	if (r == NULL || !bulla_cur_same(&s->s.side, &r->side))
		return bulla_fail(err, BULLA_E_NOKEY, "a suspension of %.*s, "
		    "of which there is no roster here", (int)s->s.side.len,
		    (const char *)s->s.side.p);
	if (bulla_roster_find_root(r, &s->s.key) != NULL)
		return bulla_fail(err, BULLA_E_REFUSED, "%s is a root key: "
		    "only a next roster can remove it", s->s.key.name);
	if (bulla_roster_find(r, &s->s.key) == NULL)
		return bulla_fail(err, BULLA_E_NOKEY, "%s stands in no roster "
		    "here", s->s.key.name);
	return BULLA_OK;
}

/* By exactly one key of the side, the actor's, in a role that may do it. */
static enum bulla_status
verify(const struct bulla_trust *t, const struct stop *s,
    struct bulla_vkey *by, struct bulla_err *err)
{
	struct bulla_vkeys known = { 0 };
	struct bulla_verified v;
	enum bulla_status st;

	st = bulla_trust_keys(t, s->side, ~0u, &known, err);
	if (st == BULLA_OK)
		st = bulla_note_verify(s->note, &known, &v, err);
	if (st == BULLA_E_NOKEY)
		st = bulla_wrap(err, BULLA_E_REFUSED, "only a hotline or lead "
		    "key of the side itself suspends a key");
	if (st == BULLA_OK && (v.n_by != 1 ||
	    !bulla_cur_is(&s->s.actor, v.by[0]->name)))
		st = bulla_fail(err, BULLA_E_REFUSED, "a suspension is signed "
		    "by one key, that of its \"actor\"");
	if (st == BULLA_OK)
		*by = *v.by[0];
	bulla_vkeys_free(&known);
	return st;
}

static enum bulla_status
check_role(const struct bulla_trust *t, const struct stop *s,
    const struct bulla_vkey *by, struct bulla_err *err)
{
	const struct bulla_roster_key *k =
	    bulla_roster_find(trust_side(t, s->side)->r, by);

	if (k != NULL && (k->role & SUSPENDERS))
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_REFUSED, "%s is neither a hotline nor "
	    "a lead key", by->name);
}

/* Signatures and roles again; the time was judged when it was taken in. */
static enum bulla_status
keep(struct bulla_trust *t, struct bulla_buf *note, const char *name,
    struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(note);
	const struct bulla_roster *r;
	char hex[HEX_LEN + 1];
	struct bulla_vkey by;
	enum bulla_status st;
	struct stop s;

	st = parse(&bytes, &s, err);
	if (st == BULLA_OK) {
		bulla_hex(hex, s.digest, sizeof(s.digest));
		if (strncmp(name, hex, HEX_LEN) != 0)
			st = bulla_fail(err, BULLA_E_MISMATCH, "its name is "
			    "not the sha256 of its text");
	}
	if (st == BULLA_OK)
		st = place(t, &s, err);
	if (st == BULLA_OK)
		st = verify(t, &s, &by, err);
	if (st == BULLA_OK)
		st = check_role(t, &s, &by, err);
	if (st != BULLA_OK)
		return st;
	r = trust_side(t, s.side)->r;
	t->stop[t->n_stops].s = s.s;
	t->stop[t->n_stops].lifted = false;
	for (size_t i = 0; i < r->n_lifts; i++) {
		if (memcmp(r->lift[i], s.digest, sizeof(s.digest)) == 0)
			t->stop[t->n_stops].lifted = true;
	}
	t->stop[t->n_stops++].note = *note;
	*note = (struct bulla_buf)BULLA_BUF_INIT(0);	/* transferred */
	return BULLA_OK;
}

static bool
is_note(const char *name)
{
	return strlen(name) == HEX_LEN + strlen(NAME_TAIL) &&
	    strcmp(name + HEX_LEN, NAME_TAIL) == 0;
}

static enum bulla_status
read_stop(const char *home, struct bulla_trust *t, const char *name,
    struct bulla_err *err)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	char path[TRUST_PATH_MAX], shown[256];
	enum bulla_status st;

	if (t->n_stops == TRUST_STOPS_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "more than %u "
		    "suspensions", TRUST_STOPS_MAX);
	st = trust_path(path, err, home, "suspend/%s", name);
	if (st == BULLA_OK)
		st = bulla_file_get(path, &note, err);
	if (st == BULLA_OK) {
		st = keep(t, &note, name, err);
		if (st != BULLA_OK)
			bulla_wrap(err, st, "%s", bulla_text_show_str(shown,
			    sizeof(shown), path));
	}
	bulla_buf_free(&note);
	return st;
}

enum bulla_status
trust_read_stops(const char *home, struct bulla_trust *t,
    struct bulla_err *err)
{
	char path[TRUST_PATH_MAX], shown[256];
	enum bulla_status st = trust_path(path, err, home, "suspend");
	struct dirent *e = NULL;
	DIR *dir;

	if (st != BULLA_OK)
		return st;
	dir = opendir(path);
	if (dir == NULL && errno == ENOENT)
		return BULLA_OK;
	if (dir == NULL)
		return bulla_fail_sys(err, "%s", bulla_text_show_str(shown,
		    sizeof(shown), path));
	t->stop = calloc(TRUST_STOPS_MAX, sizeof(*t->stop));
	if (t->stop == NULL)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	while (st == BULLA_OK && (errno = 0, (e = readdir(dir)) != NULL)) {
		if (is_note(e->d_name))
			st = read_stop(home, t, e->d_name, err);
	}
	if (st == BULLA_OK && errno != 0)
		st = bulla_fail_sys(err, "%s", bulla_text_show_str(shown,
		    sizeof(shown), path));
	(void)closedir(dir);
	return st;
}

/* When the roster with this digest, in force now or once, was issued. */
static enum bulla_status
find_roster(const char *home, const struct trust_roster *now,
    const uint8_t digest[32], int64_t *issued, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	bool found = memcmp(now->digest, digest, 32) == 0;

	*issued = now->r->issued;
	for (uint64_t v = now->r->version; st == BULLA_OK && !found && v > 1;
	    v--) {
		struct trust_roster old = TRUST_ROSTER_INIT;

		st = trust_read_old(home, &now->r->side, v - 1, &old, err);
		found = st == BULLA_OK && old.r != NULL &&
		    memcmp(old.digest, digest, 32) == 0;
		if (found)
			*issued = old.r->issued;
		trust_roster_free(&old);
	}
	if (st == BULLA_OK && !found)
		st = bulla_fail(err, BULLA_E_REFUSED, "made under a roster "
		    "that was never in force here: take that in first");
	return st;
}

/* A side cannot suspend its key for a time before its roster began. */
static enum bulla_status
check_roster(const char *home, const struct bulla_trust *t,
    const struct stop *s, struct bulla_err *err)
{
	int64_t issued = 0;
	enum bulla_status st;

	st = find_roster(home, trust_side(t, s->side), s->s.roster, &issued,
	    err);
	if (st == BULLA_OK && s->s.time < issued)
		st = bulla_fail(err, BULLA_E_REFUSED, "the suspension's time "
		    "is before its roster was issued");
	return st;
}

static enum bulla_status
suspend_locked(const char *home, const struct bulla_trust *t, struct stop *s,
    int64_t now, struct bulla_err *err)
{
	char path[TRUST_PATH_MAX], hex[HEX_LEN + 1];
	struct bulla_vkey by;
	enum bulla_status st;

	bulla_hex(hex, s->digest, sizeof(s->digest));
	st = trust_path(path, err, home, "suspend/%s" NAME_TAIL, hex);
	if (st != BULLA_OK)
		return st;
	if (access(path, F_OK) == 0)
		return BULLA_OK;	/* read and verified with the others */
	st = place(t, s, err);
	if (st == BULLA_OK)
		st = verify(t, s, &by, err);
	if (st == BULLA_OK)
		st = check_role(t, s, &by, err);
	if (st == BULLA_OK)
		st = bulla_trust_judge(t, s->side, &by, SUSPENDERS, now, err);
	if (st == BULLA_OK)
		st = check_roster(home, t, s, err);
	if (st == BULLA_OK && t->n_stops == TRUST_STOPS_MAX)
		st = bulla_fail(err, BULLA_E_LIMIT, "more than %u "
		    "suspensions", TRUST_STOPS_MAX);
	return st != BULLA_OK ? st : bulla_file_put(path, s->note->p,
	    s->note->len, 0644, false, err);
}

enum bulla_status
bulla_trust_suspend(const char *home, const struct bulla_cur *note,
    int64_t now, struct bulla_err *err)
{
	struct bulla_trust *t = NULL;
	enum bulla_status st;
	struct stop s;
	int lock = -1;

	st = parse(note, &s, err);
	if (st == BULLA_OK)
		st = trust_lock(home, &lock, err);
	if (st == BULLA_OK)
		st = bulla_trust_load(home, &t, err);
	if (st == BULLA_OK)
		st = suspend_locked(home, t, &s, now, err);
	bulla_trust_free(t);
	if (lock != -1)
		(void)close(lock);
	return st;
}
