#include "review.h"

static struct cmd_json *
figure(const struct bulla_review *r, const struct bulla_figure *f)
{
	struct cmd_json *j = cmd_json_new();
	uint64_t value = f->value > 0 ? (uint64_t)f->value : 0;

	cmd_json_str(j, "table", bulla_review_table_text(f->table));
	cmd_json_str(j, "side", r->threads.side[f->side]);
	cmd_json_str(j, "class", f->class);
	cmd_json_str(j, "category", f->category);
	cmd_json_str(j, "figure", f->name);
	if (f->known)
		cmd_json_u64(j, "value", value);
	else
		cmd_json_null(j, "value");
	cmd_json_str(j, "unit", bulla_figure_unit_text(f->unit));
	for (size_t i = 0; i < f->n; i++)
		cmd_json_push_str(j, "ids",
		    r->record[r->behind[f->first + i]].id);
	return j;
}

static struct cmd_json *
custody(const struct bulla_review *r, const struct bulla_timeline *t)
{
	struct cmd_json *j = cmd_json_new(), *v;

	cmd_json_str(j, "package", t->h->id);
	cmd_json_str(j, "side", r->threads.side[t->h->by]);
	cmd_json_bool(j, "marked", t->marked);
	for (size_t i = t->first; i < t->first + t->n; i++) {
		const struct bulla_custody_seen *s = &r->custody[i];

		v = cmd_json_new();
		cmd_json_str(v, "id", s->id);
		cmd_json_str(v, "event", s->event);
		cmd_json_str(v, "by", r->threads.side[s->by]);
		cmd_json_when(v, "time", s->time);
		cmd_json_bool(v, "countersigned", s->countersigned);
		cmd_json_push_obj(j, "notes", v);
	}
	return j;
}

static struct cmd_json *
own(const struct bulla_review *r)
{
	struct cmd_json *j = cmd_json_new(), *v;

	cmd_json_str(j, "side", r->threads.side[r->threads.ours]);
	cmd_json_u64(j, "records", r->n_ledger);
	cmd_json_u64(j, "cosigned", r->n_cosigned);
	if (r->last_cosigned != 0)
		cmd_json_when(j, "last_cosigned", r->last_cosigned);
	else
		cmd_json_null(j, "last_cosigned");
	cmd_json_bool(j, "compared", r->compared);
	for (size_t i = r->n_common; i < r->n_figures; i++)
		cmd_json_push_obj(j, "figures", figure(r, &r->figure[i]));
	for (size_t i = 0; i < r->n_remarks; i++) {
		v = cmd_json_new();
		cmd_json_str(v, "kind", bulla_remark_text(r->remark[i].kind));
		cmd_json_str(v, "id", r->remark[i].id);
		cmd_json_str(v, "text", r->remark[i].text);
		cmd_json_push_obj(j, "remarks", v);
	}
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < r->n_timelines[side]; i++)
			cmd_json_push_obj(j, "custody", custody(r,
			    &r->timeline[side][i]));
	}
	cmd_json_u64(j, "custody_left_out", r->n_moved[0] + r->n_moved[1] -
	    r->n_timelines[0] - r->n_timelines[1]);
	return j;
}

static struct cmd_json *
lapsed(const struct bulla_agreement_unused *u)
{
	struct cmd_json *j = cmd_json_new();

	cmd_json_u64(j, "version", u->version);
	cmd_json_when(j, "from", u->from);
	cmd_json_hex(j, "digest", u->digest, sizeof(u->digest));
	cmd_json_str(j, "why", u->why);
	return j;
}

struct cmd_json *
review_json(const struct review_cmd *k)
{
	struct cmd_json *j = cmd_json_new();
	const struct bulla_review *r = &k->r;

	cmd_json_bool(j, "ok", true);
	cmd_json_when(j, "from", r->from);
	cmd_json_when(j, "to", r->to);
	cmd_json_bool(j, "agreed", k->agreed);
	cmd_json_bool(j, "exercise", k->exercise);
	for (int i = 0; i < 2; i++)
		cmd_json_push_str(j, "sides", r->threads.side[i]);
	cmd_json_str(j, "sha256", k->sha256);
	if (bulla_review_lapsed(r) != NULL)
		cmd_json_push_obj(j, "lapsed", lapsed(bulla_review_lapsed(r)));
	for (size_t i = 0; i < r->n_common; i++)
		cmd_json_push_obj(j, "figures", figure(r, &r->figure[i]));
	cmd_json_obj(j, "own", own(r));
	return j;
}
