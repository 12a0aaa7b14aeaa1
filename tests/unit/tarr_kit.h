#ifndef TEST_TARR_KIT_H
#define TEST_TARR_KIT_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bagbuild.h"

/* Everything read: one "path size mtime data" line per entry into log. */
static inline enum bulla_status
list(const struct bulla_buf *in, size_t piece, struct bulla_buf *log,
    struct bulla_err *err)
{
	struct tb_blocks blocks;
	struct bulla_tarr *r = NULL;
	struct bulla_tar_entry e;
	enum bulla_status st;
	const uint8_t *p = NULL;
	bool more = false;
	size_t n = 0;

	tb_blocks_init(&blocks, in->p, in->len, piece);
	st = bulla_tarr_new(&blocks.b, &r, err);
	while (st == BULLA_OK) {
		st = bulla_tarr_next(r, &e, &more, err);
		if (st != BULLA_OK || !more)
			break;
		if (log != NULL)
			bulla_buf_cur(log, &e.path);
		if (log != NULL)
			bulla_buf_fmt(log, "%s %llu %lld ", e.is_dir ? "/" : "",
			    (unsigned long long)e.size, (long long)e.mtime);
		do {
			st = bulla_tarr_data(r, &p, &n, err);
			if (st == BULLA_OK && n > 0 && log != NULL)
				bulla_buf_put(log, p, n);
		} while (st == BULLA_OK && n > 0);
		if (log != NULL)
			bulla_buf_u8(log, '\n');
	}
	if (st == BULLA_OK)
		st = bulla_tarr_end(r, err);
	bulla_tarr_free(r);
	free(blocks.now);
	return st;
}

/* One file "f" with the header as given, and "data" in it. */
static inline enum bulla_status
one(struct tb_hdr h, const char *pax, size_t pax_len)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	enum bulla_status st;

	if (pax != NULL)
		bb_pax(&b, pax, pax_len);
	if (h.name == NULL)
		h.name = "f";
	if (h.size == 0 && h.type != '5')
		h.size = 4;
	tb_header(&b, &h);
	if (h.type != '5')
		tb_data(&b, "data", 4);
	tb_end(&b);
	st = list(&b, 4096, NULL, NULL);
	bulla_buf_free(&b);
	return st;
}

#endif
