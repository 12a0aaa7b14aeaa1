#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/text.h"
#include "core/chain_int.h"

/*
 * The lock is the directory itself, not a file in it: nothing else than notes
 * is ever left there.
 */
static enum bulla_status
lock_dir(const char *path, int *out, struct bulla_err *err)
{
	char shown[256];
	int fd, r;

	bulla_text_show_str(shown, sizeof(shown), path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return bulla_fail_sys(err, "%s", shown);
	do {
		r = flock(fd, LOCK_EX);
	} while (r != 0 && errno == EINTR);
	if (r != 0) {
		enum bulla_status st = bulla_fail_sys(err, "%s: lock", shown);

		(void)close(fd);
		return st;
	}
	*out = fd;
	return BULLA_OK;
}

enum bulla_status
chain_pair_open(struct chain_pair *p, const char *home, const char *id,
    bool make, struct bulla_err *err)
{
	const struct bulla_cur text = bulla_cur_str(id);
	char path[CHAIN_PATH_MAX];
	enum bulla_status st;

	*p = (struct chain_pair){ .home = home, .lock = -1 };
	if (!bulla_id_ok(&text))
		return bulla_fail(err, BULLA_E_USAGE,
		    "a package's id has 32 hex digits");
	memcpy(p->id, id, BULLA_ID_LEN);
	st = chain_path(path, home, id, BULLA_OURS, "", err);
	if (st == BULLA_OK && make)
		st = bulla_dir_make(path, 0700, err);
	else if (st == BULLA_OK && access(path, F_OK) != 0 && errno == ENOENT)
		st = bulla_fail(err, BULLA_E_NOMATCH, "there are no notes of "
		    "package %s", p->id);
	if (st == BULLA_OK)
		st = lock_dir(path, &p->lock, err);
	if (st == BULLA_OK)
		st = bulla_chain_load(home, id, BULLA_OURS, NULL, &p->ours,
		    err);
	if (st == BULLA_OK)
		st = bulla_chain_load(home, id, BULLA_THEIRS, NULL,
		    &p->theirs, err);
	if (st != BULLA_OK)
		chain_pair_close(p);
	return st;
}

void
chain_pair_close(struct chain_pair *p)
{
	bulla_chain_free(&p->ours);
	bulla_chain_free(&p->theirs);
	if (p->lock != -1)
		(void)close(p->lock);
	p->lock = -1;
}

unsigned
bulla_chain_persons(const struct bulla_custody *c)
{
	struct bulla_cur v;

	return bulla_cur_is(&c->event, "dispose") ||
	    bulla_custody_get(c, "second-officer", &v) ? 2 : 1;
}

static enum bulla_status
check_signers(const struct bulla_custody *c,
    const struct bulla_signer *signers, size_t n, struct bulla_err *err)
{
	struct bulla_cur agency = bulla_keyname_agency(&c->actor), name, a;

	if (n < bulla_chain_persons(c))
		return bulla_fail(err, BULLA_E_REFUSED, "this is signed by "
		    "two persons, each with a key of their own: one has "
		    "signed");
	for (size_t i = 0; i < n; i++) {
		name = bulla_cur_str(signers[i].vkey.name);
		a = bulla_keyname_agency(&name);
		if (!bulla_cur_same(&a, &agency))
			return bulla_fail(err, BULLA_E_REFUSED, "the key %s "
			    "is not of the agency %.*s that acts",
			    signers[i].vkey.name, (int)agency.len,
			    (const char *)agency.p);
	}
	return BULLA_OK;
}

/* The place of a new note: behind the last one. */
static enum bulla_status
take_place(const struct bulla_chain *ours, struct bulla_custody *c,
    struct bulla_err *err)
{
	const struct bulla_link *last;

	if (!c->has_seal)
		return bulla_fail(err, BULLA_E_REFUSED, "a note without a "
		    "seal has no place in a chain");
	c->has_previous = true;
	c->sequence = 1;
	memcpy(c->previous, c->seal, sizeof(c->previous));
	if (ours->n == 0)
		return BULLA_OK;
	last = &ours->v[ours->n - 1];
	if (last->c.sequence >= BULLA_CUSTODY_SEQUENCE_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "a chain has at most %u "
		    "notes", BULLA_CUSTODY_SEQUENCE_MAX);
	c->sequence = last->c.sequence + 1;
	memcpy(c->previous, last->digest, sizeof(c->previous));
	return BULLA_OK;
}

/* The chain as it would be. */
static enum bulla_status
judge(const struct chain_pair *p, const struct bulla_link *l,
    struct bulla_err *err)
{
	struct bulla_chain with = p->ours;
	enum bulla_status st;

	with.v = calloc(p->ours.n + 1, sizeof(*with.v));
	if (with.v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (p->ours.n > 0)
		memcpy(with.v, p->ours.v, p->ours.n * sizeof(*with.v));
	with.v[with.n++] = *l;
	st = chain_judge_one(&with, &p->theirs, &with.v[with.n - 1], err);
	free(with.v);
	return st;
}

static enum bulla_status
store(const struct chain_pair *p, const struct bulla_link *l,
    struct bulla_err *err)
{
	char path[CHAIN_PATH_MAX], name[CHAIN_NAME_MAX];
	enum bulla_status st;

	chain_name(name, &l->c, ".note");
	st = chain_path(path, p->home, p->id, BULLA_OURS, name, err);
	if (st == BULLA_OK)
		st = bulla_file_put(path, l->bytes.p, l->bytes.len, 0600,
		    false, err);
	if (st != BULLA_OK || l->c.sequence > 1)
		return st;
	/* A killed process may have made the directory and not this */
	st = chain_path(path, p->home, "", BULLA_OURS, "", err);
	return st == BULLA_OK ? bulla_dir_sync(path, err) : st;
}

enum bulla_status
chain_pair_add(struct chain_pair *p, struct bulla_custody *c,
    const struct bulla_signer *signers, size_t n_signers, bool judged,
    struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX), note = text;
	struct bulla_link l = { 0 };
	struct bulla_cur view;
	enum bulla_status st;

	st = check_signers(c, signers, n_signers, err);
	if (st == BULLA_OK)
		st = take_place(&p->ours, c, err);
	if (st != BULLA_OK)
		return st;
	bulla_custody_put(&text, c);
	view = bulla_buf_view(&text);
	st = bulla_buf_status(&text);
	if (st != BULLA_OK)
		st = bulla_fail(err, st, "the note is longer than a note can "
		    "be, or out of memory");
	else
		st = bulla_note_sign(&view, signers, n_signers, &note, err);
	if (st == BULLA_OK)
		st = chain_link_parse(&note, &l, err);
	if (st == BULLA_OK && judged)
		st = judge(p, &l, err);
	if (st == BULLA_OK && !p->sign_only)
		st = store(p, &l, err);
	if (st == BULLA_OK) {
		bulla_buf_put(out, l.bytes.p, l.bytes.len);
		st = bulla_buf_status(out);
	}
	chain_link_free(&l);
	bulla_buf_free(&text);
	bulla_buf_free(&note);
	return st;
}

enum bulla_status
chain_pair_take(const struct chain_pair *p, const struct bulla_cur *note,
    struct bulla_err *err)
{
	struct bulla_buf bytes = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_link l = { 0 };
	struct bulla_custody next;
	enum bulla_status st;

	bulla_buf_cur(&bytes, note);
	st = bulla_buf_status(&bytes);
	if (st == BULLA_OK)
		st = chain_link_parse(&bytes, &l, err);
	if (st == BULLA_OK) {
		next = l.c;
		st = take_place(&p->ours, &next, err);
	}
	if (st == BULLA_OK && next.sequence == l.c.sequence &&
	    memcmp(next.previous, l.c.previous, sizeof(next.previous)) == 0)
		st = store(p, &l, err);
	chain_link_free(&l);
	bulla_buf_free(&bytes);
	return st;
}

enum bulla_status
bulla_chain_add(const char *home, struct bulla_custody *c,
    const struct bulla_signer *signers, size_t n_signers,
    struct bulla_buf *out, struct bulla_err *err)
{
	struct chain_pair p;
	enum bulla_status st;

	st = chain_pair_open(&p, home, c->id, true, err);
	if (st != BULLA_OK)
		return st;
	st = chain_pair_add(&p, c, signers, n_signers, true, out, err);
	chain_pair_close(&p);
	return st;
}

/* Answered: a note of ours says what became of it. */
static bool
is_answered(const struct bulla_chain *ours, const struct bulla_link *l)
{
	uint8_t named[32];

	for (size_t i = 0; i < ours->n; i++) {
		if (chain_named(&ours->v[i].c, "relinquish", named) &&
		    memcmp(named, l->digest, sizeof(named)) == 0)
			return true;
	}
	return false;
}

const struct bulla_link *
chain_handed_to(const struct bulla_chain *theirs,
    const struct bulla_chain *ours, const struct bulla_cur *agency)
{
	const struct bulla_link *l;
	struct bulla_cur to, a;

	for (size_t i = theirs->n; i > 0; i--) {
		l = &theirs->v[i - 1];
		if (!chain_is_out(l) || !bulla_custody_get(&l->c, "to", &to))
			continue;
		a = bulla_keyname_agency(&to);
		if (bulla_cur_same(&a, agency))
			return is_answered(ours, l) ? NULL : l;
	}
	return NULL;
}
