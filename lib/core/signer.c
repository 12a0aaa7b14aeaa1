#include <string.h>

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/keys.h"
#include "bulla/text.h"

#include "vkey_int.h"

static const char prefix[] = "PRIVATE+KEY+";

#define RAW_LEN (1 + BULLA_ED25519_SEED)
#define TEXT_MAX 512u	/* bytes, more than the longest name needs */

/*
 * A signature says nothing of the clock by which it was made, but for the
 * name that stands beside it: so the keys of an exercise, and none but they,
 * go with the clock of an exercise.
 */
static enum bulla_status
fits_clock(const struct bulla_cur *name, struct bulla_err *err)
{
	const bool is = bulla_is_exercise();

	if (bulla_keyname_exercise(name) == is)
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_REFUSED, is ? "this home is part of "
	    "an EXERCISE: only keys of a side NAME" BULLA_EXERCISE_SUFFIX
	    " sign in it" : "a key of an EXERCISE (its side ends in "
	    BULLA_EXERCISE_SUFFIX "), which signs nowhere else: use it in "
	    "the home that bulla-exercise made");
}

enum bulla_status
bulla_signer_new(const char *name, uint8_t type, struct bulla_signer *out,
    struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(name);
	struct bulla_signer s = { 0 };
	enum bulla_status st;
	char shown[64];

	BULLA_CHECK(bulla_vkey_type_ok(type));
	if (!bulla_keyname_ok(&c))
		return bulla_fail(err, BULLA_E_USAGE, "\"%s\" cannot name a "
		    "key: 1 to %u characters a-z 0-9 . _ / -, as in "
		    "cyber-unit.example/sealer",
		    bulla_text_show(shown, sizeof(shown), &c),
		    BULLA_KEYNAME_MAX);
	st = fits_clock(&c, err);
	if (st == BULLA_OK)
		st = bulla_secret_new(&s.seed, BULLA_ED25519_SEED, err);
	if (st != BULLA_OK)
		return st;
	bulla_random(s.seed.p, s.seed.len);
	bulla_vkey_set_name(&s.vkey, &c);
	s.vkey.type = type;
	bulla_ed25519_public(s.seed.p, s.vkey.pub);
	bulla_vkey_set_id(&s.vkey);
	*out = s;
	return BULLA_OK;
}

/* The message must not quote the file: it is a secret, or nearly one. */
static enum bulla_status
not_a_key(const struct bulla_cur *text, struct bulla_err *err)
{
	if (bulla_cur_starts(text, "AGE-SECRET-KEY-") ||
	    bulla_cur_starts(text, "# "))
		return bulla_fail(err, BULLA_E_FORMAT, "an age key, which "
		    "decrypts; a signing key must stand here "
		    "(bulla-keygen sign)");
	return bulla_fail(err, BULLA_E_FORMAT,
	    "not one line PRIVATE+KEY+name+id+base64");
}

static enum bulla_status
parse(const struct bulla_cur *text, struct bulla_signer *s,
    struct bulla_err *err)
{
	uint8_t id[BULLA_KEYID_LEN];
	struct bulla_secret raw = { 0 };
	struct bulla_cur c = *text, line, name, b64;
	enum bulla_status st;
	size_t len = 0;

	if (!bulla_cur_line(&c, &line) || !bulla_cur_done(&c) ||
	    !bulla_cur_eat_str(&line, prefix) ||
	    !bulla_key_split(&line, &name, id, &b64))
		return not_a_key(text, err);
	st = bulla_secret_new(&raw, RAW_LEN, err);
	if (st != BULLA_OK)
		return st;
	if (!bulla_b64_decode(&b64, BULLA_B64_PADDED, raw.p, raw.len, &len) ||
	    len != raw.len) {
		st = not_a_key(text, err);
		goto out;
	}
	if (!bulla_vkey_type_ok(raw.p[0])) {
		st = bulla_fail(err, BULLA_E_UNSUPPORTED, "a type of key that "
		    "this version does not know");
		goto out;
	}
	st = bulla_secret_from(&s->seed, raw.p + 1, BULLA_ED25519_SEED, err);
	if (st != BULLA_OK)
		goto out;
	bulla_vkey_set_name(&s->vkey, &name);
	s->vkey.type = raw.p[0];
	bulla_ed25519_public(s->seed.p, s->vkey.pub);
	bulla_vkey_set_id(&s->vkey);
	if (memcmp(s->vkey.id, id, sizeof(id)) != 0)
		st = bulla_fail(err, BULLA_E_FORMAT, "the id is not that of "
		    "the name and key: the file was changed");
out:
	bulla_secret_free(&raw);
	return st;
}

enum bulla_status
bulla_signer_parse(const struct bulla_cur *text, struct bulla_signer *out,
    struct bulla_err *err)
{
	struct bulla_signer s = { 0 };
	enum bulla_status st = parse(text, &s, err);

	if (st == BULLA_OK)
		*out = s;
	else
		bulla_signer_free(&s);
	return st;
}

enum bulla_status
bulla_signer_load(const char *path, const struct bulla_ask *ask,
    struct bulla_signer *out, struct bulla_err *err)
{
	struct bulla_secret text = { 0 };
	struct bulla_signer s = { 0 };
	struct bulla_cur c;
	char shown[256];
	enum bulla_status st;

	st = bulla_keyfile_read(path, ask, &text, err);
	if (st != BULLA_OK)
		return st;
	c = bulla_secret_view(&text);
	st = bulla_signer_parse(&c, &s, err);
	c = bulla_cur_str(s.vkey.name);
	if (st == BULLA_OK)
		st = fits_clock(&c, err);
	if (st == BULLA_OK)
		*out = s;
	else
		bulla_signer_free(&s);
	if (st != BULLA_OK)
		bulla_wrap(err, st, "%s",
		    bulla_text_show_str(shown, sizeof(shown), path));
	bulla_secret_free(&text);
	return st;
}

enum bulla_status
bulla_signer_text(const struct bulla_signer *s, struct bulla_secret *out,
    struct bulla_err *err)
{
	struct bulla_secret raw = { 0 }, room = { 0 };
	/* With all its memory given it never moves: see buf.h. */
	struct bulla_buf b = BULLA_BUF_INIT(TEXT_MAX - 1);
	enum bulla_status st;

	st = bulla_secret_new(&raw, RAW_LEN, err);
	if (st == BULLA_OK)
		st = bulla_secret_new(&room, TEXT_MAX, err);
	if (st != BULLA_OK)
		goto out;
	raw.p[0] = s->vkey.type;
	memcpy(raw.p + 1, s->seed.p, BULLA_ED25519_SEED);
	b.p = room.p;
	b.cap = room.len;
	bulla_buf_str(&b, prefix);
	bulla_buf_str(&b, s->vkey.name);
	bulla_buf_str(&b, "+");
	bulla_hex_put(&b, s->vkey.id, sizeof(s->vkey.id));
	bulla_buf_str(&b, "+");
	bulla_b64_put(&b, raw.p, raw.len, BULLA_B64_PADDED);
	bulla_buf_str(&b, "\n");
	BULLA_CHECK(bulla_buf_status(&b) == BULLA_OK && b.p == room.p);
	room.len = b.len;
	*out = room;
	room = (struct bulla_secret){ 0 };
out:
	bulla_secret_free(&raw);
	bulla_secret_free(&room);
	return st;
}

void
bulla_signer_free(struct bulla_signer *s)
{
	bulla_secret_free(&s->seed);
	*s = (struct bulla_signer){ 0 };
}
