#ifndef TEST_SHARED_PLACE_H
#define TEST_SHARED_PLACE_H

#include "receive_kit.h"

/*
 * Two homes of one side, ./one and ./two, with a receiver each, and a place
 * that they share.
 */
enum { RECEIPTS = 4 };
static struct place {
	struct bulla_vkeys receivers;
	bool claimed;
	char id[33];
	uint8_t sha256[32];		/* of who has the id */
	struct {
		uint8_t sha256[32];
		struct bulla_buf note;
	} v[RECEIPTS];
	unsigned n;
	unsigned looked, offered, n_put;
	/*
	 * What it does wrong: the status of each, and is it done all the same?
	 */
	enum bulla_status claim, put, look, offer, may;
	bool done_anyway;
} at;
static struct bulla_signer second;

static inline enum bulla_status
claim(void *ctx, const char *id, uint8_t sha256[32], struct bulla_err *err)
{
	cr_expect_eq(ctx, &at);
	if (at.claim != BULLA_OK)
		return bulla_fail(err, at.claim, "claim");
	if (!at.claimed) {
		at.claimed = true;
		snprintf(at.id, sizeof(at.id), "%s", id);
		memcpy(at.sha256, sha256, 32);
	}
	cr_expect_str_eq(at.id, id);
	memcpy(sha256, at.sha256, 32);
	return BULLA_OK;
}

static inline enum bulla_status
put_there(void *ctx, const char *id, const uint8_t sha256[32], int fd,
    uint64_t n, struct bulla_err *err)
{
	uint8_t byte = 0, digest[32];
	(void)ctx;

	cr_expect_str_eq(id, p.id);
	cr_expect_eq(n, bytes.len);
	cr_expect_lt(write(fd, &byte, 1), 0, "it could be written to");
	KIT_OK(bulla_hash_fd(fd, NULL, digest, NULL));
	cr_expect_arr_eq(digest, sha256, 32);
	at.n_put++;
	return at.put == BULLA_OK ? BULLA_OK : bulla_fail(err, at.put, "put");
}

static inline struct bulla_buf *
find(const uint8_t sha256[32])
{
	for (unsigned i = 0; i < at.n; i++)
		if (memcmp(at.v[i].sha256, sha256, 32) == 0)
			return &at.v[i].note;
	return NULL;
}

static inline void
add(const uint8_t sha256[32], const struct bulla_cur *note)
{
	cr_assert_lt(at.n, RECEIPTS);
	memcpy(at.v[at.n].sha256, sha256, 32);
	at.v[at.n].note = (struct bulla_buf)BULLA_BUF_INIT(BULLA_NOTE_MAX);
	bulla_buf_cur(&at.v[at.n++].note, note);
}

static inline enum bulla_status
receipt(void *ctx, const uint8_t sha256[32], const struct bulla_cur *note,
    struct bulla_buf *out, struct bulla_err *err)
{
	enum bulla_status st = note->len == 0 ? at.look : at.offer;

	(void)ctx;
	*(note->len == 0 ? &at.looked : &at.offered) += 1;
	if (note->len > 0 && find(sha256) == NULL && (st == BULLA_OK ||
	    at.done_anyway))
		add(sha256, note);
	if (st != BULLA_OK)
		return bulla_fail(err, st, "receipt");
	if (find(sha256) != NULL)
		bulla_buf_put(out, find(sha256)->p, find(sha256)->len);
	return BULLA_OK;
}

static inline enum bulla_status
may(void *ctx, const struct bulla_verified *v, int64_t when,
    struct bulla_err *err)
{
	(void)ctx;
	cr_expect_eq(v->n_by, 1);
	cr_expect(when >= KIT_TIME);
	return at.may == BULLA_OK ? BULLA_OK : bulla_fail(err, at.may, "may");
}

static const struct bulla_shared shared = { .claim = claim, .put = put_there,
    .receipt = receipt, .receivers = &at.receivers, .may = may, .ctx = &at };

static inline void
begin_shared(void)
{
	begin();
	KIT_OK(bulla_signer_new("beta/other", BULLA_SIG_ED25519, &second,
	    NULL));
	KIT_OK(bulla_vkeys_add(&at.receivers, &receiver.vkey, NULL));
	KIT_OK(bulla_vkeys_add(&at.receivers, &second.vkey, NULL));
	how.home = "one";
	how.shared = &shared;
}

static inline void
end_shared(void)
{
	for (unsigned i = 0; i < at.n; i++)
		bulla_buf_free(&at.v[i].note);
	bulla_vkeys_free(&at.receivers);
	bulla_signer_free(&second);
	end();
}

/* Packages, chains and receipts in a home. */
static inline void
expect_home(const char *home, unsigned packages, unsigned chains,
    unsigned receipts)
{
	const char *const dir[] = { "packages", "custody", "receipts" };
	const unsigned want[] = { packages, chains, receipts };
	char path[100];

	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", home, dir[i]);
		cr_expect_eq(n_entries(path), want[i], "%s: %u", path,
		    n_entries(path));
	}
}

#endif
