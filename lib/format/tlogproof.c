#include "bulla/enc.h"
#include "bulla/note.h"
#include "bulla/num.h"
#include "bulla/tlogproof.h"

static const char first_line[] = "c2sp.org/tlog-proof@v1\n";

static enum bulla_status
take_extra(struct bulla_cur *c, struct bulla_tlogproof *p,
    struct bulla_err *err)
{
	struct bulla_cur line;

	if (!bulla_cur_eat_str(c, "extra "))
		return BULLA_OK;
	if (!bulla_cur_line(c, &line) ||
	    !bulla_b64_decode(&line, BULLA_B64_PADDED, p->extra,
	    sizeof(p->extra), &p->extra_len) || p->extra_len == 0)
		return bulla_fail(err, BULLA_E_FORMAT, "proof: the extra line "
		    "is not the base64 of 1 to %u bytes",
		    BULLA_TLOGPROOF_EXTRA_MAX);
	return BULLA_OK;
}

enum bulla_status
bulla_tlogproof_parse(const struct bulla_cur *bytes,
    struct bulla_tlogproof *out, struct bulla_err *err)
{
	struct bulla_tlogproof p = { 0 };
	struct bulla_cur c = *bytes, line;
	enum bulla_status st;

	if (bytes->len > BULLA_TLOGPROOF_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "proof: longer than "
		    "128 KiB");
	if (!bulla_cur_eat_str(&c, first_line))
		return bulla_fail(err, BULLA_E_FORMAT, "proof: the first line "
		    "is not c2sp.org/tlog-proof@v1");
	st = take_extra(&c, &p, err);
	if (st != BULLA_OK)
		return st;
	if (!bulla_cur_eat_str(&c, "index ") || !bulla_cur_line(&c, &line) ||
	    !bulla_num_u64(&line, BULLA_TREE_MAX - 1, &p.index))
		return bulla_fail(err, BULLA_E_FORMAT, "proof: no index line "
		    "where it must stand");
	st = bulla_hashes_take(&c, "proof", p.path, &p.n_path, err);
	if (st != BULLA_OK)
		return st;
	if (bulla_cur_done(&c))
		return bulla_fail(err, BULLA_E_FORMAT, "proof: no checkpoint "
		    "after the empty line");
	if (c.len > BULLA_NOTE_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "proof: the checkpoint "
		    "is longer than 64 KiB");
	p.checkpoint = c;
	*out = p;
	return BULLA_OK;
}

void
bulla_tlogproof_put(struct bulla_buf *b, const struct bulla_tlogproof *p)
{
	BULLA_CHECK(p->index < BULLA_TREE_MAX && p->n_path <= BULLA_PATH_MAX &&
	    p->extra_len <= sizeof(p->extra));
	bulla_buf_str(b, first_line);
	if (p->extra_len > 0) {
		bulla_buf_str(b, "extra ");
		bulla_b64_put(b, p->extra, p->extra_len, BULLA_B64_PADDED);
		bulla_buf_str(b, "\n");
	}
	bulla_buf_str(b, "index ");
	bulla_buf_dec(b, p->index);
	bulla_buf_str(b, "\n");
	for (unsigned i = 0; i < p->n_path; i++)
		bulla_hash_put(b, &p->path[i]);
	bulla_buf_str(b, "\n");
	bulla_buf_cur(b, &p->checkpoint);
}
