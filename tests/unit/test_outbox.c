#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "scratch.h"

#include "bulla/file.h"
#include "bulla/outbox.h"

TestSuite(outbox, .init = scratch_enter, .fini = scratch_leave);

#define TYPE "bulla outbox entry v1\n"
#define HEAD TYPE "added: 2026-11-22T03:04:05Z\nnot-before: -\n" \
	"deadline: 2026-11-23T03:04:05Z\nto: a.example\nwhat: p.bulla\n" \
	"note: -\npackage-id: -\nsize: 7\nmtime-ns: 18446744073709551615\n"
#define STATE "bulla outbox state v1\nstate: failed\ntries: 3\n" \
	"last: 2026-11-22T03:04:05Z\nnext: -\nalarmed: yes\n" \
	"to-tell: failure overdue\nsaid: no\n"

static enum bulla_status
entry(const char *text, struct bulla_outbox_entry *e)
{
	struct bulla_cur c = bulla_cur_str(text);

	return bulla_outbox_entry_parse(&c, e, NULL);
}

static enum bulla_status
state(const char *text, struct bulla_outbox_state *s)
{
	struct bulla_cur c = bulla_cur_str(text);

	return bulla_outbox_state_parse(&c, s, NULL);
}

Test(outbox, an_entry_encodes_to_what_it_was)
{
	static const char text[] = HEAD "arg: -u\narg: https://a.example\n";
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	struct bulla_outbox_entry e = { 0 };

	cr_assert_eq(entry(text, &e), BULLA_OK);
	cr_assert_eq(e.n_args, 2);
	cr_assert_eq(e.not_before, 0);
	cr_assert_eq(e.deadline - e.added, 86400);
	cr_assert_eq(e.mtime_ns, UINT64_MAX);
	cr_assert(bulla_cur_is(&e.to, "a.example"));
	bulla_outbox_entry_put(&b, &e);
	cr_assert_str_eq(bulla_buf_cstr(&b), text);
	bulla_buf_free(&b);
}

/* Each line must be there, in its place, and nothing behind the last. */
Test(outbox, a_damaged_entry_is_refused)
{
	static const char *const bad[] = {
		"", "x\n", TYPE, "bulla outbox entry v2\n",
		HEAD "arg: \n", HEAD "arg: a", HEAD "more: x\n",
		HEAD "arg: a\nsize: 1\n",
	};
	struct bulla_outbox_entry e = { .size = 99 };
	struct bulla_buf b = BULLA_BUF_INIT(16384);
	char text[sizeof(HEAD)];
	size_t lines = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(entry(bad[i], &e), BULLA_E_FORMAT, "%zu", i);
	cr_assert_eq(entry(HEAD, &e), BULLA_OK);
	for (const char *p = HEAD; *p != '\0'; lines++) {
		const char *end = strchr(p, '\n') + 1;

		snprintf(text, sizeof(text), "%.*s%s", (int)(p - HEAD), HEAD,
		    end);
		e.size = 99;
		cr_assert_eq(entry(text, &e), BULLA_E_FORMAT, "line %zu",
		    lines);
		cr_assert_eq(e.size, 99);
		p = end;
	}
	cr_assert_eq(lines, 10);
	bulla_buf_str(&b, HEAD);
	for (size_t i = 0; i < BULLA_OUTBOX_ARGS_MAX; i++)
		bulla_buf_str(&b, "arg: x\n");
	cr_assert_eq(entry(bulla_buf_cstr(&b), &e), BULLA_OK);
	bulla_buf_str(&b, "arg: x\n");
	cr_assert_eq(entry(bulla_buf_cstr(&b), &e), BULLA_E_LIMIT);
	bulla_buf_free(&b);
}

Test(outbox, a_state_encodes_to_what_it_was)
{
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	struct bulla_outbox_state s = { 0 }, t;

	cr_assert_eq(state(STATE, &s), BULLA_OK);
	cr_assert_eq(s.phase, BULLA_OUTBOX_FAILED);
	cr_assert_eq(s.tries, 3);
	cr_assert(s.alarmed);
	cr_assert_eq(s.events, BULLA_OUTBOX_FAILURE | BULLA_OUTBOX_OVERDUE);
	bulla_outbox_state_put(&b, &s);
	cr_assert_str_eq(bulla_buf_cstr(&b), STATE);
	for (unsigned events = 0; events < 16; events++) {
		for (unsigned phase = 0; phase < 4; phase++) {
			s.events = events;
			s.phase = (enum bulla_outbox_phase)phase;
			s.said[0] = '\0';
			bulla_buf_reset(&b);
			bulla_outbox_state_put(&b, &s);
			cr_assert_eq(state(bulla_buf_cstr(&b), &t), BULLA_OK);
			cr_assert(t.events == events && t.phase == phase);
			cr_assert_str_eq(t.said, "");
		}
	}
	bulla_buf_free(&b);
}

/* The text with its line replaced by another one. */
static enum bulla_status
with(const char *line, const char *other)
{
	struct bulla_outbox_state s;
	const char *p = strstr(STATE, line);
	char text[1024];

	cr_assert_not_null(p);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(p - STATE), STATE,
	    other, p + strlen(line));
	return state(text, &s);
}

Test(outbox, a_damaged_state_is_refused)
{
	char said[300];

	cr_assert_eq(with("state: failed\n", "state: done\n"), BULLA_OK);
	cr_assert_eq(with("state: failed\n", "state: lost\n"), BULLA_E_FORMAT);
	cr_assert_eq(with("tries: 3\n", ""), BULLA_E_FORMAT);
	cr_assert_eq(with("tries: 3\n", "tries: 03\n"), BULLA_E_FORMAT);
	cr_assert_eq(with("tries: 3\n", "tries: 4294967296\n"),
	    BULLA_E_FORMAT);
	cr_assert_eq(with("next: -\n", "next: now\n"), BULLA_E_FORMAT);
	cr_assert_eq(with("next: -\n", ""), BULLA_E_FORMAT);
	cr_assert_eq(with("next: -\n", "next: 1970-01-01T00:00:00Z\n"),
	    BULLA_E_FORMAT);
	cr_assert_eq(with("alarmed: yes\n", "alarmed: maybe\n"),
	    BULLA_E_FORMAT);
	cr_assert_eq(with("said: no\n", "said: no\nx: y\n"), BULLA_E_FORMAT);
	cr_assert_eq(with("failure overdue", "-"), BULLA_OK);
	cr_assert_eq(with("failure overdue", "overdue failure"),
	    BULLA_E_FORMAT);
	cr_assert_eq(with("failure overdue", "failure -"), BULLA_E_FORMAT);
	cr_assert_eq(with("failure overdue", "failureoverdue"),
	    BULLA_E_FORMAT);
	cr_assert_eq(with("failure overdue", "failure failure"),
	    BULLA_E_FORMAT);
	snprintf(said, sizeof(said), "said: %0200d\n", 0);
	cr_assert_eq(with("said: no\n", said), BULLA_OK);
	snprintf(said, sizeof(said), "said: %0201d\n", 0);
	cr_assert_eq(with("said: no\n", said), BULLA_E_LIMIT);
}

Test(outbox, whatever_a_program_says_can_be_kept)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "plain", "plain" }, { "", "" }, { "   ", "" },
		{ "  ends  ", "ends" }, { "a\033[2J", "a\\x1b[2J" },
		{ "\n", "\\x0a" },
	};
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	struct bulla_outbox_state s = { 0 }, t;
	char big[1000];
	struct bulla_cur c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c = bulla_cur_str(cases[i].text);
		bulla_outbox_say(&s, &c);
		cr_assert_str_eq(s.said, cases[i].want);
	}
	memset(big, 'x', sizeof(big));
	c = bulla_cur_of(big, sizeof(big));
	bulla_outbox_say(&s, &c);
	cr_assert_eq(strlen(s.said), BULLA_OUTBOX_NOTE_MAX);
	bulla_outbox_state_put(&b, &s);
	cr_assert_eq(state(bulla_buf_cstr(&b), &t), BULLA_OK);
	cr_assert_str_eq(t.said, s.said);
	bulla_buf_free(&b);
}

Test(outbox, the_counterpart_is_the_host)
{
	static const struct {
		const char *url, *want;	/* NULL: refused */
	} cases[] = {
		{ "https://A.Example", "a.example" },
		{ "https://a.example:8443/in", "a.example" },
		{ "HTTPS://a.example?x=1", "a.example" },
		{ "https://[2001:DB8::1]:443/", "[2001:db8::1]" },
		{ "https://[2001:db8::1]", "[2001:db8::1]" },
		{ "https://a_b-c.example/@", "a_b-c.example" },
		{ "s3://a-b.c/x/y", "s3:a-b.c" }, { "s3://abc", "s3:abc" },
		{ "s3://", NULL }, { "s3:///k", NULL },
		{ "s3://u:p@abc/", NULL }, { "s3://A/", NULL },
		{ "http://a.example", NULL }, { "https://", NULL },
		{ "https://:443/", NULL }, { "https:///x", NULL },
		{ "https://u@a.example", NULL },
		{ "https://u:p@a.example", NULL },
		{ "https://a b", NULL }, { "https://a\xc3\xa9", NULL },
		{ "", NULL }, { "a.example", NULL },
	};
	struct bulla_buf b = BULLA_BUF_INIT(256);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum bulla_status st;

		bulla_buf_reset(&b);
		st = bulla_outbox_host(cases[i].url, &b, NULL);
		cr_assert_eq(st, cases[i].want != NULL ? BULLA_OK :
		    BULLA_E_USAGE, "%s", cases[i].url);
		if (st == BULLA_OK)
			cr_assert_str_eq(bulla_buf_cstr(&b), cases[i].want);
	}
	bulla_buf_free(&b);
}

Test(outbox, times_and_durations)
{
	static const char *const bad[] = { "", "s", "1", "-1s", "01s", "1w",
	    "1 s", "s1", "1ss", "999999999999d", "2026-11-22", "now" };
	int64_t t = 7;
	struct bulla_cur c;

	c = bulla_cur_str("2026-11-22T03:04:05Z");
	cr_assert(bulla_outbox_time(&c, 0, &t));
	cr_assert_eq(t, 1795316645);
	c = bulla_cur_str("90s");
	cr_assert(bulla_outbox_time(&c, 1000, &t) && t == 1090);
	c = bulla_cur_str("3m");
	cr_assert(bulla_outbox_time(&c, 1000, &t) && t == 1180);
	c = bulla_cur_str("12h");
	cr_assert(bulla_outbox_time(&c, 0, &t) && t == 43200);
	c = bulla_cur_str("2d");
	cr_assert(bulla_outbox_time(&c, 0, &t) && t == 172800);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c = bulla_cur_str(bad[i]);
		cr_assert_not(bulla_outbox_time(&c, 0, &t), "%s", bad[i]);
	}
	cr_assert_eq(t, 172800);
	c = bulla_cur_str("1d");
	cr_assert_not(bulla_outbox_time(&c, INT64_C(253402300799), &t));
}

/* Full jitter: anything from now on to a bound that doubles up to an hour. */
Test(outbox, pauses_grow_and_differ)
{
	static const struct {
		uint64_t tries;
		int64_t max;
	} cases[] = { { 0, 60 }, { 1, 60 }, { 2, 120 }, { 4, 480 },
	    { 7, 3600 }, { 8, 3600 }, { 1000000, 3600 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t least = INT64_MAX, most = 0, t;

		for (unsigned n = 0; n < 400; n++) {
			t = bulla_outbox_later(cases[i].tries, 0, 1000) - 1000;
			least = t < least ? t : least;
			most = t > most ? t : most;
		}
		cr_assert(least >= 0 && most <= cases[i].max);
		cr_assert(least < cases[i].max / 4);
		cr_assert(most > cases[i].max * 3 / 4);
	}
	cr_assert_eq(bulla_outbox_later(1, 4000, 1000), 5000);
	cr_assert_eq(bulla_outbox_later(1, UINT64_MAX, 1000),
	    1000 + BULLA_OUTBOX_LATER_MAX);
}

Test(outbox, when_it_is_due)
{
	const int64_t now = 1000000;
	struct bulla_outbox_entry e = { 0 };
	struct bulla_outbox_state s = { 0 };

	cr_assert(bulla_outbox_due(&e, &s, now));
	s.last = now - 10;
	s.next = now + 10;
	cr_assert_not(bulla_outbox_due(&e, &s, now));
	cr_assert(bulla_outbox_due(&e, &s, now + 10));
	cr_assert(bulla_outbox_due(&e, &s, now - 11));	/* set back */
	s.next = now + BULLA_OUTBOX_LATER_MAX + 1;
	cr_assert(bulla_outbox_due(&e, &s, now));
	e.not_before = now + 1;
	cr_assert_not(bulla_outbox_due(&e, &s, now));
	e.not_before = now;
	cr_assert(bulla_outbox_due(&e, &s, now));
	s.phase = BULLA_OUTBOX_SENDING;
	cr_assert(bulla_outbox_due(&e, &s, now));
	s.phase = BULLA_OUTBOX_FAILED;
	cr_assert_not(bulla_outbox_due(&e, &s, now));
	s.phase = BULLA_OUTBOX_DONE;
	cr_assert_not(bulla_outbox_due(&e, &s, now));
}

static struct bulla_outbox *
open_box(void)
{
	struct bulla_outbox *b = NULL;
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_outbox_open("h", &b, &err), BULLA_OK, "%s",
	    err.msg);
	return b;
}

static const struct bulla_outbox_entry sample = { .added = 1,
    .to = { (const uint8_t *)"a", 1, 0 },
    .what = { (const uint8_t *)"w", 1, 0 },
    .note = { (const uint8_t *)"-", 1, 0 } };

static uint64_t
add_file(struct bulla_outbox *b, const char *bytes)
{
	struct bulla_outbox_added a = { 0 };
	struct bulla_err err = { 0 };
	int fd;

	cr_assert_eq(bulla_file_put("f", bytes, strlen(bytes), 0600, true,
	    NULL), BULLA_OK);
	cr_assert_eq(bulla_infile_open("f", &fd, NULL), BULLA_OK);
	cr_assert_eq(bulla_outbox_add(b, &sample, fd, true, &a, &err),
	    BULLA_OK, "%s", err.msg);
	close(fd);
	return a.order;
}

Test(outbox, an_entry_from_beginning_to_end)
{
	struct bulla_outbox_item i = BULLA_OUTBOX_ITEM_INIT, other;
	struct bulla_outbox *b = open_box();
	struct bulla_cur log = bulla_cur_str("line\n");
	uint64_t *orders = NULL;
	size_t n = 9;

	cr_assert_eq(add_file(b, "bytes"), 1);
	cr_assert_eq(add_file(b, "bytes"), 2);
	cr_assert_eq(bulla_outbox_take(b, 1, &i, NULL), BULLA_OK);
	cr_assert_eq(i.e.size, 5);
	cr_assert_eq(bulla_outbox_whole(&i, NULL), BULLA_OK);
	cr_assert_eq(bulla_outbox_take(b, 1, &other, NULL), BULLA_E_AGAIN);
	cr_assert_eq(bulla_outbox_drop(b, 1, NULL), BULLA_E_AGAIN);
	cr_assert_eq(bulla_outbox_log(b, &i, &log, NULL), BULLA_OK);
	cr_assert_not(bulla_outbox_has_receipt(&i));
	cr_assert_eq(bulla_file_put(
	    "h/outbox/queue/00000000000000000001/receipt", "r", 1, 0600,
	    false, NULL), BULLA_OK);
	cr_assert(bulla_outbox_has_receipt(&i));
	i.s.phase = BULLA_OUTBOX_DONE;
	i.s.last = 1000;
	cr_assert_eq(bulla_outbox_save(b, &i, NULL), BULLA_OK);
	cr_assert_eq(bulla_outbox_finish(b, &i, NULL), BULLA_OK);
	bulla_outbox_leave(&i);
	cr_assert_eq(bulla_outbox_take(b, 1, &i, NULL), BULLA_E_NOMATCH);
	cr_assert_eq(bulla_outbox_look(b, BULLA_OUTBOX_IN_DONE, 1, &i, NULL),
	    BULLA_OK);
	cr_assert_eq(i.s.phase, BULLA_OUTBOX_DONE);
	cr_assert_eq(bulla_outbox_whole(&i, NULL), BULLA_E_MISMATCH);
	bulla_outbox_leave(&i);
	cr_assert_eq(bulla_outbox_prune(b, 1000, NULL), BULLA_OK);
	cr_assert_eq(access("h/outbox/done/00000000000000000001", F_OK), 0);
	cr_assert_eq(bulla_outbox_prune(b, 1001, NULL), BULLA_OK);
	cr_assert_neq(access("h/outbox/done/00000000000000000001", F_OK), 0);
	cr_assert_eq(access("h/outbox/receipts/00000000000000000001.note",
	    F_OK), 0);
	cr_assert_eq(bulla_outbox_drop(b, 2, NULL), BULLA_OK);
	cr_assert_eq(bulla_outbox_drop(b, 2, NULL), BULLA_E_NOMATCH);
	cr_assert_eq(bulla_outbox_list(b, BULLA_OUTBOX_IN_QUEUE, 0, &orders,
	    &n, NULL), BULLA_OK);
	cr_assert_eq(n, 0);
	free(orders);
	cr_assert_eq(add_file(b, "bytes"), 3);
	bulla_outbox_free(b);
}

Test(outbox, numbers_go_on_when_the_counter_is_lost)
{
	struct bulla_outbox *b = open_box();
	uint64_t *orders = NULL;
	size_t n = 0;

	cr_assert_eq(add_file(b, "x"), 1);
	cr_assert_eq(add_file(b, "x"), 2);
	cr_assert_eq(unlink("h/outbox/last"), 0);
	cr_assert_eq(add_file(b, "x"), 3);
	cr_assert_eq(unlink("h/outbox/last"), 0);
	cr_assert_eq(rename("h/outbox/queue/00000000000000000003",
	    "h/outbox/done/00000000000000000003"), 0);
	cr_assert_eq(add_file(b, "x"), 4);
	/* What is no entry of ours is not looked at. */
	cr_assert_eq(mkdir("h/outbox/queue/7", 0700), 0);
	cr_assert_eq(mkdir("h/outbox/queue/0000000000000000000x", 0700), 0);
	cr_assert_eq(mkdir("h/outbox/queue/99999999999999999999", 0700), 0);
	cr_assert_eq(bulla_outbox_list(b, BULLA_OUTBOX_IN_QUEUE, 1, &orders,
	    &n, NULL), BULLA_OK);
	cr_assert(n == 2 && orders[0] == 2 && orders[1] == 4);
	free(orders);
	bulla_outbox_free(b);
}

Test(outbox, what_cannot_be_kept_is_not_added)
{
	struct bulla_outbox_entry e = sample;
	struct bulla_outbox_added a = { .order = 77 };
	struct bulla_outbox *b = open_box();
	uint64_t *orders = NULL;
	size_t n = 9;
	int fd;

	cr_assert_eq(bulla_file_put("f", "x", 1, 0600, true, NULL), BULLA_OK);
	cr_assert_eq(bulla_infile_open("f", &fd, NULL), BULLA_OK);
	cr_assert_eq(bulla_outbox_add(b, &e, fd, false, &a, NULL),
	    BULLA_E_FORMAT);
	e.note = bulla_cur_str("two\nlines");
	cr_assert_eq(bulla_outbox_add(b, &e, fd, true, &a, NULL),
	    BULLA_E_USAGE);
	e = sample;
	e.arg[e.n_args++] = bulla_cur_str("");
	cr_assert_eq(bulla_outbox_add(b, &e, fd, true, &a, NULL),
	    BULLA_E_USAGE);
	close(fd);
	cr_assert_eq(bulla_infile_open("/dev/null", &fd, NULL), BULLA_OK);
	cr_assert_eq(bulla_outbox_add(b, &sample, fd, true, &a, NULL),
	    BULLA_E_INCOMPLETE);
	close(fd);
	cr_assert_eq(a.order, 77);
	cr_assert_eq(bulla_outbox_list(b, BULLA_OUTBOX_IN_QUEUE, 0, &orders,
	    &n, NULL), BULLA_OK);
	cr_assert_eq(n, 0);
	free(orders);
	cr_assert_eq(rmdir("h/outbox/new"), 0);
	bulla_outbox_free(b);
}

Test(outbox, one_sends_and_sweeping_waits_for_nobody)
{
	struct bulla_outbox *a = open_box(), *b = open_box();

	cr_assert_eq(bulla_outbox_lock(a, NULL), BULLA_OK);
	cr_assert_eq(bulla_outbox_lock(b, NULL), BULLA_E_AGAIN);
	bulla_outbox_free(a);
	cr_assert_eq(bulla_outbox_lock(b, NULL), BULLA_OK);
	cr_assert_eq(mkdir("h/outbox/new/x", 0700), 0);
	cr_assert_eq(bulla_file_put("h/outbox/new/x/package", "x", 1, 0600,
	    false, NULL), BULLA_OK);
	cr_assert_eq(bulla_outbox_sweep(b, NULL), BULLA_OK);
	cr_assert_neq(access("h/outbox/new/x", F_OK), 0);
	bulla_outbox_free(b);
}

Test(outbox, the_log_keeps_its_end)
{
	struct bulla_outbox_item i = BULLA_OUTBOX_ITEM_INIT;
	struct bulla_outbox *b = open_box();
	struct bulla_buf all = BULLA_BUF_INIT(1 << 20);
	char line[64];
	struct stat sb;

	(void)add_file(b, "x");
	cr_assert_eq(bulla_outbox_take(b, 1, &i, NULL), BULLA_OK);
	for (unsigned k = 0; k < 40; k++) {
		struct bulla_buf t = BULLA_BUF_INIT(16384);
		struct bulla_cur c;

		for (unsigned l = 0; l < 100; l++)
			bulla_buf_fmt(&t, "%08u some line or other\n",
			    100 * k + l);
		c = bulla_buf_view(&t);
		cr_assert_eq(bulla_outbox_log(b, &i, &c, NULL), BULLA_OK);
		bulla_buf_free(&t);
	}
	cr_assert_eq(stat("h/outbox/queue/00000000000000000001/log", &sb), 0);
	cr_assert(sb.st_size <= BULLA_OUTBOX_LOG_MAX &&
	    sb.st_size >= BULLA_OUTBOX_LOG_MAX / 2);
	cr_assert_eq(bulla_file_get(
	    "h/outbox/queue/00000000000000000001/log", &all, NULL), BULLA_OK);
	/* Whole lines, up to the last one */
	snprintf(line, sizeof(line), "%08u some line or other\n", 3999u);
	cr_assert_eq(all.len % strlen(line), 0);
	cr_assert_eq(memcmp(all.p + all.len - strlen(line), line,
	    strlen(line)), 0);
	bulla_buf_free(&all);
	bulla_outbox_leave(&i);
	bulla_outbox_free(b);
}
