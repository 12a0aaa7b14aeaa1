#include <stdio.h>
#include <unistd.h>

#include "cmd_home.h"
#include "cmd_quarantine.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/receive.h"

enum { OPT_EXERCISE = CMD_LONG + 1, OPT_QUARANTINE };

static const struct cmd_opt opts[] = {
	{ 'i', "identity", "RECEIVERKEY", "sign the receipt with this key" },
	{ OPT_EXERCISE, "exercise", NULL, "accept an EXERCISE package" },
	{ OPT_QUARANTINE, "quarantine", "LIMITS", "for what is rejected: "
	    "bytes=N,days=N (default: 30 days)" },
	{ 0 },
};
static const char *const synopsis[] = {
	"[-i RECEIVERKEY] [-k VKEY]... [-K FILE] [--exercise] "
	    "[--quarantine LIMITS] [PACKAGE]",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-receive",
	.synopsis = synopsis,
	.about = "Take a package in: verify it, store it in the home, and "
	    "write the signed\nreceipt to standard output.",
	.opts = opts,
	.groups = CMD_ASK | CMD_KNOWN,
};

static void
say_rejected(const struct cmd *c, const struct bulla_received *r)
{
	char hex[2 * BULLA_SHA256_LEN + 1];

	bulla_hex(hex, r->sha256, BULLA_SHA256_LEN);
	/* one line: one thing that happened, for who reads the log too */
	cmd_say(c, "package %s is rejected (%s): %s; %skept %s%s%s", r->id,
	    r->reason, r->why.msg, r->quarantined ? "" : "not ",
	    r->quarantined ? "as quarantine/" : "in quarantine: ",
	    r->quarantined ? hex : r->not_kept.msg,
	    r->quarantined ? ".bulla" : "");
}

static int
report(const struct cmd *c, const struct bulla_received *r)
{
	struct cmd_json *j;

	if (!r->accepted)
		say_rejected(c, r);
	else if (r->existed)
		cmd_verbose(c, "package %s was here already", r->id);
	if (!c->common.json) {
		(void)fwrite(r->receipt.p, 1, r->receipt.len, stdout);
		return r->accepted ? CMD_YES : CMD_NO;
	}
	j = cmd_json_new();
	cmd_json_bool(j, "ok", r->accepted);
	cmd_json_str(j, "package", r->id);
	cmd_json_hex(j, "sha256", r->sha256, sizeof(r->sha256));
	cmd_json_bool(j, "existed", r->existed);
	if (!r->accepted) {
		cmd_json_str(j, "reason", r->reason);
		cmd_json_str(j, "message", r->why.msg);
		cmd_json_bool(j, "quarantined", r->quarantined);
	}
	cmd_json_cur(j, "receipt", &(struct bulla_cur){
	    .p = r->receipt.p, .len = r->receipt.len });
	return cmd_json_print(c, j, r->accepted ? CMD_YES : CMD_NO);
}

static enum bulla_status
may_sign(void *ctx, const struct bulla_signer *receiver, int64_t now,
    struct bulla_err *err)
{
	return cmd_home_may_sign(ctx, receiver, now, err);
}

static int
receive(struct cmd *c, struct cmd_home *home, struct bulla_receive *p,
    const char *path)
{
	struct bulla_received r = { 0 };
	struct bulla_err err = { 0 };
	struct bulla_cur note;
	enum bulla_status st;
	int fd = -1, code;

	st = bulla_infile_open(path, &fd, &err);
	if (st != BULLA_OK)
		return cmd_fail(c, NULL, st, &err);
	st = bulla_receive_fd(p, fd, &r, &err);
	note = bulla_buf_view(&r.receipt);
	/* What the ledger does not have is not answered. */
	code = st == BULLA_OK ? cmd_home_record_once(home, &note) :
	    cmd_fail(c, path, st, &err);
	if (code == CMD_YES)
		code = report(c, &r);
	bulla_buf_free(&r.receipt);
	(void)close(fd);
	return code;
}

static int
run(struct cmd *c, struct cmd_home *home, struct bulla_receive *p,
    const char *key)
{
	const char *path = cmd_operand(c);
	struct bulla_signer signer = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	if (c->argc > 0)
		return cmd_usage(c, "one PACKAGE at a time");
	p->home = cmd_home(c);
	if (p->home == NULL)
		return cmd_usage(c, "no home: give --home DIR or set "
		    "BULLA_HOME");
	code = cmd_home_open(home, c);
	if (code != CMD_YES)
		return code;
	if (key == NULL)
		key = cmd_home_key(home, "receiver.key");
	if (key == NULL)
		return cmd_usage(c, "no key to sign the receipt with: give -i "
		    "RECEIVERKEY");
	code = cmd_home_known(home, BULLA_ROLE_SEALER, "the sealer's",
	    &p->known, &p->judge);
	if (code != CMD_YES)
		return code;
	st = bulla_signer_load(key, &c->ask, &signer, &err);
	if (st != BULLA_OK)
		return cmd_fail(c, NULL, st, &err);
	p->receiver = &signer;
	if (p->judge.ask != NULL)
		p->may_sign = (struct bulla_may_sign){ may_sign, home };
	p->now = bulla_now();
	code = receive(c, home, p, path != NULL ? path : "-");
	bulla_signer_free(&signer);
	return code;
}

int
main(int argc, char **argv)
{
	struct cmd c;
	struct bulla_receive p = { .quarantine = CMD_QUARANTINE_INIT };
	/* What our own side sealed did not come from anybody. */
	struct cmd_home home = { .side = BULLA_THEIRS };
	const char *arg, *key = NULL;
	int ch, code;

	cmd_begin(&c, &tool, argc, argv);
	while ((ch = cmd_getopt(&c, &arg)) != -1) {
		if (ch == 'i')
			key = arg;
		else if (ch == OPT_QUARANTINE)
			cmd_quarantine(&c, "--quarantine", arg,
			    &p.quarantine);
		else
			p.allow_exercise = true;
	}
	code = run(&c, &home, &p, key);
	cmd_home_close(&home);
	return cmd_end(&c, code);
}
