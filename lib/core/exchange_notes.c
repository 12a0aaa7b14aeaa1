#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulla/chain.h"
#include "bulla/enc.h"
#include "bulla/file.h"
#include "core/exchange_int.h"

/*
 * A note of the counterpart: its first line says what it is. Each kind is
 * verified and kept by the code that owns it; what was kept is recorded.
 */
#define ROSTER "bulla roster v1\n"
#define SUSPEND "bulla suspend v1\n"
#define CUSTODY "bulla custody v1\n"

/*
 * What is recorded is the file that was kept, not the body that came: the
 * same note with lines of unknown keys behind it is no other note.
 */
static enum bulla_status
record_file(struct bulla_exchange *x, const char *name, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	char path[EXCHANGE_PATH_MAX];
	enum bulla_status st = BULLA_E_USAGE;
	struct bulla_cur c;
	int n = snprintf(path, sizeof(path), "%s/roster/%s", x->home->path,
	    name);

	if (n <= 0 || (size_t)n >= sizeof(path))
		return bulla_fail(err, st, "the path of the home is too long");
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return BULLA_OK;	/* a suspension that says nothing new */
	st = bulla_file_get(path, &b, err);
	c = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_home_record(x->home, &c, 1, err);
	bulla_buf_free(&b);
	return st;
}

/* Never a first one: that takes a voice (NULL is no fingerprint). */
static enum bulla_status
take_roster(struct bulla_exchange *x, const struct bulla_cur *note,
    struct bulla_err *err)
{
	enum bulla_status st = bulla_trust_take(x->home->path, BULLA_THEIRS,
	    note, NULL, x->home->now, err);

	return st == BULLA_OK ? record_file(x, "theirs.note", err) : st;
}

static enum bulla_status
take_suspension(struct bulla_exchange *x, const struct bulla_cur *note,
    const uint8_t digest[BULLA_SHA256_LEN], struct bulla_err *err)
{
	char hex[2 * BULLA_SHA256_LEN + 1], name[96];
	enum bulla_status st;

	st = bulla_trust_suspend(x->home->path, note, x->home->now, err);
	if (st != BULLA_OK)
		return st;
	bulla_hex(hex, digest, BULLA_SHA256_LEN);
	(void)snprintf(name, sizeof(name), "suspend/%s.note", hex);
	return record_file(x, name, err);
}

enum bulla_status
exchange_record_kept(struct bulla_exchange *x, const char *id,
    const uint8_t digest[BULLA_SHA256_LEN], struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur c;
	enum bulla_status st;

	st = bulla_chain_get(x->home->path, id, digest, &b, err);
	c = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_home_record(x->home, &c, 1, err);
	bulla_buf_free(&b);
	return st;
}

static enum bulla_status
take_custody(struct bulla_exchange *x, const struct bulla_cur *note,
    const struct bulla_cur *text, const uint8_t digest[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	struct bulla_custody c;
	enum bulla_status st = bulla_custody_parse(text, &c, err);

	if (st == BULLA_OK)
		st = bulla_chain_take(x->home->path, note, x->home->trust,
		    x->home->now, err);
	return st == BULLA_OK ? exchange_record_kept(x, c.id, digest, err) :
	    st;
}

static enum bulla_status
take(struct bulla_exchange *x, const struct bulla_cur *note,
    struct bulla_err *err)
{
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_note n;
	enum bulla_status st = bulla_note_parse(note, &n, err);

	if (st != BULLA_OK)
		return st;
	bulla_sha256(n.text.p, n.text.len, digest);
	if (bulla_cur_starts(&n.text, ROSTER))
		return take_roster(x, note, err);
	if (bulla_cur_starts(&n.text, SUSPEND))
		return take_suspension(x, note, digest, err);
	if (bulla_cur_starts(&n.text, CUSTODY))
		return take_custody(x, note, &n.text, digest, err);
	return bulla_fail(err, BULLA_E_FORMAT, "this kind of note is not "
	    "taken here: custody, roster and suspend are");
}

static unsigned
status_of(enum bulla_status st)
{
	switch (st) {
	case BULLA_OK:
		return 204;
	case BULLA_E_FORMAT:
	case BULLA_E_LIMIT:
		return 400;
	case BULLA_E_MISMATCH:
	case BULLA_E_NOKEY:
		return 403;
	case BULLA_E_REFUSED:
	case BULLA_E_NOMATCH:
	case BULLA_E_USAGE:
		return 422;
	case BULLA_E_INCOMPLETE:
	case BULLA_E_AGAIN:
	case BULLA_E_IO:
	case BULLA_E_NOMEM:
	case BULLA_E_UNSUPPORTED:
	case BULLA_E_UNSAFE:
		break;
	}
	return 500;
}

enum bulla_status
exchange_take_note(struct bulla_exchange *x, const struct bulla_cur *body,
    struct bulla_exchange_answer *a, struct bulla_err *err)
{
	enum bulla_status st = take(x, body, err);

	a->status = status_of(st);
	if (a->status == 500)
		return st;
	if (st != BULLA_OK)
		exchange_no(a, a->status, err->msg);
	return BULLA_OK;
}
