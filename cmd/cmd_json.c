#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"

#include "bulla/enc.h"
#include "bulla/text.h"
#include "bulla/when.h"

struct cmd_json {
	json_t *obj;
	bool failed;
};

struct cmd_json *
cmd_json_new(void)
{
	struct cmd_json *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->obj = json_object();
	j->failed = j->obj == NULL;
	return j;
}

void
cmd_json_free(struct cmd_json *j)
{
	if (j == NULL)
		return;
	json_decref(j->obj);
	free(j);
}

/* Takes over v, which may be NULL when it could not be made. */
static void
set(struct cmd_json *j, const char *key, json_t *v)
{
	if (j == NULL)
		json_decref(v);
	else if (json_object_set_new(j->obj, key, v) != 0)
		j->failed = true;
}

static void
push(struct cmd_json *j, const char *key, json_t *v)
{
	json_t *list;

	if (j == NULL) {
		json_decref(v);
		return;
	}
	list = json_object_get(j->obj, key);
	if (list == NULL) {
		list = json_array();
		if (json_object_set_new(j->obj, key, list) != 0) {
			json_decref(v);
			j->failed = true;
			return;
		}
	}
	if (json_array_append_new(list, v) != 0)
		j->failed = true;
}

static json_t *
text(const struct bulla_cur *c)
{
	struct bulla_buf esc = BULLA_BUF_INIT(SIZE_MAX / 8);
	json_t *v = NULL;

	v = json_stringn(c->len > 0 ? (const char *)c->p : "", c->len);
	if (v != NULL)
		return v;
	bulla_text_escape(&esc, c);
	if (bulla_buf_status(&esc) == BULLA_OK)
		v = json_stringn((const char *)esc.p, esc.len);
	bulla_buf_free(&esc);
	return v;
}

void
cmd_json_cur(struct cmd_json *j, const char *key, const struct bulla_cur *v)
{
	set(j, key, text(v));
}

void
cmd_json_str(struct cmd_json *j, const char *key, const char *v)
{
	struct bulla_cur c = bulla_cur_str(v);

	set(j, key, text(&c));
}

void
cmd_json_hex(struct cmd_json *j, const char *key, const void *p, size_t n)
{
	struct bulla_buf b = BULLA_BUF_INIT(SIZE_MAX / 8);
	const char *s;

	bulla_hex_put(&b, p, n);
	s = bulla_buf_cstr(&b);
	set(j, key, s != NULL ? json_string(s) : NULL);
	bulla_buf_free(&b);
}

void
cmd_json_u64(struct cmd_json *j, const char *key, uint64_t v)
{
	set(j, key, v <= INT64_MAX ? json_integer((json_int_t)v) : NULL);
}

void
cmd_json_bool(struct cmd_json *j, const char *key, bool v)
{
	set(j, key, json_boolean(v));
}

void
cmd_json_when(struct cmd_json *j, const char *key, int64_t t)
{
	char s[BULLA_WHEN_LEN + 1];

	bulla_when_text(t, s);
	set(j, key, json_string(s));
}

void
cmd_json_null(struct cmd_json *j, const char *key)
{
	set(j, key, json_null());
}

void
cmd_json_push_cur(struct cmd_json *j, const char *key,
    const struct bulla_cur *v)
{
	push(j, key, text(v));
}

void
cmd_json_push_str(struct cmd_json *j, const char *key, const char *v)
{
	struct bulla_cur c = bulla_cur_str(v);

	push(j, key, text(&c));
}

/* The object inside v; what failed in v has failed in j. */
static json_t *
unwrap(struct cmd_json *j, struct cmd_json *v)
{
	json_t *obj = NULL;

	if (v != NULL && !v->failed)
		obj = json_incref(v->obj);
	else if (j != NULL)
		j->failed = true;
	cmd_json_free(v);
	return obj;
}

void
cmd_json_obj(struct cmd_json *j, const char *key, struct cmd_json *v)
{
	set(j, key, unwrap(j, v));
}

void
cmd_json_push_obj(struct cmd_json *j, const char *key, struct cmd_json *v)
{
	push(j, key, unwrap(j, v));
}

bool
cmd_json_write(FILE *to, struct cmd_json *j)
{
	bool ok = j != NULL && !j->failed;

	if (ok)
		ok = json_dumpf(j->obj, to,
		    JSON_COMPACT | JSON_ENSURE_ASCII) == 0 &&
		    putc('\n', to) != EOF && fflush(to) == 0;
	cmd_json_free(j);
	return ok;
}

int
cmd_json_print(const struct cmd *c, struct cmd_json *j, int code)
{
	if (cmd_json_write(c->common.data_out ? stderr : stdout, j))
		return code;
	fprintf(stderr, "%s: the result could not be written as JSON\n",
	    c->tool->name);
	return CMD_TROUBLE;
}
