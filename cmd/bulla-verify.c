#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_home.h"
#include "cmd_pack.h"
#include "cmd_package.h"

#include "bulla/examine.h"
#include "bulla/file.h"
#include "bulla/receive.h"
#include "bulla/ring.h"
#include "bulla/text.h"
#include "bulla/when.h"

enum { OPT_EXERCISE = CMD_LONG + 1, RECEIPT, RECEIVER };

static const struct cmd_opt opts[] = {
	{ 'j', "threads", "N", "threads (default: the cores)" },
	{ OPT_EXERCISE, "exercise", NULL, "accept an EXERCISE package" },
	{ RECEIPT, "receipt", "FILE", "check a receipt for PACKAGE, too" },
	{ RECEIVER, "receiver", "FILE",
	    "whose receipt: a vkey on each line of FILE (repeat)" },
	{ 0 },
};
static const char *const synopsis[] = {
	"[-k VKEY]... [-K FILE] [-j N] [--exercise] [PACKAGE]",
	"[-k VKEY]... [-K FILE] [-j N] [--exercise] --receipt FILE "
	    "--receiver FILE... PACKAGE",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-verify",
	.synopsis = synopsis,
	.about = "Check everything about a package that needs no secret key: "
	    "who sealed these\nbytes, and that they are all there.",
	.opts = opts,
	.groups = CMD_KNOWN,
};

struct verify {
	struct cmd c;
	struct cmd_home home;
	struct bulla_verify v;
	const char *receipt;	/* or NULL */
	bool has_receivers;	/* the option was given */
	struct bulla_vkeys receivers;
	off_t start;		/* of the package in its file; or -1 */
	struct bulla_buf note;
};

static void
report_text(const struct bulla_package *p, const struct bulla_receipt *r)
{
	char when[BULLA_WHEN_LEN + 1];

	bulla_when_text(p->closing.closed, when);
	printf("ok %s %.*s from %.*s", p->opening.id,
	    (int)p->opening.kind.len, (const char *)p->opening.kind.p,
	    (int)p->opening.from.len, (const char *)p->opening.from.p);
	for (size_t i = 0; i < p->opening.n_to; i++)
		printf("%s %.*s", i == 0 ? " to" : ",",
		    (int)p->opening.to[i].len,
		    (const char *)p->opening.to[i].p);
	printf(", sealed by");
	for (size_t i = 0; i < p->n_sealers; i++)
		printf("%s %s", i > 0 ? "," : "", p->sealer[i].name);
	printf(", claimed time %s, %llu bytes\n", when,
	    (unsigned long long)p->size);
	if (r == NULL)
		return;
	bulla_when_text(r->time, when);
	printf("ok receipt: received by %s, claimed time %s\n", r->actor,
	    when);
}

/* r: NULL when none was asked for. */
static int
report(const struct cmd *c, const struct bulla_package *p,
    const struct bulla_receipt *r)
{
	struct cmd_json *j, *of;

	if (!c->common.json) {
		if (!c->common.quiet)
			report_text(p, r);
		return CMD_YES;
	}
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_package_json(j, p);
	if (r != NULL) {
		of = cmd_json_new();
		cmd_json_str(of, "actor", r->actor);
		cmd_json_when(of, "time", r->time);
		cmd_json_obj(j, "receipt", of);
	}
	return cmd_json_print(c, j, CMD_YES);
}

/* Before the package is read, which takes its time. */
static int
receipt_read(struct verify *s, const char *path)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if ((s->receipt != NULL) != s->has_receivers)
		return cmd_usage(&s->c, "whose receipt, and which? "
		    "--receipt FILE and --receiver FILE belong together");
	if (s->receipt == NULL)
		return CMD_YES;
	if (s->receivers.n == 0)
		return cmd_usage(&s->c, "--receiver: there is no vkey in it");
	if (s->start < 0)
		return cmd_usage(&s->c, "--receipt reads the package a second "
		    "time: give a file instead of a pipe");
	if (strcmp(path, "-") == 0 && strcmp(s->receipt, "-") == 0)
		return cmd_usage(&s->c, "the package and its receipt cannot "
		    "both be standard input");
	st = bulla_file_get(s->receipt, &s->note, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&s->c, NULL, st, &err);
}

/*
 * The package was verified by other readings of the file than the one that is
 * hashed here: the receipt names its id and seal, which tie the two together.
 */
static int
receipt_prove(struct verify *s, const char *path,
    const struct bulla_package *p, struct bulla_receipt *r)
{
	const struct bulla_cur note = bulla_buf_view(&s->note);
	uint8_t sha256[BULLA_SHA256_LEN];
	struct cmd_progress progress;
	const struct bulla_progress tell = { cmd_progress_tell, &progress };
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;

	if (lseek(s->v.fd, s->start, SEEK_SET) < 0)
		st = bulla_fail_sys(&err, "seek");
	cmd_progress_begin(&progress, &s->c, p->size);
	if (st == BULLA_OK)
		st = bulla_hash_fd(s->v.fd, &tell, sha256, &err);
	cmd_progress_end(&progress);
	if (st != BULLA_OK)
		return cmd_fail(&s->c, path, st, &err);
	st = bulla_receipt_prove(&note, &s->receivers, p, sha256, r, &err);
	return st == BULLA_OK ? CMD_YES :
	    cmd_fail(&s->c, s->receipt, st, &err);
}

static int
verify(struct verify *s, const char *path)
{
	const struct cmd *c = &s->c;
	struct cmd_progress progress;
	struct bulla_package p = { 0 };
	struct bulla_receipt r = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code = CMD_YES;

	cmd_progress_begin(&progress, c, cmd_file_size(s->v.fd));
	s->v.progress = (struct bulla_progress){ cmd_progress_tell,
	    &progress };
	st = bulla_package_verify(&s->v, &p, &err);
	cmd_progress_end(&progress);
	if (st != BULLA_OK)
		return cmd_fail(c, path, st, &err);
	if (s->receipt != NULL)
		code = receipt_prove(s, path, &p, &r);
	if (code == CMD_YES)
		code = report(c, &p, s->receipt != NULL ? &r : NULL);
	bulla_package_free(&p);
	return code;
}

static int
run(struct verify *s)
{
	struct cmd *c = &s->c;
	const char *path = cmd_operand(c);
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	if (c->argc > 0)
		return cmd_usage(c, "one PACKAGE at a time");
	code = c->known.n > 0 ? CMD_YES : cmd_home_open(&s->home, c);
	s->home.c = c;
	if (code == CMD_YES)
		code = cmd_home_known(&s->home, BULLA_ROLE_SEALER,
		    "the sealer's", &s->v.known, &s->v.judge);
	if (code != CMD_YES)
		return code;
	if (path == NULL)
		path = "-";
	st = bulla_infile_open(path, &s->v.fd, &err);
	if (st != BULLA_OK)
		return cmd_fail(c, NULL, st, &err);
	s->start = lseek(s->v.fd, 0, SEEK_CUR);
	code = receipt_read(s, path);
	if (code == CMD_YES)
		code = verify(s, path);
	(void)close(s->v.fd);
	return code;
}

static void
take_receiver(struct verify *s, const char *path)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_vkeys_add_file(&s->receivers, path,
	    &err);

	if (st != BULLA_OK)
		exit(cmd_fail(&s->c, NULL, st, &err));
	s->has_receivers = true;
}

static void
take_receipt(struct verify *s, const char *path)
{
	if (s->receipt != NULL)
		exit(cmd_usage(&s->c, "one --receipt at a time"));
	s->receipt = path;
}

int
main(int argc, char **argv)
{
	struct verify s = { .v = { .fd = -1, .threads = bulla_cores() },
	    .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	const char *arg;
	int ch, code;

	cmd_begin(&s.c, &tool, argc, argv);
	while ((ch = cmd_getopt(&s.c, &arg)) != -1) {
		if (ch == 'j')
			s.v.threads = cmd_threads(&s.c, arg);
		else if (ch == RECEIPT)
			take_receipt(&s, arg);
		else if (ch == RECEIVER)
			take_receiver(&s, arg);
		else
			s.v.allow_exercise = true;
	}
	code = run(&s);
	cmd_home_close(&s.home);
	bulla_vkeys_free(&s.receivers);
	bulla_buf_free(&s.note);
	return cmd_end(&s.c, code);
}
