#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bagin_kit.h"

/* Bags that become files: all of it, or an error and no more than that. */
static int
temp_dir(char path[64])
{
	int fd;

	(void)snprintf(path, 64, "/tmp/bulla-bagin.XXXXXX");
	cr_assert_not_null(mkdtemp(path));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_neq(fd, -1);
	return fd;
}

static void
remove_dir(const char *path)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", path);
	cr_assert_eq(system(cmd), 0);
}

static void
expect_file(int dirfd, const char *name, const char *want)
{
	char got[512];
	struct stat sb;
	ssize_t n;
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW);

	cr_assert_neq(fd, -1, "%s", name);
	n = read(fd, got, sizeof(got));
	cr_assert_eq(n, (ssize_t)strlen(want), "%s", name);
	cr_assert_arr_eq(got, want, (size_t)n);
	cr_assert_eq(fstat(fd, &sb), 0);
	cr_assert_eq(sb.st_mode, S_IFREG | 0600);
	cr_assert_eq(sb.st_mtime, 1700000000);
	close(fd);
}

static void
expect_dir(int dirfd, const char *name)
{
	struct stat sb;

	cr_assert_eq(fstatat(dirfd, name, &sb, AT_SYMLINK_NOFOLLOW), 0);
	cr_assert_eq(sb.st_mode, S_IFDIR | 0700);
	cr_assert_eq(sb.st_mtime, 1700000000, "%s", name);
}

Test(bagin_extract, extracts_files_directories_and_times)
{
	struct bulla_bagin p = {
		.mode = BULLA_BAGIN_EXTRACT, .max_bytes = UINT64_MAX,
	};
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bulla_bagin_result out;
	char path[64];
	struct bb bag;

	umask(0);
	p.dirfd = temp_dir(path);
	p.opening = bulla_cur_str("note\n");
	bb_init(&bag);
	bb_tags(&bag, NULL);
	bb_insert(&bag, 0, "opening.note", '0', "note\n");
	bb_put(&b, &bag);
	cr_assert_eq(run_as(&p, &b, &out, NULL), BULLA_OK);
	expect_file(p.dirfd, "bag/data/a.txt", "alpha\n");
	expect_file(p.dirfd, "bag/data/d/b.txt", "beta\n");
	expect_file(p.dirfd, "bag/data/d/c.txt", "");
	expect_file(p.dirfd, "bag/bagit.txt", bulla_bagit_txt);
	expect_file(p.dirfd, "bag/metadata.tsv", bulla_metadata_header);
	expect_dir(p.dirfd, "bag");
	expect_dir(p.dirfd, "bag/data");
	expect_dir(p.dirfd, "bag/data/d");
	expect_dir(p.dirfd, "bag/data/empty");
	cr_assert_eq(faccessat(p.dirfd, "opening.note", F_OK, 0), -1);
	cr_assert_eq(faccessat(p.dirfd, "bag/tagmanifest-sha256.txt", F_OK,
	    0), 0);
	/* the caller's descriptor stays open; what is there stays there */
	cr_assert_eq(run_as(&p, &b, &out, NULL), BULLA_E_IO);
	close(p.dirfd);
	remove_dir(path);
	bb_free(&bag);
	bulla_buf_free(&b);
}

static void
put_file(struct bulla_buf *out, struct bulla_buf *lines, const char *path,
    const void *p, size_t n)
{
	struct bb_member m = {
		.path = path, .type = '0', .data = p, .len = n,
	};
	struct bulla_cur c = bulla_cur_str(path + strlen("bag/"));
	uint8_t digest[32];

	bulla_sha256(p, n, digest);
	bulla_manifest_put(lines, digest, &c);
	bb_member_put(out, &m);
}

/* depth directories in each other; on the way back a file in every tenth. */
static void
deep_bag(struct bulla_buf *b, int depth)
{
	struct bulla_buf man = BULLA_BUF_INIT(TB_MAX), tag = man, info = man;
	struct bulla_baginfo none = { { 0 } };
	struct bb_member m = { .path = "bag", .type = '5' };
	char deep[1200] = "bag/data";
	size_t n = strlen(deep);

	bb_member_put(b, &m);
	m.path = deep;
	bb_member_put(b, &m);
	for (int i = 0; i < depth; i++, n += 2) {
		memcpy(deep + n, "/d", 3);
		bb_member_put(b, &m);
	}
	for (int i = 0; i < depth / 10; i++) {
		n -= 20;
		memcpy(deep + n, "/e", 3);
		put_file(b, &man, deep, "x", 1);
	}
	bulla_baginfo_put(&info, &none, 0, (uint64_t)depth / 10,
	    (uint64_t)depth / 10);
	put_file(b, &tag, "bag/bagit.txt", bulla_bagit_txt,
	    strlen(bulla_bagit_txt));
	put_file(b, &tag, "bag/bag-info.txt", info.p, info.len);
	put_file(b, &tag, "bag/metadata.tsv", bulla_metadata_header,
	    strlen(bulla_metadata_header));
	put_file(b, &tag, "bag/manifest-sha256.txt", man.p, man.len);
	put_file(b, &man, "bag/tagmanifest-sha256.txt", tag.p, tag.len);
	tb_end(b);
	bulla_buf_free(&man);
	bulla_buf_free(&tag);
	bulla_buf_free(&info);
}

/* More directories deep than descriptors may be open, there and back. */
Test(bagin_extract, extracts_deep_trees_with_few_descriptors)
{
	struct bulla_bagin p = {
		.mode = BULLA_BAGIN_EXTRACT, .max_bytes = UINT64_MAX,
	};
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct rlimit few = { 100, 100 };
	struct bulla_bagin_result out;
	char path[64];

	deep_bag(&b, 500);
	p.dirfd = temp_dir(path);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	cr_assert_eq(run_as(&p, &b, &out, NULL), BULLA_OK);
	cr_assert_eq(out.files, 50);
	expect_dir(p.dirfd, "bag/data/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d");
	expect_file(p.dirfd, "bag/data/d/d/d/d/d/d/d/d/d/d/e", "x");
	remove_dir(path);
	bulla_buf_free(&b);
}

static int
open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 512; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

/* Limits on numbers, which are given from the lowest that is free. */
static int
next_fd(void)
{
	int fd = open("/dev/null", O_RDONLY);

	cr_assert_neq(fd, -1);
	close(fd);
	return fd;
}

/*
 * Out of descriptors at every point there is: an error each time, no
 * descriptor lost, and in the end a whole bag.
 */
Test(bagin_extract, every_failing_open_is_an_error)
{
	struct bulla_bagin p = {
		.mode = BULLA_BAGIN_EXTRACT, .max_bytes = UINT64_MAX,
	};
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	enum bulla_status st = BULLA_E_IO;
	struct bulla_bagin_result out;
	struct rlimit all, few;
	unsigned failures = 0;
	int first, before;

	deep_bag(&b, 60);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
	for (rlim_t k = 0; st != BULLA_OK && k < 60; k++) {
		char path[64];

		p.dirfd = temp_dir(path);
		first = next_fd();
		before = open_fds();
		few = (struct rlimit){ (rlim_t)first + k, all.rlim_max };
		cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
		st = run_as(&p, &b, &out, NULL);
		cr_assert_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
		cr_expect(st == BULLA_OK || st == BULLA_E_IO);
		failures += st == BULLA_E_IO;
		cr_expect_eq(open_fds(), before);
		close(p.dirfd);
		remove_dir(path);
	}
	cr_assert_eq(st, BULLA_OK);
	cr_assert_gt(failures, 30);
	bulla_buf_free(&b);
}

/* The file system is full, or the file too large for it. */
Test(bagin_extract, a_failing_write_is_an_error)
{
	struct bulla_bagin p = {
		.mode = BULLA_BAGIN_EXTRACT, .max_bytes = UINT64_MAX,
	};
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct rlimit small = { 3, 3 };
	struct bulla_bagin_result out;
	struct bulla_err err = { 0 };
	struct bb bag;
	char path[64];
	int before;

	good(&b, &bag, NULL);
	p.dirfd = temp_dir(path);
	before = open_fds();
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	cr_expect_eq(run_as(&p, &b, &out, &err), BULLA_E_IO);
	cr_expect_eq(strncmp(err.msg, "bag/data/a.txt: ", 16), 0, "%s",
	    err.msg);
	cr_expect_eq(open_fds(), before);
	remove_dir(path);
	bb_free(&bag);
	bulla_buf_free(&b);
}

/* Another process puts a link in the way: nothing goes through it. */
Test(bagin_extract, extraction_follows_no_link)
{
	struct bulla_bagin p = {
		.mode = BULLA_BAGIN_EXTRACT, .max_bytes = UINT64_MAX,
	};
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bulla_bagin_result out;
	char path[64], other[64];
	struct bb bag;
	int fd, entries = 0;
	DIR *d;

	p.dirfd = temp_dir(path);
	fd = temp_dir(other);
	good(&b, &bag, NULL);
	cr_assert_eq(symlinkat(other, p.dirfd, "bag"), 0);
	cr_assert_eq(run_as(&p, &b, &out, NULL), BULLA_E_IO);
	d = fdopendir(fd);
	while (readdir(d) != NULL)
		entries++;
	cr_assert_eq(entries, 2);
	closedir(d);
	remove_dir(path);
	remove_dir(other);
	bb_free(&bag);
	bulla_buf_free(&b);
}
