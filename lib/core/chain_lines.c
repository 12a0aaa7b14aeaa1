#include <stdio.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/file.h"
#include "core/chain_int.h"

void
chain_loose_name(char out[CHAIN_NAME_MAX], const struct bulla_link *l)
{
	char hex[65];

	bulla_hex(hex, l->digest, sizeof(l->digest));
	(void)snprintf(out, CHAIN_NAME_MAX, "/reject-%s.note", hex);
}

/* Made, and durable even when somebody made it and was killed. */
static enum bulla_status
make_theirs(const struct chain_pair *p, struct bulla_err *err)
{
	char path[CHAIN_PATH_MAX];
	enum bulla_status st;

	st = chain_path(path, p->home, p->id, BULLA_THEIRS, "", err);
	if (st == BULLA_OK)
		st = bulla_dir_make(path, 0700, err);
	if (st == BULLA_OK)
		st = chain_path(path, p->home, p->id, BULLA_OURS, "", err);
	if (st == BULLA_OK)
		st = bulla_dir_sync(path, err);
	if (st == BULLA_OK)
		st = chain_path(path, p->home, "", BULLA_OURS, "", err);
	return st == BULLA_OK ? bulla_dir_sync(path, err) : st;
}

enum bulla_status
chain_put_new(const struct chain_pair *p, enum bulla_side side,
    const char *rest, const struct bulla_buf *bytes, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	char path[CHAIN_PATH_MAX];

	if (side == BULLA_THEIRS)
		st = make_theirs(p, err);
	if (st == BULLA_OK)
		st = chain_path(path, p->home, p->id, side, rest, err);
	return st == BULLA_OK ? bulla_file_put(path, bytes->p, bytes->len,
	    0600, false, err) : st;
}

enum bulla_status
chain_put_lines(const struct chain_pair *p, enum bulla_side side,
    const struct bulla_link *kept, const struct bulla_buf *bytes,
    struct bulla_err *err)
{
	const struct bulla_chain *c = side == BULLA_OURS ? &p->ours :
	    &p->theirs;
	char path[CHAIN_PATH_MAX], name[CHAIN_NAME_MAX];
	enum bulla_status st;

	if (!kept->c.has_seal)
		chain_loose_name(name, kept);
	else
		chain_name(name, &kept->c, chain_is_apart(c, kept) ?
		    ".conflict.note" : ".note");
	st = chain_path(path, p->home, p->id, side, name, err);
	return st == BULLA_OK ? bulla_file_put(path, bytes->p, bytes->len,
	    0600, true, err) : st;
}

static bool
has_line(const struct bulla_note *n, const struct bulla_note_sig *s)
{
	for (unsigned i = 0; i < n->n_sigs; i++) {
		if (bulla_cur_same(&n->sig[i].name, &s->name) &&
		    memcmp(n->sig[i].id, s->id, sizeof(s->id)) == 0)
			return true;
	}
	return false;
}

/* Is the line one of a key that verified? Without keys any is. */
static bool
is_by_known(const struct bulla_verified *v, const struct bulla_note_sig *s)
{
	for (unsigned i = 0; v != NULL && i < v->n_by; i++) {
		if (bulla_cur_is(&s->name, v->by[i]->name) &&
		    memcmp(s->id, v->by[i]->id, sizeof(s->id)) == 0)
			return true;
	}
	return v == NULL;
}

static bool
put_line(struct bulla_buf *b, const struct bulla_note_sig *s)
{
	uint8_t sig[BULLA_NOTE_BLOB_MAX];
	char name[BULLA_KEYNAME_MAX + 1] = "";

	if (s->name.len > BULLA_KEYNAME_MAX || s->sig_len > sizeof(sig) ||
	    !bulla_note_sig_bytes(s, sig, sizeof(sig)))
		return false;
	memcpy(name, s->name.p, s->name.len);
	bulla_note_put_sig(b, name, s->id, sig, s->sig_len);
	return true;
}

/*
 * Bytes of the kept note, then the lines of the new one that it has not got.
 * Lines of unknown keys are left out: they could fill it up.
 */
enum bulla_status
chain_merge_lines(const struct bulla_link *kept, const struct bulla_note *more,
    const struct bulla_verified *v, struct bulla_buf *out,
    struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&kept->bytes);
	enum bulla_status st;
	struct bulla_note n;
	unsigned lines;

	st = bulla_note_parse(&bytes, &n, err);
	if (st != BULLA_OK)
		return st;
	lines = n.n_sigs;
	bulla_buf_cur(out, &bytes);
	for (unsigned i = 0; i < more->n_sigs; i++) {
		if (has_line(&n, &more->sig[i]) ||
		    !is_by_known(v, &more->sig[i]))
			continue;
		if (++lines > BULLA_NOTE_SIGS_MAX)
			return bulla_fail(err, BULLA_E_LIMIT, "the note has "
			    "%u signature lines already",
			    BULLA_NOTE_SIGS_MAX);
		if (!put_line(out, &more->sig[i]))
			return bulla_fail(err, BULLA_E_FORMAT, "a signature "
			    "line that cannot be read");
	}
	st = bulla_buf_status(out);
	return st == BULLA_OK ? st : bulla_fail(err, st, "the note with all "
	    "its signatures is longer than 64 KiB");
}
