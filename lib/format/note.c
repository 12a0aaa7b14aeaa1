#include <string.h>

#include "bulla/enc.h"
#include "bulla/note.h"
#include "bulla/text.h"

/* c2sp.org/signed-note, with the stricter rules of docs/FORMAT.md. */
#define DASH "\xe2\x80\x94 "	/* U+2014 EM DASH, space */
#define B64_MAX ((BULLA_NOTE_BLOB_MAX + 2) / 3 * 4)

bool
bulla_keyname_ok(const struct bulla_cur *name)
{
	if (name->len == 0 || name->len > BULLA_KEYNAME_MAX)
		return false;
	for (size_t i = 0; i < name->len; i++) {
		uint8_t c = name->p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '_' && c != '/' && c != '-')
			return false;
	}
	return true;
}

struct bulla_cur
bulla_keyname_agency(const struct bulla_cur *name)
{
	struct bulla_cur rest = *name, agency;

	return bulla_cur_until(&rest, '/', &agency) ? agency : *name;
}

bool
bulla_keyname_exercise(const struct bulla_cur *name)
{
	const struct bulla_cur agency = bulla_keyname_agency(name);
	const size_t n = sizeof(BULLA_EXERCISE_SUFFIX) - 1;

	return agency.len > n &&
	    memcmp(agency.p + agency.len - n, BULLA_EXERCISE_SUFFIX, n) == 0;
}

bool
bulla_key_split(const struct bulla_cur *text, struct bulla_cur *name,
    uint8_t id[BULLA_KEYID_LEN], struct bulla_cur *b64)
{
	struct bulla_cur rest = *text, head, hex;

	if (!bulla_cur_until(&rest, '+', &head) || !bulla_keyname_ok(&head) ||
	    !bulla_cur_until(&rest, '+', &hex) ||
	    !bulla_hex_decode(&hex, id, BULLA_KEYID_LEN))
		return false;
	*name = head;
	*b64 = rest;
	return true;
}

/* Every line plain text, the last one complete. */
static enum bulla_status
check_lines(const struct bulla_cur *bytes, struct bulla_err *err)
{
	struct bulla_cur c = *bytes, line;

	for (unsigned n = 1; !bulla_cur_done(&c); n++) {
		if (!bulla_cur_line(&c, &line))
			return bulla_fail(err, BULLA_E_FORMAT,
			    "line %u: no newline at its end", n);
		if (!bulla_text_is_plain(&line))
			return bulla_fail(err, BULLA_E_FORMAT,
			    "line %u: a control or invisible character, or "
			    "no UTF-8", n);
	}
	return BULLA_OK;
}

/*
 * The text ends at the LAST empty line: what an attacker puts in front of it
 * is text, whatever it looks like.
 */
static bool
split(const struct bulla_cur *bytes, struct bulla_cur *text,
    struct bulla_cur *block)
{
	struct bulla_cur rest = *bytes, lf;
	const uint8_t *p = bytes->p;

	for (size_t i = bytes->len; i >= 2; i--) {
		if (p[i - 1] != '\n' || p[i - 2] != '\n')
			continue;
		if (!bulla_cur_take(&rest, i - 1, text) ||
		    !bulla_cur_take(&rest, 1, &lf))
			return false;
		*block = rest;
		return true;
	}
	return false;
}

static enum bulla_status
parse_sig(struct bulla_cur line, unsigned n, struct bulla_note_sig *out,
    struct bulla_err *err)
{
	uint8_t blob[BULLA_NOTE_BLOB_MAX];
	struct bulla_note_sig s = { 0 };
	struct bulla_cur whole = line;
	char shown[64];
	size_t len;

	if (!bulla_cur_eat_str(&line, DASH))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "signature line %u: no em dash and space at its beginning",
		    n);
	if (!bulla_cur_until(&line, ' ', &s.name) ||
	    !bulla_keyname_ok(&s.name))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "signature line %u: \"%s\" begins with no key name of "
		    "1 to %u characters a-z 0-9 . _ / -", n,
		    bulla_text_show(shown, sizeof(shown), &whole),
		    BULLA_KEYNAME_MAX);
	if (line.len > B64_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "signature line %u: longer than %u bytes", n,
		    BULLA_NOTE_BLOB_MAX);
	if (!bulla_b64_decode(&line, BULLA_B64_PADDED, blob, sizeof(blob),
	    &len) || len <= BULLA_KEYID_LEN)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "signature line %u: not the canonical base64 of a key id "
		    "and a signature", n);
	memcpy(s.id, blob, BULLA_KEYID_LEN);
	s.b64 = line;
	s.sig_len = len - BULLA_KEYID_LEN;
	*out = s;
	return BULLA_OK;
}

/*
 * Twice the same key: another reader may look at the first line only, or at
 * the last, so no two could be sure to agree.
 */
static bool
seen(const struct bulla_note *n, const struct bulla_note_sig *s)
{
	for (unsigned i = 0; i < n->n_sigs; i++) {
		if (bulla_cur_same(&n->sig[i].name, &s->name) &&
		    memcmp(n->sig[i].id, s->id, BULLA_KEYID_LEN) == 0)
			return true;
	}
	return false;
}

static enum bulla_status
parse_block(struct bulla_cur block, struct bulla_note *n,
    struct bulla_err *err)
{
	struct bulla_cur line;
	enum bulla_status st;

	while (bulla_cur_line(&block, &line)) {
		struct bulla_note_sig *s = &n->sig[n->n_sigs];

		if (n->n_sigs == BULLA_NOTE_SIGS_MAX)
			return bulla_fail(err, BULLA_E_LIMIT,
			    "more than %u signature lines",
			    BULLA_NOTE_SIGS_MAX);
		st = parse_sig(line, n->n_sigs + 1, s, err);
		if (st != BULLA_OK)
			return st;
		if (seen(n, s))
			return bulla_fail(err, BULLA_E_FORMAT,
			    "signature line %u: the same key as on an earlier "
			    "line", n->n_sigs + 1);
		n->n_sigs++;
	}
	if (n->n_sigs == 0)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "no signature line after the last empty line");
	return BULLA_OK;
}

enum bulla_status
bulla_note_parse(const struct bulla_cur *bytes, struct bulla_note *out,
    struct bulla_err *err)
{
	struct bulla_note n = { 0 };
	struct bulla_cur block;
	enum bulla_status st;

	if (bytes->len > BULLA_NOTE_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "longer than the %u bytes of a note", BULLA_NOTE_MAX);
	st = check_lines(bytes, err);
	if (st != BULLA_OK)
		return st;
	if (!split(bytes, &n.text, &block))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "no empty line between text and signatures");
	st = parse_block(block, &n, err);
	if (st != BULLA_OK)
		return st;
	*out = n;
	return BULLA_OK;
}

bool
bulla_note_sig_bytes(const struct bulla_note_sig *s, void *out, size_t cap)
{
	uint8_t blob[BULLA_NOTE_BLOB_MAX];
	size_t len;

	if (!bulla_b64_decode(&s->b64, BULLA_B64_PADDED, blob, sizeof(blob),
	    &len) || len != BULLA_KEYID_LEN + s->sig_len || s->sig_len > cap)
		return false;
	memcpy(out, blob + BULLA_KEYID_LEN, s->sig_len);
	return true;
}

void
bulla_note_put_sig(struct bulla_buf *b, const char *name,
    const uint8_t id[BULLA_KEYID_LEN], const void *sig, size_t sig_len)
{
	struct bulla_cur c = bulla_cur_str(name);
	uint8_t blob[BULLA_NOTE_BLOB_MAX];

	BULLA_CHECK(bulla_keyname_ok(&c));
	BULLA_CHECK(sig_len > 0 && sig_len <= sizeof(blob) - BULLA_KEYID_LEN);
	memcpy(blob, id, BULLA_KEYID_LEN);
	memcpy(blob + BULLA_KEYID_LEN, sig, sig_len);
	bulla_buf_str(b, DASH);
	bulla_buf_cur(b, &c);
	bulla_buf_str(b, " ");
	bulla_b64_put(b, blob, BULLA_KEYID_LEN + sig_len, BULLA_B64_PADDED);
	bulla_buf_str(b, "\n");
}
