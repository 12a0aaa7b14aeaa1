#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/hash.h"
#include "bulla/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_VKEY_MAX);
	struct bulla_cur c = bulla_cur_of(data, len);
	struct bulla_vkey k;

	if (bulla_vkey_parse(&c, &k, NULL) != BULLA_OK)
		return;
	bulla_vkey_put(&b, &k);
	if (bulla_buf_status(&b) != BULLA_OK || b.len != len ||
	    memcmp(b.p, data, len) != 0)
		abort();
	bulla_buf_free(&b);
}

/*
 * No fuzzer guesses 32 bits of SHA-256: the id is put right before a second
 * attempt, so that what lies behind that check is reached too.
 */
static void
mend(uint8_t *s, size_t len)
{
	struct bulla_buf msg = BULLA_BUF_INIT(2048);
	struct bulla_cur c = bulla_cur_of(s, len), name, b64;
	uint8_t id[4], key[512], digest[32];
	char hex[9];
	size_t key_len;

	if (bulla_key_split(&c, &name, id, &b64) &&
	    bulla_b64_decode(&b64, BULLA_B64_PADDED, key, sizeof(key),
	    &key_len)) {
		bulla_buf_cur(&msg, &name);
		bulla_buf_str(&msg, "\n");
		bulla_buf_put(&msg, key, key_len);
		bulla_sha256(msg.p, msg.len, digest);
		bulla_hex(hex, digest, 4);
		memcpy(s + name.len + 1, hex, 8);
		check(s, len);
	}
	bulla_buf_free(&msg);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len + 1);

	check(data, len);
	if (copy != NULL && len > 0) {
		memcpy(copy, data, len);
		mend(copy, len);
	}
	free(copy);
	return 0;
}
