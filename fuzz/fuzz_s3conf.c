#include <stdlib.h>
#include <string.h>

#include "bulla/s3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What parses is written, and parses to the same again, but the secret. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 16), b2 = b;
	struct bulla_cur c = bulla_cur_of(data, len);
	struct bulla_s3_conf conf = { 0 }, again = { 0 };
	struct bulla_s3_at at;
	char *url = malloc(len + 1);

	if (url == NULL || bulla_crypto_init(NULL) != BULLA_OK)
		abort();
	if (bulla_s3_conf_parse(&c, &conf, NULL) == BULLA_OK) {
		if (conf.secret.len == 0 || conf.parallel == 0 ||
		    conf.part_size < BULLA_S3_PART_MIN)
			abort();
		bulla_s3_conf_put(&b, &conf);
		c = bulla_buf_view(&b);
		if (bulla_s3_conf_parse(&c, &again, NULL) != BULLA_OK)
			abort();
		bulla_s3_conf_put(&b2, &again);
		if (b.len != b2.len || memcmp(b.p, b2.p, b.len) != 0)
			abort();
	}
	memcpy(url, data, len);
	url[len] = '\0';
	if (bulla_s3_url(url, &at, NULL) == BULLA_OK &&
	    (!bulla_s3_is_url(url) || strstr(at.key, "/../") != NULL ||
	    strstr(at.key, "//") != NULL ||
	    strpbrk(at.key, "?#% \\\n") != NULL))
		abort();
	bulla_s3_conf_free(&conf);
	bulla_s3_conf_free(&again);
	bulla_buf_free(&b);
	bulla_buf_free(&b2);
	free(url);
	return 0;
}
