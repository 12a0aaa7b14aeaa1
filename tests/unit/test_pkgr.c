#include "core/pkg_int.h"
#include "package_parts.h"

/*
 * The members of a package, one rule at a time: what is not exactly as it
 * must be is refused by bulla_package_verify, and in the same way when the
 * package comes through a pipe and when it is only inspected.
 */
static struct kit kit;
static struct kit_package p;
static struct bulla_buf bytes = BULLA_BUF_INIT(KIT_MAX);

static void
begin(void)
{
	kit_init(&kit);
	kit_seal(&kit, &bytes);
	parts_of(&bytes, &p);
}

static void
end(void)
{
	parts_free(&p);
	bulla_buf_free(&bytes);
	kit_free(&kit);
}

TestSuite(pkgr, .init = begin, .fini = end);

static void
expect_bytes(enum bulla_status want, const char *why)
{
	struct bulla_err e = { 0 }, piped = { 0 };
	int fds[2];

	cr_expect_eq(kit_verify(&kit, &bytes, &e), want, "%s", e.msg);
	cr_expect_not_null(strstr(e.msg, why), "'%s' has no '%s'", e.msg,
	    why);
	/* The pipe holds all of a small package. */
	cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
	(void)fcntl(fds[1], F_SETPIPE_SZ, 1048576);
	KIT_OK(bulla_write_fd(fds[1], bytes.p, bytes.len, "pipe", NULL));
	close(fds[1]);
	cr_expect_eq(kit_verify_fd(&kit, fds[0], 2, &piped), want, "%s",
	    piped.msg);
	cr_expect_str_eq(piped.msg, e.msg);
	close(fds[0]);
}

static void
expect(enum bulla_status want, const char *why)
{
	parts_put(&bytes, &p);
	expect_bytes(want, why);
}

static void
expect_inspect(enum bulla_status want)
{
	struct bulla_package got = { 0 };
	struct bulla_err e = { 0 };
	int fd = kit_memfd(bytes.p, bytes.len);

	cr_expect_eq(bulla_package_inspect(fd, &got, &e), want, "%s", e.msg);
	cr_expect_not(got.verified);
	bulla_package_free(&got);
	close(fd);
}

Test(pkgr, taken_apart_and_put_together_it_verifies)
{
	struct bulla_buf again = BULLA_BUF_INIT(KIT_MAX);

	cr_assert_eq(p.n, 6);
	parts_put(&again, &p);
	cr_assert_eq(again.len, bytes.len);
	cr_assert_arr_eq(again.p, bytes.p, bytes.len);
	bulla_buf_free(&again);
	parts_remanifest(&p);
	parts_reclose(&p, &kit.sealer, 1);
	expect(BULLA_OK, "");
	expect_inspect(BULLA_OK);
}

/* Each place of the order has a message that says what must stand there. */
Test(pkgr, a_missing_member)
{
	static const char *const why[] = { "not a bulla package",
	    "'opening.note' must stand", "'data/00000000.age' must stand",
	    "'data/00000001.age' must stand", "a short segment",
	    "" };
	struct kit_package whole = p;

	for (unsigned i = 0; i < whole.n; i++) {
		p = whole;
		for (unsigned j = i; j + 1 < p.n; j++)
			p.m[j] = p.m[j + 1];
		p.n--;
		parts_put(&bytes, &p);
		/* zeros where a header must stand are no header at all */
		expect_bytes(BULLA_E_FORMAT, i == 5 ? "byte" : why[i]);
		expect_inspect(BULLA_E_FORMAT);
	}
	p = whole;
}

Test(pkgr, every_order_but_one_is_refused)
{
	unsigned n = 0;

	for (unsigned a = 0; a < p.n; a++)
		for (unsigned b = a + 1; b < p.n; b++, n++) {
			parts_swap(&p, a, b, true);
			expect(BULLA_E_FORMAT, "");
			parts_swap(&p, a, b, true);
		}
	for (unsigned a = 0; a < p.n; a++, n++) {
		parts_insert(&p, a, p.m[a].path, p.m[a].data.p,
		    p.m[a].data.len);
		expect(BULLA_E_FORMAT, "");
		parts_drop(&p, a);
	}
	expect(BULLA_OK, "");
	printf("COUNT package-member-order %u 0\n", n);
}

Test(pkgr, a_member_more)
{
	for (unsigned at = 0; at <= p.n; at++) {
		parts_insert(&p, at, "readme.txt", "x", 1);
		expect(BULLA_E_FORMAT, "");
		parts_drop(&p, at);
	}
}

Test(pkgr, the_id)
{
	static const char *const bad[] = {
		"0123456789abcdef0123456789ABCDEF",
		"0123456789abcdef0123456789abcdeg",
		"0123456789abcdef0123456789abcde",
		"0123456789abcdef0123456789abcdef0",
	};
	char name[100], *at;

	for (size_t i = 0; i < 4; i++) {
		bulla_buf_reset(&bytes);
		snprintf(name, sizeof(name), "%s/bagit.txt", bad[i]);
		parts_header(&bytes, name, p.m[0].data.len, p.mtime);
		tb_data(&bytes, p.m[0].data.p, p.m[0].data.len);
		expect_bytes(BULLA_E_FORMAT, "not a bulla package");
	}
	/* The others have the id of the first. */
	parts_put(&bytes, &p);
	at = (char *)bytes.p + 1024;
	at[0] = at[0] == '0' ? '1' : '0';
	tb_sum((uint8_t *)at);
	expect_bytes(BULLA_E_FORMAT, "'opening.note' must stand");
}

Test(pkgr, an_empty_or_huge_member)
{
	parts_set(&p, "opening.note", "", 0);
	expect(BULLA_E_FORMAT, "opening.note: 0 bytes");
	parts_find(&p, "opening.note")->claim = BULLA_NOTE_MAX + 1;
	expect(BULLA_E_FORMAT, "opening.note: 65537 bytes");
	expect_inspect(BULLA_E_FORMAT);
}

Test(pkgr, the_sizes_of_the_others)
{
	static const struct {
		const char *path;
		uint64_t max;
	} v[] = {
		{ "bagit.txt", 55 },
		{ "data/00000000.age", BULLA_AGE_HEADER_MAX + 16 },
		{ "data/00000001.age", BULLA_SEGMENT_SIZE },
		{ "closing.note", BULLA_NOTE_MAX },
	};
	char why[60];

	for (size_t i = 0; i < 4; i++) {
		parts_find(&p, v[i].path)->claim = v[i].max + 1;
		snprintf(why, sizeof(why), "%s: %llu bytes", v[i].path,
		    (unsigned long long)v[i].max + 1);
		expect(BULLA_E_FORMAT, why);
		parts_find(&p, v[i].path)->claim = 0;
	}
	parts_find(&p, "data/00000001.age")->claim = UINT64_C(8589934591);
	expect(BULLA_E_FORMAT, "must be 1 to 16781312");
}

Test(pkgr, another_bagit_txt)
{
	struct kit_member *m = parts_find(&p, "bagit.txt");

	m->data.p[m->data.len - 2] ^= 1;
	expect(BULLA_E_FORMAT, "bagit.txt is not the one");
}

Test(pkgr, the_padding_is_zero)
{
	size_t at = 0;

	for (unsigned i = 0; i < p.n; i++) {
		size_t n = p.m[i].data.len;

		at += 512 + n;
		if (n % 512 == 0)
			continue;
		parts_put(&bytes, &p);
		bytes.p[at] = 1;
		expect_bytes(BULLA_E_FORMAT, "padding that is not zero");
		at += 511 - n % 512;
		parts_put(&bytes, &p);
		bytes.p[at++] = 0x80;
		expect_bytes(BULLA_E_FORMAT, "padding that is not zero");
	}
}

Test(pkgr, one_time_for_all)
{
	char text[13];

	for (size_t at = 1024; at < bytes.len && bytes.p[at] != 0;) {
		uint8_t *h;
		size_t n;

		parts_put(&bytes, &p);
		h = bytes.p + at;
		n = (size_t)strtoull((char *)h + 124, NULL, 8);
		snprintf(text, sizeof(text), "%011llo",
		    (unsigned long long)p.mtime + 1);
		memcpy(h + 136, text, 12);
		tb_sum(h);
		expect_bytes(BULLA_E_FORMAT, "another time");
		at += 512 + (n + 511) / 512 * 512;
	}
}

Test(pkgr, the_end)
{
	bulla_buf_reset(&bytes);
	parts_put_open(&bytes, &p);
	expect_bytes(BULLA_E_INCOMPLETE, "ends early");
	bulla_buf_put(&bytes, "\0", 1);
	expect_bytes(BULLA_E_INCOMPLETE, "ends early");
	parts_put(&bytes, &p);
	bytes.p[bytes.len - 1] = 1;
	expect_bytes(BULLA_E_FORMAT, "no end marker");
	parts_put(&bytes, &p);
	bytes.p[bytes.len - 1024] = 1;
	expect_bytes(BULLA_E_FORMAT, "no end marker");
	parts_put(&bytes, &p);
	bulla_buf_put(&bytes, "\0", 1);
	expect_bytes(BULLA_E_FORMAT, "more bytes after the end");
	expect_inspect(BULLA_E_FORMAT);
}

Test(pkgr, segments_count_from_one_without_a_gap)
{
	snprintf(p.m[3].path, sizeof(p.m[3].path), "data/00000002.age");
	parts_remanifest(&p);
	parts_reclose(&p, &kit.sealer, 1);
	expect(BULLA_E_FORMAT, "'data/00000001.age' must stand");
}

Test(pkgr, only_the_last_segment_may_be_short)
{
	struct bulla_buf *d = &p.m[3].data;
	size_t half = d->len / 2;

	parts_insert(&p, 4, "data/00000002.age", d->p + half, d->len - half);
	p.m[3].data.len = half;
	parts_remanifest(&p);
	parts_reclose(&p, &kit.sealer, 1);
	expect(BULLA_E_FORMAT, "a short segment that is not the last");
	expect_inspect(BULLA_E_FORMAT);
}

Test(pkgr, the_manifest_has_its_one_form)
{
	struct kit_member *m = parts_find(&p, "manifest-sha256.txt");
	struct bulla_buf text = m->data;
	static const char *const why = "one line for each data file";

	cr_assert_eq(text.len, 2 * (64 + 2 + 17 + 1));
	m->data.len--;
	expect(BULLA_E_FORMAT, why);
	m->data.len = text.len / 2;
	expect(BULLA_E_FORMAT, why);
	m->data.len = text.len;
	bulla_buf_str(&m->data, "\n");
	expect(BULLA_E_FORMAT, "manifest-sha256.txt");
	m->data.len--;
	for (size_t i = 0; i < text.len; i++) {
		m->data.p[i] ^= 0x20;
		parts_reclose(&p, &kit.sealer, 1);
		expect(BULLA_E_MISMATCH, i < text.len / 2 ?
		    "line 1 is not the digest of data/00000000.age" :
		    "line 2 is not the digest of data/00000001.age");
		m->data.p[i] ^= 0x20;
	}
}

Test(pkgr, a_header_that_another_tar_writes)
{
	/* "ustar  \0" of GNU, an owner, another mode, a type of 0 */
	static const struct {
		size_t at, n;
		const char *bytes;
	} v[] = {
		{ 257, 8, "ustar  " }, { 265, 4, "root" },
		{ 100, 8, "0000600" }, { 156, 1, "" }, { 156, 1, "5" },
		{ 345, 4, "pre/" }, { 124, 12, "00000000067 " },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		parts_put(&bytes, &p);
		memcpy(bytes.p + v[i].at, v[i].bytes, v[i].n);
		tb_sum(bytes.p);
		expect_bytes(BULLA_E_FORMAT, "byte 0");
	}
}

/* Some bytes of a header: of ours they are waited for, of others not. */
Test(pkgr, a_piece_of_the_first_header)
{
	uint8_t block[BULLA_USTAR_BLOCK];
	struct bulla_err e = { 0 };

	memcpy(block, bytes.p, sizeof(block));
	KIT_OK(pkg_begins(block, sizeof(block), NULL));
	for (size_t n = 0; n < sizeof(block); n++)
		cr_assert_eq(pkg_begins(block, n, &e), BULLA_E_INCOMPLETE,
		    "%zu", n);
	cr_assert_eq(pkg_begins(block, 0, &e), BULLA_E_INCOMPLETE);
	cr_expect_str_eq(e.msg, "is empty: no package");
	for (size_t i = 0; i < BULLA_USTAR_NAME_MAX; i++) {
		block[i] ^= 0x80;
		cr_expect_eq(pkg_begins(block, i, &e), BULLA_E_INCOMPLETE);
		cr_expect_eq(pkg_begins(block, i + 1, &e), BULLA_E_FORMAT,
		    "%zu", i);
		cr_expect_eq(pkg_begins(block, sizeof(block), &e),
		    BULLA_E_FORMAT, "%zu", i);
		block[i] ^= 0x80;
	}
	cr_expect_str_eq(e.msg, "not a bulla package: one begins with 32 hex "
	    "digits and /bagit.txt");
}

Test(pkgr, inspect_tells_a_cut_package_from_none)
{
	struct bulla_package got = { 0 };
	size_t whole = bytes.len;
	int fd;

	for (size_t n = 0; n <= whole; n += 97) {
		struct bulla_err e = { 0 };
		enum bulla_status st;

		fd = kit_memfd(bytes.p, n);
		st = bulla_package_inspect(fd, &got, &e);
		if (st == BULLA_OK) {
			cr_expect_eq(got.has_closing, n == whole);
			cr_expect_str_eq(got.opening.id, p.id);
			cr_expect_leq(got.size, n);
		} else {
			cr_expect_eq(st, BULLA_E_INCOMPLETE, "%s", e.msg);
		}
		bulla_package_free(&got);
		got = (struct bulla_package){ 0 };
		close(fd);
	}
}

Test(pkgr, read_from_where_the_descriptor_stands)
{
	struct bulla_buf b = BULLA_BUF_INIT(KIT_MAX);
	uint64_t n;
	int fd;

	bulla_buf_str(&b, "seven b");
	bulla_buf_put(&b, bytes.p, bytes.len);
	fd = kit_memfd(b.p, b.len);
	cr_assert_eq(lseek(fd, 7, SEEK_SET), 7);
	cr_assert_eq(kit_verify_fd(&kit, fd, 2, NULL), BULLA_OK);
	cr_assert_eq(lseek(fd, 7, SEEK_SET), 7);
	cr_assert_eq(kit_open_fd(&kit, fd, &n, NULL), BULLA_OK);
	close(fd);
	bulla_buf_free(&b);
}

static bool
peeks(const struct bulla_ustar *u, char id[BULLA_ID_LEN + 1])
{
	uint8_t block[BULLA_USTAR_BLOCK];
	int fd = memfd_create("package", MFD_CLOEXEC);
	bool is = false;

	bulla_ustar_make(u, block);
	KIT_OK(bulla_write_fd(fd, block, sizeof(block), "memfd", NULL));
	KIT_OK(bulla_package_peek(fd, &is, id, NULL));
	/* Less than a block is none. */
	cr_assert_eq(ftruncate(fd, BULLA_USTAR_BLOCK - 1), 0);
	if (is) {
		bool still = true;
		char other[BULLA_ID_LEN + 1];

		KIT_OK(bulla_package_peek(fd, &still, other, NULL));
		cr_expect_not(still);
	}
	close(fd);
	return is;
}

Test(pkgr, the_first_header_tells_a_package)
{
	static const char *const not[] = {
		"0123456789abcdef0123456789abcdef/bagit.txt2",
		"0123456789abcdef0123456789abcdef/opening.note",
		"0123456789abcdef0123456789abcde/bagit.txt",
		"0123456789ABCDEF0123456789abcdef/bagit.txt",
		"../../../../../../../../../../..//bagit.txt",
		"bagit.txt",
	};
	struct bulla_ustar u = {
	    .name = "0123456789abcdef0123456789abcdef/bagit.txt" };
	char id[BULLA_ID_LEN + 1] = "";

	cr_expect(peeks(&u, id));
	cr_expect_str_eq(id, "0123456789abcdef0123456789abcdef");
	for (size_t i = 0; i < sizeof(not) / sizeof(not[0]); i++) {
		(void)snprintf(u.name, sizeof(u.name), "%s", not[i]);
		cr_expect_not(peeks(&u, id), "%s", not[i]);
	}
}
