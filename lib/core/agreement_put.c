#include <stdlib.h>

#include "bulla/text.h"
#include "core/agreement_int.h"

static void
put_kinds(struct bulla_buf *b, const char *label,
    const struct bulla_duration *d, const struct bulla_kinds *k)
{
	bulla_buf_fmt(b, "%s: ", label);
	bulla_duration_put(b, d);
	for (size_t i = 0; i < k->n; i++) {
		bulla_buf_str(b, " ");
		bulla_buf_cur(b, &k->kind[i]);
	}
	bulla_buf_str(b, "\n");
}

static void
put_duration(struct bulla_buf *b, const char *label,
    const struct bulla_duration *d)
{
	put_kinds(b, label, d, &(struct bulla_kinds){ 0 });
}

static void
put_calendars(struct bulla_buf *b, const struct bulla_agreement *a)
{
	char day[11];

	for (size_t i = 0; i < 2 && a->has_calendar; i++) {
		const struct bulla_calendar *c = &a->calendar[i];
		int off = abs(c->offset);

		bulla_buf_str(b, "calendar: ");
		bulla_buf_cur(b, &a->side[i]);
		bulla_buf_fmt(b, " %c%02d:%02d", c->offset < 0 ? '-' : '+',
		    off / 60, off % 60);
		for (unsigned d = 0; d < 7; d++) {
			if (c->weekend >> d & 1)
				bulla_buf_fmt(b, " %s", agreement_days[d]);
		}
		bulla_buf_str(b, c->weekend == 0 ? " -\n" : "\n");
	}
	for (size_t i = 0; i < a->n_holidays[0] + a->n_holidays[1]; i++) {
		bulla_buf_str(b, "holiday: ");
		bulla_buf_cur(b, &a->side[i < a->n_holidays[0] ? 0 : 1]);
		bulla_day_text(a->holiday[i], day);
		bulla_buf_fmt(b, " %s\n", day);
	}
}

static void
put_class(struct bulla_buf *b, const struct bulla_class *c)
{
	bulla_field_put(b, "class", &c->name);
	put_duration(b, "acknowledge", &c->acknowledge);
	put_kinds(b, "first", &c->first, &c->first_kinds);
	put_kinds(b, "final", &c->final, &c->final_kinds);
	put_duration(b, "status", &c->status);
	put_duration(b, "hold", &c->hold);
	put_duration(b, "extension", &c->extension);
}

static void
put_level(struct bulla_buf *b, const struct bulla_agreement *a,
    const struct bulla_level *l)
{
	for (size_t i = 0; i < 2; i++) {
		bulla_buf_str(b, "hotline: ");
		bulla_buf_cur(b, &l->name);
		bulla_buf_str(b, " ");
		bulla_buf_cur(b, &a->side[i]);
		bulla_buf_str(b, " ");
		bulla_duration_put(b, &l->answer[i]);
		bulla_buf_str(b, " ");
		bulla_buf_cur(b, &l->who[i]);
		bulla_buf_str(b, "\n");
	}
}

static void
put_head(struct bulla_buf *b, const struct bulla_agreement *a)
{
	bulla_buf_str(b, AGREEMENT_TYPE "\n");
	bulla_field_put_u64(b, "version", a->version);
	bulla_field_put_when(b, "from", a->from);
	if (a->has_previous)
		bulla_field_put_hex(b, "previous", a->previous,
		    sizeof(a->previous));
	else
		bulla_field_put_str(b, "previous", "-");
	bulla_field_put(b, "side", &a->side[0]);
	bulla_field_put(b, "side", &a->side[1]);
}

void
bulla_agreement_put(struct bulla_buf *b, const struct bulla_agreement *a)
{
	char day[11];

	put_head(b, a);
	put_calendars(b, a);
	for (size_t i = 0; i < a->n_reviews; i++) {
		bulla_day_text(a->review[i], day);
		bulla_field_put_str(b, "review", day);
	}
	for (size_t i = 0; i < a->n_classes; i++)
		put_class(b, &a->class[i]);
	for (size_t i = 0; i < a->n_levels; i++)
		put_level(b, a, &a->level[i]);
}

enum bulla_status
bulla_agreement_draft(const struct bulla_agreement *a,
    const struct bulla_cur *draft, struct bulla_buf *out,
    struct bulla_err *err)
{
	struct bulla_cur c = *draft, line;
	enum bulla_status st;

	put_head(out, a);
	while (!bulla_cur_done(&c)) {
		if (!bulla_cur_line(&c, &line) &&
		    !bulla_cur_take(&c, c.len, &line))
			break;
		while (line.len > 0 && (line.p[line.len - 1] == ' ' ||
		    line.p[line.len - 1] == '\r'))
			line.len--;
		if (line.len == 0 || line.p[0] == '#')
			continue;
		bulla_buf_cur(out, &line);
		bulla_buf_str(out, "\n");
	}
	st = bulla_buf_status(out);
	return st == BULLA_OK ? st : bulla_fail(err, st, st == BULLA_E_LIMIT ?
	    "longer than an agreement can be" : "out of memory");
}
