#include <string.h>

#include "bulla/checkpoint.h"
#include "bulla/enc.h"
#include "bulla/note.h"
#include "bulla/num.h"
#include "bulla/text.h"

void
bulla_hash_put(struct bulla_buf *b, const struct bulla_hash *h)
{
	bulla_b64_put(b, h->b, sizeof(h->b), BULLA_B64_PADDED);
	bulla_buf_str(b, "\n");
}

bool
bulla_hash_parse(const struct bulla_cur *line, struct bulla_hash *out)
{
	struct bulla_hash h;
	size_t n;

	if (!bulla_b64_decode(line, BULLA_B64_PADDED, h.b, sizeof(h.b), &n) ||
	    n != sizeof(h.b))
		return false;
	*out = h;
	return true;
}

bool
bulla_hash_eq(const struct bulla_hash *a, const struct bulla_hash *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

enum bulla_status
bulla_hashes_take(struct bulla_cur *c, const char *what,
    struct bulla_hash path[BULLA_PATH_MAX], unsigned *n,
    struct bulla_err *err)
{
	struct bulla_cur ahead = *c, line;
	unsigned k = 0;

	for (;;) {
		if (!bulla_cur_line(&ahead, &line))
			return bulla_fail(err, BULLA_E_FORMAT, "%s: no empty "
			    "line after its hashes", what);
		if (line.len == 0)
			break;
		if (k == BULLA_PATH_MAX)
			return bulla_fail(err, BULLA_E_LIMIT, "%s: more than "
			    "%u hashes", what, BULLA_PATH_MAX);
		if (!bulla_hash_parse(&line, &path[k]))
			return bulla_fail(err, BULLA_E_FORMAT, "%s: hash %u "
			    "is not the base64 of 32 bytes", what, k + 1);
		k++;
	}
	*n = k;
	*c = ahead;
	return BULLA_OK;
}

enum bulla_status
bulla_checkpoint_parse(const struct bulla_cur *text,
    struct bulla_checkpoint *out, struct bulla_err *err)
{
	struct bulla_cur c = *text, line;
	struct bulla_checkpoint cp;
	char shown[64];

	if (!bulla_cur_line(&c, &cp.origin) || !bulla_keyname_ok(&cp.origin))
		return bulla_fail(err, BULLA_E_FORMAT, "checkpoint: line 1 is "
		    "no origin");
	if (!bulla_cur_line(&c, &line) ||
	    !bulla_num_u64(&line, UINT64_MAX, &cp.size))
		return bulla_fail(err, BULLA_E_FORMAT, "checkpoint: line 2 is "
		    "no tree size");
	if (cp.size > BULLA_TREE_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "checkpoint: no tree "
		    "has %s leaves", bulla_text_show(shown, sizeof(shown),
		    &line));
	if (!bulla_cur_line(&c, &line) || !bulla_hash_parse(&line, &cp.root))
		return bulla_fail(err, BULLA_E_FORMAT, "checkpoint: line 3 is "
		    "not the base64 of a root");
	if (!bulla_cur_done(&c))
		return bulla_fail(err, BULLA_E_FORMAT, "checkpoint: more than "
		    "three lines: extension lines are not accepted");
	*out = cp;
	return BULLA_OK;
}

void
bulla_checkpoint_put(struct bulla_buf *b, const struct bulla_checkpoint *c)
{
	BULLA_CHECK(bulla_keyname_ok(&c->origin) && c->size <= BULLA_TREE_MAX);
	bulla_buf_cur(b, &c->origin);
	bulla_buf_str(b, "\n");
	bulla_buf_dec(b, c->size);
	bulla_buf_str(b, "\n");
	bulla_hash_put(b, &c->root);
}
