#include <stdlib.h>
#include <string.h>

#include "bulla/outbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
same(const struct bulla_buf *b, const uint8_t *data, size_t len)
{
	if (bulla_buf_status(b) != BULLA_OK || b->len != len ||
	    memcmp(b->p, data, len) != 0)
		abort();
}

/* Both texts of the queue: what parses is written back bit for bit. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(2u << 20);
	struct bulla_cur c = bulla_cur_of(data, len);
	struct bulla_outbox_entry e;
	struct bulla_outbox_state s = { 0 };

	if (bulla_outbox_entry_parse(&c, &e, NULL) == BULLA_OK) {
		bulla_outbox_entry_put(&b, &e);
		same(&b, data, len);
	} else if (bulla_outbox_state_parse(&c, &s, NULL) == BULLA_OK) {
		bulla_outbox_state_put(&b, &s);
		same(&b, data, len);
	}
	bulla_buf_reset(&b);
	bulla_outbox_say(&s, &c);
	if (strlen(s.said) > BULLA_OUTBOX_NOTE_MAX)
		abort();
	/* Whatever is said can be kept. */
	s.phase = BULLA_OUTBOX_WAITING;
	s.tries = 0;
	s.last = s.next = 0;
	s.alarmed = false;
	s.events = 0;
	bulla_outbox_state_put(&b, &s);
	c = bulla_buf_view(&b);
	if (bulla_outbox_state_parse(&c, &s, NULL) != BULLA_OK)
		abort();
	bulla_buf_free(&b);
	return 0;
}
