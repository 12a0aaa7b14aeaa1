#include "exchange_kit.h"

TestSuite(exchange, .init = world_enter, .fini = world_leave);

static bool
is_there(const char *fmt, uint64_t n)
{
	char path[200];

	snprintf(path, sizeof(path), fmt, (unsigned long long)n);
	return access(path, F_OK) == 0;
}

Test(exchange, each_has_the_other_cosign)
{
	struct bulla_cosignings c = { 0 };
	struct bulla_err err;
	struct end a, b;
	struct wire w = { .to = &b };
	uint64_t size_b;

	end_open(&a, "A", &side_a);
	end_open(&b, "B", &side_b);
	record(&a, "one");
	record(&a, "two");
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_OK, "%s", err.msg);
	cr_assert_eq(c.ours, 2);
	/* B has recorded A's checkpoint before it showed its own */
	cr_assert_eq(c.theirs, 1);
	cr_assert(is_there("A/ledger/cosigned/%020llu.note", 2));
	cr_assert(is_there("B/ledger/cosigned/%020llu.note", 1));
	cr_assert_eq(n_files("A/ledger/witness/????????????????*"), 1);
	cr_assert_eq(n_files("B/ledger/witness/????????????????*"), 1);
	/* and A has recorded B's */
	cr_assert_eq(bulla_ledger_size(a.h.ledger), 3);
	cr_assert_eq(w.n, 3);
	/* Again: what came since is covered too, from where they were */
	size_b = bulla_ledger_size(b.h.ledger);
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_OK, "%s", err.msg);
	cr_assert_eq(c.ours, 3);
	cr_assert_eq(c.theirs, size_b + 1);
	cr_assert_eq(w.n, 6);
	cr_assert_eq(a.x.alarm[0], '\0');
	cr_assert_eq(n_files("A/ledger/alarm/*"), 0);
	cr_assert_eq(n_files("B/ledger/alarm/*"), 0);
	end_close(&a);
	end_close(&b);
}

/* Wherever the line is cut, and on which side of it. */
Test(exchange, cut_anywhere_and_done_again)
{
	struct bulla_cosignings c = { 0 };
	struct bulla_err err;
	struct end a, b;

	for (unsigned i = 2; i < 8; i++) {
		struct wire w = { .to = &b, .cut = i / 2,
		    .cut_after = i % 2 == 1 };

		shell("rm -rf A0 B0; cp -a A A0; cp -a B B0");
		end_open(&a, "A0", &side_a);
		end_open(&b, "B0", &side_b);
		record(&a, "one");
		cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_E_AGAIN);
		end_close(&a);
		end_close(&b);
		end_open(&a, "A0", &side_a);
		end_open(&b, "B0", &side_b);
		w.cut = 0;
		cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_OK, "%u: %s", i,
		    err.msg);
		cr_assert_eq(c.ours, bulla_ledger_size(a.h.ledger) - 1);
		cr_assert_eq(c.theirs, bulla_ledger_size(b.h.ledger));
		cr_assert_eq(n_files("?0/ledger/alarm/*"), 0);
		/* One record for each checkpoint that was seen, never two */
		cr_assert_leq(c.ours, 2);
		cr_assert_leq(c.theirs, 2);
		end_close(&a);
		end_close(&b);
	}
}

/* Between the question and our judgement another of us is through with it. */
static struct end *overtaken;

static void
overtake(unsigned *status, struct bulla_buf *body)
{
	struct wire w = { .to = overtaken };
	struct bulla_cosignings c;
	struct bulla_err err;
	struct end other;

	(void)status;
	(void)body;
	if (overtaken == NULL)
		return;
	overtaken = NULL;
	end_open(&other, "A", &side_a);
	record(w.to, "more");
	cr_assert_eq(cosign(&other, &w, &c, &err), BULLA_OK, "%s", err.msg);
	end_close(&other);
}

Test(exchange, two_senders_of_one_home)
{
	struct bulla_cosignings c;
	struct bulla_err err;
	struct end a, b;
	struct wire w = { .to = &b, .at = BULLA_TUS_ASK, .change = overtake };

	end_open(&a, "A", &side_a);
	end_open(&b, "B", &side_b);
	record(&a, "one");
	overtaken = &b;
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_OK, "%s", err.msg);
	cr_assert_eq(w.places[BULLA_TUS_ASK], 2);
	cr_assert_eq(c.theirs, bulla_ledger_size(b.h.ledger));
	cr_assert_eq(n_files("?/ledger/alarm/*"), 0);
	end_close(&a);
	end_close(&b);
}

Test(exchange, cosignatures_of_another_time)
{
	static const int64_t off[] = { -BULLA_EXCHANGE_SKEW - 1,
	    BULLA_EXCHANGE_SKEW + 1 };
	struct bulla_cosignings c;
	struct bulla_err err;
	struct end a, b;
	struct wire w = { .to = &b };

	end_open(&a, "A", &side_a);
	end_open(&b, "B", &side_b);
	record(&a, "one");
	a.h.now += BULLA_EXCHANGE_SKEW;		/* room below */
	for (size_t i = 0; i < 2; i++) {
		b.h.now = a.h.now + off[i];
		cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_E_MISMATCH);
		cr_assert_not_null(strstr(err.msg, "another time"), "%s",
		    err.msg);
		cr_assert_eq(n_files("A/ledger/cosigned/*.note"), 0);
	}
	b.h.now = a.h.now + BULLA_EXCHANGE_SKEW;
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_OK, "%s", err.msg);
	end_close(&a);
	end_close(&b);
}

/* A key that has ended is no witness, and no log, any more. */
Test(exchange, keys_that_may_not)
{
	struct bulla_cosignings c;
	struct bulla_err err;
	struct end a, b;
	struct wire w = { .to = &b };

	end_open(&a, "A", &side_a);
	end_open(&b, "B", &side_b);
	record(&a, "one");
	/* B's witness is none of B's roster */
	b.x.witness = &side_a.s[WITNESS];
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_E_MISMATCH, "%s",
	    err.msg);
	b.x.witness = &side_b.s[WITNESS];
	/* For B, A's roster has run out: no stranger, but refused */
	b.h.now = SIDE_UNTIL + 1;
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_E_REFUSED);
	cr_assert_not_null(strstr(err.msg, "403"), "%s", err.msg);
	check_alarm("A", &a.x, "refused", &side_a.s[LOG].vkey, false);
	b.h.now = NOW;
	/* No witness there: nothing is known of such requests */
	b.x.witness = NULL;
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_E_NOMATCH, "%s",
	    err.msg);
	b.x.witness = &side_b.s[WITNESS];
	a.x.witness = NULL;
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_E_USAGE);
	end_close(&a);
	end_close(&b);
}

Test(exchange, requests_that_are_none)
{
	static const char *const bad[] = { "", "old 0", "old 0\n",
	    "old 0\n\n", "old 00\n\nx\n", "old -1\n\nx\n", "hello",
	    "old 0\nAAAA\n\nx\n" };
	struct bulla_buf body = BULLA_BUF_INIT(1 << 20);
	struct end a, b;

	end_open(&a, "A", &side_a);
	end_open(&b, "B", &side_b);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bulla_buf_reset(&body);
		bulla_buf_str(&body, bad[i]);
		cr_assert_eq(asked(&b, BULLA_TUS_ADD, 0, &body, NULL), 400,
		    "%s", bad[i]);
		cr_assert_eq(asked(&b, BULLA_TUS_NOTES, 0, &body, NULL), 400,
		    "%s", bad[i]);
		cr_assert_eq(asked(&b, BULLA_TUS_COSIGNATURE, 0, &body, NULL),
		    400, "%s", bad[i]);
	}
	/* Somebody else's log, and our own */
	record(&b, "one");
	bulla_buf_reset(&body);
	cr_assert_eq(bulla_ledger_request(b.h.ledger, 0, &body, NULL),
	    BULLA_OK);
	cr_assert_eq(asked(&b, BULLA_TUS_ADD, 0, &body, NULL), 404);
	/* An uncosigned checkpoint is no cosignature */
	bulla_buf_reset(&body);
	cr_assert_eq(bulla_ledger_checkpoint(b.h.ledger, &body, NULL),
	    BULLA_OK);
	cr_assert_eq(asked(&b, BULLA_TUS_COSIGNATURE, 0, &body, NULL), 403);
	bulla_buf_reset(&body);
	record(&a, "one");
	cr_assert_eq(bulla_ledger_checkpoint(a.h.ledger, &body, NULL),
	    BULLA_OK);
	cr_assert_eq(asked(&b, BULLA_TUS_COSIGNATURE, 0, &body, NULL), 403);
	cr_assert_eq(n_files("B/ledger/alarm/*"), 0);
	bulla_buf_free(&body);
	end_close(&a);
	end_close(&b);
}

/* A checkpoint that our log did not sign is nobody's evidence. */
Test(exchange, cosignatures_on_what_we_never_said)
{
	struct bulla_buf text = BULLA_BUF_INIT(1000);
	struct bulla_buf body = BULLA_BUF_INIT(10000);
	struct bulla_checkpoint cp = { .size = 9,
	    .origin = bulla_cur_str("b.example/log") };
	struct bulla_cur c;
	struct end b;

	end_open(&b, "B", &side_b);
	record(&b, "one");
	bulla_checkpoint_put(&text, &cp);
	c = bulla_buf_view(&text);
	bulla_buf_cur(&body, &c);
	bulla_buf_str(&body, "\n");
	cr_assert_eq(bulla_cosign(&c, &side_a.s[WITNESS], NOW, &body, NULL),
	    BULLA_OK);
	cr_assert_eq(asked(&b, BULLA_TUS_COSIGNATURE, 0, &body, NULL), 403);
	cr_assert_eq(n_files("B/ledger/alarm/*"), 0);
	/* With our log's signature it is: there is another copy of us */
	bulla_buf_reset(&body);
	cr_assert_eq(bulla_note_sign(&c, &side_b.s[LOG], 1, &body, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_cosign(&c, &side_a.s[WITNESS], NOW, &body, NULL),
	    BULLA_OK);
	cr_assert_eq(asked(&b, BULLA_TUS_COSIGNATURE, 0, &body, NULL), 422);
	check_alarm("B", &b.x, "fork", &side_b.s[LOG].vkey, true);
	bulla_buf_free(&text);
	bulla_buf_free(&body);
	end_close(&b);
}

/* The same bytes with a signature line that nobody knows behind them. */
static void
add_line(struct bulla_buf *b)
{
	static unsigned n;
	uint8_t id[4] = { 1, 2, 3, 4 }, sig[64] = { 0 };

	memcpy(sig, &n, sizeof(n));
	n++;
	bulla_note_put_sig(b, "x.example/who", id, sig, sizeof(sig));
}

/* Lines of strangers make no other checkpoint, and no second record. */
Test(exchange, a_checkpoint_is_recorded_once)
{
	struct bulla_buf body = BULLA_BUF_INIT(1 << 20);
	struct end a, b;
	uint64_t n;

	end_open(&a, "A", &side_a);
	end_open(&b, "B", &side_b);
	record(&a, "one");
	for (unsigned i = 0; i < 4; i++) {
		bulla_buf_reset(&body);
		cr_assert_eq(bulla_ledger_request(a.h.ledger, i > 0, &body,
		    NULL), BULLA_OK);
		if (i > 1)
			add_line(&body);
		cr_assert_eq(asked(&b, BULLA_TUS_ADD, 0, &body, NULL), 200);
		if (i == 0)
			n = bulla_ledger_size(b.h.ledger);
		cr_assert_eq(bulla_ledger_size(b.h.ledger), n);
	}
	cr_assert_eq(n, 1);
	bulla_buf_free(&body);
	end_close(&a);
	end_close(&b);
}

static unsigned
post(struct end *e, const struct bulla_buf *note)
{
	return asked(e, BULLA_TUS_NOTES, 0, note, NULL);
}

static void
fresh(struct end *e)
{
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_exchange_refresh(&e->x, &err), BULLA_OK, "%s",
	    err.msg);
	e->h.now = NOW;
}

Test(exchange, rosters_and_suspensions)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct end b;
	uint64_t n;

	end_open(&b, "B", &side_b);
	/* The one in force: no news */
	cr_assert_eq(post(&b, &side_a.note), 204);
	side_next(&side_a);
	side_sign(&side_a, side_a.s, 1);	/* one signer of two */
	cr_assert_neq(post(&b, &side_a.note), 204);
	side_sign(&side_a, side_a.s, 2);
	n = bulla_ledger_size(b.h.ledger);
	cr_assert_eq(post(&b, &side_a.note), 204);
	cr_assert_eq(bulla_ledger_size(b.h.ledger), n + 1);
	fresh(&b);
	cr_assert_eq(post(&b, &side_a.note), 204);
	add_line(&side_a.note);
	cr_assert_eq(post(&b, &side_a.note), 204);
	cr_assert_eq(bulla_ledger_size(b.h.ledger), n + 1);
	/* By a key that may not, then by one that may */
	side_suspend(&side_a, &side_a.s[WITNESS].vkey, &side_a.s[SEALER],
	    NOW - 10, &note);
	cr_assert_neq(post(&b, &note), 204);
	side_suspend(&side_a, &side_a.s[WITNESS].vkey, &side_a.s[HOTLINE],
	    NOW - 10, &note);
	cr_assert_eq(post(&b, &note), 204);
	cr_assert_eq(post(&b, &note), 204);
	add_line(&note);
	cr_assert_eq(post(&b, &note), 204);
	cr_assert_eq(bulla_ledger_size(b.h.ledger), n + 2);
	/* It is suspended from earlier on: nothing to keep or record */
	side_suspend(&side_a, &side_a.s[WITNESS].vkey, &side_a.s[LEAD],
	    NOW - 5, &note);
	cr_assert_eq(post(&b, &note), 204);
	cr_assert_eq(bulla_ledger_size(b.h.ledger), n + 2);
	fresh(&b);
	cr_assert_eq(bulla_trust_judge(b.h.trust, BULLA_THEIRS,
	    &side_a.s[WITNESS].vkey, BULLA_ROLE_WITNESS, NOW, NULL),
	    BULLA_E_REFUSED);
	bulla_buf_free(&note);
	end_close(&b);
}
