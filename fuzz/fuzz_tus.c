#include <stdlib.h>
#include <string.h>

#include "bulla/tus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
same(const struct bulla_buf *b, const uint8_t *data, size_t len)
{
	if (bulla_buf_status(b) != BULLA_OK || b->len != len ||
	    (len > 0 && memcmp(b->p, data, len) != 0))
		abort();
}

/* A path that leads somewhere, and a size, have one spelling. */
static void
route_and_size(const struct bulla_cur *in)
{
	struct bulla_buf b = BULLA_BUF_INIT(256);
	struct bulla_tus_route r;
	uint64_t size;

	bulla_tus_route(in, &r);
	bulla_tus_route_put(&b, &r);
	if (r.place != BULLA_TUS_NOWHERE)
		same(&b, in->p, in->len);
	else if (b.len != 0)
		abort();
	bulla_buf_reset(&b);
	if (bulla_tus_size(in, &size, NULL) == BULLA_OK) {
		bulla_buf_dec(&b, size);
		same(&b, in->p, in->len);
	}
	bulla_buf_free(&b);
}

/* Pairs written again mean the same, and written twice are the same bytes. */
static void
meta(const struct bulla_cur *in)
{
	struct bulla_buf b = BULLA_BUF_INIT(2 * BULLA_TUS_META_MAX);
	struct bulla_tus_meta m, again;
	uint8_t value[BULLA_TUS_META_MAX];
	char key[BULLA_TUS_META_MAX + 1];
	struct bulla_cur text;
	size_t n;

	if (bulla_tus_meta_parse(in, &m, NULL) != BULLA_OK)
		return;
	for (size_t i = 0; i < m.n; i++) {
		memcpy(key, m.pair[i].key.p, m.pair[i].key.len);
		key[m.pair[i].key.len] = '\0';
		if (!bulla_tus_meta_get(&m, key, value, sizeof(value), &n))
			abort();
		bulla_tus_meta_put(&b, key, value, n);
	}
	text = bulla_buf_view(&b);
	if (bulla_tus_meta_parse(&text, &again, NULL) != BULLA_OK ||
	    again.n != m.n)
		abort();
	for (size_t i = 0; i < m.n; i++)
		if (!bulla_cur_same(&again.pair[i].key, &m.pair[i].key) ||
		    !bulla_cur_same(&again.pair[i].value, &m.pair[i].value))
			abort();
	bulla_buf_free(&b);
}

/* What is taken for a checksum or a date has no second spelling. */
static void
checksum_and_date(const struct bulla_cur *in)
{
	struct bulla_buf b = BULLA_BUF_INIT(128);
	char date[BULLA_TUS_DATE_LEN + 1];
	uint8_t digest[BULLA_TUS_DIGEST_LEN];
	int64_t t;

	if (bulla_tus_checksum(in, digest, NULL) == BULLA_OK) {
		bulla_tus_checksum_put(&b, digest);
		same(&b, in->p, in->len);
	}
	bulla_buf_reset(&b);
	if (bulla_tus_date_parse(in, &t)) {
		bulla_tus_date_text(t, date);
		bulla_buf_str(&b, date);
		same(&b, in->p, in->len);
	}
	bulla_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_cur in = bulla_cur_of(data, len);

	route_and_size(&in);
	meta(&in);
	checksum_and_date(&in);
	(void)bulla_tus_is_patch_type(&in);
	return 0;
}
