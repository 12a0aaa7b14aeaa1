#include "exchange_kit.h"

/*
 * Side b has two inboxes, with a home and a log each, in one roster. Side a
 * has ./A; b has ./B and ./C.
 */
static struct side side_c;	/* b's roster, other keys */
static struct end a, b, c;
static struct bulla_err err;

static void
add_key(enum bulla_role role, const struct bulla_signer *s)
{
	side_b.r->key[side_b.r->n_keys++] = (struct bulla_roster_key){
	    .role = role, .key = s->vkey, .from = SIDE_TIME,
	    .until = SIDE_UNTIL, .person = bulla_cur_of("", 0) };
}

static void
begin(void)
{
	struct bulla_signer log, witness;

	scratch_enter();
	side_init(&side_a, "a.example");
	side_init(&side_b, "b.example");
	(void)side_new_key(&side_b, "log-c", BULLA_SIG_ED25519, &log);
	(void)side_new_key(&side_b, "witness-c", BULLA_SIG_COSIGNATURE,
	    &witness);
	add_key(BULLA_ROLE_LOG, &log);
	add_key(BULLA_ROLE_WITNESS, &witness);
	side_sign(&side_b, side_b.s, 2);
	side_c = side_b;
	side_c.s[LOG] = log;
	side_c.s[WITNESS] = witness;
	make_home("A", &side_a, &side_b);
	make_home("B", &side_b, &side_a);
	make_home("C", &side_c, &side_a);
	end_open(&a, "A", &side_a);
	end_open(&b, "B", &side_b);
	end_open(&c, "C", &side_c);
	record(&a, "one");
}

static void
end(void)
{
	end_close(&a);
	end_close(&b);
	end_close(&c);
	bulla_signer_free(&side_c.s[LOG]);
	bulla_signer_free(&side_c.s[WITNESS]);
	world_leave();
}

TestSuite(exchange_several, .init = begin, .fini = end);

static enum bulla_status
deliver(struct end *to, const char *name, struct bulla_cosignings *got)
{
	struct bulla_cosignings ignored;
	struct wire w = { .to = to, .name = name };

	return cosign(&a, &w, got != NULL ? got : &ignored, &err);
}

static void
expect_refused(const char *kind)
{
	cr_expect(strstr(a.x.alarm, kind) != NULL, "%s: %s", a.x.alarm,
	    err.msg);
	cr_expect_eq(n_entries("A/ledger/alarm"), 1 + 1, "and the lock");
}

/* Each grows as it likes, and each is held to what it showed. */
Test(exchange_several, in_turns)
{
	struct bulla_cosignings got;
	char text[40];

	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(deliver(&b, "https://b", &got), BULLA_OK, "%s",
		    err.msg);
		cr_expect_eq(got.theirs, bulla_ledger_size(b.h.ledger));
		cr_assert_eq(deliver(&c, "https://c", &got), BULLA_OK, "%s",
		    err.msg);
		cr_expect_eq(got.theirs, bulla_ledger_size(c.h.ledger));
		for (unsigned k = 0; k < 3 * i; k++) {
			snprintf(text, sizeof(text), "%u %u", i, k);
			record(i % 2 == 0 ? &b : &c, text);
		}
	}
	cr_expect_eq(n_entries("A/ledger/witness"), 2 + 1, "and the lock");
	cr_expect_eq(n_entries("A/ledger/shown"), 2);
	cr_expect_neq(access("A/ledger/alarm", F_OK), 0);
	cr_expect_neq(access("B/ledger/alarm", F_OK), 0);
	cr_expect_neq(access("C/ledger/alarm", F_OK), 0);
}

/* And the same from the other end: two senders of one side. */
Test(exchange_several, senders)
{
	struct bulla_cosignings got;
	struct wire w = { .to = &a, .name = "https://a" };

	for (unsigned i = 0; i < 3; i++) {
		cr_assert_eq(cosign(&b, &w, &got, &err), BULLA_OK, "%s",
		    err.msg);
		cr_assert_eq(cosign(&c, &w, &got, &err), BULLA_OK, "%s",
		    err.msg);
		record(&c, i == 0 ? "x" : i == 1 ? "y" : "z");
	}
	cr_expect_eq(n_entries("A/ledger/witness"), 2 + 1, "and the lock");
	cr_expect_neq(access("A/ledger/alarm", F_OK), 0);
}

Test(exchange_several, one_of_them_restored)
{
	cr_assert_eq(deliver(&b, "https://b", NULL), BULLA_OK, "%s", err.msg);
	shell("cp -a C C.old");
	record(&c, "two");
	record(&c, "three");
	cr_assert_eq(deliver(&c, "https://c", NULL), BULLA_OK, "%s", err.msg);
	end_close(&c);
	shell("rm -r C; mv C.old C");
	end_open(&c, "C", &side_c);
	cr_assert_eq(deliver(&c, "https://c", NULL), BULLA_E_REFUSED);
	cr_expect_not_null(strstr(err.msg, "rollback"), "%s", err.msg);
	expect_refused("-rollback");
	/* The other one is none the worse. */
	cr_assert_eq(deliver(&b, "https://b", NULL), BULLA_OK, "%s", err.msg);
}

/* Another log of the roster in its place is how to be rid of a past. */
Test(exchange_several, an_inbox_that_changes_its_log)
{
	cr_assert_eq(deliver(&b, "https://b", NULL), BULLA_OK, "%s", err.msg);
	cr_assert_eq(deliver(&c, "https://b", NULL), BULLA_E_REFUSED);
	cr_expect_not_null(strstr(err.msg, "by hand"), "%s", err.msg);
	expect_refused("-refused");
	cr_expect_eq(n_entries("A/ledger/witness"), 1 + 1);
}

/* The first log is no longer in force: the second is no second one. */
Test(exchange_several, a_log_in_place_of_one_that_ended)
{
	cr_assert_eq(deliver(&b, "https://b", NULL), BULLA_OK, "%s", err.msg);
	for (size_t i = 0; i < side_b.r->n_keys; i++)
		if (strcmp(side_b.r->key[i].key.name,
		    side_b.s[LOG].vkey.name) == 0)
			side_b.r->key[i].until = NOW - 10;
	side_next(&side_b);
	side_sign(&side_b, side_b.s, 2);
	cr_assert_eq(side_take("A", BULLA_THEIRS, &side_b, &err), BULLA_OK);
	end_close(&a);
	end_open(&a, "A", &side_a);
	cr_assert_eq(deliver(&c, "https://c", NULL), BULLA_E_REFUSED);
	expect_refused("-refused");
}

static void
spoil(unsigned *status, struct bulla_buf *body)
{
	(void)status;
	body->p[body->len - 20] = body->p[body->len - 20] == 'A' ? 'B' : 'A';
}

static void
gone(unsigned *status, struct bulla_buf *body)
{
	*status = 404;
	bulla_buf_reset(body);
}

/* Which log it has, it must sign; one without a checkpoint has no ledger. */
Test(exchange_several, checkpoints_that_choose_none)
{
	struct wire w = { .to = &b, .name = "https://b",
	    .at = BULLA_TUS_CHECKPOINT, .change = spoil };
	struct bulla_cosignings got;

	cr_assert_eq(cosign(&a, &w, &got, &err), BULLA_E_REFUSED);
	cr_expect_not_null(strstr(err.msg, "of no log of its roster"), "%s",
	    err.msg);
	shell("rm -r A/ledger/cosigned");
	end_close(&a);
	end_open(&a, "A", &side_a);
	w.change = gone;
	cr_assert_eq(cosign(&a, &w, &got, &err), BULLA_E_REFUSED, "%s",
	    err.msg);
}
