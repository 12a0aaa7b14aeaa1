#include <string.h>

#include "export.h"

#include "bulla/file.h"

#define OUT_MAX (1u << 30)	/* bytes */

enum { OPT_BAG = CMD_LONG + 1, OPT_TSA_CA };

static const struct cmd_opt opts[] = {
	{ OPT_BAG, "bag", "DIR", "case: list the files of this opened bag" },
	{ 'i', "identity", "AGEKEY",
	    "case: list those in the package, with this key (repeat)" },
	{ OPT_TSA_CA, "tsa-ca", "FILE",
	    "case: trust these certificates for time stamps" },
	{ 0 },
};
static const char *const synopsis[] = {
	"case [--bag DIR] [-i AGEKEY]... [--tsa-ca FILE] [-o FILE] ID "
	    "[PACKAGE]",
	"dfxml [-o FILE] DIR",
	"hashdeep [-o FILE] DIR",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-export",
	.synopsis = synopsis,
	.about = "What other forensic tools read: the chain of custody as "
	    "CASE/UCO, an opened bag\nas a DFXML or hashdeep listing.",
	.opts = opts,
	.groups = CMD_OUT | CMD_ASK,
};

static int
put(struct export_cmd *x)
{
	const char *out = x->k.c.common.out != NULL ? x->k.c.common.out : "-";
	enum bulla_status st = bulla_buf_status(&x->out);
	struct bulla_err err = { 0 };
	bool holds = x->p.findings.len == 0;
	struct cmd_json *j;

	if (st != BULLA_OK)
		st = bulla_fail(&err, st, "no memory for all of it");
	else
		st = bulla_file_put(out, x->out.p, x->out.len, 0644,
		    x->k.c.common.force, &err);
	if (st != BULLA_OK)
		return cmd_fail(&x->k.c, NULL, st, &err);
	if (!holds)
		cmd_say(&x->k.c, "the chain of custody does not hold: see "
		    "bulla-custody check %s", x->p.id);
	if (!x->k.c.common.json)
		return holds ? CMD_YES : CMD_NO;
	j = cmd_json_new();
	cmd_json_bool(j, "ok", holds);
	cmd_json_u64(j, "bytes", x->out.len);
	cmd_json_u64(j, "files", x->bag.n);
	cmd_json_u64(j, "notes", x->p.n_steps);
	return cmd_json_print(&x->k.c, j, holds ? CMD_YES : CMD_NO);
}

static int
listing(struct export_cmd *x, void (*write)(struct export_cmd *x))
{
	int code;

	x->bag.dir = cmd_operand(&x->k.c);
	if (x->bag.dir == NULL || x->k.c.argc > 0)
		return cmd_usage(&x->k.c, "which bag? DIR is the directory "
		    "of one that bulla-open has made");
	code = export_bag_read(&x->k.c, &x->bag);
	if (code == CMD_YES)
		write(x);
	return code == CMD_YES ? put(x) : code;
}

static int
graph(struct export_cmd *x)
{
	struct custody_cmd *k = &x->k;
	int code = CMD_YES;
	const char *id = custody_id(k, &code);

	if (id == NULL)
		return code;
	if (k->n_keys > 0)
		k->package = cmd_operand(&k->c);
	if (k->c.argc > 0)
		return cmd_usage(&k->c, k->n_keys > 0 ? "one PACKAGE at a "
		    "time" : "one ID at a time; a PACKAGE needs -i AGEKEY");
	code = custody_home(k);
	if (code == CMD_YES)
		code = custody_load_notes(k, id, &x->p);
	if (code == CMD_YES && (x->bag.dir != NULL || k->n_keys > 0))
		code = export_bag_of(k, &x->p, &x->bag);
	if (code == CMD_YES && k->m.h.trust == NULL)
		cmd_say(&k->c, "%s", EXPORT_UNVERIFIED);
	if (code == CMD_YES)
		code = export_case(x);
	return code == CMD_YES ? put(x) : code;
}

static int
run(struct export_cmd *x)
{
	const char *format = cmd_operand(&x->k.c);

	x->k.c.common.data_out = x->k.c.common.out == NULL ||
	    strcmp(x->k.c.common.out, "-") == 0;
	if (format != NULL && strcmp(format, "case") == 0)
		return graph(x);
	if (format != NULL && strcmp(format, "dfxml") == 0)
		return listing(x, export_dfxml);
	if (format != NULL && strcmp(format, "hashdeep") == 0)
		return listing(x, export_hashdeep);
	return cmd_usage(&x->k.c, "case, dfxml or hashdeep?");
}

int
main(int argc, char **argv)
{
	struct export_cmd x = { .out = BULLA_BUF_INIT(OUT_MAX) };
	const char *arg = NULL;
	int ch, code;

	cmd_begin(&x.k.c, &tool, argc, argv);
	while ((ch = cmd_getopt(&x.k.c, &arg)) != -1) {
		if (ch == OPT_BAG)
			x.bag.dir = arg;
		else if (ch == 'i')
			export_key(&x.k, arg);
		else
			x.k.tsa_ca = arg;
	}
	code = run(&x);
	bulla_buf_free(&x.out);
	export_bag_free(&x.bag);
	custody_pair_free(&x.p);
	bulla_stamps_free(&x.k.stamps);
	cmd_home_close(&x.k.m);
	return cmd_end(&x.k.c, code);
}
