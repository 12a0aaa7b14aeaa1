#include "exchange_kit.h"

/* Logs that go back or fork, and answers that cannot be believed. */
TestSuite(exchange_alarm, .init = world_enter, .fini = world_leave);

/* A and B agree, then the home of one is copied; each goes on by itself. */
static void
agree(struct end *a, struct end *b)
{
	struct bulla_cosignings c;
	struct wire w = { .to = b };
	struct bulla_err err;

	end_open(a, "A", &side_a);
	end_open(b, "B", &side_b);
	record(a, "one");
	cr_assert_eq(cosign(a, &w, &c, &err), BULLA_OK, "%s", err.msg);
	shell("cp -a A A2 && cp -a B B2");
	record(a, "after the copy");
	cr_assert_eq(cosign(a, &w, &c, &err), BULLA_OK, "%s", err.msg);
}

Test(exchange_alarm, a_restored_sender_is_stopped)
{
	struct bulla_cosignings c;
	struct end a, b, old;
	struct wire w = { .to = &b };
	struct bulla_err err;

	agree(&a, &b);
	end_open(&old, "A2", &side_a);
	cr_assert_eq(cosign(&old, &w, &c, &err), BULLA_E_REFUSED);
	cr_assert_not_null(strstr(err.msg, "rollback"), "%s", err.msg);
	check_alarm("A2", &old.x, "rollback", &side_a.s[LOG].vkey, true);
	/* The same again is the same alarm */
	cr_assert_eq(cosign(&old, &w, &c, &err), BULLA_E_REFUSED);
	cr_assert_eq(n_files("A2/ledger/alarm/*"), 1);
	end_close(&old);
	end_close(&a);
	end_close(&b);
}

Test(exchange_alarm, a_forked_sender_is_stopped_and_can_show_it)
{
	struct bulla_cosignings c;
	struct end a, b, twin;
	struct wire w = { .to = &b };
	struct bulla_err err;
	uint64_t size_b;

	agree(&a, &b);
	size_b = bulla_ledger_size(b.h.ledger);
	end_open(&twin, "A2", &side_a);
	for (unsigned i = 0; i < 8; i++) {
		char text[16];

		snprintf(text, sizeof(text), "other %u", i);
		record(&twin, text);
	}
	cr_assert_eq(cosign(&twin, &w, &c, &err), BULLA_E_REFUSED);
	cr_assert_not_null(strstr(err.msg, "fork"), "%s", err.msg);
	check_alarm("A2", &twin.x, "fork", &side_a.s[LOG].vkey, true);
	/* For B it may be a proof that somebody spoilt: it is on record */
	cr_assert_eq(bulla_ledger_size(b.h.ledger), size_b + 1);
	cr_assert_eq(n_files("B/ledger/alarm/*"), 0);
	/* A third attempt adds nothing; the true one goes on */
	cr_assert_eq(cosign(&twin, &w, &c, &err), BULLA_E_REFUSED);
	cr_assert_eq(bulla_ledger_size(b.h.ledger), size_b + 1);
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_OK, "%s", err.msg);
	end_close(&twin);
	end_close(&a);
	end_close(&b);
}

Test(exchange_alarm, a_restored_inbox_stops_the_sender)
{
	struct bulla_cosignings c;
	struct end a, b, old;
	struct wire w = { .to = &old };
	struct bulla_err err;

	agree(&a, &b);
	/* Grown further than what the old one records by being asked */
	w.to = &b;
	record(&b, "x");
	record(&b, "y");
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_OK, "%s", err.msg);
	end_open(&old, "B2", &side_b);
	w.to = &old;
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_E_REFUSED);
	cr_assert_not_null(strstr(err.msg, "rollback"), "%s", err.msg);
	check_alarm("A", &a.x, "rollback", &side_b.s[LOG].vkey, true);
	end_close(&old);
	end_close(&a);
	end_close(&b);
}

Test(exchange_alarm, a_forked_inbox_stops_the_sender)
{
	struct bulla_cosignings c;
	struct end a, b, twin;
	struct wire w = { .to = &twin };
	struct bulla_err err;

	agree(&a, &b);
	end_open(&twin, "B2", &side_b);
	for (unsigned i = 0; i < 8; i++) {
		char text[16];

		snprintf(text, sizeof(text), "other %u", i);
		record(&twin, text);
	}
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_E_REFUSED);
	cr_assert_not_null(strstr(err.msg, "fork"), "%s", err.msg);
	check_alarm("A", &a.x, "fork", &side_b.s[LOG].vkey, true);
	end_close(&twin);
	end_close(&a);
	end_close(&b);
}

/* Changes that a line, or a dishonest inbox, might make to an answer. */
static void
flip_signature(unsigned *status, struct bulla_buf *body)
{
	(void)status;
	body->p[body->len - 8] ^= 1;
}

static void
no_line(unsigned *status, struct bulla_buf *body)
{
	(void)status;
	bulla_buf_reset(body);
}

static void
junk(unsigned *status, struct bulla_buf *body)
{
	(void)status;
	bulla_buf_str(body, "hello\n");
}

static void
number(unsigned *status, struct bulla_buf *body)
{
	*status = 409;
	bulla_buf_reset(body);
	bulla_buf_str(body, "1000000\n");
}

static void
same_number(unsigned *status, struct bulla_buf *body)
{
	*status = 409;
	bulla_buf_reset(body);
	bulla_buf_str(body, "0\n");
}

static void
no_number(unsigned *status, struct bulla_buf *body)
{
	*status = 409;
	bulla_buf_reset(body);
	bulla_buf_str(body, "07\n");
}

static void
other_log(unsigned *status, struct bulla_buf *body)
{
	*status = 200;
	bulla_buf_reset(body);
	bulla_buf_str(body, "old 0\n\nx.example/log\n0\n"
	    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 "
	    "x.example/log AAAAAGFhYWE=\n");
}

static void
moved(unsigned *status, struct bulla_buf *body)
{
	(void)body;
	*status = 302;
}

Test(exchange_alarm, answers_that_cannot_be_believed)
{
	static const struct {
		enum bulla_tus_place at;
		void (*change)(unsigned *, struct bulla_buf *);
		enum bulla_status want;
	} t[] = {
		{ BULLA_TUS_ADD, same_number, BULLA_E_REFUSED },
		{ BULLA_TUS_ADD, flip_signature, BULLA_E_MISMATCH },
		{ BULLA_TUS_ADD, no_line, BULLA_E_MISMATCH },
		{ BULLA_TUS_ADD, junk, BULLA_E_MISMATCH },
		{ BULLA_TUS_ADD, number, BULLA_E_REFUSED },
		{ BULLA_TUS_ADD, no_number, BULLA_E_REFUSED },
		{ BULLA_TUS_ADD, moved, BULLA_E_REFUSED },
		{ BULLA_TUS_ASK, flip_signature, BULLA_E_REFUSED },
		{ BULLA_TUS_ASK, no_line, BULLA_E_REFUSED },
		{ BULLA_TUS_ASK, junk, BULLA_E_REFUSED },
		{ BULLA_TUS_ASK, number, BULLA_E_REFUSED },
		{ BULLA_TUS_ASK, other_log, BULLA_E_REFUSED },
		{ BULLA_TUS_ASK, moved, BULLA_E_REFUSED },
		{ BULLA_TUS_COSIGNATURE, moved, BULLA_E_REFUSED },
	};
	struct bulla_cosignings c;
	struct bulla_err err;
	struct end a, b;

	end_open(&a, "A", &side_a);
	end_open(&b, "B", &side_b);
	record(&a, "one");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct wire w = { .to = &b, .at = t[i].at,
		    .change = t[i].change };
		enum bulla_status st = cosign(&a, &w, &c, &err);

		cr_assert_eq(st, t[i].want, "%zu: %d %s", i, st, err.msg);
		cr_assert_neq(err.msg[0], '\0');
	}
	/* An honest one after all that */
	cr_assert_eq(cosign(&a, &(struct wire){ .to = &b }, &c, &err),
	    BULLA_OK, "%s", err.msg);
	end_close(&a);
	end_close(&b);
}

Test(exchange_alarm, alarms_do_not_fill_the_disk)
{
	struct bulla_cosignings c;
	struct bulla_err err;
	struct end a, b;
	struct wire w = { .to = &b, .at = BULLA_TUS_ADD, .change = number };
	char path[100];

	end_open(&a, "A", &side_a);
	end_open(&b, "B", &side_b);
	record(&a, "one");
	cr_assert_eq(mkdir("A/ledger/alarm", 0700), 0);
	for (unsigned i = 0; i < BULLA_EXCHANGE_ALARMS_MAX; i++) {
		snprintf(path, sizeof(path), "A/ledger/alarm/%u-x", i);
		cr_assert_eq(mkdir(path, 0700), 0);
	}
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_E_REFUSED);
	cr_assert_str_eq(a.x.alarm, "ledger/alarm", "it is told all the same");
	cr_assert_eq(n_files("A/ledger/alarm/*"), BULLA_EXCHANGE_ALARMS_MAX);
	cr_assert_eq(rmdir("A/ledger/alarm/0-x"), 0);
	/* What a crash has left is no hindrance */
	cr_assert_eq(mkdir("A/ledger/alarm/.part", 0700), 0);
	cr_assert_eq(cosign(&a, &w, &c, &err), BULLA_E_REFUSED);
	check_alarm("A", &a.x, "rollback", &side_a.s[LOG].vkey, false);
	cr_assert_eq(n_files("A/ledger/alarm/*"), BULLA_EXCHANGE_ALARMS_MAX);
	cr_assert_eq(access("A/ledger/alarm/.part", F_OK), -1);
	end_close(&a);
	end_close(&b);
}
