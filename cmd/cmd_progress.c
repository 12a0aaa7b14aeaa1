#include <stdio.h>
#include <unistd.h>

#include "cmd.h"

static double
seconds(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) +
	    (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

static void
human(char *out, size_t cap, double v)
{
	static const char units[] = "BKMGTP";
	size_t u = 0;

	while (v >= 1000 && u + 2 < sizeof(units)) {
		v /= 1024;
		u++;
	}
	(void)snprintf(out, cap, v < 10 && u > 0 ? "%.1f%c" : "%.0f%c", v,
	    units[u]);
}

static void
draw(struct cmd_progress *p, double run)
{
	double rate = run > 0 && p->done > p->base ?
	    (double)(p->done - p->base) / run : 0;
	char done[16], per[16], total[16];

	human(done, sizeof(done), (double)p->done);
	human(per, sizeof(per), rate);
	fprintf(stderr, "\r%s", done);
	if (p->total > 0 && p->done <= p->total) {
		human(total, sizeof(total), (double)p->total);
		fprintf(stderr, " of %s", total);
	}
	fprintf(stderr, "  %s/s", per);
	if (p->total > p->done && rate >= 1) {
		double left = (double)(p->total - p->done) / rate;
		unsigned long s = left < 1e7 ? (unsigned long)left : 9999999;

		fprintf(stderr, "  %lu:%02lu:%02lu left", s / 3600,
		    s / 60 % 60, s % 60);
	}
	fputs("\033[K", stderr);	/* clear what a longer line left */
	fflush(stderr);
	p->shown = true;
}

void
cmd_progress_begin(struct cmd_progress *p, const struct cmd *c,
    uint64_t total)
{
	*p = (struct cmd_progress){ .total = total };
	p->on = !c->common.quiet && !c->common.json && isatty(STDERR_FILENO);
	if (!p->on)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &p->start);
	p->last = p->start;
}

void
cmd_progress_at(void *ctx, uint64_t done)
{
	struct cmd_progress *p = ctx;
	struct timespec now;

	p->done = done;
	if (!p->on)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (seconds(&p->last, &now) < 0.25)
		return;
	p->last = now;
	draw(p, seconds(&p->start, &now));
}

void
cmd_progress_base(struct cmd_progress *p, uint64_t done)
{
	if (p->on)
		(void)clock_gettime(CLOCK_MONOTONIC, &p->start);
	p->base = p->done = done;
}

void
cmd_progress_add(struct cmd_progress *p, uint64_t more)
{
	cmd_progress_at(p, p->done + more);
}

void
cmd_progress_end(struct cmd_progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->on = p->shown = false;
}
