#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certificate.h"
#include "timeline.h"

#include "bulla/enc.h"

#define DRAWING_MAX (1u << 20)

/* The chain of custody as a drawing: who held it when. */

static bool
says(const struct bulla_custody *c, const char *label)
{
	struct bulla_cur v;

	return bulla_custody_get(c, label, &v) && bulla_cur_is(&v, "yes");
}

/* A line of the other side than the one that acts, which verified. */
static bool
is_countersigned(const struct certificate *c,
    const struct bulla_chain_step *s)
{
	unsigned other = s->side == BULLA_OURS ? BULLA_THEIRS : BULLA_OURS;

	for (unsigned i = 0; i < s->l->v.n_by; i++) {
		if (bulla_trust_side_of(c->k.m.h.trust, s->l->v.by[i]) ==
		    other)
			return true;
	}
	return false;
}

static void
event(const struct certificate *c, const struct bulla_chain_step *s,
    struct timeline_event *out)
{
	const struct bulla_custody *n = &s->l->c;

	out->lane = custody_letter(&c->p, s->side) == 'A' ? 0 : 1;
	out->time = n->time;
	out->moves = bulla_cur_is(&n->event, "receive") && says(n, "match") &&
	    says(n, "seal-intact");
	out->countersigned = is_countersigned(c, s);
	(void)snprintf(out->event, sizeof(out->event), "%.*s",
	    (int)n->event.len, (const char *)n->event.p);
	bulla_hex(out->id, s->l->digest, sizeof(s->l->digest));
}

void
certificate_line(struct certificate *c, struct page *p)
{
	struct timeline_event *v = calloc(c->p.n_steps, sizeof(*v));
	struct bulla_buf svg = BULLA_BUF_INIT(DRAWING_MAX), words = svg;
	char side[2][BULLA_KEYNAME_MAX + 1] = { "A", "B" };
	struct timeline line = { .title = "Who held the package, and when",
	    .side = { side[0], side[1] }, .v = v, .n = c->p.n_steps };
	struct bulla_cur agency;

	for (size_t i = 0; v != NULL && i < c->p.n_steps; i++) {
		event(c, &c->p.step[i], &v[i]);
		agency = bulla_keyname_agency(&c->p.step[i].l->c.actor);
		(void)snprintf(side[v[i].lane], sizeof(side[0]), "%.*s",
		    (int)agency.len, (const char *)agency.p);
	}
	if (v != NULL)
		timeline_svg(&svg, &line);
	else
		p->b->st = BULLA_E_NOMEM;
	bulla_buf_str(&words, "By claimed times, on a logarithmic scale. A "
	    "thick line is who holds it, a broken one a handover under way, "
	    "a cross what was refused. ");
	timeline_letters(&words);
	bulla_buf_str(&words, ".");
	page_figure(p, &svg, &words);
	bulla_buf_free(&svg);
	bulla_buf_free(&words);
	free(v);
}
