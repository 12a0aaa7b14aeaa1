#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/text.h"
#include "core/chain_int.h"

#define ALL_ROLES (BULLA_ROLE_LEAD | BULLA_ROLE_SEALER | \
    BULLA_ROLE_CUSTODIAN | BULLA_ROLE_RECEIVER | BULLA_ROLE_HOTLINE)
#define DIGITS 4u	/* of a sequence number in a file's name */

enum bulla_status
chain_path(char out[CHAIN_PATH_MAX], const char *home, const char *id,
    enum bulla_side side, const char *rest, struct bulla_err *err)
{
	int n = snprintf(out, CHAIN_PATH_MAX, "%s/custody/%s%s%s", home, id,
	    side == BULLA_THEIRS ? "/theirs" : "", rest);

	if (n < 0 || (size_t)n >= CHAIN_PATH_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "the path of the home is too long");
	return BULLA_OK;
}

void
chain_name(char out[CHAIN_NAME_MAX], const struct bulla_custody *c,
    const char *end)
{
	int n = snprintf(out, CHAIN_NAME_MAX, "/%04u-%.*s%s",
	    (unsigned)c->sequence, (int)c->event.len,
	    (const char *)c->event.p, end);

	BULLA_CHECK(n > 0 && (size_t)n < CHAIN_NAME_MAX);
}

bool
chain_named(const struct bulla_custody *c, const char *label,
    uint8_t out[32])
{
	struct bulla_cur v;

	return bulla_custody_get(c, label, &v) &&
	    bulla_hex_decode(&v, out, 32);
}

void
chain_link_free(struct bulla_link *l)
{
	bulla_buf_free(&l->bytes);
}

static void
free_links(struct bulla_link *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		chain_link_free(&v[i]);
	free(v);
}

void
bulla_chain_free(struct bulla_chain *c)
{
	free_links(c->v, c->n);
	free_links(c->apart, c->n_apart);
	bulla_vkeys_free(&c->keys);
	*c = (struct bulla_chain){ 0 };
}

enum bulla_status
chain_link_parse(struct bulla_buf *bytes, struct bulla_link *out,
    struct bulla_err *err)
{
	struct bulla_link l = { .bytes = *bytes, .verdict = BULLA_E_NOKEY };
	struct bulla_cur view = bulla_buf_view(bytes);
	struct bulla_note n;
	enum bulla_status st;

	*bytes = (struct bulla_buf)BULLA_BUF_INIT(BULLA_NOTE_MAX);
	st = bulla_note_parse(&view, &n, err);
	if (st == BULLA_OK)
		st = bulla_custody_parse(&n.text, &l.c, err);
	if (st != BULLA_OK) {
		chain_link_free(&l);
		return st;
	}
	bulla_sha256(n.text.p, n.text.len, l.digest);
	*out = l;
	return BULLA_OK;
}

static struct bulla_link *
find_in(struct bulla_link *v, size_t n, const uint8_t digest[32])
{
	for (size_t i = 0; i < n; i++) {
		if (memcmp(v[i].digest, digest, 32) == 0)
			return &v[i];
	}
	return NULL;
}

struct bulla_link *
chain_find(const struct bulla_chain *c, const uint8_t digest[32])
{
	struct bulla_link *l = find_in(c->v, c->n, digest);

	return l != NULL ? l : find_in(c->apart, c->n_apart, digest);
}

bool
chain_is_apart(const struct bulla_chain *c, const struct bulla_link *l)
{
	for (size_t i = 0; i < c->n_apart; i++) {
		if (l == &c->apart[i])
			return true;
	}
	return false;
}

/* A file of a chain, by its name. */
struct entry {
	uint64_t sequence;		/* 0: a reject without a seal */
	struct bulla_cur event;		/* into the name */
	bool apart;
};

static bool
take_sequence(struct bulla_cur *c, uint64_t *out)
{
	struct bulla_cur digits;

	*out = 0;
	if (!bulla_cur_take(c, DIGITS, &digits))
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(digits.p[i] - '0');
	}
	return *out > 0;
}

/* Whatever has another name is none of a chain's files. */
static bool
entry_parse(const char *name, struct entry *e)
{
	struct bulla_cur c = bulla_cur_str(name), hex;
	uint8_t digest[32];

	*e = (struct entry){ 0 };
	if (bulla_cur_eat_str(&c, "reject-")) {
		e->event = bulla_cur_str("reject");
		e->apart = true;
		return bulla_cur_until(&c, '.', &hex) &&
		    bulla_hex_decode(&hex, digest, sizeof(digest)) &&
		    bulla_cur_is(&c, "note");
	}
	if (!take_sequence(&c, &e->sequence) ||
	    !bulla_cur_eat_str(&c, "-") ||
	    !bulla_cur_until(&c, '.', &e->event) ||
	    !bulla_custody_event_ok(&e->event))
		return false;
	e->apart = bulla_cur_is(&c, "conflict.note");
	return e->apart || bulla_cur_is(&c, "note");
}

static bool
is_entry(const struct bulla_link *l, const struct entry *e, const char *id)
{
	return strcmp(l->c.id, id) == 0 &&
	    bulla_cur_same(&l->c.event, &e->event) &&
	    (e->sequence == 0 ? !l->c.has_seal :
	    l->c.has_seal && l->c.sequence == e->sequence);
}

/* Where a chain is read from. */
struct source {
	const char *home, *id;
	enum bulla_side side;
};

static enum bulla_status
read_entry(const struct source *s, const char *name, const struct entry *e,
    struct bulla_link *out, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	char path[CHAIN_PATH_MAX], rest[NAME_MAX + 2], shown[256];
	struct bulla_link l;
	enum bulla_status st;

	(void)snprintf(rest, sizeof(rest), "/%s", name);
	st = chain_path(path, s->home, s->id, s->side, rest, err);
	if (st != BULLA_OK)
		return st;
	st = bulla_file_get(path, &b, err);
	if (st != BULLA_OK) {
		bulla_buf_free(&b);
		return st;
	}
	bulla_text_show_str(shown, sizeof(shown), path);
	st = chain_link_parse(&b, &l, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "%s", shown);
	if (!is_entry(&l, e, s->id)) {
		chain_link_free(&l);
		return bulla_fail(err, BULLA_E_FORMAT, "%s: the note is "
		    "another one than this name says", shown);
	}
	*out = l;
	return BULLA_OK;
}

static enum bulla_status
add_link(struct bulla_link **v, size_t *n, const struct bulla_link *l,
    struct bulla_err *err)
{
	struct bulla_link *more = *v;

	/* Powers of two: n is the capacity when it is one */
	if ((*n & (*n - 1)) == 0)
		more = reallocarray(*v, *n == 0 ? 1 : 2 * *n, sizeof(**v));
	if (more == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	*v = more;
	more[(*n)++] = *l;
	return BULLA_OK;
}

static enum bulla_status
take_entry(const struct source *s, const char *name, struct bulla_chain *c,
    struct bulla_err *err)
{
	struct bulla_link l;
	enum bulla_status st;
	struct entry e;

	if (!entry_parse(name, &e))
		return BULLA_OK;
	st = read_entry(s, name, &e, &l, err);
	if (st != BULLA_OK)
		return st;
	st = e.apart ? add_link(&c->apart, &c->n_apart, &l, err) :
	    add_link(&c->v, &c->n, &l, err);
	if (st != BULLA_OK)
		chain_link_free(&l);
	return st;
}

static enum bulla_status
read_all(const struct source *s, struct bulla_chain *c,
    struct bulla_err *err)
{
	char path[CHAIN_PATH_MAX], shown[256];
	enum bulla_status st;
	struct dirent *e;
	DIR *d;

	st = chain_path(path, s->home, s->id, s->side, "", err);
	if (st != BULLA_OK)
		return st;
	d = opendir(path);
	if (d == NULL && errno == ENOENT)
		return BULLA_OK;
	bulla_text_show_str(shown, sizeof(shown), path);
	if (d == NULL)
		return bulla_fail_sys(err, "%s", shown);
	while (st == BULLA_OK && (errno = 0, e = readdir(d)) != NULL)
		st = take_entry(s, e->d_name, c, err);
	if (st == BULLA_OK && errno != 0)
		st = bulla_fail_sys(err, "%s", shown);
	(void)closedir(d);
	return st;
}

/* By place, then in an order that does not depend on the directory's. */
static int
by_sequence(const void *a, const void *b)
{
	const struct bulla_link *x = a, *y = b;

	if (x->c.sequence != y->c.sequence)
		return x->c.sequence < y->c.sequence ? -1 : 1;
	return memcmp(x->digest, y->digest, sizeof(x->digest));
}

static int
by_time(const void *a, const void *b)
{
	const struct bulla_link *x = a, *y = b;

	if (x->c.time != y->c.time)
		return x->c.time < y->c.time ? -1 : 1;
	return memcmp(x->digest, y->digest, sizeof(x->digest));
}

static void
verify_all(struct bulla_link *v, size_t n, const struct bulla_vkeys *keys)
{
	for (size_t i = 0; i < n; i++) {
		struct bulla_cur bytes = bulla_buf_view(&v[i].bytes);

		v[i].verdict = bulla_note_verify(&bytes, keys, &v[i].v, NULL);
	}
}

enum bulla_status
bulla_chain_load(const char *home, const char *id, enum bulla_side side,
    const struct bulla_trust *trust, struct bulla_chain *out,
    struct bulla_err *err)
{
	const struct source s = { home, id, side };
	const struct bulla_cur text = bulla_cur_str(id);
	struct bulla_chain c = { 0 };
	enum bulla_status st;

	if (!bulla_id_ok(&text))
		return bulla_fail(err, BULLA_E_USAGE,
		    "a package's id has 32 hex digits");
	st = read_all(&s, &c, err);
	if (st == BULLA_OK && trust != NULL && c.n + c.n_apart > 0)
		st = bulla_trust_keys(trust, BULLA_BOTH, ALL_ROLES, &c.keys,
		    err);
	if (st != BULLA_OK) {
		bulla_chain_free(&c);
		return st;
	}
	if (c.n > 1)
		qsort(c.v, c.n, sizeof(*c.v), by_sequence);
	if (c.n_apart > 1)
		qsort(c.apart, c.n_apart, sizeof(*c.apart), by_time);
	if (trust != NULL) {
		verify_all(c.v, c.n, &c.keys);
		verify_all(c.apart, c.n_apart, &c.keys);
	}
	*out = c;
	return BULLA_OK;
}
