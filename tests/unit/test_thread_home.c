#include "thread_kit.h"

#include "bulla/enc.h"

/*
 * Two homes, whose packages went the whole way: both see the same threads.
 * "h" counts hours from NOW.
 */
static struct end a, b;
static struct bulla_err err;
#define h(n) (NOW + (n) * INT64_C(3600))

static void
begin(void)
{
	world_enter();
	end_open(&a, "A", &side_a);
	end_open(&b, "B", &side_b);
	kit_agree(&a, &b);
}

static void
end(void)
{
	end_close(&a);
	end_close(&b);
	world_leave();
}

TestSuite(thread_home, .init = begin, .fini = end);

static const char *
from_a(const char *kind, const char *ref, const char *class, int64_t at)
{
	return kit_send(&(struct parcel){ .from = &a, .to = &b, .kind = kind,
	    .ref = ref, .class = class, .created = at - 60, .received = at,
	    .how_far = COUNTERSIGNED });
}

static const char *
from_b(const char *kind, const char *ref, int64_t at)
{
	return kit_send(&(struct parcel){ .from = &b, .to = &a, .kind = kind,
	    .ref = ref, .created = at - 60, .received = at,
	    .how_far = COUNTERSIGNED });
}

static void
load_as(struct end *e, int64_t now, bool exercise, struct bulla_threads *t)
{
	const struct bulla_threads_from from = { &e->h, now, exercise, true };

	err = (struct bulla_err){ 0 };
	cr_assert_eq(bulla_threads_load(&from, t, &err), BULLA_OK, "%s",
	    err.msg);
}

static void
load(struct end *e, int64_t now, struct bulla_threads *t)
{
	load_as(e, now, false, t);
}

static void
expect_same_events(const struct bulla_thread *x, const struct bulla_thread *y)
{
	cr_assert_eq(x->n_events, y->n_events);
	for (size_t i = 0; i < x->n_events; i++) {
		struct bulla_event p = x->event[i], q = y->event[i];

		/* what is each side's own */
		p.cosigned = q.cosigned = 0;
		p.countersigned = q.countersigned = false;
		cr_expect(memcmp(&p, &q, sizeof(p)) == 0, "%s %s", p.kind,
		    q.kind);
	}
}

/* Everything that is not marked OWN. */
static void
expect_same(const struct bulla_threads *x, const struct bulla_threads *y)
{
	cr_assert_eq(x->n, y->n);
	cr_expect(x->ours == 0 && y->ours == 1);
	for (size_t i = 0; i < x->n; i++) {
		struct bulla_thread p = x->v[i], q = y->v[i];

		expect_same_events(&p, &q);
		cr_assert(p.n_stops == q.n_stops && p.n_calls == q.n_calls);
		cr_expect(p.n_stops == 0 || memcmp(p.stop, q.stop,
		    p.n_stops * sizeof(*p.stop)) == 0);
		cr_expect(p.n_calls == 0 || memcmp(p.call, q.call,
		    p.n_calls * sizeof(*p.call)) == 0);
		p.event = q.event = NULL;
		p.stop = q.stop = NULL;
		p.call = q.call = NULL;
		cr_expect(memcmp(&p, &q, sizeof(p)) == 0, "thread %zu", i);
	}
}

Test(thread_home, both_homes_see_the_same)
{
	struct bulla_threads x, y;
	const char *r, *s, *hot;

	r = from_a("request", NULL, "emergency", h(0));
	(void)from_b("acknowledge", r, h(1));
	(void)from_b("clarification", r, h(2));
	(void)from_a("clarification", r, NULL, h(4));
	s = from_b("request", NULL, h(5));	/* of no class */
	hot = from_a("hotline", r, NULL, h(6));
	(void)from_b("hotline", hot, h(7));
	(void)from_b("full", r, h(9));
	(void)from_a("acknowledge", s, NULL, h(10));
	(void)from_a("closed", r, NULL, h(11));
	kit_cosign(&a, &b, h(12));
	load(&a, h(20), &x);
	load(&b, h(20), &y);
	expect_same(&x, &y);
	cr_assert_eq(x.n, 2);
	cr_expect_str_eq(x.v[0].event[0].id, r);
	cr_expect_eq(x.v[0].start, h(0));
	cr_expect(x.v[0].state == BULLA_THREAD_CLOSED &&
	    x.v[0].stopped == 7200 && x.v[0].n_calls == 1);
	cr_expect(x.v[0].call[0].raised == h(6) &&
	    x.v[0].call[0].resolved == h(7));
	cr_expect_eq(x.v[0].first.due, h(10), "8 h and 2 h stopped");
	cr_expect_eq(x.v[0].first.done, h(9));
	cr_expect(x.v[1].asker == 1 && !x.v[1].has_class);
	for (size_t i = 0; i < x.v[0].n_events; i++)
		cr_expect(x.v[0].event[i].countersigned &&
		    y.v[0].event[i].countersigned &&
		    x.v[0].event[i].cosigned == h(12) &&
		    y.v[0].event[i].cosigned == h(12) &&
		    x.v[0].event[i].claimed == x.v[0].event[i].received - 60);
	cr_expect(x.n_strays == 0 && y.n_strays == 0);
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

Test(thread_home, a_receipt_that_was_lost_is_told_on_both_sides)
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

Test(thread_home, sealed_and_never_sent_is_not_received)
{
	struct parcel p = { .from = &a, .to = &b, .kind = "request",
	    .class = "emergency", .created = h(0), .how_far = SEALED };
	struct bulla_threads x, y;

	(void)kit_send(&p);
	kit_cosign(&a, &b, h(1));	/* covers the seal, and no handover */
	load(&a, h(20), &x);
	load(&b, h(20), &y);
	cr_assert(x.n == 1 && y.n == 0);
	cr_expect(x.v[0].state == BULLA_THREAD_UNPROVED);
	cr_expect_eq(x.v[0].event[0].cosigned, h(1));
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

Test(thread_home, a_further_request_answers_or_begins)
{
	struct bulla_threads x, y;
	const char *r = from_a("request", NULL, "emergency", h(0));
	struct parcel theirs = { .from = &b, .to = &a, .kind = "request",
	    .ref = r, .class = "emergency", .created = h(3),
	    .received = h(3) + 5, .how_far = COUNTERSIGNED };

	(void)from_a("request", r, "emergency", h(1));	/* nobody has asked */
	(void)from_b("clarification", r, h(2));
	(void)from_a("request", r, "urgent", h(3));	/* another matter */
	(void)kit_send(&theirs);			/* b asks something */
	(void)from_b("full", from_a("request", r, "emergency", h(4)), h(5));
	(void)from_a("request", r, "emergency", h(6));	/* nothing waits */
	load(&a, h(20), &x);
	load(&b, h(20), &y);
	expect_same(&x, &y);
	cr_assert_eq(x.n, 5);
	cr_expect(x.v[0].n_events == 4 && x.v[0].stopped == 7200 &&
	    x.v[0].state == BULLA_THREAD_ANSWERED);
	cr_expect_eq(x.v[3].asker, 1);
	for (size_t i = 1; i < 5; i++) {
		cr_expect_eq(x.v[i].n_events, 1);
		cr_expect_str_eq(x.v[i].related, r);
	}
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

/*
 * Who answers could ask something, refuse, and have the next request counted
 * as the answer to the question: it would have no clock of its own.
 */
Test(thread_home, no_question_outlives_its_request)
{
	struct bulla_threads x, y;
	const char *r = from_a("request", NULL, "emergency", h(0)), *s;

	(void)from_b("clarification", r, h(1));
	(void)from_b("refused", r, h(2));
	(void)from_a("request", r, "emergency", h(3));
	s = from_a("request", NULL, "emergency", h(4));
	(void)from_b("full", s, h(5));
	(void)from_b("clarification", s, h(6));
	(void)from_a("request", s, "emergency", h(7));
	s = from_a("request", NULL, "emergency", h(8));
	(void)from_b("clarification", s, h(9));
	(void)from_a("withdrawn", s, NULL, h(10));
	(void)from_a("request", s, "emergency", h(11));
	load(&a, h(50), &x);
	load(&b, h(50), &y);
	expect_same(&x, &y);
	cr_assert_eq(x.n, 6);
	for (size_t i = 0; i < 6; i++) {
		const int64_t start[] = { 0, 3, 4, 7, 8, 11 };

		cr_expect_eq(x.v[i].start, h(start[i]));
		cr_expect_eq(x.v[i].final.state == BULLA_CLOCK_OVERDUE,
		    i % 2 == 1, "%zu", i);
	}
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

Test(thread_home, what_has_no_place_is_listed)
{
	static const char nobody[] = "0123456789abcdef0123456789abcdef";
	struct bulla_threads x, y;
	struct parcel bad = { .from = &a, .to = &b, .kind = "request",
	    .class = "urgent", .bad_seal = true, .created = h(0),
	    .received = h(1), .how_far = COUNTERSIGNED };
	char path[100];

	(void)from_a("acknowledge", NULL, NULL, h(0));
	(void)from_b("full", nobody, h(1));
	(void)from_a("evidence", nobody, NULL, h(2));	/* no answer: fine */
	(void)kit_send(&bad);
	(void)from_a("hotline", NULL, NULL, h(3));	/* about nothing */
	load(&a, h(20), &x);
	load(&b, h(20), &y);
	expect_same(&x, &y);
	cr_assert(x.n == 1 && x.n_strays == 3 && y.n_strays == 3);
	cr_expect(x.v[0].state == BULLA_THREAD_CALL && x.v[0].n_calls == 1);
	for (size_t i = 0; i < 3; i++) {
		const char *id = x.stray[i].event.id, *why = x.stray[i].why;

		cr_expect_str_eq(why, y.stray[i].why);
		cr_expect_not_null(strstr(why, strcmp(id, sent_id[0]) == 0 ?
		    "names no request" : strcmp(id, sent_id[1]) == 0 ?
		    "is not here" : "seal does not count"), "%s", why);
	}
	bulla_threads_free(&x);
	snprintf(path, sizeof(path), "A/packages/%s.bulla", sent_id[4]);
	cr_assert_eq(truncate(path, 1000), 0);
	load(&a, h(20), &x);
	cr_expect(x.n == 0 && x.n_strays == 4);
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

Test(thread_home, exercises_stay_among_themselves)
{
	struct parcel p = { .from = &a, .to = &b, .kind = "request",
	    .class = "emergency", .exercise = true, .created = h(0),
	    .received = h(1), .how_far = COUNTERSIGNED };
	struct bulla_threads x;

	(void)kit_send(&p);
	(void)from_a("request", NULL, "urgent", h(2));
	load(&b, h(20), &x);
	cr_expect(x.n == 1 && x.n_left_out == 1 && x.v[0].start == h(2));
	bulla_threads_free(&x);
	load_as(&b, h(20), true, &x);
	cr_expect(x.n == 1 && x.n_left_out == 1 && x.v[0].start == h(1) &&
	    x.v[0].event[0].exercise);
	bulla_threads_free(&x);
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

Test(thread_home, which_receipts_count)
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
Test(thread_home, a_receipt_of_a_time_to_come_stops_nothing)
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
Test(thread_home, a_receipt_from_before_the_package_is_none)
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
Test(thread_home, an_opening_that_was_not_closed)
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

Test(thread_home, the_first_handover_counts)
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
Test(thread_home, a_handover_that_was_rejected_is_none)
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
Test(thread_home, keys_are_judged_when_it_was_proved)
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
Test(thread_home, a_countersignature_makes_nothing_younger)
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

/* Without a ledger the notes in custody/ count; nothing is cosigned then. */
Test(thread_home, a_home_without_a_ledger)
{
	struct bulla_threads x, y;

	(void)from_b("acknowledge", from_a("request", NULL, "emergency",
	    h(0)), h(1));
	load(&a, h(20), &x);
	end_close(&b);
	shell("rm -rf B/ledger B/keys/log.*");
	end_open(&b, "B", &side_b);
	cr_assert_null(b.h.ledger);
	load(&b, h(20), &y);
	expect_same(&x, &y);
	cr_expect_eq(y.v[0].event[0].cosigned, 0);
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

Test(thread_home, takes_two_rosters)
{
	struct bulla_home none = { .path = "A" };
	const struct bulla_threads_from from = { .home = &none };
	struct bulla_threads x;

	cr_expect_eq(bulla_threads_load(&from, &x, &err), BULLA_E_USAGE);
}

/* Somebody keeps a copy of a package where the packages are. */
Test(thread_home, a_copy_beside_it_is_no_second_request)
{
	const char *r = from_a("request", NULL, "urgent", h(0));
	char from[200], to[200];
	struct bulla_threads x;

	snprintf(from, sizeof(from), "B/packages/%s.bulla", r);
	snprintf(to, sizeof(to), "B/packages/%s (1).bulla", r);
	cr_assert_eq(link(from, to), 0);
	load(&b, h(20), &x);
	cr_expect(x.n == 1 && x.v[0].n_events == 1 && x.n_strays == 1);
	cr_expect_not_null(strstr(x.stray[0].why, "this is the package"),
	    "%s", x.stray[0].why);
	bulla_threads_free(&x);
}
