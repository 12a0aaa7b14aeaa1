#include "exchange_kit.h"

#include "bulla/addcp.h"
#include "bulla/witness.h"

/* Silence, another log, proofs that are none: what is an alarm, what not. */

TestSuite(exchange_owed, .init = world_enter, .fini = world_leave);

static struct end a, b;
static struct bulla_err err;

static void
open_both(void)
{
	end_open(&a, "A", &side_a);
	end_open(&b, "B", &side_b);
	record(&a, "one");
}

static void
close_both(void)
{
	end_close(&a);
	end_close(&b);
}

static enum bulla_status
again(struct wire *w)
{
	struct bulla_cosignings c;

	w->to = &b;
	return cosign(&a, w, &c, &err);
}

static unsigned none_status;

static void
none(unsigned *status, struct bulla_buf *body)
{
	*status = none_status;
	bulla_buf_reset(body);
}

static const unsigned none_statuses[] = { 404, 405, 501 };
static const enum bulla_tus_place none_places[] = { BULLA_TUS_ADD,
    BULLA_TUS_ASK, BULLA_TUS_COSIGNATURE };

Test(exchange_owed, an_inbox_that_never_cosigned_keeps_no_ledger)
{
	struct wire w = { .at = BULLA_TUS_ADD, .change = none };

	open_both();
	for (size_t i = 0; i < 3; i++) {
		none_status = none_statuses[i];
		cr_assert_eq(again(&w), BULLA_E_NOMATCH, "%s", err.msg);
		cr_assert_eq(a.x.alarm[0], '\0');
	}
	cr_assert_eq(n_files("A/ledger/alarm"), 0);
	close_both();
}

Test(exchange_owed, who_cosigned_once_cannot_fall_silent)
{
	const struct bulla_peer peer = { wire_ask, &(struct wire){ .to = &b,
	    .at = BULLA_TUS_NOTES, .change = none }, NULL };
	struct bulla_cur note = bulla_buf_view(&side_a.note);

	open_both();
	cr_assert_eq(again(&(struct wire){ 0 }), BULLA_OK, "%s", err.msg);
	for (size_t i = 0; i < 9; i++) {
		struct wire w = { .at = none_places[i / 3], .change = none };

		none_status = none_statuses[i % 3];
		cr_assert_eq(again(&w), BULLA_E_REFUSED, "%zu: %s", i,
		    err.msg);
		cr_assert_not_null(strstr(err.msg, "before"), "%s", err.msg);
		cr_assert_not_null(strstr(a.x.alarm, "-refused"), "%zu", i);
	}
	a.x.alarm[0] = '\0';
	cr_assert_eq(bulla_exchange_tell(&a.x, &peer, &note, &err),
	    BULLA_E_REFUSED);
	cr_assert_neq(a.x.alarm[0], '\0');
	cr_assert_eq(bulla_exchange_tell(NULL, &peer, &note, &err),
	    BULLA_E_NOMATCH, "who asks without a home");
	close_both();
}

/* What either of both remembers is enough. */
Test(exchange_owed, what_they_cosigned_or_what_we_did)
{
	struct wire w = { .at = BULLA_TUS_ADD, .change = none };

	none_status = 404;
	open_both();
	cr_assert_eq(again(&(struct wire){ 0 }), BULLA_OK, "%s", err.msg);
	shell("mv A/ledger/witness kept");
	cr_assert_eq(again(&w), BULLA_E_REFUSED);
	shell("mv kept A/ledger/witness; rm -r A/ledger/cosigned");
	cr_assert_eq(again(&w), BULLA_E_REFUSED);
	shell("rm -r A/ledger/witness");
	cr_assert_eq(again(&w), BULLA_E_NOMATCH);
	close_both();
}

/* A request of A for B's witness, with lines that nobody knows. */
static void
request(const struct end *from, uint64_t old, struct bulla_buf *body)
{
	static unsigned n;
	uint8_t id[4] = { 1, 2, 3, 4 }, sig[64] = { 0 };

	bulla_buf_reset(body);
	cr_assert_eq(bulla_ledger_request(from->h.ledger, old, body, NULL),
	    BULLA_OK);
	memcpy(sig, &n, sizeof(n));
	n++;
	bulla_note_put_sig(body, "x.example/who", id, sig, sizeof(sig));
}

/* Anybody can spoil a proof; the log has signed nothing wrong. */
Test(exchange_owed, a_proof_that_is_none_is_no_alarm)
{
	struct bulla_buf body = BULLA_BUF_INIT(1 << 20);
	uint64_t before;

	open_both();
	cr_assert_eq(again(&(struct wire){ 0 }), BULLA_OK, "%s", err.msg);
	record(&a, "two");
	before = bulla_ledger_size(b.h.ledger);
	for (unsigned i = 0; i < 5; i++) {
		request(&a, 1, &body);
		/* "old 1\n" and the first hash of the proof */
		body.p[8] = body.p[8] == 'A' ? 'B' : 'A';
		cr_assert_eq(asked(&b, BULLA_TUS_ADD, 0, &body, NULL), 422);
		cr_assert_eq(b.x.alarm[0], '\0');
	}
	cr_assert_eq(n_files("B/ledger/alarm"), 0);
	/* that the log has signed it is on record, once */
	cr_assert_eq(bulla_ledger_size(b.h.ledger), before + 1);
	cr_assert_eq(again(&(struct wire){ 0 }), BULLA_OK, "%s", err.msg);
	bulla_buf_free(&body);
	close_both();
}

/* One size with two roots is, whatever stands around it. */
Test(exchange_owed, two_roots_of_one_size_are_one_alarm)
{
	struct bulla_buf body = BULLA_BUF_INIT(1 << 20);
	struct end twin;

	shell("cp -a A A2");
	open_both();
	cr_assert_eq(again(&(struct wire){ 0 }), BULLA_OK, "%s", err.msg);
	end_open(&twin, "A2", &side_a);
	record(&twin, "another");
	request(&twin, 0, &body);
	cr_assert_eq(asked(&b, BULLA_TUS_ADD, 0, &body, NULL), 409);
	cr_assert_neq(b.x.alarm[0], '\0', "not even with another old size");
	for (unsigned i = 0; i < 5; i++) {
		request(&twin, 1, &body);
		cr_assert_eq(asked(&b, BULLA_TUS_ADD, 0, &body, NULL), 422);
		cr_assert_not_null(strstr(b.x.alarm, "-fork"), "each time");
	}
	cr_assert_eq(n_files("B/ledger/alarm/*"), 1);
	cr_assert_eq(n_files("B/ledger/alarm/*/seen.note"), 1);
	cr_assert_eq(n_files("B/ledger/alarm/*/now.note"), 1);
	/* The same checkpoint again is none */
	request(&a, 0, &body);
	cr_assert_eq(asked(&b, BULLA_TUS_ADD, 0, &body, NULL), 409);
	cr_assert_eq(b.x.alarm[0], '\0');
	bulla_buf_free(&body);
	end_close(&twin);
	close_both();
}

#define OTHER "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void
by_hand(const struct end *witness, const char *dir, const struct end *log)
{
	struct bulla_buf body = BULLA_BUF_INIT(1 << 20);
	struct bulla_buf out = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_vkeys known = { 0 };
	struct bulla_witness w = { .dir = dir, .known = &known,
	    .key = witness->x.witness, .now = NOW };
	struct bulla_cur c;
	unsigned code;

	cr_assert_eq(bulla_vkeys_add(&known, &log->side->s[LOG].vkey, NULL),
	    BULLA_OK);
	request(log, 0, &body);
	c = bulla_buf_view(&body);
	cr_assert_eq(bulla_witness_add(&w, &c, &out, &code, &err), BULLA_OK,
	    "%s", err.msg);
	bulla_vkeys_free(&known);
	bulla_buf_free(&body);
	bulla_buf_free(&out);
}

/*
 * As if what was cosigned had been of a log with another name: to begin a new
 * one is how to be rid of a past.
 */
Test(exchange_owed, another_log_is_not_taken_for_the_first)
{
	struct bulla_buf body = BULLA_BUF_INIT(1 << 20);

	open_both();
	cr_assert_eq(again(&(struct wire){ 0 }), BULLA_OK, "%s", err.msg);
	shell("for s in A B; do cd $s/ledger/witness && "
	    "mv ????????????????* " OTHER " && cd ../../..; done");
	/* on the sender's side */
	request(&a, 0, &body);
	cr_assert_eq(asked(&b, BULLA_TUS_ADD, 0, &body, NULL), 403);
	cr_assert_not_null(strstr(b.x.alarm, "-refused"));
	cr_assert_eq(n_files("B/ledger/alarm/*/seen.note"), 1);
	cr_assert_eq(n_files("B/ledger/alarm/*/now.note"), 1);
	/* and on the inbox's, once B has agreed to A's */
	by_hand(&b, "B/ledger/witness", &a);
	cr_assert_eq(again(&(struct wire){ 0 }), BULLA_E_REFUSED);
	cr_assert_not_null(strstr(err.msg, "by hand"), "%s", err.msg);
	cr_assert_not_null(strstr(a.x.alarm, "-refused"));
	cr_assert_eq(n_files("A/ledger/alarm/*"), 1);
	by_hand(&a, "A/ledger/witness", &b);
	cr_assert_eq(again(&(struct wire){ 0 }), BULLA_OK, "%s", err.msg);
	/* Not signed by their log: no alarm, whatever its name */
	body.p[body.len - 120] ^= 1;
	shell("rm -r B/ledger/alarm");
	cr_assert_neq(asked(&b, BULLA_TUS_ADD, 0, &body, NULL), 200);
	cr_assert_eq(b.x.alarm[0], '\0');
	bulla_buf_free(&body);
	close_both();
}
