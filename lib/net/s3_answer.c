#include <string.h>

#include "s3_int.h"
#include "s3_xml.h"

#include "bulla/num.h"
#include "bulla/text.h"

bool
s3_etag_ok(const struct bulla_cur *text)
{
	for (size_t i = 0; i < text->len; i++) {
		uint8_t c = text->p[i];

		if ((c < '0' || c > '9') && (c < 'a' || c > 'z') &&
		    (c < 'A' || c > 'Z') &&
		    memchr("-_.+/=:", c, sizeof("-_.+/=:") - 1) == NULL)
			return false;
	}
	return text->len > 0 && text->len <= S3_ETAG_MAX;
}

/* The root must be this; true with its OPEN taken, or a leaf as *leaf. */
static bool
root_is(struct xml *x, const struct bulla_cur *text, const char *name)
{
	struct xml_event e;

	xml_begin(x, text);
	return xml_next(x, &e) && e.kind == XML_OPEN &&
	    bulla_cur_is(&e.name, name);
}

/* Of an error only what is well formed is shown, and escaped. */
void
s3_parse_error(const struct bulla_cur *xml, struct s3_resp *a)
{
	char text[512];
	struct xml x;
	struct xml_event e;

	a->code[0] = a->message[0] = '\0';
	if (!root_is(&x, xml, "Error"))
		return;
	while (xml_next(&x, &e) && e.kind != XML_END) {
		if (e.kind != XML_LEAF || e.depth != 1 ||
		    !xml_text(&e.text, text, sizeof(text)))
			continue;
		if (bulla_cur_is(&e.name, "Code"))
			bulla_text_show_str(a->code, sizeof(a->code), text);
		else if (bulla_cur_is(&e.name, "Message"))
			bulla_text_show_str(a->message, sizeof(a->message),
			    text);
	}
}

bool
s3_parse_upload_id(const struct bulla_cur *xml, char out[S3_ID_MAX + 1])
{
	char id[S3_ID_MAX + 1] = "";
	struct xml x;
	struct xml_event e = { .kind = XML_OPEN };
	bool ok;

	ok = root_is(&x, xml, "InitiateMultipartUploadResult");
	while (ok && e.kind != XML_END) {
		ok = xml_next(&x, &e);
		if (ok && e.kind == XML_LEAF && e.depth == 1 &&
		    bulla_cur_is(&e.name, "UploadId"))
			ok = id[0] == '\0' && xml_text(&e.text, id,
			    sizeof(id));
	}
	/* It is kept as a line, and escaped where it is used. */
	for (const char *p = id; ok && *p != '\0'; p++)
		ok = *p > 0x20 && *p < 0x7f;
	if (!ok || id[0] == '\0')
		return false;
	memcpy(out, id, strlen(id) + 1);
	return true;
}

/* "200 OK" was sent before the store knew: the body tells. */
bool
s3_parse_completed(const struct bulla_cur *xml)
{
	struct xml x;
	struct xml_event e = { .kind = XML_OPEN };
	bool ok = root_is(&x, xml, "CompleteMultipartUploadResult");

	while (ok && e.kind != XML_END)
		ok = xml_next(&x, &e);
	return ok;
}

/* One page being read. */
struct page {
	struct s3_page *p;
	struct s3_part part;
};

static bool
is_yes(const struct bulla_cur *text, bool *out)
{
	*out = bulla_cur_is(text, "true");
	return *out || bulla_cur_is(text, "false");
}

static bool
take_etag(const struct bulla_cur *text, char out[S3_ETAG_MAX + 1])
{
	char quoted[S3_ETAG_MAX + 3];
	struct bulla_cur c;

	if (!xml_text(text, quoted, sizeof(quoted)))
		return false;
	c = bulla_cur_str(quoted);
	if (bulla_cur_eat_str(&c, "\"")) {
		if (c.len == 0 || c.p[c.len - 1] != '"')
			return false;
		c.len--;
	}
	if (!s3_etag_ok(&c))
		return false;
	memcpy(out, c.p, c.len);
	out[c.len] = '\0';
	return true;
}

static bool
field(struct page *g, const struct xml_event *e)
{
	const struct bulla_cur *n = &e->name, *v = &e->text;

	if (bulla_cur_is(n, "PartNumber"))
		return bulla_num_u64(v, BULLA_S3_PARTS_MAX, &g->part.number);
	if (bulla_cur_is(n, "Size"))
		return bulla_num_u64(v, INT64_MAX, &g->part.size);
	if (bulla_cur_is(n, "ETag"))
		return take_etag(v, g->part.etag);
	return true;
}

static bool
top(struct page *g, const struct xml_event *e)
{
	const struct bulla_cur *n = &e->name;

	if (bulla_cur_is(n, "IsTruncated"))
		return is_yes(&e->text, &g->p->more);
	if (bulla_cur_is(n, "NextPartNumberMarker"))
		return xml_text(&e->text, g->p->next, sizeof(g->p->next));
	return true;
}

static enum bulla_status
tell(struct page *g, struct bulla_err *err)
{
	struct s3_page *p = g->p;

	if (g->part.number == 0 || g->part.etag[0] == '\0')
		return bulla_fail(err, BULLA_E_FORMAT,
		    "the store's list of parts is malformed");
	return p->part(p->ctx, &g->part, err);
}

static enum bulla_status
event(struct page *g, const struct xml_event *e, struct bulla_err *err)
{
	bool ours = e->depth == 1 && bulla_cur_is(&e->name, "Part");
	bool ok = true;

	if (e->kind == XML_OPEN && ours)
		g->part = (struct s3_part){ 0 };
	else if (e->kind == XML_CLOSE && ours)
		return tell(g, err);
	else if (e->kind == XML_LEAF && e->depth == 1)
		ok = top(g, e);
	else if (e->kind == XML_LEAF && e->depth == 2)
		ok = field(g, e);
	return ok ? BULLA_OK : bulla_fail(err, BULLA_E_FORMAT,
	    "the store's list is malformed");
}

enum bulla_status
s3_parse_page(const struct bulla_cur *xml, struct s3_page *p,
    struct bulla_err *err)
{
	struct page g = { .p = p };
	struct xml_event e = { .kind = XML_OPEN };
	enum bulla_status st = BULLA_OK;
	struct xml x;

	p->more = false;
	p->next[0] = '\0';
	if (!root_is(&x, xml, "ListPartsResult"))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "the store's answer is no list");
	while (st == BULLA_OK && e.kind != XML_END) {
		if (!xml_next(&x, &e))
			return bulla_fail(err, BULLA_E_FORMAT,
			    "the store's list is malformed");
		st = event(&g, &e, err);
	}
	return st;
}
