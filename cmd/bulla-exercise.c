#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exercise.h"

#include "bulla/file.h"

enum { OPT_KEEP = CMD_LONG + 1, OPT_NO_FAULTS };

static const struct cmd_opt opts[] = {
	{ OPT_KEEP, "keep", "DIR", "make the homes in DIR, and leave them" },
	{ OPT_NO_FAULTS, "no-faults", NULL,
	    "leave the faults out: nothing may be noticed" },
	{ 0 },
};
static const char *const synopsis[] = {
	"[--no-faults] [--keep DIR] SCENARIO",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-exercise",
	.synopsis = synopsis,
	.about = "A tabletop exercise: plays what both sides do, and what goes "
	    "wrong, with the\nreal tools on two homes of its own, and scores "
	    "what was noticed.",
	.opts = opts,
};

struct exercise {
	struct drill d;
	struct bulla_exercise x;
	struct bulla_buf text;
	const char *keep;
};

static int
read_scenario(struct exercise *e, const char *path)
{
	struct bulla_err err = { 0 };
	struct bulla_cur text;
	enum bulla_status st = bulla_file_get(path, &e->text, &err);

	if (st != BULLA_OK)
		return cmd_fail(&e->d.c, NULL, st, &err);
	text = bulla_buf_view(&e->text);
	st = bulla_exercise_parse(&text, &e->x, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&e->d.c, path, st, &err);
}

/* The tools beside this very program. */
static bool
find_tools(struct drill *d)
{
	ssize_t n = readlink("/proc/self/exe", d->bin, sizeof(d->bin) - 1);
	char *slash;

	if (n <= 0 || (size_t)n >= sizeof(d->bin) - 1)
		return false;
	d->bin[n] = '\0';
	slash = strrchr(d->bin, '/');
	if (slash != NULL)
		*slash = '\0';
	return slash != NULL;
}

/* An absolute path, as the tools could be started anywhere. */
static int
make_place(struct exercise *e)
{
	const char *tmp = getenv("TMPDIR");
	struct bulla_err err = { 0 };
	char path[sizeof(e->d.dir)], *real;
	int n;

	if (e->keep != NULL)
		n = snprintf(path, sizeof(path), "%s", e->keep);
	else
		n = snprintf(path, sizeof(path), "%s/bulla-exercise.XXXXXX",
		    tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
	if (n <= 0 || (size_t)n >= sizeof(path))
		return cmd_usage(&e->d.c, "the path of the directory is too "
		    "long");
	if (e->keep != NULL ? mkdir(path, 0700) != 0 : mkdtemp(path) == NULL)
		return cmd_fail(&e->d.c, path, bulla_fail_sys(&err, "cannot "
		    "make this directory for the exercise%s", errno == EEXIST ?
		    ", which must be a new one" : ""), &err);
	real = realpath(path, NULL);
	if (real == NULL || strlen(real) >= sizeof(e->d.dir)) {
		free(real);
		return cmd_usage(&e->d.c, "the path of the directory is too "
		    "long");
	}
	memcpy(e->d.dir, real, strlen(real) + 1);
	free(real);
	return CMD_YES;
}

static int
play(struct exercise *e)
{
	struct drill *d = &e->d;
	struct bulla_err err = { 0 };

	for (int s = 0; s < 2; s++)
		drill_tell(d, s == 0 ? "EXERCISE  " : "          ", "%.*s "
		    "(%c): %.*s", (int)e->x.side[s].name.len,
		    (const char *)e->x.side[s].name.p, s ? 'b' : 'a',
		    (int)e->x.side[s].person.len,
		    (const char *)e->x.side[s].person.p);
	drill_tell(d, "          ", "%.*s (%.*s)", (int)e->x.title.len,
	    (const char *)e->x.title.p, (int)e->x.category.len,
	    (const char *)e->x.category.p);
	drill_tell(d, "", "%s", "");
	if (!drill_set_up(d) || !drill_play(d)) {
		if (d->trouble)
			return CMD_TROUBLE;
		bulla_fail(&err, BULLA_E_IO, "the two homes cannot be made: "
		    "bulla-%s: %s", d->n_found > 0 ? d->found[0].tool : "",
		    d->n_found > 0 ? d->found[0].text : "");
		return cmd_fail(&d->c, NULL, err.st, &err);
	}
	return drill_score(d);
}

static int
run(struct exercise *e)
{
	const char *path = cmd_operand(&e->d.c);
	struct bulla_err err = { 0 };
	int code, gone;

	if (path == NULL || e->d.c.argc > 0)
		return cmd_usage(&e->d.c, "which SCENARIO? One at a time");
	if (!find_tools(&e->d)) {
		bulla_fail(&err, BULLA_E_IO, "cannot find the other tools");
		return cmd_fail(&e->d.c, NULL, err.st, &err);
	}
	code = read_scenario(e, path);
	if (code == CMD_YES)
		code = make_place(e);
	if (code != CMD_YES)
		return code;
	code = play(e);
	if (e->keep == NULL) {
		gone = cmd_fail(&e->d.c, e->d.dir, bulla_dir_remove(AT_FDCWD,
		    e->d.dir, &err), &err);
		code = gone != CMD_YES ? gone : code;
	}
	return code;
}

int
main(int argc, char **argv)
{
	static struct exercise e = { .text =
	    BULLA_BUF_INIT(BULLA_EXERCISE_MAX) };
	const char *arg;
	int ch, code;

	cmd_begin(&e.d.c, &tool, argc, argv);
	e.d.x = &e.x;
	e.d.faults = true;
	e.d.home[0] = "a";
	e.d.home[1] = "b";
	while ((ch = cmd_getopt(&e.d.c, &arg)) != -1) {
		if (ch == OPT_KEEP)
			e.keep = arg;
		else
			e.d.faults = false;
	}
	code = run(&e);
	for (size_t i = 0; i < e.d.n_found; i++)
		free(e.d.found[i].text);
	free(e.d.found);
	bulla_buf_free(&e.text);
	return cmd_end(&e.d.c, code);
}
