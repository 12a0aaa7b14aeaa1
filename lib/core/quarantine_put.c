#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulla/enc.h"
#include "core/quarantine_int.h"

static bool
has(const struct quarantine *d, const char *hex)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->v[i].hex, hex) == 0)
			return true;
	return false;
}

/* The reason may be another one than it was. */
static enum bulla_status
put_note(const struct arrival *a, const char *hex,
    const struct bulla_buf *note, struct bulla_err *err)
{
	struct bulla_buf old = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	char path[HOME_PATH_MAX];
	enum bulla_status st = home_path(path, a->p->home, "quarantine", hex,
	    ".note", err);
	bool same;

	if (st != BULLA_OK)
		return st;
	same = access(path, F_OK) == 0 &&
	    bulla_file_get(path, &old, NULL) == BULLA_OK &&
	    old.len == note->len && memcmp(old.p, note->p, old.len) == 0;
	bulla_buf_free(&old);
	return same ? BULLA_OK : bulla_file_put(path, note->p, note->len,
	    0600, true, err);
}

static enum bulla_status
put_package(struct arrival *a, struct quarantine *d, const char *hex,
    struct bulla_err *err)
{
	char name[QUARANTINE_HEX + sizeof(".bulla")];
	enum bulla_status st;

	(void)snprintf(name, sizeof(name), "%s.bulla", hex);
	st = bulla_outfile_move(&a->copy, d->path, name, err);
	if (st == BULLA_OK)
		st = bulla_outfile_commit(&a->copy, err);
	/* Without its package a note has nothing to say here. */
	if (st != BULLA_OK)
		(void)!rejected_remove(d, hex, NULL);
	return st;
}

static enum bulla_status
put(struct arrival *a, struct quarantine *d, const struct bulla_buf *note,
    bool *before, struct bulla_err *err)
{
	const struct bulla_quarantine *q = &a->p->quarantine;
	char hex[QUARANTINE_HEX + 1];
	unsigned removed = 0;
	enum bulla_status st;

	bulla_hex(hex, a->sha256, BULLA_SHA256_LEN);
	if (has(d, hex)) {
		*before = true;
		return put_note(a, hex, note, err);
	}
	st = rejected_make_room(d, q, a->bytes, &removed, err);
	if (st == BULLA_OK)
		st = put_note(a, hex, note, err);
	return st == BULLA_OK ? put_package(a, d, hex, err) : st;
}

enum bulla_status
rejected_put(struct arrival *a, const struct bulla_buf *note, bool *before,
    struct bulla_err *err)
{
	struct quarantine d = QUARANTINE_INIT;
	enum bulla_status st;

	*before = false;
	if (a->p->quarantine.bytes == 0)
		return bulla_fail(err, BULLA_E_LIMIT, "no quarantine is kept");
	if (a->copy.fd == -1)
		return bulla_fail(err, BULLA_E_LIMIT, "another process took a "
		    "package with this id in meanwhile");
	st = rejected_open(&d, a->p->home, true, err);
	if (st == BULLA_OK)
		st = put(a, &d, note, before, err);
	rejected_close(&d);
	return st;
}

void
rejected_drop(const char *home, const uint8_t sha256[BULLA_SHA256_LEN])
{
	struct quarantine d = QUARANTINE_INIT;
	char hex[QUARANTINE_HEX + 1], path[HOME_PATH_MAX];

	bulla_hex(hex, sha256, BULLA_SHA256_LEN);
	/* Most often there is nothing, and nothing to wait for. */
	if (home_path(path, home, "quarantine", hex, ".bulla", NULL) ==
	    BULLA_OK && access(path, F_OK) == 0 &&
	    rejected_open(&d, home, false, NULL) == BULLA_OK)
		(void)!rejected_remove(&d, hex, NULL);
	rejected_close(&d);
}
