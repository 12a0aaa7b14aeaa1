#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulla/cosigned.h"
#include "bulla/file.h"
#include "core/cosigned_int.h"

/* The lines that a kept checkpoint is made of, from one or two notes. */
struct line {
	const struct bulla_note_sig *sig;
	const struct bulla_vkey *by;	/* NULL: nobody of now */
	int64_t time;
};
struct lines {
	struct bulla_cur text;
	const struct bulla_cosigners *who;
	const struct bulla_vkey *log;
	bool newest;			/* of two times keep the later */
	struct line v[BULLA_NOTE_SIGS_MAX];
	size_t n;
};

enum bulla_status
cosigned_path(const struct bulla_ledger *l, const char *name,
    char out[LEDGER_PATH_MAX], struct bulla_err *err)
{
	char rest[64];

	(void)snprintf(rest, sizeof(rest), "ledger/cosigned/%s", name);
	return ledger_path(out, l->home, rest, err);
}

static void
size_name(uint64_t size, char out[32])
{
	(void)snprintf(out, 32, "%020llu.note", (unsigned long long)size);
}

static struct line *
line_of(struct lines *s, const struct bulla_vkey *by)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].by == by)
			return &s->v[i];
	}
	return NULL;
}

static bool
is_by(const struct bulla_note_sig *sig, const struct bulla_vkey *k)
{
	return bulla_cur_is(&sig->name, k->name) &&
	    memcmp(sig->id, k->id, sizeof(k->id)) == 0;
}

/*
 * Of a witness that may not cosign any more, or is not asked for now. What it
 * said when it might is the proof of what was there then: it stays.
 */
static void
gather_kept(struct lines *s, const struct bulla_note_sig *sig)
{
	if (!is_by(sig, s->log) && s->n < BULLA_NOTE_SIGS_MAX - 1)
		s->v[s->n++] = (struct line){ sig, NULL, 0 };
}

/*
 * The cosignatures of a note, each verified. Lines of others are left out,
 * but for those of a note that is kept already.
 */
static enum bulla_status
gather(struct lines *s, const struct bulla_note *n, bool kept,
    struct bulla_err *err)
{
	for (unsigned i = 0; i < n->n_sigs; i++) {
		const struct bulla_vkey *k = bulla_vkeys_find(s->who->known,
		    &n->sig[i].name, n->sig[i].id);
		struct line now = { &n->sig[i], k, 0 }, *have;

		if (k == NULL || k->type != BULLA_SIG_COSIGNATURE) {
			if (kept)
				gather_kept(s, &n->sig[i]);
			continue;
		}
		if (!bulla_cosignature_ok(&n->text, &n->sig[i], k, &now.time))
			return bulla_fail(err, BULLA_E_MISMATCH, "the "
			    "cosignature of %s does not verify", k->name);
		have = line_of(s, k);
		if (have != NULL && (now.time > have->time) == s->newest)
			*have = now;
		/* One place is left for the log's own line */
		if (have == NULL && s->n < BULLA_NOTE_SIGS_MAX - 1)
			s->v[s->n++] = now;
	}
	return BULLA_OK;
}

/*
 * A cosignature proves that a record is as old as it says. One from long ago
 * that only comes now is rather made up.
 */
static enum bulla_status
judge_times(const struct lines *s, struct bulla_err *err)
{
	for (size_t i = 0; i < s->n; i++) {
		int64_t t = s->v[i].time, now = s->who->now;

		if (t >= now - BULLA_COSIGNED_PAST &&
		    t <= now + BULLA_COSIGNED_FUTURE)
			continue;
		return bulla_fail(err, BULLA_E_MISMATCH, "the cosignature of "
		    "%s is %s: have it cosigned again", s->v[i].by->name,
		    t > now ? "of more than a day after now" :
		    "older than 30 days");
	}
	return BULLA_OK;
}

static void
put_line(struct bulla_buf *b, const struct bulla_note_sig *s)
{
	bulla_buf_str(b, "\xe2\x80\x94 ");
	bulla_buf_cur(b, &s->name);
	bulla_buf_str(b, " ");
	bulla_buf_cur(b, &s->b64);
	bulla_buf_str(b, "\n");
}

/* own is a note of the same text that the log has signed. */
static enum bulla_status
put_note(const struct lines *s, const struct bulla_buf *own,
    struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(own);
	enum bulla_status st;
	struct bulla_note n;

	st = bulla_note_parse(&bytes, &n, err);
	if (st != BULLA_OK)
		return st;
	bulla_buf_cur(out, &s->text);
	bulla_buf_str(out, "\n");
	for (unsigned i = 0; i < n.n_sigs; i++) {
		if (is_by(&n.sig[i], s->log))
			put_line(out, &n.sig[i]);
	}
	for (size_t i = 0; i < s->n; i++)
		put_line(out, s->v[i].sig);
	st = bulla_buf_status(out);
	return st == BULLA_OK ? st : bulla_fail(err, st, "out of memory");
}

/*
 * Write one file: what it held before, which always has a place in it, joined
 * with what the note brings.
 */
static enum bulla_status
store(struct bulla_ledger *l, const char *name, struct lines *s,
    const struct bulla_note *note, const struct bulla_buf *own,
    struct bulla_err *err)
{
	struct bulla_buf old = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf out = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	char path[LEDGER_PATH_MAX];
	struct bulla_note before;
	struct bulla_cur bytes;
	enum bulla_status st;

	s->n = 0;
	st = cosigned_path(l, name, path, err);
	if (st == BULLA_OK && access(path, F_OK) == 0) {
		st = bulla_file_get(path, &old, err);
		bytes = bulla_buf_view(&old);
		if (st == BULLA_OK)
			st = bulla_note_parse(&bytes, &before, err);
		if (st == BULLA_OK && bulla_cur_same(&before.text, &s->text))
			st = gather(s, &before, true, err);
		if (st != BULLA_OK)
			bulla_wrap(err, st, "ledger/cosigned/%s", name);
	}
	if (st == BULLA_OK)
		st = gather(s, note, false, err);
	if (st == BULLA_OK)
		st = put_note(s, own, &out, err);
	if (st == BULLA_OK)
		st = bulla_file_put(path, out.p, out.len, 0600, true, err);
	bulla_buf_free(&old);
	bulla_buf_free(&out);
	return st;
}

/* Ours, of a size that there is, with the root that it has here? */
static enum bulla_status
judge_ours(const struct bulla_ledger *l, const struct bulla_checkpoint *cp,
    struct bulla_err *err)
{
	struct bulla_hash root;
	enum bulla_status st;

	if (!bulla_cur_is(&cp->origin, l->vkey.name))
		return bulla_fail(err, BULLA_E_NOKEY, "a cosigned checkpoint "
		    "of another log than %s", l->vkey.name);
	if (cp->size > l->published)
		return bulla_fail(err, BULLA_E_REFUSED, "a cosigned checkpoint "
		    "of %llu records, but the ledger has only %llu: it was "
		    "rolled back", (unsigned long long)cp->size,
		    (unsigned long long)l->published);
	st = ledger_root_at(l, cp->size, &root, err);
	if (st == BULLA_OK && !bulla_hash_eq(&root, &cp->root))
		st = bulla_fail(err, BULLA_E_REFUSED, "a cosigned checkpoint "
		    "of %llu records with another root than this ledger has "
		    "at that size: a fork", (unsigned long long)cp->size);
	return st;
}

/* The log's own signature: Ed25519 gives the same one each time. */
static enum bulla_status
own_note(struct bulla_ledger *l, const struct bulla_cur *note,
    const struct bulla_note *n, struct bulla_buf *own, struct bulla_err *err)
{
	struct bulla_vkeys known = { 0 };
	struct bulla_tree tree;
	enum bulla_status st;

	st = bulla_vkeys_add(&known, &l->vkey, err);
	if (st == BULLA_OK)
		st = bulla_tree_verify(note, &known, &tree, err);
	bulla_vkeys_free(&known);
	if (st == BULLA_OK) {
		bulla_buf_cur(own, note);
		return bulla_buf_status(own);
	}
	if (st != BULLA_E_NOKEY)
		return st;
	st = ledger_load_signer(l, err);
	return st != BULLA_OK ? st : bulla_note_sign(&n->text, &l->signer, 1,
	    own, err);
}

static enum bulla_status
is_newest(const struct bulla_ledger *l, uint64_t size, bool *yes,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	char path[LEDGER_PATH_MAX];
	struct bulla_checkpoint cp;
	struct bulla_cur bytes;
	struct bulla_note n;
	enum bulla_status st;

	*yes = true;
	st = cosigned_path(l, "newest.note", path, err);
	if (st != BULLA_OK || access(path, F_OK) != 0)
		return st;
	st = bulla_file_get(path, &b, err);
	bytes = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_note_parse(&bytes, &n, err);
	if (st == BULLA_OK)
		st = bulla_checkpoint_parse(&n.text, &cp, err);
	if (st == BULLA_OK)
		*yes = size >= cp.size;
	else
		bulla_wrap(err, st, "ledger/cosigned/newest.note");
	bulla_buf_free(&b);
	return st;
}

static enum bulla_status
keep_locked(struct bulla_ledger *l, struct lines *s,
    const struct bulla_note *note, const struct bulla_buf *own,
    uint64_t size, struct bulla_err *err)
{
	char dir[LEDGER_PATH_MAX], name[32];
	enum bulla_status st;
	bool newest = false;

	st = ledger_path(dir, l->home, "ledger/cosigned", err);
	if (st == BULLA_OK)
		st = bulla_dir_make(dir, 0700, err);
	size_name(size, name);
	if (st == BULLA_OK)
		st = store(l, name, s, note, own, err);
	if (st == BULLA_OK)
		st = is_newest(l, size, &newest, err);
	s->newest = true;
	if (st == BULLA_OK && newest)
		st = store(l, "newest.note", s, note, own, err);
	return st;
}

enum bulla_status
bulla_cosigned_keep(struct bulla_ledger *l, const struct bulla_cur *note,
    const struct bulla_cosigners *who, uint64_t *size,
    struct bulla_err *err)
{
	struct bulla_buf own = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct lines s = { .who = who, .log = &l->vkey };
	struct bulla_checkpoint cp = { 0 };
	struct bulla_note n;
	enum bulla_status st;
	int lock = -1;

	st = bulla_note_parse(note, &n, err);
	if (st == BULLA_OK)
		st = bulla_checkpoint_parse(&n.text, &cp, err);
	if (st != BULLA_OK)
		return st;
	s.text = n.text;
	st = gather(&s, &n, false, err);
	if (st == BULLA_OK && s.n == 0)
		st = bulla_fail(err, BULLA_E_NOKEY, "no cosignature of a "
		    "known witness");
	if (st == BULLA_OK)
		st = judge_times(&s, err);
	if (st == BULLA_OK)
		st = ledger_enter(l, &lock, err);
	if (st == BULLA_OK)
		st = judge_ours(l, &cp, err);
	if (st == BULLA_OK)
		st = own_note(l, note, &n, &own, err);
	if (st == BULLA_OK)
		st = keep_locked(l, &s, &n, &own, cp.size, err);
	if (st == BULLA_OK)
		*size = cp.size;
	if (lock != -1)
		(void)close(lock);
	bulla_buf_free(&own);
	return st;
}
