#include <arpa/inet.h>
#include <string.h>

#include "bulla/bag.h"
#include "bulla/enc.h"
#include "bulla/note.h"
#include "bulla/num.h"
#include "bulla/text.h"
#include "bulla/when.h"
#include "reqdoc_int.h"

#define ADDRESS_MAX 45u		/* characters of an IPv6 address */
#define PQ_MAX 2048u		/* bytes of a post-quantum recipient */

static const struct {
	const char *words;
	bool lines;
} forms[] = {
	[FORM_LINE] = { "one line of text", false },
	[FORM_TOKEN] = { "a word of a-z, 0-9 and -", false },
	[FORM_CODE] = { "one of the codes", false },
	[FORM_YESNO] = { "yes or no", false },
	[FORM_WHEN] = { "a time such as 2026-11-22T03:04:05Z", false },
	[FORM_WHEN_OR_NONE] = { "a time such as 2026-11-22T03:04:05Z, or none",
	    false },
	[FORM_ID] = { "32 hex digits, the id of a package", false },
	[FORM_ID_OR_NONE] = { "32 hex digits, the id of a package, or none",
	    false },
	[FORM_PHONE] = { "a phone number that begins with +", false },
	[FORM_EMAIL] = { "an e-mail address", false },
	[FORM_LANGUAGE] = { "a language's code, such as en or zh-Hans",
	    false },
	[FORM_TEXT] = { "text, one line or more", true },
	[FORM_CODES] = { "codes, one a line", true },
	[FORM_IDS_OR_NONE] = { "ids of packages, one a line, or none", true },
	[FORM_LOCATIONS] = { "one a line: account NAME, ip ADDRESS port N at "
	    "TIME, url URL, domain NAME, phone NUMBER, device SERIAL or "
	    "other TEXT", true },
	[FORM_KEYS] = { "one a line: a name in the roster, or age1...",
	    true },
	[FORM_LABELS] = { "labels of a request, one a line", true },
	[FORM_ATTACHMENTS] = { "one a line: sha256, bytes, name", true },
};

const char *
reqdoc_form_words(enum reqdoc_form form)
{
	return forms[form].words;
}

bool
reqdoc_form_lines(enum reqdoc_form form)
{
	return forms[form].lines;
}

static bool
until_space(struct bulla_cur *c, struct bulla_cur *word)
{
	if (bulla_cur_until(c, ' ', word))
		return word->len > 0;
	*word = *c;
	c->p += c->len;
	c->off += c->len;
	c->len = 0;
	return word->len > 0;
}

/* "198.51.100.7", "2001:db8::/32" */
static bool
address(const struct bulla_cur *text, struct reqdoc_location *out)
{
	struct bulla_cur rest = *text, addr;
	char shown[ADDRESS_MAX + 1];
	uint8_t bytes[16];
	uint64_t prefix;
	bool ranged = bulla_cur_until(&rest, '/', &addr);

	if (!ranged)
		addr = *text;
	if (addr.len > ADDRESS_MAX)
		return false;
	memcpy(shown, addr.p, addr.len);
	shown[addr.len] = '\0';
	out->v6 = memchr(addr.p, ':', addr.len) != NULL;
	if (strlen(shown) != addr.len ||
	    inet_pton(out->v6 ? AF_INET6 : AF_INET, shown, bytes) != 1)
		return false;
	prefix = out->v6 ? 128 : 32;
	if (ranged && !bulla_num_u64(&rest, prefix, &prefix))
		return false;
	out->prefix = (unsigned)prefix;
	return true;
}

/* "ADDRESS [port N] [at TIME]" */
static bool
ip(struct bulla_cur rest, struct reqdoc_location *out)
{
	struct bulla_cur word;
	uint64_t port;
	int64_t when;

	if (!until_space(&rest, &out->what) || !address(&out->what, out))
		return false;
	if (bulla_cur_eat_str(&rest, "port ")) {
		if (!until_space(&rest, &word) ||
		    !bulla_num_u64(&word, 65535, &port) || port == 0)
			return false;
		out->has_port = true;
	}
	if (bulla_cur_eat_str(&rest, "at ")) {
		if (!until_space(&rest, &word) ||
		    !bulla_when_parse(&word, &when))
			return false;
		out->has_time = true;
	}
	return bulla_cur_done(&rest);
}

bool
reqdoc_location(const struct bulla_cur *line, struct reqdoc_location *out)
{
	static const struct {
		const char *word;
		enum reqdoc_place place;
	} places[] = {
		{ "account ", PLACE_ACCOUNT }, { "ip ", PLACE_IP },
		{ "url ", PLACE_URL }, { "domain ", PLACE_DOMAIN },
		{ "phone ", PLACE_PHONE }, { "device ", PLACE_DEVICE },
		{ "other ", PLACE_OTHER },
	};
	struct reqdoc_location l = { 0 };
	struct bulla_cur rest = *line;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!bulla_cur_eat_str(&rest, places[i].word))
			continue;
		l.place = places[i].place;
		l.what = rest;
		if (rest.len == 0 || (l.place == PLACE_IP && !ip(rest, &l)))
			return false;
		*out = l;
		return true;
	}
	return false;
}

static bool
only_of(const struct bulla_cur *v, const char *set)
{
	for (size_t i = 0; i < v->len; i++) {
		if (v->p[i] == '\0' || strchr(set, v->p[i]) == NULL)
			return false;
	}
	return v->len > 0;
}

static bool
phone_ok(const struct bulla_cur *v)
{
	return v->len >= 6 && v->p[0] == '+' &&
	    only_of(v, "+0123456789 -().x") && memchr(v->p + 1, '+',
	    v->len - 1) == NULL;
}

static bool
email_ok(const struct bulla_cur *v)
{
	struct bulla_cur rest = *v, user;

	return bulla_cur_until(&rest, '@', &user) && user.len > 0 &&
	    rest.len > 2 && memchr(v->p, ' ', v->len) == NULL &&
	    memchr(rest.p, '@', rest.len) == NULL &&
	    memchr(rest.p, '.', rest.len) != NULL;
}

static bool
language_ok(const struct bulla_cur *v)
{
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
	static const char all[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	struct bulla_cur rest = *v, part;

	if (!bulla_cur_until(&rest, '-', &part)) {
		part = rest;
		rest.len = 0;
	} else if (rest.len == 0) {
		return false;
	}
	if (part.len < 2 || part.len > 3 || !only_of(&part, lower))
		return false;
	while (rest.len > 0) {
		if (!bulla_cur_until(&rest, '-', &part)) {
			part = rest;
			rest.len = 0;
		} else if (rest.len == 0) {
			return false;
		}
		if (part.len < 2 || part.len > 8 || !only_of(&part, all))
			return false;
	}
	return true;
}

static bool
key_ok(const struct bulla_cur *v)
{
	uint8_t pub[PQ_MAX];
	size_t n;
	bool upper;

	if (!bulla_cur_starts(v, "age1"))
		return bulla_keyname_ok(v);
	/* Lower case to the end: mixed case decodes to nothing. */
	if (bulla_bech32_decode(v, "age1pq", pub, sizeof(pub), &n, &upper))
		return true;
	return bulla_bech32_decode(v, "age", pub, sizeof(pub), &n, &upper) &&
	    n == 32;
}

static bool
attachment_ok(const struct bulla_cur *v)
{
	struct bulla_cur rest = *v, hex, size;
	uint8_t digest[32];
	uint64_t n;

	return bulla_cur_until(&rest, ' ', &hex) &&
	    bulla_hex_decode(&hex, digest, sizeof(digest)) &&
	    bulla_cur_until(&rest, ' ', &size) &&
	    bulla_num_u64(&size, INT64_MAX, &n) &&
	    bulla_bag_component_ok(&rest);
}

static bool
line_ok(const struct reqdoc_row *r, const struct bulla_cur *v)
{
	struct reqdoc_location where;
	int64_t when;

	switch (r->form) {
	case FORM_LINE:
	case FORM_TEXT:
		return !bulla_cur_is(v, "-");
	case FORM_TOKEN:
		return bulla_kind_ok(v);
	case FORM_CODE:
	case FORM_CODES:
		return bulla_code_ok(r->codes, v);
	case FORM_YESNO:
		return bulla_cur_is(v, "yes") || bulla_cur_is(v, "no");
	case FORM_WHEN_OR_NONE:
		return bulla_cur_is(v, "none") || bulla_when_parse(v, &when);
	case FORM_WHEN:
		return bulla_when_parse(v, &when);
	case FORM_ID_OR_NONE:
	case FORM_IDS_OR_NONE:
		return bulla_cur_is(v, "none") || bulla_id_ok(v);
	case FORM_ID:
		return bulla_id_ok(v);
	case FORM_PHONE:
		return phone_ok(v);
	case FORM_EMAIL:
		return email_ok(v);
	case FORM_LANGUAGE:
		return language_ok(v);
	case FORM_LOCATIONS:
		return reqdoc_location(v, &where);
	case FORM_KEYS:
		return key_ok(v);
	case FORM_LABELS:
		return bulla_reqdoc_find(BULLA_REQDOC_REQUEST, v) <
		    BULLA_REQDOC_FIELDS_MAX;
	case FORM_ATTACHMENTS:
		return attachment_ok(v);
	}
	return false;
}

enum bulla_status
reqdoc_form_line(const struct reqdoc_row *r, const struct bulla_cur *line,
    struct bulla_finding *f)
{
	const bool when = r->form == FORM_WHEN || r->form == FORM_WHEN_OR_NONE;
	char shown[64];

	if (line_ok(r, line))
		return BULLA_OK;
	(void)bulla_text_show(shown, sizeof(shown), line);
	if (when)
		(void)reqdoc_fault(f, BULLA_E_FORMAT, "bad-value", "\"%s\" "
		    "cannot stand there: %s\n", shown, bulla_when_why(line));
	else
		(void)reqdoc_fault(f, BULLA_E_FORMAT, "bad-value",
		    r->codes != NULL && r->form != FORM_TOKEN ? "\"%s\" is "
		    "not known\n" : "\"%s\" cannot stand there\n", shown);
	if (r->form == FORM_LABELS)
		(void)reqdoc_unknown(&reqdoc_requests, line, f);
	else
		reqdoc_instead(r, f);
	return BULLA_E_FORMAT;
}

enum bulla_status
reqdoc_form_whole(const struct reqdoc_row *r, const struct bulla_cur *value,
    struct bulla_finding *f)
{
	struct bulla_cur rest = *value, line;
	unsigned n = 0;
	bool none = false;

	while (bulla_reqdoc_line(&rest, &line)) {
		none |= bulla_cur_is(&line, "none");
		n++;
	}
	if (n > BULLA_REQDOC_LINES_MAX)
		return reqdoc_fault(f, BULLA_E_LIMIT, "too-long", "more than "
		    "%u lines\nwrite what matters, and attach what is longer "
		    "as a file", BULLA_REQDOC_LINES_MAX);
	if (n > 1 && !forms[r->form].lines) {
		(void)reqdoc_fault(f, BULLA_E_FORMAT, "bad-value", "has %u "
		    "lines\n", n);
		reqdoc_instead(r, f);
		return BULLA_E_FORMAT;
	}
	if (n > 1 && none && r->form == FORM_IDS_OR_NONE)
		return reqdoc_fault(f, BULLA_E_FORMAT, "bad-value", "none and "
		    "an id\nwrite the ids alone");
	return BULLA_OK;
}

enum bulla_status
reqdoc_form_ok(const struct reqdoc_row *r, const struct bulla_cur *value,
    struct bulla_finding *f)
{
	struct bulla_cur rest = *value, line;
	enum bulla_status st = BULLA_OK;

	while (st == BULLA_OK && bulla_reqdoc_line(&rest, &line))
		st = reqdoc_form_line(r, &line, f);
	return st == BULLA_OK ? reqdoc_form_whole(r, value, f) : st;
}
