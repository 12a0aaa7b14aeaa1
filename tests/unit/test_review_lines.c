#include "review_kit.h"

/* WRAP: fsync fdatasync */

/* The timelines of custody: which packages, and which notes about them. */
static struct bulla_review x;

TestSuite(review_lines, .init = begin, .fini = end);

static const struct bulla_timeline *
line_of(const char *id)
{
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < x.n_timelines[side]; i++) {
			if (strcmp(x.timeline[side][i].h->id, id) == 0)
				return &x.timeline[side][i];
		}
	}
	return NULL;
}

static const struct bulla_custody_seen *
note(const struct bulla_timeline *t, size_t i)
{
	cr_assert_lt(i, t->n);
	return &x.custody[t->first + i];
}

Test(review_lines, each_note_once_with_its_countersignature)
{
	const char *id = from_a("evidence", NULL, NULL, h(2));
	const struct bulla_timeline *t;

	review(&a, h(0), h(100), NULL, &x);
	t = line_of(id);
	cr_assert_not_null(t);
	cr_expect_not(t->marked);
	cr_assert_eq(t->n, 3);
	cr_expect_str_eq(note(t, 0)->event, "seal");
	cr_expect_str_eq(note(t, 1)->event, "relinquish");
	cr_expect_str_eq(note(t, 2)->event, "receive");
	cr_expect(note(t, 0)->by == 0 && note(t, 2)->by == 1);
	cr_expect(note(t, 2)->good && note(t, 2)->countersigned);
	cr_expect_not(note(t, 1)->countersigned);
	cr_expect_eq(note(t, 2)->time, h(2));
	bulla_review_free(&x);
	/* what is later than the period has not happened */
	review(&a, h(0), h(2), NULL, &x);
	cr_expect_null(line_of(id));
	bulla_review_free(&x);
}

Test(review_lines, what_went_wrong_comes_first_and_the_rest_is_counted)
{
	char lost[BULLA_ID_LEN + 1];
	const char *id;

	memcpy(lost, kit_send(&(struct parcel){ .from = &a, .to = &b,
	    .kind = "evidence", .created = h(1), .received = h(2),
	    .how_far = RECEIVED }), sizeof(lost));
	for (int i = 0; i < 14; i++)
		id = from_a("evidence", NULL, NULL, h(3 + i));
	review(&a, h(0), h(100), NULL, &x);
	cr_expect_eq(x.n_moved[0], 15);
	cr_assert_eq(x.n_timelines[0], BULLA_TIMELINES_MAX);
	cr_expect_str_eq(x.timeline[0][0].h->id, lost);
	cr_expect(x.timeline[0][0].marked);
	cr_expect_str_eq(x.timeline[0][1].h->id, id);
	cr_expect_not(x.timeline[0][1].marked);
	cr_expect_eq(x.n_moved[1], 0);
	bulla_review_free(&x);
}

/* Digests are in any order: of so many one would be wrong. */
Test(review_lines, one_second_is_in_the_order_of_the_chains)
{
	static const char *const event[] = { "seal", "relinquish", "receive" };
	const struct bulla_timeline *t;

	for (int i = 0; i < 16; i++) {
		struct end *from = i % 2 == 0 ? &a : &b;

		(void)kit_send(&(struct parcel){ .from = from, .to = from ==
		    &a ? &b : &a, .kind = "evidence", .created = h(2),
		    .received = h(2), .how_far = COUNTERSIGNED });
	}
	review(&a, h(0), h(100), NULL, &x);
	cr_assert(x.n_timelines[0] == 8 && x.n_timelines[1] == 8);
	for (size_t i = 0; i < 16; i++) {
		t = &x.timeline[i % 2][i / 2];
		cr_assert_eq(t->n, 3);
		for (size_t k = 0; k < 3; k++) {
			cr_expect_str_eq(note(t, k)->event, event[k]);
			cr_expect_eq(note(t, k)->time, h(2));
		}
	}
	bulla_review_free(&x);
}
