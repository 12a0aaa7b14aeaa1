#ifndef TEST_AGREEMENT_KIT_H
#define TEST_AGREEMENT_KIT_H

#include <stdio.h>

#include "trust_kit.h"

#include "bulla/agreement.h"
#include "bulla/when.h"

/*
 * An agreement between a.example and b.example as docs/FORMAT.md has it, but
 * for its head. Urgent is in working days: a works in UTC, b 8 hours east.
 */
#define AGREED_DAYS \
	"calendar: a.example +00:00 sat sun\n" \
	"calendar: b.example +08:00 sat sun\n" \
	"holiday: a.example 2026-11-26\n" \
	"holiday: a.example 2026-12-25\n" \
	"holiday: b.example 2026-11-24\n" \
	"review: 2026-12-15\n" \
	"review: 2027-06-15\n"
#define AGREED_CLASSES \
	"class: emergency\n" \
	"acknowledge: 1h\n" \
	"first: 8h partial full refused\n" \
	"final: 24h full refused transferred\n" \
	"status: 6h\n" \
	"hold: -\n" \
	"extension: 12h\n" \
	"class: preserve\n" \
	"acknowledge: 4h\n" \
	"first: 24h preserved refused\n" \
	"final: - refused transferred\n" \
	"status: -\n" \
	"hold: 60d\n" \
	"extension: 30d\n" \
	"class: urgent\n" \
	"acknowledge: 1wd\n" \
	"first: 5wd accepted partial full refused\n" \
	"final: 10wd full refused transferred\n" \
	"status: -\n" \
	"hold: -\n" \
	"extension: 5wd\n"
#define AGREED_LEVELS \
	"hotline: contact-point a.example 1h Hugo, +1 555 0100\n" \
	"hotline: contact-point b.example 2h the desk\n" \
	"hotline: lead-official a.example 24h Lea\n" \
	"hotline: lead-official b.example 1wd Lea\n"
#define AGREED AGREED_DAYS AGREED_CLASSES AGREED_LEVELS

/* The next version, in force from a time; previous NULL for the first. */
static inline void
agreed_text(struct bulla_buf *b, uint64_t version, int64_t from,
    const uint8_t *previous, const char *body)
{
	char when[BULLA_WHEN_LEN + 1];

	bulla_buf_reset(b);
	bulla_when_text(from, when);
	bulla_buf_fmt(b, "bulla agreement v1\nversion: %llu\nfrom: %s\n"
	    "previous: ", (unsigned long long)version, when);
	for (size_t i = 0; previous != NULL && i < 32; i++)
		bulla_buf_fmt(b, "%02x", previous[i]);
	bulla_buf_fmt(b, "%s\nside: a.example\nside: b.example\n%s",
	    previous == NULL ? "-" : "", body);
	cr_assert_not_null(bulla_buf_cstr(b));
}

/* Signed by these two. */
static inline void
agreed_note(struct bulla_buf *note, const struct bulla_buf *text,
    const struct bulla_signer *one, const struct bulla_signer *two)
{
	struct bulla_cur c = bulla_buf_view(text);
	struct bulla_buf second = BULLA_BUF_INIT(BULLA_NOTE_MAX);

	bulla_buf_reset(note);
	cr_assert_eq(bulla_note_sign(&c, one, 1, note, NULL), BULLA_OK);
	if (two != NULL) {
		cr_assert_eq(bulla_note_sign(&c, two, 1, &second, NULL),
		    BULLA_OK);
		bulla_buf_put(note, second.p + text->len + 1,
		    second.len - text->len - 1);
	}
	bulla_buf_free(&second);
}

#endif
