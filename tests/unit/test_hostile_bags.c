#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bagbuild.h"
#include "bulla/bagin.h"
#include "hostile_bags.h"

/*
 * Bags that want something: each with the answer it must get in every mode,
 * and nothing may appear outside of the directory given for extraction. Two
 * directories are watched: the one above it and the working directory.
 */
static void
build(const struct hostile *h, struct bulla_buf *out)
{
	struct bb bag;

	bb_init(&bag);
	if (h->payload != NULL)
		h->payload(&bag);
	bb_tags(&bag, NULL);
	if (h->tags != NULL)
		h->tags(&bag);
	bb_put(out, &bag);
	if (h->bytes != NULL)
		h->bytes(out);
	bb_free(&bag);
}

/* nftw has no context: what a walk over a tree found. */
static int n_outside, n_odd;
static size_t top_len;

static int
look(const char *path, const struct stat *sb, int type, struct FTW *f)
{
	const char *below = path + top_len;

	(void)type;
	(void)f;
	if (*below == '\0' || strcmp(below, "/cwd") == 0 ||
	    strcmp(below, "/out") == 0)
		return 0;
	if (strncmp(below, "/out/bag", 8) != 0 ||
	    (below[8] != '\0' && below[8] != '/'))
		n_outside++;
	if (sb->st_mode != (S_IFREG | 0600) &&
	    sb->st_mode != (S_IFDIR | 0700))
		n_odd++;
	if (S_ISREG(sb->st_mode) && sb->st_nlink != 1)
		n_odd++;
	return 0;
}

static enum bulla_status
run(const struct bulla_buf *b, enum bulla_bagin_mode mode, int dirfd,
    size_t piece)
{
	struct bulla_bagin p = {
		.mode = mode, .dirfd = dirfd, .max_bytes = UINT64_MAX,
	};
	struct bulla_bagin_result out;
	struct tb_blocks blocks;
	struct bulla_err err = { 0 };
	enum bulla_status st;

	tb_blocks_init(&blocks, b->p, b->len, piece);
	st = bulla_bagin_run(&p, &blocks.b, &out, &err);
	cr_expect(st == BULLA_OK || err.msg[0] != '\0');
	for (const char *c = err.msg; *c != '\0'; c++)
		cr_expect((unsigned char)*c >= 0x20 && *c != 0x7f);
	free(blocks.now);
	return st;
}

static void
extract(const struct hostile *h, const struct bulla_buf *b)
{
	char top[64] = "/tmp/bulla-hostile.XXXXXX", path[80], cmd[128];
	int fd;

	cr_assert_not_null(mkdtemp(top));
	snprintf(path, sizeof(path), "%s/cwd", top);
	cr_assert_eq(mkdir(path, 0700), 0);
	cr_assert_eq(chdir(path), 0);
	snprintf(path, sizeof(path), "%s/out", top);
	cr_assert_eq(mkdir(path, 0700), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	cr_expect_eq(run(b, BULLA_BAGIN_EXTRACT, fd, 4096), h->want,
	    "extract: %s", h->name);
	close(fd);
	top_len = strlen(top);
	n_outside = n_odd = 0;
	cr_expect_eq(nftw(top, look, 16, FTW_PHYS), 0);
	cr_expect_eq(n_outside, 0, "%s: outside", h->name);
	cr_expect_eq(n_odd, 0, "%s: odd objects", h->name);
	cr_assert_eq(chdir("/"), 0);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", top);
	cr_assert_eq(system(cmd), 0);
}

static unsigned
judge(const struct hostile *h)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	static const size_t pieces[] = { 1, 509, 65536 };
	enum bulla_status st;
	unsigned failed = 0;

	build(h, &b);
	for (size_t i = 0; i < 3; i++) {
		st = run(&b, BULLA_BAGIN_CHECK, -1, pieces[i]);
		failed += st != h->want;
		cr_expect_eq(st, h->want, "check: %s: %s", h->name,
		    bulla_status_name(st));
	}
	st = run(&b, BULLA_BAGIN_SHAPE, -1, 4096);
	failed += st != (h->shape_passes ? BULLA_OK : h->want);
	cr_expect_eq(st, h->shape_passes ? BULLA_OK : h->want,
	    "shape: %s: %s", h->name, bulla_status_name(st));
	extract(h, &b);
	failed += n_outside > 0 || n_odd > 0;
	bulla_buf_free(&b);
	return failed;
}

Test(hostile_bags, every_one_gets_its_answer_and_nothing_else)
{
	unsigned failed = 0;

	umask(0);
	for (size_t i = 0; i < N_ROWS; i++)
		failed += judge(&rows[i]) > 0;
	printf("COUNT hostile-bags %zu %u\n", N_ROWS - 1, failed);
	fflush(stdout);
}

/* Many members cost no memory: a million empty files, in constant room. */
struct million {
	struct bulla_blocks b;
	struct bulla_buf header;
	long n;
};

static enum bulla_status
million_next(struct bulla_blocks *b, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	struct million *m = (struct million *)b;
	char name[32];

	(void)err;
	if (m->n < 2)
		snprintf(name, sizeof(name), m->n == 0 ? "bag/" :
		    "bag/data/");
	else
		snprintf(name, sizeof(name), "bag/data/%07ld", m->n);
	bulla_buf_reset(&m->header);
	tb_header(&m->header, &(struct tb_hdr){
		.name = name, .type = m->n < 2 ? '5' : '0',
	});
	m->n++;
	*p = m->header.p;
	*n = m->n > 1000000 ? 0 : 512;
	return BULLA_OK;
}

#ifdef __has_feature	/* clang */
#define SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static long
resident_kib(void)
{
	long pages = 0, ignored;
	FILE *f = fopen("/proc/self/statm", "r");

	cr_assert_not_null(f);
	cr_assert_eq(fscanf(f, "%ld %ld", &ignored, &pages), 2);
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

Test(hostile_bags, a_million_members_take_no_memory)
{
	struct bulla_bagin p = {
		.mode = BULLA_BAGIN_CHECK, .max_bytes = UINT64_MAX,
	};
	struct million m = {
		.b.next = million_next, .header = BULLA_BUF_INIT(512),
	};
	struct bulla_bagin_result out;
	long before = resident_kib();

	cr_assert_eq(bulla_bagin_run(&p, &m.b, &out, NULL),
	    BULLA_E_INCOMPLETE);
	/* the sanitizers keep freed memory for a while */
	if (!SANITIZED)
		cr_assert_lt(resident_kib() - before, 4096);
	bulla_buf_free(&m.header);
}
