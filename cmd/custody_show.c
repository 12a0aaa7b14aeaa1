#include <stdio.h>

#include "custody.h"

#include "bulla/text.h"

static void
push_sigs(struct custody_cmd *k, const struct bulla_chain_step *s,
    struct cmd_json *j)
{
	struct custody_sig sig[BULLA_NOTE_SIGS_MAX];
	unsigned n = custody_sigs(k, s, sig);
	struct cmd_json *o;

	for (unsigned i = 0; i < n; i++) {
		o = cmd_json_new();
		cmd_json_cur(o, "key", &sig[i].name);
		cmd_json_str(o, "verdict",
		    custody_verdict_text(sig[i].verdict));
		if (sig[i].verdict == CUSTODY_NO_RIGHT)
			cmd_json_str(o, "why", sig[i].why.msg);
		cmd_json_push_obj(j, "signatures", o);
	}
}

static void
put_field(struct cmd_json *j, const char *key, const struct bulla_cur *v)
{
	if (v->len > 0)
		cmd_json_cur(j, key, v);
	else
		cmd_json_null(j, key);
}

static struct cmd_json *
own_fields(const struct bulla_custody *c)
{
	struct cmd_json *j = cmd_json_new();
	struct bulla_custody_field f;
	struct bulla_cur v;

	for (size_t i = 0; bulla_custody_field(&c->event, i, &f); i++) {
		if (bulla_custody_get(c, f.label, &v))
			cmd_json_cur(j, f.label, &v);
	}
	return j;
}

static void
put_stamp(struct custody_cmd *k, const struct custody_pair *p,
    const struct bulla_chain_step *s, struct cmd_json *j)
{
	struct bulla_err err = { 0 };
	struct bulla_tsp t;
	enum bulla_status st = custody_stamped(k, p, s, &t, &err);

	if (st == BULLA_OK) {
		cmd_json_when(j, "timestamped", t.time);
		cmd_json_str(j, "timestamp_authority", t.signer);
	} else {
		cmd_json_null(j, "timestamped");
		if (st != BULLA_E_NOMATCH)
			cmd_json_str(j, "timestamp_error", err.msg);
	}
}

static struct cmd_json *
step_json(struct custody_cmd *k, const struct custody_pair *p,
    const struct bulla_chain_step *s)
{
	const struct bulla_custody *c = &s->l->c;
	const char letter[2] = { custody_letter(p, s->side), '\0' };
	struct cmd_json *j = cmd_json_new();
	int64_t proved = custody_time(k, s);

	cmd_json_str(j, "side", s->side == BULLA_OURS ? "ours" : "theirs");
	cmd_json_str(j, "letter", letter);
	cmd_json_u64(j, "sequence", c->sequence);
	cmd_json_cur(j, "event", &c->event);
	cmd_json_hex(j, "digest", s->l->digest, sizeof(s->l->digest));
	cmd_json_bool(j, "conflict", custody_is_conflict(p, s->l));
	cmd_json_when(j, "claimed", c->time);
	if (proved > 0)
		cmd_json_when(j, "proved", proved);
	else
		cmd_json_null(j, "proved");
	put_stamp(k, p, s, j);
	cmd_json_cur(j, "actor", &c->actor);
	put_field(j, "officer", &c->officer);
	put_field(j, "place", &c->place);
	put_field(j, "purpose", &c->purpose);
	put_field(j, "authority", &c->authority);
	put_field(j, "result", &c->result);
	cmd_json_obj(j, "fields", own_fields(c));
	push_sigs(k, s, j);
	return j;
}

static struct cmd_json *
holder_json(const struct custody_pair *p)
{
	const struct bulla_chain_holder *h = &p->holder;
	struct cmd_json *j = cmd_json_new();

	if (h->agency[0] != '\0')
		cmd_json_str(j, "agency", h->agency);
	else
		cmd_json_null(j, "agency");
	if (h->by != NULL) {
		put_field(j, "officer", &h->by->c.officer);
		cmd_json_hex(j, "since", h->by->digest,
		    sizeof(h->by->digest));
	}
	cmd_json_bool(j, "handover", h->handover);
	cmd_json_bool(j, "countersigned", h->countersigned);
	cmd_json_bool(j, "disposed", h->disposed);
	return j;
}

/* The page for programs. */
static int
page_json(struct custody_cmd *k, const struct custody_pair *p)
{
	struct bulla_cur all = bulla_buf_view(&p->findings), line;
	struct cmd_json *j = cmd_json_new();

	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "package", p->id);
	cmd_json_bool(j, "exercise", p->exercise);
	cmd_json_obj(j, "holder", holder_json(p));
	cmd_json_bool(j, "signatures_checked", k->m.h.trust != NULL);
	while (bulla_cur_line(&all, &line))
		cmd_json_push_cur(j, "findings", &line);
	for (size_t i = 0; i < p->n_steps; i++)
		cmd_json_push_obj(j, "notes", step_json(k, p, &p->step[i]));
	return cmd_json_print(&k->c, j, CMD_YES);
}

int
custody_show(struct custody_cmd *k)
{
	struct custody_pair p = { 0 };
	int code = CMD_YES;
	const char *id = custody_only_id(k, &code);

	if (id == NULL)
		return code;
	code = custody_home(k);
	if (code == CMD_YES)
		code = custody_load_notes(k, id, &p);
	if (code == CMD_YES)
		code = k->c.common.json ? page_json(k, &p) :
		    custody_page(k, &p);
	custody_pair_free(&p);
	return code;
}
