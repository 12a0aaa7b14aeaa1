#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trust_agreement.h"

#include "bulla/when.h"

/*
 * What most would begin with. These are numbers to be changed and signed, not
 * rules: nothing is judged by them until both leads have.
 */
const char trust_agreement_text[] =
"# An agreement between {a} and {b}: how fast requests are answered.\n"
"# Durations: 8h, 30d (of 24 hours), 5wd (working days), - (not promised).\n"
"# Lines that begin with # and empty lines are left out.\n"
"\n"
"# Whoever wants working days says which these are, and the holidays:\n"
"# calendar: {a} +00:00 sat sun\n"
"# calendar: {b} +08:00 sat sun\n"
"# holiday: {a} 2026-12-25\n"
"# The days on which both review what was done:\n"
"# review: 2027-06-15\n"
"\n"
"# acknowledge: how soon; first: the first substantive answer, and what\n"
"# counts as one; final: the last answer, and what counts as one; status: how\n"
"# often an update is due; hold: how long what is preserved is held;\n"
"# extension: what one extension adds.\n"
"class: emergency\n"
"acknowledge: 1h\n"
"first: 8h accepted partial full refused conditional transferred\n"
"final: 24h full refused transferred\n"
"status: 8h\n"
"hold: -\n"
"extension: 24h\n"
"\n"
"class: preserve\n"
"acknowledge: 4h\n"
"first: 24h preserved refused transferred\n"
"final: - refused transferred\n"
"status: -\n"
"hold: 60d\n"
"extension: 30d\n"
"\n"
"class: urgent\n"
"acknowledge: 24h\n"
"first: 5d accepted partial full refused conditional transferred\n"
"final: 10d full refused transferred\n"
"status: 5d\n"
"hold: -\n"
"extension: 10d\n"
"\n"
"class: routine-subscriber\n"
"acknowledge: 3d\n"
"first: 10d accepted partial full refused conditional transferred\n"
"final: 30d full refused transferred\n"
"status: 30d\n"
"hold: -\n"
"extension: 30d\n"
"\n"
"class: routine-traffic\n"
"acknowledge: 3d\n"
"first: 15d accepted partial full refused conditional transferred\n"
"final: 45d full refused transferred\n"
"status: 30d\n"
"hold: -\n"
"extension: 30d\n"
"\n"
"class: routine-content\n"
"acknowledge: 7d\n"
"first: 30d accepted partial full refused conditional transferred\n"
"final: 90d full refused transferred\n"
"status: 30d\n"
"hold: -\n"
"extension: 30d\n"
"\n"
"# The hotline, upwards: within what time each side answers, and who does.\n"
"hotline: contact-point {a} 1h the duty desk\n"
"hotline: contact-point {b} 1h the duty desk\n"
"hotline: lead-official {a} 24h the lead official\n"
"hotline: lead-official {b} 24h the lead official\n"
"hotline: high-level-dialogue {a} 14d the head of delegation\n"
"hotline: high-level-dialogue {b} 14d the head of delegation\n";

static const char *
state_of(const struct trust_agreement *w, const struct bulla_agreement *a)
{
	const struct bulla_agreement_kept *now = bulla_agreements_at(&w->have,
	    w->k->now);

	if (a->from > w->k->now)
		return "to come";
	return now != NULL && now->a->version == a->version ? "in force" :
	    "past";
}

/* Who has signed: names of leads whose lines verify. */
static unsigned
signers(const struct trust_agreement *w, const struct bulla_buf *note,
    struct bulla_vkeys *leads, struct bulla_verified *v,
    struct bulla_err *err)
{
	struct bulla_cur c = bulla_buf_view(note);
	enum bulla_status st = bulla_trust_keys(w->h.trust, BULLA_BOTH,
	    BULLA_ROLE_LEAD, leads, err);

	if (st == BULLA_OK)
		st = bulla_note_verify(&c, leads, v, err);
	return st == BULLA_OK ? v->n_by : 0;
}

static int
show(struct trust_agreement *w, const struct bulla_buf *note,
    const struct bulla_agreement *a, const char *state)
{
	char from[BULLA_WHEN_LEN + 1], fp[BULLA_FINGERPRINT_TEXT];
	struct bulla_vkeys leads = { 0 };
	struct bulla_verified v = { 0 };
	struct bulla_err err = { 0 };
	struct bulla_cur c = bulla_buf_view(note);
	struct bulla_note n;
	unsigned by = signers(w, note, &leads, &v, &err);
	uint8_t digest[BULLA_SHA256_LEN];
	int code = CMD_YES;
	struct cmd_json *j;

	BULLA_CHECK(bulla_note_parse(&c, &n, NULL) == BULLA_OK);
	bulla_sha256(n.text.p, n.text.len, digest);
	if (w->k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_json_u64(j, "version", a->version);
		cmd_json_when(j, "from", a->from);
		cmd_json_str(j, "state", state);
		cmd_json_hex(j, "digest", digest, sizeof(digest));
		for (unsigned i = 0; i < by; i++)
			cmd_json_push_str(j, "signed", v.by[i]->name);
		cmd_json_cur(j, "text", &n.text);
		code = cmd_json_print(&w->k->c, j, CMD_YES);
	} else {
		bulla_when_text(a->from, from);
		bulla_fingerprint_text(digest, fp);
		printf("agreement version %" PRIu64 ", %s, from %s\n",
		    a->version, state, from);
		for (unsigned i = 0; i < by; i++)
			printf("signed by %s\n", v.by[i]->name);
		if (by == 0)
			printf("NOT SIGNED: %s\n", err.msg);
		printf("%s\n%.*s", fp, (int)n.text.len,
		    (const char *)n.text.p);
	}
	bulla_vkeys_free(&leads);
	return code;
}

static int
show_file(struct trust_agreement *w, const char *path)
{
	struct bulla_agreement *a = calloc(1, sizeof(*a));
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct bulla_note n;
	struct bulla_cur c;
	int code;

	if (a == NULL)
		return cmd_fail(&w->k->c, NULL, bulla_fail(&err, BULLA_E_NOMEM,
		    "out of memory"), &err);
	code = trust_agreement_read(w, path);
	if (code == CMD_YES)
		code = trust_agreement_parse(w, &w->in, path, a, &n);
	if (code == CMD_YES) {
		c = bulla_buf_view(&w->in);
		st = bulla_agreement_check(&c, w->h.trust, 0, &err);
		code = show(w, &w->in, a, st == BULLA_OK ? "signed by both" :
		    "not in force");
		if (st != BULLA_OK)
			cmd_say(&w->k->c, "%s", err.msg);
	}
	free(a);
	return code;
}

/* A version that is not in force, by its state and why. */
static int
show_unused(struct trust_agreement *w, const char *state,
    const struct bulla_agreement_unused *u)
{
	char from[BULLA_WHEN_LEN + 1], fp[BULLA_FINGERPRINT_TEXT];
	struct cmd_json *j;

	if (u->version == 0)
		return CMD_YES;
	if (w->k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_json_u64(j, "version", u->version);
		cmd_json_when(j, "from", u->from);
		cmd_json_str(j, "state", state);
		cmd_json_hex(j, "digest", u->digest, sizeof(u->digest));
		cmd_json_str(j, "why", u->why);
		return cmd_json_print(&w->k->c, j, CMD_YES);
	}
	bulla_when_text(u->from, from);
	bulla_fingerprint_text(u->digest, fp);
	printf("\nagreement version %" PRIu64 ", %s, from %s\nNOT IN FORCE: "
	    "%s\n%s", u->version, state, from, u->why, fp);
	return CMD_YES;
}

int
trust_agreement_show(struct trust_agreement *w)
{
	const char *path = cmd_operand(&w->k->c);
	struct bulla_err err = { 0 };
	int code = CMD_YES;

	if (path != NULL)
		return show_file(w, path);
	if (w->have.n == 0 && w->have.lapse.version == 0 &&
	    w->have.proposal.version == 0)
		return cmd_fail(&w->k->c, NULL, bulla_fail(&err,
		    BULLA_E_NOMATCH, "no agreement in this home: bulla-trust "
		    "agreement propose, sign, pin"), &err);
	for (size_t i = 0; i < w->have.n && code == CMD_YES; i++) {
		const struct bulla_agreement_kept *v = &w->have.v[i];

		if (i > 0 && !w->k->c.common.json)
			printf("\n");
		code = show(w, &v->note, v->a, state_of(w, v->a));
	}
	if (code == CMD_YES)
		code = show_unused(w, "lapsed", &w->have.lapse);
	if (code == CMD_YES)
		code = show_unused(w, "proposed", &w->have.proposal);
	return code;
}
