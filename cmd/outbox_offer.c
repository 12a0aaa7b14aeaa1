#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outbox.h"
#include "send_home.h"

#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/file.h"
#include "bulla/hash.h"
#include "bulla/io.h"
#include "bulla/package.h"
#include "bulla/text.h"

/*
 * Packages that the counterpart fetches: HOME/outgoing/<agency>/<id>.bulla,
 * and <id>.bulla.sha256, without which it is not offered. The inbox gives
 * them to that agency and to nobody else.
 */
#define CHUNK (256u << 10)

struct offer {
	struct outbox_cmd *k;
	struct cmd_home m;
	struct bulla_package pkg;
	char dir[4096];			/* of the agency */
	char agency[BULLA_KEYNAME_MAX + 1];
	int fd;
	uint64_t size;
	uint8_t sha256[BULLA_SHA256_LEN];
	bool again, copied;
};

/* All of fd, hashed; to out as well unless that is -1. */
static enum bulla_status
pass(int fd, int out, uint64_t *size, uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	struct bulla_sha256 *h = NULL;
	uint8_t *buf = malloc(CHUNK);
	enum bulla_status st = BULLA_E_NOMEM;
	size_t n = 0;

	*size = 0;
	if (buf != NULL)
		st = bulla_sha256_new(&h, err);
	while (st == BULLA_OK) {
		st = bulla_pread_fd(fd, buf, CHUNK, *size, &n, "the package",
		    err);
		if (st != BULLA_OK || n == 0)
			break;
		bulla_sha256_update(h, buf, n);
		*size += n;
		if (out != -1)
			st = bulla_write_fd(out, buf, n, "outgoing", err);
	}
	if (st == BULLA_OK)
		bulla_sha256_final(h, sha256);
	bulla_sha256_free(h);
	free(buf);
	return st;
}

static enum bulla_status
copy(struct offer *o, const char *to, struct bulla_err *err)
{
	struct bulla_outfile f = BULLA_OUTFILE_INIT;
	uint8_t sha256[BULLA_SHA256_LEN];
	uint64_t size;
	enum bulla_status st = bulla_outfile_open(&f, to, 0600, false, true,
	    err);

	if (st == BULLA_OK)
		st = pass(o->fd, f.fd, &size, sha256, err);
	if (st == BULLA_OK && memcmp(sha256, o->sha256, sizeof(sha256)) != 0)
		st = bulla_fail(err, BULLA_E_MISMATCH,
		    "the file changes while it is read");
	if (st == BULLA_OK)
		st = bulla_outfile_commit(&f, err);
	bulla_outfile_free(&f);
	o->copied = true;
	return st;
}

/* A second name for the very file that was hashed, where that can be. */
static enum bulla_status
place(struct offer *o, const char *to, struct bulla_err *err)
{
	char self[64];

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", o->fd);
	/* Without its digest it is what a run left that was cut. */
	if (unlink(to) != 0 && errno != ENOENT)
		return bulla_fail_sys(err, "%s", to);
	if (fsync(o->fd) != 0)
		return bulla_fail_sys(err, "the package");
	if (linkat(AT_FDCWD, self, AT_FDCWD, to, AT_SYMLINK_FOLLOW) == 0)
		return bulla_dir_sync(o->dir, err);
	return copy(o, to, err);
}

static enum bulla_status
publish(struct offer *o, struct bulla_err *err)
{
	const char *id = o->pkg.opening.id;
	char to[4200], sum[4300], hex[65], line[128];
	struct bulla_buf old = BULLA_BUF_INIT(256);
	enum bulla_status st;

	bulla_hex(hex, o->sha256, sizeof(o->sha256));
	(void)snprintf(line, sizeof(line), "%s  %s.bulla\n", hex, id);
	(void)snprintf(to, sizeof(to), "%s/%s.bulla", o->dir, id);
	(void)snprintf(sum, sizeof(sum), "%s.sha256", to);
	if (access(sum, F_OK) == 0) {
		st = bulla_file_get(sum, &old, err);
		o->again = st == BULLA_OK && old.len == strlen(line) &&
		    memcmp(old.p, line, old.len) == 0;
		bulla_buf_free(&old);
		return st != BULLA_OK || o->again ? st : bulla_fail(err,
		    BULLA_E_REFUSED, "package %s is offered with other "
		    "bytes: withdraw that one first", id);
	}
	st = bulla_dir_make(o->dir, 0700, err);
	if (st == BULLA_OK)
		st = place(o, to, err);
	return st == BULLA_OK ? bulla_file_put(sum, line, strlen(line), 0600,
	    false, err) : st;
}

/* Theirs is the only agency that we know: is it for them? */
static enum bulla_status
check_to(struct offer *o, struct bulla_err *err)
{
	const struct bulla_opening *op = &o->pkg.opening;
	const struct bulla_roster *r = NULL;
	uint8_t digest[32];

	if (o->m.h.trust != NULL)
		r = bulla_trust_roster(o->m.h.trust, BULLA_THEIRS, digest);
	if (r == NULL)
		return bulla_fail(err, BULLA_E_USAGE, "offering needs a home "
		    "with the counterpart's roster (bulla-trust pin)");
	(void)snprintf(o->agency, sizeof(o->agency), "%.*s",
	    (int)r->side.len, (const char *)r->side.p);
	if ((size_t)snprintf(o->dir, sizeof(o->dir), "%s/outgoing/%s",
	    o->m.h.path, o->agency) >= sizeof(o->dir))
		return bulla_fail(err, BULLA_E_USAGE,
		    "the home's path is too long");
	if (!o->pkg.has_closing)
		return bulla_fail(err, BULLA_E_INCOMPLETE,
		    "it has no closing note: it is not whole");
	for (size_t i = 0; i < op->n_to; i++)
		if (bulla_cur_same(&op->to[i], &r->side))
			return BULLA_OK;
	return bulla_fail(err, BULLA_E_REFUSED, "it is not addressed to %s "
	    "(bulla-seal --to)", o->agency);
}

/* There is nobody to tell yet: they hear of it when they fetch. */
static enum bulla_status
nobody(void *ctx, const struct bulla_exchange_request *q, unsigned *status,
    struct bulla_buf *out, struct bulla_err *err)
{
	(void)ctx;
	(void)q;
	(void)out;
	(void)err;
	*status = 204;
	return BULLA_OK;
}

/* As bulla-send does before an upload: custody is handed over by us. */
static int
relinquish(struct offer *o)
{
	const struct bulla_peer peer = { nobody, NULL, NULL };
	struct bulla_exchange x = { .home = &o->m.h };
	struct bulla_buf to = BULLA_BUF_INIT(BULLA_FIELD_MAX);
	struct bulla_handover what = { .id = o->pkg.opening.id,
	    .exercise = o->pkg.opening.exercise,
	    .seal = o->pkg.closing_digest, .sha256 = o->sha256,
	    .transport = "network, offered for fetching", .authority = "-" };
	const char *path = cmd_home_key(&o->m, "custodian.key");
	struct bulla_signer custodian = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	char ref[80];

	if (path == NULL || !bulla_exchange_can(&o->m.h)) {
		cmd_verbose(&o->k->c, "no keys/custodian.key or no ledger in "
		    "the home: custody is not handed over");
		return CMD_YES;
	}
	if (o->pkg.opening.ref.len > 0) {
		(void)snprintf(ref, sizeof(ref), "%.*s",
		    (int)o->pkg.opening.ref.len,
		    (const char *)o->pkg.opening.ref.p);
		what.authority = ref;
	}
	send_home_recipients(o->m.h.trust, &o->pkg.opening, &to);
	what.recipients = bulla_buf_cstr(&to);
	st = bulla_signer_load(path, &o->k->c.ask, &custodian, &err);
	if (st == BULLA_OK && what.recipients == NULL)
		st = bulla_fail(&err, BULLA_E_NOMEM, "out of memory");
	if (st == BULLA_OK)
		st = bulla_exchange_relinquish(&x, &peer, &what, &custodian,
		    &err);
	bulla_signer_free(&custodian);
	bulla_buf_free(&to);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&o->k->c, NULL, st, &err);
}

static int
say(struct offer *o)
{
	const struct cmd *c = &o->k->c;
	const char *id = o->pkg.opening.id;
	struct cmd_json *j;

	if (o->again)
		cmd_say(c, "package %s is offered already", id);
	if (!c->common.json) {
		printf("offered to %s: outgoing/%s.bulla\n", o->agency, id);
		return CMD_YES;
	}
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "package", id);
	cmd_json_str(j, "to", o->agency);
	cmd_json_u64(j, "bytes", o->size);
	cmd_json_hex(j, "sha256", o->sha256, sizeof(o->sha256));
	cmd_json_bool(j, "existed", o->again);
	cmd_json_bool(j, "copied", o->copied);
	return cmd_json_print(c, j, CMD_YES);
}

static int
offer(struct offer *o, const char *path)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_infile_open(path, &o->fd, &err);
	struct stat sb;
	int code;

	if (st != BULLA_OK)
		return cmd_fail(&o->k->c, NULL, st, &err);
	if (fstat(o->fd, &sb) != 0 || !S_ISREG(sb.st_mode))
		st = bulla_fail(&err, BULLA_E_USAGE, "it is no regular file");
	if (st == BULLA_OK)
		st = bulla_package_inspect(o->fd, &o->pkg, &err);
	if (st == BULLA_OK)
		st = check_to(o, &err);
	if (st == BULLA_OK)
		st = pass(o->fd, -1, &o->size, o->sha256, &err);
	if (st != BULLA_OK)
		return cmd_fail(&o->k->c, path, st, &err);
	/* Recorded before anybody can have it. */
	code = relinquish(o);
	if (code != CMD_YES)
		return code;
	st = publish(o, &err);
	return st == BULLA_OK ? say(o) : cmd_fail(&o->k->c, path, st, &err);
}

int
outbox_offer(struct outbox_cmd *k)
{
	const char *path = cmd_operand(&k->c);
	struct offer o = { .k = k, .fd = -1 };
	int code;

	if (path == NULL)
		return cmd_usage(&k->c, "offer which package?");
	code = cmd_home_open(&o.m, &k->c);
	for (; code == CMD_YES && path != NULL; path = cmd_operand(&k->c)) {
		code = offer(&o, path);
		if (o.fd != -1)
			(void)close(o.fd);
		o.fd = -1;
		o.again = o.copied = false;
		bulla_package_free(&o.pkg);
	}
	cmd_home_close(&o.m);
	return code;
}

/* The digest first: then it is not offered any more. */
static enum bulla_status
withdraw_from(int dir, const char *id, bool *found, struct bulla_err *err)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s.bulla.sha256", id);
	if (unlinkat(dir, name, 0) == 0)
		*found = true;
	else if (errno != ENOENT)
		return bulla_fail_sys(err, "%s", name);
	(void)snprintf(name, sizeof(name), "%s.bulla", id);
	if (unlinkat(dir, name, 0) == 0)
		*found = true;
	else if (errno != ENOENT)
		return bulla_fail_sys(err, "%s", name);
	return *found && fsync(dir) != 0 ? bulla_fail_sys(err, "outgoing") :
	    BULLA_OK;
}

static enum bulla_status
withdraw(const char *home, const char *id, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	bool found = false;
	char path[4096];
	struct dirent *e;
	DIR *d = NULL;
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/outgoing", home) <
	    sizeof(path))
		d = opendir(path);
	while (d != NULL && st == BULLA_OK && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		fd = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY |
		    O_NOFOLLOW | O_CLOEXEC);
		if (fd == -1)
			continue;
		st = withdraw_from(fd, id, &found, err);
		(void)close(fd);
	}
	if (d != NULL)
		(void)closedir(d);
	return st != BULLA_OK || found ? st : bulla_fail(err,
	    BULLA_E_NOMATCH, "package %s is not offered", id);
}

int
outbox_withdraw(struct outbox_cmd *k)
{
	const char *home = cmd_home(&k->c), *id = cmd_operand(&k->c);
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct bulla_cur c;

	if (home == NULL)
		return cmd_usage(&k->c, "where is the home? Give --home or "
		    "set BULLA_HOME");
	if (id == NULL)
		return cmd_usage(&k->c, "withdraw which package?");
	for (; id != NULL; id = cmd_operand(&k->c)) {
		c = bulla_cur_str(id);
		if (!bulla_id_ok(&c))
			return cmd_usage(&k->c, "a package's id has 32 hex "
			    "digits");
		st = withdraw(home, id, &err);
		if (st != BULLA_OK)
			return cmd_fail(&k->c, NULL, st, &err);
		cmd_say(&k->c, "withdrawn: %s", id);
	}
	return CMD_YES;
}
