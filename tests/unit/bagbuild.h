#ifndef TESTS_BAGBUILD_H
#define TESTS_BAGBUILD_H

/*
 * Tars and bags made by hand for tests, good and hostile: nothing here uses
 * the writer or the reader under test. Header-only, for unit tests and for
 * the generator of fuzz seeds.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/bag.h"
#include "bulla/buf.h"
#include "bulla/hash.h"
#include "bulla/tar.h"

#define TB_MAX (64u << 20)
#define TB_UNUSED __attribute__((unused))

/* A header of one tar member; what is 0 or NULL gets the usual value. */
struct tb_hdr {
	const char *name;	/* up to 100 bytes */
	char type;		/* default '0' */
	uint64_t size;
	const char *mode;	/* the field as text */
	const char *size_text;
	/* overwrite: bytes at an offset, before (or after) the checksum */
	size_t at, n;
	const char *bytes;
	bool after_sum;
};

static inline void
tb_sum(uint8_t *h)
{
	unsigned sum = 0;
	char text[9];

	memset(h + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += h[i];
	snprintf(text, sizeof(text), "%06o", sum & 0777777u);
	memcpy(h + 148, text, 7);
}

static TB_UNUSED void
tb_header(struct bulla_buf *b, const struct tb_hdr *x)
{
	uint8_t h[512] = { 0 };
	char text[32];
	size_t n = strnlen(x->name, 100);

	memcpy(h, x->name, n);
	snprintf(text, sizeof(text), "%s", x->mode != NULL ? x->mode :
	    x->type == '5' ? "0000755" : "0000644");
	memcpy(h + 100, text, 8);
	memcpy(h + 108, "0000000", 8);
	memcpy(h + 116, "0000000", 8);
	snprintf(text, sizeof(text), "%011llo", (unsigned long long)x->size);
	memcpy(h + 124, x->size_text != NULL ? x->size_text : text, 12);
	memcpy(h + 136, "14524770400", 12);
	h[156] = (uint8_t)(x->type != 0 ? x->type : '0');
	memcpy(h + 257, "ustar\00000", 8);
	memcpy(h + 329, "0000000", 8);
	memcpy(h + 337, "0000000", 8);
	if (x->n > 0 && !x->after_sum)
		memcpy(h + x->at, x->bytes, x->n);
	tb_sum(h);
	if (x->n > 0 && x->after_sum)
		memcpy(h + x->at, x->bytes, x->n);
	bulla_buf_put(b, h, sizeof(h));
}

static TB_UNUSED void
tb_data(struct bulla_buf *b, const void *p, size_t n)
{
	static const uint8_t zeros[512];

	bulla_buf_put(b, p, n);
	bulla_buf_put(b, zeros, (512 - n % 512) % 512);
}

static TB_UNUSED void
tb_end(struct bulla_buf *b)
{
	static const uint8_t zeros[1024];

	bulla_buf_put(b, zeros, sizeof(zeros));
}

/* Input in pieces, each in memory of its own that goes with the next. */
struct tb_blocks {
	struct bulla_blocks b;
	const uint8_t *p;
	size_t n, piece;
	uint8_t *now;
};

static TB_UNUSED enum bulla_status
tb_next(struct bulla_blocks *b, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	struct tb_blocks *t = (struct tb_blocks *)b;
	size_t len = t->n < t->piece ? t->n : t->piece;

	(void)err;
	free(t->now);
	t->now = malloc(len + 1);
	if (t->now == NULL)
		abort();
	if (len > 0)
		memcpy(t->now, t->p, len);
	t->p += len;
	t->n -= len;
	*p = t->now;
	*n = len;
	return BULLA_OK;
}

static TB_UNUSED void
tb_blocks_init(struct tb_blocks *t, const void *p, size_t n, size_t piece)
{
	*t = (struct tb_blocks){
		.b.next = tb_next, .p = p, .n = n, .piece = piece,
	};
}

/* A bag as a list of members; the tag files are computed unless given. */
#define BB_MAX 40
struct bb_member {
	const char *path;	/* a directory's without '/' */
	char type;
	const char *data;
	size_t len;
	struct tb_hdr hdr;	/* overrides */
	const char *pax;	/* records of a pax header before it */
	size_t pax_len;
};
struct bb {
	struct bb_member m[BB_MAX];
	int n;
	struct bulla_buf manifest, tagmanifest, info;
};

static TB_UNUSED void
bb_insert(struct bb *b, int at, const char *path, char type,
    const char *data)
{
	for (int i = b->n++; i > at; i--)
		b->m[i] = b->m[i - 1];
	b->m[at] = (struct bb_member){
		.path = path, .type = type, .data = data,
		.len = data != NULL ? strlen(data) : 0,
	};
}

static TB_UNUSED void
bb_add(struct bb *b, const char *path, char type, const char *data)
{
	bb_insert(b, b->n, path, type, data);
}

static TB_UNUSED void
bb_drop(struct bb *b, int at)
{
	b->n--;
	for (int i = at; i < b->n; i++)
		b->m[i] = b->m[i + 1];
}

static TB_UNUSED int
bb_find(const struct bb *b, const char *path)
{
	for (int i = 0; i < b->n; i++)
		if (strcmp(b->m[i].path, path) == 0)
			return i;
	abort();
}

static TB_UNUSED void
bb_init(struct bb *b)
{
	*b = (struct bb){
		.manifest = BULLA_BUF_INIT(TB_MAX),
		.tagmanifest = BULLA_BUF_INIT(TB_MAX),
		.info = BULLA_BUF_INIT(TB_MAX),
	};
	bb_add(b, "bag", '5', NULL);
	bb_add(b, "bag/data", '5', NULL);
	bb_add(b, "bag/data/a.txt", '0', "alpha\n");
	bb_add(b, "bag/data/d", '5', NULL);
	bb_add(b, "bag/data/d/b.txt", '0', "beta\n");
	bb_add(b, "bag/data/d/c.txt", '0', "");
	bb_add(b, "bag/data/empty", '5', NULL);
}

static inline void
bb_line(struct bulla_buf *b, const struct bb_member *m)
{
	struct bulla_cur path = bulla_cur_str(m->path + strlen("bag/"));
	uint8_t digest[32];

	bulla_sha256(m->data, m->len, digest);
	bulla_manifest_put(b, digest, &path);
}

static inline void
bb_add_buf(struct bb *b, const char *path, const struct bulla_buf *buf)
{
	bb_add(b, path, '0', NULL);
	b->m[b->n - 1].data = (const char *)buf->p;
	b->m[b->n - 1].len = buf->len;
}

/* Add the tag files for what is there; names may be NULL. */
static TB_UNUSED void
bb_tags(struct bb *b, const char *names)
{
	struct bulla_baginfo none = { { 0 } };
	uint64_t files = 0, bytes = 0;
	int first = b->n;

	for (int i = 0; i < b->n; i++) {
		if (b->m[i].type != '0' ||
		    strncmp(b->m[i].path, "bag/data/", 9) != 0)
			continue;
		bb_line(&b->manifest, &b->m[i]);
		files++;
		bytes += b->m[i].len;
	}
	bulla_baginfo_put(&b->info, &none, 1700000000, bytes, files);
	bb_add(b, "bag/bagit.txt", '0', bulla_bagit_txt);
	bb_add_buf(b, "bag/bag-info.txt", &b->info);
	bb_add(b, "bag/metadata.tsv", '0', bulla_metadata_header);
	if (names != NULL)
		bb_add(b, "bag/original-names.tsv", '0', names);
	bb_add_buf(b, "bag/manifest-sha256.txt", &b->manifest);
	for (int i = first; i < b->n; i++)
		bb_line(&b->tagmanifest, &b->m[i]);
	bb_add_buf(b, "bag/tagmanifest-sha256.txt", &b->tagmanifest);
}

/* After a tag file was changed by hand: what hangs on it follows. */
static TB_UNUSED void
bb_retag(struct bb *b)
{
	int first = bb_find(b, "bag/bagit.txt"), last = b->n - 1;

	bulla_buf_reset(&b->tagmanifest);
	for (int i = first; i < last; i++)
		bb_line(&b->tagmanifest, &b->m[i]);
	b->m[last].data = (const char *)b->tagmanifest.p;
	b->m[last].len = b->tagmanifest.len;
}

static inline void
bb_pax(struct bulla_buf *out, const char *pax, size_t n)
{
	struct tb_hdr h = { .name = "PaxHeader/x", .type = 'x', .size = n };

	tb_header(out, &h);
	tb_data(out, pax, n);
}

/* A pax record for a path; returns its length. */
static TB_UNUSED size_t
bb_record(char *out, size_t cap, const char *key, const char *value)
{
	size_t body = strlen(key) + strlen(value) + 3, n = body;
	char digits[24];

	for (;;) {
		size_t d = (size_t)snprintf(digits, sizeof(digits), "%zu", n);

		if (d + body == n)
			break;
		n = d + body;
	}
	return (size_t)snprintf(out, cap, "%zu %s=%s\n", n, key, value);
}

static TB_UNUSED void
bb_member_put(struct bulla_buf *out, const struct bb_member *m)
{
	struct tb_hdr h = m->hdr;
	char name[5000], rec[5100];
	bool is_dir = m->type == '5';

	snprintf(name, sizeof(name), "%s%s", m->path, is_dir ? "/" : "");
	if (m->pax != NULL)
		bb_pax(out, m->pax, m->pax_len);
	else if (strlen(name) > 100)
		bb_pax(out, rec, bb_record(rec, sizeof(rec), "path", name));
	if (h.name == NULL)
		h.name = name;
	h.type = m->type;
	if (h.size == 0)
		h.size = m->len;
	tb_header(out, &h);
	tb_data(out, m->data, m->len);
}

static TB_UNUSED void
bb_put(struct bulla_buf *out, const struct bb *b)
{
	for (int i = 0; i < b->n; i++)
		bb_member_put(out, &b->m[i]);
	tb_end(out);
}

static TB_UNUSED void
bb_free(struct bb *b)
{
	bulla_buf_free(&b->manifest);
	bulla_buf_free(&b->tagmanifest);
	bulla_buf_free(&b->info);
}

#endif
