#include "bulla/bag.h"
#include "bulla/enc.h"
#include "bulla/text.h"
#include "bulla/when.h"

/* When a label must be there, as the item type and copy status say. */
enum need { ALWAYS, DEVICE, MEDIA, DERIVED, OPTIONAL };

/*
 * The judgement on one value: NULL, or what was expected. words is the list
 * of allowed values where the table has one.
 */
typedef const char *judge_fn(const struct bulla_cur *value);

struct rule {
	const char *label;
	enum need need;
	bool once;		/* a second one would contradict the first */
	const char *const *words;
	judge_fn *judge;
};

/* The device items, then (media among them) those with sectors, first. */
static const char *const item_types[] = {
	"disk-image", "mobile-extraction", "memory", "log-export",
	"account-production", "web-capture", "network-capture", "document",
	"indicator-set", "other", NULL
};
enum { N_MEDIA = 1, N_DEVICE = 3 };
static const char *const copy_statuses[] = {
	"evidentiary", "working", "derived", NULL
};
static const char *const signatures[] = {
	"signed", "refused", "unable", NULL
};
static const char *const tlp[] = {
	"TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR",
	NULL
};
static const char *const categories[] = {
	"child-exploitation", "trade-secret-theft", "fraud",
	"terrorist-misuse", "malicious-cyber", "other", NULL
};

static bool
take_when(struct bulla_cur *c, int64_t *out)
{
	struct bulla_cur text;

	return bulla_cur_take(c, BULLA_WHEN_LEN, &text) &&
	    bulla_when_parse(&text, out);
}

/* No value ends in a space: something follows it here and below. */
static const char *
judge_acquired(const struct bulla_cur *value)
{
	struct bulla_cur c = *value;
	int64_t t;

	if (take_when(&c, &t) && bulla_cur_eat_str(&c, " "))
		return NULL;
	return "expected the time in UTC and the zone of the place:"
	    " 2026-11-22T03:04:05Z +08:00";
}

static const char *
judge_seized(const struct bulla_cur *value)
{
	struct bulla_cur c = *value;

	if (bulla_cur_is(&c, "yes") || bulla_cur_starts(&c, "no, "))
		return NULL;
	return "expected \"yes\", or \"no, \" and the reason";
}

static const char *
judge_verified(const struct bulla_cur *value)
{
	struct bulla_cur c = *value;
	int64_t t;

	if (bulla_cur_is(&c, "no"))
		return NULL;
	if ((bulla_cur_eat_str(&c, "source ") ||
	    bulla_cur_eat_str(&c, "image ") ||
	    bulla_cur_eat_str(&c, "both ")) && take_when(&c, &t) &&
	    c.len == 0)
		return NULL;
	return "expected \"no\", or source, image or both and the time:"
	    " both 2026-11-22T03:04:05Z";
}

/* What the acquiring tool said, MD5 and SHA-1 included: carried, not ours. */
static const char *
judge_hash(const struct bulla_cur *value)
{
	static const struct {
		const char *prefix;
		size_t len;
	} kinds[] = {
		{ "sha256:", 32 }, { "sha512:", 64 }, { "sha1:", 20 },
		{ "md5:", 16 },
	};
	uint8_t digest[64];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct bulla_cur c = *value;

		if (bulla_cur_eat_str(&c, kinds[i].prefix) &&
		    bulla_hex_decode(&c, digest, kinds[i].len))
			return NULL;
	}
	return "expected sha256: (or sha512:, sha1:, md5:) and the digest in"
	    " lower-case hex";
}

static const struct rule rules[] = {
	{ "Source-Organization", ALWAYS, false, NULL, NULL },
	{ "Contact-Name", ALWAYS, false, NULL, NULL },
	{ "External-Identifier", ALWAYS, false, NULL, NULL },
	{ "External-Description", ALWAYS, false, NULL, NULL },
	{ "Bag-Group-Identifier", ALWAYS, false, NULL, NULL },
	{ "Evid-Case-Id", ALWAYS, false, NULL, NULL },
	{ "Evid-Exhibit-Id", ALWAYS, false, NULL, NULL },
	{ "Evid-Item-Type", ALWAYS, true, item_types, NULL },
	{ "Evid-Acquired-Start", ALWAYS, true, NULL, judge_acquired },
	{ "Evid-Acquired-End", ALWAYS, true, NULL, judge_acquired },
	{ "Evid-Acquired-By", ALWAYS, false, NULL, NULL },
	{ "Evid-Holder-Signature", OPTIONAL, false, signatures, NULL },
	{ "Evid-Place", ALWAYS, false, NULL, NULL },
	{ "Evid-Source-Make", DEVICE, false, NULL, NULL },
	{ "Evid-Source-Model", DEVICE, false, NULL, NULL },
	{ "Evid-Source-Serial", DEVICE, false, NULL, NULL },
	{ "Evid-Source-Identifiers", DEVICE, false, NULL, NULL },
	{ "Evid-Original-Seized", ALWAYS, true, NULL, judge_seized },
	{ "Evid-Tool", ALWAYS, false, NULL, NULL },
	{ "Evid-Method", ALWAYS, false, NULL, NULL },
	{ "Evid-Write-Blocker", MEDIA, false, NULL, NULL },
	{ "Evid-Bad-Sectors", MEDIA, false, NULL, NULL },
	{ "Evid-Acquisition-Hash", ALWAYS, false, NULL, judge_hash },
	{ "Evid-Verified", ALWAYS, true, NULL, judge_verified },
	{ "Evid-Copy-Status", ALWAYS, true, copy_statuses, NULL },
	{ "Evid-Derived-From", DERIVED, false, NULL, NULL },
	{ "Evid-Legal-Basis", ALWAYS, false, NULL, NULL },
	{ "Evid-Handling", ALWAYS, true, tlp, NULL },
	{ "Evid-Crime-Category", ALWAYS, true, categories, NULL },
};

/* The next value of label in the lines, which are well formed: ours. */
static bool
next_value(struct bulla_cur *lines, const char *label,
    struct bulla_cur *value)
{
	struct bulla_cur line;

	while (bulla_cur_line(lines, &line)) {
		if (bulla_cur_eat_str(&line, label) &&
		    bulla_cur_eat_str(&line, ": ")) {
			*value = line;
			return true;
		}
	}
	return false;
}

/* Position of the only value of label in words, or the number of words. */
static size_t
word_index(struct bulla_cur lines, const char *label,
    const char *const *words)
{
	struct bulla_cur value;
	bool has = next_value(&lines, label, &value);
	size_t i = 0;

	while (words[i] != NULL && !(has && bulla_cur_is(&value, words[i])))
		i++;
	return i;
}

struct check {
	struct bulla_cur lines;
	size_t item;		/* index in item_types */
	bool derived;
	struct bulla_buf *problems;
	unsigned n_problems;
};

static const char *
missing_text(const struct check *c, enum need need)
{
	switch (need) {
	case ALWAYS:
		return "missing";
	case DEVICE:
		return c->item < N_DEVICE ?
		    "missing: required for an item taken from a device" : NULL;
	case MEDIA:
		return c->item < N_MEDIA ?
		    "missing: required for the image of a medium" : NULL;
	case DERIVED:
		return c->derived ?
		    "missing: required for a derived copy" : NULL;
	case OPTIONAL:
		return NULL;
	}
	return NULL;
}

static void
problem(struct check *c, const char *label, const char *text)
{
	c->n_problems++;
	bulla_buf_fmt(c->problems, "%s: %s\n", label, text);
}

static void
bad_word(struct check *c, const struct rule *r)
{
	c->n_problems++;
	bulla_buf_fmt(c->problems, "%s: expected one of", r->label);
	for (size_t i = 0; r->words[i] != NULL; i++)
		bulla_buf_fmt(c->problems, "%s %s", i > 0 ? "," : "",
		    r->words[i]);
	bulla_buf_u8(c->problems, '\n');
}

static bool
in_words(const struct bulla_cur *value, const char *const *words)
{
	while (*words != NULL && !bulla_cur_is(value, *words))
		words++;
	return *words != NULL;
}

static void
check_rule(struct check *c, const struct rule *r)
{
	struct bulla_cur lines = c->lines, value;
	const char *text = missing_text(c, r->need);
	unsigned n;

	for (n = 0; next_value(&lines, r->label, &value); n++) {
		const char *bad = r->judge ? r->judge(&value) : NULL;

		if (bad != NULL)
			problem(c, r->label, bad);
		if (r->words != NULL && !in_words(&value, r->words))
			bad_word(c, r);
	}
	if (n == 0 && text != NULL)
		problem(c, r->label, text);
	if (n > 1 && r->once)
		problem(c, r->label, "given more than once");
}

static void
check_span(struct check *c)
{
	struct bulla_cur a = c->lines, b = c->lines, from, to;
	int64_t start, end;

	if (next_value(&a, "Evid-Acquired-Start", &from) &&
	    next_value(&b, "Evid-Acquired-End", &to) &&
	    take_when(&from, &start) && take_when(&to, &end) && end < start)
		problem(c, "Evid-Acquired-End",
		    "before Evid-Acquired-Start");
}

unsigned
bulla_baginfo_evidence(const struct bulla_baginfo *i,
    struct bulla_buf *problems)
{
	struct check c = {
		.lines = bulla_buf_view(&i->text), .problems = problems,
	};

	c.item = word_index(c.lines, "Evid-Item-Type", item_types);
	c.derived = copy_statuses[word_index(c.lines, "Evid-Copy-Status",
	    copy_statuses)] == copy_statuses[2];
	for (size_t k = 0; k < sizeof(rules) / sizeof(rules[0]); k++)
		check_rule(&c, &rules[k]);
	check_span(&c);
	return c.n_problems;
}

enum bulla_status
bulla_baginfo_check_evidence(const struct bulla_baginfo *i,
    struct bulla_err *err)
{
	struct bulla_buf problems = BULLA_BUF_INIT(BULLA_BAGINFO_MAX);
	unsigned n = bulla_baginfo_evidence(i, &problems);
	struct bulla_cur c = bulla_buf_view(&problems), first;
	enum bulla_status st = BULLA_OK;
	char shown[256] = "";

	if (n > 0 && bulla_cur_line(&c, &first))
		bulla_text_show(shown, sizeof(shown), &first);
	if (n > 0)
		st = bulla_fail(err, BULLA_E_USAGE,
		    "bag-info: %u problem%s with the evidence profile, first:"
		    " %s", n, n == 1 ? "" : "s", shown);
	bulla_buf_free(&problems);
	return st;
}
