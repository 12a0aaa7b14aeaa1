#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd_home.h"
#include "cmd_pack.h"
#include "cmd_package.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/ring.h"
#include "bulla/text.h"

#define KEY_FILES_MAX 64u

enum { OPT_EXERCISE = CMD_LONG + 1, OPT_MAX_PLAIN, OPT_PURPOSE };

static const struct cmd_opt opts[] = {
	{ 'i', "identity", "AGEKEY", "open with this key file (repeat)" },
	{ 'd', "directory", "DIR", "put the bag into DIR" },
	{ 'O', "to-stdout", NULL, "write the plaintext tar to stdout instead" },
	{ OPT_MAX_PLAIN, "max-plain", "BYTES",
	    "most to unpack (default: the free space less 5%)" },
	{ 'j', "threads", "N", "threads (default: the cores)" },
	{ OPT_EXERCISE, "exercise", NULL, "accept an EXERCISE package" },
	{ OPT_PURPOSE, "purpose", "TEXT",
	    "why, for the chain of custody of the home" },
	{ 0 },
};
static const char *const synopsis[] = {
	"[-i AGEKEY]... [-k VKEY]... [-K FILE] [options] -d DIR [PACKAGE]",
	"[-i AGEKEY]... [-k VKEY]... [-K FILE] [options] -o FILE [-f] "
	    "[PACKAGE]",
	"[-i AGEKEY]... [-k VKEY]... [-K FILE] [options] -O [PACKAGE]",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-open",
	.synopsis = synopsis,
	.about = "Verify a package, decrypt it and check the bag inside. "
	    "Nothing appears under\nits own name before all of it held.",
	.opts = opts,
	.groups = CMD_OUT | CMD_ASK | CMD_KNOWN,
};

struct opener {
	struct cmd c;
	struct cmd_home home;
	struct bulla_open o;
	struct bulla_outfile file;	/* of -o */
	const char *purpose;
	struct bulla_identities ids;
	const char *key_path[KEY_FILES_MAX];
	size_t n_keys;
	bool to_stdout;
};

static int
report(struct opener *m, const struct bulla_opened *d)
{
	char dir[1024];
	struct cmd_json *j;

	if (m->o.dir == NULL)
		cmd_verbose(&m->c, "package %s, bag %s: %llu files, %llu "
		    "bytes", d->package.opening.id, d->bag,
		    (unsigned long long)d->files,
		    (unsigned long long)d->bytes);
	if (!m->c.common.json) {
		if (!m->c.common.quiet && m->o.dir != NULL)
			printf("%s/%s\n", bulla_text_show_str(dir,
			    sizeof(dir), m->o.dir), d->bag);
		return CMD_YES;
	}
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "bag", d->bag);
	cmd_json_u64(j, "files", d->files);
	cmd_json_u64(j, "bytes", d->bytes);
	cmd_json_str(j, "opened_by", d->recipient);
	cmd_package_json(j, &d->package);
	return cmd_json_print(&m->c, j, CMD_YES);
}

static int
load_keys(struct opener *m)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	for (size_t i = 0; i < m->n_keys; i++) {
		st = bulla_identities_add_file(&m->ids, m->key_path[i],
		    &m->c.ask, &err);
		if (st != BULLA_OK)
			return cmd_fail(&m->c, NULL, st, &err);
	}
	return CMD_YES;
}

static int
check(struct opener *m)
{
	if (m->c.argc > 0)
		return cmd_usage(&m->c, "one PACKAGE at a time");
	if (m->to_stdout + (m->o.dir != NULL) + (m->c.common.out != NULL) != 1)
		return cmd_usage(&m->c, "give either -d DIR for files, or "
		    "-o FILE or -O for the tar");
	if (m->to_stdout && isatty(STDOUT_FILENO))
		return cmd_usage(&m->c, "-O to a terminal: pipe it into tar, "
		    "or use -d DIR");
	return CMD_YES;
}

/* What was not given comes from the home. */
static int
find_keys(struct opener *m)
{
	int code = cmd_home_open(&m->home, &m->c);

	if (code != CMD_YES)
		return code;
	if (m->n_keys == 0) {
		m->key_path[0] = cmd_home_key(&m->home, "desk.age");
		m->n_keys = m->key_path[0] != NULL;
	}
	if (m->n_keys == 0)
		return cmd_usage(&m->c, "no key to open it with: give -i "
		    "AGEKEY");
	code = cmd_home_known(&m->home, BULLA_ROLE_SEALER, "the sealer's",
	    &m->o.known, &m->o.judge);
	return code == CMD_YES ? load_keys(m) : code;
}

/*
 * Who opened it, by the home's custodian: from the digest of the segments'
 * manifest to that of the bag's.
 */
static int
record(struct opener *m, const struct bulla_opened *d)
{
	const char *path = cmd_home_key(&m->home, "custodian.key");
	const struct bulla_package *p = &d->package;
	struct bulla_signer custodian = { 0 };
	char before[65], after[65];
	struct bulla_custody ev = { .has_seal = true,
	    .event = bulla_cur_str("open"),
	    .purpose = bulla_cur_str(m->purpose),
	    .result = bulla_cur_str(m->to_stdout ? "decrypted to a stream" :
	    m->o.dir == NULL ? "decrypted to a tar file" :
	    "decrypted to files") };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	if (path == NULL || m->home.h.trust == NULL)
		return CMD_YES;
	memcpy(ev.id, p->opening.id, sizeof(ev.id));
	memcpy(ev.seal, p->closing_digest, sizeof(ev.seal));
	bulla_hex(before, p->closing.manifest, 32);
	bulla_hex(after, d->manifest, 32);
	cmd_event_field(&ev, "before", before);
	cmd_event_field(&ev, "after", after);
	cmd_event_field(&ev, "justification", m->purpose);
	st = bulla_signer_load(path, &m->c.ask, &custodian, &err);
	if (st != BULLA_OK)
		return cmd_fail(&m->c, "opened, but not recorded", st, &err);
	code = cmd_home_event(&m->home, &ev, &custodian, 1);
	bulla_signer_free(&custodian);
	return code;
}

/* The package, and where the tar goes; closed by main. */
static int
open_files(struct opener *m, const char *path)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (cmd_spare(&m->c, path) != CMD_YES)
		return CMD_USE;
	for (size_t i = 0; i < m->n_keys; i++)
		if (cmd_spare(&m->c, m->key_path[i]) != CMD_YES)
			return CMD_USE;
	st = bulla_infile_open(path, &m->o.fd, &err);
	if (st == BULLA_OK && m->c.common.out != NULL) {
		st = bulla_outfile_open(&m->file, m->c.common.out, 0600,
		    m->c.common.force, true, &err);
		m->o.file = &m->file;
	}
	if (st != BULLA_OK)
		return cmd_fail(&m->c, NULL, st, &err);
	if (m->to_stdout && bulla_same_file(m->o.fd, STDOUT_FILENO))
		return cmd_usage(&m->c, "standard output is the package: "
		    "write the tar elsewhere");
	return CMD_YES;
}

static int
run(struct opener *m)
{
	const char *path = cmd_operand(&m->c);
	struct cmd_progress progress;
	struct bulla_opened d = { 0 };
	struct bulla_writer_fd w;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code = check(m);

	if (code == CMD_YES)
		code = find_keys(m);
	if (code != CMD_YES)
		return code;
	if (path == NULL)
		path = "-";
	code = open_files(m, path);
	if (code != CMD_YES)
		return code;
	bulla_writer_fd_init(&w, STDOUT_FILENO, "standard output");
	m->o.out = m->to_stdout ? &w.w : NULL;
	cmd_progress_begin(&progress, &m->c, cmd_file_size(m->o.fd));
	m->o.progress =
	    (struct bulla_progress){ cmd_progress_tell, &progress };
	st = bulla_open_run(&m->o, &d, &err);
	cmd_progress_end(&progress);
	code = st == BULLA_OK ? record(m, &d) :
	    cmd_fail(&m->c, path, st, &err);
	if (code == CMD_YES && m->o.file != NULL) {
		st = bulla_outfile_commit(&m->file, &err);
		if (st != BULLA_OK)
			code = cmd_fail(&m->c, NULL, st, &err);
	}
	if (code == CMD_YES)
		code = report(m, &d);
	bulla_package_free(&d.package);
	return code;
}

static void
option(struct opener *m, int ch, const char *arg)
{
	switch (ch) {
	case 'i':
		if (m->n_keys == KEY_FILES_MAX)
			exit(cmd_usage(&m->c, "-i: at most %u files",
			    KEY_FILES_MAX));
		m->key_path[m->n_keys++] = arg;
		break;
	case 'd':
		m->o.dir = arg;
		break;
	case 'O':
		m->to_stdout = true;
		break;
	case OPT_PURPOSE:
		m->purpose = arg;
		break;
	case OPT_MAX_PLAIN:
		m->o.max_plain = cmd_size(&m->c, "--max-plain", arg,
		    INT64_MAX);
		break;
	case 'j':
		m->o.threads = cmd_threads(&m->c, arg);
		break;
	default:
		m->o.allow_exercise = true;
		break;
	}
}

int
main(int argc, char **argv)
{
	struct opener m = { .o.fd = -1, .o.threads = bulla_cores(),
	    .file = BULLA_OUTFILE_INIT, .purpose = "none given" };
	const char *arg;
	int ch, code;

	cmd_begin(&m.c, &tool, argc, argv);
	while ((ch = cmd_getopt(&m.c, &arg)) != -1)
		option(&m, ch, arg);
	if (m.c.common.out != NULL && strcmp(m.c.common.out, "-") == 0) {
		m.to_stdout = true;
		m.c.common.out = NULL;
	}
	m.c.common.data_out = m.to_stdout;
	m.o.ids = &m.ids;
	code = run(&m);
	if (m.o.fd != -1)
		(void)close(m.o.fd);
	bulla_outfile_free(&m.file);
	bulla_identities_free(&m.ids);
	cmd_home_close(&m.home);
	return cmd_end(&m.c, code);
}
