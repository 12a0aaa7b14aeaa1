/*
 * exchangegen DIR [N]: two homes, DIR/A and DIR/B, that have exchanged N
 * requests (default 1000) and what answered them between the review days
 * 2026-12-15 and 2027-06-15: packages sealed, received, countersigned,
 * recorded in both ledgers, and these cosigned each week. All but the keys is
 * always the same. No power fails here, so that nothing is synced.
 */
#define CRITERION_H_	/* the kits below, in a program of its own */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define IS(c, ...) ((c) ? (void)0 : errx(3, "line %d: %s", __LINE__, #c))
#define EQ(a, b, ...) IS((a) == (b), 0)
#define NEQ(a, b, ...) IS((a) != (b), 0)
#define NOT_NULL(a, ...) IS((a) != NULL, 0)
#define SAME(a, b, ...) IS(strcmp(a, b) == 0, 0)
#define cr_assert(...) IS(__VA_ARGS__, 0)
#define cr_assert_eq(...) EQ(__VA_ARGS__, 0)
#define cr_assert_neq(...) NEQ(__VA_ARGS__, 0)
#define cr_assert_not_null(...) NOT_NULL(__VA_ARGS__, 0)
#define cr_assert_str_eq(...) SAME(__VA_ARGS__, 0)
#define SIDE_UNTIL (SIDE_TIME + INT64_C(86400) * 300)
#include "../unit/exchange_kit.h"

#include "bulla/agreement.h"
#include "bulla/custody.h"
#include "bulla/enc.h"
#include "bulla/hash.h"
#include "bulla/package.h"
#include "bulla/request.h"
#include "bulla/when.h"

#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)
#define FROM INT64_C(1797292800)	/* 2026-12-15 */
#define UNTIL INT64_C(1813017600)	/* 2027-06-15 */
#define MESSAGES_MAX 200000u

int
fsync(int fd)
{
	(void)fd;
	return 0;
}

int
fdatasync(int fd)
{
	(void)fd;
	return 0;
}

static const struct {
	const char *name;
	int64_t ack, first, final;	/* what is agreed, hours */
	unsigned weight;
} classes[] = {
	{ "emergency", 1, 8, 24, 5 }, { "preserve", 4, 24, 0, 20 },
	{ "routine-content", 168, 720, 2160, 15 },
	{ "routine-subscriber", 72, 240, 720, 30 },
	{ "routine-traffic", 72, 360, 1080, 20 },
	{ "urgent", 24, 120, 240, 10 },
};
#define AGREED \
	"review: 2026-12-15\n" "review: 2027-06-15\n" \
	"class: emergency\nacknowledge: 1h\n" \
	"first: 8h accepted partial full refused\n" \
	"final: 24h full refused transferred\nstatus: 6h\nhold: -\n" \
	"extension: 12h\n" \
	"class: preserve\nacknowledge: 4h\nfirst: 24h preserved refused\n" \
	"final: - refused transferred\nstatus: -\nhold: 60d\n" \
	"extension: 30d\n" \
	"class: routine-content\nacknowledge: 7d\n" \
	"first: 30d accepted partial full refused\n" \
	"final: 90d full refused transferred\nstatus: 30d\nhold: -\n" \
	"extension: 30d\n" \
	"class: routine-subscriber\nacknowledge: 3d\n" \
	"first: 10d accepted partial full refused\n" \
	"final: 30d full refused transferred\nstatus: 10d\nhold: -\n" \
	"extension: 10d\n" \
	"class: routine-traffic\nacknowledge: 3d\n" \
	"first: 15d accepted partial full refused\n" \
	"final: 45d full refused transferred\nstatus: 15d\nhold: -\n" \
	"extension: 15d\n" \
	"class: urgent\nacknowledge: 24h\n" \
	"first: 5d accepted partial full refused\n" \
	"final: 10d full refused transferred\nstatus: 2d\nhold: -\n" \
	"extension: 5d\n" \
	"hotline: contact-point a.example 1h the desk\n" \
	"hotline: contact-point b.example 2h the desk\n"

/* What will be sent, in the order of time. */
struct message {
	int64_t at;			/* received then */
	int from;			/* 0: A */
	const char *kind, *class, *category, *ground;
	unsigned request;		/* number of its request, from 0 */
	unsigned follows;		/* a request: this one, from 1; 0 */
	bool is_request;
};
static struct message *plan;
static unsigned n_plan;
static char (*id_of)[BULLA_ID_LEN + 1];	/* of each request */
static struct end ends[2];
static uint64_t seed = 20261122;

static unsigned
chance(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

static struct message *
say(unsigned request, int from, int64_t at, const char *kind)
{
	static struct message none;

	none = (struct message){ 0 };
	if (at >= UNTIL)
		return &none;
	cr_assert(n_plan < MESSAGES_MAX);
	plan[n_plan] = (struct message){ .at = at, .from = from,
	    .kind = kind, .request = request };
	return &plan[n_plan++];
}

/* About so long after the time agreed, most often before it. */
static int64_t
after(int64_t at, int64_t hours)
{
	unsigned part = chance(10) == 0 ? 90 + chance(70) : 5 + chance(90);

	return at + hours * HOUR * (int64_t)part / 100 + chance(3000);
}

static void
plan_final(unsigned i, int by, int64_t at, int64_t limit)
{
	static const char *const kinds[] = { "full", "full", "full",
	    "refused", "transferred" };
	unsigned n = chance(5);
	int64_t end = after(at, limit);
	struct message *m = say(i, by, end, kinds[n]);

	if (n == 3)
		m->ground = bulla_refusal_grounds[chance(9)];
	if (n < 3 && chance(10) < 4)
		(void)say(i, by, end + DAY * (3 + chance(20)), "result");
	if (chance(3) == 0)
		(void)say(i, 1 - by, end + DAY * (30 + chance(9)), "closed");
}

static void
plan_request(unsigned i, unsigned n)
{
	static const char *const held[] = { "preserved", "preserved",
	    "preserved", "refused" };
	unsigned w = chance(100), k = 0, c = chance(6);
	int64_t at = FROM + (UNTIL - FROM) / n * i + chance(1800);
	int by = (int)chance(2), other = 1 - by;
	struct message *m;

	while (w >= classes[k].weight)
		w -= classes[k++].weight;
	m = say(i, by, at, "request");
	m->class = classes[k].name;
	m->category = bulla_crime_categories[c];
	m->is_request = true;
	if (i > 20 && k != 1 && chance(8) == 0)
		m->follows = i - 10 - chance(10);
	if (chance(12) != 0)
		(void)say(i, other, after(at, classes[k].ack), "acknowledge");
	if (chance(30) == 0)
		(void)say(i, by, after(at, classes[k].first), "withdrawn");
	if (chance(5) == 0) {
		(void)say(i, other, after(at, classes[k].first / 2),
		    "clarification");
		(void)say(i, by, after(at, classes[k].first), "clarification");
	}
	if (chance(25) == 0)
		(void)say(i, by, after(at, classes[k].first), "hotline");
	if (k == 1) {
		m = say(i, other, after(at, 24), held[chance(4)]);
		if (m->kind == held[3])
			m->ground = bulla_refusal_grounds[chance(9)];
	} else if (chance(2) == 0)
		(void)say(i, other, after(at, classes[k].first), chance(2) ==
		    0 ? "accepted" : "partial");
	if (k != 1 && chance(4) == 0)
		(void)say(i, other, after(at, classes[k].final / 2),
		    "status-update");
	if (k != 1 && chance(10) != 0)
		plan_final(i, other, at, classes[k].final);
}

static int
by_time(const void *x, const void *y)
{
	const struct message *a = x, *b = y;

	return a->at != b->at ? (a->at < b->at ? -1 : 1) :
	    a->request < b->request ? -1 : a->request > b->request;
}

/* Notes of a week, recorded at once. */
struct pile {
	struct bulla_buf note[4096];
	size_t n;
};
static struct pile piles[2];

static void
flush(struct end *e, struct pile *p)
{
	static struct bulla_cur c[4096];

	for (size_t i = 0; i < p->n; i++)
		c[i] = bulla_buf_view(&p->note[i]);
	cr_assert_eq(bulla_home_record(&e->h, c, p->n, NULL), BULLA_OK);
	for (size_t i = 0; i < p->n; i++)
		bulla_buf_free(&p->note[i]);
	p->n = 0;
}

static void
tell(int to, const struct bulla_cur *text, const struct bulla_signer *by,
    const struct bulla_signer *also)
{
	struct bulla_signer s[2] = { *by };
	struct pile *p = &piles[to];
	struct bulla_buf *b;

	if (p->n == 4096)
		flush(&ends[to], p);
	b = &p->note[p->n++];
	*b = (struct bulla_buf)BULLA_BUF_INIT(BULLA_NOTE_MAX);
	if (also != NULL)
		s[1] = *also;
	cr_assert_eq(bulla_note_sign(text, s, also != NULL ? 2 : 1, b, NULL),
	    BULLA_OK);
}

static void
field(struct bulla_custody *c, const char *label, const char *value)
{
	c->extra[c->n_extra++] = (struct bulla_custody_extra){
	    bulla_cur_str(label), bulla_cur_str(value) };
}

static void
custody(const struct message *m, const struct bulla_sealed *d,
    const char *event, int64_t time, struct bulla_buf *out)
{
	static const char sum[] = "00000000000000000000000000000000"
	    "00000000000000000000000000000000";
	bool receive = event[2] == 'c';
	struct bulla_custody c = { .sequence = event[2] == 'l' ? 2 : 1,
	    .has_seal = true, .has_previous = true, .time = time,
	    .event = bulla_cur_str(event),
	    .actor = bulla_cur_str(ends[receive ? 1 - m->from :
	    m->from].side->name), .result = bulla_cur_str("done") };

	memcpy(c.id, d->id, sizeof(c.id));
	memcpy(c.seal, d->closing, sizeof(c.seal));
	memcpy(c.previous, d->closing, sizeof(c.previous));
	if (receive) {
		field(&c, "package-sha256", sum);
		field(&c, "match", "yes");
		field(&c, "seal-intact", "yes");
	} else if (event[0] == 'r') {
		field(&c, "package-sha256", sum);
		field(&c, "to", ends[1 - m->from].side->name);
		field(&c, "transport", "network");
		field(&c, "recipients", "desk");
	}
	bulla_buf_reset(out);
	bulla_custody_put(out, &c);
}

/* Sealed, handed over, received, countersigned: as both ledgers have it. */
static void
notes(const struct message *m, const struct bulla_sealed *d, int64_t created)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct side *from = ends[m->from].side, *to = ends[1 - m->from].side;
	struct bulla_cur c;

	custody(m, d, "seal", created, &text);
	c = bulla_buf_view(&text);
	tell(m->from, &c, &from->s[SEALER], NULL);
	custody(m, d, "relinquish", created + 5, &text);
	c = bulla_buf_view(&text);
	for (int i = 0; i < 2; i++)
		tell(i, &c, &from->s[CUSTODIAN], NULL);
	custody(m, d, "receive", m->at, &text);
	c = bulla_buf_view(&text);
	tell(1 - m->from, &c, &to->s[RECEIVER], NULL);
	for (int i = 0; i < 2; i++)
		tell(i, &c, &to->s[RECEIVER], &from->s[CUSTODIAN]);
	bulla_buf_free(&text);
}

static void
keep(const struct message *m, const char *id, int64_t created)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	char when[BULLA_WHEN_LEN + 1];
	struct bulla_cur c;

	bulla_when_text(created, when);
	if (m->is_request && m->follows != 0)
		bulla_buf_fmt(&text, "bulla request v1\ntype: subscriber\n"
		    "status: follow-up\nrelated: %s\ndate: %s\nclass: %s\n"
		    "category: %s\n", id_of[m->follows - 1], when, m->class,
		    m->category);
	else if (m->is_request)
		bulla_buf_fmt(&text, "bulla request v1\ntype: subscriber\n"
		    "status: new\ndate: %s\nclass: %s\ncategory: %s\n", when,
		    m->class, m->category);
	else
		bulla_buf_fmt(&text, "bulla reply v1\ntype: refused\n"
		    "request: %s\ndate: %s\nground: %s\n",
		    id_of[m->request], when, m->ground);
	c = bulla_buf_view(&text);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(bulla_request_keep(ends[i].path, id, &c, NULL),
		    BULLA_OK);
	bulla_buf_free(&text);
}

static void
seal(const struct message *m, int64_t created, struct bulla_sealed *done)
{
	const char *const paths[] = { "request.txt" };
	const char *to = ends[1 - m->from].side->name, *ref = NULL;
	struct bulla_baginfo info = { 0 };
	struct bulla_pack pack = { .paths = paths, .n_paths = 1, .info = &info,
	    .time = created, .out_fd = -1, .old_fd = -1, .stdin_fd = -1,
	    .threads = 1 };
	struct bulla_recipients r = { 0 };
	int fd = open("parcel", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct bulla_seal s = { .signers = &ends[m->from].side->s[SEALER],
	    .n_signers = 1, .recipients = &r, .to = &to, .n_to = 1,
	    .kind = m->kind, .urgency = m->class, .created = created,
	    .pack = &pack, .in_fd = -1, .out_fd = fd, .out_name = "parcel",
	    .threads = 1 };

	if (!m->is_request)
		ref = id_of[m->request];
	else if (m->follows != 0)
		ref = id_of[m->follows - 1];
	s.ref = ref;
	cr_assert_neq(fd, -1);
	cr_assert_eq(bulla_recipients_add(&r, SIDE_AGE, NULL), BULLA_OK);
	cr_assert_eq(bulla_seal_run(&s, done, NULL), BULLA_OK);
	cr_assert_eq(close(fd), 0);
	bulla_recipients_free(&r);
}

static void
play(const struct message *m)
{
	int64_t created = m->at - 20 - chance(40) * (chance(20) == 0 ? 2000 :
	    10);
	struct bulla_sealed d = { 0 };
	char path[2][300];

	seal(m, created, &d);
	for (int i = 0; i < 2; i++)
		(void)snprintf(path[i], sizeof(path[i]), "%s/packages/"
		    "%s.bulla", ends[i].path, d.id);
	cr_assert_eq(link("parcel", path[0]), 0);
	cr_assert_eq(rename("parcel", path[1]), 0);
	if (m->is_request)
		memcpy(id_of[m->request], d.id, sizeof(d.id));
	if (m->is_request || m->ground != NULL)
		keep(m, d.id, created);
	notes(m, &d, created);
}

static void
cosign_both(int64_t at)
{
	struct wire w = { .to = &ends[1] };
	struct bulla_cosignings got;
	struct bulla_err why;

	for (int i = 0; i < 2; i++) {
		ends[i].h.now = at;
		flush(&ends[i], &piles[i]);
	}
	cr_assert_eq(cosign(&ends[0], &w, &got, &why), BULLA_OK);
}

static void
make_homes(struct side *side)
{
	static const char *const homes[] = { "A", "B" };
	struct bulla_buf text = BULLA_BUF_INIT(1u << 20);
	struct bulla_buf note = BULLA_BUF_INIT(1u << 20);
	const struct bulla_signer leads[2] = { side[0].s[LEAD],
	    side[1].s[LEAD] };
	char when[BULLA_WHEN_LEN + 1];
	struct bulla_cur c;

	bulla_when_text(SIDE_TIME, when);
	bulla_buf_fmt(&text, "bulla agreement v1\nversion: 1\nfrom: %s\n"
	    "previous: -\nside: a.example\nside: b.example\n" AGREED, when);
	c = bulla_buf_view(&text);
	cr_assert_eq(bulla_note_sign(&c, leads, 2, &note, NULL), BULLA_OK);
	c = bulla_buf_view(&note);
	for (int i = 0; i < 2; i++)
		make_home(homes[i], &side[i], &side[1 - i]);
	for (int i = 0; i < 2; i++) {
		char path[64];

		end_open(&ends[i], homes[i], &side[i]);
		cr_assert_eq(bulla_agreement_take(homes[i], ends[i].h.trust,
		    &c, SIDE_TIME, NULL), BULLA_OK);
		(void)snprintf(path, sizeof(path), "%s/packages", homes[i]);
		cr_assert_eq(mkdir(path, 0700), 0);
	}
	bulla_buf_free(&text);
	bulla_buf_free(&note);
}

int
main(int argc, char **argv)
{
	unsigned n = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1000;
	static struct side side[2];
	int64_t next = FROM + 7 * DAY;

	if (argc < 2 || argc > 3 || n == 0 || n > 100000)
		errx(2, "usage: exchangegen DIR [N]");
	if ((mkdir(argv[1], 0700) != 0 && errno != EEXIST) ||
	    chdir(argv[1]) != 0)
		err(3, "%s", argv[1]);
	plan = calloc(MESSAGES_MAX, sizeof(*plan));
	id_of = calloc(n, sizeof(*id_of));
	cr_assert(plan != NULL && id_of != NULL);
	side_init(&side[0], "a.example");
	side_init(&side[1], "b.example");
	make_homes(side);
	cr_assert_eq(bulla_file_put("request.txt", "please\n", 7, 0600, true,
	    NULL), BULLA_OK);
	for (unsigned i = 0; i < n; i++)
		plan_request(i, n);
	qsort(plan, n_plan, sizeof(*plan), by_time);
	for (unsigned i = 0; i < n_plan; i++) {
		for (; plan[i].at >= next; next += 7 * DAY)
			cosign_both(next);
		play(&plan[i]);
	}
	cosign_both(UNTIL - 1);
	for (int i = 0; i < 2; i++)
		end_close(&ends[i]);
	printf("%u requests, %u packages\n", n, n_plan);
	free(plan);
	free(id_of);
	side_free(&side[0]);
	side_free(&side[1]);
	return 0;
}
