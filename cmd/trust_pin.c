#include <stdio.h>
#include <string.h>

#include "trust.h"

#include "bulla/file.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define TYPED_MAX 512u	/* bytes of a fingerprint as somebody types it */

/*
 * What was read out is typed, never shown to be confirmed: who only has to
 * say yes will say yes.
 */
static int
type_fingerprint(struct trust_cmd *k, const struct trust_file *f,
    uint8_t out[32])
{
	struct bulla_buf text = BULLA_BUF_INIT(TYPED_MAX);
	FILE *tty = fopen("/dev/tty", "r+e");
	struct bulla_cur c = { 0 };
	int code = CMD_YES;
	char line[256];

	if (tty == NULL)
		return cmd_usage(&k->c, "the first roster of a counterpart "
		    "needs its fingerprint: --fingerprint TEXT, as they read "
		    "it out");
	fprintf(tty, "The fingerprint of the roster of %.*s, as they read it "
	    "out\n(64 digits, spaces and lines as you like):\n",
	    (int)f->r->side.len, (const char *)f->r->side.p);
	/* between writing and reading, as the C standard wants it */
	(void)fseek(tty, 0, SEEK_CUR);
	while (code == CMD_YES && !bulla_fingerprint_parse(&c, out)) {
		if (fgets(line, sizeof(line), tty) == NULL || line[0] == '\n')
			code = cmd_usage(&k->c, "that is no fingerprint of "
			    "64 hex digits");
		else
			bulla_buf_str(&text, line);
		if (bulla_buf_status(&text) != BULLA_OK)
			code = cmd_usage(&k->c, "that is too long for a "
			    "fingerprint");
		c = bulla_buf_view(&text);
	}
	bulla_buf_free(&text);
	(void)fclose(tty);
	return code;
}

static int
fingerprint_for(struct trust_cmd *k, const struct trust_file *f,
    uint8_t out[32])
{
	struct bulla_cur c;

	if (k->fingerprint == NULL)
		return type_fingerprint(k, f, out);
	c = bulla_cur_str(k->fingerprint);
	if (bulla_fingerprint_parse(&c, out))
		return CMD_YES;
	return cmd_usage(&k->c, "--fingerprint: not 64 hex digits");
}

/* Ours by its side's name; in a home without one it must be said. */
static int
pin_roster(struct trust_cmd *k, const char *path, struct trust_file *f)
{
	struct trust_file ours = TRUST_FILE_INIT, theirs = TRUST_FILE_INIT;
	enum bulla_side side = BULLA_THEIRS;
	uint8_t fp[32];
	bool given = false;
	int code;

	code = trust_file_of(k, BULLA_OURS, &ours);
	if (code == CMD_YES && ours.r == NULL && !k->ours)
		code = cmd_usage(&k->c, "this home has no roster of its own: "
		    "bulla-trust init, or --ours if %s is to be it", path);
	if (code == CMD_YES && (ours.r == NULL ||
	    bulla_cur_same(&ours.r->side, &f->r->side)))
		side = BULLA_OURS;
	if (code == CMD_YES && k->ours && side != BULLA_OURS)
		code = cmd_usage(&k->c, "--ours: this is a roster of %.*s",
		    (int)f->r->side.len, (const char *)f->r->side.p);
	if (code == CMD_YES && side == BULLA_THEIRS)
		code = trust_file_of(k, side, &theirs);
	if (code == CMD_YES && (k->fingerprint != NULL ||
	    (side == BULLA_THEIRS && theirs.r == NULL &&
	    f->r->version == 1))) {
		code = fingerprint_for(k, f, fp);
		given = true;
	}
	if (code == CMD_YES)
		code = trust_take(k, side, f, given ? fp : NULL);
	if (code == CMD_YES)
		code = trust_report(k, "pinned", f);
	trust_file_free(&ours);
	trust_file_free(&theirs);
	return code;
}

int
trust_take_suspension(struct trust_cmd *k, const struct bulla_buf *note)
{
	struct bulla_cur c = bulla_buf_view(note);
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct bulla_note n;

	if (cmd_home(&k->c) == NULL)
		return cmd_usage(&k->c, "where is the home? --home DIR");
	st = bulla_trust_suspend(cmd_home(&k->c), &c, k->now, &err);
	if (st == BULLA_OK)
		st = bulla_note_parse(&c, &n, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	bulla_sha256(n.text.p, n.text.len, digest);
	return trust_record_kept(k, BULLA_BOTH, digest);
}

int
trust_report_suspension(struct trust_cmd *k, const struct bulla_suspend *s)
{
	char since[BULLA_WHEN_LEN + 1];
	struct cmd_json *j;

	bulla_when_text(s->time, since);
	if (!k->c.common.json) {
		printf("suspended %s since %s\n", s->key.name, since);
		return CMD_YES;
	}
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "done", "suspended");
	cmd_json_str(j, "key", s->key.name);
	cmd_json_when(j, "since", s->time);
	return cmd_json_print(&k->c, j, CMD_YES);
}

static int
pin(struct trust_cmd *k, const char *path)
{
	struct trust_file f = TRUST_FILE_INIT;
	struct bulla_err err = { 0 };
	struct bulla_suspend s;
	struct bulla_note n;
	struct bulla_cur c;
	enum bulla_status st;
	int code;

	st = bulla_file_get(path, &f.note, &err);
	c = bulla_buf_view(&f.note);
	if (st == BULLA_OK && bulla_cur_starts(&c, "bulla suspend ")) {
		st = bulla_note_parse(&c, &n, &err);
		if (st == BULLA_OK)
			st = bulla_suspend_parse(&n.text, &s, &err);
		code = st == BULLA_OK ? trust_take_suspension(k, &f.note) :
		    cmd_fail(&k->c, path, st, &err);
		if (code == CMD_YES)
			code = trust_report_suspension(k, &s);
	} else if (st == BULLA_OK) {
		st = trust_file_parse(&f, &err);
		code = st == BULLA_OK ? pin_roster(k, path, &f) :
		    cmd_fail(&k->c, path, st, &err);
	} else {
		code = cmd_fail(&k->c, NULL, st, &err);
	}
	trust_file_free(&f);
	return code;
}

int
trust_pin(struct trust_cmd *k)
{
	const char *path = cmd_operand(&k->c);
	int code = CMD_YES;

	if (path == NULL)
		return cmd_usage(&k->c, "pin takes the files to take in");
	for (; path != NULL && code == CMD_YES; path = cmd_operand(&k->c))
		code = pin(k, path);
	return code;
}
