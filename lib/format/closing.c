#include "bulla/agehdr.h"
#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/opening.h"

static const char type_line[] = "bulla closing v1";

/* What the size may be for this many segments, the last one not empty. */
static bool
size_fits(uint64_t segments, uint64_t size)
{
	uint64_t full = segments * BULLA_SEGMENT_SIZE;

	return size > full - BULLA_SEGMENT_SIZE + BULLA_AGE_NONCE_LEN &&
	    size <= full + BULLA_AGE_HEADER_MAX + BULLA_AGE_NONCE_LEN;
}

enum bulla_status
bulla_closing_parse(const struct bulla_cur *text, struct bulla_closing *out,
    struct bulla_err *err)
{
	uint8_t id[BULLA_ID_LEN / 2];
	struct bulla_closing c = { 0 };
	struct bulla_fields f;
	enum bulla_status st;

	st = bulla_fields_begin(&f, text, type_line, err);
	if (st == BULLA_OK)
		st = bulla_field_hex(&f, "package", id, sizeof(id), err);
	if (st == BULLA_OK)
		st = bulla_field_hex(&f, "opening", c.opening,
		    sizeof(c.opening), err);
	if (st == BULLA_OK)
		st = bulla_field_u64(&f, "segments", BULLA_SEGMENTS_MAX,
		    &c.segments, err);
	if (st == BULLA_OK)
		st = bulla_field_u64(&f, "size", INT64_MAX, &c.size, err);
	if (st == BULLA_OK && (c.segments == 0 ||
	    !size_fits(c.segments, c.size)))
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: size: not "
		    "what so many segments can hold", f.line - 1);
	if (st == BULLA_OK)
		st = bulla_field_hex(&f, "manifest", c.manifest,
		    sizeof(c.manifest), err);
	if (st == BULLA_OK)
		st = bulla_field_when(&f, "closed", &c.closed, err);
	if (st == BULLA_OK)
		st = bulla_fields_end(&f, err);
	if (st != BULLA_OK)
		return st;
	bulla_hex(c.id, id, sizeof(id));
	*out = c;
	return BULLA_OK;
}

void
bulla_closing_put(struct bulla_buf *b, const struct bulla_closing *c)
{
	bulla_buf_str(b, type_line);
	bulla_buf_str(b, "\n");
	bulla_field_put_str(b, "package", c->id);
	bulla_field_put_hex(b, "opening", c->opening, sizeof(c->opening));
	bulla_field_put_u64(b, "segments", c->segments);
	bulla_field_put_u64(b, "size", c->size);
	bulla_field_put_hex(b, "manifest", c->manifest, sizeof(c->manifest));
	bulla_field_put_when(b, "closed", c->closed);
}
