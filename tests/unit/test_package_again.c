#include "package_parts.h"

/*
 * To a stream, a package is read twice: what the second reading decrypts must
 * be what the first one verified, whoever owns the file in between. The judge
 * is asked at just that time, and does the attacker's work here.
 */
#define BIG (35u << 20)
enum { SEGMENTS = 3 };

static struct kit kit;
static struct kit_package p;
static struct bulla_buf bytes = BULLA_BUF_INIT(KIT_MAX);
static struct bulla_buf plain = BULLA_BUF_INIT(KIT_MAX);
static struct bulla_aead *aead;
static uint8_t text[BULLA_AGE_CHUNK];
static size_t at[SEGMENTS];	/* where the segments begin */

static size_t
chunk_at(unsigned chunk)
{
	return at[chunk / 256] + chunk % 256 * BULLA_AGE_CHUNK_ENC;
}

/* One chunk into text. */
static size_t
decrypt(unsigned chunk, bool *last)
{
	size_t n = at[chunk / 256] + p.m[3 + chunk / 256].data.len -
	    chunk_at(chunk);

	*last = chunk / 256 == SEGMENTS - 1 && n <= BULLA_AGE_CHUNK_ENC;
	if (n > BULLA_AGE_CHUNK_ENC)
		n = BULLA_AGE_CHUNK_ENC;
	KIT_OK(bulla_age_chunk_open(aead, chunk, *last,
	    bytes.p + chunk_at(chunk), n, text, NULL));
	return n - BULLA_AEAD_TAG;
}

static void
decrypt_all(void)
{
	struct bulla_secret key = { 0 };
	bool last = false;
	size_t n;

	parts_payload_key(&kit, &p, &key);
	KIT_OK(bulla_aead_new(key.p, &aead, NULL));
	for (unsigned chunk = 0; !last; chunk++) {
		n = decrypt(chunk, &last);
		bulla_buf_put(&plain, text, n);
	}
	KIT_OK(bulla_buf_status(&plain));
	cr_assert_gt(plain.len, BIG);
	bulla_secret_free(&key);
}

static void
begin(void)
{
	struct bulla_buf tar = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_seal s;
	struct bb bag;
	char *big = malloc(BIG);
	const uint8_t *found;

	cr_assert_not_null(big);
	kit_init(&kit);
	bulla_random(big, BIG);
	s = kit_how(&kit);
	bb_init(&bag);
	bag.m[2].data = big;
	bag.m[2].len = BIG;
	bb_tags(&bag, NULL);
	bb_put(&tar, &bag);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	parts_of(&bytes, &p);
	cr_assert_eq(p.n, 5 + SEGMENTS);
	for (unsigned i = 0; i < SEGMENTS; i++) {
		found = memmem(bytes.p, bytes.len, p.m[3 + i].data.p, 100);
		cr_assert_not_null(found);
		at[i] = (size_t)(found - bytes.p);
	}
	decrypt_all();
	bb_free(&bag);
	bulla_buf_free(&tar);
	free(big);
}

static void
end(void)
{
	parts_free(&p);
	bulla_buf_free(&bytes);
	bulla_buf_free(&plain);
	bulla_aead_free(aead);
	kit_free(&kit);
}

TestSuite(again, .init = begin, .fini = end, .timeout = 300);

struct opening {
	void (*change)(int fd, unsigned arg);	/* or NULL */
	unsigned arg, threads;
	int fd;
};
/* Must be given plain, from its beginning. */
struct checked {
	struct bulla_writer w;
	uint64_t n;
};

static enum bulla_status
check_write(struct bulla_writer *w, const void *b, size_t n,
    struct bulla_err *err)
{
	struct checked *c = (struct checked *)(void *)w;

	(void)err;
	cr_assert_leq(n, plain.len - c->n);
	cr_assert(memcmp(plain.p + c->n, b, n) == 0, "released: other bytes");
	c->n += n;
	return BULLA_OK;
}

static enum bulla_status
ask(void *ctx, const struct bulla_package *pkg, struct bulla_err *err)
{
	struct opening *h = ctx;

	(void)pkg;
	(void)err;
	if (h->change != NULL)
		h->change(h->fd, h->arg);
	return BULLA_OK;
}

static enum bulla_status
open_fd(struct opening *h, uint64_t *released, struct bulla_err *err)
{
	struct checked c = { .w.write = check_write };
	const struct bulla_open o = { .fd = h->fd, .known = &kit.known,
	    .judge = { ask, h }, .ids = &kit.me, .out = &c.w,
	    .threads = h->threads };
	struct bulla_opened d = { 0 };
	enum bulla_status st = bulla_open_run(&o, &d, err);

	bulla_package_free(&d.package);
	*released = c.n;
	return st;
}

static void
poke(int fd, const void *b, size_t n, size_t where)
{
	cr_assert_eq(pwrite(fd, b, n, (off_t)where), (ssize_t)n);
}

/*
 * A co-recipient has the key of the payload: one bit of the plaintext is
 * another, and the chunk decrypts as before. Nothing else can tell.
 */
static void
reencrypt(int fd, unsigned chunk)
{
	uint8_t enc[BULLA_AGE_CHUNK_ENC];
	bool last;
	size_t n = decrypt(chunk, &last);

	text[n / 2] ^= 1;
	KIT_OK(bulla_age_chunk_seal(aead, chunk, last, text, n, enc, NULL));
	poke(fd, enc, n + BULLA_AEAD_TAG, chunk_at(chunk));
}

static void
flip(int fd, unsigned chunk)
{
	uint8_t x = bytes.p[chunk_at(chunk)] ^ 0x80;

	poke(fd, &x, 1, chunk_at(chunk));
}

/* Whole segments; the names stay. */
static void
swap_segments(int fd, unsigned unused)
{
	(void)unused;
	poke(fd, p.m[3].data.p, p.m[3].data.len, at[1]);
	poke(fd, p.m[4].data.p, p.m[4].data.len, at[0]);
}

static void
cut(int fd, unsigned chunk)
{
	cr_assert_eq(ftruncate(fd, (off_t)chunk_at(chunk) + 1), 0);
}

/* Refused because it changed, and nothing from the changed stretch of 16
 * chunks on was released. */
static void
refused(void (*change)(int, unsigned), unsigned chunk, unsigned threads)
{
	struct opening h = { .change = change, .arg = chunk,
	    .threads = threads, .fd = kit_memfd(bytes.p, bytes.len) };
	struct bulla_err e = { 0 };
	char want[80];
	uint64_t n = 0;
	bool is_cut = change == cut;

	cr_expect_eq(open_fd(&h, &n, &e), is_cut ? BULLA_E_INCOMPLETE :
	    BULLA_E_MISMATCH, "chunk %u: %s", chunk, e.msg);
	snprintf(want, sizeof(want), "data/%08u.age changed while the package "
	    "was being opened", chunk / 256 + 1);
	cr_expect_not_null(strstr(e.msg, is_cut ? "became shorter" : want),
	    "chunk %u: %s", chunk, e.msg);
	cr_expect_leq(n, chunk / 16 * 16 * (uint64_t)BULLA_AGE_CHUNK,
	    "chunk %u: %llu bytes", chunk, (unsigned long long)n);
	close(h.fd);
}

Test(again, what_did_not_change_opens)
{
	struct opening h = { .fd = kit_memfd(bytes.p, bytes.len) };
	struct bulla_err e = { 0 };
	uint64_t n = 0;

	for (h.threads = 1; h.threads <= 5; h.threads += 2) {
		cr_assert_eq(lseek(h.fd, 0, SEEK_SET), 0);
		cr_expect_eq(open_fd(&h, &n, &e), BULLA_OK, "%s", e.msg);
		cr_expect_eq(n, plain.len);
	}
	close(h.fd);
}

Test(again, from_where_the_descriptor_stands)
{
	struct opening h = { .threads = 2, .fd = memfd_create("kit", 0) };
	struct bulla_err e = { 0 };
	uint64_t n = 0;

	poke(h.fd, bytes.p, bytes.len, 1234);
	cr_assert_eq(lseek(h.fd, 1234, SEEK_SET), 1234);
	cr_expect_eq(open_fd(&h, &n, &e), BULLA_OK, "%s", e.msg);
	cr_expect_eq(n, plain.len);
	close(h.fd);
}

Test(again, a_co_recipient_encrypts_other_evidence_in_between)
{
	static const unsigned chunk[] = { 0, 1, 15, 16, 255, 256, 300, 511,
	    512 };

	for (unsigned i = 0; i < sizeof(chunk) / sizeof(chunk[0]); i++)
		refused(reencrypt, chunk[i], 1 + i % 3);
	/* the last one, which is short */
	refused(reencrypt, (unsigned)(plain.len / BULLA_AGE_CHUNK), 2);
}

Test(again, damage_in_between_is_no_wrong_key)
{
	refused(flip, 0, 1);
	refused(flip, 17, 2);
	refused(flip, 400, 2);
	refused(swap_segments, 0, 1);
	refused(swap_segments, 0, 2);
}

Test(again, the_file_becomes_shorter_in_between)
{
	refused(cut, 0, 1);
	refused(cut, 100, 2);
	refused(cut, 520, 2);
}
