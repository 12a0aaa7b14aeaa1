#include "reqdoc_int.h"

/* The bits of bulla_reply_types. */
enum {
	ACKNOWLEDGE = 1 << 0, CLARIFICATION = 1 << 1, ACCEPTED = 1 << 2,
	PRESERVED = 1 << 3, PARTIAL = 1 << 4, FULL = 1 << 5,
	REFUSED = 1 << 6, POSTPONED = 1 << 7, CONDITIONAL = 1 << 8,
	TRANSFERRED = 1 << 9, STATUS = 1 << 10, RESULT = 1 << 11,
	EXTENSION = 1 << 12, WITHDRAWN = 1 << 13, CLOSED = 1 << 14,
};
#define ALL .must = REQDOC_ANY, .may = REQDOC_ANY
#define MAY .may = REQDOC_ANY
#define ONLY(types) .must = (types), .may = (types)
#define ONE_OF(need, can) .must = (need), .may = (uint32_t)(need) | (can)

static const struct reqdoc_row rows[] = {
	{ "type", FORM_CODE, bulla_reply_types, ALL,
	    .guide = "What kind of reply this is.",
	    .instead = "acknowledge" },
	{ "request", FORM_ID, NULL, ALL, .tool = true,
	    .guide = "The request that it answers.",
	    .instead = "00112233445566778899aabbccddeeff" },
	{ "date", FORM_WHEN, NULL, ALL, .tool = true,
	    .guide = "When it was sealed.",
	    .instead = "2026-11-22T03:04:05Z" },
	{ "authority", FORM_LINE, NULL, ALL,
	    .guide = "The authority that replies: the office's full name.",
	    .instead = "Cybercrime Bureau of B" },
	{ "person", FORM_LINE, NULL, ALL,
	    .guide = "Who answers questions about this reply.",
	    .instead = "Officer L. Chen" },
	{ "phone", FORM_PHONE, NULL, MAY,
	    .guide = "With the country's code.",
	    .instead = "+86 10 55501000" },
	{ "email", FORM_EMAIL, NULL, MAY,
	    .guide = "An office's address that is read every day.",
	    .instead = "desk@bureau.b.example" },
	{ "reference", FORM_LINE, NULL, MAY,
	    .guide = "Your own file number, to be quoted.",
	    .instead = "B-2026-0815" },
	{ "code", FORM_CODES, bulla_clarification_codes, ONLY(CLARIFICATION),
	    .guide = "What kind of trouble there is with the request.",
	    .instead = "insufficient-identifiers" },
	{ "question", FORM_TEXT, NULL, ONLY(CLARIFICATION),
	    .guide = "What has to be known before work can go on. The clock "
	    "stands until the answer.",
	    .instead = "Which source port was used? The address is shared." },
	{ "fields", FORM_LABELS, NULL, ONE_OF(0, CLARIFICATION),
	    .guide = "The fields of the request that have to be better.",
	    .instead = "location" },
	{ "estimate", FORM_WHEN, NULL, ONE_OF(ACCEPTED, ACKNOWLEDGE |
	    PARTIAL | TRANSFERRED | STATUS | CONDITIONAL),
	    .guide = "When the next substantive answer may be expected.",
	    .instead = "2026-12-20T00:00:00Z" },
	{ "preserved", FORM_TEXT, NULL, ONLY(PRESERVED),
	    .guide = "Which data are held now, and where.",
	    .instead = "Log lines of the address, held by the provider" },
	{ "preserved-until", FORM_WHEN, NULL, ONLY(PRESERVED),
	    .guide = "Up to when they are held.",
	    .instead = "2027-01-21T00:00:00Z" },
	{ "given", FORM_TEXT, NULL, ONLY(PARTIAL | FULL),
	    .guide = "What is given with this reply, or in which package.",
	    .instead = "Subscriber data, subscriber.csv" },
	{ "missing", FORM_TEXT, NULL, ONLY(PARTIAL),
	    .guide = "What was asked for and is not given, and why.",
	    .instead = "Payment data: not held by the provider" },
	{ "ground", FORM_CODE, bulla_refusal_grounds, ONLY(REFUSED),
	    .guide = "The ground of the refusal.",
	    .instead = "dual-criminality" },
	{ "conditions", FORM_TEXT, NULL, ONLY(CONDITIONAL),
	    .guide = "Under which conditions it will be answered.",
	    .instead = "Not to be used in proceedings on tax offences" },
	{ "transferred-to", FORM_TEXT, NULL, ONLY(TRANSFERRED),
	    .guide = "Which authority has it now, and how to reach it.",
	    .instead = "Provincial Bureau of C, +86 21 55501000" },
	{ "reason", FORM_TEXT, NULL, ONE_OF(REFUSED | POSTPONED |
	    TRANSFERRED | EXTENSION | WITHDRAWN, PARTIAL | CONDITIONAL |
	    CLOSED | STATUS),
	    .guide = "Why. What would make another answer possible?",
	    .instead = "The act is no offence here: no use of force is "
	    "described." },
	{ "postponed-until", FORM_WHEN, NULL, ONLY(POSTPONED),
	    .guide = "Up to when.",
	    .instead = "2027-03-01T00:00:00Z" },
	{ "extended-until", FORM_WHEN, NULL, ONLY(EXTENSION),
	    .guide = "The new date by which it will be answered.",
	    .instead = "2027-01-10T00:00:00Z" },
	{ "state", FORM_LINE, NULL, ONE_OF(STATUS, RESULT),
	    .guide = "Where the work stands, in a few words.",
	    .instead = "order served on the provider" },
	{ "progress", FORM_TEXT, NULL, ONLY(STATUS),
	    .guide = "What was done since the last word, and what comes next.",
	    .instead = "The court has given its order on 1 December." },
	{ "next-update", FORM_WHEN, NULL, ONE_OF(0, STATUS),
	    .guide = "When the next word will come.",
	    .instead = "2026-12-15T00:00:00Z" },
	{ "achieved", FORM_TEXT, NULL, ONLY(RESULT),
	    .guide = "What the answer led to: arrests, charges, victims "
	    "found, money secured, or nothing.",
	    .instead = "One arrest; 3 bitcoin were secured." },
	{ "use-limitation", FORM_TEXT, NULL, ONE_OF(0, PRESERVED | PARTIAL |
	    FULL | CONDITIONAL | RESULT),
	    .guide = "What the data must not be used for.",
	    .instead = "Only in the case named in the request" },
	{ "message", FORM_TEXT, NULL, MAY,
	    .guide = "Anything else.",
	    .instead = "Thank you for the quick answer." },
	{ "attachment", FORM_ATTACHMENTS, NULL, MAY, .tool = true,
	    .guide = "Files that go along.",
	    .instead = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca4"
	    "95991b7852b855 0 empty.txt" },
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) <= BULLA_REQDOC_FIELDS_MAX,
    "room for all");

const struct reqdoc_table reqdoc_replies = {
	"bulla reply v1", "reply", "reply.txt", rows,
	sizeof(rows) / sizeof(rows[0]),
};

/* A call, and the answer that countersigns it. */
enum { CALL = 1, ANSWER = 2 };

static const struct reqdoc_row calls[] = {
	{ "request", FORM_ID_OR_NONE, NULL, ALL,
	    .guide = "The request that it is about.",
	    .instead = "00112233445566778899aabbccddeeff", .preset = "none" },
	{ "answers", FORM_ID, NULL, ONLY(ANSWER), .tool = true,
	    .guide = "The hotline call that this one answers.",
	    .instead = "00112233445566778899aabbccddeeff" },
	{ "date", FORM_WHEN, NULL, ALL, .tool = true,
	    .guide = "When it was signed.",
	    .instead = "2026-11-22T03:04:05Z" },
	{ "trigger", FORM_CODE, bulla_hotline_triggers, ALL,
	    .guide = "What it is about.",
	    .instead = "overdue" },
	{ "level", FORM_TOKEN, bulla_hotline_levels, ALL,
	    .guide = "Who deals with it: a level of the agreement, by default "
	    "contact-point, lead-official or high-level-dialogue.",
	    .instead = "lead-official", .preset = "contact-point" },
	{ "raised-by", FORM_LINE, NULL, ALL,
	    .guide = "Name and office of who called.",
	    .instead = "Inspector R. Rossi, Cybercrime Unit of A" },
	{ "raised-to", FORM_LINE, NULL, ALL,
	    .guide = "Name and office of who was called.",
	    .instead = "Director L. Chen, Cybercrime Bureau of B" },
	{ "phone", FORM_PHONE, NULL, MAY,
	    .guide = "Where to call back, with the country's code.",
	    .instead = "+39 06 5550100" },
	{ "summary", FORM_TEXT, NULL, ALL,
	    .guide = "What was said.",
	    .instead = "No answer since 1 November; the data are deleted on "
	    "3 December." },
	{ "wanted", FORM_TEXT, NULL, ONE_OF(0, CALL),
	    .guide = "What the caller asks for.",
	    .instead = "That the data be preserved today." },
	{ "agreed-action", FORM_TEXT, NULL, ONLY(ANSWER),
	    .guide = "What was agreed on, and who does it.",
	    .instead = "B has the data preserved and confirms it." },
	{ "due", FORM_WHEN, NULL, ONLY(ANSWER),
	    .guide = "By when.",
	    .instead = "2026-11-25T12:00:00Z" },
};

const struct reqdoc_table reqdoc_hotlines = {
	"bulla hotline v1", "hotline", "hotline.txt", calls,
	sizeof(calls) / sizeof(calls[0]),
};
