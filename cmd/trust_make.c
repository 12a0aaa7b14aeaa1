#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trust.h"

#include "bulla/home.h"

int
trust_make(struct trust_cmd *k, const struct bulla_roster *r,
    struct trust_file *f)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_err err = { 0 };
	struct bulla_cur c;
	enum bulla_status st;

	bulla_roster_put(&text, r);
	c = bulla_buf_view(&text);
	st = bulla_buf_status(&text);
	if (st == BULLA_OK)
		st = bulla_note_sign(&c, k->signer, k->n_signers, &f->note,
		    &err);
	if (st == BULLA_OK)
		st = trust_file_parse(f, &err);
	bulla_buf_free(&text);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, "this roster", st,
	    &err);
}

static int
trust_record(struct trust_cmd *k, const struct bulla_cur *note)
{
	const char *home = cmd_home(&k->c);
	struct bulla_home h = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;

	st = bulla_home_open(home, &k->c.ask, &h, &err);
	if (st == BULLA_OK) {
		st = bulla_home_record(&h, note, 1, &err);
		bulla_home_close(&h);
	}
	if (st == BULLA_OK)
		return CMD_YES;
	bulla_wrap(&err, st, "in force, but not recorded in the ledger (do it "
	    "again)");
	return cmd_fail(&k->c, NULL, st, &err);
}

/* As it is kept: what came may have lines below it that nobody verified. */
int
trust_record_kept(struct trust_cmd *k, enum bulla_side side,
    const uint8_t *suspension)
{
	struct bulla_trust *t = NULL;
	struct bulla_err err = { 0 };
	struct bulla_cur note;
	enum bulla_status st = bulla_trust_load(cmd_home(&k->c), &t, &err);
	int code;

	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	note = suspension != NULL ? bulla_trust_suspension(t, suspension) :
	    bulla_trust_note(t, side);
	code = trust_record(k, &note);
	bulla_trust_free(t);
	return code;
}

int
trust_take(struct trust_cmd *k, enum bulla_side side,
    const struct trust_file *f, const uint8_t *fingerprint)
{
	struct bulla_cur note = bulla_buf_view(&f->note);
	struct bulla_err err = { 0 };
	enum bulla_status st;

	st = bulla_trust_take(cmd_home(&k->c), side, &note, fingerprint,
	    k->now, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	return trust_record_kept(k, side, NULL);
}

int
trust_report(struct trust_cmd *k, const char *done,
    const struct trust_file *f)
{
	char fp[BULLA_FINGERPRINT_TEXT];
	struct cmd_json *j;

	if (k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_json_str(j, "done", done);
		cmd_json_cur(j, "side", &f->r->side);
		cmd_json_u64(j, "version", f->r->version);
		cmd_json_hex(j, "fingerprint", f->digest, 32);
		return cmd_json_print(&k->c, j, CMD_YES);
	}
	bulla_fingerprint_text(f->digest, fp);
	printf("%s %.*s version %" PRIu64 "\n%s", done, (int)f->r->side.len,
	    (const char *)f->r->side.p, f->r->version, fp);
	return CMD_YES;
}
