#include <stdlib.h>
#include <string.h>

#include "bulla/file.h"
#include "bulla/keys.h"
#include "bulla/text.h"

/* A file may have comments, longer than the keys. */
#define FILE_MAX (BULLA_VKEYS_MAX * 1024u)

static enum bulla_status
grow(struct bulla_vkeys *l, struct bulla_err *err)
{
	size_t cap = l->cap > 0 ? 2 * l->cap : 8;
	struct bulla_vkey *v;

	if (l->n < l->cap)
		return BULLA_OK;
	if (l->n == BULLA_VKEYS_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "more than %u keys",
		    BULLA_VKEYS_MAX);
	v = realloc(l->v, cap * sizeof(*v));
	if (v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	l->v = v;
	l->cap = cap;
	return BULLA_OK;
}

/*
 * Name and id are what a signature line tells: two keys that share them
 * could not be told apart. One key under two names, or of two types, would
 * let one person count as two.
 */
enum bulla_status
bulla_vkeys_add(struct bulla_vkeys *l, const struct bulla_vkey *k,
    struct bulla_err *err)
{
	enum bulla_status st;

	for (size_t i = 0; i < l->n; i++) {
		const struct bulla_vkey *o = &l->v[i];

		if (bulla_vkey_eq(o, k))
			return BULLA_OK;
		if (memcmp(o->pub, k->pub, sizeof(k->pub)) == 0)
			return bulla_fail(err, BULLA_E_USAGE, "%s and %s are "
			    "the same key: one key has one name and one type",
			    o->name, k->name);
		if (strcmp(o->name, k->name) == 0 &&
		    memcmp(o->id, k->id, sizeof(k->id)) == 0)
			return bulla_fail(err, BULLA_E_USAGE, "two keys named "
			    "%s with the same id", k->name);
	}
	st = grow(l, err);
	if (st == BULLA_OK)
		l->v[l->n++] = *k;
	return st;
}

/* A bad key among those to be trusted says nothing about the evidence. */
static enum bulla_status
add(struct bulla_vkeys *l, const struct bulla_cur *text,
    struct bulla_err *err)
{
	struct bulla_vkey k;
	enum bulla_status st = bulla_vkey_parse(text, &k, err);

	if (st == BULLA_E_FORMAT || st == BULLA_E_LIMIT)
		return bulla_wrap(err, BULLA_E_USAGE, "key to verify with");
	return st == BULLA_OK ? bulla_vkeys_add(l, &k, err) : st;
}

enum bulla_status
bulla_vkeys_add_text(struct bulla_vkeys *l, const char *text,
    struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(text);

	return add(l, &c, err);
}

static enum bulla_status
add_lines(struct bulla_vkeys *l, struct bulla_cur c, const char *name,
    struct bulla_err *err)
{
	struct bulla_cur line;
	enum bulla_status st;

	for (unsigned n = 1; !bulla_cur_done(&c); n++) {
		if (!bulla_cur_line(&c, &line)) {
			line = c;	/* the last one, without a newline */
			c.len = 0;
		}
		if (line.len == 0 || line.p[0] == '#')
			continue;
		st = add(l, &line, err);
		if (st != BULLA_OK)
			return bulla_wrap(err, st, "%s: line %u", name, n);
	}
	return BULLA_OK;
}

enum bulla_status
bulla_vkeys_add_file(struct bulla_vkeys *l, const char *path,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(FILE_MAX);
	char shown[256];
	enum bulla_status st;

	st = bulla_file_get(path, &b, err);
	if (st == BULLA_OK)
		st = add_lines(l, bulla_buf_view(&b),
		    bulla_text_show_str(shown, sizeof(shown), path), err);
	bulla_buf_free(&b);
	return st;
}

const struct bulla_vkey *
bulla_vkeys_find(const struct bulla_vkeys *l, const struct bulla_cur *name,
    const uint8_t id[BULLA_KEYID_LEN])
{
	for (size_t i = 0; i < l->n; i++) {
		if (memcmp(l->v[i].id, id, BULLA_KEYID_LEN) == 0 &&
		    bulla_cur_is(name, l->v[i].name))
			return &l->v[i];
	}
	return NULL;
}

void
bulla_vkeys_free(struct bulla_vkeys *l)
{
	free(l->v);
	*l = (struct bulla_vkeys){ 0 };
}
