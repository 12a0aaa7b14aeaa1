#ifndef TEST_CHAIN_CHECK_H
#define TEST_CHAIN_CHECK_H

#include "chain_home.h"

/*
 * For what bulla_chain_check finds in chains that nobody honest would write.
 * Write a note into a chain as whoever owns the disk could: any number, any
 * previous, any key.
 */
static inline void
forge(const struct ck_side *s, const char *dir, struct bulla_custody *c,
    const struct bulla_signer *keys, size_t n_keys)
{
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_cur v;
	char path[200];

	c->has_previous = true;
	bulla_custody_put(&text, c);
	v = bulla_buf_view(&text);
	bulla_buf_reset(&note);
	KIT_OK(bulla_note_sign(&v, keys, n_keys, &note, NULL));
	snprintf(path, sizeof(path), "%s/custody/" CK_ID "%s", s->home, dir);
	KIT_OK(bulla_dir_make(path, 0700, NULL));
	snprintf(path, sizeof(path), "%s/custody/" CK_ID "%s/%04u-%.*s.note",
	    s->home, dir, (unsigned)c->sequence, (int)c->event.len,
	    (const char *)c->event.p);
	KIT_OK(bulla_file_put(path, note.p, note.len, 0600, true, NULL));
	bulla_buf_free(&text);
}

/* The next in A's chain, right in all but what a test changes. */
static inline struct bulla_custody
next_of(const struct ck_side *s, const char *event, int64_t at)
{
	struct bulla_custody c = ck_event(s, event, at);
	struct bulla_chain ours;

	KIT_OK(bulla_chain_load(s->home, CK_ID, BULLA_OURS, NULL, &ours,
	    NULL));
	c.sequence = ours.n + 1;
	memcpy(c.previous, ck_seal, 32);
	if (ours.n > 0)
		memcpy(c.previous, ours.v[ours.n - 1].digest, 32);
	bulla_chain_free(&ours);
	return c;
}

static inline void
found(const char *want)
{
	ck_expect_found(&ck_a, ck_a.trust, want);
}

#endif
