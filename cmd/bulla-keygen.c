#include <stdio.h>
#include <string.h>

#include "cmd.h"

#include "bulla/age.h"
#include "bulla/file.h"
#include "bulla/text.h"

static const struct cmd_opt opts[] = {
	{ 'n', "name", "NAME", "the key's name, such as agency/sealer" },
	{ 'p', "passphrase", NULL, "protect the key with a passphrase" },
	{ 0 },
};
static const char *const synopsis[] = {
	"sign -n NAME -o FILE [-fp]",
	"age [-n NAME] -o FILE [-fp]",
	"public [-o FILE] KEYFILE",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-keygen",
	.synopsis = synopsis,
	.about = "Make a key to sign with or to decrypt with, in FILE and "
	    "FILE.pub; or show the\npublic part of one.",
	.opts = opts,
	.groups = CMD_OUT | CMD_ASK,
};

struct keygen {
	struct cmd c;
	const char *name;
	bool protect;
};

static int
print_public(const struct keygen *k, const char *kind, const char *file,
    const char *line)
{
	struct cmd_json *j;

	if (!k->c.common.json) {
		printf("%s\n", line);
		return CMD_YES;
	}
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "kind", kind);
	cmd_json_str(j, "public", line);
	cmd_json_str(j, "file", file);
	return cmd_json_print(&k->c, j, CMD_YES);
}

/* Writes both files and says what the public one holds. */
static int
save(const struct keygen *k, const char *kind,
    const struct bulla_secret *text, const char *line)
{
	const char *path = k->c.common.out;
	struct bulla_secret pass = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;

	if (k->protect)
		st = k->c.ask.ask(&k->c.ask, "new passphrase: ", true, &pass,
		    &err);
	if (st == BULLA_OK)
		st = bulla_keyfile_write(path, text, line,
		    k->protect ? &pass : NULL, k->c.common.force, &err);
	bulla_secret_free(&pass);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	cmd_verbose(&k->c, "the secret key is the file given with -o: keep "
	    "it; its .pub is what others need");
	return print_public(k, kind, path, line);
}

static int
make_sign(const struct keygen *k)
{
	struct bulla_buf line = BULLA_BUF_INIT(BULLA_VKEY_MAX);
	struct bulla_secret text = { 0 };
	struct bulla_signer s = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	const char *vkey;
	int code;

	if (k->name == NULL)
		return cmd_usage(&k->c, "a signing key needs a name: -n "
		    "AGENCY/ROLE");
	st = bulla_signer_new(k->name, BULLA_SIG_ED25519, &s, &err);
	if (st == BULLA_OK)
		st = bulla_signer_text(&s, &text, &err);
	if (st == BULLA_OK) {
		bulla_vkey_put(&line, &s.vkey);
		st = bulla_buf_status(&line);
	}
	vkey = bulla_buf_cstr(&line);
	if (st == BULLA_OK && vkey == NULL)
		st = BULLA_E_NOMEM;
	code = st == BULLA_OK ? save(k, "sign", &text, vkey) :
	    cmd_fail(&k->c, NULL, st, &err);
	bulla_buf_free(&line);
	bulla_secret_free(&text);
	bulla_signer_free(&s);
	return code;
}

static int
make_age(const struct keygen *k)
{
	struct bulla_identity i = { 0 };
	struct bulla_secret text = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	st = bulla_identity_new(&i, &err);
	if (st == BULLA_OK)
		st = bulla_identity_text(&i, k->name, bulla_now(), &text,
		    &err);
	code = st == BULLA_OK ? save(k, "age", &text, i.recipient) :
	    cmd_fail(&k->c, NULL, st, &err);
	bulla_secret_free(&text);
	bulla_secret_free(&i.key);
	return code;
}

/* Append the public lines of a key file's text; *kind says which it is. */
static enum bulla_status
public_lines(const struct bulla_cur *text, struct bulla_buf *out,
    const char **kind, struct bulla_err *err)
{
	struct bulla_identities ids = { 0 };
	struct bulla_signer s = { 0 };
	enum bulla_status st;

	if (bulla_cur_starts(text, "PRIVATE+KEY+")) {
		*kind = "sign";
		st = bulla_signer_parse(text, &s, err);
		if (st == BULLA_OK)
			bulla_vkey_put(out, &s.vkey);
		bulla_signer_free(&s);
	} else {
		*kind = "age";
		st = bulla_identities_add_text(&ids, text, err);
		for (size_t i = 0; st == BULLA_OK && i < ids.n; i++)
			bulla_buf_fmt(out, "%s%s", i > 0 ? "\n" : "",
			    ids.v[i].recipient);
		bulla_identities_free(&ids);
	}
	return st == BULLA_OK ? bulla_buf_status(out) : st;
}

static int
show_public(const struct keygen *k, const char *path)
{
	struct bulla_buf lines = BULLA_BUF_INIT(1u << 20);
	const char *kind = "", *out = k->c.common.out;
	struct bulla_secret file = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct bulla_cur text;
	char shown[256];
	int code = cmd_spare(&k->c, path);

	if (code != CMD_YES)
		return code;
	st = bulla_keyfile_read(path, &k->c.ask, &file, &err);
	if (st == BULLA_OK) {
		text = bulla_secret_view(&file);
		st = public_lines(&text, &lines, &kind, &err);
		if (st != BULLA_OK)
			bulla_wrap(&err, st, "%s", bulla_text_show_str(shown,
			    sizeof(shown), path));
	}
	bulla_secret_free(&file);
	if (st == BULLA_OK && bulla_buf_cstr(&lines) == NULL)
		st = BULLA_E_NOMEM;
	if (st == BULLA_OK && (out == NULL || k->c.common.json))
		code = print_public(k, kind, path, (const char *)lines.p);
	if (st == BULLA_OK && out != NULL) {
		bulla_buf_str(&lines, "\n");
		st = bulla_buf_status(&lines);
		if (st == BULLA_OK)
			st = bulla_file_put(out, lines.p, lines.len, 0644,
			    k->c.common.force, &err);
	}
	bulla_buf_free(&lines);
	return st == BULLA_OK ? code : cmd_fail(&k->c, NULL, st, &err);
}

static int
run(struct keygen *k)
{
	const char *verb = cmd_operand(&k->c);
	const char *path;

	if (verb == NULL)
		return cmd_usage(&k->c, "sign, age or public?");
	if (strcmp(verb, "public") == 0) {
		path = cmd_operand(&k->c);
		if (path == NULL || k->c.argc > 0)
			return cmd_usage(&k->c, "public takes one key file");
		return show_public(k, path);
	}
	if (strcmp(verb, "sign") != 0 && strcmp(verb, "age") != 0)
		return cmd_usage(&k->c, "sign, age or public?");
	if (k->c.argc > 0)
		return cmd_usage(&k->c, "%s takes options only", verb);
	if (k->c.common.out == NULL)
		return cmd_usage(&k->c, "where to? -o FILE");
	return strcmp(verb, "sign") == 0 ? make_sign(k) : make_age(k);
}

int
main(int argc, char **argv)
{
	struct keygen k = { 0 };
	const char *arg = NULL;
	int ch;

	cmd_begin(&k.c, &tool, argc, argv);
	while ((ch = cmd_getopt(&k.c, &arg)) != -1) {
		if (ch == 'n')
			k.name = arg;
		else
			k.protect = true;
	}
	/* Who says where the passphrase comes from wants one. */
	if (k.c.ask.fd != -1)
		k.protect = true;
	return cmd_end(&k.c, run(&k));
}
