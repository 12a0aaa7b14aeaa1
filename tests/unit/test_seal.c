#include <fcntl.h>
#include <sys/stat.h>

#include "core/seal_int.h"
#include "package_parts.h"
#include "scratch.h"

static struct kit kit;
static struct bulla_buf bytes = BULLA_BUF_INIT(KIT_MAX);
static struct bulla_buf tar = BULLA_BUF_INIT(KIT_MAX);

static void
begin(void)
{
	scratch_enter();
	kit_init(&kit);
	kit_tar(&tar);
}

static void
end(void)
{
	bulla_buf_free(&bytes);
	bulla_buf_free(&tar);
	kit_free(&kit);
	scratch_leave();
}

TestSuite(seal, .init = begin, .fini = end, .timeout = 120);

static void
refuse(struct bulla_seal *s, enum bulla_status want, const char *why)
{
	struct bulla_err e = { 0 };

	bulla_buf_reset(&bytes);
	cr_expect_eq(kit_seal_as(s, &tar, &bytes, &e), want, "%s", e.msg);
	cr_expect_not_null(strstr(e.msg, why), "'%s' has no '%s'", e.msg,
	    why);
	cr_expect_neq(kit_verify(&kit, &bytes, NULL), BULLA_OK);
}

Test(seal, options_that_cannot_be)
{
	static const struct {
		const char *kind, *ref, *urgency, *from, *why;
	} v[] = {
		{ .kind = "", .why = "--kind" },
		{ .kind = "Evidence", .why = "--kind" },
		{ .kind = "1st", .why = "--kind" },
		{ .kind = "a23456789012345678901234567890123",
		    .why = "--kind" },
		{ .kind = "evidence\nclass: x", .why = "--kind" },
		{ .ref = "-", .why = "--ref" }, { .ref = "", .why = "--ref" },
		{ .ref = "a b", .why = "--ref" },
		{ .urgency = "-", .why = "--class" },
		{ .from = "Alpha/x", .why = "--from" },
		{ .from = "", .why = "--from" },
		{ .from = "beta/x", .why = "another agency" },
	};
	struct bulla_seal s;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		s = kit_how(&kit);
		s.kind = v[i].kind;
		s.ref = v[i].ref;
		s.urgency = v[i].urgency;
		s.from = v[i].from;
		refuse(&s, BULLA_E_USAGE, v[i].why);
	}
}

Test(seal, to_whom)
{
	static const char *const twice[] = { "beta/x", "beta/y", "beta/x" };
	static const char *const bad[] = { "beta x" };
	static const char *const two[] = { "beta/x", "gamma" };
	struct bulla_seal s = kit_how(&kit);
	struct kit_package p;

	s.to = twice;
	s.n_to = 3;
	refuse(&s, BULLA_E_USAGE, "given twice");
	s.to = bad;
	s.n_to = 1;
	refuse(&s, BULLA_E_USAGE, "--to");
	s.n_to = BULLA_TO_MAX + 1;
	refuse(&s, BULLA_E_USAGE, "too many");
	s.to = two;
	s.n_to = 2;
	s.ref = "R-2026.7";
	s.urgency = "urgent";
	s.kind = "full";
	bulla_buf_reset(&bytes);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	KIT_OK(kit_verify(&kit, &bytes, NULL));
	parts_of(&bytes, &p);
	cr_expect_not_null(memmem(p.m[1].data.p, p.m[1].data.len,
	    "kind: full\nref: R-2026.7\nclass: urgent\nexercise: no\n"
	    "created: 2026-11-22T03:04:05Z\nfrom: alpha/sealer\n"
	    "to: beta/x\nto: gamma\nsealer: ", 126));
	parts_free(&p);
}

Test(seal, keys_that_cannot_seal)
{
	struct bulla_signer two[2] = { kit.sealer, kit.sealer }, w = { 0 };
	struct bulla_seal s = kit_how(&kit);

	s.signers = two;
	s.n_signers = 2;
	refuse(&s, BULLA_E_USAGE, "given twice");
	two[1] = kit.rival;
	refuse(&s, BULLA_E_USAGE, "another agency");
	s.n_signers = 0;
	refuse(&s, BULLA_E_USAGE, "signing keys");
	s.n_signers = BULLA_SEALERS_MAX + 1;
	refuse(&s, BULLA_E_USAGE, "signing keys");
	KIT_OK(bulla_signer_new("alpha/w", BULLA_SIG_COSIGNATURE, &w, NULL));
	s.signers = &w;
	s.n_signers = 1;
	refuse(&s, BULLA_E_USAGE, "a witness key cannot seal");
	bulla_signer_free(&w);
}

Test(seal, two_people)
{
	struct bulla_signer two[2] = { kit.second, kit.sealer };
	struct bulla_seal s = kit_how(&kit);
	struct kit_package p;

	s.signers = two;
	s.n_signers = 2;
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	KIT_OK(kit_verify(&kit, &bytes, NULL));
	parts_of(&bytes, &p);
	cr_expect_not_null(memmem(p.m[1].data.p, p.m[1].data.len,
	    "from: alpha/second\n", 19));
	parts_free(&p);
}

Test(seal, nobody_to_open_it)
{
	struct bulla_recipients none = { 0 };
	struct bulla_seal s = kit_how(&kit);

	s.recipients = &none;
	refuse(&s, BULLA_E_USAGE, "recipients");
}

Test(seal, times_that_no_header_holds)
{
	struct bulla_seal s = kit_how(&kit);

	s.created = (int64_t)BULLA_USTAR_SIZE_MAX + 1;
	refuse(&s, BULLA_E_USAGE, "1970 to 2242");
	s.created = -1;
	refuse(&s, BULLA_E_USAGE, "1970 to 2242");
	s.created = (int64_t)BULLA_USTAR_SIZE_MAX;
	bulla_buf_reset(&bytes);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	KIT_OK(kit_verify(&kit, &bytes, NULL));
	s.created = 0;
	bulla_buf_reset(&bytes);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	KIT_OK(kit_verify(&kit, &bytes, NULL));
}

/* A packer that died never becomes a valid short package. */
Test(seal, every_cut_of_a_bag)
{
	struct bulla_buf whole = tar;
	unsigned n = 0;

	for (size_t len = 0; len < whole.len; len += 256, n++) {
		struct bulla_seal s = kit_how(&kit);
		struct bulla_err e = { 0 };
		enum bulla_status st;

		tar.len = len;
		s.zstd = n % 3 == 0;
		bulla_buf_reset(&bytes);
		st = kit_seal_as(&s, &tar, &bytes, &e);
		cr_expect(st == BULLA_E_INCOMPLETE, "%zu: %s", len, e.msg);
		cr_expect_not_null(strstr(e.msg,
		    "the bag from standard input"));
		/* what is there may be nothing at all */
		cr_expect(bytes.len == 0 || memmem(bytes.p, bytes.len,
		    "closing.note", 12) == NULL);
	}
	tar = whole;
	printf("COUNT seal-cut-bags %u 0\n", n);
}

Test(seal, what_is_no_bag)
{
	struct bulla_seal s = kit_how(&kit);

	tar.p[0] = 'x';	/* a member with a wrong checksum */
	refuse(&s, BULLA_E_FORMAT, "the bag from standard input");
	tar.p[0] = 'b';
	bulla_buf_put(&tar, "x", 1);
	refuse(&s, BULLA_E_FORMAT, "after the end of the tar");
	bulla_buf_reset(&tar);
	bulla_buf_str(&tar, "just some text");
	refuse(&s, BULLA_E_INCOMPLETE, "");
}

/*
 * Bags whose plaintext ends at a slot's border, just before and just after:
 * the last slot was empty once. The opening member's size is part of it.
 */
static void
bag_of(size_t n)
{
	struct bb bag;
	char *big = calloc(1, n + 1);

	bb_init(&bag);
	bag.m[2].data = big;
	bag.m[2].len = n;
	bb_tags(&bag, NULL);
	bulla_buf_reset(&tar);
	bb_put(&tar, &bag);
	bb_free(&bag);
	free(big);
}

static size_t
plain_size(const struct bulla_buf *package)
{
	struct kit_package p;
	size_t n = 0;

	parts_of(package, &p);
	for (unsigned i = 3; i < p.n - 2; i++)
		n += p.m[i].data.len;
	parts_free(&p);
	return n - (n + BULLA_AGE_CHUNK_ENC - 1) / BULLA_AGE_CHUNK_ENC *
	    BULLA_AEAD_TAG;
}

static void
seal_and_open(void)
{
	struct bulla_seal s = kit_how(&kit);
	uint64_t n;

	bulla_buf_reset(&bytes);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	KIT_OK(kit_verify(&kit, &bytes, NULL));
	KIT_OK(kit_open(&kit, &bytes, &n, NULL));
	cr_expect_eq(n, plain_size(&bytes));
}

Test(seal, a_bag_that_ends_with_a_slot)
{
	size_t head, at, n = 0;

	bag_of(400000);
	seal_and_open();
	head = plain_size(&bytes) - (400000 + 511) / 512 * 512;
	for (size_t slots = 1; slots <= 3; slots++)
		for (int by = -1; by <= 1; by++, n++) {
			at = slots * PACK_SLOT + (size_t)(512 * by) - head;
			bag_of(at);
			seal_and_open();
			if (by == 0)
				cr_assert_eq(plain_size(&bytes) % PACK_SLOT,
				    0);
		}
	/* ... and with a segment */
	bag_of(BULLA_SEGMENT_PLAIN - head);
	seal_and_open();
	cr_assert_eq(plain_size(&bytes), BULLA_SEGMENT_PLAIN);
	printf("COUNT seal-borders %zu 0\n", n + 1);
}

/* A pipe that gives a byte, or a few, at a time. */
Test(seal, a_slow_pipe)
{
	struct bulla_seal s = kit_how(&kit);
	struct bulla_sealed done;
	int fds[2];
	pid_t child;

	bag_of(600000);
	cr_assert_eq(pipe(fds), 0);
	(void)fflush(NULL);
	child = fork();
	if (child == 0) {
		(void)close(fds[0]);
		for (size_t at = 0, n; at < tar.len; at += n) {
			n = tar.len - at < 7919 ? tar.len - at : 7919;
			if (write(fds[1], tar.p + at, n) != (ssize_t)n)
				_exit(1);
		}
		_exit(0);
	}
	close(fds[1]);
	s.in_fd = fds[0];
	s.out_fd = memfd_create("out", 0);
	s.threads = 3;
	KIT_OK(bulla_seal_run(&s, &done, NULL));
	kit_slurp(s.out_fd, &bytes);
	KIT_OK(kit_verify(&kit, &bytes, NULL));
	close(fds[0]);
	close(s.out_fd);
}

static struct bulla_pack
pack_of(const char *const *paths, size_t n)
{
	static const struct bulla_baginfo none = { { 0 } };

	return (struct bulla_pack){ .info = &none, .time = KIT_TIME,
	    .paths = paths, .n_paths = n, .stdin_fd = -1, .out_fd = -1,
	    .old_fd = -1, .threads = 1 };
}

/* In one process or through a pipe: the same bag inside. */
Test(seal, the_same_bag_both_ways)
{
	static const char *const paths[] = { "ev" };
	struct bulla_pack pack = pack_of(paths, 1);
	struct bulla_seal s = kit_how(&kit);
	struct bulla_writer_buf w;
	struct bulla_packed done;
	struct bulla_buf a = BULLA_BUF_INIT(KIT_MAX), b = a;

	cr_assert_eq(mkdir("ev", 0700), 0);
	cr_assert_eq(put("ev/a", "alpha", false, NULL), BULLA_OK);
	cr_assert_eq(put("ev/%", "beta", false, NULL), BULLA_OK);
	bulla_buf_reset(&tar);
	bulla_writer_buf_init(&w, &tar);
	KIT_OK(bulla_pack_run(&pack, &w.w, &done, NULL));
	cr_expect_eq(done.files, 2);
	cr_expect_eq(done.bytes, 9);
	cr_expect_eq(done.renamed, 1);
	for (unsigned i = 0; i < 4; i++) {
		struct bulla_opened d = { 0 };
		struct bulla_open o = { .known = &kit.known, .ids = &kit.me,
		    .out = &w.w, .threads = 1 };

		s.zstd = i % 2 == 1;
		s.pack = i < 2 ? &pack : NULL;
		bulla_buf_reset(&bytes);
		KIT_OK(kit_seal_as(&s, i < 2 ? NULL : &tar, &bytes, NULL));
		bulla_buf_reset(&b);
		bulla_writer_buf_init(&w, &b);
		o.fd = kit_memfd(bytes.p, bytes.len);
		KIT_OK(bulla_open_run(&o, &d, NULL));
		close(o.fd);
		bulla_package_free(&d.package);
		/* behind the opening note, whose id differs */
		memmove(b.p, b.p + b.len - tar.len, tar.len);
		cr_expect_eq(memcmp(b.p, tar.p, tar.len), 0);
	}
	bulla_buf_free(&a);
	bulla_buf_free(&b);
}

Test(seal, a_file_that_is_the_output)
{
	static const char *const paths[] = { "ev" };
	struct bulla_pack pack = pack_of(paths, 1);
	struct bulla_seal s = kit_how(&kit);
	struct bulla_err e = { 0 };
	struct bulla_sealed done;

	cr_assert_eq(mkdir("ev", 0700), 0);
	s.out_fd = open("ev/out", O_RDWR | O_CREAT, 0600);
	pack.out_fd = s.out_fd;
	s.pack = &pack;
	cr_expect_eq(bulla_seal_run(&s, &done, &e), BULLA_E_USAGE);
	cr_expect_not_null(strstr(e.msg, "ev/out: this is the file"), "%s",
	    e.msg);
	/* what it will replace, just as well */
	pack.out_fd = -1;
	pack.old_fd = s.out_fd;
	cr_expect_eq(bulla_seal_run(&s, &done, &e), BULLA_E_USAGE);
	close(s.out_fd);
}

Test(seal, an_output_that_is_full)
{
	struct bulla_seal s = kit_how(&kit);
	struct bulla_sealed done;
	struct bulla_err e = { 0 };

	for (unsigned threads = 1; threads <= 3; threads++) {
		s.threads = threads;
		s.in_fd = kit_memfd(tar.p, tar.len);
		s.out_fd = open("/dev/full", O_WRONLY);
		cr_expect_eq(bulla_seal_run(&s, &done, &e), BULLA_E_IO);
		cr_expect_not_null(strstr(e.msg, "package"), "%s", e.msg);
		close(s.in_fd);
		close(s.out_fd);
	}
}
