#include <unistd.h>

#include "cmd_pack.h"

#include "bulla/file.h"

static const struct cmd_opt opts[] = {
	CMD_PACK_OPTS,
	{ 0 },
};
static const char *const synopsis[] = {
	"[-n BAG] [-m LABEL=VALUE]... [-I FILE] [--profile P] [options] "
	    "PATH...",
	"[options] --name N [--size BYTES] -",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-pack",
	.synopsis = synopsis,
	.about = "Pack files and directories into a BagIt bag, written as a "
	    "tar to standard\noutput: for bulla-seal.",
	.opts = opts,
	.groups = CMD_OUT,
};

static int
report(const struct cmd *c, const struct bulla_packed *d)
{
	struct cmd_json *j;

	if (d->not_archived > 0 && !c->common.json)
		cmd_say(c, "recorded in metadata.tsv, not packed: %llu links "
		    "or special files", (unsigned long long)
		    d->not_archived);
	cmd_verbose(c, "%llu files, %llu bytes; %llu recorded only, %llu "
	    "renamed", (unsigned long long)d->files,
	    (unsigned long long)d->bytes,
	    (unsigned long long)(d->not_archived + d->skipped),
	    (unsigned long long)d->renamed);
	if (!c->common.json)
		return CMD_YES;
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_json_u64(j, "files", d->files);
	cmd_json_u64(j, "bytes", d->bytes);
	cmd_json_u64(j, "not_archived", d->not_archived);
	cmd_json_u64(j, "skipped", d->skipped);
	cmd_json_u64(j, "renamed", d->renamed);
	cmd_json_hex(j, "manifest", d->manifest, sizeof(d->manifest));
	return cmd_json_print(c, j, CMD_YES);
}

static int
pack(struct cmd_pack *k)
{
	const char *path = k->c->common.out != NULL ? k->c->common.out : "-";
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	struct bulla_packed done;
	struct bulla_writer_fd w;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	st = bulla_outfile_open(&o, path, 0600, k->c->common.force, true,
	    &err);
	if (st != BULLA_OK)
		return cmd_fail(k->c, NULL, st, &err);
	code = cmd_pack_guard(k, o.fd, k->p.stdin_name != NULL);
	if (code == CMD_YES) {
		bulla_writer_fd_init(&w, o.fd, path);
		cmd_progress_begin(&k->progress, k->c, 0);
		st = bulla_pack_run(&k->p, &w.w, &done, &err);
		cmd_progress_end(&k->progress);
	}
	if (code == CMD_YES && st == BULLA_OK)
		st = bulla_outfile_commit(&o, &err);
	bulla_outfile_free(&o);
	if (code != CMD_YES)
		return code;
	if (st != BULLA_OK)
		return cmd_fail(k->c, NULL, st, &err);
	return report(k->c, &done);
}

int
main(int argc, char **argv)
{
	struct cmd c;
	struct cmd_pack k;
	const char *arg;
	bool any;
	int ch, code;

	cmd_begin(&c, &tool, argc, argv);
	cmd_pack_begin(&k, &c);
	while ((ch = cmd_getopt(&c, &arg)) != -1)
		(void)cmd_pack_option(&k, ch, arg);
	c.common.data_out = cmd_out_file(&c) == NULL;
	code = cmd_pack_paths(&k, &any);
	if (code == CMD_YES && !any)
		code = cmd_usage(&c, "nothing to pack: name a file or a "
		    "directory");
	if (code == CMD_YES)
		code = cmd_pack_check(&k);
	if (code == CMD_YES)
		code = pack(&k);
	cmd_pack_free(&k);
	return cmd_end(&c, code);
}
