/*
 * Every allocation of our own code fails in turn, guarded memory too:
 * a clean error, no verdict on the file, nothing lost.
 * WRAP: malloc calloc reallocarray sodium_malloc
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "agefile.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__real_sodium_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
void *__wrap_sodium_malloc(size_t n);

static long budget = -1;	/* allocations that succeed; -1: all */

static bool
refused(void)
{
	if (budget > 0)
		budget--;
	return budget == 0;
}

void *
__wrap_malloc(size_t n)
{
	return refused() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return refused() ? NULL : __real_calloc(n, size);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return refused() ? NULL : __real_reallocarray(p, n, size);
}

void *
__wrap_sodium_malloc(size_t n)
{
	return refused() ? NULL : __real_sodium_malloc(n);
}

TestSuite(age_oom, .init = agefile_init, .fini = agefile_fini,
    .timeout = 120);

/* Takes what it is given: a sink that allocates nothing. */
static enum bulla_status
drop(struct bulla_writer *w, const void *p, size_t n, struct bulla_err *err)
{
	(void)w;
	(void)p;
	(void)n;
	(void)err;
	return BULLA_OK;
}

static struct bulla_writer sink = { .write = drop };

static enum bulla_status
one_decrypt(const struct bulla_buf *file, enum bulla_age_class *cls,
    struct bulla_err *err)
{
	const struct bulla_age_decrypt p = { .ids = &ids };
	struct bulla_reader_mem in;

	bulla_reader_mem_init(&in, file->p, file->len);
	return bulla_age_decrypt(&p, &in.r, &sink, cls, err);
}

static enum bulla_status
one_encrypt(bool armor, struct bulla_err *err)
{
	const struct bulla_age_encrypt p = { .to = &to, .armor = armor };
	struct bulla_reader_mem in;

	bulla_reader_mem_init(&in, data, 1000);
	return bulla_age_encrypt(&p, &in.r, &sink, err);
}

Test(age_oom, decryption_without_memory_is_no_verdict)
{
	long k, cases = 0;

	for (int armor = 0; armor < 2; armor++) {
		struct bulla_buf file = BULLA_BUF_INIT(MAX);
		enum bulla_status st = BULLA_E_NOMEM;
		enum bulla_age_class cls;

		encrypt(1000, SIZE_MAX, armor, &file);
		for (k = 1; st != BULLA_OK; k++, cases++) {
			struct bulla_err err = { 0 };

			budget = k;
			st = one_decrypt(&file, &cls, &err);
			budget = -1;
			cr_assert(st == BULLA_OK || st == BULLA_E_NOMEM,
			    "allocation %ld: %s", k, err.msg);
			cr_assert_eq(cls, st == BULLA_OK ? BULLA_AGE_SUCCESS :
			    BULLA_AGE_NO_VERDICT);
			cr_assert_eq(st == BULLA_OK, err.msg[0] == '\0');
		}
		cr_assert_gt(k, 6);
		bulla_buf_free(&file);
	}
	printf("COUNT age/oom-decrypt %ld 0\n", cases);
	fflush(stdout);
}

Test(age_oom, encryption_without_memory_fails_cleanly)
{
	long k, cases = 0;

	for (int armor = 0; armor < 2; armor++) {
		enum bulla_status st = BULLA_E_NOMEM;

		for (k = 1; st != BULLA_OK; k++, cases++) {
			struct bulla_err err = { 0 };

			budget = k;
			st = one_encrypt(armor, &err);
			budget = -1;
			cr_assert(st == BULLA_OK || st == BULLA_E_NOMEM,
			    "allocation %ld: %s", k, err.msg);
		}
		cr_assert_gt(k, 6);
	}
	printf("COUNT age/oom-encrypt %ld 0\n", cases);
	fflush(stdout);
}

static enum bulla_status
one_key(struct bulla_err *err)
{
	struct bulla_identity i = { 0 };
	struct bulla_identities l = { 0 };
	struct bulla_recipients r = { 0 };
	struct bulla_secret text = { 0 };
	struct bulla_cur c;
	enum bulla_status st = bulla_identity_new(&i, err);

	if (st == BULLA_OK)
		st = bulla_identity_text(&i, "name", 0, &text, err);
	if (st == BULLA_OK) {
		c = bulla_secret_view(&text);
		st = bulla_identities_add_text(&l, &c, err);
	}
	if (st == BULLA_OK)
		st = bulla_recipients_add(&r, i.recipient, err);
	bulla_recipients_free(&r);
	bulla_identities_free(&l);
	bulla_secret_free(&text);
	bulla_secret_free(&i.key);
	return st;
}

Test(age_oom, keys_without_memory_fail_cleanly)
{
	enum bulla_status st = BULLA_E_NOMEM;
	long k;

	for (k = 1; st != BULLA_OK; k++) {
		struct bulla_err err = { 0 };

		budget = k;
		st = one_key(&err);
		budget = -1;
		cr_assert(st == BULLA_OK || st == BULLA_E_NOMEM,
		    "allocation %ld: %s", k, err.msg);
	}
	cr_assert_gt(k, 6);
	printf("COUNT age/oom-keys %ld 0\n", k - 1);
	fflush(stdout);
}
