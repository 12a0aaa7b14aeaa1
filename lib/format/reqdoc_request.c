#include "reqdoc_int.h"

/* The bits of bulla_request_types. */
enum {
	PRESERVE = 1, SUBSCRIBER = 2, TRAFFIC = 4, CONTENT = 8, DEVICE = 16,
	MITIGATION = 32, INDICATOR = 64, STATUS = 128, OTHER = 256,
};
#define DATA (PRESERVE | SUBSCRIBER | TRAFFIC | CONTENT)
#define BUT_STATUS (REQDOC_ANY & ~(uint32_t)STATUS)
#define ALL .must = REQDOC_ANY, .may = REQDOC_ANY
#define MAY .may = REQDOC_ANY
#define MUST(types) .must = (types), .may = REQDOC_ANY

static const char *const statuses[] = { "new", "follow-up", NULL };
static const char *const translations[] = { "not-needed", "attached",
    "follows", NULL };

/*
 * After the templates of the Council of Europe's cybercrime committee for
 * articles 29 to 31 of the Budapest Convention.
 */
static const struct reqdoc_row rows[] = {
	{ "type", FORM_CODE, bulla_request_types, ALL,
	    .guide = "What is asked for: to preserve data, to give subscriber "
	    "data, traffic data or content, an image of a device, help "
	    "against an attack, information on indicators, the status of "
	    "another request.",
	    .instead = "subscriber" },
	{ "status", FORM_CODE, statuses, ALL,
	    .guide = "Is it new, or does it follow up one that was sent "
	    "before, also as the answer to a clarification?",
	    .instead = "new", .preset = "new" },
	{ "related", FORM_IDS_OR_NONE, NULL, ALL,
	    .guide = "The requests that belong to it; first the one that a "
	    "follow-up follows up.",
	    .instead = "00112233445566778899aabbccddeeff", .preset = "none" },
	{ "date", FORM_WHEN, NULL, ALL, .tool = true,
	    .guide = "When it was sealed.",
	    .instead = "2026-11-22T03:04:05Z" },
	{ "class", FORM_TOKEN, NULL, ALL,
	    .guide = "How urgent: a class of the agreement, which gives each "
	    "its deadlines. It stands in clear outside too.",
	    .instead = "routine-subscriber" },
	{ "justification", FORM_TEXT, NULL, ALL,
	    .guide = "Why this class and no slower one.",
	    .instead = "The provider keeps address logs for 30 days only." },
	{ "hearing", FORM_WHEN_OR_NONE, NULL, ALL,
	    .guide = "The date in court that depends on the answer.",
	    .instead = "2027-02-01T09:00:00Z", .preset = "none" },
	{ "imminent-risk", FORM_TEXT, NULL, MAY,
	    .guide = "Emergencies: whose life or safety is at risk, how, and "
	    "how you know.",
	    .instead = "A child is held by the account's owner; a picture of "
	    "today shows it." },
	{ "summary", FORM_LINE, NULL, ALL,
	    .guide = "One line for lists. It is sealed with the rest.",
	    .instead = "Owner of an account used to collect ransom" },
	{ "authority", FORM_LINE, NULL, ALL,
	    .guide = "The requesting authority: the office's full name.",
	    .instead = "Cybercrime Unit, Regional Police of A" },
	{ "person", FORM_LINE, NULL, ALL,
	    .guide = "Who answers questions about this request.",
	    .instead = "Inspector R. Rossi" },
	{ "phone", FORM_PHONE, NULL, ALL,
	    .guide = "With the country's code.",
	    .instead = "+39 06 5550100" },
	{ "email", FORM_EMAIL, NULL, ALL,
	    .guide = "An office's address that is read every day.",
	    .instead = "desk@police.a.example" },
	{ "hours", FORM_LINE, NULL, ALL,
	    .guide = "When somebody answers the phone.",
	    .instead = "Mon-Fri 08:00-18:00", },
	{ "zone", FORM_LINE, NULL, ALL,
	    .guide = "The time zone of these hours.",
	    .instead = "Europe/Rome (UTC+1)" },
	{ "reply-channel", FORM_LINE, NULL, ALL,
	    .guide = "Where the answer is to go.",
	    .instead = "sealed package to our inbox", },
	{ "second-contact", FORM_TEXT, NULL, ALL,
	    .guide = "Another person, with a phone number, who can confirm "
	    "that this request is genuine.",
	    .instead = "Chief Inspector M. Bianchi, +39 06 5550101" },
	{ "investigating-authority", FORM_TEXT, NULL, MAY,
	    .guide = "The investigating authority, prosecutor or court, when "
	    "it is another one, with its file number.",
	    .instead = "Public Prosecutor of A, file 42/2026" },
	{ "requested-authority", FORM_LINE, NULL, ALL,
	    .guide = "Who is asked: the office's full name.",
	    .instead = "Cybercrime Bureau of B" },
	{ "legal-basis", FORM_TEXT, NULL, ALL,
	    .guide = "The treaty, agreement or law that the request rests "
	    "on, with its article.",
	    .instead = "Agreement between A and B, article 4" },
	{ "reciprocity", FORM_TEXT, NULL, MAY,
	    .guide = "Would you do the same for them? Where no treaty says "
	    "so.",
	    .instead = "The same data would be given in a like case." },
	{ "offence", FORM_TEXT, NULL, MUST(BUT_STATUS),
	    .guide = "What is investigated, in the words of your law.",
	    .instead = "Extortion by means of a computer" },
	{ "category", FORM_CODE, bulla_crime_categories, MUST(BUT_STATUS),
	    .guide = "For the review of both sides.",
	    .instead = "fraud" },
	{ "provisions", FORM_TEXT, NULL, MUST(BUT_STATUS),
	    .guide = "Articles and the longest sentence; their text can be "
	    "attached.",
	    .instead = "Criminal Code of A, article 629: up to ten years" },
	{ "facts", FORM_TEXT, NULL, MUST(BUT_STATUS),
	    .guide = "What happened, when, where, to whom; how it led to the "
	    "data that are sought. As much as the other side needs to decide, "
	    "not more.",
	    .instead = "On 3 November 2026 the hospital's files were "
	    "encrypted and 5 bitcoin were demanded from an address that ..." },
	{ "data-sought", FORM_TEXT, NULL, ALL,
	    .guide = "Which data, one by one. What is not named will not be "
	    "given.",
	    .instead = "Name, address and payment data of the subscriber to "
	    "whom the address was assigned." },
	{ "relation", FORM_TEXT, NULL, MUST(BUT_STATUS),
	    .guide = "How these data bear on the offence.",
	    .instead = "The ransom note was sent from this address, so its "
	    "subscriber is a suspect or knows one." },
	{ "location", FORM_LOCATIONS, NULL,
	    MUST(DATA | DEVICE | MITIGATION | INDICATOR),
	    .guide = "Where the data are. An address without port and exact "
	    "time often names thousands of people.",
	    .instead = "ip 198.51.100.7 port 50122 at 2026-11-03T04:05:06Z" },
	{ "range-from", FORM_WHEN, NULL, MUST(DATA | INDICATOR),
	    .guide = "From when on data are sought.",
	    .instead = "2026-11-01T00:00:00Z" },
	{ "range-until", FORM_WHEN, NULL, MUST(DATA | INDICATOR),
	    .guide = "Up to when, not after today.",
	    .instead = "2026-11-04T00:00:00Z" },
	{ "necessity", FORM_TEXT, NULL, MUST(TRAFFIC | CONTENT | DEVICE),
	    .guide = "Why it cannot be had by a lesser measure.",
	    .instead = "Subscriber data were asked for and are false." },
	{ "volatility", FORM_TEXT, NULL, MUST(PRESERVE),
	    .guide = "When the data will be gone, and why you think so.",
	    .instead = "The provider deletes its logs after 30 days, on "
	    "3 December 2026." },
	{ "formal-request", FORM_TEXT, NULL, MUST(PRESERVE),
	    .guide = "The statement that a formal request for these data "
	    "follows, and by what way.",
	    .instead = "A request for mutual legal assistance follows "
	    "through the ministries of justice." },
	{ "formal-request-by", FORM_WHEN, NULL, MUST(PRESERVE),
	    .guide = "By when it follows.",
	    .instead = "2027-01-15T00:00:00Z" },
	{ "persons", FORM_TEXT, NULL, MAY,
	    .guide = "Whom it concerns, as far as is known: name, date of "
	    "birth, nationality, part in the case.",
	    .instead = "Unknown man who calls himself \"bee\"; suspect" },
	{ "purpose", FORM_TEXT, NULL, ALL,
	    .guide = "What the answer will be used for.",
	    .instead = "Evidence in the criminal case named above" },
	{ "use-limitation", FORM_TEXT, NULL, ALL,
	    .guide = "What it will not be used for, and who will see it.",
	    .instead = "Only in this case; any other use is asked for first." },
	{ "procedure", FORM_TEXT, NULL, MAY,
	    .guide = "A form that your court asks for.",
	    .instead = "Please add a statement of the keeper of the records." },
	{ "do-not-notify", FORM_YESNO, NULL, ALL,
	    .guide = "Must the provider's customer not be told?",
	    .instead = "yes", .preset = "yes" },
	{ "confidentiality", FORM_TEXT, NULL, MAY,
	    .guide = "What must be kept secret, from whom, until when.",
	    .instead = "The account's owner must not learn of it before the "
	    "search on 1 December 2026." },
	{ "language", FORM_LANGUAGE, NULL, ALL,
	    .guide = "The language of this request.",
	    .instead = "en", .preset = "en" },
	{ "translation", FORM_CODE, translations, ALL,
	    .guide = "Into the language of the requested side.",
	    .instead = "attached", .preset = "not-needed" },
	{ "reply-keys", FORM_KEYS, NULL, ALL,
	    .guide = "For whom the answer is to be sealed.",
	    .instead = "a.example/desk" },
	{ "attachment", FORM_ATTACHMENTS, NULL, MAY, .tool = true,
	    .guide = "Files that go along.",
	    .instead = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca4"
	    "95991b7852b855 0 empty.txt" },
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) <= BULLA_REQDOC_FIELDS_MAX,
    "room for all");

const struct reqdoc_table reqdoc_requests = {
	"bulla request v1", "new", "request.txt", rows,
	sizeof(rows) / sizeof(rows[0]),
};
