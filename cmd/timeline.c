#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "timeline.h"

#include "bulla/html.h"
#include "bulla/when.h"

#define WIDTH 340
#define HEIGHT 96
#define LEFT 96			/* where the time begins */
#define RIGHT 334
#define GAP 11			/* between marks at least */
#define MARKS 22u		/* drawn: so many fit beside each other */
#define LANE0 28
#define LANE1 58
#define AXIS 92			/* its text */
#define LEVELS 8
#define DARK "#111111"
#define BLUE "#0072b2"
#define RED "#c04a00"
#define TEXT "font-family=\"DejaVu Sans, Arial, sans-serif\" fill=\"" DARK "\""

/*
 * Times since the first note, by powers: what took seconds and what took
 * weeks can both be told apart. Between two levels in proportion.
 */
static const struct {
	int64_t at;
	const char *text;
} level[LEVELS] = { { 0, "0" }, { 60, "1 min" }, { 3600, "1 h" },
    { 86400, "1 d" }, { 604800, "7 d" }, { 2592000, "30 d" },
    { 31536000, "1 y" }, { INT64_C(315360000), "10 y" } };

static const struct {
	const char *event, *letter, *words;
} letters[] = {
	{ "seal", "S", "seal" }, { "relinquish", "H", "relinquish (handed "
	    "over)" }, { "receive", "R", "receive" },
	{ "countersign", "C", "countersigned" }, { "reject", "X", "reject" },
	{ "open", "O", "open" }, { "access", "L", "access (looked at)" },
	{ "copy", "K", "copy" }, { "derive", "E", "derive" },
	{ "redact", "T", "redact" }, { "store", "P", "store (put away)" },
	{ "verify", "V", "verify" }, { "return", "B", "return (sent back)" },
	{ "dispose", "D", "dispose" }, { "correct", "N", "correct" },
	{ "dispute", "Q", "dispute" }, { "seize", "Z", "seize" },
	{ "acquire", "A", "acquire" },
};
#define N_LETTERS (sizeof(letters) / sizeof(letters[0]))

/* A mark: a note, or the countersignature on one. */
struct mark {
	const struct timeline_event *e;
	bool counter;
	int lane, x;
};
struct marks {
	struct mark v[MARKS];
	size_t n;
	size_t left_out, before;	/* so many, before this mark */
};

static const char *
letter_of(const char *event)
{
	for (size_t i = 0; i < N_LETTERS; i++) {
		if (strcmp(letters[i].event, event) == 0)
			return letters[i].letter;
	}
	return "?";
}

void
timeline_letters(struct bulla_buf *b)
{
	for (size_t i = 0; i < N_LETTERS; i++)
		bulla_buf_fmt(b, "%s<b>%s</b>&nbsp;%s", i > 0 ? ", " : "",
		    letters[i].letter, letters[i].words);
}

/* The first level that all of it fits below. */
static int
top_level(int64_t span)
{
	int k = 1;

	while (k + 1 < LEVELS && level[k].at < span)
		k++;
	return k;
}

static int
place(int64_t since, int top)
{
	const int wide = RIGHT - LEFT - 12;
	int k = 0;

	if (since <= 0)
		return LEFT;
	if (since > level[top].at)
		since = level[top].at;
	while (k + 1 < top && since >= level[k + 1].at)
		k++;
	return LEFT + k * wide / top + (int)((since - level[k].at) * wide /
	    top / (level[k + 1].at - level[k].at));
}

/* Of many the first and the last are drawn. */
static void
collect(const struct timeline *t, int64_t first, int top, struct marks *m)
{
	size_t all = t->n, k = 0;

	for (size_t i = 0; i < t->n; i++)
		all += t->v[i].countersigned;
	m->left_out = all > MARKS ? all - MARKS : 0;
	m->before = MARKS / 2;
	for (size_t i = 0; i < t->n; i++) {
		for (int c = 0; c <= t->v[i].countersigned; c++, k++) {
			if (k >= m->before && k < m->before + m->left_out)
				continue;
			m->v[m->n++] = (struct mark){ .e = &t->v[i],
			    .counter = c == 1, .lane = c == 1 ?
			    1 - t->v[i].lane : t->v[i].lane,
			    .x = place(t->v[i].time - first, top) };
		}
	}
}

/* In their order, beside each other and inside the drawing. */
static void
spread(struct marks *m)
{
	int end = RIGHT;

	for (size_t i = 1; i < m->n; i++) {
		if (m->v[i].x < m->v[i - 1].x + GAP)
			m->v[i].x = m->v[i - 1].x + GAP;
	}
	for (size_t i = m->n; i-- > 0; end -= GAP) {
		if (m->v[i].x > end)
			m->v[i].x = end;
		end = m->v[i].x;
	}
}

static int
lane_y(int lane)
{
	return lane == 0 ? LANE0 : LANE1;
}

static void
line(struct bulla_buf *b, int x1, int y1, int x2, int y2, const char *how)
{
	if (x1 != x2 || y1 != y2)
		bulla_buf_fmt(b, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" "
		    "y2=\"%d\" %s/>\n", x1, y1, x2, y2, how);
}

#define HELD "stroke=\"" BLUE "\" stroke-width=\"5\" stroke-opacity=\".55\""
#define ON_WAY "stroke=\"" RED "\" stroke-width=\"2\" stroke-dasharray=\"4 3\""

/* Who held it when: the handover moves it, and nothing else. */
static void
holders(struct bulla_buf *b, const struct marks *m)
{
	int lane = m->v[0].lane, from = m->v[0].x, handed = -1;
	bool gone = false;

	for (size_t i = 0; i < m->n && !gone; i++) {
		const struct mark *k = &m->v[i];

		if (k->counter)
			continue;
		if (strcmp(k->e->event, "relinquish") == 0 ||
		    strcmp(k->e->event, "return") == 0)
			handed = k->x;
		gone = strcmp(k->e->event, "dispose") == 0;
		if (strcmp(k->e->event, "reject") == 0 && handed >= 0) {
			line(b, handed, lane_y(lane), k->x, lane_y(k->lane),
			    ON_WAY);
			handed = -1;
		}
		if (!gone && (!k->e->moves || k->lane == lane))
			continue;
		line(b, from, lane_y(lane), gone || handed < 0 ? k->x : handed,
		    lane_y(lane), HELD);
		if (!gone && handed >= 0)
			line(b, handed, lane_y(lane), k->x, lane_y(k->lane),
			    ON_WAY);
		lane = k->lane;
		from = k->x;
		handed = -1;
	}
	if (!gone)
		line(b, from, lane_y(lane), WIDTH, lane_y(lane), HELD);
	if (!gone && handed >= 0)
		line(b, handed, lane_y(lane), WIDTH, (LANE0 + LANE1) / 2,
		    ON_WAY);
}

static void
put_text(struct bulla_buf *b, int x, int y, const char *anchor,
    const char *size, const char *text)
{
	bulla_buf_fmt(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" "
	    "font-size=\"%s\" " TEXT ">", x, y, anchor, size);
	bulla_html_str(b, text);
	bulla_buf_str(b, "</text>\n");
}

static void
put_mark(struct bulla_buf *b, const struct timeline *t, const struct mark *k)
{
	const char *event = k->counter ? "countersign" : k->e->event;
	bool bad = strcmp(event, "reject") == 0 ||
	    strcmp(event, "dispute") == 0 || (!k->e->moves &&
	    strcmp(event, "receive") == 0);
	char when[BULLA_WHEN_LEN + 1];
	int y = lane_y(k->lane);

	bulla_when_text(k->e->time, when);
	bulla_buf_str(b, "<g class=\"event\"><title>");
	if (k->counter)
		bulla_buf_str(b, "countersigned");
	else
		bulla_html_str(b, event);
	bulla_buf_str(b, " by ");
	bulla_html_str(b, t->side[k->lane]);
	bulla_buf_fmt(b, "%s%s; record %s</title>", k->counter ?
	    " (without a time); the note is of " : ", ", when, k->e->id);
	if (bad)
		bulla_buf_fmt(b, "<path d=\"M%d %dl8 8m0 -8l-8 8\" "
		    "stroke=\"" RED "\" stroke-width=\"2.5\" fill=\"none\"/>",
		    k->x - 4, y - 4);
	else
		bulla_buf_fmt(b, "<circle cx=\"%d\" cy=\"%d\" r=\"4\" "
		    "stroke=\"" DARK "\" stroke-width=\"1.5\" "
		    "fill=\"#ffffff\"/>", k->x, y);
	put_text(b, k->x, k->lane == 0 ? y - 9 : y + 18, "middle", "11",
	    letter_of(event));
	bulla_buf_str(b, "</g>\n");
}

/* Lanes, their names, and the times that the levels stand for. */
static void
frame(struct bulla_buf *b, const struct timeline *t, int top)
{
	char name[24];

	for (int i = 0; i < 2; i++) {
		bool fits = strlen(t->side[i]) <= 14;

		(void)snprintf(name, sizeof(name), "%.*s%s", fits ? 14 : 13,
		    t->side[i], fits ? "" : "\xe2\x80\xa6");
		put_text(b, 0, lane_y(i) + 4, "start", "11", name);
		line(b, LEFT - 4, lane_y(i), WIDTH, lane_y(i),
		    "stroke=\"#cccccc\"");
	}
	for (int i = 0; i <= top; i++) {
		int x = place(level[i].at, top);

		line(b, x, LANE0 - 4, x, LANE1 + 4, "stroke=\"#dddddd\"");
		put_text(b, x, AXIS, i == 0 ? "start" : "middle", "10",
		    i == 0 ? "start" : level[i].text);
	}
}

void
timeline_svg(struct bulla_buf *b, const struct timeline *t)
{
	struct marks m = { .n = 0 };
	int64_t first = INT64_MAX, last = 0;
	char more[48];
	int top;

	for (size_t i = 0; i < t->n; i++) {
		first = t->v[i].time < first ? t->v[i].time : first;
		last = t->v[i].time > last ? t->v[i].time : last;
	}

	bulla_buf_fmt(b, "<svg width=\"100%%\" viewBox=\"0 0 %d %d\" "
	    "role=\"img\" aria-label=\"", WIDTH + 4, HEIGHT);
	bulla_html_str(b, t->title);
	bulla_buf_str(b, "\">\n");
	top = top_level(t->n > 0 ? last - first : 0);
	frame(b, t, top);
	if (t->n > 0) {
		collect(t, first, top, &m);
		spread(&m);
		holders(b, &m);
	}
	for (size_t i = 0; i < m.n; i++)
		put_mark(b, t, &m.v[i]);
	(void)snprintf(more, sizeof(more), "%zu more in the middle",
	    m.left_out);
	if (m.left_out > 0)
		put_text(b, WIDTH, 10, "end", "10", more);
	bulla_buf_str(b, "</svg>\n");
}
