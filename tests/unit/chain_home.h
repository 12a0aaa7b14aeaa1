#ifndef TEST_CHAIN_HOME_H
#define TEST_CHAIN_HOME_H

#include "chain_kit.h"

/* Two homes, what they write into their chains and keep of the other. */
static struct bulla_buf note = BULLA_BUF_INIT(KIT_MAX);
static struct bulla_buf second = BULLA_BUF_INIT(KIT_MAX);

static inline void
begin(void)
{
	ck_begin();
}

static inline void
end(void)
{
	bulla_buf_free(&note);
	bulla_buf_free(&second);
	ck_end();
}

static inline void
add(const struct ck_side *s, const char *event, int64_t at)
{
	ck_add(s, ck_event(s, event, at), &note);
}

/* A hands over to B, which receives; A countersigns. */
static inline void
hand_over(void)
{
	struct bulla_custody c = ck_event(&ck_b, "receive", 30);
	uint8_t digest[32];
	char hex[65];

	add(&ck_a, "seal", 10);
	add(&ck_a, "relinquish", 20);
	ck_hex(&note, hex);
	ck_set(&c, "relinquish", hex);
	ck_add(&ck_b, c, &note);
	ck_digest(&note, digest);
	bulla_buf_reset(&second);
	cr_assert_eq(bulla_chain_countersign("a", CK_ID, digest,
	    &ck_a.key[CK_CUSTODIAN], &second, &e), BULLA_OK, "%s", e.msg);
	cr_assert_eq(ck_keep(&ck_b, &second), BULLA_OK, "%s", e.msg);
}

#endif
