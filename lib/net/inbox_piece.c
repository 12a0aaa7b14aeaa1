#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "inbox_int.h"

/*
 * A body with an Upload-Checksum is written as it comes, but nothing of it
 * is recorded or acknowledged before all of it is there and fits: else the
 * upload is at the offset where it was.
 */
enum bulla_status
piece_begin(struct upload *u, struct request *r, struct bulla_err *err)
{
	gnutls_hash_hd_t h = NULL;

	if (gnutls_hash_init(&h, GNUTLS_DIG_SHA256) != 0)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	r->hash = h;
	pthread_mutex_lock(&u->mu);
	if (u->owner == r)
		atomic_store(&u->piece_at, atomic_load(&u->written));
	pthread_mutex_unlock(&u->mu);
	return BULLA_OK;
}

void
piece_add(struct request *r, const void *p, size_t n)
{
	if (r->hash != NULL)
		BULLA_CHECK(gnutls_hash(r->hash, p, n) == 0);
}

void
piece_drop_locked(struct upload *u)
{
	uint64_t at = atomic_load(&u->piece_at);

	if (at == PIECE_NONE)
		return;
	/* Should it fail: what stays is written over before the upload is
	 * whole, and cut off when its length is declared. */
	if (u->fd != -1)
		(void)!ftruncate(u->fd, (off_t)at);
	atomic_store(&u->written, at);
	atomic_store(&u->piece_at, PIECE_NONE);
}

enum bulla_status
piece_end(struct upload *u, struct request *r, struct bulla_err *err)
{
	uint8_t sum[BULLA_TUS_DIGEST_LEN];
	enum bulla_status st = BULLA_OK;

	if (r->hash == NULL)
		return BULLA_OK;
	gnutls_hash_output(r->hash, sum);
	pthread_mutex_lock(&u->mu);
	if (u->owner != r)
		st = bulla_fail(err, BULLA_E_REFUSED,
		    "the upload was continued elsewhere");
	else if (memcmp(sum, r->sum, sizeof(sum)) == 0) {
		atomic_store(&u->piece_at, PIECE_NONE);
		follow_tell_locked(u);
	} else
		st = bulla_fail(err, BULLA_E_MISMATCH,
		    "the body has another SHA-256 than Upload-Checksum");
	pthread_mutex_unlock(&u->mu);
	return st;
}

void
piece_free(struct request *r)
{
	if (r->hash != NULL)
		gnutls_hash_deinit(r->hash, NULL);
	r->hash = NULL;
}
