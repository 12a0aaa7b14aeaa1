#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trust.h"

#include "bulla/enc.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define DATE 10		/* characters: 2026-11-22 */

/* Text into a column of a table of 80: cut, padded, harmless. */
static void
column(const struct bulla_cur *text, size_t width)
{
	char shown[64];
	struct bulla_cur c;
	uint32_t cp;
	size_t n = 0;

	bulla_text_show(shown, width + 1, text);
	c = bulla_cur_str(shown);
	while (bulla_utf8_next(&c, &cp))
		n++;
	printf("%s%*s", shown, (int)(width > n ? width - n : 0), "");
}

static void
who(const char *role, const struct bulla_vkey *key,
    const struct bulla_cur *person)
{
	struct bulla_cur name = bulla_cur_str(key->name);
	char id[2 * BULLA_KEYID_LEN + 1];

	bulla_hex(id, key->id, BULLA_KEYID_LEN);
	printf("%-9s ", role);
	column(&name, 24);
	printf(" %s ", id);
	column(person, 13);
}

static void
date(int64_t t)
{
	char text[BULLA_WHEN_LEN + 1];

	bulla_when_text(t, text);
	printf(" %.*s", DATE, text);
}

/* The end of a suspended key, in words, or NULL. */
static const char *
state_of(const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_vkey *key, int64_t now, struct bulla_err *err)
{
	enum bulla_status st;

	if (t == NULL)
		return NULL;
	st = bulla_trust_judge(t, side, key, ~0u, now, err);
	return st == BULLA_OK ? NULL : err->msg;
}

static void
show_keys(const struct trust_cmd *k, const struct bulla_roster *r,
    const struct bulla_trust *t, enum bulla_side side)
{
	printf("\n%-9s %-24s %-8s %-13s %-10s %s\n", "role", "key", "id",
	    "person", "from", "until");
	for (size_t i = 0; i < r->n_roots; i++) {
		who("root", &r->root[i].key, &r->root[i].person);
		printf("\n");
	}
	for (size_t i = 0; i < r->n_keys; i++) {
		const struct bulla_roster_key *key = &r->key[i];
		struct bulla_err err = { 0 };
		const char *state;

		who(bulla_role_name(key->role), &key->key, &key->person);
		date(key->from);
		date(key->until);
		printf("\n");
		state = state_of(t, side, &key->key, k->now, &err);
		if (state != NULL)
			printf("          ! %s\n", state);
	}
}

static void
show_rest(const struct trust_cmd *k, const struct bulla_roster *r)
{
	char hex[65], ends[BULLA_WHEN_ENDS_LEN];

	for (size_t i = 0; i < r->n_ages; i++)
		printf("%sage %.*s\n  %.*s\n", i == 0 ? "\n" : "",
		    (int)r->age[i].name.len, (const char *)r->age[i].name.p,
		    (int)r->age[i].recipient.len,
		    (const char *)r->age[i].recipient.p);
	for (size_t i = 0; i < r->n_tls; i++) {
		bulla_hex(hex, r->tls[i].spki, 32);
		printf("%stls from", i == 0 ? "\n" : "");
		date(r->tls[i].from);
		printf(" until");
		date(r->tls[i].until);
		printf("\n  %s\n", hex);
		if (bulla_when_ends(r->tls[i].until, k->now, ends))
			printf("          ! %s\n", ends);
	}
	for (size_t i = 0; i < r->n_lifts; i++) {
		bulla_hex(hex, r->lift[i], 32);
		printf("%slifted suspension\n  %s\n", i == 0 ? "\n" : "",
		    hex);
	}
}

static unsigned
signers(const struct trust_file *f, struct bulla_err *err)
{
	struct bulla_cur note = bulla_buf_view(&f->note);
	unsigned n = 0;

	return bulla_trust_signers(&note, f->r, &n, err) == BULLA_OK ? n : 0;
}

static void
show_text(const struct trust_cmd *k, const char *what,
    const struct trust_file *f, const struct bulla_trust *t,
    enum bulla_side side)
{
	char issued[BULLA_WHEN_LEN + 1], expires[BULLA_WHEN_LEN + 1];
	char fp[BULLA_FINGERPRINT_TEXT], ends[BULLA_WHEN_ENDS_LEN];
	struct bulla_err err = { 0 };
	unsigned n = signers(f, &err);

	bulla_when_text(f->r->issued, issued);
	bulla_when_text(f->r->expires, expires);
	bulla_fingerprint_text(f->digest, fp);
	printf("%s: %.*s version %" PRIu64 "\nissued %s, expires %s%s\n",
	    what, (int)f->r->side.len, (const char *)f->r->side.p,
	    f->r->version, issued, expires, k->now >= f->r->expires ?
	    " (EXPIRED)" : "");
	if (bulla_when_ends(f->r->expires, k->now, ends))
		printf("! it %s\n", ends);
	if (err.st != BULLA_OK)
		printf("SIGNATURES: %s\n", err.msg);
	else
		printf("signed by %u of its root persons, threshold %u\n", n,
		    f->r->threshold);
	printf("%s", fp);
	show_keys(k, f->r, t, side);
	show_rest(k, f->r);
}

static struct cmd_json *
json_key(const char *role, const struct bulla_vkey *key,
    const struct bulla_cur *person)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_VKEY_MAX);
	struct cmd_json *j = cmd_json_new();
	struct bulla_cur vkey;

	bulla_vkey_put(&b, key);
	vkey = bulla_buf_view(&b);
	cmd_json_str(j, "role", role);
	cmd_json_cur(j, "key", &vkey);
	if (person->len > 0)
		cmd_json_cur(j, "person", person);
	else
		cmd_json_null(j, "person");
	bulla_buf_free(&b);
	return j;
}

static void
json_keys(const struct trust_cmd *k, struct cmd_json *j,
    const struct bulla_roster *r, const struct bulla_trust *t,
    enum bulla_side side)
{
	for (size_t i = 0; i < r->n_roots; i++)
		cmd_json_push_obj(j, "keys", json_key("root",
		    &r->root[i].key, &r->root[i].person));
	for (size_t i = 0; i < r->n_keys; i++) {
		const struct bulla_roster_key *key = &r->key[i];
		struct cmd_json *o = json_key(bulla_role_name(key->role),
		    &key->key, &key->person);
		struct bulla_err err = { 0 };
		const char *state = state_of(t, side, &key->key, k->now,
		    &err);

		cmd_json_when(o, "from", key->from);
		cmd_json_when(o, "until", key->until);
		if (t != NULL && state == NULL)
			cmd_json_bool(o, "good", true);
		if (state != NULL) {
			cmd_json_bool(o, "good", false);
			cmd_json_str(o, "why", state);
		}
		cmd_json_push_obj(j, "keys", o);
	}
}

static void
json_rest(struct cmd_json *j, const struct bulla_roster *r)
{
	char hex[65];

	for (size_t i = 0; i < r->n_ages; i++) {
		struct cmd_json *o = cmd_json_new();

		cmd_json_cur(o, "name", &r->age[i].name);
		cmd_json_cur(o, "recipient", &r->age[i].recipient);
		cmd_json_push_obj(j, "age", o);
	}
	for (size_t i = 0; i < r->n_tls; i++) {
		struct cmd_json *o = cmd_json_new();

		cmd_json_hex(o, "spki", r->tls[i].spki, 32);
		cmd_json_when(o, "from", r->tls[i].from);
		cmd_json_when(o, "until", r->tls[i].until);
		cmd_json_push_obj(j, "tls", o);
	}
	for (size_t i = 0; i < r->n_lifts; i++) {
		bulla_hex(hex, r->lift[i], 32);
		cmd_json_push_str(j, "lift", hex);
	}
}

/* Suspensions that lost their effect must not do so silently. */
static void
json_skipped(struct cmd_json *j, const struct bulla_trust *t)
{
	struct bulla_cur all = bulla_trust_skipped(t), line;

	while (bulla_cur_line(&all, &line))
		cmd_json_push_cur(j, "skipped", &line);
}

static void
tell_skipped(struct trust_cmd *k, const struct bulla_trust *t)
{
	struct bulla_cur all = bulla_trust_skipped(t), line;

	while (!k->told && bulla_cur_line(&all, &line))
		fprintf(stderr, "%s: %.*s\n", k->c.tool->name, (int)line.len,
		    (const char *)line.p);
	k->told = true;
}

static int
show_json(const struct trust_cmd *k, const char *what,
    const struct trust_file *f, const struct bulla_trust *t,
    enum bulla_side side)
{
	struct cmd_json *j = cmd_json_new();
	struct bulla_err err = { 0 };
	unsigned n = signers(f, &err);

	cmd_json_bool(j, "ok", err.st == BULLA_OK);
	cmd_json_str(j, "roster", what);
	cmd_json_cur(j, "side", &f->r->side);
	cmd_json_u64(j, "version", f->r->version);
	cmd_json_when(j, "issued", f->r->issued);
	cmd_json_when(j, "expires", f->r->expires);
	cmd_json_hex(j, "fingerprint", f->digest, 32);
	cmd_json_u64(j, "threshold", f->r->threshold);
	cmd_json_u64(j, "signed", n);
	json_keys(k, j, f->r, t, side);
	json_rest(j, f->r);
	if (t != NULL)
		json_skipped(j, t);
	return cmd_json_print(&k->c, j, CMD_YES);
}

/* A file that is not in force is judged by nobody: t is NULL. */
static int
show(struct trust_cmd *k, const char *what, const struct trust_file *f)
{
	enum bulla_side side = strcmp(what, "ours") == 0 ? BULLA_OURS :
	    BULLA_THEIRS;
	bool home = side == BULLA_OURS || strcmp(what, "theirs") == 0;
	struct bulla_trust *t = NULL;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	char shown[64];
	int code = CMD_YES;

	if (home) {
		st = bulla_trust_load(cmd_home(&k->c), &t, &err);
		if (st != BULLA_OK)
			return cmd_fail(&k->c, NULL, st, &err);
	}
	bulla_text_show_str(shown, sizeof(shown), what);
	if (k->c.common.json)
		code = show_json(k, shown, f, t, side);
	else
		show_text(k, shown, f, t, side);
	if (t != NULL)
		tell_skipped(k, t);
	bulla_trust_free(t);
	return code;
}

int
trust_show(struct trust_cmd *k)
{
	const char *what = cmd_operand(&k->c);
	struct trust_file f = TRUST_FILE_INIT, theirs = TRUST_FILE_INIT;
	int code;

	if (k->c.argc > 0)
		return cmd_usage(&k->c, "show takes ours, theirs or one FILE");
	code = trust_file_read(k, what != NULL ? what : "ours", &f);
	if (code == CMD_YES)
		code = show(k, what != NULL ? what : "ours", &f);
	if (code == CMD_YES && what == NULL)
		code = trust_file_of(k, BULLA_THEIRS, &theirs);
	if (code == CMD_YES && theirs.r != NULL) {
		if (!k->c.common.json)
			printf("\n");
		code = show(k, "theirs", &theirs);
	}
	trust_file_free(&f);
	trust_file_free(&theirs);
	return code;
}

int
trust_fingerprint(struct trust_cmd *k)
{
	const char *what = cmd_operand(&k->c);
	struct trust_file f = TRUST_FILE_INIT;
	char fp[BULLA_FINGERPRINT_TEXT];
	int code;

	if (k->c.argc > 0)
		return cmd_usage(&k->c, "fingerprint takes ours, theirs or "
		    "one FILE");
	code = trust_file_read(k, what != NULL ? what : "ours", &f);
	if (code == CMD_YES && k->c.common.json) {
		code = trust_report(k, "fingerprint", &f);
	} else if (code == CMD_YES) {
		bulla_fingerprint_text(f.digest, fp);
		printf("%s", fp);
	}
	trust_file_free(&f);
	return code;
}
