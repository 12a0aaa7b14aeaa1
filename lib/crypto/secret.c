#include <sodium.h>
#include <string.h>

#include "bulla/secret.h"

enum bulla_status
bulla_crypto_init(struct bulla_err *err)
{
	if (sodium_init() < 0)
		return bulla_fail(err, BULLA_E_UNSUPPORTED,
		    "libsodium cannot start: is there a source of randomness "
		    "(getrandom or /dev/urandom)?");
	return BULLA_OK;
}

enum bulla_status
bulla_secret_new(struct bulla_secret *s, size_t len, struct bulla_err *err)
{
	uint8_t *p = sodium_malloc(len);

	if (p == NULL)
		return bulla_fail(err, BULLA_E_NOMEM,
		    "no guarded memory for %zu secret bytes", len);
	memset(p, 0, len);
	s->p = p;
	s->len = len;
	return BULLA_OK;
}

enum bulla_status
bulla_secret_from(struct bulla_secret *s, const void *data, size_t len,
    struct bulla_err *err)
{
	enum bulla_status st = bulla_secret_new(s, len, err);

	if (st == BULLA_OK && len > 0)
		memcpy(s->p, data, len);
	return st;
}

void
bulla_secret_free(struct bulla_secret *s)
{
	if (s == NULL)
		return;
	sodium_free(s->p);
	*s = (struct bulla_secret){ 0 };
}

struct bulla_cur
bulla_secret_view(const struct bulla_secret *s)
{
	return bulla_cur_of(s->p, s->len);
}

bool
bulla_secret_eq(const void *a, size_t a_len, const void *b, size_t b_len)
{
	return a_len == b_len && sodium_memcmp(a, b, a_len) == 0;
}

void
bulla_wipe(void *p, size_t n)
{
	if (n > 0)
		sodium_memzero(p, n);
}

void
bulla_random(void *p, size_t n)
{
	if (n > 0)
		randombytes_buf(p, n);
}
