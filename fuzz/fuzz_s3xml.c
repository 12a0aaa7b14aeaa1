#include <stdlib.h>
#include <string.h>

#include "net/s3_int.h"
#include "net/s3_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The events of a document, as the plainest document that has them. */
static bool
render(const struct bulla_cur *text, struct bulla_buf *b)
{
	struct xml x;
	struct xml_event e;

	xml_begin(&x, text);
	do {
		if (!xml_next(&x, &e))
			return false;
		if (e.kind == XML_END)
			break;
		bulla_buf_str(b, e.kind == XML_CLOSE ? "</" : "<");
		bulla_buf_cur(b, &e.name);
		bulla_buf_str(b, ">");
		if (e.kind == XML_LEAF) {
			bulla_buf_cur(b, &e.text);
			bulla_buf_str(b, "</");
			bulla_buf_cur(b, &e.name);
			bulla_buf_str(b, ">");
		}
	} while (e.kind != XML_END);
	return bulla_buf_status(b) == BULLA_OK;
}

static enum bulla_status
part(void *ctx, const struct s3_part *p, struct bulla_err *err)
{
	(void)ctx;
	(void)err;
	if (p->number == 0 || p->number > BULLA_S3_PARTS_MAX ||
	    p->etag[0] == '\0' || strchr(p->etag, '"') != NULL)
		abort();
	return BULLA_OK;
}

/* What parses, parses again from its plainest form, to the same events. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(4u << 20), b2 = b;
	struct bulla_cur c = bulla_cur_of(data, len), again;
	struct s3_page parts = { .part = part };
	struct s3_resp a = S3_RESP_INIT;
	char id[S3_ID_MAX + 1];

	if (render(&c, &b)) {
		again = bulla_buf_view(&b);
		if (!render(&again, &b2) || b.len != b2.len ||
		    memcmp(b.p, b2.p, b.len) != 0)
			abort();
	}
	s3_parse_error(&c, &a);
	for (const char *p = a.message; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20)
			abort();
	(void)!s3_parse_upload_id(&c, id);
	(void)!s3_parse_completed(&c);
	(void)!s3_parse_page(&c, &parts, NULL);
	(void)!s3_take_header(&a, &c, NULL);
	bulla_buf_free(&b);
	bulla_buf_free(&b2);
	return 0;
}
