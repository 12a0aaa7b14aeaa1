#include <string.h>

#include "certificate.h"
#include "columns.h"

#include "bulla/file.h"

#define PAGE_MAX (64u << 20)	/* bytes */

enum { OPT_TEXT = CMD_LONG + 1, OPT_PACKAGE, OPT_TSA_CA, OPT_BAG };

static const struct cmd_opt opts[] = {
	{ OPT_TEXT, "text", NULL, "plain text and not HTML" },
	{ OPT_PACKAGE, "package", "FILE",
	    "the package (default: the one in the home)" },
	{ OPT_BAG, "bag", "DIR", "fill in what this opened bag says" },
	{ 'i', "identity", "AGEKEY",
	    "fill in what the bag in the package says (repeat)" },
	{ OPT_TSA_CA, "tsa-ca", "FILE",
	    "trust these certificates for time stamps" },
	{ 0 },
};
static const char *const synopsis[] = {
	"[--text] [--package FILE] [--bag DIR] [-i AGEKEY]... "
	    "[--tsa-ca FILE] [-o FILE] ID",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-certificate",
	.synopsis = synopsis,
	.about = "A certificate of custody to be printed: what a package is, "
	    "who had it, what of\nthat was verified now, and how others "
	    "check it.",
	.opts = opts,
	.groups = CMD_OUT | CMD_ASK,
};

static int
put(struct certificate *c, bool html)
{
	const char *out = c->k.c.common.out != NULL ? c->k.c.common.out : "-";
	struct bulla_buf b = BULLA_BUF_INIT(PAGE_MAX);
	struct page page = { &b, html, columns_of_stdout() };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct cmd_json *j;

	certificate_page(c, &page);
	st = bulla_buf_status(&b);
	if (st != BULLA_OK)
		st = bulla_fail(&err, st, "no memory for the page");
	else
		st = bulla_file_put(out, b.p, b.len, 0644,
		    c->k.c.common.force, &err);
	bulla_buf_free(&b);
	if (st != BULLA_OK)
		return cmd_fail(&c->k.c, NULL, st, &err);
	if (c->problems > 0)
		cmd_say(&c->k.c, "%u thing%s did not hold: the certificate "
		    "says so", c->problems, c->problems == 1 ? "" : "s");
	if (!c->k.c.common.json)
		return c->problems > 0 ? CMD_NO : CMD_YES;
	j = cmd_json_new();
	cmd_json_bool(j, "ok", c->problems == 0);
	cmd_json_str(j, "package", c->p.id);
	cmd_json_u64(j, "problems", c->problems);
	return cmd_json_print(&c->k.c, j, c->problems > 0 ? CMD_NO : CMD_YES);
}

static int
run(struct certificate *c, bool html)
{
	struct custody_cmd *k = &c->k;
	int code = CMD_YES;
	const char *id = custody_only_id(k, &code);

	if (id == NULL)
		return code;
	k->c.common.data_out = k->c.common.out == NULL ||
	    strcmp(k->c.common.out, "-") == 0;
	code = custody_home(k);
	if (code == CMD_YES)
		code = custody_load_notes(k, id, &c->p);
	c->has_bag = c->bag.dir != NULL || k->n_keys > 0;
	if (code == CMD_YES && c->has_bag)
		code = export_bag_of(k, &c->p, &c->bag);
	if (code == CMD_YES)
		code = certificate_look(c);
	return code == CMD_YES ? put(c, html) : code;
}

int
main(int argc, char **argv)
{
	struct certificate c = { 0 };
	const char *arg = NULL;
	bool html = true;
	int ch, code;

	cmd_begin(&c.k.c, &tool, argc, argv);
	while ((ch = cmd_getopt(&c.k.c, &arg)) != -1) {
		if (ch == OPT_TEXT)
			html = false;
		else if (ch == OPT_PACKAGE)
			c.k.package = arg;
		else if (ch == OPT_BAG)
			c.bag.dir = arg;
		else if (ch == 'i')
			export_key(&c.k, arg);
		else
			c.k.tsa_ca = arg;
	}
	code = run(&c, html);
	bulla_package_free(&c.package);
	export_bag_free(&c.bag);
	custody_pair_free(&c.p);
	bulla_stamps_free(&c.k.stamps);
	cmd_home_close(&c.k.m);
	return cmd_end(&c.k.c, code);
}
