#include <stdlib.h>
#include <string.h>

#include "bulla/io.h"
#include "core/ledger_int.h"

#define RECORD_BUF BULLA_BUF_INIT(RECORD_HEAD + BULLA_LEDGER_RECORD_MAX)
#define ROWS 65536u	/* of the index, read at a time */

/* What is looked for in the index, and in which order. */
struct search {
	const struct bulla_ledger *l;
	struct bulla_cur record;
	uint8_t print[8];		/* as it stands in a row */
	bool any;			/* salted or clear */
	enum bulla_entry as;
	bool oldest;
	uint64_t most;			/* rows to look at; 0: all */
	uint8_t *rows;
	bool found;
	uint64_t index;
};

/* The print is 64 bits: what it finds is compared with the record itself. */
static enum bulla_status
judge(struct search *s, uint64_t index, struct bulla_err *err)
{
	struct bulla_buf b = RECORD_BUF;
	struct ledger_record r;
	enum bulla_status st;
	uint64_t print;

	st = ledger_record_at(s->l, index, &b, &r, &print, err);
	if (st == BULLA_OK && bulla_cur_same(&r.data, &s->record) &&
	    (s->any || s->as == r.as)) {
		s->found = true;
		s->index = index;
	}
	bulla_buf_free(&b);
	return st;
}

/* n rows are in memory, the first of them is number lo. */
static enum bulla_status
search_rows(struct search *s, uint64_t lo, size_t n, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < n && st == BULLA_OK && !s->found; i++) {
		size_t at = s->oldest ? i : n - 1 - i;

		if (memcmp(s->rows + at * INDEX_ROW + 8, s->print,
		    sizeof(s->print)) == 0)
			st = judge(s, lo + at, err);
	}
	return st;
}

static enum bulla_status
search(struct search *s, struct bulla_err *err)
{
	uint64_t n = s->l->published, done = 0, v = ledger_print(&s->record);
	enum bulla_status st = BULLA_OK;

	for (unsigned i = 0; i < sizeof(s->print); i++)
		s->print[i] = (uint8_t)(v >> (56 - 8 * i));
	s->rows = malloc(ROWS * INDEX_ROW);
	if (s->rows == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	while (st == BULLA_OK && !s->found && done < n &&
	    (s->most == 0 || done < s->most)) {
		size_t take = n - done < ROWS ? (size_t)(n - done) : ROWS;
		uint64_t lo = s->oldest ? done : n - done - take;
		size_t got = 0;

		st = bulla_pread_fd(s->l->index, s->rows, take * INDEX_ROW,
		    lo * INDEX_ROW, &got, "index", err);
		if (st == BULLA_OK && got < take * INDEX_ROW)
			st = bulla_fail(err, BULLA_E_INCOMPLETE, "index: "
			    "shorter than the published records");
		if (st == BULLA_OK)
			st = search_rows(s, lo, take, err);
		done += take;
	}
	free(s->rows);
	return st;
}

static enum bulla_status
find(const struct bulla_ledger *l, const struct bulla_cur *record,
    bool oldest, uint64_t *index, struct bulla_err *err)
{
	struct search s = { .l = l, .record = *record, .any = true,
	    .oldest = oldest };
	enum bulla_status st = search(&s, err);

	if (st == BULLA_OK && !s.found)
		st = bulla_fail(err, BULLA_E_NOMATCH, "this record is not in "
		    "the ledger");
	if (st == BULLA_OK)
		*index = s.index;
	return st;
}

enum bulla_status
bulla_ledger_find(const struct bulla_ledger *l,
    const struct bulla_cur *record, uint64_t *index, struct bulla_err *err)
{
	return find(l, record, false, index, err);
}

enum bulla_status
bulla_ledger_find_first(const struct bulla_ledger *l,
    const struct bulla_cur *record, uint64_t *index, struct bulla_err *err)
{
	return find(l, record, true, index, err);
}

/* Committed, but the index does not know it yet. */
static enum bulla_status
is_pending(const struct bulla_ledger *l, const struct bulla_record *record,
    bool *yes, struct bulla_err *err)
{
	uint64_t print = ledger_print(&record->bytes);
	struct bulla_buf b = RECORD_BUF;
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < l->n_pend && st == BULLA_OK && !*yes; i++) {
		struct ledger_record r;

		if (l->pend[i].print != print)
			continue;
		st = ledger_record_read(l, l->pend[i].off, &b, &r, err);
		*yes = st == BULLA_OK && r.as == record->as &&
		    bulla_cur_same(&r.data, &record->bytes);
	}
	bulla_buf_free(&b);
	return st;
}

enum bulla_status
ledger_has(const struct bulla_ledger *l, const struct bulla_record *record,
    bool *yes, struct bulla_err *err)
{
	struct search s = { .l = l, .record = record->bytes,
	    .as = record->as, .most = BULLA_LEDGER_ONCE };
	enum bulla_status st;

	*yes = false;
	st = is_pending(l, record, yes, err);
	if (st == BULLA_OK && !*yes) {
		st = search(&s, err);
		*yes = s.found;
	}
	return st;
}

enum bulla_status
bulla_ledger_each(const struct bulla_ledger *l, enum bulla_status (*fn)(
    void *ctx, uint64_t index, const struct bulla_cur *record,
    struct bulla_err *err), void *ctx, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(FRAME_HEAD +
	    BULLA_LEDGER_BATCH_MAX);
	enum bulla_status st = BULLA_OK;
	uint64_t index = 0, off = JOURNAL_HEAD;
	uint32_t n = 0;

	while (st == BULLA_OK && index < l->published) {
		size_t at = FRAME_HEAD;

		st = frame_read(l, off, index, &b, &n, err);
		for (; st == BULLA_OK && n > 0; n--) {
			struct ledger_record r;

			st = frame_next(&b, &at, off, &r, err);
			if (st == BULLA_OK)
				st = fn(ctx, index++, &r.data, err);
		}
		off += b.len;
	}
	bulla_buf_free(&b);
	return st;
}
