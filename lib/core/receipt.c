#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulla/enc.h"
#include "bulla/file.h"
#include "core/receive_int.h"

enum bulla_status
home_path(char out[HOME_PATH_MAX], const char *home, const char *dir,
    const char *name, const char *end, struct bulla_err *err)
{
	int n = snprintf(out, HOME_PATH_MAX, "%s/%s%s%s%s", home, dir,
	    name[0] != '\0' ? "/" : "", name, end);

	if (n < 0 || (size_t)n >= HOME_PATH_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "the path of the home is too long");
	return BULLA_OK;
}

/* Values that the note's windows point into. */
struct values {
	char sha256[2 * BULLA_SHA256_LEN + 1];
	char relinquish[2 * BULLA_SHA256_LEN + 1];
	char bytes[32];
};

static void
extra(struct bulla_custody *c, const char *label, const char *value)
{
	BULLA_CHECK(c->n_extra < BULLA_CUSTODY_EXTRA_MAX);
	c->extra[c->n_extra].label = bulla_cur_str(label);
	c->extra[c->n_extra++].value = bulla_cur_str(value);
}

/* The fields of the two events, in their order (docs/FORMAT.md). */
static void
add_extras(struct bulla_custody *c, const struct receipt_of *of,
    const struct values *v)
{
	static const char *const rest[] = { "seal-no", "storage",
	    "condition" };

	extra(c, "relinquish", v->relinquish);
	extra(c, "package-sha256", v->sha256);
	if (of->reason != NULL) {
		extra(c, "reason", of->reason);
	} else {
		extra(c, "match", "yes");
		extra(c, "seal-intact", "yes");
		extra(c, "bytes", v->bytes);
	}
	extra(c, "tool", "bulla " BULLA_VERSION);
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		extra(c, rest[i], "-");
	extra(c, "remarks", of->reason != NULL && of->exercise ?
	    BULLA_CUSTODY_EXERCISE : "-");
}

static void
fill(const struct bulla_receive *p, const struct receipt_of *of,
    struct values *v, struct bulla_custody *c)
{
	struct bulla_cur name = bulla_cur_str(p->receiver->vkey.name);

	*c = (struct bulla_custody){ .sequence = 1, .time = p->now };
	(void)snprintf(c->id, sizeof(c->id), "%s", of->id);
	c->has_seal = c->has_previous = of->seal != NULL;
	if (of->seal != NULL) {
		memcpy(c->seal, of->seal, sizeof(c->seal));
		memcpy(c->previous, of->seal, sizeof(c->previous));
	}
	c->event = bulla_cur_str(of->reason != NULL ? "reject" : "receive");
	c->actor = bulla_keyname_agency(&name);
	c->result = bulla_cur_str(of->reason != NULL ? "rejected" :
	    "stored");
	bulla_hex(v->sha256, of->sha256, BULLA_SHA256_LEN);
	(void)snprintf(v->relinquish, sizeof(v->relinquish), "-");
	if (of->relinquish != NULL)
		bulla_hex(v->relinquish, of->relinquish, BULLA_SHA256_LEN);
	(void)snprintf(v->bytes, sizeof(v->bytes), "%llu",
	    (unsigned long long)of->bytes);
	add_extras(c, of, v);
}

enum bulla_status
receipt_make(const struct bulla_receive *p, const struct receipt_of *of,
    struct bulla_buf *note, struct bulla_err *err)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_custody c;
	struct bulla_cur view;
	enum bulla_status st;
	struct values v;

	fill(p, of, &v, &c);
	bulla_custody_put(&text, &c);
	view = bulla_buf_view(&text);
	st = bulla_buf_status(&text);
	if (st == BULLA_OK)
		st = bulla_note_sign(&view, p->receiver, 1, note, err);
	bulla_buf_free(&text);
	return st;
}

/*
 * Whatever the chain says: that these bytes came in and verified is a fact.
 * What does not fit is told by whoever checks the chain.
 */
enum bulla_status
receipt_add(const struct bulla_receive *p, const struct receipt_of *of,
    struct chain_pair *chain, struct bulla_buf *note, struct bulla_err *err)
{
	struct bulla_custody c;
	struct values v;

	fill(p, of, &v, &c);
	return chain_pair_add(chain, &c, p->receiver, 1, false, note, err);
}

enum bulla_status
receipt_store(const char *home, const uint8_t sha256[BULLA_SHA256_LEN],
    const struct bulla_buf *note, bool is_reject, struct bulla_err *err)
{
	char path[HOME_PATH_MAX], hex[2 * BULLA_SHA256_LEN + 1];
	struct bulla_buf old = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	bool was_receive = false;
	enum bulla_status st;

	bulla_hex(hex, sha256, BULLA_SHA256_LEN);
	st = home_path(path, home, "receipts", hex, ".note", err);
	if (st != BULLA_OK)
		return st;
	st = bulla_file_put(path, note->p, note->len, 0600, is_reject, err);
	if (st != BULLA_E_REFUSED || is_reject)
		return st;
	/* Somebody else was faster, or it was rejected once (an exercise). */
	st = bulla_receipt_find(home, sha256, &old, &was_receive, err);
	bulla_buf_free(&old);
	if (st != BULLA_OK || was_receive)
		return st;
	return bulla_file_put(path, note->p, note->len, 0600, true, err);
}

enum bulla_status
receipt_parse(const struct bulla_buf *note, struct bulla_custody *c,
    struct bulla_cur *sha256, struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(note);
	struct bulla_note n;
	enum bulla_status st = bulla_note_parse(&bytes, &n, err);

	if (st == BULLA_OK)
		st = bulla_custody_parse(&n.text, c, err);
	if (st == BULLA_OK && !bulla_custody_get(c, "package-sha256", sha256))
		st = bulla_fail(err, BULLA_E_FORMAT, "not a receipt");
	return st;
}

enum bulla_status
bulla_receipt_find(const char *home, const uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_buf *out, bool *accepted, struct bulla_err *err)
{
	char path[HOME_PATH_MAX], hex[2 * BULLA_SHA256_LEN + 1];
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_custody c;
	struct bulla_cur sum;
	enum bulla_status st;

	bulla_hex(hex, sha256, BULLA_SHA256_LEN);
	st = home_path(path, home, "receipts", hex, ".note", err);
	if (st != BULLA_OK)
		return st;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return bulla_fail(err, BULLA_E_NOMATCH, "no receipt for %s",
		    hex);
	st = bulla_file_get(path, &note, err);
	if (st == BULLA_OK)
		st = receipt_parse(&note, &c, &sum, err);
	if (st == BULLA_OK && !bulla_cur_is(&sum, hex))
		st = bulla_fail(err, BULLA_E_FORMAT, "%s.note is the receipt "
		    "of another package", hex);
	if (st == BULLA_OK) {
		*accepted = bulla_cur_is(&c.event, "receive");
		bulla_buf_put(out, note.p, note.len);
		st = bulla_buf_status(out);
	}
	bulla_buf_free(&note);
	return st;
}

static enum bulla_status
judge(const struct bulla_custody *c, const uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_receipt *r, struct bulla_err *err)
{
	char hex[2 * BULLA_SHA256_LEN + 1];
	struct bulla_cur sum, v;

	bulla_hex(hex, sha256, BULLA_SHA256_LEN);
	if (!bulla_custody_get(c, "package-sha256", &sum) ||
	    (!bulla_cur_is(&c->event, "receive") &&
	    !bulla_cur_is(&c->event, "reject")))
		return bulla_fail(err, BULLA_E_MISMATCH,
		    "this note is not a receipt");
	if (!bulla_cur_is(&sum, hex))
		return bulla_fail(err, BULLA_E_MISMATCH,
		    "this receipt is for another package");
	r->accepted = bulla_cur_is(&c->event, "receive");
	if (!r->accepted) {
		if (!bulla_custody_get(c, "reason", &v) ||
		    v.len >= sizeof(r->reason))
			return bulla_fail(err, BULLA_E_FORMAT,
			    "a reject without a reason");
		memcpy(r->reason, v.p, v.len);
		return BULLA_OK;
	}
	if (!bulla_custody_get(c, "match", &v) || !bulla_cur_is(&v, "yes") ||
	    !bulla_custody_get(c, "seal-intact", &v) ||
	    !bulla_cur_is(&v, "yes"))
		return bulla_fail(err, BULLA_E_MISMATCH, "this receipt says "
		    "that the package did not arrive as it was");
	return BULLA_OK;
}

/* It verified, and c points into note. */
static enum bulla_status
check(const struct bulla_cur *note, const struct bulla_vkeys *known,
    const uint8_t sha256[BULLA_SHA256_LEN], struct bulla_custody *c,
    struct bulla_receipt *out, struct bulla_err *err)
{
	struct bulla_verified v;
	struct bulla_receipt r = { 0 };
	enum bulla_status st = bulla_note_verify(note, known, &v, err);

	if (st == BULLA_OK)
		st = bulla_custody_parse(&v.text, c, err);
	if (st == BULLA_OK)
		st = judge(c, sha256, &r, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "receipt");
	r.time = c->time;
	memcpy(r.actor, v.by[0]->name, sizeof(v.by[0]->name));
	*out = r;
	return BULLA_OK;
}

enum bulla_status
bulla_receipt_check(const struct bulla_cur *note,
    const struct bulla_vkeys *known, const uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_receipt *out, struct bulla_err *err)
{
	struct bulla_custody c;

	return check(note, known, sha256, &c, out, err);
}

static enum bulla_status
not_own(const struct bulla_package *pkg, const struct bulla_vkeys *receivers,
    struct bulla_err *err)
{
	for (size_t i = 0; i < pkg->n_sealers; i++)
		for (size_t j = 0; j < receivers->n; j++)
			if (bulla_vkey_same_key(&pkg->sealer[i],
			    &receivers->v[j]))
				return bulla_fail(err, BULLA_E_USAGE,
				    "receipt: %s has sealed the package, and "
				    "cannot be its receiver too: give the "
				    "receiver's keys alone",
				    pkg->sealer[i].name);
	return BULLA_OK;
}

enum bulla_status
bulla_receipt_prove(const struct bulla_cur *note,
    const struct bulla_vkeys *receivers, const struct bulla_package *pkg,
    const uint8_t sha256[BULLA_SHA256_LEN], struct bulla_receipt *out,
    struct bulla_err *err)
{
	struct bulla_custody c;
	enum bulla_status st = not_own(pkg, receivers, err);

	if (st == BULLA_OK)
		st = check(note, receivers, sha256, &c, out, err);
	if (st != BULLA_OK)
		return st;
	if (!out->accepted)
		return bulla_fail(err, BULLA_E_REFUSED, "receipt: %s rejected "
		    "the package: %s", out->actor, out->reason);
	if (strcmp(c.id, pkg->opening.id) != 0 || !c.has_seal ||
	    memcmp(c.seal, pkg->closing_digest, sizeof(c.seal)) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "receipt: it names "
		    "another package or seal");
	return BULLA_OK;
}
