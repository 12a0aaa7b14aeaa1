#ifndef TIMELINE_H
#define TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/buf.h"

/*
 * What happened to one package as a drawing: a lane for each side, a thick
 * line in that of the holder, a broken one while it is handed over, and a mark
 * with a letter for each note. Any page may hold it: it needs no style.
 */
struct timeline_event {
	char id[65];			/* sha256 of the note's text */
	char event[16];			/* of section 8.1 */
	int lane;			/* 0 or 1: who acts */
	int64_t time;			/* as the note says */
	bool moves;			/* a receive of what was relinquished */
	bool countersigned;		/* by the other side; has no time */
};
struct timeline {
	const char *title;		/* for who cannot see it */
	const char *side[2];		/* names of the lanes */
	const struct timeline_event *v;	/* in their order */
	size_t n;
};
void timeline_svg(struct bulla_buf *b, const struct timeline *t);
/* "S seal, H relinquish (handed over), ...": what the letters mean. */
void timeline_letters(struct bulla_buf *b);

#endif
