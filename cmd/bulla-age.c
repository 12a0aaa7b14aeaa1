#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"

#include "bulla/age.h"
#include "bulla/file.h"
#include "bulla/hash.h"
#include "bulla/text.h"

#define KEY_FILES_MAX 64u

static const struct cmd_opt opts[] = {
	{ 'e', "encrypt", NULL, "encrypt (what -r, -R and -p mean as well)" },
	{ 'd', "decrypt", NULL, "decrypt; armor is detected" },
	{ 'r', "recipient", "AGE1...", "encrypt to this recipient (repeat)" },
	{ 'R', "recipients-file", "FILE", "to each line of FILE (repeat)" },
	{ 'i', "identity", "FILE", "decrypt with this key file (repeat)" },
	{ 'p', "passphrase", NULL, "a passphrase instead of keys" },
	{ 'a', "armor", NULL, "write lines of text, not bytes" },
	{ 0 },
};
static const char *const synopsis[] = {
	"[-e] (-r RECIPIENT | -R FILE)... [-a] [-o FILE] [INPUT]",
	"[-e] -p [-a] [-o FILE] [INPUT]",
	"-d [-i FILE]... [-p] [-o FILE] [INPUT]",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-age",
	.synopsis = synopsis,
	.about = "Encrypt to age v1 files or decrypt them, from standard "
	    "input to standard\noutput or from INPUT to FILE.",
	.opts = opts,
	.groups = CMD_OUT | CMD_ASK,
};

struct age {
	struct cmd c;
	bool encrypt, decrypt, pass, armor;
	bool stdin_taken;		/* by -R - */
	struct bulla_recipients to;
	struct bulla_identities ids;
	const char *id_path[KEY_FILES_MAX];	/* -i: loaded when all is
						 * known */
	size_t n_id;
	struct bulla_outfile out;
	int in_fd;
	char in_name[256];
	enum bulla_age_class cls;
};

/* Counts what is written and, for --json, hashes it. */
struct tally {
	struct bulla_writer w;
	struct bulla_writer *dst;
	struct bulla_sha256 *h;		/* NULL: not asked for */
	uint64_t bytes;
	struct cmd_progress progress;
};

static enum bulla_status
tally_write(struct bulla_writer *w, const void *p, size_t n,
    struct bulla_err *err)
{
	struct tally *t = (struct tally *)w;
	enum bulla_status st = t->dst->write(t->dst, p, n, err);

	if (st != BULLA_OK)
		return st;
	if (t->h != NULL)
		bulla_sha256_update(t->h, p, n);
	t->bytes += n;
	cmd_progress_add(&t->progress, n);
	return BULLA_OK;
}

static bool
is_dash(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* cmd_fail, with the class for programs: decryption only. */
static int
fail(const struct age *a, const struct tally *t, enum bulla_status st,
    const struct bulla_err *err)
{
	struct cmd plain = a->c;
	uint8_t sum[BULLA_SHA256_LEN];
	struct cmd_json *j;
	int code;

	plain.common.json = false;
	code = cmd_fail(&plain, NULL, st, err);
	if (!a->c.common.json)
		return code;
	j = cmd_json_new();
	cmd_json_bool(j, "ok", false);
	if (a->decrypt)
		cmd_json_str(j, "class", bulla_age_class_name(a->cls));
	cmd_json_str(j, "status", bulla_status_name(st));
	cmd_json_str(j, "message", err->msg);
	if (t != NULL && t->h != NULL) {
		bulla_sha256_final(t->h, sum);
		cmd_json_u64(j, "bytes", t->bytes);
		cmd_json_hex(j, "sha256", sum, sizeof(sum));
	}
	return cmd_json_print(&a->c, j, code);
}

static int
succeed(const struct age *a, const struct tally *t)
{
	uint8_t sum[BULLA_SHA256_LEN];
	struct cmd_json *j;

	cmd_verbose(&a->c, "%s: %llu bytes written", a->in_name,
	    (unsigned long long)t->bytes);
	if (!a->c.common.json)
		return CMD_YES;
	j = cmd_json_new();
	bulla_sha256_final(t->h, sum);
	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "class", bulla_age_class_name(BULLA_AGE_SUCCESS));
	cmd_json_u64(j, "bytes", t->bytes);
	cmd_json_hex(j, "sha256", sum, sizeof(sum));
	return cmd_json_print(&a->c, j, CMD_YES);
}

/* What can be read of the input's size, for the progress line. */
static uint64_t
size_of(int fd)
{
	struct stat sb;

	if (fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode) || sb.st_size < 0)
		return 0;
	return (uint64_t)sb.st_size;
}

static enum bulla_status
convert(struct age *a, struct tally *t, const struct bulla_secret *pass,
    struct bulla_err *err)
{
	const struct bulla_age_encrypt enc = {
		.to = a->pass ? NULL : &a->to,
		.pass = a->pass ? pass : NULL,
		.armor = a->armor,
	};
	const struct bulla_age_decrypt dec = {
		.ids = &a->ids,
		/* With keys alone nobody waits for a question. */
		.ask = a->pass || a->n_id == 0 ? &a->c.ask : NULL,
	};
	struct bulla_reader_fd in;

	bulla_reader_fd_init(&in, a->in_fd, a->in_name);
	if (a->decrypt)
		return bulla_age_decrypt(&dec, &in.r, &t->w, &a->cls, err);
	return bulla_age_encrypt(&enc, &in.r, &t->w, err);
}

/* Input = output would read what it writes, or lose what it reads. */
static enum bulla_status
check_distinct(const struct age *a, struct bulla_err *err)
{
	const char *path = a->c.common.out;
	bool same;
	int fd;

	if (path == NULL || is_dash(path)) {
		same = bulla_same_file(a->in_fd, STDOUT_FILENO);
	} else {
		fd = open(path, O_PATH | O_CLOEXEC);
		same = fd != -1 && bulla_same_file(a->in_fd, fd);
		if (fd != -1)
			close(fd);
	}
	if (same)
		return bulla_fail(err, BULLA_E_REFUSED,
		    "%s: input and output are the same file", a->in_name);
	return BULLA_OK;
}

static enum bulla_status
open_files(struct age *a, const char *input, struct bulla_err *err)
{
	const char *out = a->c.common.out != NULL ? a->c.common.out : "-";
	enum bulla_status st;

	(void)bulla_text_show_str(a->in_name, sizeof(a->in_name),
	    is_dash(input) ? "standard input" : input);
	a->c.common.data_out = is_dash(out);
	st = bulla_infile_open(input, &a->in_fd, err);
	if (st == BULLA_OK)
		st = check_distinct(a, err);
	if (st == BULLA_OK)
		st = bulla_outfile_open(&a->out, out, 0600,
		    a->c.common.force, !a->armor, err);
	return st;
}

static int
run(struct age *a, const char *input)
{
	struct bulla_secret pass = { 0 };
	struct tally t = { .w.write = tally_write };
	struct bulla_writer_fd fd;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	for (size_t i = 0; i < a->n_id; i++)
		if (cmd_spare(&a->c, a->id_path[i]) != CMD_YES)
			return CMD_USE;
	st = open_files(a, input, &err);
	for (size_t i = 0; st == BULLA_OK && i < a->n_id; i++)
		st = bulla_identities_add_file(&a->ids, a->id_path[i],
		    &a->c.ask, &err);
	if (st == BULLA_OK && !a->decrypt && a->pass)
		st = a->c.ask.ask(&a->c.ask, "New passphrase: ", true, &pass,
		    &err);
	if (st == BULLA_OK && a->c.common.json)
		st = bulla_sha256_new(&t.h, &err);
	if (st == BULLA_OK) {
		bulla_writer_fd_init(&fd, a->out.fd,
		    a->out.is_stdout ? "standard output" : a->out.path);
		t.dst = &fd.w;
		cmd_progress_begin(&t.progress, &a->c, size_of(a->in_fd));
		st = convert(a, &t, &pass, &err);
		cmd_progress_end(&t.progress);
		if (st != BULLA_OK)
			(void)bulla_wrap(&err, st, "%s", a->in_name);
	}
	if (st == BULLA_OK)
		st = bulla_outfile_commit(&a->out, &err);
	code = st == BULLA_OK ? succeed(a, &t) : fail(a, &t, st, &err);
	bulla_sha256_free(t.h);
	bulla_secret_free(&pass);
	return code;
}

/* What was asked for must be one thing; NULL when it is. */
static const char *
check_usage(const struct age *a)
{
	if (a->encrypt && a->decrypt)
		return "-e and -d exclude each other";
	if (a->c.argc > 1)
		return "more than one input";
	if (a->decrypt && (a->to.n > 0 || a->armor))
		return "-r, -R and -a are for encryption only";
	if (a->decrypt)
		return NULL;
	if (a->n_id > 0)
		return "-i is for decryption: give -d as well";
	if (a->pass && a->to.n > 0)
		return "a file is for recipients or for a passphrase, "
		    "not for both";
	if (!a->pass && a->to.n == 0)
		return a->encrypt ? "-e needs a recipient (-r, -R) or -p" :
		    "nothing to do: give -d, or a recipient, or -p";
	if (a->stdin_taken && (a->c.argc == 0 || is_dash(a->c.argv[0])))
		return "-R - and the input cannot both be standard input";
	return NULL;
}

static int
add_identity(struct age *a, const char *path)
{
	if (a->n_id == KEY_FILES_MAX)
		return cmd_usage(&a->c, "more than %u key files",
		    KEY_FILES_MAX);
	a->id_path[a->n_id++] = path;
	return CMD_YES;
}

/* -r and -R. A wrong -r is a wrong command line, not a wrong file. */
static int
add_recipient(struct age *a, int ch, const char *arg)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (ch == 'r') {
		st = bulla_recipients_add(&a->to, arg, &err);
		if (st == BULLA_E_FORMAT)
			st = BULLA_E_USAGE;
		return cmd_fail(&a->c, "-r", st, &err);
	}
	a->stdin_taken |= is_dash(arg);
	st = bulla_recipients_add_file(&a->to, arg, &err);
	return cmd_fail(&a->c, NULL, st, &err);
}

static int
options(struct age *a)
{
	const char *arg;
	int ch, code = CMD_YES;

	while (code == CMD_YES && (ch = cmd_getopt(&a->c, &arg)) != -1) {
		if (ch == 'e')
			a->encrypt = true;
		else if (ch == 'd')
			a->decrypt = true;
		else if (ch == 'p')
			a->pass = true;
		else if (ch == 'a')
			a->armor = true;
		else if (ch == 'i')
			code = add_identity(a, arg);
		else
			code = add_recipient(a, ch, arg);
	}
	return code;
}

int
main(int argc, char **argv)
{
	struct age a = { .out = BULLA_OUTFILE_INIT, .in_fd = -1,
		.cls = BULLA_AGE_NO_VERDICT };
	const char *wrong;
	int code;

	cmd_begin(&a.c, &tool, argc, argv);
	code = options(&a);
	if (code == CMD_YES) {
		wrong = check_usage(&a);
		code = wrong != NULL ? cmd_usage(&a.c, "%s", wrong) :
		    run(&a, a.c.argc > 0 ? a.c.argv[0] : "-");
	}
	bulla_outfile_free(&a.out);
	if (a.in_fd != -1)
		close(a.in_fd);
	bulla_recipients_free(&a.to);
	bulla_identities_free(&a.ids);
	return cmd_end(&a.c, code);
}
