#include <stdlib.h>
#include <string.h>

#include "bulla/hash.h"
#include "bulla/secret.h"
#include "bulla/tsp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* tests/vectors/tsp: the CA, and the digest and time of the one token. */
static const char pem[] =
"-----BEGIN CERTIFICATE-----\n"
"MIIBoTCCAUigAwIBAgIUV7uv5FZ5likqIW7f53/EPzYD08UwCgYIKoZIzj0EAwIw\n"
"HTEbMBkGA1UEAwwSYnVsbGEgVEVTVCBPTkxZIGNhMB4XDTI2MTEyMjEyNDY1NFoX\n"
"DTI3MDkxODEyNDY1NFowHTEbMBkGA1UEAwwSYnVsbGEgVEVTVCBPTkxZIGNhMFkw\n"
"EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbgnwd0dcfQ9zlP4EprPBKSldlS2KJmg7\n"
"JXaIV5Btb2D/JYOKS0PfVJTrSl+ZvAh9CIrOtw2igizg7snmHW/cg6NmMGQwHQYD\n"
"VR0OBBYEFADhvn8hLInPXpGOqug2Qvu8ZfzLMB8GA1UdIwQYMBaAFADhvn8hLInP\n"
"XpGOqug2Qvu8ZfzLMBIGA1UdEwEB/wQIMAYBAf8CAQAwDgYDVR0PAQH/BAQDAgEG\n"
"MAoGCCqGSM49BAMCA0cAMEQCIA357ipt3Z4aLYi4+0UlELkRZN31fJa/3PsyhBKI\n"
"/+cxAiB/u6EhZ48HDQhAJQeQSaljlOnuT91rAPRWVWZebtXvaQ==\n"
"-----END CERTIFICATE-----\n";
static const char text[] = "bulla test note v1\n"
    "what: a text that was stamped\n";
#define AT INT64_C(1795351616)

/*
 * Nobody here has the authority's key: what verifies is one of the two tokens
 * that it made, and says their time.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct bulla_tsp_cas *cas;
	struct bulla_tsp_expect x = { .now = AT + 86400 };
	struct bulla_cur c = bulla_cur_of(data, len);
	struct bulla_cur certificate = bulla_cur_str(pem);
	struct bulla_tsp t = { 0 };

	if (cas == NULL && (bulla_crypto_init(NULL) != BULLA_OK ||
	    bulla_tsp_cas_new(&cas, NULL) != BULLA_OK ||
	    bulla_tsp_cas_add(cas, &certificate, NULL) != BULLA_OK))
		abort();
	x.cas = cas;
	bulla_sha256(text, strlen(text), x.digest);
	if (bulla_tsp_verify(&c, &x, &t, NULL) == BULLA_OK && t.time != AT)
		abort();
	if (bulla_tsp_query_check(&c, x.digest, NULL) == BULLA_OK) {
		x.query = c;
		if (bulla_tsp_verify(&c, &x, &t, NULL) == BULLA_OK)
			abort();
	}
	return 0;
}
