#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "request.h"

#include "bulla/file.h"
#include "bulla/stix.h"
#include "bulla/text.h"

#define NOTICE_MAX (1u << 20)	/* bytes */
#define NAME_CAP 200u		/* bytes of a file's name */
#define LINES_MAX (1u << 18)	/* bytes of what is wrong */

static bool
ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Each problem on a line of its own, for people and for programs. */
static int
tell(struct request_cmd *k, const char *path, enum bulla_status st,
    const struct bulla_buf *problems, const struct bulla_err *err)
{
	struct bulla_cur all = bulla_buf_view(problems), line;
	const char *home = k->c.tool->name;
	struct cmd_json *j;

	if (all.len == 0)
		return cmd_fail(&k->c, path, st, err);
	if (k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", false);
		cmd_json_str(j, "status", bulla_status_name(st));
		cmd_json_str(j, "message", err->msg);
		while (bulla_cur_line(&all, &line))
			cmd_json_push_cur(j, "problems", &line);
		return cmd_json_print(&k->c, j, CMD_NO);
	}
	while (bulla_cur_line(&all, &line))
		fprintf(stderr, "%s: %.*s\n", home, (int)line.len,
		    (const char *)line.p);
	return CMD_NO;
}

static int
check_bundle(struct request_cmd *k, const char *path,
    const struct bulla_cur *json)
{
	struct bulla_buf problems = BULLA_BUF_INIT(LINES_MAX);
	struct bulla_err err = { 0 };
	struct bulla_stix s;
	enum bulla_status st;
	int code = CMD_YES;

	st = bulla_stix_check(json, NULL, 0, &problems, &s, &err);
	if (st != BULLA_OK)
		code = tell(k, path, st, &problems, &err);
	else if (k->check && !k->c.common.quiet && !k->c.common.json)
		printf("ok %s: %zu objects, %zu of them indicators\n", s.id,
		    s.objects, s.indicators);
	bulla_buf_free(&problems);
	return code;
}

/* A notice is text that can be shown as it is. */
static int
check_notice(struct request_cmd *k, const char *path,
    const struct bulla_cur *text)
{
	struct bulla_err err = { 0 };

	if (bulla_text_is_lines(text))
		return CMD_YES;
	(void)bulla_fail(&err, BULLA_E_FORMAT, "a notice is lines of plain "
	    "text in UTF-8, each ended by a line feed: take out tabs, "
	    "control characters and empty text");
	return cmd_fail(&k->c, path, BULLA_E_FORMAT, &err);
}

/*
 * What is sealed are the bytes that were checked: they go into a directory of
 * our own, and are packed from there.
 */
static int
seal(struct request_cmd *k, const char *kind, const char *name,
    const struct bulla_buf *b)
{
	const struct request_seal s = { .kind = kind, .ref = k->ref,
	    .exercise = k->exercise };
	struct request_scratch file = { .lock = -1 };
	int code = request_scratch(k, name, b, &file);

	k->attach[k->n_attach++] = file.file;
	if (code == CMD_YES)
		code = request_seal(k, &s);
	request_scratch_end(&file);
	return code;
}

static int
check_usage(struct request_cmd *k, const char *path, const char *end)
{
	const struct bulla_cur ref = bulla_cur_str(k->ref != NULL ? k->ref :
	    "");
	const char *name = path != NULL ? base_name(path) : "";

	if (path == NULL || k->c.argc > 0)
		return cmd_usage(&k->c, "which FILE? One, whose name ends in "
		    "%s", end);
	if (k->n_attach > 0 || k->n_fields > 0 || k->type != NULL)
		return cmd_usage(&k->c, "-a, -F and --type are for documents");
	if (!ends_in(name, end) || strlen(name) > NAME_CAP || name[0] == '.')
		return cmd_usage(&k->c, "the file's name must end in %s, as "
		    "the other side looks for it", end);
	if (k->ref != NULL && !bulla_id_ok(&ref))
		return cmd_usage(&k->c, "--ref: the id of a request is 32 hex "
		    "digits");
	return CMD_YES;
}

/* A kind of package with one file that has a form of its own. */
struct form {
	const char *kind, *end;
	size_t max;
	int (*check)(struct request_cmd *k, const char *path,
	    const struct bulla_cur *bytes);
};

static int
run(struct request_cmd *k, const struct form *f)
{
	const char *path = cmd_operand(&k->c);
	struct bulla_buf b = BULLA_BUF_INIT(f->max);
	struct bulla_err err = { 0 };
	struct bulla_cur bytes;
	int code;
	enum bulla_status st = BULLA_OK;

	if (path == NULL && !k->check)
		return request_listing(k, f->kind);
	code = check_usage(k, path, f->end);
	if (code == CMD_YES)
		st = bulla_file_get(path, &b, &err);
	if (st != BULLA_OK)
		code = cmd_fail(&k->c, NULL, st, &err);
	bytes = bulla_buf_view(&b);
	if (code == CMD_YES)
		code = f->check(k, path, &bytes);
	if (code == CMD_YES && !k->check) {
		code = request_home(k);
		if (code == CMD_YES)
			code = seal(k, f->kind, base_name(path), &b);
	}
	bulla_buf_free(&b);
	return code;
}

int
request_indicators(struct request_cmd *k)
{
	static const struct form f = { "indicators", ".json", BULLA_STIX_MAX,
	    check_bundle };

	return run(k, &f);
}

int
request_notice(struct request_cmd *k)
{
	static const struct form f = { "notice", ".txt", NOTICE_MAX,
	    check_notice };

	return run(k, &f);
}
