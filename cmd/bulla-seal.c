#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_pack.h"
#include "cmd_stand.h"

#include "bulla/file.h"
#include "bulla/package.h"

enum { OPT_FROM = CMD_LONG + 1, OPT_TO, OPT_KIND, OPT_REF, OPT_CLASS,
    OPT_EXERCISE };

static const struct cmd_opt opts[] = {
	{ 'i', "identity", "SIGNKEY", "seal with this key file (repeat)" },
	{ 'r', "recipient", "AGE1...|NAME",
	    "who can open it, NAME in a roster (repeat)" },
	{ 'R', "recipients-file", "FILE", "each line of FILE (repeat)" },
	{ OPT_FROM, "from", "NAME", "sender (default: the first key's name)" },
	{ OPT_TO, "to", "NAME", "addressee (repeat)" },
	{ OPT_KIND, "kind", "K", "what it is (default: evidence)" },
	{ OPT_REF, "ref", "ID", "the request it answers" },
	{ OPT_CLASS, "class", "C", "urgency class" },
	{ OPT_EXERCISE, "exercise", NULL, "mark it as an EXERCISE" },
	{ 'z', "zstd", NULL, "compress before encrypting" },
	CMD_PACK_OPTS,
	{ 0 },
};
static const char *const synopsis[] = {
	"[-i SIGNKEY]... (-r RECIPIENT | -R FILE)... [options] [-o FILE] "
	    "PATH...",
	"[-i SIGNKEY]... (-r RECIPIENT | -R FILE)... [options] [-o FILE] "
	    "< BAG.tar",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-seal",
	.synopsis = synopsis,
	.about = "Seal files, or a bag from bulla-pack on standard input, "
	    "into a signed and\nencrypted package.",
	.opts = opts,
	.groups = CMD_OUT | CMD_ASK,
};

struct seal {
	struct cmd c;
	struct cmd_home home;
	struct cmd_stand stand;
	struct cmd_pack k;
	struct bulla_seal s;
	struct bulla_signer signer[BULLA_SEALERS_MAX];
	const char *key_path[BULLA_SEALERS_MAX];
	size_t n_keys;
	struct bulla_recipients to;
	const char *names[BULLA_TO_MAX];
	const char *by_name[BULLA_RECIPIENTS_MAX];	/* -r NAME */
	size_t n_by_name;
};

static void
add_recipient(struct seal *m, int ch, const char *arg)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	/* A name is looked up when the home is known. */
	if (ch == 'r' && strncmp(arg, "age1", 4) != 0 &&
	    strchr(arg, '/') != NULL && access(arg, F_OK) != 0) {
		if (m->n_by_name == BULLA_RECIPIENTS_MAX)
			exit(cmd_usage(&m->c, "-r: at most %u",
			    BULLA_RECIPIENTS_MAX));
		m->by_name[m->n_by_name++] = arg;
		return;
	}
	st = ch == 'r' ?
	    bulla_recipients_add(&m->to, arg, &err) :
	    bulla_recipients_add_file(&m->to, arg, &err);

	if (st == BULLA_E_FORMAT || st == BULLA_E_LIMIT)
		st = BULLA_E_USAGE;	/* the user's option, not evidence */
	if (st == BULLA_E_USAGE && ch == 'r' && access(arg, F_OK) == 0)
		exit(cmd_usage(&m->c, "-r takes a recipient, written out; a "
		    "file of them goes with -R"));
	if (st != BULLA_OK)
		exit(cmd_fail(&m->c, ch == 'r' ? "-r" : NULL, st, &err));
}

static void
option(struct seal *m, int ch, const char *arg)
{
	switch (ch) {
	case 'i':
		if (m->n_keys == BULLA_SEALERS_MAX)
			exit(cmd_usage(&m->c, "-i: at most %u keys",
			    BULLA_SEALERS_MAX));
		m->key_path[m->n_keys++] = arg;
		break;
	case 'r':
	case 'R':
		add_recipient(m, ch, arg);
		break;
	case OPT_FROM:
		m->s.from = arg;
		break;
	case OPT_TO:
		if (m->s.n_to == BULLA_TO_MAX)
			exit(cmd_usage(&m->c, "--to: at most %u",
			    BULLA_TO_MAX));
		m->names[m->s.n_to++] = arg;
		break;
	case OPT_KIND:
		m->s.kind = arg;
		break;
	case OPT_REF:
		m->s.ref = arg;
		break;
	case OPT_CLASS:
		m->s.urgency = arg;
		break;
	case OPT_EXERCISE:
		m->s.exercise = true;
		break;
	case 'z':
		m->s.zstd = true;
		break;
	default:
		(void)cmd_pack_option(&m->k, ch, arg);
		break;
	}
}

static int
report(const struct cmd *c, const struct bulla_sealed *d)
{
	struct cmd_json *j;

	if (d->packed.not_archived > 0 && !c->common.json)
		cmd_say(c, "recorded in metadata.tsv, not packed: %llu links "
		    "or special files", (unsigned long long)
		    d->packed.not_archived);
	cmd_verbose(c, "package %s, bag %s: %llu files, %llu bytes, sealed "
	    "in %llu bytes", d->id, d->bag,
	    (unsigned long long)d->packed.files,
	    (unsigned long long)d->packed.bytes, (unsigned long long)d->size);
	if (!c->common.json) {
		/* Without -o standard output is the package. */
		if (!c->common.quiet && !c->common.data_out)
			puts(d->id);
		return CMD_YES;
	}
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "package", d->id);
	cmd_json_str(j, "bag", d->bag);
	cmd_json_u64(j, "files", d->packed.files);
	cmd_json_u64(j, "bytes", d->packed.bytes);
	cmd_json_u64(j, "renamed", d->packed.renamed);
	cmd_json_u64(j, "not_archived", d->packed.not_archived);
	cmd_json_u64(j, "skipped", d->packed.skipped);
	cmd_json_u64(j, "size", d->size);
	cmd_json_u64(j, "segments", d->segments);
	cmd_json_hex(j, "opening", d->opening, sizeof(d->opening));
	cmd_json_hex(j, "closing", d->closing, sizeof(d->closing));
	return cmd_json_print(c, j, CMD_YES);
}

static int
load_keys(struct seal *m)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	for (size_t i = 0; i < m->n_keys; i++) {
		if (cmd_spare(&m->c, m->key_path[i]) != CMD_YES)
			return CMD_USE;
		st = bulla_signer_load(m->key_path[i], &m->c.ask,
		    &m->signer[i], &err);
		if (st != BULLA_OK)
			return cmd_fail(&m->c, NULL, st, &err);
		m->s.n_signers = i + 1;
	}
	return CMD_YES;
}

/* "-r NAME": the age recipient of that name; it is the addressee as well. */
static int
find_recipients(struct seal *m)
{
	bool addressed = m->s.n_to > 0;
	char text[BULLA_AGE_RECIPIENT_MAX];
	struct bulla_err err = { 0 };
	struct bulla_cur age1;
	enum bulla_status st;
	int code;

	for (size_t i = 0; i < m->n_by_name; i++) {
		code = cmd_home_recipient(&m->home, m->by_name[i], &age1);
		if (code != CMD_YES)
			return code;
		BULLA_CHECK(age1.len < sizeof(text));
		memcpy(text, age1.p, age1.len);
		text[age1.len] = '\0';
		st = bulla_recipients_add(&m->to, text, &err);
		if (st != BULLA_OK)
			return cmd_fail(&m->c, m->by_name[i], st, &err);
		if (!addressed && m->s.n_to < BULLA_TO_MAX)
			m->names[m->s.n_to++] = m->by_name[i];
	}
	if (m->to.n == 0)
		return cmd_usage(&m->c, "nobody could open it: give -r "
		    "AGE1..., -r NAME (of a roster) or -R FILE");
	return CMD_YES;
}

/* What was not given comes from the home. */
static int
find_keys(struct seal *m)
{
	int code = cmd_home_open(&m->home, &m->c);

	if (code == CMD_YES && m->n_keys == 0) {
		m->key_path[0] = cmd_home_key(&m->home, "sealer.key");
		m->n_keys = m->key_path[0] != NULL;
	}
	if (code == CMD_YES && m->n_keys == 0)
		return cmd_home_no_key(&m->home, "no key to seal with: give "
		    "-i SIGNKEY", "sealer.key");
	if (code == CMD_YES)
		code = find_recipients(m);
	return code == CMD_YES ? load_keys(m) : code;
}

static int
seal(struct seal *m)
{
	const char *path = m->c.common.out != NULL ? m->c.common.out : "-";
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	struct bulla_sealed done;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code, ended;

	st = bulla_outfile_open(&o, path, 0644, m->c.common.force, true,
	    &err);
	if (st != BULLA_OK)
		return cmd_fail(&m->c, NULL, st, &err);
	code = cmd_pack_guard(&m->k, o.fd, m->s.pack == NULL ||
	    m->k.p.stdin_name != NULL);
	if (code == CMD_YES)
		code = cmd_stand_begin(&m->stand, &m->home, &m->s);
	if (code == CMD_YES) {
		m->s.out_fd = o.fd;
		m->s.out_name = path;
		cmd_progress_begin(&m->k.progress, &m->c, 0);
		st = bulla_seal_run(&m->s, &done, &err);
		cmd_progress_end(&m->k.progress);
	}
	/* Recorded before it has a name: no seal without its record. */
	ended = cmd_stand_end(&m->stand, &m->s,
	    code == CMD_YES && st == BULLA_OK ? &done : NULL);
	if (code == CMD_YES && st == BULLA_OK)
		code = ended;
	if (code == CMD_YES && st == BULLA_OK)
		st = bulla_outfile_commit(&o, &err);
	bulla_outfile_free(&o);
	if (code != CMD_YES)
		return code;
	if (st != BULLA_OK)
		return cmd_fail(&m->c, NULL, st, &err);
	return report(&m->c, &done);
}

static int
run(struct seal *m)
{
	bool any;
	int code = cmd_pack_paths(&m->k, &any);

	if (code != CMD_YES)
		return code;
	if (!any && isatty(STDIN_FILENO))
		return cmd_usage(&m->c, "nothing to seal: name a PATH, or "
		    "pipe a bag in from bulla-pack");
	if (!any && m->k.for_bag)
		return cmd_usage(&m->c, "options that describe the bag need a "
		    "PATH: what comes from standard input is packed already");
	if (any)
		m->s.pack = &m->k.p;
	code = cmd_pack_check(&m->k);
	if (code == CMD_YES)
		code = find_keys(m);
	return code == CMD_YES ? seal(m) : code;
}

int
main(int argc, char **argv)
{
	struct seal m = { 0 };
	const char *arg;
	int ch, code;

	cmd_begin(&m.c, &tool, argc, argv);
	cmd_pack_begin(&m.k, &m.c);
	while ((ch = cmd_getopt(&m.c, &arg)) != -1)
		option(&m, ch, arg);
	m.s.signers = m.signer;
	m.s.recipients = &m.to;
	m.s.to = m.names;
	m.s.created = m.k.p.time;
	m.s.now = bulla_now;
	m.s.in_fd = STDIN_FILENO;
	m.s.threads = m.k.p.threads;
	m.s.progress = m.k.p.progress;
	m.c.common.data_out = cmd_out_file(&m.c) == NULL;
	code = run(&m);
	for (size_t i = 0; i < m.n_keys; i++)
		bulla_signer_free(&m.signer[i]);
	bulla_recipients_free(&m.to);
	cmd_pack_free(&m.k);
	cmd_home_close(&m.home);
	return cmd_end(&m.c, code);
}
