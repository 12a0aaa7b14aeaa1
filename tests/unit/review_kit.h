#ifndef TEST_REVIEW_KIT_H
#define TEST_REVIEW_KIT_H

#include "thread_home.h"

#include "bulla/request.h"
#include "bulla/review.h"

/*
 * Two homes, requests with documents, and a review of each home. No power fails
 * here, and there are many files.
 */
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int
__wrap_fsync(int fd)
{
	(void)fd;
	return 0;
}

int
__wrap_fdatasync(int fd)
{
	(void)fd;
	return 0;
}

/* As both keep it once it was opened. */
static inline void
keep_text(const char *home, const char *id, const struct bulla_buf *text)
{
	struct bulla_cur c = bulla_buf_view(text);

	cr_assert_eq(bulla_request_keep(home, id, &c, &err), BULLA_OK, "%s",
	    err.msg);
}

static inline void
keep_request(const char *id, const char *class, const char *category,
    int64_t at)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	char when[BULLA_WHEN_LEN + 1];

	bulla_when_text(at - 60, when);
	bulla_buf_fmt(&text, "bulla request v1\ntype: subscriber\n"
	    "status: new\ndate: %s\n", when);
	if (class != NULL)
		bulla_buf_fmt(&text, "class: %s\n", class);
	bulla_buf_fmt(&text, "category: %s\n", category);
	keep_text("A", id, &text);
	keep_text("B", id, &text);
	bulla_buf_free(&text);
}

static inline void
keep_refusal(const char *id, const char *request, const char *ground,
    int64_t at)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	char when[BULLA_WHEN_LEN + 1];

	bulla_when_text(at - 60, when);
	bulla_buf_fmt(&text, "bulla reply v1\ntype: refused\nrequest: %s\n"
	    "date: %s\nground: %s\n", request, when, ground);
	keep_text("A", id, &text);
	keep_text("B", id, &text);
	bulla_buf_free(&text);
}

static inline const char *
ask_a(const char *class, const char *category, int64_t at)
{
	const char *id = from_a("request", NULL, class, at);

	keep_request(id, class, category, at);
	return id;
}

static inline const char *
ask_b(const char *class, const char *category, int64_t at)
{
	const char *id = kit_send(&(struct parcel){ .from = &b, .to = &a,
	    .kind = "request", .class = class, .created = at - 60,
	    .received = at, .how_far = COUNTERSIGNED });

	keep_request(id, class, category, at);
	return id;
}

static inline void
review(struct end *e, int64_t from, int64_t to,
    const struct bulla_statement *theirs, struct bulla_review *out)
{
	const struct bulla_review_from f = { .home = &e->h, .from = from,
	    .to = to, .theirs = theirs };

	err = (struct bulla_err){ 0 };
	cr_assert_eq(bulla_review_load(&f, out, &err), BULLA_OK, "%s",
	    err.msg);
}

static inline void
expect_same_review(const struct bulla_review *x, const struct bulla_review *y)
{
	struct bulla_buf p = BULLA_BUF_INIT(BULLA_REVIEW_MAX);
	struct bulla_buf q = BULLA_BUF_INIT(BULLA_REVIEW_MAX);

	bulla_review_put(&p, x, false);
	bulla_review_put(&q, y, false);
	cr_assert(p.st == BULLA_OK && q.st == BULLA_OK && p.len > 1000);
	cr_expect(p.len == q.len && memcmp(p.p, q.p, p.len) == 0,
	    "the two tables differ");
	bulla_buf_free(&p);
	bulla_buf_free(&q);
}

#endif
