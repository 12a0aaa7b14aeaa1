#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inbox_int.h"

#include "bulla/enc.h"
#include "bulla/file.h"

/*
 * Answers that say no, HOME/answers/<client>/<sha256>, are removed when they
 * are old: whoever may connect can have any number of them. Those with a
 * receipt stay: each stands for a package that is stored. A few are looked at
 * in a second, so that deadlines are kept meanwhile; the round is begun again
 * a day later.
 */
#define DAY 86400
#define OLD (30 * DAY)
#define AT_ONCE 64u	/* directory entries */

static void
close_dir(DIR **d)
{
	if (*d != NULL)
		(void)closedir(*d);
	*d = NULL;
}

void
forget_end(struct forget *f)
{
	close_dir(&f->all);
	close_dir(&f->one);
}

static bool
begin(struct bulla_inbox *ib, struct forget *f)
{
	char path[4096];

	if (f->begun && inbox_clock() - f->at < DAY)
		return false;
	f->begun = true;
	f->at = inbox_clock();
	f->n = 0;
	(void)snprintf(path, sizeof(path), "%s/answers", ib->cfg.home);
	f->all = opendir(path);
	return f->all != NULL;
}

static bool
is_digest(const char *name, uint8_t out[32])
{
	struct bulla_cur c = bulla_cur_str(name);

	return bulla_hex_decode(&c, out, 32);
}

/* The next client, if there is one. */
static bool
next_client(struct bulla_inbox *ib, struct forget *f)
{
	const struct dirent *e = readdir(f->all);
	int fd;

	if (e == NULL) {
		close_dir(&f->all);
		if (f->n > 0)
			inbox_log(ib, "event=forgotten answers=%u", f->n);
		return false;
	}
	if (!is_digest(e->d_name, f->client.spki))
		return true;
	(void)snprintf(f->client.hex, sizeof(f->client.hex), "%.64s",
	    e->d_name);
	fd = openat(dirfd(f->all), e->d_name, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC);
	f->one = fd != -1 ? fdopendir(fd) : NULL;
	if (fd != -1 && f->one == NULL)
		(void)close(fd);
	return true;
}

static void
consider(struct bulla_inbox *ib, struct forget *f, const char *name)
{
	struct bulla_err err = { 0 };
	uint8_t sha256[32];
	struct answer a;
	struct stat sb;
	bool no;

	if (!is_digest(name, sha256) || fstatat(dirfd(f->one), name, &sb,
	    AT_SYMLINK_NOFOLLOW) != 0 || bulla_now() - sb.st_mtime < OLD ||
	    answer_get(ib, &f->client, sha256, &a, &err) != BULLA_OK)
		return;
	no = a.refused || a.rejected;
	bulla_buf_free(&a.body);
	if (no && unlinkat(dirfd(f->one), name, 0) == 0)
		f->n++;
}

void
answers_forget(struct bulla_inbox *ib)
{
	struct forget *f = &ib->forget;
	const struct dirent *e;

	if (f->all == NULL && !begin(ib, f))
		return;
	for (unsigned i = 0; i < AT_ONCE; i++) {
		e = f->one != NULL ? readdir(f->one) : NULL;
		if (e != NULL) {
			consider(ib, f, e->d_name);
			continue;
		}
		close_dir(&f->one);
		if (!next_client(ib, f))
			return;
	}
}
