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

static enum bulla_status
no_suspender(const struct stop *s, bool has_role, struct bulla_err *err)
{
	if (has_role)
		return bulla_fail(err, BULLA_E_REFUSED, "only a hotline or "
		    "lead key of the side itself suspends a key, and it must "
		    "have signed as the \"actor\", %.*s",
		    (int)s->s.actor.len, (const char *)s->s.actor.p);
	return bulla_fail(err, BULLA_E_REFUSED, "%.*s is neither a hotline "
	    "nor a lead key", (int)s->s.actor.len,
	    (const char *)s->s.actor.p);
}

/*
 * By the actor's key, in a role that may do it. Other lines say nothing and
 * are not kept: a wrong one of a key that comes later would undo it. kept
 * gets the note as it may be stored.
 */
static enum bulla_status
verify(const struct bulla_trust *t, const struct stop *s,
    struct bulla_vkey *by, struct bulla_buf *kept, struct bulla_err *err)
{
	const struct bulla_roster *r = trust_side(t, s->side)->r;
	bool has_role = false;

	for (size_t i = 0; i < r->n_keys; i++) {
		const struct bulla_roster_key *k = &r->key[i];
		struct bulla_vkeys one = { 0 };
		enum bulla_status st;

		if (!(k->role & SUSPENDERS) ||
		    !bulla_cur_is(&s->s.actor, k->key.name))
			continue;
		has_role = true;
		st = bulla_vkeys_add(&one, &k->key, err);
		if (st == BULLA_OK)
			st = bulla_note_trim(s->note, &one, kept, err);
		bulla_vkeys_free(&one);
		if (st == BULLA_OK)
			*by = k->key;
		if (st != BULLA_E_NOKEY)
			return st;
	}
	return no_suspender(s, has_role, err);
}

static bool
is_lifted(const struct bulla_roster *r, const uint8_t digest[32])
{
	for (size_t i = 0; i < r->n_lifts; i++) {
		if (memcmp(r->lift[i], digest, 32) == 0)
			return true;
	}
	return false;
}

/* Signatures and roles again; the time was judged when it was taken in. */
static enum bulla_status
keep(const char *home, struct bulla_trust *t, struct bulla_buf *note,
    const char *name, struct bulla_err *err)
{
	struct bulla_buf trimmed = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur bytes = bulla_buf_view(note);
	struct trust_stop *to = &t->stop[t->n_stops];
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
		st = verify(t, &s, &by, &trimmed, err);
	bulla_buf_free(&trimmed);
	if (st != BULLA_OK)
		return st;
	to->s = s.s;
	memcpy(to->digest, s.digest, sizeof(to->digest));
	to->lifted = is_lifted(trust_side(t, s.side)->r, s.digest);
	/* its own time when nobody knows when it came: the key counts less */
	if (trust_since(home, s.digest, s.s.time, &to->since, NULL) !=
	    BULLA_OK)
		to->since = s.s.time;
	to->note = *note;
	t->n_stops++;
	*note = (struct bulla_buf)BULLA_BUF_INIT(0);	/* transferred */
	return BULLA_OK;
}

static bool
is_note(const char *name)
{
	return strlen(name) == HEX_LEN + strlen(NAME_TAIL) &&
	    strcmp(name + HEX_LEN, NAME_TAIL) == 0;
}

/*
 * Only what verified gets a name there, so this is damage, or somebody else's
 * doing. It is told, and no reason to judge nobody at all any more.
 */
static bool
says_file_is_bad(enum bulla_status st)
{
	return st == BULLA_E_FORMAT || st == BULLA_E_LIMIT ||
	    st == BULLA_E_MISMATCH || st == BULLA_E_NOKEY ||
	    st == BULLA_E_REFUSED;
}

static enum bulla_status
read_stop(const char *home, struct bulla_trust *t, const char *name,
    struct bulla_err *err)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	char path[TRUST_PATH_MAX], shown[256];
	struct bulla_err why = { 0 };
	enum bulla_status st;

	if (t->n_stops == TRUST_STOPS_MAX)
		return bulla_fail(err, BULLA_E_UNSUPPORTED, "more than %u "
		    "suspensions", TRUST_STOPS_MAX);
	st = trust_path(path, err, home, "suspend/%s", name);
	if (st == BULLA_OK)
		st = bulla_file_get(path, &note, &why);
	if (st == BULLA_OK)
		st = keep(home, t, &note, name, &why);
	bulla_buf_free(&note);
	bulla_text_show_str(shown, sizeof(shown), path);
	if (!says_file_is_bad(st))
		return st == BULLA_OK ? st : bulla_fail(err, st, "%s: %s",
		    shown, why.msg);
	bulla_buf_fmt(&t->skipped, "%s: not in force: %s\n", shown, why.msg);
	return BULLA_OK;
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

static bool
is_read(const struct bulla_trust *t, const uint8_t digest[32])
{
	for (size_t i = 0; i < t->n_stops; i++) {
		if (memcmp(t->stop[i].digest, digest, 32) == 0)
			return true;
	}
	return false;
}

/*
 * A file of that name which was skipped is put right, and acts from when it
 * was taken in first.
 */
static enum bulla_status
store(const char *home, const struct stop *s, const struct bulla_buf *note,
    int64_t now, struct bulla_err *err)
{
	char path[TRUST_PATH_MAX], hex[HEX_LEN + 1];
	enum bulla_status st;
	bool again;

	bulla_hex(hex, s->digest, sizeof(s->digest));
	st = trust_path(path, err, home, "suspend/%s" NAME_TAIL, hex);
	again = st == BULLA_OK && access(path, F_OK) == 0;
	if (st == BULLA_OK && !again)
		st = trust_taken_put(home, s->digest, now, err);
	return st != BULLA_OK ? st : bulla_file_put(path, note->p, note->len,
	    0644, again, err);
}

static enum bulla_status
suspend_locked(const char *home, const struct bulla_trust *t, struct stop *s,
    int64_t now, struct bulla_err *err)
{
	struct bulla_buf kept = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_vkey by;
	enum bulla_status st;
	bool needless = false;

	if (is_read(t, s->digest))
		return BULLA_OK;
	st = place(t, s, err);
	if (st == BULLA_OK)
		st = verify(t, s, &by, &kept, err);
	if (st == BULLA_OK)
		st = bulla_trust_judge(t, s->side, &by, SUSPENDERS, now, err);
	if (st == BULLA_OK)
		st = trust_stop_check(t, s->side, &s->s, now, &needless, err);
	if (st == BULLA_OK && !needless && t->n_stops == TRUST_STOPS_MAX)
		st = bulla_fail(err, BULLA_E_LIMIT, "more than %u "
		    "suspensions", TRUST_STOPS_MAX);
	if (st == BULLA_OK && !needless)
		st = store(home, s, &kept, now, err);
	bulla_buf_free(&kept);
	return st;
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
