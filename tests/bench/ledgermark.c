/*
 * ledgermark HOME ROUNDS: durable appends of one record each, against what
 * the disk itself allows: a write of as many bytes at the end of a file and
 * fdatasync. Interleaved, a second of each a round; the medians and the ratio.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bulla/ledger.h"

#define ROUNDS_MAX 99u
#define RECORD 60u			/* bytes */
#define FRAME (64u + 36u + RECORD)	/* what they are in the journal */

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
raw(int fd, off_t *at)
{
	char bytes[FRAME];
	double start = now(), end;
	unsigned n = 0;

	memset(bytes, 'x', sizeof(bytes));
	do {
		if (pwrite(fd, bytes, sizeof(bytes), *at) !=
		    (ssize_t)sizeof(bytes) || fdatasync(fd) != 0) {
			perror("raw");
			exit(2);
		}
		*at += (off_t)sizeof(bytes);
		n++;
		end = now();
	} while (end - start < 1);
	return n / (end - start);
}

static double
ours(struct bulla_ledger *l)
{
	char bytes[RECORD];
	struct bulla_cur rec = bulla_cur_of(bytes, sizeof(bytes));
	struct bulla_err err = { 0 };
	double start = now(), end;
	unsigned n = 0;
	uint64_t i;

	memset(bytes, 'y', sizeof(bytes));
	do {
		if (bulla_ledger_append(l, &rec, 1, &i, &err) != BULLA_OK) {
			fprintf(stderr, "append: %s\n", err.msg);
			exit(2);
		}
		n++;
		end = now();
	} while (end - start < 1);
	return n / (end - start);
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), by_size);
	return v[n / 2];
}

int
main(int argc, char **argv)
{
	double a[ROUNDS_MAX], b[ROUNDS_MAX], ratio[ROUNDS_MAX];
	struct bulla_ledger *l = NULL;
	struct bulla_err err = { 0 };
	unsigned rounds = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	char path[4096];
	off_t at = 0;
	int fd;

	if (rounds == 0 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: ledgermark HOME ROUNDS\n");
		return 2;
	}
	(void)snprintf(path, sizeof(path), "%s/raw", argv[1]);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 || bulla_crypto_init(&err) != BULLA_OK ||
	    bulla_ledger_open(argv[1], NULL, &l, &err) != BULLA_OK) {
		fprintf(stderr, "%s: %s\n", argv[1], err.msg);
		return 2;
	}
	for (unsigned i = 0; i < rounds; i++) {
		a[i] = raw(fd, &at);
		b[i] = ours(l);
		ratio[i] = b[i] / a[i];
	}
	printf("single durable appends: %.0f/s; the disk's own fdatasync: "
	    "%.0f/s; ratio %.2f (goal >= 0.50)\n", median(b, rounds),
	    median(a, rounds), median(ratio, rounds));
	(void)close(fd);
	(void)unlink(path);
	if (bulla_ledger_publish(l, &err) != BULLA_OK) {
		fprintf(stderr, "publish: %s\n", err.msg);
		return 2;
	}
	bulla_ledger_free(l);
	return 0;
}
