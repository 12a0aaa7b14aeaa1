#include <criterion/criterion.h>
#include <string.h>

#include "../../cmd/inbox_wire.h"

/* What the network process and the signer of an inbox say to each other. */
static struct bulla_buf msg = BULLA_BUF_INIT(WIRE_ANSWER_MAX);
static struct bulla_err e;
static const struct bulla_inbox_client client = { .spki = { 1, 2, 3 } };

static void
end(void)
{
	bulla_buf_free(&msg);
}

TestSuite(inbox_wire, .fini = end);

static enum bulla_status
parse(size_t len, struct wire_request *q)
{
	const struct bulla_cur c = bulla_cur_of(msg.p, len);

	return wire_parse_request(&c, q, &e);
}

static struct bulla_tus_route
route_of(const char *path)
{
	struct bulla_cur c = bulla_cur_str(path);
	struct bulla_tus_route r;

	bulla_tus_route(&c, &r);
	return r;
}

/* A request for this path; what parses of it is the same again. */
static bool
taken(const char *path, const char *body)
{
	const struct wire_request asked = { .kind = WIRE_SMALL,
	    .client = client, .small = { .body = bulla_cur_str(body),
	    .route = route_of(path) } };
	struct wire_request q;

	bulla_buf_reset(&msg);
	wire_put_request(&msg, &asked);
	if (parse(msg.len, &q) != BULLA_OK)
		return false;
	cr_expect_eq(q.kind, WIRE_SMALL);
	cr_expect_arr_eq(q.small.client->spki, client.spki, 32);
	cr_expect(strncmp(q.small.client->hex, "010203", 6) == 0);
	cr_expect_eq(q.small.route.place, asked.small.route.place);
	cr_expect_eq(q.small.route.old, asked.small.route.old);
	cr_expect_str_eq(q.small.route.tile, asked.small.route.tile);
	return bulla_cur_is(&q.small.body, body);
}

Test(inbox_wire, requests_that_the_signer_answers)
{
	cr_expect(taken("/checkpoint", ""));
	cr_expect(taken("/tile/0/000", ""));
	cr_expect(taken("/add-checkpoint", "old 5\n"));
	cr_expect(taken("/add-checkpoint/77", ""));
	cr_expect(taken("/notes", "a note"));
	/* its uploads are the network process's business */
	cr_expect(!taken("/packages", ""));
	cr_expect(!taken("/nowhere", ""));
	cr_expect(!taken("/packages/0123456789abcdef0123456789abcdef", ""));
}

Test(inbox_wire, cut_longer_and_of_no_kind)
{
	struct wire_request judge = { .kind = WIRE_JUDGE, .client = client };
	struct wire_request q;

	cr_expect(taken("/notes", "a note"));
	for (size_t n = 0; n < msg.len; n++)
		cr_expect_eq(parse(n, &q), BULLA_E_FORMAT, "%zu", n);
	bulla_buf_u8(&msg, 0);
	cr_expect_eq(parse(msg.len, &q), BULLA_E_FORMAT);
	bulla_buf_reset(&msg);
	wire_put_request(&msg, &judge);
	cr_expect_eq(parse(msg.len, &q), BULLA_OK);
	for (unsigned k = 0; k < 256; k++) {
		msg.p[0] = (uint8_t)k;
		cr_expect_eq(parse(msg.len, &q) == BULLA_OK, k == WIRE_JUDGE ||
		    k == WIRE_WHO, "%u", k);
	}
}

Test(inbox_wire, a_body_over_the_limit)
{
	struct wire_request asked = { .kind = WIRE_SMALL, .client = client,
	    .small.route.place = BULLA_TUS_NOTES }, q;
	static uint8_t body[BULLA_INBOX_SMALL_MAX + 1];

	asked.small.body = bulla_cur_of(body, sizeof(body) - 1);
	wire_put_request(&msg, &asked);
	cr_expect_eq(parse(msg.len, &q), BULLA_OK);
	bulla_buf_reset(&msg);
	asked.small.body = bulla_cur_of(body, sizeof(body));
	wire_put_request(&msg, &asked);
	cr_expect_eq(parse(msg.len, &q), BULLA_E_FORMAT);
}

/* One that grows says to how much, and that is no file of no bytes. */
Test(inbox_wire, the_length_of_one_that_is_followed)
{
	static const uint64_t good[] = { 1, 1048576, INT64_MAX };
	static const uint64_t bad[] = { 0, (uint64_t)INT64_MAX + 1,
	    UINT64_MAX };
	struct wire_request asked = { .kind = WIRE_FOLLOW,
	    .client = client }, q;

	for (size_t i = 0; i < 3; i++) {
		bulla_buf_reset(&msg);
		asked.length = good[i];
		wire_put_request(&msg, &asked);
		cr_expect_eq(parse(msg.len, &q), BULLA_OK);
		cr_expect_eq(q.kind, WIRE_FOLLOW);
		cr_expect_eq(q.length, good[i]);
		cr_expect_arr_eq(q.client.spki, client.spki, 32);
		for (size_t n = 0; n < msg.len; n++)
			cr_expect_eq(parse(n, &q), BULLA_E_FORMAT, "%zu", n);
		bulla_buf_reset(&msg);
		asked.length = bad[i];
		wire_put_request(&msg, &asked);
		cr_expect_eq(parse(msg.len, &q), BULLA_E_FORMAT);
	}
}

static enum bulla_status
answer(enum wire_kind kind, size_t len, union wire_result *r)
{
	const struct bulla_cur c = bulla_cur_of(msg.p, len);

	e = (struct bulla_err){ 0 };
	memset(r, 0, sizeof(*r));
	if (kind != WIRE_SMALL && kind != WIRE_WHO)
		r->verdict.note.max = BULLA_INBOX_SMALL_MAX;
	if (kind == WIRE_SMALL)
		r->small.body.max = BULLA_INBOX_ANSWER_MAX;
	return wire_parse_answer(&c, kind, r, &e);
}

Test(inbox_wire, a_verdict)
{
	union wire_result r = { .verdict = { .accepted = true,
	    .sha256 = { 9 }, .id = "0123456789abcdef0123456789abcdef",
	    .note = BULLA_BUF_INIT(100) } }, got;
	const struct bulla_err none = { 0 };

	bulla_buf_str(&r.verdict.note, "note");
	wire_put_answer(&msg, WIRE_JUDGE, BULLA_OK, &none, &r);
	cr_assert_eq(answer(WIRE_JUDGE, msg.len, &got), BULLA_OK);
	cr_expect(got.verdict.accepted && !got.verdict.existed);
	cr_expect_arr_eq(got.verdict.sha256, r.verdict.sha256, 32);
	cr_expect_str_eq(got.verdict.id, r.verdict.id);
	cr_expect_eq(got.verdict.note.len, 4);
	bulla_buf_free(&got.verdict.note);
	for (size_t n = 0; n < msg.len; n++) {
		cr_expect_eq(answer(WIRE_JUDGE, n, &got), BULLA_E_IO);
		bulla_buf_free(&got.verdict.note);
	}
	bulla_buf_free(&r.verdict.note);
}

Test(inbox_wire, an_answer_and_an_agency)
{
	union wire_result r = { .small = { .status = 409,
	    .type = "text/x.tlog.size", .retry_after = 7,
	    .body = BULLA_BUF_INIT(100) } }, got;
	const struct bulla_err none = { 0 };

	bulla_buf_str(&r.small.body, "12\n");
	wire_put_answer(&msg, WIRE_SMALL, BULLA_OK, &none, &r);
	cr_assert_eq(answer(WIRE_SMALL, msg.len, &got), BULLA_OK);
	cr_expect_eq(got.small.status, 409);
	cr_expect_str_eq(got.small.type, "text/x.tlog.size");
	cr_expect_eq(got.small.retry_after, 7);
	cr_expect_eq(got.small.body.len, 3);
	bulla_buf_free(&got.small.body);
	bulla_buf_free(&r.small.body);
	r = (union wire_result){ .who = { .standing = BULLA_INBOX_SUSPENDED,
	    .pinned = true, .name = "a.example", .reason = "lost" } };
	bulla_buf_reset(&msg);
	wire_put_answer(&msg, WIRE_WHO, BULLA_OK, &none, &r);
	cr_assert_eq(answer(WIRE_WHO, msg.len, &got), BULLA_OK);
	cr_expect_eq(got.who.standing, BULLA_INBOX_SUSPENDED);
	cr_expect(got.who.pinned);
	cr_expect_str_eq(got.who.name, "a.example");
	cr_expect_str_eq(got.who.reason, "lost");
}

Test(inbox_wire, a_failure)
{
	const struct bulla_err why = { BULLA_E_IO, 28, "disk: full" };
	union wire_result got = { 0 };

	wire_put_answer(&msg, WIRE_JUDGE, BULLA_E_IO, &why, &got);
	cr_expect_eq(answer(WIRE_JUDGE, msg.len, &got), BULLA_E_IO);
	cr_expect_str_eq(e.msg, "disk: full");
	cr_expect_eq(e.sys_errno, 28);
}
