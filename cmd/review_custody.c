#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "review.h"
#include "timeline.h"

#include "bulla/html.h"
#include "bulla/when.h"

/* The timelines of custody: a small drawing for each package. */
#define EVENTS_MAX 1024u	/* of one package: the rest is not drawn */

static const char *
became(const struct bulla_handover_seen *h)
{
	return h->disputed != 0 ? "disputed" : h->rejected != 0 &&
	    h->received == 0 ? "rejected" : h->received != 0 ? "received" :
	    "no receipt";
}

static size_t
events(const struct bulla_review *r, const struct bulla_timeline *t,
    struct timeline_event out[EVENTS_MAX])
{
	size_t n = t->n < EVENTS_MAX ? t->n : EVENTS_MAX;

	for (size_t i = 0; i < n; i++) {
		const struct bulla_custody_seen *s = &r->custody[t->first + i];

		out[i] = (struct timeline_event){ .lane = s->by,
		    .time = s->time, .countersigned = s->countersigned,
		    .moves = s->good && strcmp(s->event, "receive") == 0 };
		(void)snprintf(out[i].event, sizeof(out[i].event), "%s",
		    s->event);
		memcpy(out[i].id, s->id, sizeof(out[i].id));
	}
	return n;
}

static void
table(struct bulla_buf *b, const struct bulla_review *r,
    const struct bulla_timeline *t)
{
	char when[BULLA_WHEN_LEN + 1];

	bulla_buf_str(b, "<details><summary>The notes</summary>\n"
	    "<div class=\"wide\"><table>\n<tr><th scope=\"col\">time"
	    "</th><th scope=\"col\">event</th><th scope=\"col\">by</th>"
	    "<th scope=\"col\">record</th></tr>\n");
	for (size_t i = t->first; i < t->first + t->n; i++) {
		const struct bulla_custody_seen *s = &r->custody[i];

		bulla_when_text(s->time, when);
		bulla_buf_fmt(b, "<tr><th scope=\"row\">%s</th><td>%s%s</td>"
		    "<td>%s</td><td class=\"hex\">%s</td></tr>\n", when,
		    s->event, s->countersigned ? ", countersigned" : "",
		    r->threads.side[s->by], s->id);
	}
	bulla_buf_str(b, "</table></div></details>\n");
}

static void
package(struct bulla_buf *b, const struct bulla_review *r,
    const struct bulla_timeline *t)
{
	struct timeline_event v[EVENTS_MAX];
	char when[BULLA_WHEN_LEN + 1] = "-", title[96];
	struct timeline line = { .title = title, .side = {
	    r->threads.side[0], r->threads.side[1] }, .v = v };

	if (t->h->handed != 0)
		bulla_when_text(t->h->handed, when);
	(void)snprintf(title, sizeof(title), "Custody of package %s",
	    t->h->id);
	bulla_buf_fmt(b, "<figure class=\"track\"><figcaption><span "
	    "class=\"hex\">%s</span><br>%s%s%s; %s%.10s</figcaption>\n",
	    t->h->id, t->marked ? "<b>" : "", became(t->h), t->marked ?
	    "</b>" : "", t->h->handed != 0 ? "handed over " : "", when);
	line.n = events(r, t, v);
	timeline_svg(b, &line);
	table(b, r, t);
	bulla_buf_str(b, "</figure>\n");
}

void
review_timelines(struct bulla_buf *b, const struct bulla_review *r, int side)
{
	size_t n = r->n_timelines[side], all = r->n_moved[side];

	if (n == 0)
		return;
	bulla_buf_fmt(b, "<h3>Custody of packages that %s sent</h3>\n<p>"
	    "%zu of %zu packages: those that went wrong or have a remark "
	    "first, then the newest; %zu are not drawn. A thick line is who "
	    "holds it, a broken one a handover that is under way, a cross "
	    "what was refused. Times run from the first note on, on a "
	    "logarithmic scale; marks that would cover each other stand "
	    "beside each other.</p>\n<p>", r->threads.side[side], n, all,
	    all - n);
	timeline_letters(b);
	bulla_buf_str(b, ".</p>\n<div class=\"plots\">\n");
	for (size_t i = 0; i < n; i++)
		package(b, r, &r->timeline[side][i]);
	bulla_buf_str(b, "</div>\n");
}
