#ifndef TEST_RECEIVE_KIT_H
#define TEST_RECEIVE_KIT_H

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bulla/chain.h"
#include "bulla/custody.h"
#include "bulla/receive.h"
#include "package_parts.h"
#include "scratch.h"

/* Taking packages in, below ./home of a scratch directory. */
static struct kit kit;
static struct bulla_signer receiver;
static struct kit_package p;
static struct bulla_buf bytes = BULLA_BUF_INIT(KIT_MAX);
static struct bulla_receive how;
static struct bulla_received got;
static struct bulla_err e;

static inline void
begin(void)
{
	scratch_enter();
	kit_init(&kit);
	KIT_OK(bulla_signer_new("beta/receiver", BULLA_SIG_ED25519, &receiver,
	    NULL));
	kit_seal(&kit, &bytes);
	parts_of(&bytes, &p);
	how = (struct bulla_receive){ .home = "home", .receiver = &receiver,
	    .known = &kit.known, .now = KIT_TIME + 5 };
}

static inline void
end(void)
{
	bulla_buf_free(&got.receipt);
	parts_free(&p);
	bulla_buf_free(&bytes);
	bulla_signer_free(&receiver);
	kit_free(&kit);
	scratch_leave();
}

static inline enum bulla_status
receive_these(const struct bulla_buf *b)
{
	int fd = kit_memfd(b->p, b->len);
	enum bulla_status st;
	unsigned open_before = n_open();

	bulla_buf_free(&got.receipt);
	got = (struct bulla_received){ 0 };
	e = (struct bulla_err){ 0 };
	st = bulla_receive_fd(&how, fd, &got, &e);
	cr_expect_eq(n_open(), open_before);
	close(fd);
	return st;
}

static inline enum bulla_status
receive(void)
{
	return receive_these(&bytes);
}

/* HOME/<dir>/<name><end> */
static inline const char *
path_of(const char *dir, const char *name, const char *end)
{
	static char path[200];

	snprintf(path, sizeof(path), "home/%s/%s%s", dir, name, end);
	return path;
}

static inline const char *
receipt_path(void)
{
	char hex[65];

	bulla_hex(hex, got.sha256, 32);
	return path_of("receipts", hex, ".note");
}

static inline void
expect_bytes(const char *path, const struct bulla_buf *want)
{
	struct bulla_buf b = BULLA_BUF_INIT(KIT_MAX);

	cr_assert_eq(bulla_file_get(path, &b, NULL), BULLA_OK, "%s", path);
	cr_assert_eq(b.len, want->len, "%s", path);
	cr_expect_arr_eq(b.p, want->p, b.len, "%s", path);
	bulla_buf_free(&b);
}

/* The digest of the closing's text. */
static inline void
seal_of(uint8_t out[32])
{
	struct bulla_buf t = BULLA_BUF_INIT(KIT_MAX);

	parts_text(&p, "closing.note", &t);
	bulla_sha256(t.p, t.len, out);
	bulla_buf_free(&t);
}

static inline struct bulla_custody
event(const char *name, const char *actor)
{
	struct bulla_custody c = { .has_seal = true, .time = KIT_TIME };

	memcpy(c.id, p.id, sizeof(p.id));
	seal_of(c.seal);
	c.event = bulla_cur_str(name);
	c.actor = bulla_cur_str(actor);
	return c;
}

#endif
