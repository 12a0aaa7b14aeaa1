#include <stdlib.h>
#include <string.h>

#include "bulla/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
put_sig(struct bulla_buf *b, const struct bulla_note_sig *s)
{
	uint8_t sig[BULLA_NOTE_BLOB_MAX];
	char name[BULLA_KEYNAME_MAX + 1];

	if (s->name.len > BULLA_KEYNAME_MAX ||
	    !bulla_note_sig_bytes(s, sig, sizeof(sig)))
		abort();
	memcpy(name, s->name.p, s->name.len);
	name[s->name.len] = '\0';
	bulla_note_put_sig(b, name, s->id, sig, s->sig_len);
}

/* One note, one encoding: what parses is written back bit for bit. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur c = bulla_cur_of(data, len);
	struct bulla_note n;

	if (bulla_note_parse(&c, &n, NULL) != BULLA_OK)
		return 0;
	bulla_buf_cur(&b, &n.text);
	bulla_buf_str(&b, "\n");
	for (unsigned i = 0; i < n.n_sigs; i++)
		put_sig(&b, &n.sig[i]);
	if (bulla_buf_status(&b) != BULLA_OK || b.len != len ||
	    memcmp(b.p, data, len) != 0)
		abort();
	bulla_buf_free(&b);
	return 0;
}
