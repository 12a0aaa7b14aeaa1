#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "custody.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/ledger.h"
#include "bulla/tar.h"
#include "bulla/tlogproof.h"

#define PATH_CAP 320u		/* bytes of a member's name */
#define MEMBER_MAX (1u << 26)	/* bytes of a member */
#define ROSTER_FILE_MAX (1u << 17)

/* What the archive will hold: all of it in memory, for one sorted listing. */
struct member {
	char path[PATH_CAP];
	struct bulla_buf data;
};
struct export {
	struct custody_cmd *k;
	const struct custody_pair *p;
	struct member *v;
	size_t n, cap;
	int64_t mtime;		/* the newest claim: no clock of ours */
};

static void
export_free(struct export *e)
{
	for (size_t i = 0; i < e->n; i++)
		bulla_buf_free(&e->v[i].data);
	free(e->v);
}

/* data is moved into the archive, or freed. */
static enum bulla_status
put(struct export *e, const char *dir, const char *name,
    struct bulla_buf *data, struct bulla_err *err)
{
	enum bulla_status st = bulla_buf_status(data);
	struct member *more = e->v;
	int n;

	if (st == BULLA_OK && e->n == e->cap) {
		more = reallocarray(e->v, e->cap * 2 + 16, sizeof(*e->v));
		if (more != NULL)
			e->cap = e->cap * 2 + 16;
	}
	if (st != BULLA_OK || more == NULL) {
		bulla_buf_free(data);
		return bulla_fail(err, st != BULLA_OK ? st : BULLA_E_NOMEM,
		    "no memory for %s%s", dir, name);
	}
	e->v = more;
	n = snprintf(more[e->n].path, PATH_CAP, "custody-%s/%s%s", e->p->id,
	    dir, name);
	BULLA_CHECK(n > 0 && (size_t)n < PATH_CAP);
	more[e->n++].data = *data;
	return BULLA_OK;
}

/* The name of a note in the archive: as in the home. */
static void
note_name(const struct bulla_chain *c, const struct bulla_link *l,
    char out[PATH_CAP])
{
	bool apart = false;
	char hex[65];

	for (size_t i = 0; i < c->n_apart; i++)
		apart = apart || l == &c->apart[i];
	bulla_hex(hex, l->digest, sizeof(l->digest));
	if (!l->c.has_seal)
		(void)snprintf(out, PATH_CAP, "reject-%s", hex);
	else
		(void)snprintf(out, PATH_CAP, "%04u-%.*s%s",
		    (unsigned)l->c.sequence, (int)l->c.event.len,
		    (const char *)l->c.event.p, apart ? ".conflict" : "");
}

/*
 * What was recorded is the note with perhaps fewer lines than it has now: the
 * first such record is the one that proves when.
 */
static enum bulla_status
put_proof(struct export *e, const char *name, const struct bulla_cur *record,
    bool *done, struct bulla_err *err)
{
	const struct bulla_ledger *l = e->k->m.h.ledger;
	struct bulla_buf proof = BULLA_BUF_INIT(BULLA_TLOGPROOF_MAX);
	struct bulla_buf copy = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	char file[PATH_CAP + 16];
	enum bulla_status st;
	uint64_t index = 0;

	st = bulla_ledger_find(l, record, &index, err);
	*done = st == BULLA_OK;
	if (st == BULLA_E_NOMATCH)
		return BULLA_OK;
	if (st == BULLA_OK)
		st = bulla_ledger_prove(l, index, &proof, err);
	if (st != BULLA_OK) {
		bulla_buf_free(&proof);
		return st;
	}
	(void)snprintf(file, sizeof(file), "%.280s.proof", name);
	st = put(e, "proofs/", file, &proof, err);
	bulla_buf_cur(&copy, record);
	(void)snprintf(file, sizeof(file), "%.280s.record", name);
	if (st == BULLA_OK)
		st = put(e, "proofs/", file, &copy, err);
	else
		bulla_buf_free(&copy);
	return st;
}

static enum bulla_status
put_proofs(struct export *e, const char *side, const char *name,
    const struct bulla_link *l, struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&l->bytes), part = bytes;
	enum bulla_status st = BULLA_OK;
	char file[PATH_CAP];
	struct bulla_note n;
	bool done = false;

	if (e->k->m.h.ledger == NULL)
		return BULLA_OK;
	st = bulla_note_parse(&bytes, &n, err);
	(void)snprintf(file, sizeof(file), "%s-%.200s", side, name);
	for (unsigned i = 0; st == BULLA_OK && !done && i < n.n_sigs; i++) {
		part.len = (size_t)(n.sig[i].b64.p - bytes.p) +
		    n.sig[i].b64.len + 1;
		st = put_proof(e, file, &part, &done, err);
	}
	return st;
}

/* The reply of a time-stamp authority, whatever it is worth. */
static enum bulla_status
put_stamp(struct export *e, const struct bulla_chain_step *s,
    const char *name, struct bulla_err *err)
{
	const bool ours = s->side == BULLA_OURS;
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_TSP_REPLY_MAX);
	const struct bulla_stamped n = { ours ? &e->p->ours : &e->p->theirs,
	    s->side, s->l };
	char file[PATH_CAP + 16];
	struct bulla_tsp t;
	enum bulla_status st;

	st = bulla_stamp_look(&e->k->stamps, &n, &b, &t, err);
	if (b.len > 0) {
		(void)snprintf(file, sizeof(file), "%.280s.note.tsr", name);
		return put(e, ours ? "ours/" : "theirs/", file, &b, err);
	}
	bulla_buf_free(&b);
	return st == BULLA_E_NOMATCH ? BULLA_OK : st;
}

static enum bulla_status
put_note(struct export *e, const struct bulla_chain_step *s,
    struct bulla_err *err)
{
	const bool ours = s->side == BULLA_OURS;
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	char name[PATH_CAP], file[PATH_CAP + 8];
	enum bulla_status st;

	note_name(ours ? &e->p->ours : &e->p->theirs, s->l, name);
	(void)snprintf(file, sizeof(file), "%.280s.note", name);
	bulla_buf_put(&b, s->l->bytes.p, s->l->bytes.len);
	st = put(e, ours ? "ours/" : "theirs/", file, &b, err);
	if (s->l->c.time > e->mtime)
		e->mtime = s->l->c.time;
	if (st == BULLA_OK)
		st = put_stamp(e, s, name, err);
	return st == BULLA_OK ? put_proofs(e, ours ? "ours" : "theirs", name,
	    s->l, err) : st;
}

static bool
is_kept_name(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && n < 200 && name[0] != '.' &&
	    (strcmp(name + n - 5, ".note") == 0 ||
	    strcmp(name + n - 4, ".pem") == 0) &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

/* The notes and certificates of a directory; a missing one has none. */
static enum bulla_status
put_dir(struct export *e, const char *dir, const char *as, const char *only,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	char path[4096];
	struct dirent *d;
	DIR *list;
	int n;

	n = snprintf(path, sizeof(path), "%s/%s", e->k->m.h.path, dir);
	if (n < 0 || (size_t)n >= sizeof(path) - 256)
		return bulla_fail(err, BULLA_E_LIMIT, "the path of the home "
		    "is too long");
	list = opendir(path);
	if (list == NULL)
		return errno == ENOENT ? BULLA_OK :
		    bulla_fail_sys(err, "%s", dir);
	while (st == BULLA_OK && (d = readdir(list)) != NULL) {
		struct bulla_buf b = BULLA_BUF_INIT(ROSTER_FILE_MAX);

		if (!is_kept_name(d->d_name) ||
		    (only != NULL && strcmp(d->d_name, only) != 0))
			continue;
		(void)snprintf(path + n, sizeof(path) - (size_t)n, "/%s",
		    d->d_name);
		st = bulla_file_get(path, &b, err);
		if (st == BULLA_OK)
			st = put(e, as, d->d_name, &b, err);
		else
			bulla_buf_free(&b);
	}
	(void)closedir(list);
	return st;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->path,
	    ((const struct member *)b)->path);
}

/* As sha256sum writes it, for sha256sum -c. */
static enum bulla_status
put_sums(struct export *e, struct bulla_err *err)
{
	const size_t skip = strlen("custody-/") + BULLA_ID_LEN;
	struct bulla_buf b = BULLA_BUF_INIT(MEMBER_MAX);
	uint8_t digest[BULLA_SHA256_LEN];

	qsort(e->v, e->n, sizeof(*e->v), by_path);
	for (size_t i = 0; i < e->n; i++) {
		bulla_sha256(e->v[i].data.p, e->v[i].data.len, digest);
		bulla_hex_put(&b, digest, sizeof(digest));
		bulla_buf_fmt(&b, "  %s\n", e->v[i].path + skip);
	}
	return put(e, "", "SHA256SUMS", &b, err);
}

static enum bulla_status
gather(struct export *e, struct bulla_err *err)
{
	static const char *const dirs[][3] = {
		{ "roster", "roster/", NULL },
		{ "roster/history", "roster/history/", NULL },
		{ "roster/suspend", "roster/suspend/", NULL },
		{ "ledger/cosigned", "cosigned/", "newest.note" },
		{ "tsa", "tsa/", NULL },
	};
	struct bulla_buf readme = BULLA_BUF_INIT(MEMBER_MAX);
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < e->p->n_steps && st == BULLA_OK; i++)
		st = put_note(e, &e->p->step[i], err);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) &&
	    st == BULLA_OK; i++)
		st = put_dir(e, dirs[i][0], dirs[i][1], dirs[i][2], err);
	if (st != BULLA_OK)
		return st;
	custody_readme(e->k, e->p, &readme);
	st = put(e, "", "README.txt", &readme, err);
	return st == BULLA_OK ? put_sums(e, err) : st;
}

static enum bulla_status
write_tar(const struct export *e, int fd, struct bulla_err *err)
{
	struct bulla_tarw *w = NULL;
	struct bulla_writer_fd out;
	enum bulla_status st;

	bulla_writer_fd_init(&out, fd, "the archive");
	st = bulla_tarw_new(&out.w, &w, err);
	for (size_t i = 0; i < e->n && st == BULLA_OK; i++) {
		const struct member *m = &e->v[i];

		st = bulla_tarw_entry(w, m->path, false, m->data.len,
		    e->mtime, err);
		if (st == BULLA_OK && m->data.len > 0)
			st = bulla_tarw_data(w, m->data.p, m->data.len, err);
	}
	if (st == BULLA_OK)
		st = bulla_tarw_end(w, err);
	bulla_tarw_free(w);
	return st;
}

static int
export_to(struct custody_cmd *k, struct export *e, const char *path)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	struct bulla_err err = { 0 };
	enum bulla_status st;

	st = bulla_outfile_open(&o, path, 0644, k->c.common.force, true,
	    &err);
	if (st == BULLA_OK) {
		st = gather(e, &err);
		if (st == BULLA_OK)
			st = write_tar(e, o.fd, &err);
		if (st == BULLA_OK)
			st = bulla_outfile_commit(&o, &err);
		else
			bulla_outfile_free(&o);
	}
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

int
custody_export(struct custody_cmd *k)
{
	const char *path = k->c.common.out != NULL ? k->c.common.out : "-";
	struct custody_pair p = { 0 };
	struct export e = { .k = k, .p = &p };
	int code = CMD_YES;
	const char *id = custody_only_id(k, &code);

	if (id == NULL)
		return code;
	k->c.common.data_out = strcmp(path, "-") == 0;
	code = custody_home(k);
	if (code == CMD_YES)
		code = custody_load_notes(k, id, &p);
	if (code == CMD_YES)
		code = export_to(k, &e, path);
	export_free(&e);
	custody_pair_free(&p);
	return code;
}
