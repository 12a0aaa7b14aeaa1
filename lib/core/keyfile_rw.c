#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/age.h"
#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/keyfile.h"
#include "bulla/text.h"

#define SHOWN 256u
#define WRAPPED_MAX (2 * BULLA_KEYFILE_MAX)	/* bytes, with its armor */

/* Appends to secret memory that was made large enough. */
struct writer_secret {
	struct bulla_writer w;
	struct bulla_secret *s;
	size_t len;
};

static enum bulla_status
write_secret(struct bulla_writer *w, const void *buf, size_t len,
    struct bulla_err *err)
{
	struct writer_secret *ws = (struct writer_secret *)w;

	if (len > ws->s->len - ws->len)
		return bulla_fail(err, BULLA_E_LIMIT, "too long for a key");
	if (len > 0)
		memcpy(ws->s->p + ws->len, buf, len);
	ws->len += len;
	return BULLA_OK;
}

/* Somebody with several keys must be told whose passphrase is wanted. */
struct ask_for {
	struct bulla_ask a;
	const struct bulla_ask *inner;
	const char *shown;
};

static enum bulla_status
ask_for(const struct bulla_ask *a, const char *prompt, bool twice,
    struct bulla_secret *out, struct bulla_err *err)
{
	const struct ask_for *f = (const struct ask_for *)a;
	char text[SHOWN + 32];

	(void)prompt;
	(void)snprintf(text, sizeof(text), "passphrase for %s: ", f->shown);
	return f->inner->ask(f->inner, text, twice, out, err);
}

/*
 * Not bulla_armor_detect, which takes any run of dashes for armor: a key's
 * name or a comment may have one.
 */
static bool
is_wrapped(const struct bulla_secret *file)
{
	struct bulla_cur c = bulla_secret_view(file), space;

	while (c.len > 0 && memchr(" \t\r\n", c.p[0], 4) != NULL) {
		if (!bulla_cur_take(&c, 1, &space))
			break;
	}
	return bulla_cur_starts(&c, "age-encryption.org/") ||
	    bulla_cur_starts(&c, "-----BEGIN AGE ENCRYPTED FILE-----");
}

static enum bulla_status
unwrap(const struct bulla_secret *file, const char *shown,
    const struct bulla_ask *ask, struct bulla_secret *out,
    struct bulla_err *err)
{
	struct ask_for named = { { .ask = ask_for }, ask, shown };
	struct bulla_age_decrypt p = { .ask = &named.a };
	struct bulla_secret plain = { 0 };
	struct writer_secret w = { { write_secret }, &plain, 0 };
	struct bulla_reader_mem in;
	enum bulla_age_class cls;
	enum bulla_status st;

	if (ask == NULL)
		return bulla_fail(err, BULLA_E_NOMATCH,
		    "protected by a passphrase, and none can be asked for");
	st = bulla_secret_new(&plain, BULLA_KEYFILE_MAX, err);
	if (st != BULLA_OK)
		return st;
	bulla_reader_mem_init(&in, file->p, file->len);
	st = bulla_age_decrypt(&p, &in.r, &w.w, &cls, err);
	if (st != BULLA_OK) {
		bulla_secret_free(&plain);
		return st;
	}
	plain.len = w.len;	/* sodium_free knows how much there is */
	*out = plain;
	return BULLA_OK;
}

static enum bulla_status
slurp(const char *path, const char *shown, struct bulla_secret *out,
    struct bulla_err *err)
{
	struct bulla_secret file = { 0 };
	struct bulla_reader_fd in;
	enum bulla_status st;
	size_t size = 0, n = 0;
	int fd = -1;

	st = bulla_keyfile_open(path, &fd, &size, err);
	if (st != BULLA_OK)
		return st;
	bulla_reader_fd_init(&in, fd, shown);
	/* One byte more, to notice a file that has grown since. */
	st = bulla_secret_new(&file, size + 1, err);
	if (st == BULLA_OK)
		st = bulla_read_full(&in.r, file.p, file.len, &n, err);
	if (st == BULLA_OK && n != size)
		st = bulla_fail(err, BULLA_E_IO,
		    "%s: changed while it was read", shown);
	(void)close(fd);
	if (st != BULLA_OK) {
		bulla_secret_free(&file);
		return st;
	}
	file.len = n;
	*out = file;
	return BULLA_OK;
}

enum bulla_status
bulla_keyfile_read(const char *path, const struct bulla_ask *ask,
    struct bulla_secret *out, struct bulla_err *err)
{
	struct bulla_secret file = { 0 };
	enum bulla_status st;
	char shown[SHOWN];

	bulla_text_show_str(shown, sizeof(shown), path);
	st = slurp(path, shown, &file, err);
	if (st != BULLA_OK)
		return st;
	if (!is_wrapped(&file)) {
		*out = file;
		return BULLA_OK;
	}
	st = unwrap(&file, shown, ask, out, err);
	bulla_secret_free(&file);
	return st == BULLA_OK ? st : bulla_wrap(err, st, "%s", shown);
}

static enum bulla_status
put_secret(int fd, const char *shown, const struct bulla_secret *secret,
    const struct bulla_secret *pass, struct bulla_err *err)
{
	struct bulla_age_encrypt p = { .pass = pass };
	struct bulla_buf wrapped = BULLA_BUF_INIT(WRAPPED_MAX);
	struct bulla_writer_buf out;
	struct bulla_reader_mem in;
	enum bulla_status st;

	if (pass == NULL)
		return bulla_write_fd(fd, secret->p, secret->len, shown, err);
	bulla_reader_mem_init(&in, secret->p, secret->len);
	bulla_writer_buf_init(&out, &wrapped);
	st = bulla_age_encrypt(&p, &in.r, &out.w, err);
	if (st == BULLA_OK)
		st = bulla_write_fd(fd, wrapped.p, wrapped.len, shown, err);
	bulla_buf_free(&wrapped);
	return st;
}

/* The process's umask is 077; a public key is there to be read. */
static enum bulla_status
put_public(int fd, const char *shown, const char *line,
    struct bulla_err *err)
{
	enum bulla_status st;

	st = bulla_write_fd(fd, line, strlen(line), shown, err);
	if (st == BULLA_OK)
		st = bulla_write_fd(fd, "\n", 1, shown, err);
	if (st == BULLA_OK && fchmod(fd, 0644) != 0)
		st = bulla_fail_sys(err, "%s", shown);
	return st;
}

/*
 * FILE.pub first: should the second step fail, it can be taken back, and be
 * made again from the old FILE, where a lost secret key is lost for good.
 */
static enum bulla_status
commit_both(struct bulla_outfile *key, struct bulla_outfile *pub,
    const char *pub_path, struct bulla_err *err)
{
	enum bulla_status st = bulla_outfile_commit(pub, err);

	if (st != BULLA_OK)
		return st;
	st = bulla_outfile_commit(key, err);
	if (st != BULLA_OK)
		(void)unlink(pub_path);
	return st;
}

enum bulla_status
bulla_keyfile_write(const char *path, const struct bulla_secret *secret,
    const char *pub_line, const struct bulla_secret *pass, bool force,
    struct bulla_err *err)
{
	struct bulla_outfile key = BULLA_OUTFILE_INIT;
	struct bulla_outfile pub = BULLA_OUTFILE_INIT;
	char *pub_path = NULL, shown[SHOWN];
	enum bulla_status st;

	if (strcmp(path, "-") == 0)
		return bulla_fail(err, BULLA_E_USAGE, "a secret key goes into "
		    "a file, not to standard output");
	if (secret->len > BULLA_KEYFILE_MAX / 2)
		return bulla_fail(err, BULLA_E_LIMIT, "too long for a key");
	if (asprintf(&pub_path, "%s.pub", path) == -1)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	bulla_text_show_str(shown, sizeof(shown), path);
	st = bulla_outfile_open(&key, path, 0600, force, false, err);
	if (st == BULLA_OK)
		st = bulla_outfile_open(&pub, pub_path, 0644, force, false,
		    err);
	if (st == BULLA_OK)
		st = put_secret(key.fd, shown, secret, pass, err);
	if (st == BULLA_OK)
		st = put_public(pub.fd, shown, pub_line, err);
	if (st == BULLA_OK)
		st = commit_both(&key, &pub, pub_path, err);
	bulla_outfile_free(&key);
	bulla_outfile_free(&pub);
	free(pub_path);
	return st;
}
