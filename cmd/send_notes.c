#include <stdio.h>

#include "send_home.h"

#include "bulla/file.h"
#include "bulla/text.h"

static int
send_note(struct send_home *h, const char *path)
{
	const struct bulla_peer peer = { send_home_ask, h, h->url };
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_err err = { 0 };
	struct cmd_json *j;
	struct bulla_cur c;
	struct bulla_note n;
	enum bulla_status st = bulla_file_get(path, &b, &err);
	char shown[256];
	int code;

	c = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_note_parse(&c, &n, &err);
	if (st == BULLA_OK)
		st = bulla_exchange_tell(NULL, &peer, &c, &err);
	bulla_buf_free(&b);
	if (st != BULLA_OK)
		return cmd_fail(h->c, path, st, &err);
	if (!h->c->common.json) {
		printf("taken: %s\n", bulla_text_show_str(shown,
		    sizeof(shown), path));
		return CMD_YES;
	}
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "note", path);
	code = cmd_json_print(h->c, j, CMD_YES);
	return code;
}

int
send_notes(struct cmd *c, struct bulla_send_config *g,
    const char *const *path, size_t n)
{
	struct send_home h = { .c = c };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code = cmd_home_open(&h.m, c);

	if (code != CMD_YES)
		return code;
	st = bulla_send_init(&err);
	if (st == BULLA_OK)
		st = cmd_tls_connect(&h.tls, &h.m, true, g, &err);
	if (st == BULLA_OK)
		st = bulla_line_open(g, &h.line, &err);
	if (st != BULLA_OK)
		code = cmd_fail(c, NULL, st, &err);
	for (size_t i = 0; i < n && code == CMD_YES; i++)
		code = send_note(&h, path[i]);
	bulla_line_free(h.line);
	cmd_home_close(&h.m);
	return code;
}
