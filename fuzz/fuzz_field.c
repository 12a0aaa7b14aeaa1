#include <stdlib.h>

#include "bulla/field.h"
#include "bulla/text.h"

#define OUT_MAX 65536u	/* bytes; longer notes are no finding */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char type[] = "bulla fuzz v1";

struct note {
	struct bulla_cur name, ref;
	uint8_t digest[32];
	uint64_t size;
	int64_t created;
	bool has_ref;
};

/* An optional field and each of the typed ones. */
static enum bulla_status
parse(const struct bulla_cur *text, struct note *n, struct bulla_err *err)
{
	enum bulla_status st;
	struct bulla_fields f;

	st = bulla_fields_begin(&f, text, type, err);
	if (st == BULLA_OK)
		st = bulla_field_take(&f, "name", &n->name, err);
	if (st == BULLA_OK && bulla_field_next_is(&f, "ref")) {
		n->has_ref = true;
		st = bulla_field_take(&f, "ref", &n->ref, err);
	}
	if (st == BULLA_OK)
		st = bulla_field_hex(&f, "digest", n->digest, 32, err);
	if (st == BULLA_OK)
		st = bulla_field_u64(&f, "size", UINT32_MAX, &n->size, err);
	if (st == BULLA_OK)
		st = bulla_field_when(&f, "created", &n->created, err);
	if (st == BULLA_OK)
		st = bulla_fields_end(&f, err);
	return st;
}

static void
encode(struct bulla_buf *b, const struct note *n)
{
	bulla_buf_str(b, type);
	bulla_buf_str(b, "\n");
	bulla_field_put(b, "name", &n->name);
	if (n->has_ref)
		bulla_field_put(b, "ref", &n->ref);
	bulla_field_put_hex(b, "digest", n->digest, 32);
	bulla_field_put_u64(b, "size", n->size);
	bulla_field_put_when(b, "created", n->created);
}

/* What parses encodes to the same bytes; what does not says why, plainly. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_cur c = bulla_cur_of(data, len), view;
	struct bulla_buf b = BULLA_BUF_INIT(OUT_MAX);
	struct bulla_err err = { 0 };
	struct note n = { 0 };

	if (parse(&c, &n, &err) != BULLA_OK) {
		view = bulla_cur_str(err.msg);
		if (view.len == 0 || !bulla_text_is_plain(&view))
			abort();
		return 0;
	}
	encode(&b, &n);
	view = bulla_buf_view(&b);
	if (!bulla_cur_same(&c, &view))
		abort();
	bulla_buf_free(&b);
	return 0;
}
