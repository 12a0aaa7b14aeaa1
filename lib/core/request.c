#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/package.h"
#include "bulla/request.h"
#include "bulla/ring.h"
#include "bulla/sign.h"

#define PATH_CAP 4096u
#define HOTLINE_ROLES (BULLA_ROLE_HOTLINE | BULLA_ROLE_LEAD)

static enum bulla_status
path_of(char out[PATH_CAP], const char *home, const char *dir,
    const char *name, struct bulla_err *err)
{
	int n = snprintf(out, PATH_CAP, "%s/%s%s", home, dir, name);

	if (n < 0 || (size_t)n >= PATH_CAP)
		return bulla_fail(err, BULLA_E_LIMIT, "the path of the home "
		    "is too long");
	return BULLA_OK;
}

static enum bulla_status
id_path(char out[PATH_CAP], const char *home, const char *dir,
    const char *id, const char *end, struct bulla_err *err)
{
	const struct bulla_cur c = bulla_cur_str(id);
	char name[BULLA_ID_LEN + 16];

	if (!bulla_id_ok(&c))
		return bulla_fail(err, BULLA_E_USAGE, "an id is 32 hex "
		    "digits");
	(void)snprintf(name, sizeof(name), "%s%s", id, end);
	return path_of(out, home, dir, name, err);
}

/* BULLA_E_NOMATCH when there is none. */
static enum bulla_status
read_kept(const char *path, struct bulla_buf *out, struct bulla_err *err)
{
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return bulla_fail(err, BULLA_E_NOMATCH, "no document is "
		    "kept");
	return bulla_file_get(path, out, err);
}

enum bulla_status
bulla_request_keep(const char *home, const char *id,
    const struct bulla_cur *text, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur there;
	char path[PATH_CAP];
	enum bulla_status st = path_of(path, home, "requests", "", err);

	if (st == BULLA_OK)
		st = bulla_dir_make(path, 0700, err);
	if (st == BULLA_OK)
		st = id_path(path, home, "requests/", id, ".txt", err);
	if (st != BULLA_OK)
		return st;
	st = read_kept(path, &b, NULL);
	there = bulla_buf_view(&b);
	if (st == BULLA_E_NOMATCH)
		st = bulla_file_put(path, text->p, text->len, 0600, false,
		    err);
	else if (st == BULLA_OK && !bulla_cur_same(&there, text))
		st = bulla_fail(err, BULLA_E_REFUSED, "requests/%s.txt is "
		    "another document than that of its package: move it "
		    "away", id);
	else if (st != BULLA_OK)
		st = bulla_fail(err, st, "requests/%s.txt cannot be read",
		    id);
	bulla_buf_free(&b);
	return st;
}

/* A hotline call is a note; the others are their text alone. */
static enum bulla_status
document_in(const struct bulla_cur *bytes, struct bulla_reqdoc *out,
    struct bulla_err *err)
{
	struct bulla_note n = { .text = *bytes };
	enum bulla_status st = BULLA_OK;

	if (bulla_cur_starts(bytes, "bulla hotline v1\n"))
		st = bulla_note_parse(bytes, &n, err);
	return st == BULLA_OK ? bulla_reqdoc_parse(&n.text, out, err) : st;
}

/* As of the time that the ledger proves, else now. */
static int64_t
judged_at(struct bulla_home *h, const struct bulla_package *p)
{
	int64_t at = bulla_home_proven_seal(h, p->opening.id,
	    p->closing_digest);

	return at != 0 ? at : h->now;
}

static enum bulla_status
judge(void *ctx, const struct bulla_package *p, struct bulla_err *err)
{
	struct bulla_home *h = ctx;
	const int64_t at = judged_at(h, p);
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < p->n_sealers && st == BULLA_OK; i++)
		st = bulla_trust_judge(h->trust, (enum bulla_side)
		    bulla_trust_side_of(h->trust, &p->sealer[i]),
		    &p->sealer[i], BULLA_ROLE_SEALER, at, err);
	return st;
}

/* Whose sealer sealed it; sealing asks for one agency. */
static enum bulla_side
side_of(const struct bulla_home *h, const struct bulla_package *p)
{
	return (enum bulla_side)bulla_trust_side_of(h->trust, &p->sealer[0]);
}

static enum bulla_status
judge_hotline(struct bulla_home *h, const struct bulla_package *p,
    const struct bulla_cur *note, struct bulla_err *err)
{
	const enum bulla_side side = side_of(h, p);
	struct bulla_vkeys known = { 0 };
	struct bulla_verified v;
	enum bulla_status st;

	st = bulla_trust_keys(h->trust, side, HOTLINE_ROLES, &known, err);
	if (st == BULLA_OK)
		st = bulla_note_verify(note, &known, &v, err);
	if (st == BULLA_OK)
		st = bulla_trust_judge_note(h->trust, side, &v,
		    HOTLINE_ROLES, judged_at(h, p), 1, err);
	bulla_vkeys_free(&known);
	return st == BULLA_OK ? st : bulla_wrap(err, st, "the hotline call's "
	    "own signature");
}

static enum bulla_status
judge_document(struct bulla_home *h, const struct bulla_package *p,
    const struct bulla_cur *bytes, struct bulla_reqdoc *out,
    struct bulla_err *err)
{
	struct bulla_reqdoc d = { 0 };
	enum bulla_status st = BULLA_OK;

	if (bulla_cur_is(&p->opening.kind, "hotline"))
		st = judge_hotline(h, p, bytes, err);
	if (st == BULLA_OK)
		st = document_in(bytes, &d, err);
	if (st == BULLA_OK)
		st = bulla_reqdoc_agrees(&d, &p->opening, err);
	if (st == BULLA_OK)
		*out = d;
	else
		bulla_reqdoc_free(&d);
	return st;
}

/* What is in the package decides which file is looked for. */
static enum bulla_status
file_name(int fd, const char *id, char out[64], struct bulla_err *err)
{
	enum bulla_reqdoc_kind kind = BULLA_REQDOC_REQUEST;
	struct bulla_package p = { 0 };
	enum bulla_status st = bulla_package_inspect(fd, &p, err);

	if (st == BULLA_OK && strcmp(p.opening.id, id) != 0)
		st = bulla_fail(err, BULLA_E_MISMATCH, "this is the package "
		    "%s", p.opening.id);
	if (st == BULLA_OK && !bulla_reqdoc_kind_of(&p.opening.kind, &kind))
		st = bulla_fail(err, BULLA_E_USAGE, "holds no request, reply "
		    "or hotline call: it is of the kind %.*s",
		    (int)p.opening.kind.len,
		    (const char *)p.opening.kind.p);
	if (st == BULLA_OK)
		(void)snprintf(out, 64, "data/%s", bulla_reqdoc_file(kind));
	bulla_package_free(&p);
	if (st == BULLA_OK && lseek(fd, 0, SEEK_SET) != 0)
		st = bulla_fail_sys(err, "package");
	return st;
}

static enum bulla_status
open_package(struct bulla_home *h, int fd, const char *id,
    const struct bulla_identities *ids, struct bulla_reqdoc *out,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_vkeys known = { 0 };
	struct bulla_opened d = { 0 };
	char name[64];
	struct bulla_open o = { .fd = fd, .known = &known,
	    .judge = { judge, h }, .ids = ids, .allow_exercise = true,
	    .copy_of = name, .copy = &b, .threads = 1 };
	struct bulla_cur bytes;
	enum bulla_status st;

	st = bulla_trust_keys(h->trust, BULLA_BOTH, BULLA_ROLE_SEALER,
	    &known, err);
	if (st == BULLA_OK)
		st = file_name(fd, id, name, err);
	if (st == BULLA_OK)
		st = bulla_open_run(&o, &d, err);
	bytes = bulla_buf_view(&b);
	if (st == BULLA_OK && bytes.len == 0)
		st = bulla_fail(err, BULLA_E_FORMAT, "holds no %s, which its "
		    "kind promises", name);
	if (st == BULLA_OK)
		st = judge_document(h, &d.package, &bytes, out, err);
	if (st == BULLA_OK) {
		st = bulla_request_keep(h->path, id, &bytes, err);
		if (st != BULLA_OK)
			bulla_reqdoc_free(out);
	}
	bulla_package_free(&d.package);
	bulla_vkeys_free(&known);
	bulla_buf_free(&b);
	return st;
}

static enum bulla_status
from_package(struct bulla_home *h, const char *id,
    const struct bulla_identities *ids, struct bulla_reqdoc *out,
    struct bulla_err *err)
{
	char path[PATH_CAP];
	enum bulla_status st = id_path(path, h->path, "packages/", id,
	    ".bulla", err);
	int fd = -1;

	if (st != BULLA_OK)
		return st;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return bulla_fail(err, BULLA_E_NOMATCH, "no package %s in "
		    "this home: receive it first (bulla-receive, "
		    "bulla-inbox)", id);
	if (ids == NULL || ids->n == 0)
		return bulla_fail(err, BULLA_E_NOMATCH, "package %s has not "
		    "been opened yet: give the key to open it with", id);
	if (h->trust == NULL)
		return bulla_fail(err, BULLA_E_NOKEY, "no rosters in this "
		    "home to verify package %s by (bulla-trust)", id);
	st = bulla_infile_open(path, &fd, err);
	if (st == BULLA_OK)
		st = open_package(h, fd, id, ids, out, err);
	if (fd != -1)
		(void)close(fd);
	return st == BULLA_OK ? st : bulla_wrap(err, st, "package %s", id);
}

enum bulla_status
bulla_request_document(struct bulla_home *h, const char *id,
    const struct bulla_identities *ids, struct bulla_reqdoc *out,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_reqdoc d = { 0 };
	struct bulla_cur bytes;
	char path[PATH_CAP];
	enum bulla_status st = id_path(path, h->path, "requests/", id,
	    ".txt", err);

	if (st != BULLA_OK)
		return st;
	st = read_kept(path, &b, err);
	if (st == BULLA_E_NOMATCH) {
		st = from_package(h, id, ids, &d, err);
	} else if (st == BULLA_OK) {
		bytes = bulla_buf_view(&b);
		st = document_in(&bytes, &d, err);
		if (st != BULLA_OK)
			(void)bulla_wrap(err, st, "requests/%s.txt", id);
	}
	bulla_buf_free(&b);
	if (st == BULLA_OK)
		*out = d;
	return st;
}
