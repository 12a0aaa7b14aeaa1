#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/exercise.h"

#define TOP "bulla exercise v1\n"
#define TITLE "title: A drill\n"
#define HEAD TOP TITLE "category: fraud\nstart: 2031-03-03T08:00:00Z\n"
#define SIDES "a: alpha.exercise Ann Alpha\nb: bravo.exercise Bob Bravo\n"
#define DRAFT "draft: d\nfield: type=subscriber\nfield: facts=x=y, and more\n"
#define ASK "step: ask 0m a request d\n"
#define STEPS ASK "step: read 60m b open ask\n" \
	"step: re 120m b reply ask full d list\n" \
	"step: call 120m a hotline ask d\nstep: sign 121m a cosign\n" \
	"step: look 122m a monitor\nstep: all 122m b reconcile\n" \
	"step: due 123m a due\nstep: list 124m a list\n" \
	"step: figures 124m b review\n" \
	"step: stop 125m b suspend sealer\n" \
	"step: after 126m b reply ask refused d\n"
#define FAULTS "fault: late late-reply re 60m\n" \
	"notice: a request-due 1 LATE\nnotice: b request-due 0 LATE\n" \
	"fault: gone missing-reply re\nfault: lost lost-package re\n" \
	"fault: mute lost-receipt call\nfault: dirt tampered-package ask\n" \
	"fault: key wrong-recipient re\nfault: broad overbroad-request ask\n" \
	"fault: extra unasked-package re\nfault: copy stolen-key after\n" \
	"notice: a receive 255 is suspended\n" \
	"fault: back rolled-back-ledger look\nfault: fork forked-ledger look\n"

static struct bulla_exercise x;

static enum bulla_status
parse(const char *text, struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(text);

	return bulla_exercise_parse(&c, &x, err);
}

Test(exercise, what_parses_is_written_back)
{
	static const char *const good[] = { HEAD SIDES ASK,
	    HEAD SIDES DRAFT STEPS, HEAD SIDES DRAFT STEPS FAULTS };
	struct bulla_buf b = BULLA_BUF_INIT(1 << 16);
	struct bulla_err err = { 0 };

	cr_assert_neq(parse(good[0], NULL), BULLA_OK);	/* no draft d */
	for (size_t i = 1; i < 3; i++) {
		cr_assert_eq(parse(good[i], &err), BULLA_OK, "%s", err.msg);
		bulla_buf_reset(&b);
		bulla_exercise_put(&b, &x);
		cr_assert_str_eq(bulla_buf_cstr(&b), good[i]);
	}
	bulla_buf_free(&b);
	cr_assert(x.n_drafts == 1 && x.n_fields == 2 && x.n_steps == 12 &&
	    x.n_faults == 11 && x.n_notices == 3);
	cr_assert(x.step[2].of == 0 && x.step[2].draft == 0 &&
	    x.step[2].at == 7200 && x.step[2].side == 1 &&
	    x.step[2].n_args == 4);
	cr_assert(x.fault[0].by == 3600 && x.fault[8].step == 11);
	cr_assert(x.notice[2].fault == 8 && x.notice[2].status == 255);
}

Test(exercise, comments_and_spans)
{
	struct bulla_err err = { 0 };

	cr_assert_eq(parse(TOP "\n# one\n" TITLE "#\ncategory: other\n\n"
	    "start: 2031-03-03T08:00:00Z\n\n" SIDES "\n# two\ndraft: d\n\n"
	    "field: a=b\n\n# three\n\nstep: ask 36h a request d\n\n"
	    "step: due 2d a due\n\nfault: f lost-receipt ask\n\n"
	    "notice: b open 1 x  y\n\n# four\n", &err), BULLA_OK, "%s",
	    err.msg);
	cr_assert(x.step[0].at == 129600 && x.step[1].at == 172800 &&
	    x.n_fields == 1 && x.notice[0].text.len == 4);
}

/* A text, and what its message must hold. */
static const char *const bad[][2] = {
	{ "", "line 1" }, { "bulla exercise v2\n", "line 1" },
	{ TOP "category: fraud\n", "title" },
	{ TOP TITLE "category: murder\n", "line 3: \"murder\" is no category" },
	{ TOP TITLE "category: fraud\nstart: soon\n", "start" },
	{ TOP TITLE "category: fraud\nstart: 9999-01-01T00:00:00Z\n",
	    "would not end" },
	{ HEAD "a: alpha.example Ann\n", "is no side of an exercise" },
	{ HEAD "a: .exercise Ann\n", "is no side of an exercise" },
	{ HEAD "a: a.exercise/desk Ann\n", "is no side of an exercise" },
	{ HEAD "a: alpha.exercise\n", "line 5: \"alpha.exercise\" has no "
	    "person" },
	{ HEAD "a: a.exercise A\nb: a.exercise B\n", "is the other side" },
	{ HEAD SIDES, "step: " },
	{ HEAD SIDES "draft: D\n" ASK, "is no name" },
	{ HEAD SIDES DRAFT "draft: d\n" ASK, "two drafts" },
	{ HEAD SIDES "draft: d\nfield: x\n" ASK, "is not LABEL=VALUE" },
	{ HEAD SIDES "draft: d\nfield: X=y\n" ASK, "is not LABEL=VALUE" },
	{ HEAD SIDES "draft: d\nfield: x=\n" ASK, "is not LABEL=VALUE" },
	{ HEAD SIDES DRAFT "step: Ask 0m a request d\n", "is no name" },
	{ HEAD SIDES DRAFT ASK ASK, "two steps" },
	{ HEAD SIDES DRAFT "step: ask 5 a request d\n", "no span of time" },
	{ HEAD SIDES DRAFT "step: ask h a request d\n", "no span of time" },
	{ HEAD SIDES DRAFT "step: ask 05m a request d\n", "no span of time" },
	{ HEAD SIDES DRAFT "step: ask 3661d a request d\n", "no span" },
	{ HEAD SIDES DRAFT "step: ask 5m c request d\n", "is no side" },
	{ HEAD SIDES DRAFT "step: ask 5m a\n", "by no verb" },
	{ HEAD SIDES DRAFT "step: ask 5m a wait\n", "nothing that a side" },
	{ HEAD SIDES DRAFT "step: ask 5m a request\n", "too few or too" },
	{ HEAD SIDES DRAFT "step: ask 5m a request d d\n", "too few or too" },
	{ HEAD SIDES DRAFT "step: ask 5m a  request d\n", "by no verb" },
	{ HEAD SIDES DRAFT "step: ask 5m a request D\n", "is no name" },
	{ HEAD SIDES DRAFT "step: ask 5m a request e\n", "is no draft" },
	{ HEAD SIDES DRAFT "step: ask 5m a request d\nstep: due 4m a due\n",
	    "before the step above" },
	{ HEAD SIDES DRAFT ASK "step: o 5m b open ack\n", "delivers" },
	{ HEAD SIDES DRAFT ASK "step: o 5m a open ask\n", "same side" },
	{ HEAD SIDES DRAFT ASK "step: z 5m a due\nstep: o 5m b open z\n",
	    "delivers" },
	{ HEAD SIDES DRAFT ASK "step: r 5m b reply z full d\n",
	    "no request made" },
	{ HEAD SIDES DRAFT ASK "step: r 5m b reply ask full e\n",
	    "is no draft" },
	{ HEAD SIDES DRAFT ASK "step: r 5m b reply ask full d\n"
	    "step: s 6m b reply r full d\n", "no request made" },
	{ HEAD SIDES DRAFT ASK "fault: f burnt ask\n", "no kind" },
	{ HEAD SIDES DRAFT ASK "fault: f\n", "by no kind" },
	{ HEAD SIDES DRAFT ASK "fault: f lost-receipt z\n", "can befall" },
	{ HEAD SIDES DRAFT ASK "fault: f late-reply ask 5m\n", "can befall" },
	{ HEAD SIDES DRAFT ASK "fault: f forked-ledger ask\n", "can befall" },
	{ HEAD SIDES DRAFT STEPS "fault: f late-reply re\n", "no span" },
	{ HEAD SIDES DRAFT STEPS "fault: f missing-reply re 5m\n",
	    "too much" },
	{ HEAD SIDES DRAFT STEPS "fault: f overbroad-request re\n",
	    "can befall" },
	/* before the suspension, and of the side that did not suspend */
	{ HEAD SIDES DRAFT STEPS "fault: f stolen-key re\n", "can befall" },
	{ HEAD SIDES DRAFT STEPS "step: more 127m a hotline ask d\n"
	    "fault: f stolen-key more\n", "can befall" },
	{ HEAD SIDES DRAFT STEPS "fault: f lost-receipt re\n"
	    "fault: f lost-receipt re\n", "two faults" },
	{ HEAD SIDES DRAFT STEPS "notice: a receive 1 x\n", "line 22" },
#define NOTE HEAD SIDES DRAFT ASK "fault: f lost-receipt ask\nnotice: "
	{ NOTE "c receive 1 x\n", "is no side" },
	{ NOTE "a Receive 1 x\n", "is no name" },
	{ NOTE "a receive 256 x\n", "no exit status" },
	{ NOTE "a receive one x\n", "no exit status" },
	{ NOTE "a receive 1\n", "by no text" },
	{ NOTE "a receive 1 x", "no complete line" },
	{ HEAD SIDES DRAFT ASK "end: x\n", "line 11" },
};

Test(exercise, each_rule_is_kept)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bulla_err err = { 0 };

		cr_expect_eq(parse(bad[i][0], &err), BULLA_E_FORMAT +
		    (strstr(bad[i][1], "not end") != NULL), "%zu: %s", i,
		    err.msg);
		cr_expect(strstr(err.msg, bad[i][1]) != NULL,
		    "%zu: \"%s\" lacks \"%s\"", i, err.msg, bad[i][1]);
	}
}

/* max lines of a kind are taken, one more is not. */
static void
limit(const char *head, const char *line, unsigned max, const char *tail)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_EXERCISE_MAX);
	struct bulla_err err = { 0 };

	for (unsigned more = 0; more < 2; more++) {
		bulla_buf_reset(&b);
		bulla_buf_str(&b, head);
		for (unsigned i = 0; i < max + more; i++) {
			char s[16];

			(void)snprintf(s, sizeof(s), "x%u", i);
			for (const char *p = line; *p != '\0'; p++)
				*p == '%' ? bulla_buf_str(&b, s) :
				    bulla_buf_u8(&b, (uint8_t)*p);
		}
		bulla_buf_str(&b, tail);
		cr_expect_eq(parse(bulla_buf_cstr(&b), &err), more ?
		    BULLA_E_LIMIT : BULLA_OK, "%s: %s", line, err.msg);
	}
	bulla_buf_free(&b);
}

Test(exercise, limits)
{
	limit(HEAD SIDES "draft: d\n", "field: a=b\n",
	    BULLA_EXERCISE_DRAFT_FIELDS, ASK);
	limit(HEAD SIDES "draft: d\n", "draft: %\nfield: a=b\n",
	    BULLA_EXERCISE_DRAFTS - 1, ASK);
	limit(HEAD SIDES DRAFT, "step: % 0m a due\n", BULLA_EXERCISE_STEPS,
	    "");
	limit(HEAD SIDES DRAFT ASK, "fault: % lost-receipt ask\n",
	    BULLA_EXERCISE_FAULTS, "");
	limit(HEAD SIDES DRAFT ASK "fault: f lost-receipt ask\n",
	    "notice: a open 1 %\n", BULLA_EXERCISE_NOTICES, "");
	cr_expect_eq(BULLA_EXERCISE_NAME_MAX, 24);
	cr_expect_eq(parse(HEAD SIDES "draft: d\nstep: "
	    "abcdefghijklmnopqrstuvwx 0m a request d\n", NULL), BULLA_OK);
	cr_expect_eq(parse(HEAD SIDES "draft: d\nstep: "
	    "abcdefghijklmnopqrstuvwxy 0m a request d\n", NULL),
	    BULLA_E_FORMAT);
}

Test(exercise, too_long)
{
	struct bulla_cur c = { .len = BULLA_EXERCISE_MAX + 1 };
	char *text = calloc(1, c.len);

	cr_assert_not_null(text);
	c.p = (const uint8_t *)text;
	cr_assert_eq(bulla_exercise_parse(&c, &x, NULL), BULLA_E_LIMIT);
	free(text);
}

Test(exercise, the_clock)
{
	static const char good[] = "bulla exercise clock v1\n"
	    "time: 2031-03-03T08:00:00Z\n";
	static const char *const wrong[] = { "", "time: 2031-03-03T08:00:00Z\n",
	    "bulla exercise clock v1\n", "bulla exercise clock v1\ntime: now\n",
	    "bulla exercise clock v1\ntime: 2031-03-03T08:00:00Z\nx: y\n",
	    "bulla exercise clock v1\n\ntime: 2031-03-03T08:00:00Z\n" };
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_EXERCISE_CLOCK_MAX);
	struct bulla_cur c = bulla_cur_str(good);
	int64_t now = 7;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct bulla_cur w = bulla_cur_str(wrong[i]);

		cr_expect_eq(bulla_exercise_clock_parse(&w, &now, NULL),
		    BULLA_E_FORMAT);
		cr_expect_eq(now, 7);
	}
	cr_assert_eq(bulla_exercise_clock_parse(&c, &now, NULL), BULLA_OK);
	bulla_exercise_clock_put(&b, now);
	cr_assert_str_eq(bulla_buf_cstr(&b), good);
	bulla_buf_free(&b);
}
