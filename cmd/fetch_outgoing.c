#include <stdio.h>
#include <string.h>

#include "fetch.h"

#include "bulla/text.h"
#include "bulla/tus.h"

bool
fetch_is_outgoing(const char *url)
{
	const char *at = strstr(url, "/outgoing/");
	struct bulla_tus_route r;
	struct bulla_cur c;

	if (at == NULL)
		return false;
	c = bulla_cur_str(at);
	bulla_tus_route(&c, &r);
	return r.place == BULLA_TUS_PARCEL;
}

/* "<64 hex>  <id>.bulla", as the inbox writes it; nothing else is shown. */
static bool
line_ok(const struct bulla_cur *line, struct bulla_cur *sum,
    struct bulla_tus_route *at)
{
	struct bulla_cur c = *line, path;
	char text[64];

	if (!bulla_cur_take(&c, 64, sum) || !bulla_cur_eat_str(&c, "  ") ||
	    c.len > 40)
		return false;
	for (size_t i = 0; i < sum->len; i++)
		if (strchr("0123456789abcdef", sum->p[i]) == NULL)
			return false;
	(void)snprintf(text, sizeof(text), "/outgoing/%.*s", (int)c.len,
	    (const char *)c.p);
	path = bulla_cur_str(text);
	bulla_tus_route(&path, at);
	return at->place == BULLA_TUS_PARCEL;
}

static enum bulla_status
show(struct cmd *c, const struct bulla_buf *body, struct bulla_err *err)
{
	struct bulla_cur all = bulla_buf_view(body), line, sum;
	struct bulla_tus_route at;
	struct cmd_json *j;

	while (bulla_cur_line(&all, &line)) {
		if (!line_ok(&line, &sum, &at))
			return bulla_fail(err, BULLA_E_FORMAT,
			    "what the inbox sent is no list of packages");
		if (!c->common.json) {
			printf("%.*s\n", (int)line.len,
			    (const char *)line.p);
			continue;
		}
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_json_str(j, "package", at.id);
		cmd_json_cur(j, "sha256", &sum);
		(void)cmd_json_print(c, j, CMD_YES);
	}
	return all.len == 0 ? BULLA_OK : bulla_fail(err, BULLA_E_INCOMPLETE,
	    "the list ends in the middle of a line");
}

int
fetch_list(struct fetch_check *k, struct bulla_send_config *g)
{
	const struct bulla_line_request q = { .path = "outgoing" };
	struct bulla_buf body = BULLA_BUF_INIT(BULLA_SEND_SMALL_MAX);
	struct bulla_line *line = NULL;
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_send_init(&err);
	unsigned status = 0;

	if (st == BULLA_OK)
		st = cmd_tls_connect(&k->tls, &k->home, true, g, &err);
	if (st == BULLA_OK)
		st = bulla_line_open(g, &line, &err);
	if (st == BULLA_OK)
		st = bulla_line_ask(line, &q, &status, &body, &err);
	if (st == BULLA_OK && status != 200)
		st = bulla_fail(&err, BULLA_E_REFUSED, "the inbox answered "
		    "%u: %s offers us nothing", status, status == 404 ?
		    "it" : "it refuses to say, and");
	if (st == BULLA_OK)
		st = show(k->c, &body, &err);
	bulla_line_free(line);
	bulla_buf_free(&body);
	return st == BULLA_OK ? CMD_YES : cmd_fail(k->c, g->url, st, &err);
}
