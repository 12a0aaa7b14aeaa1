#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "request.h"

#include "bulla/file.h"

/*
 * One at a time: who holds the lock knows that what stands there is of a run
 * that was killed, with a document in clear in it, and takes it away.
 */
static enum bulla_status
make_dir(struct request_scratch *s, struct bulla_err *err)
{
	char path[sizeof(s->dir)];
	int n = snprintf(path, sizeof(path), "%s", s->dir);
	enum bulla_status st;

	if (n < 0 || (size_t)n > sizeof(path) - 300)
		return bulla_fail(err, BULLA_E_USAGE, "the path of the home "
		    "is too long");
	st = bulla_dir_make(s->dir, 0700, err);
	memcpy(path + n, "/.new.lock", sizeof("/.new.lock"));
	memcpy(s->dir + n, "/.new", sizeof("/.new"));
	if (st == BULLA_OK)
		st = bulla_lock(path, true, &s->lock, err);
	if (st != BULLA_OK)
		return st;
	if (access(s->dir, F_OK) == 0)
		st = bulla_dir_remove(AT_FDCWD, s->dir, err);
	return st == BULLA_OK ? bulla_dir_make(s->dir, 0700, err) : st;
}

int
request_scratch(struct request_cmd *k, const char *name,
    const struct bulla_buf *b, struct request_scratch *s)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	(void)snprintf(s->dir, sizeof(s->dir), "%s/requests", k->m.h.path);
	st = make_dir(s, &err);
	if (st == BULLA_OK) {
		(void)snprintf(s->file, sizeof(s->file), "%s/%s", s->dir,
		    name);
		st = bulla_file_put(s->file, b->p, b->len, 0600, false, &err);
	}
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, k->m.h.path, st,
	    &err);
}

void
request_scratch_end(struct request_scratch *s)
{
	if (s->lock == -1)
		return;
	/* What cannot be removed goes with the next run. */
	(void)unlink(s->file);
	(void)rmdir(s->dir);
	(void)close(s->lock);
	s->lock = -1;
}
