#include <stdlib.h>
#include <string.h>

#include "bulla/age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The identity of the public test kit, so that its files are good seeds. */
#define KEY "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48" \
	"UAWX40Q2P2LM0"
#define PLAIN_MAX (3u * BULLA_AGE_CHUNK + 2)

static struct bulla_identities ids;
static struct bulla_recipients to;
static uint8_t plain[PLAIN_MAX];

int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct bulla_cur key = bulla_cur_str(KEY);

	(void)argc;
	(void)argv;
	if (bulla_crypto_init(NULL) != BULLA_OK ||
	    bulla_identities_add_text(&ids, &key, NULL) != BULLA_OK ||
	    bulla_recipients_add(&to, ids.v[0].recipient, NULL) != BULLA_OK)
		abort();
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 7 + i / 256);
	return 0;
}

/* A reader that gives at most piece bytes at a time. */
struct drip {
	struct bulla_reader r;
	struct bulla_cur c;
	size_t piece;
};

static enum bulla_status
drip_read(struct bulla_reader *r, void *buf, size_t cap, size_t *n,
    struct bulla_err *err)
{
	struct drip *d = (struct drip *)r;
	size_t k = d->piece < cap ? d->piece : cap;

	(void)err;
	if (k > d->c.len)
		k = d->c.len;
	*n = bulla_cur_copy(&d->c, buf, k) ? k : 0;
	return BULLA_OK;
}

static enum bulla_status
decrypt(const void *file, size_t len, size_t piece, struct bulla_buf *out)
{
	const struct bulla_age_decrypt p = { .ids = &ids };
	struct drip in = { .r.read = drip_read, .c = bulla_cur_of(file, len),
		.piece = piece };
	struct bulla_writer_buf w;
	struct bulla_err err = { 0 };
	enum bulla_age_class cls;
	enum bulla_status st;

	bulla_writer_buf_init(&w, out);
	st = bulla_age_decrypt(&p, &in.r, &w.w, &cls, &err);
	if ((st == BULLA_OK) != (cls == BULLA_AGE_SUCCESS) ||
	    (st == BULLA_OK) != (err.msg[0] == '\0'))
		abort();
	return st;
}

/* Hostile files: whatever pieces they come in, the same is released. */
static void
raw(const uint8_t *data, size_t len, size_t piece)
{
	struct bulla_buf one = BULLA_BUF_INIT(1 << 24);
	struct bulla_buf two = BULLA_BUF_INIT(1 << 24);
	enum bulla_status st = decrypt(data, len, SIZE_MAX, &one);

	if (decrypt(data, len, piece, &two) != st || one.len != two.len ||
	    (one.len > 0 && memcmp(one.p, two.p, one.len) != 0))
		abort();
	bulla_buf_free(&two);
	bulla_buf_free(&one);
}

/* Change a good file as told; false when nothing was changed. */
static bool
edit(struct bulla_buf *file, uint8_t how, size_t at, uint8_t with)
{
	if (how % 4 == 0)
		return false;
	if (how % 4 == 1) {
		file->p[at % file->len] ^= with;
		return with != 0;
	}
	if (how % 4 == 2) {
		file->len = at % file->len;
		return true;
	}
	for (unsigned i = 0; i <= with; i++)
		bulla_buf_u8(file, with);
	return true;
}

/*
 * Any change at all is refused, and what was released by then is a
 * beginning of the truth, in whole chunks unless it is all of it.
 */
static void
edited(struct bulla_cur c)
{
	const struct bulla_age_encrypt p = { .to = &to };
	struct bulla_buf file = BULLA_BUF_INIT(1 << 20);
	struct bulla_buf out = BULLA_BUF_INIT(1 << 20);
	struct bulla_writer_buf w;
	struct drip in = { .r.read = drip_read };
	uint32_t size, at;
	uint16_t piece;
	uint8_t how, with;
	bool changed;

	if (!bulla_cur_u32(&c, &size) || !bulla_cur_u16(&c, &piece) ||
	    !bulla_cur_u8(&c, &how) || !bulla_cur_u32(&c, &at) ||
	    !bulla_cur_u8(&c, &with))
		return;
	size %= PLAIN_MAX + 1;
	in.c = bulla_cur_of(plain, size);
	in.piece = piece + 4096u;
	bulla_writer_buf_init(&w, &file);
	if (bulla_age_encrypt(&p, &in.r, &w.w, NULL) != BULLA_OK)
		abort();
	changed = edit(&file, how, at, with);
	if ((decrypt(file.p, file.len, piece + 1u, &out) == BULLA_OK) ==
	    changed)
		abort();
	if (out.len > size || (out.len > 0 &&
	    memcmp(out.p, plain, out.len) != 0) ||
	    (out.len != size && out.len % BULLA_AGE_CHUNK != 0))
		abort();
	bulla_buf_free(&out);
	bulla_buf_free(&file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_cur c = bulla_cur_of(data, len);
	uint8_t first;

	if (!bulla_cur_u8(&c, &first))
		return 0;
	if (first % 2 == 0)
		edited(c);
	else
		raw(c.p, c.len, first);
	return 0;
}
