#include "package_parts.h"
#include "scratch.h"

/*
 * Whole segments moved about, in a package of three: as a thief of bytes
 * would do it (nothing signed anew), and as a dishonest sealer would (all
 * digests and signatures right): then only STREAM's counter tells.
 */
static struct kit kit;
static struct kit_package p;
static struct bulla_buf bytes = BULLA_BUF_INIT(KIT_MAX);
static unsigned n_cases, n_bad;

enum { FIRST = 3, SEGMENTS = 3 };	/* members before them: three */

static void
begin(void)
{
	struct bulla_seal s;
	struct bulla_buf tar = BULLA_BUF_INIT(KIT_MAX);
	struct bb bag;
	size_t n = 35u << 20;
	char *big = calloc(1, n);

	scratch_enter();
	cr_assert_not_null(big);
	for (size_t i = 0; i < n; i += 4096)
		memcpy(big + i, &i, sizeof(i));
	kit_init(&kit);
	s = kit_how(&kit);
	bb_init(&bag);
	bag.m[2].data = big;
	bag.m[2].len = n;
	bb_tags(&bag, NULL);
	bb_put(&tar, &bag);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	parts_of(&bytes, &p);
	cr_assert_eq(p.n, 5 + SEGMENTS);
	cr_assert_eq(p.m[FIRST].data.len, BULLA_SEGMENT_SIZE);
	cr_assert_eq(p.m[FIRST + 1].data.len, BULLA_SEGMENT_SIZE);
	bb_free(&bag);
	bulla_buf_free(&tar);
	free(big);
	KIT_OK(bulla_dir_make("out", 0700, NULL));
}

static void
end(void)
{
	printf("COUNT package-segments %u %u\n", n_cases, n_bad);
	cr_assert_gt(n_cases, 0);
	cr_assert_eq(n_bad, 0);
	parts_free(&p);
	bulla_buf_free(&bytes);
	kit_free(&kit);
	scratch_leave();
}

TestSuite(segments, .init = begin, .fini = end, .timeout = 300);

static bool
is_no(enum bulla_status st)
{
	return st == BULLA_E_FORMAT || st == BULLA_E_MISMATCH;
}

/* verified: the digests and signatures hold, only opening can refuse it. */
static void
expect(bool verified, const char *how)
{
	struct bulla_err e = { 0 };
	uint64_t released = 0;
	enum bulla_status st;

	parts_put(&bytes, &p);
	st = kit_verify(&kit, &bytes, &e);
	n_cases++;
	if (verified ? st != BULLA_OK : !is_no(st))
		goto bad;
	st = kit_open_dir(&kit, &bytes, "out", &e);
	if (!is_no(st) || n_entries("out") != 0)
		goto bad;
	st = kit_open(&kit, &bytes, &released, &e);
	if (!is_no(st) || (!verified && released != 0))
		goto bad;
	return;
bad:
	n_bad++;
	printf("%s: %d %s, %llu bytes released\n", how, (int)st, e.msg,
	    (unsigned long long)released);
}

/* The names count again, as the attacker would have it. */
static void
renumber(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p.n; i++)
		if (strncmp(p.m[i].path, "data/", 5) == 0)
			snprintf(p.m[i].path, sizeof(p.m[i].path),
			    "data/%08u.age", n++);
}

static void
all_forms(const char *how, bool opens_differ)
{
	struct bulla_buf m, c;

	expect(false, how);
	renumber();
	expect(false, how);
	/* The manifest follows, nobody signs it. */
	m = parts_find(&p, "manifest-sha256.txt")->data;
	parts_find(&p, "manifest-sha256.txt")->data =
	    (struct bulla_buf)BULLA_BUF_INIT(KIT_MAX);
	parts_remanifest(&p);
	expect(false, how);
	c = parts_find(&p, "closing.note")->data;
	parts_find(&p, "closing.note")->data =
	    (struct bulla_buf)BULLA_BUF_INIT(KIT_MAX);
	bulla_buf_put(&parts_find(&p, "closing.note")->data, c.p, c.len);
	if (opens_differ) {
		parts_reclose(&p, &kit.sealer, 1);
		expect(true, how);
	}
	bulla_buf_free(&parts_find(&p, "manifest-sha256.txt")->data);
	bulla_buf_free(&parts_find(&p, "closing.note")->data);
	parts_find(&p, "manifest-sha256.txt")->data = m;
	parts_find(&p, "closing.note")->data = c;
}

Test(segments, the_good_one_opens)
{
	uint64_t n;

	cr_assert_eq(kit_verify(&kit, &bytes, NULL), BULLA_OK);
	cr_assert_eq(kit_open(&kit, &bytes, &n, NULL), BULLA_OK);
	cr_assert_gt(n, 35u << 20);
	cr_assert_eq(kit_open_dir(&kit, &bytes, "good", NULL), BULLA_OK);
	n_cases++;
}

/* 16 MiB and a little fit in size what one segment and a large header may
 * be, so the closing's two figures must both be true. */
Test(segments, a_closing_of_one_segment_less)
{
	struct bulla_buf tar = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_seal s = kit_how(&kit);
	struct bulla_err e = { 0 };
	char *big = calloc(1, BULLA_SEGMENT_PLAIN);
	struct bb bag;

	bb_init(&bag);
	bag.m[2].data = big;
	bag.m[2].len = BULLA_SEGMENT_PLAIN;
	bb_tags(&bag, NULL);
	bb_put(&tar, &bag);
	bulla_buf_reset(&bytes);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	parts_free(&p);
	parts_of(&bytes, &p);
	parts_edit(&p, "closing.note", "segments: 2", "segments: 1",
	    &kit.sealer, 1);
	parts_put(&bytes, &p);
	cr_expect_eq(kit_verify(&kit, &bytes, &e), BULLA_E_MISMATCH);
	cr_expect_not_null(strstr(e.msg, "number of segments"), "%s", e.msg);
	n_cases++;
	bb_free(&bag);
	bulla_buf_free(&tar);
	free(big);
}

Test(segments, swapped)
{
	for (unsigned a = 0; a < SEGMENTS; a++)
		for (unsigned b = a + 1; b < SEGMENTS; b++) {
			parts_swap(&p, FIRST + a, FIRST + b, true);
			/* a short one before a full one has no form at all */
			all_forms("swapped", b < SEGMENTS - 1);
			parts_swap(&p, FIRST + a, FIRST + b, true);
			renumber();
		}
	parts_put(&bytes, &p);
	cr_assert_eq(kit_verify(&kit, &bytes, NULL), BULLA_OK);
}

Test(segments, dropped)
{
	struct kit_package whole = p;

	for (unsigned a = 0; a < SEGMENTS; a++) {
		for (unsigned i = FIRST + a; i + 1 < p.n; i++)
			p.m[i] = p.m[i + 1];
		p.n--;
		all_forms("dropped", true);
		p = whole;
	}
}

Test(segments, doubled)
{
	for (unsigned a = 0; a < SEGMENTS; a++) {
		struct kit_member *m = &p.m[FIRST + a];

		parts_insert(&p, FIRST + a, "data/00000009.age", m->data.p,
		    m->data.len);
		all_forms("doubled", a < SEGMENTS - 1);
		parts_drop(&p, FIRST + a);
		renumber();
	}
}

/* The last segment changes while the first is on its way out already. */
struct changer {
	struct kit_sink sink;
	int fd;
	unsigned call, at_call;
};

static void
tell(void *ctx, uint64_t done, uint64_t total)
{
	struct changer *c = ctx;
	const struct kit_member *m = &p.m[FIRST + SEGMENTS - 1];
	const uint8_t *last = memmem(bytes.p, bytes.len, m->data.p, 100);
	off_t at = last - bytes.p;
	uint8_t x;

	(void)done;
	(void)total;
	if (c->call++ != c->at_call)
		return;
	cr_assert_eq(pread(c->fd, &x, 1, at), 1);
	x ^= 1;
	cr_assert_eq(pwrite(c->fd, &x, 1, at), 1);
}

Test(segments, what_leaves_was_verified)
{
	for (unsigned call = 0; call < 3; call++) {
		struct changer c = { .sink.w.write = kit_sink_write,
		    .at_call = call };
		struct bulla_open o = { .known = &kit.known, .ids = &kit.me,
		    .out = &c.sink.w, .threads = 1, .progress = { tell, &c } };
		struct bulla_opened d = { 0 };
		struct bulla_err e = { 0 };
		enum bulla_status st;

		o.fd = c.fd = kit_memfd(bytes.p, bytes.len);
		st = bulla_open_run(&o, &d, &e);
		close(c.fd);
		n_cases++;
		/* never a byte of the changed one; in the first pass none */
		if (st != BULLA_E_MISMATCH || c.sink.n >
		    2 * (uint64_t)BULLA_SEGMENT_PLAIN ||
		    (call == 0 && c.sink.n > 0)) {
			n_bad++;
			printf("call %u: %s, %llu bytes\n", call, e.msg,
			    (unsigned long long)c.sink.n);
		}
	}
}
