#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/chain_int.h"

#include "bulla/file.h"
#include "bulla/stamp.h"
#include "bulla/text.h"

static enum bulla_status
add_file(struct bulla_stamps *s, const char *path, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_TSP_CA_MAX);
	enum bulla_status st = bulla_file_get(path, &b, err);
	struct bulla_cur pem = bulla_buf_view(&b);
	char shown[256];

	if (st == BULLA_OK) {
		st = bulla_tsp_cas_add(s->cas, &pem, err);
		if (st != BULLA_OK)
			st = bulla_wrap(err, st, "%s",
			    bulla_text_show_str(shown, sizeof(shown), path));
	}
	bulla_buf_free(&b);
	return st;
}

static bool
ends_in_pem(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 4 && strcmp(name + n - 4, ".pem") == 0;
}

static enum bulla_status
add_dir(struct bulla_stamps *s, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	char path[CHAIN_PATH_MAX];
	struct dirent *e;
	DIR *d;
	int n = snprintf(path, sizeof(path), "%s/tsa", s->home), m;

	if (n < 0 || (size_t)n >= sizeof(path))
		return bulla_fail(err, BULLA_E_LIMIT, "the path of the home "
		    "is too long");
	d = opendir(path);
	if (d == NULL && errno == ENOENT)
		return BULLA_OK;
	if (d == NULL)
		return bulla_fail_sys(err, "tsa");
	while (st == BULLA_OK && (errno = 0, e = readdir(d)) != NULL) {
		if (!ends_in_pem(e->d_name))
			continue;
		m = snprintf(path + n, sizeof(path) - (size_t)n, "/%s",
		    e->d_name);
		st = m < 0 || (size_t)m >= sizeof(path) - (size_t)n ?
		    bulla_fail(err, BULLA_E_LIMIT, "tsa: a name is too long") :
		    add_file(s, path, err);
	}
	if (st == BULLA_OK && errno != 0)
		st = bulla_fail_sys(err, "tsa");
	(void)closedir(d);
	return st;
}

enum bulla_status
bulla_stamps_open(const char *home, const char *ca, int64_t now,
    struct bulla_stamps *out, struct bulla_err *err)
{
	enum bulla_status st;

	*out = (struct bulla_stamps){ .home = home, .now = now };
	st = bulla_tsp_cas_new(&out->cas, err);
	if (st == BULLA_OK && ca != NULL)
		st = add_file(out, ca, err);
	if (st == BULLA_OK)
		st = add_dir(out, err);
	return st;
}

void
bulla_stamps_free(struct bulla_stamps *s)
{
	bulla_tsp_cas_free(s->cas);
	*s = (struct bulla_stamps){ 0 };
}

/* HOME/custody/<id>/NNNN-<event>.note<end> */
static enum bulla_status
path_of(const struct bulla_stamps *s, const struct bulla_stamped *n,
    const char *end, char out[CHAIN_PATH_MAX], struct bulla_err *err)
{
	char name[CHAIN_NAME_MAX], rest[CHAIN_NAME_MAX + 8];

	if (!n->l->c.has_seal)
		chain_loose_name(name, n->l);
	else
		chain_name(name, &n->l->c, chain_is_apart(n->chain, n->l) ?
		    ".conflict.note" : ".note");
	(void)snprintf(rest, sizeof(rest), "%s%s", name, end);
	return chain_path(out, s->home, n->l->c.id, n->side, rest, err);
}

/* BULLA_E_NOMATCH: there is no such file. */
static enum bulla_status
get(const struct bulla_stamps *s, const struct bulla_stamped *n,
    const char *end, struct bulla_buf *out, struct bulla_err *err)
{
	char path[CHAIN_PATH_MAX];
	struct bulla_err why = { 0 };
	enum bulla_status st = path_of(s, n, end, path, &why);

	if (st == BULLA_OK)
		st = bulla_file_get(path, out, &why);
	if (st == BULLA_E_IO && why.sys_errno == ENOENT)
		st = bulla_fail(&why, BULLA_E_NOMATCH, "no time stamp");
	if (st != BULLA_OK && err != NULL)
		*err = why;
	return st;
}

enum bulla_status
bulla_stamp_query(const struct bulla_stamps *s, const struct bulla_stamped *n,
    const char *policy, struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_TSP_QUERY_MAX);
	enum bulla_status st = BULLA_E_NOMATCH;
	char path[CHAIN_PATH_MAX];
	struct bulla_cur query;

	if (policy == NULL)
		st = get(s, n, ".tsq", &b, err);
	if (st == BULLA_OK) {
		query = bulla_buf_view(&b);
		st = bulla_tsp_query_check(&query, n->l->digest, err);
	} else if (st == BULLA_E_NOMATCH) {
		st = bulla_tsp_query(n->l->digest, policy, &b, err);
		if (st == BULLA_OK)
			st = path_of(s, n, ".tsq", path, err);
		if (st == BULLA_OK)
			st = bulla_file_put(path, b.p, b.len, 0600,
			    policy != NULL, err);
	}
	if (st == BULLA_OK)
		bulla_buf_put(out, b.p, b.len);
	bulla_buf_free(&b);
	return st == BULLA_OK ? bulla_buf_status(out) : st;
}

static enum bulla_status
verify(const struct bulla_stamps *s, const struct bulla_stamped *n,
    const struct bulla_cur *reply, struct bulla_tsp *out,
    struct bulla_err *err)
{
	struct bulla_buf query = BULLA_BUF_INIT(BULLA_TSP_QUERY_MAX);
	struct bulla_tsp_expect x = { .cas = s->cas, .now = s->now };
	enum bulla_status st = get(s, n, ".tsq", &query, err);

	memcpy(x.digest, n->l->digest, sizeof(x.digest));
	if (st == BULLA_OK)
		x.query = bulla_buf_view(&query);
	if (st == BULLA_OK || st == BULLA_E_NOMATCH)
		st = bulla_tsp_verify(reply, &x, out, err);
	bulla_buf_free(&query);
	return st;
}

enum bulla_status
bulla_stamp_keep(const struct bulla_stamps *s, const struct bulla_stamped *n,
    const struct bulla_cur *reply, bool force, struct bulla_tsp *out,
    struct bulla_err *err)
{
	struct bulla_tsp t;
	char path[CHAIN_PATH_MAX];
	enum bulla_status st = verify(s, n, reply, &t, err);

	if (st == BULLA_OK)
		st = path_of(s, n, ".tsr", path, err);
	if (st == BULLA_OK)
		st = bulla_file_put(path, reply->p, reply->len, 0600, force,
		    err);
	if (st == BULLA_OK)
		*out = t;
	return st;
}

enum bulla_status
bulla_stamp_look(const struct bulla_stamps *s, const struct bulla_stamped *n,
    struct bulla_buf *reply, struct bulla_tsp *out, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_TSP_REPLY_MAX);
	enum bulla_status st = get(s, n, ".tsr", &b, err);
	struct bulla_cur bytes = bulla_buf_view(&b);

	if (st == BULLA_OK && reply != NULL)
		bulla_buf_put(reply, b.p, b.len);
	if (st == BULLA_OK)
		st = verify(s, n, &bytes, out, err);
	bulla_buf_free(&b);
	return st;
}

/* The earliest that verifies; what does not is for bulla_stamp_look to say. */
static enum bulla_status
earliest(const struct bulla_stamps *s, const struct bulla_chain *c,
    enum bulla_side side, const uint8_t *digest, int64_t *out)
{
	const struct bulla_link *all[2] = { c->v, c->apart };
	const size_t n_all[2] = { c->n, c->n_apart };
	struct bulla_tsp t;
	enum bulla_status st;

	for (int k = 0; k < 2; k++) {
		for (size_t i = 0; i < n_all[k]; i++) {
			struct bulla_stamped n = { c, side, &all[k][i] };

			if (digest != NULL ? memcmp(n.l->digest, digest,
			    32) != 0 : !n.l->c.has_seal)
				continue;
			st = bulla_stamp_look(s, &n, NULL, &t, NULL);
			if (st == BULLA_E_NOMEM)
				return st;
			if (st == BULLA_OK && (*out == 0 || t.time < *out))
				*out = t.time;
		}
	}
	return BULLA_OK;
}

enum bulla_status
bulla_stamp_time(const char *home, const char *id, const uint8_t *digest,
    int64_t now, int64_t *out, struct bulla_err *err)
{
	static const enum bulla_side sides[2] = { BULLA_OURS, BULLA_THEIRS };
	struct bulla_stamps s;
	int64_t t = 0;
	enum bulla_status st = bulla_stamps_open(home, NULL, now, &s, err);

	for (int i = 0; i < 2 && st == BULLA_OK; i++) {
		struct bulla_chain c = { 0 };

		st = bulla_chain_load(home, id, sides[i], NULL, &c, err);
		if (st == BULLA_OK)
			st = earliest(&s, &c, sides[i], digest, &t);
		bulla_chain_free(&c);
	}
	bulla_stamps_free(&s);
	if (st == BULLA_OK)
		*out = t;
	return st;
}
