#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_pack.h"

#include "bulla/file.h"
#include "bulla/ring.h"
#include "bulla/text.h"
#include "bulla/when.h"

void
cmd_progress_tell(void *ctx, uint64_t done, uint64_t total)
{
	(void)total;
	cmd_progress_at(ctx, done);
}

unsigned
cmd_threads(const struct cmd *c, const char *arg)
{
	return (unsigned)cmd_num(c, "-j", arg, 1, BULLA_RING_THREADS_MAX);
}

static void
tell(void *ctx, uint64_t done, uint64_t total)
{
	struct cmd_pack *k = ctx;

	cmd_progress_tell(&k->progress, done, total);
}

static void
skipped(void *ctx, const char *what)
{
	struct cmd_pack *k = ctx;

	cmd_say(k->c, "not packed, only recorded: %s", what);
}

void
cmd_pack_begin(struct cmd_pack *k, struct cmd *c)
{
	*k = (struct cmd_pack){ .c = c };
	k->p.info = &k->info;
	k->p.time = bulla_now();
	k->p.stdin_fd = STDIN_FILENO;
	k->p.out_fd = k->p.old_fd = -1;
	k->p.threads = bulla_cores();
	k->p.progress = (struct bulla_progress){ tell, k };
	k->p.skipped = skipped;
}

static void
refuse(struct cmd_pack *k, const char *what, enum bulla_status st,
    const struct bulla_err *err)
{
	exit(cmd_fail(k->c, what, st, err));
}

static void
add_info_file(struct cmd_pack *k, const char *path)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_BAGINFO_MAX);
	struct bulla_err err = { 0 };
	struct bulla_cur text;
	enum bulla_status st = bulla_file_get(path, &b, &err);

	if (st != BULLA_OK)
		refuse(k, NULL, st, &err);
	text = bulla_buf_view(&b);
	st = bulla_baginfo_add_lines(&k->info, &text, &err);
	if (st != BULLA_OK)
		refuse(k, path, st, &err);
	bulla_buf_free(&b);
}

static void
set_time(struct cmd_pack *k, const char *arg)
{
	struct bulla_cur c = bulla_cur_str(arg);
	char shown[64];

	if (!bulla_when_parse(&c, &k->p.time))
		exit(cmd_usage(k->c, "--time: \"%s\" is not a time such as "
		    "2026-11-22T03:04:05Z", bulla_text_show(shown,
		    sizeof(shown), &c)));
}

static void
set_profile(struct cmd_pack *k, const char *arg)
{
	char shown[64];

	k->evidence = strcmp(arg, "evidence") == 0;
	if (!k->evidence && strcmp(arg, "bare") != 0)
		exit(cmd_usage(k->c, "--profile: \"%s\" is neither bare nor "
		    "evidence", bulla_text_show_str(shown, sizeof(shown),
		    arg)));
}

bool
cmd_pack_option(struct cmd_pack *k, int ch, const char *arg)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	k->for_bag |= ch != 'j' && ch != CMD_PACK_TIME;
	switch (ch) {
	case 'n':
		k->p.bag = arg;
		return true;
	case 'm':
		st = bulla_baginfo_add(&k->info, arg, &err);
		if (st != BULLA_OK)
			refuse(k, "-m", st, &err);
		return true;
	case 'I':
		add_info_file(k, arg);
		return true;
	case CMD_PACK_PROFILE:
		set_profile(k, arg);
		return true;
	case CMD_PACK_TIME:
		set_time(k, arg);
		return true;
	case CMD_PACK_NAME:
		k->p.stdin_name = arg;
		return true;
	case CMD_PACK_SIZE:
		k->p.stdin_size = cmd_size(k->c, "--size", arg, INT64_MAX);
		k->p.has_stdin_size = true;
		return true;
	case CMD_PACK_SKIP:
		k->p.skip_unreadable = true;
		return true;
	case 'j':
		k->p.threads = cmd_threads(k->c, arg);
		return true;
	default:
		return false;
	}
}

int
cmd_pack_paths(struct cmd_pack *k, bool *any)
{
	char **v = k->c->argv;
	int n = k->c->argc;

	*any = n > 0;
	if (k->p.stdin_name != NULL) {
		if (n != 1 || strcmp(v[0], "-") != 0)
			return cmd_usage(k->c, "--name goes with a single "
			    "'-': standard input as one file");
		return CMD_YES;
	}
	if (k->p.has_stdin_size)
		return cmd_usage(k->c, "--size goes with --name");
	for (int i = 0; i < n; i++)
		if (strcmp(v[i], "-") == 0)
			return cmd_usage(k->c, "'-' as a PATH needs --name "
			    "NAME: what is standard input to be called?");
	k->p.paths = (const char *const *)v;
	k->p.n_paths = (size_t)n;
	return CMD_YES;
}

const char *
cmd_out_file(const struct cmd *c)
{
	const char *out = c->common.out;

	return out != NULL && strcmp(out, "-") != 0 ? out : NULL;
}

int
cmd_pack_guard(struct cmd_pack *k, int out_fd, bool from_stdin)
{
	const char *out = cmd_out_file(k->c);

	k->p.out_fd = out_fd;
	/* With -f the output takes the name of a file that may be evidence. */
	if (out != NULL && k->c->common.force)
		k->p.old_fd = open(out, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (from_stdin && (bulla_same_file(STDIN_FILENO, out_fd) ||
	    bulla_same_file(STDIN_FILENO, k->p.old_fd)))
		return cmd_usage(k->c, "standard input is the file being "
		    "written: put the output elsewhere");
	return CMD_YES;
}

int
cmd_pack_check(struct cmd_pack *k)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_cur c, line;
	unsigned n = 0;

	if (k->evidence)
		n = bulla_baginfo_evidence(&k->info, &b);
	c = bulla_buf_view(&b);
	while (bulla_cur_line(&c, &line))
		cmd_say(k->c, "evidence profile: %.*s", (int)line.len,
		    (const char *)line.p);
	bulla_buf_free(&b);
	if (n > 0)
		return cmd_usage(k->c, "the evidence profile asks for %u more: "
		    "give each with -m LABEL=VALUE or in a file with -I", n);
	return CMD_YES;
}

void
cmd_pack_free(struct cmd_pack *k)
{
	bulla_baginfo_free(&k->info);
	if (k->p.old_fd != -1)
		(void)close(k->p.old_fd);
}
