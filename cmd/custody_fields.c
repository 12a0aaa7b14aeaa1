#include <stdio.h>
#include <string.h>

#include "custody.h"

#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/text.h"

/* The fields that every event has, and which a person is asked for. */
static struct bulla_cur *
common_field(struct bulla_custody *c, const struct bulla_cur *label)
{
	const struct {
		const char *label;
		struct bulla_cur *v;
	} all[] = {
		{ "officer", &c->officer }, { "place", &c->place },
		{ "purpose", &c->purpose }, { "authority", &c->authority },
		{ "result", &c->result },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (bulla_cur_is(label, all[i].label))
			return all[i].v;
	}
	return NULL;
}

struct bulla_cur *
custody_own_value(struct bulla_custody *c, const char *label)
{
	for (size_t i = 0; i < c->n_extra; i++) {
		if (bulla_cur_is(&c->extra[i].label, label))
			return &c->extra[i].value;
	}
	return NULL;
}

static bool
find_own(const struct bulla_custody *c, const struct bulla_cur *label,
    struct bulla_custody_field *f)
{
	for (size_t i = 0; bulla_custody_field(&c->event, i, f); i++) {
		if (bulla_cur_is(label, f->label))
			return true;
	}
	return false;
}

static int
no_such_field(struct custody_cmd *k, const struct bulla_custody *c,
    const struct bulla_cur *label)
{
	struct bulla_buf b = BULLA_BUF_INIT(1024);
	struct bulla_custody_field f;
	char shown[64];
	int code;

	for (size_t i = 0; bulla_custody_field(&c->event, i, &f); i++)
		bulla_buf_fmt(&b, ", %s", f.label);
	code = cmd_usage(&k->c, "-s: \"%s\" is no field of %.*s, which has "
	    "officer, place, purpose, authority, result%s",
	    bulla_text_show(shown, sizeof(shown), label), (int)c->event.len,
	    (const char *)c->event.p, bulla_buf_cstr(&b) != NULL ?
	    (const char *)b.p : "");
	bulla_buf_free(&b);
	return code;
}

static int
set_own(struct custody_cmd *k, struct bulla_custody *c,
    const struct bulla_cur *label, const struct bulla_cur *value)
{
	struct bulla_custody_field f;
	char shown[64];

	if (!find_own(c, label, &f))
		return no_such_field(k, c, label);
	if (custody_own_value(c, f.label) != NULL)
		return cmd_usage(&k->c, "-s: %s is given twice", f.label);
	if (!bulla_custody_value_ok(&c->event, f.label, value))
		return cmd_usage(&k->c, "-s: %s must be %s%s, and not \"%s\"",
		    f.label, f.form, f.maybe ? ", or -" : "",
		    bulla_text_show(shown, sizeof(shown), value));
	c->extra[c->n_extra].label = bulla_cur_str(f.label);
	c->extra[c->n_extra++].value = *value;
	return CMD_YES;
}

/* -s LABEL=VALUE */
static int
set(struct custody_cmd *k, struct bulla_custody *c, const char *arg)
{
	struct bulla_cur value = bulla_cur_str(arg), label, *v;
	char shown[64];

	if (!bulla_cur_until(&value, '=', &label))
		return cmd_usage(&k->c, "-s: \"%s\" is not LABEL=VALUE",
		    bulla_text_show_str(shown, sizeof(shown), arg));
	v = common_field(c, &label);
	if (v == NULL)
		return set_own(k, c, &label, &value);
	if (v->p != NULL)
		return cmd_usage(&k->c, "-s: %s is given twice",
		    bulla_text_show(shown, sizeof(shown), &label));
	if (!bulla_field_value_ok(&value))
		return cmd_usage(&k->c, "-s: %s must be one line of plain "
		    "text, or -",
		    bulla_text_show(shown, sizeof(shown), &label));
	*v = value;
	return CMD_YES;
}

void
custody_offer(struct bulla_custody *c, const char *label, const char *value)
{
	struct bulla_cur name = bulla_cur_str(label);
	struct bulla_cur v = bulla_cur_str(value);
	struct bulla_custody_field f;

	if (!find_own(c, &name, &f) || custody_own_value(c, f.label) != NULL ||
	    !bulla_custody_value_ok(&c->event, f.label, &v))
		return;
	c->extra[c->n_extra].label = bulla_cur_str(f.label);
	c->extra[c->n_extra++].value = v;
}

bool
custody_wants(const struct bulla_custody *c, const char *label)
{
	struct bulla_cur name = bulla_cur_str(label);
	struct bulla_custody_field f;

	return find_own(c, &name, &f);
}

/* The newest note that hands it to this agency. */
static const struct bulla_link *
handed(const struct custody_pair *p, const struct bulla_cur *agency)
{
	struct bulla_cur to, a;

	for (size_t i = p->n_steps; i > 0; i--) {
		const struct bulla_link *l = p->step[i - 1].l;

		if (!bulla_cur_is(&l->c.event, "relinquish") &&
		    !bulla_cur_is(&l->c.event, "return"))
			continue;
		if (!bulla_custody_get(&l->c, "to", &to))
			continue;
		a = bulla_keyname_agency(&to);
		if (bulla_cur_same(&a, agency))
			return l;
	}
	return NULL;
}

/* What the home knows is filled in where nothing was given. */
static void
fill_known(const struct custody_pair *p, struct custody_draft *d)
{
	struct bulla_custody *c = &d->c;
	const struct bulla_cur agency = bulla_keyname_agency(&c->actor);
	const struct bulla_link *out = handed(p, &agency);
	const bool recomputed = custody_wants(c, "match");
	struct bulla_cur sum;
	const char *known = d->known;

	if (custody_sum(p, &sum) && sum.len < sizeof(d->known))
		memcpy(d->known, sum.p, sum.len);
	if (!d->hashed && !recomputed)
		memcpy(d->sum, d->known, sizeof(d->sum));
	custody_offer(c, "package-sha256", d->sum);
	if (bulla_cur_is(&c->event, "open") ||
	    bulla_cur_is(&c->event, "dispose"))
		custody_offer(c, "before", d->hashed ? d->sum : known);
	if (recomputed && d->hashed && known[0] != '\0')
		custody_offer(c, "match", strcmp(known, d->sum) == 0 ?
		    "yes" : "no");
	custody_offer(c, "bytes", d->bytes);
	if (out != NULL) {
		bulla_hex(d->relinquish, out->digest, sizeof(out->digest));
		custody_offer(c, "relinquish", d->relinquish);
	}
	if (d->person[1][0] != '\0' && bulla_cur_is(&c->event, "dispose"))
		custody_offer(c, "second-officer", d->person[1]);
	if (c->officer.p == NULL && d->person[0][0] != '\0')
		c->officer = bulla_cur_str(d->person[0]);
}

/* All that is missing, in one message. */
static int
missing(struct custody_cmd *k, struct bulla_custody *c)
{
	static const char *const all[] = { "officer", "place", "purpose",
	    "authority", "result" };
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	struct bulla_custody_field f;
	int code = CMD_YES;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct bulla_cur label = bulla_cur_str(all[i]);

		if (common_field(c, &label)->p == NULL)
			bulla_buf_fmt(&b, "%s%s (text, or -)",
			    b.len > 0 ? ", " : "", all[i]);
	}
	for (size_t i = 0; bulla_custody_field(&c->event, i, &f); i++) {
		if (!f.maybe && custody_own_value(c, f.label) == NULL)
			bulla_buf_fmt(&b, "%s%s (%s)", b.len > 0 ? ", " : "",
			    f.label, f.form);
	}
	if (b.len > 0)
		code = cmd_usage(&k->c, "%.*s needs %s: give each with -s "
		    "LABEL=VALUE", (int)c->event.len,
		    (const char *)c->event.p, bulla_buf_cstr(&b) != NULL ?
		    (const char *)b.p : "more");
	bulla_buf_free(&b);
	return code;
}

static void
no_dashes(struct bulla_custody *c)
{
	struct bulla_cur *all[] = { &c->officer, &c->place, &c->purpose,
	    &c->authority, &c->result };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (bulla_cur_is(all[i], "-"))
			all[i]->len = 0;
	}
}

int
custody_fill(struct custody_cmd *k, const struct custody_pair *p,
    struct custody_draft *d)
{
	struct bulla_cur *sum;
	int code = CMD_YES;

	for (size_t i = 0; i < k->n_set && code == CMD_YES; i++)
		code = set(k, &d->c, k->set[i]);
	if (code == CMD_YES && p->n_steps > 0 &&
	    p->step[0].l->c.has_seal) {
		memcpy(d->c.seal, p->step[0].l->c.seal, sizeof(d->c.seal));
		d->c.has_seal = true;
	}
	if (code == CMD_YES)
		code = custody_read_package(k, p->id, d);
	if (code != CMD_YES)
		return code;
	sum = custody_own_value(&d->c, "package-sha256");
	if (sum != NULL && d->hashed && !bulla_cur_is(sum, d->sum))
		return cmd_usage(&k->c, "-s: package-sha256 is not that of "
		    "the package file, which is %s", d->sum);
	fill_known(p, d);
	code = missing(k, &d->c);
	if (code == CMD_YES && !d->c.has_seal)
		return cmd_usage(&k->c, "which seal? There are no notes of "
		    "package %s in this home, and no package: give --package "
		    "FILE", p->id);
	no_dashes(&d->c);
	return code;
}
