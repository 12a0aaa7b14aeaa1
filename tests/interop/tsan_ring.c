/*
 * The ring, and the ways through it that packages take, under
 * ThreadSanitizer: a plain program, for Criterion dies with it. Says how
 * many runs it made; ThreadSanitizer's own exit status is the verdict.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/ring_jobs.h"
#include "bulla/io.h"
#include "bulla/package.h"

#define NEED(call) do { \
	if ((call) != BULLA_OK) { \
		fprintf(stderr, "line %d: %s: %s\n", __LINE__, #call, e.msg); \
		exit(1); \
	} \
} while (0)

static struct bulla_err e;

static unsigned
rings(void)
{
	unsigned n = 0;

	for (unsigned threads = 1; threads <= 4; threads++)
		for (unsigned slots = 2; slots <= 5; slots++)
			for (unsigned fail = 0; fail < 2; fail++, n += 2) {
				struct bulla_ring *r = NULL;
				enum bulla_status st;
				uint64_t got;
				struct rj j;

				rj_init(&j, 200, threads);
				j.fail_stage = fail != 0 ? 2 : RJ_STAGES;
				j.fail_seq = 100;
				NEED(rj_ring(&j, true, threads, slots, &r));
				st = rj_drain(r, &got, &e);
				bulla_ring_free(r);
				if (j.broken || (st == BULLA_OK) == (fail != 0))
					exit(1);
				rj_init(&j, 200, threads);
				j.fail_stage = fail != 0 ? 2 : RJ_STAGES;
				j.fail_seq = 100;
				NEED(rj_ring(&j, false, threads, slots, &r));
				st = rj_feed(r, 200, &e);
				bulla_ring_free(r);
				if (j.broken || (st == BULLA_OK) == (fail != 0))
					exit(1);
			}
	return n;
}

static int
memfile(void)
{
	int fd = memfd_create("tsan", 0);

	if (fd == -1)
		exit(1);
	return fd;
}

/* Seal the paths (or a bag from in), verify, and open to a stream. */
static void
package(const struct bulla_pack *p, int in, bool zstd)
{
	static struct bulla_signer key;
	static struct bulla_identities ids;
	static struct bulla_recipients to;
	static struct bulla_vkeys known;
	struct bulla_sealed sealed;
	struct bulla_package pkg = { 0 };
	struct bulla_opened opened = { 0 };
	struct bulla_buf sink = BULLA_BUF_INIT((size_t)1 << 30);
	struct bulla_writer_buf w;

	if (known.n == 0) {
		struct bulla_identity who = { 0 };
		struct bulla_secret text = { 0 };
		struct bulla_cur c;

		NEED(bulla_signer_new("a/b", BULLA_SIG_ED25519, &key, &e));
		NEED(bulla_vkeys_add(&known, &key.vkey, &e));
		NEED(bulla_identity_new(&who, &e));
		NEED(bulla_identity_text(&who, NULL, 1, &text, &e));
		c = bulla_secret_view(&text);
		NEED(bulla_identities_add_text(&ids, &c, &e));
		NEED(bulla_recipients_add(&to, who.recipient, &e));
	}
	struct bulla_seal s = { .signers = &key, .n_signers = 1,
	    .recipients = &to, .created = 1795316645, .pack = p, .in_fd = in,
	    .out_name = "tsan", .threads = 3, .zstd = zstd };
	struct bulla_verify v = { .known = &known, .threads = 3 };
	struct bulla_open o = { .known = &known, .ids = &ids, .threads = 3,
	    .out = &w.w };

	bulla_writer_buf_init(&w, &sink);
	s.out_fd = v.fd = o.fd = memfile();
	NEED(bulla_seal_run(&s, &sealed, &e));
	(void)lseek(v.fd, 0, SEEK_SET);
	NEED(bulla_package_verify(&v, &pkg, &e));
	(void)lseek(v.fd, 0, SEEK_SET);
	NEED(bulla_open_run(&o, &opened, &e));
	bulla_package_free(&pkg);
	bulla_package_free(&opened.package);
	bulla_buf_free(&sink);
	close(v.fd);
}

int
main(int argc, char **argv)
{
	struct bulla_writer_fd w;
	struct bulla_packed done;
	struct bulla_pack p = { .time = 1795316645, .threads = 3,
	    .out_fd = -1, .old_fd = -1, .stdin_fd = -1 };
	struct bulla_baginfo info = { { 0 } };
	unsigned n = 0;
	int tar;

	if (argc < 2)
		return 2;
	NEED(bulla_crypto_init(&e));
	p.info = &info;
	p.paths = (const char *const *)argv + 1;
	p.n_paths = (size_t)argc - 1;
	n += rings();
	for (int zstd = 0; zstd < 2; zstd++) {
		package(&p, -1, zstd != 0);
		tar = memfile();
		bulla_writer_fd_init(&w, tar, "tar");
		NEED(bulla_pack_run(&p, &w.w, &done, &e));
		(void)lseek(tar, 0, SEEK_SET);
		package(NULL, tar, zstd != 0);
		close(tar);
		n += 2;
	}
	printf("COUNT thread-sanitizer %u 0\n", n);
	return 0;
}
