#ifndef TESTS_CHAIN_KIT_H
#define TESTS_CHAIN_KIT_H

/*
 * Two sides with real keys, rosters and homes ("a" and "b" in a scratch
 * directory), for tests of chains of custody.
 */
#include "bulla/chain.h"
#include "bulla/enc.h"
#include "package_kit.h"
#include "scratch.h"

#define CK_ID "0123456789abcdef0123456789abcdef"
#define CK_DAY 86400
#define CK_SUM "5e" CK_ID "0123456789abcdef0123456789abcd"
#define CK_OTHER "66" CK_ID "0123456789abcdef0123456789abcd"

enum ck_key { CK_SEALER, CK_CUSTODIAN, CK_SECOND, CK_RECEIVER, CK_HOTLINE,
	CK_OLD, CK_ROOT, CK_KEYS };

struct ck_side {
	const char *home, *agency;
	struct bulla_signer key[CK_KEYS];
	struct bulla_buf roster;
	struct bulla_trust *trust;
};
static struct ck_side ck_a, ck_b;
static const uint8_t ck_seal[32] = "sha256 of the closing, 32 bytes";
static struct bulla_err e;

static TB_UNUSED void
ck_roster_key(struct bulla_roster *r, enum bulla_role role,
    const struct bulla_signer *s, const char *person)
{
	struct bulla_roster_key *k = &r->key[r->n_keys++];

	k->role = role;
	k->key = s->vkey;
	k->from = KIT_TIME - CK_DAY;
	k->until = KIT_TIME + CK_DAY;
	k->person = bulla_cur_str(person);
}

static TB_UNUSED void
ck_make_roster(struct ck_side *s)
{
	struct bulla_roster *r = calloc(1, sizeof(*r));
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_cur c;

	r->side = bulla_cur_str(s->agency);
	r->version = r->threshold = 1;
	r->issued = KIT_TIME - CK_DAY;
	r->expires = KIT_TIME + 300 * CK_DAY;
	r->n_roots = 1;
	r->root[0].key = s->key[CK_ROOT].vkey;
	r->root[0].person = bulla_cur_str("Root");
	ck_roster_key(r, BULLA_ROLE_SEALER, &s->key[CK_SEALER], "");
	ck_roster_key(r, BULLA_ROLE_CUSTODIAN, &s->key[CK_CUSTODIAN], "One");
	ck_roster_key(r, BULLA_ROLE_CUSTODIAN, &s->key[CK_SECOND], "Two");
	ck_roster_key(r, BULLA_ROLE_RECEIVER, &s->key[CK_RECEIVER], "");
	ck_roster_key(r, BULLA_ROLE_HOTLINE, &s->key[CK_HOTLINE], "Three");
	ck_roster_key(r, BULLA_ROLE_CUSTODIAN, &s->key[CK_OLD], "One");
	r->key[r->n_keys - 1].until = KIT_TIME + 100;
	bulla_roster_put(&text, r);
	c = bulla_buf_view(&text);
	KIT_OK(bulla_note_sign(&c, &s->key[CK_ROOT], 1, &s->roster, NULL));
	bulla_buf_free(&text);
	free(r);
}

static TB_UNUSED void
ck_take(const struct ck_side *s, const struct ck_side *whose)
{
	struct bulla_cur note = bulla_buf_view(&whose->roster);
	uint8_t digest[32];
	struct bulla_note n;

	KIT_OK(bulla_note_parse(&note, &n, NULL));
	bulla_sha256(n.text.p, n.text.len, digest);
	cr_assert_eq(bulla_trust_take(s->home, s == whose ? BULLA_OURS :
	    BULLA_THEIRS, &note, digest, KIT_TIME, &e), BULLA_OK, "%s", e.msg);
}

static TB_UNUSED void
ck_side_init(struct ck_side *s, const char *home, const char *agency)
{
	static const char *const names[CK_KEYS] = { "sealer", "custodian",
	    "second", "receiver", "hotline", "old", "root" };
	char name[64];

	*s = (struct ck_side){ .home = home, .agency = agency,
	    .roster = BULLA_BUF_INIT(KIT_MAX) };
	for (int i = 0; i < CK_KEYS; i++) {
		snprintf(name, sizeof(name), "%s/%s", agency, names[i]);
		KIT_OK(bulla_signer_new(name, BULLA_SIG_ED25519, &s->key[i],
		    NULL));
	}
	cr_assert_eq(mkdir(home, 0700), 0);
	ck_make_roster(s);
}

static TB_UNUSED void
ck_begin(void)
{
	scratch_enter();
	KIT_OK(bulla_crypto_init(NULL));
	ck_side_init(&ck_a, "a", "a.example");
	ck_side_init(&ck_b, "b", "b.example");
	ck_take(&ck_a, &ck_a);
	ck_take(&ck_a, &ck_b);
	ck_take(&ck_b, &ck_b);
	ck_take(&ck_b, &ck_a);
	KIT_OK(bulla_trust_load("a", &ck_a.trust, NULL));
	KIT_OK(bulla_trust_load("b", &ck_b.trust, NULL));
}

static TB_UNUSED void
ck_side_free(struct ck_side *s)
{
	for (int i = 0; i < CK_KEYS; i++)
		bulla_signer_free(&s->key[i]);
	bulla_buf_free(&s->roster);
	bulla_trust_free(s->trust);
}

static TB_UNUSED void
ck_end(void)
{
	ck_side_free(&ck_a);
	ck_side_free(&ck_b);
	scratch_leave();
}

static TB_UNUSED void
ck_set(struct bulla_custody *c, const char *label, const char *value)
{
	struct bulla_cur l = bulla_cur_str(label);

	for (size_t i = 0; i < c->n_extra; i++) {
		if (bulla_cur_same(&c->extra[i].label, &l)) {
			c->extra[i].value = bulla_cur_str(value);
			return;
		}
	}
	c->extra[c->n_extra].label = l;
	c->extra[c->n_extra++].value = bulla_cur_str(value);
}

/* An event with all it needs, `at` seconds after the beginning. */
static TB_UNUSED struct bulla_custody
ck_event(const struct ck_side *s, const char *event, int64_t at)
{
	const char *to = s == &ck_a ? "b.example" : "a.example";
	const struct { const char *event, *label, *value; } all[] = {
		{ "seal", "package-sha256", CK_SUM },
		{ "relinquish", "to", to },
		{ "relinquish", "transport", "courier" },
		{ "relinquish", "package-sha256", CK_SUM },
		{ "relinquish", "recipients", "desk" },
		{ "return", "to", to },
		{ "return", "transport", "courier" },
		{ "return", "package-sha256", CK_SUM },
		{ "receive", "package-sha256", CK_SUM },
		{ "receive", "match", "yes" },
		{ "receive", "seal-intact", "yes" },
		{ "reject", "package-sha256", CK_SUM },
		{ "reject", "reason", "bag-invalid" },
		{ "verify", "package-sha256", CK_SUM },
		{ "verify", "match", "yes" },
		{ "store", "storage", "shelf 7" },
		{ "open", "before", CK_SUM }, { "open", "after", CK_OTHER },
		{ "open", "justification", "to look at it" },
		{ "access", "justification", "to look at it" },
		{ "dispose", "before", CK_SUM },
		{ "dispose", "justification", "court order" },
		{ "dispose", "second-officer", "Two" },
		{ "correct", "correction", "it was Tuesday" },
		{ "dispute", "grounds", "it was not" },
		{ "seize", "item", "a disk" },
	};
	struct bulla_custody c = { .id = CK_ID, .has_seal = true,
		.time = KIT_TIME + at };

	memcpy(c.seal, ck_seal, sizeof(c.seal));
	c.event = bulla_cur_str(event);
	c.actor = bulla_cur_str(s->agency);
	c.officer = bulla_cur_str("Officer");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(all[i].event, event) == 0)
			ck_set(&c, all[i].label, all[i].value);
	}
	return c;
}

/* Which key signs it, when a test does not say. */
static TB_UNUSED const struct bulla_signer *
ck_key_for(const struct ck_side *s, const struct bulla_custody *c)
{
	if (bulla_cur_is(&c->event, "seal"))
		return &s->key[CK_SEALER];
	if (bulla_cur_is(&c->event, "receive"))
		return &s->key[CK_RECEIVER];
	return &s->key[CK_CUSTODIAN];
}

static TB_UNUSED enum bulla_status
ck_try(const struct ck_side *s, struct bulla_custody *c,
    struct bulla_buf *out)
{
	struct bulla_signer two[2] = { s->key[CK_CUSTODIAN],
	    s->key[CK_SECOND] };

	e = (struct bulla_err){ 0 };
	bulla_buf_reset(out);
	if (bulla_chain_persons(c) > 1)
		return bulla_chain_add(s->home, c, two, 2, out, &e);
	return bulla_chain_add(s->home, c, ck_key_for(s, c), 1, out, &e);
}

static TB_UNUSED void
ck_digest(const struct bulla_buf *note, uint8_t out[32])
{
	struct bulla_cur bytes = bulla_buf_view(note);
	struct bulla_note n;

	KIT_OK(bulla_note_parse(&bytes, &n, NULL));
	bulla_sha256(n.text.p, n.text.len, out);
}

static TB_UNUSED void
ck_hex(const struct bulla_buf *note, char out[65])
{
	uint8_t digest[32];

	ck_digest(note, digest);
	bulla_hex(out, digest, 32);
}

static TB_UNUSED enum bulla_status
ck_keep(const struct ck_side *s, const struct bulla_buf *note)
{
	struct bulla_cur c = bulla_buf_view(note);

	e = (struct bulla_err){ 0 };
	return bulla_chain_keep(s->home, &c, s->trust, KIT_TIME + 50, &e);
}

/* Add here, keep there. */
static TB_UNUSED void
ck_add(const struct ck_side *s, struct bulla_custody c,
    struct bulla_buf *note)
{
	cr_assert_eq(ck_try(s, &c, note), BULLA_OK, "%s", e.msg);
	cr_assert_eq(ck_keep(s == &ck_a ? &ck_b : &ck_a, note), BULLA_OK,
	    "%s", e.msg);
}

struct ck_checked {
	enum bulla_status st;
	struct bulla_chain ours, theirs;
	struct bulla_chain_holder holder;
	struct bulla_buf found;
};

static TB_UNUSED void
ck_check_as(const struct ck_side *s, const struct bulla_trust *t,
    int64_t now, bulla_proven_fn proven, struct ck_checked *r)
{
	*r = (struct ck_checked){ .found = BULLA_BUF_INIT(KIT_MAX) };
	e = (struct bulla_err){ 0 };
	cr_assert_eq(bulla_chain_load(s->home, CK_ID, BULLA_OURS, t,
	    &r->ours, &e), BULLA_OK, "%s", e.msg);
	cr_assert_eq(bulla_chain_load(s->home, CK_ID, BULLA_THEIRS, t,
	    &r->theirs, &e), BULLA_OK, "%s", e.msg);
	r->st = bulla_chain_check(&r->ours, &r->theirs, t, now, proven, NULL,
	    &r->holder, &r->found, &e);
	cr_assert_not_null(bulla_buf_cstr(&r->found));
}

static TB_UNUSED void
ck_checked_free(struct ck_checked *r)
{
	bulla_chain_free(&r->ours);
	bulla_chain_free(&r->theirs);
	bulla_buf_free(&r->found);
}

static TB_UNUSED void
ck_expect_good(const struct ck_side *s, const char *holder)
{
	struct ck_checked r;

	ck_check_as(s, s->trust, KIT_TIME + 60, NULL, &r);
	cr_expect_eq(r.st, BULLA_OK, "%s", (const char *)r.found.p);
	cr_expect_str_eq(r.holder.agency, holder);
	ck_checked_free(&r);
}

/* Exactly one finding, and it says this. */
static TB_UNUSED void
ck_expect_found(const struct ck_side *s, const struct bulla_trust *t,
    const char *want)
{
	struct ck_checked r;
	unsigned lines = 0;

	ck_check_as(s, t, KIT_TIME + 60, NULL, &r);
	cr_expect_eq(r.st, BULLA_E_MISMATCH);
	for (size_t i = 0; i < r.found.len; i++)
		lines += r.found.p[i] == '\n';
	cr_expect_eq(lines, 1, "%s", (const char *)r.found.p);
	cr_expect_not_null(strstr((const char *)r.found.p, want),
	    "'%s' is not in: %s", want, (const char *)r.found.p);
	ck_checked_free(&r);
}

#endif
