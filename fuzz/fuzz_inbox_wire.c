#include <stdlib.h>
#include <string.h>

#include "../cmd/inbox_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * What a network process that was taken over may write to the signer. What
 * parses says the same when it is written and parsed again.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(WIRE_REQUEST_MAX + 1024);
	struct bulla_cur c = bulla_cur_of(data, len);
	struct wire_request q, again;

	if (wire_parse_request(&c, &q, NULL) != BULLA_OK)
		return 0;
	wire_put_request(&b, &q);
	c = bulla_buf_view(&b);
	if (bulla_buf_status(&b) != BULLA_OK ||
	    wire_parse_request(&c, &again, NULL) != BULLA_OK ||
	    again.kind != q.kind || again.length != q.length ||
	    memcmp(again.client.spki, q.client.spki, 32) != 0 ||
	    again.small.route.place != q.small.route.place ||
	    !bulla_cur_same(&again.small.body, &q.small.body))
		abort();
	bulla_buf_free(&b);
	return 0;
}
