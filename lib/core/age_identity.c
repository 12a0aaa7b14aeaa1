#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/pk.h"
#include "bulla/text.h"
#include "bulla/when.h"
#include "core/age_int.h"

#define HRP "age-secret-key-"
#define HRP_PQ "age-secret-key-pq-"
#define TEXT_MAX 1024u		/* bytes of the file that we write */
#define NAME_MAX_LEN 255u

/* The recipient that belongs to i->key. */
static enum bulla_status
set_recipient(struct bulla_identity *i, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_RECIPIENT_MAX - 1);
	enum bulla_status st;
	uint8_t pub[32];

	bulla_x25519_public(i->key.p, pub);
	bulla_bech32_put(&b, "age", pub, sizeof(pub), false);
	st = bulla_buf_status(&b);
	if (st == BULLA_OK) {
		memcpy(i->recipient, b.p, b.len);
		i->recipient[b.len] = '\0';
	}
	bulla_buf_free(&b);
	return st == BULLA_OK ? st : bulla_fail(err, st, "out of memory");
}

enum bulla_status
bulla_identity_new(struct bulla_identity *out, struct bulla_err *err)
{
	struct bulla_identity i = { 0 };
	enum bulla_status st = bulla_secret_new(&i.key, 32, err);

	if (st == BULLA_OK) {
		bulla_random(i.key.p, i.key.len);
		st = set_recipient(&i, err);
	}
	if (st == BULLA_OK) {
		*out = i;
		i.key = (struct bulla_secret){ 0 };
	}
	bulla_secret_free(&i.key);
	return st;
}

static void
put_text(struct bulla_buf *b, const struct bulla_identity *i,
    const char *name, int64_t created)
{
	char when[BULLA_WHEN_LEN + 1];

	bulla_when_text(created, when);
	bulla_buf_fmt(b, "# created: %s\n", when);
	if (name != NULL)
		bulla_buf_fmt(b, "# name: %s\n", name);
	bulla_buf_fmt(b, "# public key: %s\n", i->recipient);
	bulla_bech32_put(b, HRP, i->key.p, i->key.len, true);
	bulla_buf_u8(b, '\n');
}

enum bulla_status
bulla_identity_text(const struct bulla_identity *i, const char *name,
    int64_t created, struct bulla_secret *out, struct bulla_err *err)
{
	struct bulla_secret room = { 0 };
	struct bulla_buf b = BULLA_BUF_INIT(TEXT_MAX);
	struct bulla_cur c;
	enum bulla_status st;

	if (name != NULL) {
		c = bulla_cur_str(name);
		if (c.len > NAME_MAX_LEN || !bulla_text_is_plain(&c))
			return bulla_fail(err, BULLA_E_USAGE, "the name of "
			    "a key is one line of at most %u bytes",
			    NAME_MAX_LEN);
	}
	st = bulla_secret_new(&room, TEXT_MAX + 1, err);
	if (st != BULLA_OK)
		return st;
	/* With room for its maximum the buffer never moves: see buf.h. */
	b.p = room.p;
	b.cap = room.len;
	put_text(&b, i, name, created);
	st = bulla_buf_status(&b);
	if (st != BULLA_OK)
		st = bulla_fail(err, st, "the key file is too long");
	else
		st = bulla_secret_from(out, b.p, b.len, err);
	bulla_secret_free(&room);
	return st;
}

static enum bulla_status
grow(struct bulla_identities *l, struct bulla_err *err)
{
	size_t cap = l->cap == 0 ? 2 : 2 * l->cap;
	struct bulla_identity *v;

	if (l->n == BULLA_AGE_IDENTITIES_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "more than %u identities", BULLA_AGE_IDENTITIES_MAX);
	if (l->n < l->cap)
		return BULLA_OK;
	v = reallocarray(l->v, cap, sizeof(*v));
	if (v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	l->v = v;
	l->cap = cap;
	return BULLA_OK;
}

static enum bulla_status
add_pq(struct bulla_identities *l, const struct bulla_cur *line,
    struct bulla_secret *room, struct bulla_err *err)
{
	size_t n;
	bool upper;

	if (!bulla_bech32_decode(line, HRP_PQ, room->p, room->len, &n,
	    &upper) || n != room->len || !upper)
		return bulla_fail(err, BULLA_E_FORMAT, "neither a comment "
		    "nor an AGE-SECRET-KEY-1... as age-keygen writes it");
	l->n_pq++;
	return BULLA_OK;
}

/* One line. It may be a secret with a typing error: never shown. */
static enum bulla_status
add_line(struct bulla_identities *l, const struct bulla_cur *line,
    struct bulla_err *err)
{
	struct bulla_identity i = { 0 };
	enum bulla_status st = bulla_secret_new(&i.key, 32, err);
	size_t n;
	bool upper;

	if (st != BULLA_OK)
		return st;
	if (!bulla_bech32_decode(line, HRP, i.key.p, i.key.len, &n, &upper) ||
	    n != i.key.len || !upper) {
		st = add_pq(l, line, &i.key, err);
		goto out;
	}
	st = set_recipient(&i, err);
	if (st == BULLA_OK)
		st = grow(l, err);
	if (st != BULLA_OK)
		goto out;
	l->v[l->n++] = i;
	i.key = (struct bulla_secret){ 0 };	/* the list has it now */
out:
	bulla_secret_free(&i.key);
	return st;
}

enum bulla_status
bulla_identities_add_text(struct bulla_identities *l,
    const struct bulla_cur *text, struct bulla_err *err)
{
	size_t no = 0, before = l->n + l->n_pq;
	enum bulla_status st = BULLA_OK;
	struct bulla_cur rest = *text, line;

	while (st == BULLA_OK && rest.len > 0) {
		no++;
		/* The last line may lack its LF. */
		if (!bulla_cur_line(&rest, &line) &&
		    !bulla_cur_take(&rest, rest.len, &line))
			break;
		if (line.len == 0 || line.p[0] == '#')
			continue;
		st = add_line(l, &line, err);
	}
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "line %zu", no);
	if (l->n + l->n_pq == before)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "no AGE-SECRET-KEY-1... in it");
	return BULLA_OK;
}

enum bulla_status
bulla_identities_add_file(struct bulla_identities *l, const char *path,
    const struct bulla_ask *ask, struct bulla_err *err)
{
	struct bulla_secret s = { 0 };
	enum bulla_status st = bulla_keyfile_read(path, ask, &s, err);
	struct bulla_cur text;
	char shown[256];

	if (st == BULLA_OK) {
		text = bulla_secret_view(&s);
		st = bulla_identities_add_text(l, &text, err);
		if (st != BULLA_OK)
			st = bulla_wrap(err, st, "%s",
			    bulla_text_show_str(shown, sizeof(shown), path));
	}
	bulla_secret_free(&s);
	return st;
}

void
bulla_identities_free(struct bulla_identities *l)
{
	for (size_t i = 0; i < l->n; i++)
		bulla_secret_free(&l->v[i].key);
	free(l->v);
	*l = (struct bulla_identities){ 0 };
}
