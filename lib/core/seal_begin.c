#include <string.h>

#include "bulla/enc.h"
#include "bulla/text.h"
#include "core/seal_int.h"

#define SHOWN 256u

static enum bulla_status
unfit(struct bulla_err *err, const char *option, const char *value,
    const char *rule)
{
	char shown[SHOWN];

	return bulla_fail(err, BULLA_E_USAGE, "%s '%s': %s", option,
	    bulla_text_show_str(shown, sizeof(shown), value), rule);
}

static bool
is_word(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 32 && s[0] >= 'a' && s[0] <= 'z' &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static bool
is_ref(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 64 && strcmp(s, "-") != 0 && strspn(s,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789._-") == n;
}

/* The words that come from options. */
static enum bulla_status
set_words(struct sealer *r, struct bulla_err *err)
{
	static const char word[] =
	    "use up to 32 of a-z, 0-9 and '-', a letter first";
	const struct bulla_seal *s = r->s;
	struct bulla_opening *o = &r->opening;
	const struct bulla_cur name = bulla_cur_str(s->signers[0].vkey.name);

	if (bulla_keyname_exercise(&name) && !s->exercise)
		return bulla_fail(err, BULLA_E_REFUSED, "the key is one of an "
		    "EXERCISE, which seals nothing else: give --exercise");
	if (s->created < 0 || s->created > (int64_t)BULLA_USTAR_SIZE_MAX)
		return bulla_fail(err, BULLA_E_USAGE, "--time: the headers of "
		    "a package hold times from 1970 to 2242 only");
	o->kind = bulla_cur_str(s->kind != NULL ? s->kind : "evidence");
	if (s->kind != NULL && !is_word(s->kind))
		return unfit(err, "--kind", s->kind, word);
	if (s->ref != NULL && !is_ref(s->ref))
		return unfit(err, "--ref", s->ref, "use up to 64 letters, "
		    "digits, '.', '_' and '-'");
	if (s->urgency != NULL && !is_word(s->urgency))
		return unfit(err, "--class", s->urgency, word);
	if (s->ref != NULL)
		o->ref = bulla_cur_str(s->ref);
	if (s->urgency != NULL)
		o->urgency = bulla_cur_str(s->urgency);
	o->exercise = s->exercise;
	o->zstd = s->zstd;
	o->created = s->created;
	return BULLA_OK;
}

/* The last number, the roster and the log of the sender's home. */
static void
set_standing(struct sealer *r)
{
	const struct bulla_seal *s = r->s;
	struct bulla_opening *o = &r->opening;

	BULLA_CHECK(s->previous == NULL || s->sequence > 0);
	o->has_sequence = s->sequence > 0;
	o->sequence = s->sequence;
	o->has_previous = s->previous != NULL;
	if (s->previous != NULL)
		memcpy(o->previous, s->previous, sizeof(o->previous));
	o->has_roster = s->roster != NULL;
	if (s->roster != NULL)
		memcpy(o->roster, s->roster, sizeof(o->roster));
	o->has_checkpoint = s->checkpoint != NULL;
	if (s->checkpoint == NULL)
		return;
	o->checkpoint_size = s->checkpoint->size;
	memcpy(o->checkpoint_root, s->checkpoint->root.b,
	    sizeof(o->checkpoint_root));
}

static enum bulla_status
set_parties(struct sealer *r, struct bulla_err *err)
{
	static const char rule[] = "use <agency>/<role or person> of "
	    "a-z, 0-9, '.', '_', '/' and '-'";
	const struct bulla_seal *s = r->s;
	struct bulla_opening *o = &r->opening;
	struct bulla_cur agency, other;

	o->from = bulla_cur_str(s->from != NULL ? s->from :
	    s->signers[0].vkey.name);
	if (!bulla_keyname_ok(&o->from))
		return unfit(err, "--from", s->from, rule);
	if (s->n_to > BULLA_TO_MAX)
		return bulla_fail(err, BULLA_E_USAGE, "%zu --to are too many: "
		    "at most %u", s->n_to, BULLA_TO_MAX);
	for (size_t i = 0; i < s->n_to; i++) {
		o->to[i] = bulla_cur_str(s->to[i]);
		if (!bulla_keyname_ok(&o->to[i]))
			return unfit(err, "--to", s->to[i], rule);
		for (size_t j = 0; j < i; j++)
			if (bulla_cur_same(&o->to[i], &o->to[j]))
				return unfit(err, "--to", s->to[i],
				    "given twice");
	}
	o->n_to = s->n_to;
	agency = bulla_keyname_agency(&o->from);
	for (size_t i = 0; i < s->n_signers; i++) {
		struct bulla_cur name =
		    bulla_cur_str(s->signers[i].vkey.name);

		other = bulla_keyname_agency(&name);
		if (!bulla_cur_same(&agency, &other))
			return unfit(err, "-i", s->signers[i].vkey.name,
			    "this key belongs to another agency than --from");
	}
	return BULLA_OK;
}

static enum bulla_status
set_keys(struct sealer *r, struct bulla_err *err)
{
	const struct bulla_seal *s = r->s;
	struct bulla_opening *o = &r->opening;

	for (size_t i = 0; i < s->n_signers; i++) {
		struct bulla_buf b = BULLA_BUF_INIT(BULLA_VKEY_MAX - 1);

		if (s->signers[i].vkey.type != BULLA_SIG_ED25519)
			return unfit(err, "-i", s->signers[i].vkey.name,
			    "a witness key cannot seal");
		for (size_t j = 0; j < i; j++)
			if (bulla_vkey_same_key(&s->signers[i].vkey,
			    &s->signers[j].vkey))
				return unfit(err, "-i",
				    s->signers[i].vkey.name, "given twice");
		bulla_vkey_put(&b, &s->signers[i].vkey);
		if (bulla_buf_status(&b) != BULLA_OK)
			return bulla_fail(err, bulla_buf_status(&b),
			    "the vkey of a signer");
		memcpy(r->sealer_text[i], b.p, b.len);
		r->sealer_text[i][b.len] = '\0';
		bulla_buf_free(&b);
		o->sealer[i] = bulla_cur_str(r->sealer_text[i]);
	}
	o->n_sealers = s->n_signers;
	for (size_t i = 0; i < s->recipients->n; i++)
		o->recipient[i] = bulla_cur_str(s->recipients->v[i].text);
	o->n_recipients = s->recipients->n;
	return BULLA_OK;
}

/* A fresh file key, wrapped; the key of the payload stays here. */
static enum bulla_status
make_age0(struct sealer *r, struct bulla_err *err)
{
	struct bulla_secret file_key = { 0 };
	struct bulla_opening *o = &r->opening;
	enum bulla_status st;

	st = bulla_secret_new(&file_key, BULLA_AGE_FILE_KEY, err);
	if (st != BULLA_OK)
		return st;
	bulla_random(file_key.p, file_key.len);
	bulla_random(o->age_nonce, sizeof(o->age_nonce));
	st = bulla_age_wrap(r->s->recipients, &file_key, &r->age0, err);
	if (st == BULLA_OK)
		st = bulla_age_payload_key(&file_key, o->age_nonce,
		    &r->payload_key, err);
	bulla_secret_free(&file_key);
	if (st != BULLA_OK)
		return st;
	bulla_sha256(r->age0.p, r->age0.len, o->age_header);
	bulla_buf_put(&r->age0, o->age_nonce, sizeof(o->age_nonce));
	return bulla_buf_status(&r->age0);
}

static enum bulla_status
make_opening(struct sealer *r, struct bulla_err *err)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_opening again;
	struct bulla_cur c;
	enum bulla_status st;

	bulla_opening_put(&text, &r->opening);
	st = bulla_buf_status(&text);
	c = bulla_buf_view(&text);
	/* What the reader would refuse must not leave. */
	if (st == BULLA_OK)
		st = bulla_opening_parse(&c, &again, err);
	if (st == BULLA_OK) {
		bulla_sha256(c.p, c.len, r->opening_digest);
		st = bulla_note_sign(&c, r->s->signers, r->s->n_signers,
		    &r->opening_note, err);
	}
	bulla_buf_free(&text);
	return st == BULLA_OK ? st : bulla_wrap(err, st, "opening note");
}

static enum bulla_status
check_counts(const struct bulla_seal *s, struct bulla_err *err)
{
	if (s->n_signers == 0 || s->n_signers > BULLA_SEALERS_MAX)
		return bulla_fail(err, BULLA_E_USAGE, "%zu signing keys: give "
		    "1 to %u with -i", s->n_signers, BULLA_SEALERS_MAX);
	if (s->recipients->n == 0 || s->recipients->n > BULLA_RECIPIENTS_MAX)
		return bulla_fail(err, BULLA_E_USAGE, "%zu recipients: give 1 "
		    "to %u with -r or -R", s->recipients->n,
		    BULLA_RECIPIENTS_MAX);
	return BULLA_OK;
}

enum bulla_status
sealer_begin(struct sealer *r, struct bulla_err *err)
{
	uint8_t id[BULLA_ID_LEN / 2];
	enum bulla_status st = check_counts(r->s, err);

	bulla_random(id, sizeof(id));
	bulla_hex(r->id, id, sizeof(id));
	memcpy(r->opening.id, r->id, sizeof(r->opening.id));
	if (st == BULLA_OK)
		st = set_words(r, err);
	if (st == BULLA_OK)
		st = set_parties(r, err);
	if (st == BULLA_OK)
		st = set_keys(r, err);
	set_standing(r);
	if (st == BULLA_OK)
		st = make_age0(r, err);
	return st == BULLA_OK ? make_opening(r, err) : st;
}
