#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/io.h"
#include "core/ledger_int.h"

static enum bulla_status
put_record(struct bulla_buf *b, const struct bulla_record *r,
    struct bulla_err *err)
{
	uint8_t salt[BULLA_LEDGER_SALT] = { 0 };
	uint32_t flag = r->as == BULLA_CLEAR ? RECORD_CLEAR : 0;

	if (r->bytes.len > BULLA_LEDGER_RECORD_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "a record of more than "
		    "%u bytes: append its digest instead",
		    BULLA_LEDGER_RECORD_MAX);
	/* Whoever asks for "clear" by mistake must not publish a secret */
	if (r->as == BULLA_CLEAR && !bulla_ledger_clear_ok(&r->bytes))
		return bulla_fail(err, BULLA_E_USAGE, "only a roster or a "
		    "suspension of at most %u bytes can be recorded in clear",
		    BULLA_LEDGER_CLEAR_MAX);
	if (r->as == BULLA_SALTED)
		bulla_random(salt, sizeof(salt));
	bulla_buf_u32(b, (uint32_t)r->bytes.len | flag);
	bulla_buf_put(b, salt, sizeof(salt));
	bulla_buf_cur(b, &r->bytes);
	return BULLA_OK;
}

/* The payload, its records noted where they will stand. */
static enum bulla_status
put_frame(const struct bulla_ledger *l, const struct bulla_record *records,
    size_t n, struct bulla_buf *b, struct bulla_err *err)
{
	static const uint8_t none[BULLA_SHA256_LEN];
	struct bulla_sha256 *h = NULL;
	enum bulla_status st = BULLA_OK;

	bulla_buf_put(b, l->id, JOURNAL_ID);
	bulla_buf_u64(b, l->edge.size);
	bulla_buf_u32(b, (uint32_t)n);
	bulla_buf_u32(b, 0);
	bulla_buf_put(b, none, sizeof(none));
	for (size_t i = 0; i < n && st == BULLA_OK; i++)
		st = put_record(b, &records[i], err);
	if (st != BULLA_OK)
		return st;
	st = bulla_buf_status(b);
	if (st != BULLA_OK)
		return bulla_fail(err, st, st == BULLA_E_LIMIT ?
		    "too many bytes for one batch" : "out of memory");
	for (unsigned i = 0; i < 4; i++)
		b->p[FRAME_FIXED - 4 + i] = (uint8_t)((b->len - FRAME_HEAD) >>
		    (24 - 8 * i));
	st = bulla_sha256_new(&h, err);
	if (st != BULLA_OK)
		return st;
	bulla_sha256_update(h, b->p, FRAME_FIXED);
	bulla_sha256_update(h, b->p + FRAME_HEAD, b->len - FRAME_HEAD);
	bulla_sha256_final(h, b->p + FRAME_FIXED);
	bulla_sha256_free(h);
	return BULLA_OK;
}

/*
 * The commit point. What failed is taken back as far as it can be and never
 * tried again: after a failed sync nobody knows what the disk holds.
 */
static enum bulla_status
commit(struct bulla_ledger *l, const struct bulla_buf *b,
    struct bulla_err *err)
{
	enum bulla_status st;

	st = bulla_pwrite_fd(l->journal, b->p, b->len, l->end, "journal", err);
	if (st == BULLA_OK && fdatasync(l->journal) != 0)
		st = bulla_fail_sys(err, "journal");
	if (st == BULLA_OK)
		return st;
	l->dead = true;
	if (ftruncate(l->journal, (off_t)l->end) != 0)
		bulla_wrap(err, st, "and the journal's end cannot be cut");
	return st;
}

static enum bulla_status
append_locked(struct bulla_ledger *l, const struct bulla_record *records,
    size_t n, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(FRAME_HEAD +
	    BULLA_LEDGER_BATCH_MAX);
	size_t at = FRAME_HEAD;
	enum bulla_status st;

	if (n > BULLA_TREE_MAX - l->edge.size || n > UINT32_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "the ledger is full");
	st = put_frame(l, records, n, &b, err);
	if (st == BULLA_OK)
		st = commit(l, &b, err);
	/* Committed: if memory runs out now, the journal still has it */
	l->current = false;
	for (size_t i = 0; i < n && st == BULLA_OK; i++) {
		struct ledger_record r;

		st = frame_next(&b, &at, l->end, &r, err);
		if (st == BULLA_OK)
			st = ledger_add(l, &r, err);
	}
	if (st == BULLA_OK) {
		l->end += b.len;
		l->current = true;
	}
	bulla_buf_free(&b);
	return st;
}

static struct bulla_record *
records_of(const struct bulla_cur *bytes, size_t n, struct bulla_err *err)
{
	struct bulla_record *r = calloc(n, sizeof(*r));

	if (r == NULL)
		bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	for (size_t i = 0; r != NULL && i < n; i++)
		r[i].bytes = bytes[i];
	return r;
}

enum bulla_status
bulla_ledger_append(struct bulla_ledger *l, const struct bulla_cur *records,
    size_t n, uint64_t *first, struct bulla_err *err)
{
	struct bulla_record *r;
	enum bulla_status st;
	uint64_t size;
	int lock = -1;

	if (n == 0)
		return bulla_fail(err, BULLA_E_USAGE, "nothing to append");
	r = records_of(records, n, err);
	if (r == NULL)
		return BULLA_E_NOMEM;
	st = ledger_enter(l, &lock, err);
	size = l->edge.size;
	if (st == BULLA_OK)
		st = append_locked(l, r, n, err);
	if (st == BULLA_OK)
		*first = size;
	free(r);
	if (lock != -1)
		(void)close(lock);
	return st;
}

/* Those of the records that are neither in the ledger nor earlier in r. */
static enum bulla_status
only_new(const struct bulla_ledger *l, struct bulla_record *r, size_t *n,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	size_t kept = 0;

	for (size_t i = 0; i < *n && st == BULLA_OK; i++) {
		bool have = false;

		for (size_t k = 0; k < kept && !have; k++)
			have = r[k].as == r[i].as &&
			    bulla_cur_same(&r[k].bytes, &r[i].bytes);
		if (!have)
			st = ledger_has(l, &r[i], &have, err);
		if (!have)
			r[kept++] = r[i];
	}
	*n = kept;
	return st;
}

enum bulla_status
bulla_ledger_append_notes(struct bulla_ledger *l,
    const struct bulla_record *records, size_t n, bool once, size_t *n_new,
    struct bulla_err *err)
{
	struct bulla_record *r = calloc(n > 0 ? n : 1, sizeof(*r));
	enum bulla_status st;
	int lock = -1;

	if (r == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		r[i] = records[i];
	st = ledger_enter(l, &lock, err);
	if (st == BULLA_OK && once)
		st = only_new(l, r, &n, err);
	if (st == BULLA_OK && n > 0)
		st = append_locked(l, r, n, err);
	if (st == BULLA_OK)
		*n_new = n;
	free(r);
	if (lock != -1)
		(void)close(lock);
	return st;
}
