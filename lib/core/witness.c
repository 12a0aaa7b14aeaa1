#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulla/addcp.h"
#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/merkle.h"
#include "bulla/witness.h"

#define PATH_CAP 4096u

struct request {
	const struct bulla_witness *w;
	struct bulla_addcp body;
	struct bulla_tree tree;
	char path[PATH_CAP];		/* what is remembered of this origin */
	struct bulla_checkpoint last;	/* size and root only */
	unsigned *code;
};

static enum bulla_status
no(struct request *r, unsigned code, enum bulla_status st, const char *why,
    struct bulla_err *err)
{
	*r->code = code;
	return bulla_fail(err, st, "request: %s", why);
}

/* 400, 404, 403, in this order. */
static enum bulla_status
judge_alone(struct request *r, const struct bulla_cur *body,
    struct bulla_err *err)
{
	struct bulla_checkpoint cp;
	struct bulla_note n;
	enum bulla_status st;

	*r->code = 400;
	st = bulla_addcp_parse(body, &r->body, err);
	if (st == BULLA_OK)
		st = bulla_note_parse(&r->body.checkpoint, &n, err);
	if (st == BULLA_OK)
		st = bulla_checkpoint_parse(&n.text, &cp, err);
	if (st != BULLA_OK)
		return st;
	if (r->body.old > cp.size)
		return no(r, 400, BULLA_E_FORMAT, "the old size is larger "
		    "than the checkpoint's", err);
	if (!bulla_log_known(&cp.origin, r->w->known))
		return no(r, 404, BULLA_E_NOKEY, "the checkpoint's log is "
		    "none of the known ones", err);
	st = bulla_tree_verify(&r->body.checkpoint, r->w->known, &r->tree,
	    err);
	*r->code = st == BULLA_E_NOMEM ? 500 : 403;
	return st == BULLA_E_NOKEY ? BULLA_E_MISMATCH : st;
}

static enum bulla_status
origin_path(const char *dir, const struct bulla_cur *origin,
    char out[PATH_CAP], struct bulla_err *err)
{
	uint8_t digest[BULLA_SHA256_LEN];
	char hex[2 * BULLA_SHA256_LEN + 1];
	int n;

	bulla_sha256(origin->p, origin->len, digest);
	bulla_hex(hex, digest, sizeof(digest));
	n = snprintf(out, PATH_CAP, "%s/%s", dir, hex);
	if (n < 0 || (size_t)n >= PATH_CAP)
		return bulla_fail(err, BULLA_E_USAGE, "path too long");
	return BULLA_OK;
}

enum bulla_status
bulla_witness_last(const char *dir, const struct bulla_cur *origin,
    struct bulla_buf *out, struct bulla_err *err)
{
	char path[PATH_CAP];
	enum bulla_status st = origin_path(dir, origin, path, err);

	if (st != BULLA_OK)
		return st;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return bulla_fail(err, BULLA_E_NOMATCH, "nothing of this log "
		    "was cosigned yet");
	return bulla_file_get(path, out, err);
}

static enum bulla_status
recall(struct request *r, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	const struct bulla_edge none = { 0 };
	struct bulla_checkpoint cp;
	struct bulla_cur bytes;
	struct bulla_note n;
	enum bulla_status st;

	bulla_edge_root(&none, &r->last.root);
	if (access(r->path, F_OK) != 0 && errno == ENOENT)
		return BULLA_OK;
	st = bulla_file_get(r->path, &b, err);
	if (st != BULLA_OK)
		return st;
	bytes = bulla_buf_view(&b);
	st = bulla_note_parse(&bytes, &n, err);
	if (st == BULLA_OK)
		st = bulla_checkpoint_parse(&n.text, &cp, err);
	/* Without its memory a witness would cosign forks: stop, not guess */
	if (st != BULLA_OK || !bulla_cur_same(&cp.origin,
	    &r->tree.cp.origin))
		st = bulla_fail(err, BULLA_E_IO, "what this witness remembers "
		    "of the log is damaged");
	if (st == BULLA_OK) {
		r->last.size = cp.size;
		r->last.root = cp.root;
	}
	bulla_buf_free(&b);
	return st;
}

/* 409, 422: against what was cosigned before. */
static enum bulla_status
judge_against_last(struct request *r, struct bulla_buf *out,
    struct bulla_err *err)
{
	if (r->body.old != r->last.size) {
		bulla_buf_dec(out, r->last.size);
		bulla_buf_str(out, "\n");
		return no(r, 409, BULLA_E_AGAIN, "the old size is not that "
		    "of the checkpoint cosigned last", err);
	}
	if (!bulla_merkle_sound(&r->tree.cp))
		return no(r, 422, BULLA_E_REFUSED, "an empty tree with a root "
		    "that no empty tree has", err);
	if (bulla_merkle_consistent(&r->last, &r->tree.cp, r->body.path,
	    r->body.n_path, err) != BULLA_OK)
		return no(r, 422, BULLA_E_REFUSED, "the tree is not proved to "
		    "be a continuation of the one cosigned last", err);
	return BULLA_OK;
}

/*
 * The checkpoint as it came, with this witness's line in the place of any it
 * brought along: two lines of one key would make it unreadable for ever.
 */
static enum bulla_status
put_cosigned(struct request *r, const struct bulla_buf *line,
    struct bulla_buf *note, struct bulla_err *err)
{
	const struct bulla_vkey *me = &r->w->key->vkey;
	struct bulla_cur bytes;
	struct bulla_note n;
	enum bulla_status st;

	st = bulla_note_parse(&r->body.checkpoint, &n, err);
	if (st != BULLA_OK)
		return st;
	bulla_buf_cur(note, &n.text);
	bulla_buf_str(note, "\n");
	for (unsigned i = 0; i < n.n_sigs; i++) {
		if (bulla_cur_is(&n.sig[i].name, me->name) &&
		    memcmp(n.sig[i].id, me->id, sizeof(me->id)) == 0)
			continue;
		bulla_buf_str(note, "\xe2\x80\x94 ");
		bulla_buf_cur(note, &n.sig[i].name);
		bulla_buf_str(note, " ");
		bulla_buf_cur(note, &n.sig[i].b64);
		bulla_buf_str(note, "\n");
	}
	bulla_buf_put(note, line->p, line->len);
	st = bulla_buf_status(note);
	bytes = bulla_buf_view(note);
	if (st == BULLA_OK && bulla_note_parse(&bytes, &n, NULL) != BULLA_OK)
		st = no(r, 400, BULLA_E_LIMIT, "no room for a cosignature",
		    err);
	return st;
}

/* Persist first, answer after. */
static enum bulla_status
store_and_answer(struct request *r, struct bulla_buf *out,
    struct bulla_err *err)
{
	struct bulla_buf line = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf note = BULLA_BUF_INIT(2 * BULLA_NOTE_MAX);
	enum bulla_status st;

	st = bulla_cosign(&r->tree.text, r->w->key, r->w->now, &line, err);
	if (st == BULLA_OK)
		st = put_cosigned(r, &line, &note, err);
	if (st == BULLA_OK)
		st = bulla_file_put(r->path, note.p, note.len, 0644, true,
		    err);
	if (st == BULLA_OK) {
		bulla_buf_put(out, line.p, line.len);
		st = bulla_buf_status(out);
	}
	bulla_buf_free(&line);
	bulla_buf_free(&note);
	return st;
}

static enum bulla_status
judge_locked(struct request *r, struct bulla_buf *out, struct bulla_err *err)
{
	enum bulla_status st;

	st = origin_path(r->w->dir, &r->tree.cp.origin, r->path, err);
	if (st == BULLA_OK)
		st = recall(r, err);
	if (st == BULLA_OK)
		st = judge_against_last(r, out, err);
	if (st == BULLA_OK)
		st = store_and_answer(r, out, err);
	if (st == BULLA_OK)
		*r->code = 200;
	return st;
}

enum bulla_status
bulla_witness_add(const struct bulla_witness *w, const struct bulla_cur *body,
    struct bulla_buf *out, unsigned *code, struct bulla_err *err)
{
	struct request r = { .w = w, .code = code };
	char lock[PATH_CAP];
	enum bulla_status st;
	int fd = -1, n;

	BULLA_CHECK(w->now > 0);
	st = judge_alone(&r, body, err);
	if (st != BULLA_OK)
		return st;
	*code = 500;
	n = snprintf(lock, sizeof(lock), "%s/lock", w->dir);
	if (n < 0 || (size_t)n >= sizeof(lock))
		return bulla_fail(err, BULLA_E_USAGE, "path too long");
	st = bulla_dir_make(w->dir, 0700, err);
	if (st == BULLA_OK)
		st = bulla_lock(lock, true, &fd, err);
	if (st == BULLA_OK)
		st = judge_locked(&r, out, err);
	if (fd != -1)
		(void)close(fd);
	return st;
}
