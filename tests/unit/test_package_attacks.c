#include <sys/file.h>

#include "package_parts.h"
#include "scratch.h"

/*
 * What people of some power can do to a package: a co-recipient, a courier,
 * the other side's own sealer, a sealer who lies, whoever owns the file
 * while it is being opened.
 */
static struct kit kit;
static struct kit_package p;
static struct bulla_buf bytes = BULLA_BUF_INIT(KIT_MAX);
static struct bulla_buf tar = BULLA_BUF_INIT(KIT_MAX);
static struct bulla_buf plain = BULLA_BUF_INIT(KIT_MAX);

static void
begin(void)
{
	scratch_enter();
	kit_init(&kit);
	kit_seal(&kit, &bytes);
	kit_tar(&tar);
	parts_of(&bytes, &p);
	KIT_OK(bulla_dir_make("out", 0700, NULL));
}

static void
end(void)
{
	parts_free(&p);
	bulla_buf_free(&bytes);
	bulla_buf_free(&tar);
	bulla_buf_free(&plain);
	kit_free(&kit);
	scratch_leave();
}

TestSuite(attack, .init = begin, .fini = end);

/* Verifies as v does; opening it gives st, and nothing comes out. */
static void
expect(enum bulla_status v, enum bulla_status st, const char *why)
{
	struct bulla_err e = { 0 };
	uint64_t n = 0;

	parts_put(&bytes, &p);
	cr_expect_eq(kit_verify(&kit, &bytes, &e), v, "%s", e.msg);
	cr_expect_eq(kit_open_dir(&kit, &bytes, "out", &e), st, "%s", e.msg);
	cr_expect_not_null(strstr(e.msg, why), "'%s' has no '%s'", e.msg,
	    why);
	cr_expect_eq(n_entries("out"), 0);
	cr_expect_eq(kit_open(&kit, &bytes, &n, &e), st, "%s", e.msg);
	cr_expect_eq(n, 0);
}

static void
line_of(const struct bulla_vkey *k, char out[400])
{
	struct bulla_buf b = BULLA_BUF_INIT(400);

	bulla_vkey_put(&b, k);
	snprintf(out, 400, "%s", bulla_buf_cstr(&b));
	bulla_buf_free(&b);
}

Test(attack, a_co_recipient_makes_another_payload)
{
	size_t at = (size_t)((uint8_t *)memmem(tar.p, tar.len, "alpha\n",
	    6) - tar.p);

	/* The same header and inner note, other evidence; all digests right. */
	tar.p[at] ^= 1;
	parts_plain(&p, &tar, &plain);
	parts_payload(&kit, &p, &plain);
	expect(BULLA_E_MISMATCH, BULLA_E_MISMATCH, "");
	/* It is the right way to do it: as it was, the payload opens. */
	tar.p[at] ^= 1;
	bulla_buf_reset(&plain);
	parts_plain(&p, &tar, &plain);
	parts_payload(&kit, &p, &plain);
	parts_reclose(&p, &kit.sealer, 1);
	parts_put(&bytes, &p);
	cr_expect_eq(kit_open_dir(&kit, &bytes, "out", NULL), BULLA_OK);
}

Test(attack, stripped_and_signed_by_a_stranger_of_the_same_name)
{
	char old[400], new[400];

	line_of(&kit.sealer.vkey, old);
	line_of(&kit.stranger.vkey, new);
	parts_reopen(&p, old, new, &kit.stranger, 1);
	expect(BULLA_E_NOKEY, BULLA_E_NOKEY, "the key known by this name");
}

Test(attack, stripped_and_signed_by_a_known_sealer)
{
	char old[400], new[400];
	struct bulla_verify v = { .known = &kit.known, .threads = 1 };
	struct bulla_package got = { 0 };

	line_of(&kit.sealer.vkey, old);
	line_of(&kit.rival.vkey, new);
	parts_edit(&p, "opening.note", "from: alpha/sealer",
	    "from: beta/sealer", &kit.rival, 1);
	parts_reopen(&p, old, new, &kit.rival, 1);
	expect(BULLA_OK, BULLA_E_MISMATCH,
	    "the opening note inside is not the one outside");
	/* verify says who sealed these bytes, and no more than that */
	v.fd = kit_memfd(bytes.p, bytes.len);
	KIT_OK(bulla_package_verify(&v, &got, NULL));
	cr_expect_str_eq(got.sealer[0].name, "beta/sealer");
	bulla_package_free(&got);
	close(v.fd);
}

Test(attack, a_known_sealer_adds_to_the_opening)
{
	parts_reopen(&p, "to: -", "to: gamma/desk", &kit.sealer, 1);
	expect(BULLA_OK, BULLA_E_MISMATCH,
	    "the opening note inside is not the one outside");
}

Test(attack, opening_of_one_and_payload_of_another)
{
	struct bulla_buf other = BULLA_BUF_INIT(KIT_MAX);
	struct kit_package q;

	kit_seal(&kit, &other);
	parts_of(&other, &q);
	parts_set(&p, "data/00000001.age", q.m[3].data.p, q.m[3].data.len);
	expect(BULLA_E_MISMATCH, BULLA_E_MISMATCH, "");
	parts_remanifest(&p);
	expect(BULLA_E_MISMATCH, BULLA_E_MISMATCH, "");
	parts_reclose(&p, &kit.sealer, 1);
	expect(BULLA_OK, BULLA_E_MISMATCH, "does not decrypt");
	/* The header too: then the note does not fit. */
	parts_set(&p, "data/00000000.age", q.m[2].data.p, q.m[2].data.len);
	parts_remanifest(&p);
	parts_reclose(&p, &kit.sealer, 1);
	expect(BULLA_E_MISMATCH, BULLA_E_MISMATCH, "age header");
	parts_free(&q);
	bulla_buf_free(&other);
}

Test(attack, no_opening_note_inside)
{
	parts_payload(&kit, &p, &tar);
	parts_reclose(&p, &kit.sealer, 1);
	expect(BULLA_OK, BULLA_E_FORMAT, "first member is not opening.note");
}

Test(attack, two_bags_or_something_after_the_bag)
{
	parts_plain(&p, &tar, &plain);
	plain.len -= 1024;
	bulla_buf_put(&plain, tar.p, tar.len);
	parts_payload(&kit, &p, &plain);
	parts_reclose(&p, &kit.sealer, 1);
	parts_put(&bytes, &p);
	cr_expect_neq(kit_open_dir(&kit, &bytes, "out", NULL), BULLA_OK);
	cr_expect_eq(n_entries("out"), 0);
	bulla_buf_reset(&plain);
	parts_plain(&p, &tar, &plain);
	bulla_buf_put(&plain, "x", 1);
	parts_payload(&kit, &p, &plain);
	parts_reclose(&p, &kit.sealer, 1);
	expect(BULLA_OK, BULLA_E_FORMAT, "after the end of the tar");
}

/* Payload that is not what the bag's own manifest says: a sealer who lies,
 * since sealing a piped bag checks its shape only. */
Test(attack, a_bag_with_a_wrong_digest)
{
	struct bulla_seal s = kit_how(&kit);
	struct bulla_err e = { 0 };
	const char *at = memmem(tar.p, tar.len, "alpha\n", 6);

	cr_assert_not_null(at);
	tar.p[at - (const char *)tar.p] ^= 1;
	bulla_buf_reset(&bytes);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	cr_expect_eq(kit_verify(&kit, &bytes, NULL), BULLA_OK);
	cr_expect_eq(kit_open_dir(&kit, &bytes, "out", &e), BULLA_E_MISMATCH);
	cr_expect_not_null(strstr(e.msg, "manifest"), "%s", e.msg);
	cr_expect_eq(n_entries("out"), 0);
}

Test(attack, opened_with_a_key_that_is_not_named)
{
	char old[BULLA_AGE_RECIPIENT_MAX + 40];
	char new[BULLA_AGE_RECIPIENT_MAX + 40];

	snprintf(old, sizeof(old), "recipient: %s", kit.to.v[0].text);
	snprintf(new, sizeof(new), "recipient: %s",
	    kit.nobody.v[0].recipient);
	parts_reopen(&p, old, new, &kit.sealer, 1);
	expect(BULLA_OK, BULLA_E_MISMATCH, "the opening note does not name");
}

Test(attack, nobodys_key)
{
	const struct bulla_open o = { .known = &kit.known, .dir = "fresh",
	    .ids = &kit.nobody, .threads = 1, .max_plain = KIT_MAX };
	struct bulla_open w = o;
	struct bulla_opened d = { 0 };

	w.fd = kit_memfd(bytes.p, bytes.len);
	cr_expect_eq(bulla_open_run(&w, &d, NULL), BULLA_E_NOMATCH);
	cr_expect_eq(access("fresh", F_OK), -1);
	close(w.fd);
}

Test(attack, an_exercise_is_not_opened)
{
	struct bulla_seal s = kit_how(&kit);
	struct bulla_opened d = { 0 };
	struct bulla_open o = { .known = &kit.known, .dir = "out",
	    .ids = &kit.me, .threads = 1, .max_plain = KIT_MAX };

	s.exercise = true;
	bulla_buf_reset(&bytes);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	cr_expect_eq(kit_verify(&kit, &bytes, NULL), BULLA_E_REFUSED);
	cr_expect_eq(kit_open_dir(&kit, &bytes, "out", NULL),
	    BULLA_E_REFUSED);
	cr_expect_eq(n_entries("out"), 0);
	o.allow_exercise = true;
	o.fd = kit_memfd(bytes.p, bytes.len);
	cr_expect_eq(bulla_open_run(&o, &d, NULL), BULLA_OK);
	bulla_package_free(&d.package);
	close(o.fd);
}

Test(attack, says_zstd_and_is_none)
{
	parts_edit(&p, "opening.note", "compression: none",
	    "compression: zstd", &kit.sealer, 1);
	parts_plain(&p, &tar, &plain);
	parts_payload(&kit, &p, &plain);
	parts_reclose(&p, &kit.sealer, 1);
	expect(BULLA_OK, BULLA_E_FORMAT, "says zstd, the plaintext is none");
}

Test(attack, says_none_and_is_zstd)
{
	struct bulla_seal s = kit_how(&kit);

	s.zstd = true;
	bulla_buf_reset(&bytes);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	cr_expect_eq(kit_open_dir(&kit, &bytes, "good", NULL), BULLA_OK);
	parts_free(&p);
	parts_of(&bytes, &p);
	parts_reopen(&p, "compression: zstd", "compression: none",
	    &kit.sealer, 1);
	expect(BULLA_OK, BULLA_E_FORMAT, "");
}

Test(attack, more_than_there_is_room_for)
{
	struct bulla_open o = { .known = &kit.known, .dir = "out",
	    .ids = &kit.me, .threads = 1, .max_plain = 4000 };
	struct bulla_opened d = { 0 };

	o.fd = kit_memfd(bytes.p, bytes.len);
	cr_expect_eq(bulla_open_run(&o, &d, NULL), BULLA_E_LIMIT);
	cr_expect_eq(n_entries("out"), 0);
	close(o.fd);
}

/* A file that changes after it was verified, in the hook that reports how
 * far the first pass is. */
struct changer {
	struct kit_sink sink;
	int fd;
	unsigned call, at_call;
	void (*change)(int fd);
};

static void
tell(void *ctx, uint64_t done, uint64_t total)
{
	struct changer *c = ctx;

	(void)done;
	(void)total;
	if (c->call++ == c->at_call)
		c->change(c->fd);
}

static void
flip(int fd)
{
	struct bulla_buf b = BULLA_BUF_INIT(KIT_MAX);
	off_t at = lseek(fd, 0, SEEK_CUR);
	const uint8_t *d;

	/* behind the header of the first segment */
	kit_slurp(fd, &b);
	d = memmem(b.p, b.len, "data/00000001.age", 17);
	cr_assert_not_null(d);
	b.p[d - b.p + 600] ^= 1;
	cr_assert_eq(pwrite(fd, b.p, b.len, 0), (ssize_t)b.len);
	cr_assert_eq(lseek(fd, at, SEEK_SET), at);
	bulla_buf_free(&b);
}

static void
cut(int fd)
{
	cr_assert_eq(ftruncate(fd, 6000), 0);
}

static void
replace(int fd)
{
	struct bulla_buf b = BULLA_BUF_INIT(KIT_MAX);

	kit_seal(&kit, &b);	/* as good as the first one */
	cr_assert_eq(pwrite(fd, b.p, b.len, 0), (ssize_t)b.len);
	cr_assert_eq(ftruncate(fd, (off_t)b.len), 0);
	bulla_buf_free(&b);
}

static void
nothing(int fd)
{
	(void)fd;
}

static enum bulla_status
open_while(void (*change)(int), uint64_t *released, struct bulla_err *err)
{
	struct changer c = { .sink.w.write = kit_sink_write,
	    .change = change };
	struct bulla_open o = { .known = &kit.known, .ids = &kit.me,
	    .out = &c.sink.w, .threads = 1, .progress = { tell, &c } };
	struct bulla_opened d = { 0 };
	enum bulla_status st;

	o.fd = c.fd = kit_memfd(bytes.p, bytes.len);
	st = bulla_open_run(&o, &d, err);
	bulla_package_free(&d.package);
	close(c.fd);
	cr_expect_gt(c.call, 0);
	*released = c.sink.n;
	return st;
}

Test(attack, the_file_changes_between_the_two_passes)
{
	struct bulla_err e = { 0 };
	uint64_t n;

	cr_expect_eq(open_while(nothing, &n, &e), BULLA_OK, "%s", e.msg);
	cr_expect_gt(n, 0);
	cr_expect_eq(open_while(flip, &n, &e), BULLA_E_MISMATCH);
	cr_expect_not_null(strstr(e.msg, "changed while"), "%s", e.msg);
	cr_expect_eq(n, 0);
	cr_expect_neq(open_while(cut, &n, &e), BULLA_OK);
	cr_expect_eq(n, 0);
	cr_expect_eq(open_while(replace, &n, &e), BULLA_E_MISMATCH, "%s",
	    e.msg);
	cr_expect_eq(n, 0);
}

Test(attack, a_bag_of_that_name_is_there)
{
	cr_assert_eq(mkdir("out/bag", 0700), 0);
	KIT_OK(put("out/bag/mine", "mine", false, NULL));
	cr_expect_eq(kit_open_dir(&kit, &bytes, "out", NULL),
	    BULLA_E_REFUSED);
	cr_expect_eq(n_entries("out"), 1);
	cr_expect_eq(n_entries("out/bag"), 1);
	expect_file("out/bag/mine", "mine");
}

static void
part_name(char out[80])
{
	snprintf(out, 80, "out/.%s.part", p.id);
}

Test(attack, what_a_killed_open_left_is_removed)
{
	char part[80], file[100];

	part_name(part);
	cr_assert_eq(mkdir(part, 0700), 0);
	snprintf(file, sizeof(file), "%s/bag", part);
	KIT_OK(put(file, "old", false, NULL));
	cr_expect_eq(kit_open_dir(&kit, &bytes, "out", NULL), BULLA_OK);
	cr_expect_eq(n_entries("out"), 1);
	expect_file("out/bag/data/a.txt", "alpha\n");
}

Test(attack, another_process_is_opening_it)
{
	char part[80], file[100];
	int fd;

	part_name(part);
	cr_assert_eq(mkdir(part, 0700), 0);
	snprintf(file, sizeof(file), "%s/bag", part);
	KIT_OK(put(file, "theirs", false, NULL));
	fd = open(part, O_RDONLY | O_DIRECTORY);
	cr_assert_eq(flock(fd, LOCK_EX), 0);
	cr_expect_eq(kit_open_dir(&kit, &bytes, "out", NULL), BULLA_E_AGAIN);
	expect_file(file, "theirs");
	close(fd);
}

Test(attack, the_part_directory_is_a_link)
{
	char part[80];

	part_name(part);
	cr_assert_eq(mkdir("elsewhere", 0700), 0);
	KIT_OK(put("elsewhere/mine", "mine", false, NULL));
	cr_assert_eq(symlink("../elsewhere", part), 0);
	cr_expect_neq(kit_open_dir(&kit, &bytes, "out", NULL), BULLA_OK);
	expect_file("elsewhere/mine", "mine");
	cr_expect_eq(n_entries("elsewhere"), 1);
}
