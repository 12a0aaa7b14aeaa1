#include "bulla/addcp.h"
#include "bulla/note.h"
#include "bulla/num.h"

enum bulla_status
bulla_addcp_parse(const struct bulla_cur *bytes, struct bulla_addcp *out,
    struct bulla_err *err)
{
	struct bulla_cur c = *bytes, line;
	struct bulla_addcp r = { 0 };
	enum bulla_status st;

	if (bytes->len > BULLA_ADDCP_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "request: longer than "
		    "128 KiB");
	if (!bulla_cur_eat_str(&c, "old ") || !bulla_cur_line(&c, &line) ||
	    !bulla_num_u64(&line, BULLA_TREE_MAX, &r.old))
		return bulla_fail(err, BULLA_E_FORMAT, "request: the first "
		    "line is not \"old\" and a tree size");
	st = bulla_hashes_take(&c, "request", r.path, &r.n_path, err);
	if (st != BULLA_OK)
		return st;
	if (bulla_cur_done(&c))
		return bulla_fail(err, BULLA_E_FORMAT, "request: no "
		    "checkpoint after the empty line");
	if (c.len > BULLA_NOTE_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "request: the "
		    "checkpoint is longer than 64 KiB");
	r.checkpoint = c;
	*out = r;
	return BULLA_OK;
}

void
bulla_addcp_put(struct bulla_buf *b, const struct bulla_addcp *r)
{
	BULLA_CHECK(r->old <= BULLA_TREE_MAX && r->n_path <= BULLA_PATH_MAX);
	bulla_buf_str(b, "old ");
	bulla_buf_dec(b, r->old);
	bulla_buf_str(b, "\n");
	for (unsigned i = 0; i < r->n_path; i++)
		bulla_hash_put(b, &r->path[i]);
	bulla_buf_str(b, "\n");
	bulla_buf_cur(b, &r->checkpoint);
}
