#include <inttypes.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/review.h"
#include "bulla/when.h"

#define DAY INT64_C(86400)

const char *
bulla_review_table_text(enum bulla_review_table t)
{
	static const char *const text[] = { "timeliness", "requests",
	    "replies", "handovers", "own" };

	return text[t];
}

const char *
bulla_figure_unit_text(enum bulla_figure_unit u)
{
	static const char *const text[] = { "count", "seconds", "permille" };

	return text[u];
}

const char *
bulla_remark_text(enum bulla_remark_kind k)
{
	static const char *const text[] = { "not-proved", "by-cosignature",
	    "receipt-not-answered", "without-receipt", "not-read",
	    "not-agreed", "without-place", "differs",
	    "agreement-lapsed", "agreement-proposed" };

	return text[k];
}

const struct bulla_figure *
bulla_review_get(const struct bulla_review *r, enum bulla_review_table table,
    int side, const char *class, const char *category, const char *name)
{
	for (size_t i = 0; i < r->n_figures; i++) {
		const struct bulla_figure *f = &r->figure[i];

		if (f->table == table && f->side == side &&
		    strcmp(f->name, name) == 0 &&
		    strcmp(f->class, class) == 0 &&
		    strcmp(f->category, category) == 0)
			return f;
	}
	return NULL;
}

static void
put_figure(struct bulla_buf *b, const struct bulla_review *r,
    const struct bulla_figure *f)
{
	bulla_buf_fmt(b, "%s\t%s\t%s\t%s\t%s\t", bulla_review_table_text(
	    f->table), r->threads.side[f->side], f->class, f->category,
	    f->name);
	if (f->known)
		bulla_buf_fmt(b, "%" PRId64, f->value);
	else
		bulla_buf_str(b, "-");
	bulla_buf_fmt(b, "\t%s\t", bulla_figure_unit_text(f->unit));
	for (size_t i = 0; i < f->n; i++) {
		if (i > 0)
			bulla_buf_u8(b, ' ');
		bulla_buf_str(b, r->record[r->behind[f->first + i]].id);
	}
	bulla_buf_str(b, f->n == 0 ? "-\n" : "\n");
}

const struct bulla_agreement_unused *
bulla_review_lapsed(const struct bulla_review *r)
{
	const struct bulla_agreement_unused *u = &r->threads.agreements.lapse;

	return u->version != 0 && u->from < r->to ? u : NULL;
}

static void
put_lapsed(struct bulla_buf *b, const struct bulla_agreement_unused *u)
{
	char from[BULLA_WHEN_LEN + 1];

	bulla_when_text(u->from, from);
	bulla_buf_fmt(b, "lapsed\t%" PRIu64 "\t%s\t", u->version, from);
	bulla_hex_put(b, u->digest, sizeof(u->digest));
	bulla_buf_fmt(b, "\t%s\n", u->why);
}

void
bulla_review_put(struct bulla_buf *b, const struct bulla_review *r, bool own)
{
	size_t i = own ? r->n_common : 0;
	size_t end = own ? r->n_figures : r->n_common;
	char from[BULLA_WHEN_LEN + 1], to[BULLA_WHEN_LEN + 1];

	if (!own) {
		bulla_when_text(r->from, from);
		bulla_when_text(r->to, to);
		bulla_buf_fmt(b, "period\t%s\t%s\t%s\t%s\n", from, to,
		    r->threads.side[0], r->threads.side[1]);
		if (bulla_review_lapsed(r) != NULL)
			put_lapsed(b, bulla_review_lapsed(r));
	}
	for (; i < end; i++)
		put_figure(b, r, &r->figure[i]);
}

/* Of all agreements: what was agreed then stays a day of review. */
static int64_t
day_before(const struct bulla_agreements *a, int64_t limit)
{
	int64_t best = 0;

	for (size_t i = 0; i < a->n; i++) {
		for (size_t k = 0; k < a->v[i].a->n_reviews; k++) {
			int64_t at = a->v[i].a->review[k] * DAY;

			if (at <= limit && at > best)
				best = at;
		}
	}
	return best;
}

void
bulla_review_period(const struct bulla_agreements *a, int64_t now,
    int64_t *from, int64_t *to, bool *agreed)
{
	*agreed = *to == 0;
	if (*to == 0) {
		*to = day_before(a, now);
		*agreed = *to != 0;
	}
	if (*to == 0)
		*to = now;
	if (*from == 0)
		*from = day_before(a, *to - 1);
	if (*from == 0)
		*from = *to > 183 * DAY ? *to - 183 * DAY : 0;
}
