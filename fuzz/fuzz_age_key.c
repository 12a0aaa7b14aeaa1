#include <stdlib.h>
#include <string.h>

#include "bulla/age.h"
#include "bulla/enc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The last line of the text of an identity: the key itself. */
static struct bulla_cur
key_line(const struct bulla_secret *text)
{
	struct bulla_cur c = bulla_secret_view(text), line = c;

	while (bulla_cur_line(&c, &line))
		continue;
	return line;
}

static bool
has_line(const uint8_t *data, size_t len, const struct bulla_cur *want)
{
	struct bulla_cur c = bulla_cur_of(data, len), line;

	while (bulla_cur_line(&c, &line))
		if (bulla_cur_same(&line, want))
			return true;
	return bulla_cur_same(&c, want);
}

/* Every key that was taken stands in the text, in the one form it has. */
static void
identities(const uint8_t *data, size_t len)
{
	struct bulla_cur c = bulla_cur_of(data, len), line;
	struct bulla_identities l = { 0 };
	struct bulla_secret text = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_identities_add_text(&l, &c, &err);

	if (st == BULLA_OK && l.n + l.n_pq == 0)
		abort();
	if (memmem(err.msg, sizeof(err.msg), "KEY-1Q", 6) != NULL)
		abort();
	for (size_t i = 0; i < l.n; i++) {
		if (bulla_identity_text(&l.v[i], NULL, 0, &text, NULL) !=
		    BULLA_OK)
			abort();
		line = key_line(&text);
		if (!has_line(data, len, &line))
			abort();
		bulla_secret_free(&text);
	}
	bulla_identities_free(&l);
}

/* A recipient is written again to the same characters. */
static void
recipient(const uint8_t *data, size_t len)
{
	struct bulla_buf text = BULLA_BUF_INIT(len + 1);
	struct bulla_buf again = BULLA_BUF_INIT(BULLA_AGE_RECIPIENT_MAX);
	struct bulla_recipients l = { 0 };
	const char *s;

	bulla_buf_put(&text, data, len);
	s = bulla_buf_cstr(&text);
	if (s == NULL)
		abort();
	if (bulla_recipients_add(&l, s, NULL) == BULLA_OK) {
		bulla_bech32_put(&again, "age", l.v[0].pub, 32, false);
		if (strcmp(bulla_buf_cstr(&again), s) != 0 ||
		    strcmp(l.v[0].text, s) != 0)
			abort();
		if (bulla_recipients_add(&l, s, NULL) != BULLA_E_USAGE)
			abort();
	}
	bulla_recipients_free(&l);
	bulla_buf_free(&again);
	bulla_buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (bulla_crypto_init(NULL) != BULLA_OK)
		abort();
	identities(data, len);
	recipient(data, len);
	return 0;
}
