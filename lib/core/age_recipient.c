#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/text.h"
#include "core/age_int.h"

#define FILE_MAX (1024u * 1024u)	/* bytes of a file of recipients */

/* Somebody's secret key in the wrong place must not reach a log. */
static bool
looks_secret(const struct bulla_cur *text)
{
	static const char prefix[] = "AGE-SECRET-KEY-";

	return text->len >= sizeof(prefix) - 1 &&
	    strncasecmp((const char *)text->p, prefix,
		sizeof(prefix) - 1) == 0;
}

static enum bulla_status
parse(const struct bulla_cur *text, struct bulla_recipient *out,
    struct bulla_err *err)
{
	uint8_t pq[AGE_PQ_PUB];
	char shown[128];
	size_t n;
	bool upper;

	if (bulla_bech32_decode(text, "age", out->pub, sizeof(out->pub), &n,
	    &upper) && n == sizeof(out->pub) && !upper &&
	    text->len < sizeof(out->text)) {
		memcpy(out->text, text->p, text->len);
		out->text[text->len] = '\0';
		return BULLA_OK;
	}
	if (bulla_bech32_decode(text, "age1pq", pq, sizeof(pq), &n,
	    &upper) && n == sizeof(pq) && !upper)
		return bulla_fail(err, BULLA_E_UNSUPPORTED, AGE_NEEDS_PQ);
	if (looks_secret(text))
		return bulla_fail(err, BULLA_E_FORMAT, "this is a secret "
		    "key, not a recipient; the recipient is the age1... of "
		    "its \"# public key:\" line");
	return bulla_fail(err, BULLA_E_FORMAT, "\"%s\" is not an age "
	    "recipient (age1 and 58 more lower-case characters)",
	    bulla_text_show(shown, sizeof(shown), text));
}

static enum bulla_status
grow(struct bulla_recipients *l, struct bulla_err *err)
{
	size_t cap = l->cap == 0 ? 4 : 2 * l->cap;
	struct bulla_recipient *v;

	if (l->n == BULLA_AGE_STANZAS_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "more than %u recipients", BULLA_AGE_STANZAS_MAX);
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
add(struct bulla_recipients *l, const struct bulla_cur *text,
    struct bulla_err *err)
{
	struct bulla_recipient r = { 0 };
	enum bulla_status st = parse(text, &r, err);

	if (st == BULLA_OK)
		st = grow(l, err);
	if (st != BULLA_OK)
		return st;
	for (size_t i = 0; i < l->n; i++)
		if (memcmp(l->v[i].pub, r.pub, sizeof(r.pub)) == 0)
			return bulla_fail(err, BULLA_E_USAGE,
			    "recipient %s is given twice", r.text);
	l->v[l->n++] = r;
	return BULLA_OK;
}

enum bulla_status
bulla_recipients_add(struct bulla_recipients *l, const char *text,
    struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(text);

	return add(l, &c, err);
}

static enum bulla_status
add_lines(struct bulla_recipients *l, struct bulla_cur text,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	struct bulla_cur line;
	size_t no = 0, before = l->n;

	while (st == BULLA_OK && text.len > 0) {
		no++;
		/* The last line may lack its LF. */
		if (!bulla_cur_line(&text, &line) &&
		    !bulla_cur_take(&text, text.len, &line))
			break;
		if (line.len == 0 || line.p[0] == '#')
			continue;
		st = add(l, &line, err);
	}
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "line %zu", no);
	if (l->n == before)
		return bulla_fail(err, BULLA_E_FORMAT, "no recipient in it");
	return BULLA_OK;
}

enum bulla_status
bulla_recipients_add_file(struct bulla_recipients *l, const char *path,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(FILE_MAX);
	enum bulla_status st = bulla_file_get(path, &b, err);
	char shown[256];

	if (st == BULLA_OK) {
		st = add_lines(l, bulla_buf_view(&b), err);
		if (st != BULLA_OK)
			st = bulla_wrap(err, st, "%s",
			    bulla_text_show_str(shown, sizeof(shown),
			    strcmp(path, "-") == 0 ? "standard input" : path));
	}
	bulla_buf_free(&b);
	return st;
}

void
bulla_recipients_free(struct bulla_recipients *l)
{
	free(l->v);
	*l = (struct bulla_recipients){ 0 };
}
