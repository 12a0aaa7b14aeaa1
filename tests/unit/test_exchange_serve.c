#include "exchange_kit.h"

/* What the inbox gives to whoever may ask, and who that is. */

TestSuite(exchange_serve, .init = world_enter, .fini = world_leave);

Test(exchange_serve, files_that_any_server_could_serve)
{
	struct bulla_buf out = BULLA_BUF_INIT(1 << 20);
	struct bulla_exchange_request q = { .route.place = BULLA_TUS_TILE,
	    .route.tile = "tile/entries/000.p/2" };
	struct bulla_exchange_answer a = { .body = BULLA_BUF_INIT(1 << 20) };
	struct end b;

	end_open(&b, "B", &side_b);
	record(&b, "one");
	record(&b, "two");
	cr_assert_eq(asked(&b, BULLA_TUS_CHECKPOINT, 0, NULL, &out), 200);
	cr_assert(out.len > 0 && memcmp(out.p, "b.example/log\n2\n", 16) == 0);
	cr_assert_eq(bulla_exchange_answer(&b.x, &q, &a, NULL), BULLA_OK);
	cr_assert_eq(a.status, 200);
	cr_assert_str_eq(a.type, "application/octet-stream");
	cr_assert_eq(a.body.len, 2 * (2 + 96));
	bulla_buf_reset(&a.body);
	q.route.tile[strlen(q.route.tile) - 1] = '3';
	cr_assert_eq(bulla_exchange_answer(&b.x, &q, &a, NULL), BULLA_OK);
	cr_assert_eq(a.status, 404);
	cr_assert_eq(asked(&b, BULLA_TUS_ASK, 0, NULL, &out), 200);
	cr_assert_eq(asked(&b, BULLA_TUS_ASK, 2, NULL, &out), 200);
	cr_assert_eq(asked(&b, BULLA_TUS_ASK, 3, NULL, &out), 409);
	cr_assert_str_eq(bulla_buf_cstr(&out), "2\n");
	cr_assert_eq(asked(&b, BULLA_TUS_SEEN, 0, NULL, &out), 404);
	cr_assert_eq(asked(&b, BULLA_TUS_PACKAGES, 0, NULL, &out), 404);
	bulla_buf_free(&a.body);
	bulla_buf_free(&out);
	end_close(&b);
}

Test(exchange_serve, only_the_tls_keys_of_the_roster)
{
	struct bulla_exchange_request q = {
	    .route.place = BULLA_TUS_CHECKPOINT };
	struct bulla_exchange_answer a = { .body = BULLA_BUF_INIT(1 << 20) };
	uint8_t good[32] = { 1 }, other[32] = { 2 }, past[32] = { 3 };
	struct bulla_err err = { 0 };
	struct end b;

	side_next(&side_a);
	side_a.r->n_tls = 2;
	memcpy(side_a.r->tls[0].spki, good, 32);
	memcpy(side_a.r->tls[1].spki, past, 32);
	side_a.r->tls[0].from = side_a.r->tls[1].from = SIDE_TIME;
	side_a.r->tls[0].until = NOW + 1;
	side_a.r->tls[1].until = NOW;
	side_sign(&side_a, side_a.s, 2);
	cr_assert_eq(bulla_trust_take("B", BULLA_THEIRS,
	    &(struct bulla_cur){ side_a.note.p, side_a.note.len, 0 }, NULL,
	    NOW, &err), BULLA_OK, "%s", err.msg);
	end_open(&b, "B", &side_b);
	record(&b, "one");
	for (unsigned i = 0; i < 4; i++) {
		q.client = i == 0 ? good : i == 1 ? other : i == 2 ? past :
		    NULL;
		bulla_buf_reset(&a.body);
		cr_assert_eq(bulla_exchange_answer(&b.x, &q, &a, NULL),
		    BULLA_OK);
		cr_assert_eq(a.status, i == 0 ? 200 : 403, "%u", i);
	}
	bulla_buf_free(&a.body);
	end_close(&b);
}
