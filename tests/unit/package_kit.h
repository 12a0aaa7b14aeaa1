#ifndef TESTS_PACKAGE_KIT_H
#define TESTS_PACKAGE_KIT_H

/*
 * Packages for tests: good ones from bulla_seal_run, and any others. A
 * package is taken apart into its members, changed at will, signed again
 * with the real keys where a test wants that, and put together; the code
 * here that reads and writes members is not the code under test.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bagbuild.h"
#include "bulla/enc.h"
#include "bulla/io.h"
#include "bulla/package.h"
#include "bulla/ring.h"
#include "bulla/ustar.h"

#define KIT_MAX (200u << 20)
#define KIT_TIME INT64_C(1795316645)	/* 2026-11-22T03:04:05Z */
#define KIT_MEMBERS 12

struct kit {
	/* Of one agency; of the other side, also known; known to nobody. */
	struct bulla_signer sealer, second, rival, stranger;
	struct bulla_identities me, peer, nobody;	/* one identity each */
	struct bulla_recipients to;	/* me and peer */
	struct bulla_vkeys known;	/* all but the stranger */
};

struct kit_member {
	char path[BULLA_USTAR_NAME_MAX + 1];	/* without "<id>/" */
	struct bulla_buf data;
	uint64_t claim;			/* size in the header, if not 0 */
};
struct kit_package {
	char id[33];
	int64_t mtime;
	unsigned n;
	struct kit_member m[KIT_MEMBERS];
};

#define KIT_OK(call) cr_assert_eq((call), BULLA_OK, "%s", #call)

static TB_UNUSED void
kit_identity(struct kit *k, struct bulla_identities *l, bool is_recipient)
{
	struct bulla_identity who = { 0 };
	struct bulla_secret text = { 0 };
	struct bulla_cur c;

	KIT_OK(bulla_identity_new(&who, NULL));
	KIT_OK(bulla_identity_text(&who, NULL, KIT_TIME, &text, NULL));
	c = bulla_secret_view(&text);
	KIT_OK(bulla_identities_add_text(l, &c, NULL));
	if (is_recipient)
		KIT_OK(bulla_recipients_add(&k->to, who.recipient, NULL));
	bulla_secret_free(&text);
	bulla_secret_free(&who.key);
}

static TB_UNUSED void
kit_init(struct kit *k)
{
	*k = (struct kit){ 0 };
	KIT_OK(bulla_crypto_init(NULL));
	KIT_OK(bulla_signer_new("alpha/sealer", BULLA_SIG_ED25519, &k->sealer,
	    NULL));
	KIT_OK(bulla_signer_new("alpha/second", BULLA_SIG_ED25519, &k->second,
	    NULL));
	KIT_OK(bulla_signer_new("beta/sealer", BULLA_SIG_ED25519, &k->rival,
	    NULL));
	KIT_OK(bulla_signer_new("alpha/sealer", BULLA_SIG_ED25519,
	    &k->stranger, NULL));
	KIT_OK(bulla_vkeys_add(&k->known, &k->sealer.vkey, NULL));
	KIT_OK(bulla_vkeys_add(&k->known, &k->second.vkey, NULL));
	KIT_OK(bulla_vkeys_add(&k->known, &k->rival.vkey, NULL));
	kit_identity(k, &k->me, true);
	kit_identity(k, &k->peer, true);
	kit_identity(k, &k->nobody, false);
}

static TB_UNUSED void
kit_free(struct kit *k)
{
	bulla_signer_free(&k->sealer);
	bulla_signer_free(&k->second);
	bulla_signer_free(&k->rival);
	bulla_signer_free(&k->stranger);
	bulla_identities_free(&k->me);
	bulla_identities_free(&k->peer);
	bulla_identities_free(&k->nobody);
	bulla_recipients_free(&k->to);
	bulla_vkeys_free(&k->known);
}

static TB_UNUSED int
kit_memfd(const void *p, size_t n)
{
	int fd = memfd_create("kit", MFD_CLOEXEC);

	cr_assert_neq(fd, -1);
	KIT_OK(bulla_write_fd(fd, p, n, "kit", NULL));
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static TB_UNUSED void
kit_slurp(int fd, struct bulla_buf *out)
{
	struct bulla_reader_fd r;

	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	bulla_reader_fd_init(&r, fd, "kit");
	KIT_OK(bulla_read_all(&r.r, out, NULL));
}

/* A small bag as a tar. */
static TB_UNUSED void
kit_tar(struct bulla_buf *tar)
{
	struct bb bag;

	bb_init(&bag);
	bb_tags(&bag, NULL);
	bb_put(tar, &bag);
	bb_free(&bag);
}

/* What a test may change before kit_seal. */
static TB_UNUSED struct bulla_seal
kit_how(const struct kit *k)
{
	return (struct bulla_seal){
		.signers = &k->sealer, .n_signers = 1, .recipients = &k->to,
		.created = KIT_TIME, .threads = 1, .in_fd = -1,
		.out_name = "package",
	};
}

static TB_UNUSED enum bulla_status
kit_seal_as(struct bulla_seal *s, const struct bulla_buf *tar,
    struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_sealed done;
	enum bulla_status st;

	if (tar != NULL)
		s->in_fd = kit_memfd(tar->p, tar->len);
	s->out_fd = memfd_create("out", MFD_CLOEXEC);
	st = bulla_seal_run(s, &done, err);
	if (tar != NULL)
		close(s->in_fd);
	kit_slurp(s->out_fd, out);
	close(s->out_fd);
	if (st == BULLA_OK)
		cr_assert_eq(done.size, out->len);
	return st;
}

/* The small good package. */
static TB_UNUSED void
kit_seal(const struct kit *k, struct bulla_buf *out)
{
	struct bulla_buf tar = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_seal s = kit_how(k);

	kit_tar(&tar);
	KIT_OK(kit_seal_as(&s, &tar, out, NULL));
	bulla_buf_free(&tar);
}

static TB_UNUSED enum bulla_status
kit_verify_fd(const struct kit *k, int fd, unsigned threads,
    struct bulla_err *err)
{
	const struct bulla_verify v = { .fd = fd, .known = &k->known,
	    .threads = threads };
	struct bulla_package p = { 0 };
	enum bulla_status st = bulla_package_verify(&v, &p, err);

	cr_assert_eq(p.verified, st == BULLA_OK);
	bulla_package_free(&p);
	return st;
}

static TB_UNUSED enum bulla_status
kit_verify(const struct kit *k, const struct bulla_buf *b,
    struct bulla_err *err)
{
	int fd = kit_memfd(b->p, b->len);
	enum bulla_status st = kit_verify_fd(k, fd, 1, err);

	close(fd);
	return st;
}

/* Counts what would have left. */
struct kit_sink {
	struct bulla_writer w;
	uint64_t n;
};
static TB_UNUSED enum bulla_status
kit_sink_write(struct bulla_writer *w, const void *p, size_t n,
    struct bulla_err *err)
{
	(void)p;
	(void)err;
	((struct kit_sink *)(void *)w)->n += n;
	return BULLA_OK;
}

/* Open to a stream; *released counts its bytes. */
static TB_UNUSED enum bulla_status
kit_open_fd(const struct kit *k, int fd, uint64_t *released,
    struct bulla_err *err)
{
	struct kit_sink sink = { .w.write = kit_sink_write };
	const struct bulla_open o = { .fd = fd, .known = &k->known,
	    .ids = &k->me, .out = &sink.w, .threads = 1 };
	struct bulla_opened d = { 0 };
	enum bulla_status st = bulla_open_run(&o, &d, err);

	cr_assert_eq(d.package.verified, st == BULLA_OK);
	bulla_package_free(&d.package);
	*released = sink.n;
	return st;
}

static TB_UNUSED enum bulla_status
kit_open(const struct kit *k, const struct bulla_buf *b, uint64_t *released,
    struct bulla_err *err)
{
	int fd = kit_memfd(b->p, b->len);
	enum bulla_status st = kit_open_fd(k, fd, released, err);

	close(fd);
	return st;
}

static TB_UNUSED enum bulla_status
kit_open_dir_fd(const struct kit *k, int fd, const char *dir,
    struct bulla_err *err)
{
	const struct bulla_open o = { .fd = fd, .known = &k->known,
	    .ids = &k->me, .dir = dir, .threads = 1, .max_plain = KIT_MAX };
	struct bulla_opened d = { 0 };
	enum bulla_status st = bulla_open_run(&o, &d, err);

	cr_assert_eq(d.package.verified, st == BULLA_OK);
	bulla_package_free(&d.package);
	return st;
}

static TB_UNUSED enum bulla_status
kit_open_dir(const struct kit *k, const struct bulla_buf *b, const char *dir,
    struct bulla_err *err)
{
	int fd = kit_memfd(b->p, b->len);
	enum bulla_status st = kit_open_dir_fd(k, fd, dir, err);

	close(fd);
	return st;
}

#endif
