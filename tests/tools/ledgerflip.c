/*
 * ledgerflip DIR STRIDE SEED: makes a ledger of 1,000 records in DIR and
 * damages it, a case at a time: a byte flipped, a file cut short, two things
 * swapped. STRIDE 1: every byte and every length; else a random one of each
 * STRIDE. A case fails when the ledger still opens and checks, or when opening
 * has changed a file. Each case is put right again from memory.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/ledger.h"

#define N_RECORDS 1000u
#define N_BATCH 997u	/* of them in one frame */
#define FILES_MAX 256u

struct file {
	char path[512];
	uint8_t *p;
	size_t len;
};
static struct file files[FILES_MAX];
static size_t n_files;
static const char *home;
static uint64_t state;
static unsigned long n_flips, n_cuts, n_swaps, bad;

static void
die(const char *what)
{
	perror(what);
	exit(3);
}

static uint64_t
next(uint64_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (state >> 33) % below;
}

static bool
is_accepted(void)
{
	struct bulla_ledger *l = NULL;
	bool yes;

	yes = bulla_ledger_open(home, NULL, &l, NULL) == BULLA_OK &&
	    bulla_ledger_check(l, NULL) == BULLA_OK;
	bulla_ledger_free(l);
	return yes;
}

static void
put(const struct file *f, size_t at, size_t len)
{
	int fd = open(f->path, O_WRONLY | O_CLOEXEC);

	if (fd == -1 || pwrite(fd, f->p + at, len, (off_t)at) != (ssize_t)len)
		die(f->path);
	(void)close(fd);
}

static void
expect(const struct file *f, const char *what, size_t at, size_t len)
{
	struct stat sb;

	if (is_accepted()) {
		bad++;
		printf("FAIL %s: %s at byte %zu is not noticed\n",
		    f->path, what, at);
	}
	if (stat(f->path, &sb) != 0 || (size_t)sb.st_size != len) {
		bad++;
		printf("FAIL %s: %s at byte %zu: the file was changed\n",
		    f->path, what, at);
	}
}

static int
see(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 24);
	const char *name = path + ftw->base;

	(void)sb;
	/* The secret key says nothing of the ledger, the lock nothing at all */
	if (type != FTW_F || strcmp(name, "lock") == 0 ||
	    strcmp(name, "log.key") == 0)
		return 0;
	if (n_files == FILES_MAX || strlen(path) >= sizeof(files[0].path) ||
	    bulla_file_get(path, &b, NULL) != BULLA_OK)
		die(path);
	(void)snprintf(files[n_files].path, sizeof(files[0].path), "%s",
	    path);
	files[n_files].p = b.p;
	files[n_files++].len = b.len;
	return 0;
}

static void
flips(struct file *f, size_t stride)
{
	for (size_t from = 0; from < f->len; from += stride) {
		size_t at = from + next(stride);
		uint8_t bit = (uint8_t)(1u << next(8));

		if (at >= f->len)
			continue;
		f->p[at] ^= bit;
		put(f, at, 1);
		expect(f, "a flipped bit", at, f->len);
		f->p[at] ^= bit;
		put(f, at, 1);
		n_flips++;
	}
}

static void
cuts(struct file *f, size_t stride)
{
	for (size_t from = 0; from < f->len; from += stride) {
		size_t at = from + next(stride);

		if (at >= f->len)
			continue;
		if (truncate(f->path, (off_t)at) != 0)
			die(f->path);
		expect(f, "cut short", at, at);
		put(f, at, f->len - at);
		n_cuts++;
	}
}

static struct file *
find(const char *end)
{
	for (size_t i = 0; i < n_files; i++) {
		size_t n = strlen(files[i].path), m = strlen(end);

		if (n > m && strcmp(files[i].path + n - m, end) == 0)
			return &files[i];
	}
	die(end);
	return NULL;
}

static void
swap_bytes(uint8_t *a, uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t t = a[i];

		a[i] = b[i];
		b[i] = t;
	}
}

/* Two pieces of a file with the same length change places. */
static void
swap(const char *end, size_t first, size_t step, size_t len, size_t count)
{
	struct file *f = find(end);
	size_t i = next(count), k = next(count);
	size_t a = first + i * step, b = first + k * step;

	if (b + len > f->len || a + len > f->len ||
	    memcmp(f->p + a, f->p + b, len) == 0)
		return;
	swap_bytes(f->p + a, f->p + b, len);
	put(f, 0, f->len);
	expect(f, "swapped pieces", a, f->len);
	swap_bytes(f->p + a, f->p + b, len);
	put(f, 0, f->len);
	n_swaps++;
}

static void
swap_files(const char *x, const char *y)
{
	struct file *a = find(x), *b = find(y);

	if (rename(a->path, "swap.tmp") != 0 ||
	    rename(b->path, a->path) != 0 || rename("swap.tmp", b->path) != 0)
		die(a->path);
	if (is_accepted()) {
		bad++;
		printf("FAIL %s and %s swapped: not noticed\n", x, y);
	}
	if (rename(a->path, "swap.tmp") != 0 ||
	    rename(b->path, a->path) != 0 || rename("swap.tmp", b->path) != 0)
		die(a->path);
	n_swaps++;
}

/* One batch, so that records have a fixed distance, then some alone. */
static void
make(void)
{
	static char text[N_RECORDS][8];
	struct bulla_cur rec[N_RECORDS];
	struct bulla_ledger *l = NULL;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	uint64_t first;

	for (unsigned i = 0; i < N_RECORDS; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%04u", i);
		rec[i] = bulla_cur_of(text[i], 4);
	}
	st = bulla_crypto_init(&err);
	if (st == BULLA_OK)
		st = bulla_ledger_init(home, "a.example/log", NULL, &err);
	if (st == BULLA_OK)
		st = bulla_ledger_open(home, NULL, &l, &err);
	for (unsigned i = 0; i < N_RECORDS && st == BULLA_OK;
	    i = i == 0 ? N_BATCH : i + 1) {
		st = bulla_ledger_append(l, rec + i, i > 0 ? 1 : N_BATCH,
		    &first, &err);
		if (st == BULLA_OK)
			st = bulla_ledger_publish(l, &err);
	}
	bulla_ledger_free(l);
	if (st != BULLA_OK) {
		fprintf(stderr, "ledgerflip: %s\n", err.msg);
		exit(3);
	}
}

int
main(int argc, char **argv)
{
	size_t stride;

	if (argc != 4 || chdir(argv[1]) != 0)
		die("usage: ledgerflip DIR STRIDE SEED");
	home = "h";
	stride = strtoul(argv[2], NULL, 10);
	state = strtoull(argv[3], NULL, 10);
	make();
	if (nftw(home, see, 16, FTW_PHYS) != 0 || stride == 0 ||
	    !is_accepted())
		die("no good ledger to begin with");
	for (size_t i = 0; i < n_files; i++) {
		flips(&files[i], stride);
		cuts(&files[i], stride);
	}
	for (unsigned i = 0; i < (stride == 1 ? 1000 : 20); i++) {
		/* magic 17, id 16, frame head 64; head of a record 36 */
		swap("journal", 97, 40, 40, N_BATCH);
		swap("index", 0, 16, 16, N_RECORDS);
		swap("index", 0, 16, 8, N_RECORDS);
		swap("tile/0/000", 0, 32, 32, 256);
		swap("tile/0/003.p/232", 0, 32, 32, 232);
		swap("tile/1/000.p/3", 0, 32, 32, 3);
		swap("tile/entries/001", 0, 98, 98, 256);
	}
	swap_files("tile/0/000", "tile/0/001");
	swap_files("tile/entries/000", "tile/entries/001");
	swap_files("tile/entries/000", "tile/0/000");
	swap_files("tile/0/003.p/231", "tile/0/003.p/232");
	swap_files("public/checkpoint", "keys/log.state");
	swap_files("ledger/index", "ledger/journal");
	printf("COUNT ledger/bytes-flipped %lu %lu %s\n", n_flips, bad,
	    argv[3]);
	printf("COUNT ledger/lengths-cut %lu %lu %s\n", n_cuts, bad, argv[3]);
	printf("COUNT ledger/swaps %lu %lu %s\n", n_swaps, bad, argv[3]);
	return bad > 0 || !is_accepted();
}
