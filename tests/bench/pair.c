/*
 * pair: compares two shell commands in interleaved rounds.
 *
 *	pair [-n ROUNDS] [-b BYTES] [-g GOAL] [-x PRIZE] [-c CPU] [-m MIB]
 *	     [-p PREPARE] [-o FILE] NAME OURS [PEER]
 *
 * Other work on the machine hits both commands of a round alike, so the
 * ratio of a round can be trusted where its seconds cannot; the order within
 * a round alternates. Shows the median of the ratios with their spread, the
 * medians of the seconds, the ratio of the CPU seconds, and for OURS the CPU
 * seconds per GB (BYTES says how much a run works on) and the largest resident
 * size of any one of its processes. PREPARE runs before each command and is
 * not timed. Without a PEER only OURS is measured. FILE gets a line more, for
 * OURS: NAME, BYTES, the least wall and CPU seconds, and the largest MiB, with
 * tabs between.
 *
 * GOAL is the largest ratio wished for, PRIZE the one dreamt of; CPU the most
 * CPU seconds per GB, MIB the largest resident size.
 * Exit 0: measured, whether or not the goal was met; 2: a command failed.
 */
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 99 };

struct sample {
	double wall, cpu;	/* seconds */
	double rss;		/* MiB */
};

struct job {
	const char *name, *ours, *peer, *prepare, *record;
	unsigned rounds;
	double bytes, goal, prize, cpu, mib;	/* 0: not given */
	struct sample a[ROUNDS_MAX], b[ROUNDS_MAX];
};

static double
now(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		err(2, "clock_gettime");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static struct sample
run(const char *command)
{
	struct rusage ru;
	struct sample s;
	double start = now();
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(2, "fork");
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &ru) != pid)
		err(2, "wait4");
	s.wall = now() - start;
	/* the shell's own figures and those of all it waited for */
	s.cpu = seconds(&ru.ru_utime) + seconds(&ru.ru_stime);
	s.rss = (double)ru.ru_maxrss / 1024;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(2, "status %#x: %s", (unsigned)status, command);
	return s;
}

static void
prepare(const struct job *j)
{
	if (j->prepare != NULL)
		(void)run(j->prepare);
}

static void
measure(struct job *j)
{
	for (unsigned i = 0; i < j->rounds; i++) {
		bool ours_first = i % 2 == 0;

		if (ours_first) {
			prepare(j);
			j->a[i] = run(j->ours);
		}
		if (j->peer != NULL) {
			prepare(j);
			j->b[i] = run(j->peer);
		}
		if (!ours_first) {
			prepare(j);
			j->a[i] = run(j->ours);
		}
	}
}

static int
ascending(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

/* Sorts v. */
static double
median(double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), ascending);
	return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double
median_wall(const struct sample *s, unsigned n)
{
	double v[ROUNDS_MAX];

	for (unsigned i = 0; i < n; i++)
		v[i] = s[i].wall;
	return median(v, n);
}

static void
show_limit(const char *what, double limit, double v)
{
	if (limit > 0)
		printf(" [%s %g: %s]", what, limit,
		    v <= limit ? "met" : "MISSED");
}

static void
show_ratio(const struct job *j)
{
	double v[ROUNDS_MAX], m;

	for (unsigned i = 0; i < j->rounds; i++)
		v[i] = j->a[i].wall / j->b[i].wall;
	m = median(v, j->rounds);
	printf(" %7.2f s %7.2f s  %5.2f (%.2f..%.2f)",
	    median_wall(j->a, j->rounds), median_wall(j->b, j->rounds),
	    m, v[0], v[j->rounds - 1]);
	show_limit("goal", j->goal, m);
	show_limit("prize", j->prize, m);
	for (unsigned i = 0; i < j->rounds; i++)
		v[i] = j->a[i].cpu / j->b[i].cpu;
	printf("  CPU %.2f", median(v, j->rounds));
}

static void
show_cost(const struct job *j)
{
	double cpu[ROUNDS_MAX], per_gb, rss = 0;

	for (unsigned i = 0; i < j->rounds; i++) {
		cpu[i] = j->a[i].cpu;
		if (j->a[i].rss > rss)
			rss = j->a[i].rss;
	}
	if (j->bytes > 0) {
		per_gb = median(cpu, j->rounds) / (j->bytes / 1e9);
		printf("  %.2f CPU-s/GB", per_gb);
		show_limit("goal", j->cpu, per_gb);
	}
	printf("  %.0f MiB", rss);
	show_limit("goal", j->mib, rss);
}

/* The least, not the median: what else runs only adds to it. */
static void
record(const struct job *j)
{
	struct sample least = j->a[0];
	FILE *f = fopen(j->record, "a");

	if (f == NULL)
		err(2, "%s", j->record);
	for (unsigned i = 1; i < j->rounds; i++) {
		if (j->a[i].wall < least.wall)
			least.wall = j->a[i].wall;
		if (j->a[i].cpu < least.cpu)
			least.cpu = j->a[i].cpu;
		if (j->a[i].rss > least.rss)
			least.rss = j->a[i].rss;
	}
	fprintf(f, "%s\t%.0f\t%.3f\t%.3f\t%.1f\n", j->name, j->bytes,
	    least.wall, least.cpu, least.rss);
	if (fclose(f) != 0)
		err(2, "%s", j->record);
}

static double
number(const char *opt, const char *arg, double max)
{
	char *end;
	double v = strtod(arg, &end);

	if (end == arg || *end != '\0' || !(v > 0 && v <= max))
		errx(2, "-%s: bad number: %s", opt, arg);
	return v;
}

static void
options(struct job *j, int argc, char **argv)
{
	int ch;

	while ((ch = getopt(argc, argv, "n:b:g:x:c:m:p:o:")) != -1) {
		if (ch == 'n')
			j->rounds = (unsigned)number("n", optarg, ROUNDS_MAX);
		else if (ch == 'b')
			j->bytes = number("b", optarg, 1e15);
		else if (ch == 'g')
			j->goal = number("g", optarg, 1e6);
		else if (ch == 'x')
			j->prize = number("x", optarg, 1e6);
		else if (ch == 'c')
			j->cpu = number("c", optarg, 1e6);
		else if (ch == 'm')
			j->mib = number("m", optarg, 1e6);
		else if (ch == 'p')
			j->prepare = optarg;
		else if (ch == 'o')
			j->record = optarg;
		else
			exit(2);
	}
	argc -= optind;
	argv += optind;
	if (argc < 2 || argc > 3 || j->rounds == 0)
		errx(2, "usage: pair [-n ROUNDS] [-b BYTES] [-g GOAL] "
		    "[-x PRIZE] [-c CPU] [-m MIB] [-p PREPARE] [-o FILE] "
		    "NAME OURS [PEER]");
	j->name = argv[0];
	j->ours = argv[1];
	j->peer = argv[2];
}

int
main(int argc, char **argv)
{
	static struct job j = { .rounds = 5 };

	options(&j, argc, argv);
	measure(&j);
	printf("%-44s", j.name);
	if (j.peer != NULL)
		show_ratio(&j);
	else
		printf(" %7.2f s", median_wall(j.a, j.rounds));
	show_cost(&j);
	printf("\n");
	if (j.record != NULL)
		record(&j);
	return fflush(stdout) == 0 ? 0 : 2;
}
