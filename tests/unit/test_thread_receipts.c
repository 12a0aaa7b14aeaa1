#include "thread_home.h"

/* Which receipts, handovers and times count for the clocks of a thread. */
TestSuite(thread_receipts, .init = begin, .fini = end);

Test(thread_receipts, a_receipt_that_was_lost_is_told_on_both_sides)
{
	struct parcel p = { .from = &a, .to = &b, .kind = "request",
	    .class = "emergency", .created = h(0), .received = h(1),
	    .how_far = RECEIVED };
	struct bulla_threads x, y;

	(void)kit_send(&p);
	load(&a, h(20), &x);
	load(&b, h(20), &y);
	cr_assert(x.n == 1 && y.n == 1);
	/* the sender cannot prove it, the receiver does not hide it */
	cr_expect(x.v[0].state == BULLA_THREAD_UNPROVED &&
	    x.v[0].event[0].proof == BULLA_PROOF_NONE);
	cr_expect(y.v[0].start == h(1) && !y.v[0].event[0].countersigned);
	bulla_threads_free(&x);
	/* once they have cosigned that it was handed over, that is a proof */
	kit_cosign(&a, &b, h(2));
	load(&a, h(20), &x);
	cr_expect(x.v[0].start == h(2) &&
	    x.v[0].event[0].proof == BULLA_PROOF_COSIGNED &&
	    !x.v[0].event[0].has_receipt);
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

/* A custody note about the last package, as somebody could have it. */
struct made {
	const char *event, *actor, *match, *intact;
	const struct bulla_signer *by, *also;
	uint8_t seal;			/* xor */
	int64_t time;
};

static void
made_as(struct end *e, const struct made *m, uint8_t digest[32])
{
	static const char sum[] = "00000000000000000000000000000000"
	    "00000000000000000000000000000000";
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_custody c = { .sequence = 1, .has_seal = true,
	    .has_previous = true, .time = m->time,
	    .event = bulla_cur_str(m->event),
	    .actor = bulla_cur_str(m->actor),
	    .result = bulla_cur_str("done") };
	const struct { const char *label, *value; } extra[] = {
		{ "package-sha256", sum },
		{ m->match != NULL ? "match" : "to", m->match != NULL ?
		    m->match : "b.example" },
		{ m->match != NULL ? "seal-intact" : "transport",
		    m->match != NULL ? m->intact : "network" },
		{ "recipients", "desk" },
	};
	struct bulla_signer by[2] = { *m->by };
	struct bulla_cur v;

	if (m->also != NULL)
		by[1] = *m->also;
	memcpy(c.id, sent_id[n_sent - 1], sizeof(c.id));
	memcpy(c.seal, sent_seal[n_sent - 1], sizeof(c.seal));
	c.seal[0] ^= m->seal;
	memcpy(c.previous, c.seal, sizeof(c.previous));
	c.n_extra = m->match != NULL ? 3 : 4;
	for (size_t i = 0; i < c.n_extra; i++)
		c.extra[i] = (struct bulla_custody_extra){
		    bulla_cur_str(extra[i].label),
		    bulla_cur_str(extra[i].value) };
	bulla_custody_put(&text, &c);
	v = bulla_buf_view(&text);
	cr_assert_eq(bulla_note_sign(&v, by, m->also != NULL ? 2 : 1, &note,
	    NULL), BULLA_OK);
	v = bulla_buf_view(&note);
	cr_assert_eq(bulla_home_record(&e->h, &v, 1, NULL), BULLA_OK);
	bulla_sha256(text.p, text.len, digest);
	bulla_buf_free(&text);
	bulla_buf_free(&note);
}

static void
made(struct end *e, const struct made *m)
{
	uint8_t digest[32];

	made_as(e, m, digest);
}

static int64_t
start_in_a(void)
{
	struct bulla_threads x;
	int64_t start;

	load(&a, h(20), &x);
	cr_assert_eq(x.n, 1);
	start = x.v[0].start;
	bulla_threads_free(&x);
	return start;
}

Test(thread_receipts, which_receipts_count)
{
	struct parcel p = { .from = &a, .to = &b, .kind = "request",
	    .class = "emergency", .created = h(0), .how_far = SEALED };
	struct made good = { "receive", "b.example", "yes", "yes",
	    &side_b.s[RECEIVER], NULL, 0, h(5) }, m;

	(void)kit_send(&p);
	m = good;
	m.match = "no";
	made(&a, &m);
	m = good;
	m.intact = "no";
	made(&a, &m);
	m = good;
	m.actor = "a.example";	/* as ours */
	made(&a, &m);
	m = good;
	m.seal = 1;
	made(&a, &m);
	m = good;
	m.by = &side_a.s[RECEIVER];
	made(&a, &m);
	m = good;
	m.by = &side_b.s[SEALER];
	made(&a, &m);
	cr_expect_eq(start_in_a(), 0);
	made(&a, &good);
	cr_expect_eq(start_in_a(), h(5));
	/* of two the one that says the earlier time */
	for (int i = 1; i < 6; i++) {
		good.time = h(5) + i;
		made(&a, &good);
	}
	cr_expect_eq(start_in_a(), h(5));
	good.time = h(3);
	made(&a, &good);
	cr_expect_eq(start_in_a(), h(3));
}

/* A clock that begins only next year would never be overdue. */
Test(thread_receipts, a_receipt_of_a_time_to_come_stops_nothing)
{
	struct parcel p = { .from = &a, .to = &b, .kind = "request",
	    .class = "emergency", .created = h(0), .received = h(1),
	    .how_far = RECEIVED };
	struct made late = { "receive", "b.example", "yes", "yes",
	    &side_b.s[RECEIVER], NULL, 0, h(9000) };
	struct bulla_threads x;

	(void)kit_send(&p);
	made(&a, &late);
	/* nothing else proves it: it is a proof of some time */
	cr_expect_eq(start_in_a(), 0);
	load(&a, h(20), &x);
	cr_expect(x.v[0].event[0].has_receipt &&
	    x.v[0].event[0].fault == BULLA_EVENT_LATER);
	bulla_threads_free(&x);
	kit_cosign(&a, &b, h(2));
	load(&a, h(20), &x);
	cr_expect(x.v[0].start == h(2) && !x.v[0].event[0].has_receipt &&
	    x.v[0].event[0].proof == BULLA_PROOF_COSIGNED &&
	    x.v[0].first.state == BULLA_CLOCK_OVERDUE);
	bulla_threads_free(&x);
	/* it was cosigned a year before its time: so that was a lie */
	load(&a, h(9001), &x);
	cr_expect(x.v[0].start == h(2) && !x.v[0].event[0].has_receipt);
	bulla_threads_free(&x);
}

/* Dated back to before the agreement, nothing would ever be due. */
Test(thread_receipts, a_receipt_from_before_the_package_is_none)
{
	struct parcel p = { .from = &a, .to = &b, .kind = "request",
	    .class = "emergency", .created = h(100), .received = h(101),
	    .how_far = RECEIVED };
	struct made early = { "receive", "b.example", "yes", "yes",
	    &side_b.s[RECEIVER], NULL, 0, SIDE_TIME - 1 };
	struct bulla_threads x;

	(void)kit_send(&p);
	made(&a, &early);
	cr_expect_eq(start_in_a(), 0);
	early.time = h(76) - 1;		/* more than a day, as clocks go */
	made(&a, &early);
	cr_expect_eq(start_in_a(), 0);
	kit_cosign(&a, &b, h(102));
	load(&a, h(200), &x);
	cr_expect(x.v[0].start == h(102) && !x.v[0].event[0].has_receipt &&
	    x.v[0].first.state == BULLA_CLOCK_OVERDUE);
	bulla_threads_free(&x);
	early.time = h(76);
	made(&a, &early);
	load(&a, h(200), &x);
	cr_expect(x.v[0].start == h(76) && x.v[0].event[0].has_receipt);
	bulla_threads_free(&x);
}

/* Who seals could sign two openings of one package; one was closed. */
Test(thread_receipts, an_opening_that_was_not_closed)
{
	struct bulla_buf file = BULLA_BUF_INIT(1u << 24);
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	const size_t at = 1536;	/* bagit.txt, its contents, a header */
	struct bulla_threads x;
	struct bulla_note n;
	struct bulla_cur c;
	char path[100], *class;

	snprintf(path, sizeof(path), "A/packages/%s.bulla", from_a("request",
	    NULL, "emergency", h(0)));
	cr_assert_eq(bulla_file_get(path, &file, NULL), BULLA_OK);
	c = bulla_cur_of(file.p + at, strlen((char *)file.p + at));
	cr_assert_eq(bulla_note_parse(&c, &n, NULL), BULLA_OK);
	bulla_buf_cur(&text, &n.text);
	class = strstr((char *)file.p + at, "class: emergency");
	cr_assert_not_null(class);
	text.p[(uint8_t *)class - (file.p + at) + 15] = 's';
	c = bulla_buf_view(&text);
	cr_assert_eq(bulla_note_sign(&c, &side_a.s[SEALER], 1, &note, NULL),
	    BULLA_OK);
	memcpy(file.p + at, note.p, note.len);
	cr_assert_eq(bulla_file_put(path, file.p, file.len, 0600, true,
	    NULL), BULLA_OK);
	load(&a, h(20), &x);
	cr_assert(x.n == 0 && x.n_strays == 1);
	cr_expect_not_null(strstr(x.stray[0].why, "another opening note"));
	bulla_threads_free(&x);
	bulla_buf_free(&file);
	bulla_buf_free(&text);
	bulla_buf_free(&note);
}

Test(thread_receipts, the_first_handover_counts)
{
	struct parcel p = { .from = &a, .to = &b, .kind = "request",
	    .class = "emergency", .created = h(0), .how_far = SEALED };
	struct made m = { "relinquish", "a.example/custodian", NULL, NULL,
	    &side_a.s[CUSTODIAN], NULL, 0, h(1) };

	(void)kit_send(&p);
	kit_cosign(&a, &b, h(1));
	/* several, so that no order by digest is right by chance */
	for (int i = 0; i < 6; i++) {
		m.time = h(2) + i;
		made(&a, &m);
		kit_cosign(&a, &b, h(2 + i));
	}
	cr_expect_eq(start_in_a(), h(2));
}

/* A reject of the handover by this note of ours, as b's inbox signs it. */
static void
rejected(const struct bulla_signer *by, const char *actor, uint8_t note[32],
    int bend)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf out = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	char answers[65], sum[65];
	const struct { const char *label, *value; } extra[] = {
		{ "relinquish", answers }, { "package-sha256", sum },
		{ "reason", "seal-broken" },
	};
	struct bulla_cur v, dash = bulla_cur_str("-");
	struct bulla_custody c = { .event = bulla_cur_str("reject"),
	    .sequence = 1, .time = h(1), .actor = bulla_cur_str(actor),
	    .officer = dash, .place = dash, .purpose = dash,
	    .authority = dash, .result = bulla_cur_str("rejected"),
	    .n_extra = 3 };

	note[0] ^= (uint8_t)bend;
	bulla_hex(answers, note, 32);
	note[0] ^= (uint8_t)bend;
	memset(sum, 'a', 64);
	sum[64] = '\0';
	memcpy(c.id, sent_id[n_sent - 1], sizeof(c.id));
	for (size_t i = 0; i < 3; i++)
		c.extra[i] = (struct bulla_custody_extra){
		    bulla_cur_str(extra[i].label),
		    bulla_cur_str(extra[i].value) };
	bulla_custody_put(&text, &c);
	v = bulla_buf_view(&text);
	cr_assert_eq(bulla_note_sign(&v, by, 1, &out, NULL), BULLA_OK);
	v = bulla_buf_view(&out);
	cr_assert_eq(bulla_home_record(&a.h, &v, 1, NULL), BULLA_OK);
	bulla_buf_free(&text);
	bulla_buf_free(&out);
}

/* The other side has cosigned that it was handed over, and refused it. */
Test(thread_receipts, a_handover_that_was_rejected_is_none)
{
	struct parcel p = { .from = &a, .to = &b, .kind = "request",
	    .class = "emergency", .created = h(0), .how_far = SEALED };
	struct made m = { "relinquish", "a.example/custodian", NULL, NULL,
	    &side_a.s[CUSTODIAN], NULL, 0, h(2) };
	uint8_t note[32];

	(void)kit_send(&p);
	made_as(&a, &m, note);
	kit_cosign(&a, &b, h(2));
	cr_expect_eq(start_in_a(), h(2));
	/* of another note, by the wrong role, by us: they change nothing */
	rejected(&side_b.s[RECEIVER], "b.example", note, 1);
	rejected(&side_b.s[SEALER], "b.example", note, 0);
	rejected(&side_a.s[RECEIVER], "b.example", note, 0);
	rejected(&side_b.s[RECEIVER], "a.example", note, 0);
	cr_expect_eq(start_in_a(), h(2));
	rejected(&side_b.s[RECEIVER], "b.example", note, 0);
	cr_expect_eq(start_in_a(), 0);
	/* handed over again, and that has not been refused */
	m.time = h(4);
	made(&a, &m);
	kit_cosign(&a, &b, h(4));
	cr_expect_eq(start_in_a(), h(4));
}

/* Who has signed for it may have ended since; not before it was proved. */
Test(thread_receipts, keys_are_judged_when_it_was_proved)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_threads x;
	struct bulla_cur c;

	(void)from_a("request", NULL, "emergency", h(0));
	kit_cosign(&a, &b, h(1));
	(void)from_a("request", NULL, "emergency", h(3));
	side_suspend(&side_b, &side_b.s[RECEIVER].vkey, &side_b.s[HOTLINE],
	    h(2), &note);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_trust_suspend("A", &c, h(4), &err), BULLA_OK,
	    "%s", err.msg);
	kit_cosign(&a, &b, h(5));
	end_close(&a);
	end_open(&a, "A", &side_a);
	load(&a, h(20), &x);
	cr_assert_eq(x.n, 2);
	cr_expect(x.v[0].start == h(0) && x.v[0].event[0].has_receipt);
	cr_expect_eq(x.v[1].event[0].has_receipt, false);
	cr_expect_eq(x.v[1].event[0].proof, BULLA_PROOF_COSIGNED);
	bulla_threads_free(&x);
	bulla_buf_free(&note);
}

/* A receipt is as old as its first record, before it was countersigned. */
Test(thread_receipts, a_countersignature_makes_nothing_younger)
{
	struct parcel p = { .from = &a, .to = &b, .kind = "request",
	    .class = "emergency", .created = h(0), .how_far = SEALED };
	struct made m = { "receive", "b.example", "yes", "yes",
	    &side_b.s[RECEIVER], NULL, 0, h(1) };
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_threads x;
	struct bulla_cur c;

	(void)kit_send(&p);
	made(&a, &m);
	kit_cosign(&a, &b, h(1));
	m.also = &side_a.s[CUSTODIAN];
	made(&a, &m);
	kit_cosign(&a, &b, h(3));
	side_suspend(&side_b, &side_b.s[RECEIVER].vkey, &side_b.s[HOTLINE],
	    h(2), &note);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_trust_suspend("A", &c, h(4), &err), BULLA_OK,
	    "%s", err.msg);
	end_close(&a);
	end_open(&a, "A", &side_a);
	load(&a, h(20), &x);
	cr_expect(x.n == 1 && x.v[0].start == h(1) &&
	    x.v[0].event[0].countersigned);
	bulla_threads_free(&x);
	bulla_buf_free(&note);
}
