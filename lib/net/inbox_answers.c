#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "inbox_int.h"

#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/file.h"

/*
 * HOME/answers/<client>/<sha256>: a few fields, an empty line, and the note
 * ("note", or "reject"), or the reason of a refusal without one.
 */
#define ANSWER_TYPE "bulla answer v1"
#define ANSWER_MAX (65536u + 4096u)

static void
path_of(char *out, size_t cap, const struct bulla_inbox *ib,
    const struct bulla_inbox_client *who, const uint8_t *sha256)
{
	char hex[65] = "";

	if (sha256 != NULL)
		bulla_hex(hex, sha256, 32);
	(void)snprintf(out, cap, "%s/answers/%s/%s", ib->cfg.home, who->hex,
	    hex);
}

enum bulla_status
answer_put(struct bulla_inbox *ib, const struct bulla_inbox_client *who,
    const uint8_t sha256[32], const struct answer *a, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(ANSWER_MAX);
	struct bulla_cur body = bulla_buf_view(&a->body);
	enum bulla_status st;
	char path[4096];

	bulla_buf_str(&b, ANSWER_TYPE "\n");
	bulla_field_put_u64(&b, "length", a->length);
	bulla_field_put_str(&b, "body", a->refused ? "reason" :
	    a->rejected ? "reject" : "note");
	bulla_buf_str(&b, "\n");
	bulla_buf_cur(&b, &body);
	st = bulla_buf_status(&b);
	if (st != BULLA_OK) {
		st = bulla_fail(err, st, "the answer is too long");
		goto out;
	}
	path_of(path, sizeof(path), ib, who, NULL);
	st = bulla_dir_make(path, 0700, err);
	if (st != BULLA_OK)
		goto out;
	path_of(path, sizeof(path), ib, who, sha256);
	st = bulla_file_put(path, b.p, b.len, 0600, true, err);
out:
	bulla_buf_free(&b);
	return st;
}

static enum bulla_status
parse(const struct bulla_cur *text, struct answer *a, struct bulla_err *err)
{
	struct bulla_cur body;
	struct bulla_fields f;
	enum bulla_status st;

	st = bulla_fields_begin(&f, text, ANSWER_TYPE, err);
	if (st == BULLA_OK)
		st = bulla_field_u64(&f, "length", BULLA_TUS_SIZE_MAX,
		    &a->length, err);
	if (st == BULLA_OK)
		st = bulla_field_take(&f, "body", &body, err);
	if (st != BULLA_OK)
		return st;
	a->rejected = bulla_cur_is(&body, "reject");
	a->refused = !a->rejected && !bulla_cur_is(&body, "note");
	if (!bulla_cur_eat_str(&f.c, "\n"))
		return bulla_fail(err, BULLA_E_FORMAT, "no empty line");
	bulla_buf_cur(&a->body, &f.c);
	return bulla_buf_status(&a->body);
}

enum bulla_status
answer_get(struct bulla_inbox *ib, const struct bulla_inbox_client *who,
    const uint8_t sha256[32], struct answer *a, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(ANSWER_MAX);
	struct bulla_err why = { 0 };
	struct bulla_cur text;
	enum bulla_status st;
	char path[4096];

	*a = (struct answer){ .body = BULLA_BUF_INIT(ANSWER_MAX) };
	path_of(path, sizeof(path), ib, who, sha256);
	st = bulla_file_get(path, &b, &why);
	if (st == BULLA_E_IO && why.sys_errno == ENOENT) {
		st = bulla_fail(err, BULLA_E_NOMATCH, "no answer yet");
	} else if (st == BULLA_OK) {
		text = bulla_buf_view(&b);
		st = parse(&text, a, &why);
	}
	if (st != BULLA_OK) {
		bulla_buf_free(&a->body);
		if (st != BULLA_E_NOMATCH && err != NULL)
			*err = why;
	}
	bulla_buf_free(&b);
	return st;
}
