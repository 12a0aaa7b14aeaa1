#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "request_draft.h"

#include "bulla/file.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define TRIES 100u		/* drafts that may begin in one second */
#define END ".draft"
#define LOCK ".lock"

void
request_draft_name(struct request_cmd *k, const char *verb, const char *id)
{
	const struct bulla_cur c = bulla_cur_str(id != NULL ? id : "");

	if (!k->m.open || (id != NULL && !bulla_id_ok(&c)))
		return;
	(void)snprintf(k->stem, sizeof(k->stem), "%.*s/requests/%s%s%s",
	    (int)sizeof(k->stem) - 256, k->m.h.path, verb,
	    id != NULL ? "-" : "", id != NULL ? id : "");
}

static void
lock_name(const struct request_cmd *k, char out[sizeof(k->draft) + 8])
{
	(void)snprintf(out, sizeof(k->draft) + 8, "%s" LOCK, k->draft);
}

/* *mine: nobody else is at it. */
static enum bulla_status
lock(struct request_cmd *k, bool *mine, struct bulla_err *err)
{
	char path[sizeof(k->draft) + 8];
	enum bulla_status st;

	lock_name(k, path);
	st = bulla_lock(path, false, &k->draft_lock, err);
	*mine = st == BULLA_OK;
	return st == BULLA_E_AGAIN ? BULLA_OK : st;
}

void
request_draft_leave(struct request_cmd *k)
{
	char path[sizeof(k->draft) + 8];

	if (k->draft_lock != -1) {
		lock_name(k, path);
		(void)unlink(path);	/* what stays is of no harm */
		(void)close(k->draft_lock);
	}
	k->draft_lock = -1;
	k->draft[0] = '\0';
}

enum bulla_status
request_draft_begin(struct request_cmd *k, struct bulla_err *err)
{
	char when[BULLA_WHEN_LEN + 1], dir[sizeof(k->stem)];
	enum bulla_status st;
	bool mine = false;

	if (k->draft_lock != -1)
		return BULLA_OK;
	memcpy(dir, k->stem, sizeof(dir));
	*strrchr(dir, '/') = '\0';
	st = bulla_dir_make(dir, 0700, err);
	bulla_when_text(bulla_now(), when);
	for (unsigned i = 1; i <= TRIES && st == BULLA_OK && !mine; i++) {
		(void)snprintf(k->draft, sizeof(k->draft), "%.*s-%.4s%.2s%.2s"
		    "T%.2s%.2s%.2sZ-%02u" END, (int)sizeof(k->draft) - 64,
		    k->stem, when, when + 5, when + 8, when + 11, when + 14,
		    when + 17, i);
		st = lock(k, &mine, err);
		if (mine && access(k->draft, F_OK) == 0) {
			request_draft_leave(k);
			mine = false;
		}
	}
	if (st == BULLA_OK && !mine)
		st = bulla_fail(err, BULLA_E_AGAIN, "%u drafts begin at this "
		    "very time", TRIES);
	if (st != BULLA_OK)
		k->draft[0] = '\0';
	return st;
}

/* The part behind the stem: "-20261122T184000Z-01.draft". */
static bool
is_draft(const struct request_cmd *k, const char *name)
{
	static const char form[] = "-00000000T000000Z-00" END;
	struct bulla_cur c = bulla_cur_str(name);

	if (!bulla_cur_eat_str(&c, strrchr(k->stem, '/') + 1) ||
	    c.len != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < c.len; i++) {
		if (form[i] == '0' ? c.p[i] < '0' || c.p[i] > '9' :
		    c.p[i] != (uint8_t)form[i])
			return false;
	}
	return true;
}

/* Is it there, and nobody at it? Then it is ours. */
static bool
take(struct request_cmd *k, const char *dir, const char *name)
{
	struct bulla_err err = { 0 };
	char shown[256];
	bool mine;

	(void)snprintf(k->draft, sizeof(k->draft), "%.*s/%.255s",
	    (int)sizeof(k->draft) - 260, dir, name);
	(void)bulla_text_show_str(shown, sizeof(shown), k->draft);
	if (lock(k, &mine, &err) != BULLA_OK)
		cmd_say(&k->c, "%s", err.msg);
	else if (!mine)
		cmd_say(&k->c, "somebody is writing %s: it is left alone",
		    shown);
	if (mine && access(k->draft, F_OK) == 0)
		return true;
	request_draft_leave(k);
	return false;
}

bool
request_draft_next(struct request_cmd *k, char before[REQUEST_DRAFT_NAME])
{
	char dir[sizeof(k->stem)];
	struct dirent **v = NULL;
	bool got = false;
	int n;

	if (k->stem[0] == '\0')
		return false;
	memcpy(dir, k->stem, sizeof(dir));
	*strrchr(dir, '/') = '\0';
	n = scandir(dir, &v, NULL, alphasort);
	for (int i = n; i-- > 0;) {
		const char *name = v[i]->d_name;

		if (!got && is_draft(k, name) && (before[0] == '\0' ||
		    strcmp(name, before) < 0)) {
			(void)snprintf(before, REQUEST_DRAFT_NAME, "%s",
			    name);
			got = take(k, dir, name);
		}
		free(v[i]);
	}
	free(v);
	return got;
}
