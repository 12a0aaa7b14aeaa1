#include <stdlib.h>
#include <string.h>

#include "bulla/age.h"
#include "bulla/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return bulla_crypto_init(NULL) == BULLA_OK ? 0 : 1;
}

static void
signing_key(const struct bulla_cur *text)
{
	struct bulla_secret again = { 0 };
	struct bulla_signer s = { 0 };

	if (bulla_signer_parse(text, &s, NULL) != BULLA_OK)
		return;
	if (bulla_signer_text(&s, &again, NULL) == BULLA_OK &&
	    (again.len != text->len ||
	    memcmp(again.p, text->p, text->len) != 0))
		abort();
	bulla_secret_free(&again);
	bulla_signer_free(&s);
}

/* What is read can be written, and is then read as the same key. */
static void
age_keys(const struct bulla_cur *text)
{
	struct bulla_identities l = { 0 }, back = { 0 };
	struct bulla_secret again = { 0 };
	struct bulla_cur c;

	if (bulla_identities_add_text(&l, text, NULL) != BULLA_OK)
		goto out;
	for (size_t i = 0; i < l.n; i++) {
		if (bulla_identity_text(&l.v[i], "n", 0, &again, NULL) !=
		    BULLA_OK)
			continue;
		c = bulla_secret_view(&again);
		if (bulla_identities_add_text(&back, &c, NULL) != BULLA_OK ||
		    back.n != i + 1 || strcmp(back.v[i].recipient,
		    l.v[i].recipient) != 0)
			abort();
		bulla_secret_free(&again);
	}
out:
	bulla_identities_free(&l);
	bulla_identities_free(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_cur text = bulla_cur_of(data, len);

	signing_key(&text);
	age_keys(&text);
	return 0;
}
