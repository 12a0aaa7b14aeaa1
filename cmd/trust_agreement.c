#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trust_agreement.h"

#include "bulla/file.h"
#include "bulla/text.h"
#include "bulla/when.h"

static int
work_open(struct trust_agreement *w)
{
	const char *home = cmd_home(&w->k->c);
	struct bulla_err err = { 0 };
	uint8_t digest[BULLA_SHA256_LEN];
	enum bulla_status st;

	if (home == NULL)
		return cmd_usage(&w->k->c, "where is the home? --home DIR");
	st = bulla_home_open(home, &w->k->c.ask, &w->h, &err);
	if (st != BULLA_OK)
		return cmd_fail(&w->k->c, home, st, &err);
	if (w->h.trust == NULL || bulla_trust_roster(w->h.trust, BULLA_THEIRS,
	    digest) == NULL)
		return cmd_usage(&w->k->c, "an agreement is between two "
		    "sides: this home needs the rosters of both (bulla-trust "
		    "init, pin)");
	st = bulla_agreements_load(home, w->h.trust, &w->have, &err);
	if (st == BULLA_OK && w->have.lapsed[0] != '\0')
		cmd_say(&w->k->c, "not used: %s", w->have.lapsed);
	if (st == BULLA_OK && w->have.damaged[0] != '\0')
		cmd_say(&w->k->c, "%s", w->have.damaged);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&w->k->c, home, st, &err);
}

int
trust_agreement_read(struct trust_agreement *w, const char *path)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_file_get(path, &w->in, &err);

	return st == BULLA_OK ? CMD_YES : cmd_fail(&w->k->c, NULL, st, &err);
}

/* Version, sides and time of the one that comes next. */
static int
next_head(struct trust_agreement *w, struct bulla_agreement *a)
{
	const struct bulla_agreement_kept *last = w->have.n > 0 ?
	    &w->have.v[w->have.n - 1] : NULL;
	const struct bulla_roster *ours, *theirs;
	uint8_t digest[BULLA_SHA256_LEN];
	int code = CMD_YES, first;

	ours = bulla_trust_roster(w->h.trust, BULLA_OURS, digest);
	theirs = bulla_trust_roster(w->h.trust, BULLA_THEIRS, digest);
	first = bulla_cur_cmp(&ours->side, &theirs->side) < 0 ? 0 : 1;
	a->side[first] = ours->side;
	a->side[1 - first] = theirs->side;
	a->version = w->have.n + 1;
	a->has_previous = last != NULL;
	if (last != NULL)
		memcpy(a->previous, last->digest, sizeof(a->previous));
	a->from = w->k->now;
	if (w->k->from != NULL)
		code = trust_when(w->k, "--from", w->k->from, &a->from);
	return code;
}

/* The default text, with the names of the sides. */
static void
put_template(struct bulla_buf *b, const struct bulla_cur side[2])
{
	struct bulla_cur c = bulla_cur_str(trust_agreement_text), part, who;

	while (bulla_cur_until(&c, '{', &part)) {
		bulla_buf_cur(b, &part);
		if (!bulla_cur_until(&c, '}', &who))
			break;
		bulla_buf_cur(b, &side[bulla_cur_is(&who, "b")]);
	}
	bulla_buf_cur(b, &c);
}

static int
template(struct trust_agreement *w)
{
	struct bulla_agreement *a = calloc(1, sizeof(*a));
	struct bulla_err err = { 0 };
	int code = CMD_YES;

	if (a == NULL)
		return cmd_fail(&w->k->c, NULL, bulla_fail(&err, BULLA_E_NOMEM,
		    "out of memory"), &err);
	code = next_head(w, a);
	if (code == CMD_YES) {
		put_template(&w->text, a->side);
		code = trust_output(w->k, &w->text);
	}
	free(a);
	return code;
}

static int
report(struct trust_agreement *w, const char *done,
    const struct bulla_agreement *a, const uint8_t digest[32])
{
	char fp[BULLA_FINGERPRINT_TEXT], from[BULLA_WHEN_LEN + 1];
	struct cmd_json *j;

	if (w->k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_json_str(j, "done", done);
		cmd_json_u64(j, "version", a->version);
		cmd_json_when(j, "from", a->from);
		cmd_json_hex(j, "digest", digest, 32);
		return cmd_json_print(&w->k->c, j, CMD_YES);
	}
	bulla_when_text(a->from, from);
	bulla_fingerprint_text(digest, fp);
	printf("%s agreement version %" PRIu64 ", in force from %s\n%s", done,
	    a->version, from, fp);
	return CMD_YES;
}

/* A note's text, judged as a reader will. */
int
trust_agreement_parse(struct trust_agreement *w, const struct bulla_buf *note,
    const char *path, struct bulla_agreement *a, struct bulla_note *n)
{
	struct bulla_cur c = bulla_buf_view(note);
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_note_parse(&c, n, &err);

	if (st == BULLA_OK)
		st = bulla_agreement_parse(&n->text, a, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&w->k->c, path, st, &err);
}

static int
report_note(struct trust_agreement *w, const char *done, const char *path,
    const struct bulla_buf *note)
{
	struct bulla_agreement *a = calloc(1, sizeof(*a));
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_err err = { 0 };
	struct bulla_note n;
	int code;

	if (a == NULL)
		return cmd_fail(&w->k->c, NULL, bulla_fail(&err, BULLA_E_NOMEM,
		    "out of memory"), &err);
	code = trust_agreement_parse(w, note, path, a, &n);
	if (code == CMD_YES) {
		bulla_sha256(n.text.p, n.text.len, digest);
		code = report(w, done, a, digest);
	}
	free(a);
	return code;
}

/* Who signs must be a lead, now. */
static int
check_lead(struct trust_agreement *w, const struct bulla_vkey *key)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_trust_judge(w->h.trust, BULLA_BOTH, key,
	    BULLA_ROLE_LEAD, w->k->now, &err);

	return st == BULLA_OK ? CMD_YES : cmd_fail(&w->k->c, NULL,
	    BULLA_E_REFUSED, &err);
}

static int
load_lead(struct trust_agreement *w)
{
	int code = trust_load_keys(w->k, "keys/lead.key");

	if (code == CMD_YES && w->k->n_signers != 1)
		code = cmd_usage(&w->k->c, "one lead's key signs: -i FILE");
	return code == CMD_YES ? check_lead(w, &w->k->signer[0].vkey) : code;
}

static int
make(struct trust_agreement *w, const char *draft,
    const struct bulla_agreement *head, struct bulla_agreement *a)
{
	struct bulla_err err = { 0 };
	struct bulla_cur c = bulla_buf_view(&w->in);
	enum bulla_status st = bulla_agreement_draft(head, &c, &w->text,
	    &err);

	c = bulla_buf_view(&w->text);
	if (st == BULLA_OK)
		st = bulla_agreement_parse(&c, a, &err);
	if (st != BULLA_OK)
		bulla_wrap(&err, st, "with the first 6 lines added");
	if (st == BULLA_OK && w->have.n > 0 &&
	    a->from <= w->have.v[w->have.n - 1].a->from)
		st = bulla_fail(&err, BULLA_E_REFUSED, "--from: not later "
		    "than the version before it is in force from");
	if (st == BULLA_OK)
		st = bulla_note_sign(&c, w->k->signer, 1, &w->note, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&w->k->c, draft, st, &err);
}

/* In the home too, so that a review can name what was never agreed. */
static int
keep(struct trust_agreement *w)
{
	const struct bulla_cur note = bulla_buf_view(&w->note);
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_agreement_keep_proposal(w->h.path, &note,
	    &err);

	return st == BULLA_OK ? CMD_YES : cmd_fail(&w->k->c, w->h.path, st,
	    &err);
}

static int
propose(struct trust_agreement *w)
{
	const char *draft = cmd_operand(&w->k->c);
	struct bulla_agreement *a = calloc(2, sizeof(*a));
	struct bulla_err err = { 0 };
	int code;

	if (a == NULL)
		return cmd_fail(&w->k->c, NULL, bulla_fail(&err, BULLA_E_NOMEM,
		    "out of memory"), &err);
	code = next_head(w, &a[0]);
	if (code == CMD_YES && draft == NULL)
		put_template(&w->in, a[0].side);
	else if (code == CMD_YES)
		code = trust_agreement_read(w, draft);
	if (code == CMD_YES)
		code = load_lead(w);
	if (code == CMD_YES)
		code = make(w, draft, &a[0], &a[1]);
	if (code == CMD_YES)
		code = trust_output(w->k, &w->note);
	if (code == CMD_YES)
		code = keep(w);
	if (code == CMD_YES && w->k->c.common.out != NULL &&
	    strcmp(w->k->c.common.out, "-") != 0)
		code = report_note(w, "proposed", NULL, &w->note);
	free(a);
	return code;
}

static int
sign(struct trust_agreement *w)
{
	const char *path = cmd_operand(&w->k->c);
	struct bulla_agreement *a;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct bulla_note n;
	int code;

	if (path == NULL)
		return cmd_usage(&w->k->c, "agreement sign takes one FILE");
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return cmd_fail(&w->k->c, NULL, bulla_fail(&err, BULLA_E_NOMEM,
		    "out of memory"), &err);
	code = trust_agreement_read(w, path);
	if (code == CMD_YES)
		code = trust_agreement_parse(w, &w->in, path, a, &n);
	if (code == CMD_YES)
		code = load_lead(w);
	if (code == CMD_YES) {
		bulla_buf_put(&w->note, w->in.p, w->in.len);
		st = trust_add_line(&w->note, &n.text, &w->k->signer[0],
		    &err);
		code = st == BULLA_OK ? trust_write_back(w->k, path,
		    &w->note) : cmd_fail(&w->k->c, path, st, &err);
	}
	if (code == CMD_YES)
		code = keep(w);
	if (code == CMD_YES && (w->k->c.common.out == NULL ||
	    strcmp(w->k->c.common.out, "-") != 0))
		code = report_note(w, "signed", path, &w->note);
	free(a);
	return code;
}

/* As it is kept: the lines that verified. */
static int
record_kept(struct trust_agreement *w, const uint8_t digest[32])
{
	struct bulla_err err = { 0 };
	struct bulla_cur note;
	enum bulla_status st;

	bulla_agreements_free(&w->have);
	st = bulla_agreements_load(w->h.path, w->h.trust, &w->have, &err);
	for (size_t i = 0; i < w->have.n && st == BULLA_OK; i++) {
		if (memcmp(w->have.v[i].digest, digest, 32) != 0)
			continue;
		note = bulla_buf_view(&w->have.v[i].note);
		st = bulla_home_record(&w->h, &note, 1, &err);
	}
	if (st == BULLA_OK)
		return CMD_YES;
	bulla_wrap(&err, st, "in force, but not recorded in the ledger (do it "
	    "again)");
	return cmd_fail(&w->k->c, NULL, st, &err);
}

static int
pin(struct trust_agreement *w)
{
	const char *path = cmd_operand(&w->k->c);
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct bulla_note n;
	struct bulla_cur c;
	int code;

	if (path == NULL)
		return cmd_usage(&w->k->c, "agreement pin takes one FILE");
	code = trust_agreement_read(w, path);
	if (code != CMD_YES)
		return code;
	c = bulla_buf_view(&w->in);
	st = bulla_agreement_take(w->h.path, w->h.trust, &c, w->k->now, &err);
	if (st == BULLA_OK)
		st = bulla_note_parse(&c, &n, &err);
	if (st != BULLA_OK)
		return cmd_fail(&w->k->c, path, st, &err);
	bulla_sha256(n.text.p, n.text.len, digest);
	code = record_kept(w, digest);
	return code == CMD_YES ? report_note(w, "pinned", path, &w->in) :
	    code;
}

int
trust_agreement(struct trust_cmd *k)
{
	static const struct {
		const char *verb;
		int (*run)(struct trust_agreement *w);
	} verbs[] = {
		{ "template", template }, { "propose", propose },
		{ "sign", sign }, { "pin", pin },
		{ "show", trust_agreement_show },
	};
	struct trust_agreement w = { .k = k,
	    .in = BULLA_BUF_INIT(BULLA_NOTE_MAX),
	    .text = BULLA_BUF_INIT(BULLA_NOTE_MAX),
	    .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	const char *verb = cmd_operand(&k->c);
	int code = CMD_USE, i = 0;

	for (; verb != NULL && i < 5; i++) {
		if (strcmp(verb, verbs[i].verb) == 0)
			break;
	}
	if (verb == NULL || i == 5)
		return cmd_usage(&k->c, "agreement template, propose, sign, "
		    "pin or show?");
	if (k->c.argc > 1)
		return cmd_usage(&k->c, "agreement %s takes one file at a "
		    "time", verb);
	code = work_open(&w);
	if (code == CMD_YES)
		code = verbs[i].run(&w);
	bulla_agreements_free(&w.have);
	bulla_buf_free(&w.in);
	bulla_buf_free(&w.text);
	bulla_buf_free(&w.note);
	bulla_home_close(&w.h);
	return code;
}
