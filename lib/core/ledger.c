#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/io.h"
#include "core/ledger_int.h"

enum bulla_status
ledger_path(char out[LEDGER_PATH_MAX], const char *home, const char *rest,
    struct bulla_err *err)
{
	int n = snprintf(out, LEDGER_PATH_MAX, "%s/%s", home, rest);

	if (n < 0 || (size_t)n >= LEDGER_PATH_MAX)
		return bulla_fail(err, BULLA_E_USAGE, "the path of the home "
		    "is too long");
	return BULLA_OK;
}

static enum bulla_status
open_file(const char *home, const char *rest, int *fd, struct bulla_err *err)
{
	char path[LEDGER_PATH_MAX];
	enum bulla_status st = ledger_path(path, home, rest, err);

	if (st != BULLA_OK)
		return st;
	*fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (*fd == -1)
		return bulla_fail_sys(err, errno == ENOENT ? "%s: is there a "
		    "ledger? \"bulla-ledger init\" makes one" : "%s", rest);
	return BULLA_OK;
}

static enum bulla_status
load_public(struct bulla_ledger *l, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_VKEY_MAX + 1);
	char path[LEDGER_PATH_MAX];
	struct bulla_cur c, line;
	enum bulla_status st;

	st = ledger_path(path, l->home, "keys/log.key.pub", err);
	if (st == BULLA_OK)
		st = bulla_file_get(path, &b, err);
	if (st == BULLA_OK) {
		c = bulla_buf_view(&b);
		st = bulla_cur_line(&c, &line) ? bulla_vkey_parse(&line,
		    &l->vkey, err) : bulla_fail(err, BULLA_E_FORMAT,
		    "keys/log.key.pub: not one line");
	}
	if (st == BULLA_OK && l->vkey.type != BULLA_SIG_ED25519)
		st = bulla_fail(err, BULLA_E_USAGE, "keys/log.key is no key "
		    "of a log");
	bulla_buf_free(&b);
	return st;
}

static enum bulla_status
load_id(struct bulla_ledger *l, struct bulla_err *err)
{
	uint8_t head[JOURNAL_HEAD] = { 0 };
	enum bulla_status st;
	size_t n;

	st = bulla_pread_fd(l->journal, head, sizeof(head), 0, &n, "journal",
	    err);
	if (st != BULLA_OK)
		return st;
	if (n < sizeof(head) || memcmp(head, JOURNAL_MAGIC,
	    sizeof(JOURNAL_MAGIC) - 1) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "journal: does not "
		    "begin as one");
	memcpy(l->id, head + sizeof(JOURNAL_MAGIC) - 1, JOURNAL_ID);
	return BULLA_OK;
}

enum bulla_status
bulla_ledger_open(const char *home, const struct bulla_ask *ask,
    struct bulla_ledger **out, struct bulla_err *err)
{
	enum bulla_ledger_fault fault;

	return bulla_ledger_open_fault(home, ask, out, &fault, err);
}

enum bulla_status
bulla_ledger_open_fault(const char *home, const struct bulla_ask *ask,
    struct bulla_ledger **out, enum bulla_ledger_fault *fault,
    struct bulla_err *err)
{
	struct bulla_ledger *l = calloc(1, sizeof(*l));
	enum bulla_status st;
	int lock = -1;

	*fault = BULLA_LEDGER_WHOLE;
	if (l == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	l->home = home;
	l->ask = ask;
	l->journal = l->index = -1;
	l->bundle.max = BULLA_TILE_WIDTH * (BULLA_ENTRY_MAX + 2);
	st = ledger_path(l->public, home, "ledger/public", err);
	if (st == BULLA_OK)
		st = open_file(home, "ledger/journal", &l->journal, err);
	if (st == BULLA_OK)
		st = open_file(home, "ledger/index", &l->index, err);
	if (st == BULLA_OK)
		st = load_public(l, err);
	if (st == BULLA_OK)
		st = load_id(l, err);
	if (st == BULLA_OK)
		st = ledger_enter(l, &lock, err);
	if (lock != -1)
		(void)close(lock);
	if (st == BULLA_E_REFUSED)
		*fault = l->fault;
	if (st == BULLA_OK)
		*out = l;
	else
		bulla_ledger_free(l);
	return st;
}

void
bulla_ledger_free(struct bulla_ledger *l)
{
	if (l == NULL)
		return;
	if (l->journal != -1)
		(void)close(l->journal);
	if (l->index != -1)
		(void)close(l->index);
	bulla_signer_free(&l->signer);
	bulla_buf_free(&l->bundle);
	ledger_forget_pending(l);
	free(l->pend);
	free(l);
}

uint64_t
bulla_ledger_size(const struct bulla_ledger *l)
{
	return l->edge.size;
}

uint64_t
bulla_ledger_cut(const struct bulla_ledger *l)
{
	return l->cut;
}

uint64_t
bulla_ledger_pending(const struct bulla_ledger *l)
{
	return l->n_pend;
}

const struct bulla_vkey *
bulla_ledger_vkey(const struct bulla_ledger *l)
{
	return &l->vkey;
}

/* Both files grow with everything that others do. */
static bool
is_current(const struct bulla_ledger *l)
{
	struct stat j, i;

	return l->current && fstat(l->journal, &j) == 0 &&
	    fstat(l->index, &i) == 0 && (uint64_t)j.st_size == l->end &&
	    (uint64_t)i.st_size == l->published * INDEX_ROW;
}

enum bulla_status
ledger_enter(struct bulla_ledger *l, int *lock, struct bulla_err *err)
{
	char path[LEDGER_PATH_MAX];
	enum bulla_status st;

	if (l->dead)
		return bulla_fail(err, BULLA_E_IO, "the ledger failed before: "
		    "nothing is written any more");
	st = ledger_path(path, l->home, "ledger/lock", err);
	if (st == BULLA_OK)
		st = bulla_lock(path, true, lock, err);
	if (st == BULLA_OK && !is_current(l))
		st = ledger_recover(l, err);
	return st;
}
