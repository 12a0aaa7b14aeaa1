#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/io.h"
#include "core/ledger_int.h"

#define FRAME_MAX (FRAME_HEAD + BULLA_LEDGER_BATCH_MAX)
#define SCAN 65536u	/* bytes looked at at a time */

static void
hash_salted(const struct bulla_cur *salt, const struct bulla_cur *data,
    struct bulla_hash *out)
{
	struct bulla_sha256 *h = NULL;
	uint8_t b[BULLA_LEDGER_SALT + 512];

	BULLA_CHECK(salt->len == BULLA_LEDGER_SALT);
	memcpy(b, salt->p, salt->len);
	if (data->len <= sizeof(b) - BULLA_LEDGER_SALT) {
		if (data->len > 0)
			memcpy(b + BULLA_LEDGER_SALT, data->p, data->len);
		bulla_sha256(b, BULLA_LEDGER_SALT + data->len, out->b);
		return;
	}
	BULLA_CHECK(bulla_sha256_new(&h, NULL) == BULLA_OK);
	bulla_sha256_update(h, salt->p, salt->len);
	bulla_sha256_update(h, data->p, data->len);
	bulla_sha256_final(h, out->b);
	bulla_sha256_free(h);
}

uint64_t
ledger_print(const struct bulla_cur *data)
{
	uint8_t digest[BULLA_SHA256_LEN] = { 0 };
	struct bulla_cur c = bulla_cur_of(digest, sizeof(digest));
	uint64_t v = 0;

	bulla_sha256(data->p, data->len, digest);
	BULLA_CHECK(bulla_cur_u64(&c, &v));
	return v;
}

size_t
ledger_entry(const struct bulla_hash *salted, uint8_t out[LEDGER_ENTRY_LEN])
{
	static const char head[] = "bulla record v1\nsalted-sha256: ";
	char hex[2 * sizeof(salted->b) + 1];
	size_t n = sizeof(head) - 1;

	_Static_assert(sizeof(head) + sizeof(hex) <= LEDGER_ENTRY_LEN + 1,
	    "room for an entry");
	bulla_hex(hex, salted->b, sizeof(salted->b));
	memcpy(out, head, n);
	memcpy(out + n, hex, sizeof(hex) - 1);
	n += sizeof(hex) - 1;
	out[n++] = '\n';
	return n;
}

struct bulla_cur
ledger_entry_of(const struct ledger_record *r, uint8_t room[LEDGER_ENTRY_LEN])
{
	struct bulla_hash salted;

	if (r->as == BULLA_CLEAR)
		return r->data;
	hash_salted(&r->salt, &r->data, &salted);
	return bulla_cur_of(room, ledger_entry(&salted, room));
}

bool
bulla_ledger_clear_ok(const struct bulla_cur *record)
{
	return record->len <= BULLA_LEDGER_CLEAR_MAX &&
	    (bulla_cur_starts(record, "bulla roster v1\n") ||
	    bulla_cur_starts(record, "bulla suspend v1\n"));
}

void
ledger_forget_pending(struct bulla_ledger *l)
{
	for (size_t i = 0; i < l->n_pend; i++)
		free(l->pend[i].clear);
	l->n_pend = 0;
}

static enum bulla_status
set_entry(struct ledger_pending *p, const struct ledger_record *r,
    struct bulla_err *err)
{
	memset(p, 0, sizeof(*p));
	p->print = ledger_print(&r->data);
	p->off = r->off;
	if (r->as == BULLA_SALTED) {
		hash_salted(&r->salt, &r->data, &p->salted);
		return BULLA_OK;
	}
	p->clear = malloc(r->data.len);
	if (p->clear == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	memcpy(p->clear, r->data.p, r->data.len);
	p->clear_len = r->data.len;
	return BULLA_OK;
}

enum bulla_status
ledger_add(struct bulla_ledger *l, const struct ledger_record *r,
    struct bulla_err *err)
{
	uint8_t entry[LEDGER_ENTRY_LEN];
	struct ledger_pending *p;
	enum bulla_status st;
	struct bulla_hash leaf;

	if (l->n_pend == l->cap_pend) {
		size_t cap = l->cap_pend == 0 ? 64 : 2 * l->cap_pend;

		p = reallocarray(l->pend, cap, sizeof(*p));
		if (p == NULL)
			return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		l->pend = p;
		l->cap_pend = cap;
	}
	p = &l->pend[l->n_pend];
	st = set_entry(p, r, err);
	if (st != BULLA_OK)
		return st;
	l->n_pend++;
	if (p->clear != NULL)
		bulla_merkle_leaf(p->clear, p->clear_len, &leaf);
	else
		bulla_merkle_leaf(entry, ledger_entry(&p->salted, entry),
		    &leaf);
	bulla_edge_add(&l->edge, 0, &leaf);
	return BULLA_OK;
}

static enum bulla_status
torn(struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_INCOMPLETE, "journal: no whole frame");
}

/* Append len bytes of the journal to b, all or BULLA_E_INCOMPLETE. */
static enum bulla_status
read_more(const struct bulla_ledger *l, uint64_t off, size_t len,
    struct bulla_buf *b, struct bulla_err *err)
{
	uint8_t *p = malloc(len > 0 ? len : 1);
	enum bulla_status st;
	size_t n = 0;

	if (p == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	st = bulla_pread_fd(l->journal, p, len, off, &n, "journal", err);
	if (st == BULLA_OK && n < len)
		st = torn(err);
	if (st == BULLA_OK) {
		bulla_buf_put(b, p, len);
		st = bulla_buf_status(b);
	}
	free(p);
	return st;
}

enum bulla_status
frame_read(const struct bulla_ledger *l, uint64_t off, uint64_t first,
    struct bulla_buf *b, uint32_t *n, struct bulla_err *err)
{
	uint8_t digest[BULLA_SHA256_LEN], said[BULLA_SHA256_LEN];
	struct bulla_sha256 *h = NULL;
	struct bulla_cur c;
	enum bulla_status st;
	uint32_t len;
	uint64_t at;

	bulla_buf_reset(b);
	st = read_more(l, off, FRAME_HEAD, b, err);
	if (st != BULLA_OK)
		return st;
	c = bulla_buf_view(b);
	if (!bulla_cur_eat(&c, l->id, JOURNAL_ID) || !bulla_cur_u64(&c, &at) ||
	    !bulla_cur_u32(&c, n) || !bulla_cur_u32(&c, &len) ||
	    !bulla_cur_copy(&c, said, sizeof(said)) || at != first ||
	    *n == 0 || len > BULLA_LEDGER_BATCH_MAX)
		return torn(err);
	st = read_more(l, off + FRAME_HEAD, len, b, err);
	if (st == BULLA_OK)
		st = bulla_sha256_new(&h, err);
	if (st != BULLA_OK)
		return st;
	bulla_sha256_update(h, b->p, FRAME_FIXED);
	bulla_sha256_update(h, b->p + FRAME_HEAD, len);
	bulla_sha256_final(h, digest);
	bulla_sha256_free(h);
	return memcmp(digest, said, sizeof(said)) == 0 ? BULLA_OK : torn(err);
}

/* The head of a record; the length without its flag. */
static bool
take_head(struct bulla_cur *c, struct ledger_record *r, uint32_t *len)
{
	static const uint8_t none[BULLA_LEDGER_SALT];

	if (!bulla_cur_u32(c, len) ||
	    !bulla_cur_take(c, BULLA_LEDGER_SALT, &r->salt))
		return false;
	r->as = (*len & RECORD_CLEAR) != 0 ? BULLA_CLEAR : BULLA_SALTED;
	*len &= ~RECORD_CLEAR;
	return r->as == BULLA_SALTED ||
	    memcmp(r->salt.p, none, sizeof(none)) == 0;
}

enum bulla_status
frame_next(const struct bulla_buf *b, size_t *at, uint64_t off,
    struct ledger_record *r, struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_of(b->p + *at, b->len - *at);
	uint32_t len;

	r->off = off + *at;
	if (!take_head(&c, r, &len) || !bulla_cur_take(&c, len, &r->data) ||
	    (r->as == BULLA_CLEAR && !bulla_ledger_clear_ok(&r->data)))
		return bulla_fail(err, BULLA_E_MISMATCH, "journal: a frame "
		    "that holds less, or something else, than it says");
	*at = b->len - c.len;
	return BULLA_OK;
}

/* Any frame header that fits its payload, whatever record comes first. */
static bool
is_frame(const struct bulla_ledger *l, uint64_t off, const uint8_t *head,
    struct bulla_buf *b)
{
	struct bulla_cur c = bulla_cur_of(head + JOURNAL_ID, 8);
	uint64_t first = 0;
	uint32_t n;

	return bulla_cur_u64(&c, &first) &&
	    frame_read(l, off, first, b, &n, NULL) == BULLA_OK;
}

enum bulla_status
frame_behind(const struct bulla_ledger *l, uint64_t off, bool *yes,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(FRAME_MAX);
	enum bulla_status st = BULLA_OK;
	uint8_t *p = malloc(SCAN);
	size_t n = FRAME_HEAD;

	*yes = false;
	if (p == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	off++;
	while (st == BULLA_OK && !*yes) {
		st = bulla_pread_fd(l->journal, p, SCAN, off, &n, "journal",
		    err);
		if (st != BULLA_OK || n < FRAME_HEAD)
			break;
		for (size_t i = 0; i + FRAME_HEAD <= n && !*yes; i++) {
			if (memcmp(p + i, l->id, JOURNAL_ID) == 0)
				*yes = is_frame(l, off + i, p + i, &b);
		}
		off += n - FRAME_HEAD + 1;
	}
	free(p);
	bulla_buf_free(&b);
	return st;
}

enum bulla_status
ledger_record_read(const struct bulla_ledger *l, uint64_t off,
    struct bulla_buf *b, struct ledger_record *r, struct bulla_err *err)
{
	enum bulla_status st;
	struct bulla_cur c;
	uint32_t len = 0;

	bulla_buf_reset(b);
	st = read_more(l, off, RECORD_HEAD, b, err);
	c = bulla_buf_view(b);
	if (st == BULLA_OK && (!take_head(&c, r, &len) ||
	    len > BULLA_LEDGER_RECORD_MAX))
		st = bulla_fail(err, BULLA_E_MISMATCH, "journal: no record at "
		    "byte %llu, where one should be",
		    (unsigned long long)off);
	if (st == BULLA_OK)
		st = read_more(l, off + RECORD_HEAD, len, b, err);
	if (st != BULLA_OK)
		return st;
	r->off = off;
	r->salt = bulla_cur_of(b->p + 4, BULLA_LEDGER_SALT);
	r->data = bulla_cur_of(b->p + RECORD_HEAD, len);
	return BULLA_OK;
}

enum bulla_status
ledger_record_at(const struct bulla_ledger *l, uint64_t index,
    struct bulla_buf *b, struct ledger_record *r, uint64_t *print,
    struct bulla_err *err)
{
	uint8_t row[INDEX_ROW] = { 0 };
	struct bulla_cur c = bulla_cur_of(row, sizeof(row));
	enum bulla_status st;
	uint64_t off = 0;
	size_t n = 0;

	st = bulla_pread_fd(l->index, row, sizeof(row), index * INDEX_ROW, &n,
	    "index", err);
	if (st != BULLA_OK)
		return st;
	if (n < sizeof(row) || !bulla_cur_u64(&c, &off) ||
	    !bulla_cur_u64(&c, print) || off > INT64_MAX / 2)
		return bulla_fail(err, BULLA_E_INCOMPLETE, "index: no good "
		    "row for record %llu", (unsigned long long)index);
	st = ledger_record_read(l, off, b, r, err);
	return st == BULLA_OK ? st : bulla_wrap(err, st, "record %llu",
	    (unsigned long long)index);
}
