#ifndef TEST_TRUST_KIT_H
#define TEST_TRUST_KIT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/file.h"
#include "bulla/trust.h"

/*
 * A side for tests: two root keys of two persons, one key of each role, all
 * good from SIDE_TIME to SIDE_UNTIL, and a roster of version 1 signed by
 * both. Everything is fixed but the keys.
 */
#define SIDE_TIME INT64_C(1795000000)
#ifndef SIDE_UNTIL
#define SIDE_UNTIL (SIDE_TIME + 1000000)
#endif
#define NO_DIGEST \
    "0000000000000000000000000000000000000000000000000000000000000000"
#define SIDE_AGE \
    "age13cjvkepsfg0ujv7j7q7usrqhxj0r6shnev0ykg552jsnjxppkcxs8gakyu"

enum { ROOT_A, ROOT_B, LEAD, SEALER, CUSTODIAN, RECEIVER, HOTLINE, LOG,
    WITNESS, SIDE_KEYS };

struct side {
	const char *name;
	char age_name[64];
	char age[80];
	struct bulla_signer s[SIDE_KEYS];
	struct bulla_roster *r;
	struct bulla_buf text, note;
	uint8_t digest[32];		/* of text */
};

static inline struct bulla_vkey
side_new_key(const struct side *s, const char *what, uint8_t type,
    struct bulla_signer *out)
{
	char name[128];

	snprintf(name, sizeof(name), "%s/%s", s->name, what);
	cr_assert_eq(bulla_signer_new(name, type, out, NULL), BULLA_OK);
	return out->vkey;
}

/* Write s->r and have it signed; any errors are the test's business. */
static inline void
side_sign(struct side *s, const struct bulla_signer *by, size_t n)
{
	struct bulla_cur c;

	bulla_buf_reset(&s->text);
	bulla_buf_reset(&s->note);
	bulla_roster_put(&s->text, s->r);
	c = bulla_buf_view(&s->text);
	bulla_sha256(c.p, c.len, s->digest);
	cr_assert_eq(bulla_note_sign(&c, by, n, &s->note, NULL), BULLA_OK);
}

static inline void
side_init(struct side *s, const char *name)
{
	static const char *const what[] = { "root-a", "root-b", "lead",
	    "sealer", "custodian", "receiver", "hotline", "log", "witness" };
	static const char *const person[] = { "Anna Alder", "Bert Birch",
	    "Lea", NULL, "Carl", NULL, "Hugo", NULL, NULL };
	struct bulla_roster *r = calloc(1, sizeof(*r));

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_not_null(r);
	*s = (struct side){ .name = name, .r = r,
	    .text = BULLA_BUF_INIT(BULLA_NOTE_MAX),
	    .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	r->side = bulla_cur_str(name);
	r->version = 1;
	r->issued = SIDE_TIME;
	r->expires = SIDE_UNTIL;
	r->threshold = 2;
	for (unsigned i = 0; i < SIDE_KEYS; i++) {
		struct bulla_vkey k = side_new_key(s, what[i], i == WITNESS ?
		    BULLA_SIG_COSIGNATURE : BULLA_SIG_ED25519, &s->s[i]);

		if (i <= ROOT_B) {
			r->root[r->n_roots].key = k;
			r->root[r->n_roots++].person =
			    bulla_cur_str(person[i]);
			continue;
		}
		r->key[r->n_keys++] = (struct bulla_roster_key){
			.role = (enum bulla_role)(1u << (i - LEAD)),
			.key = k, .from = SIDE_TIME, .until = SIDE_UNTIL,
			.person = person[i] != NULL ?
			    bulla_cur_str(person[i]) : bulla_cur_of("", 0),
		};
	}
	snprintf(s->age_name, sizeof(s->age_name), "%s/desk", name);
	snprintf(s->age, sizeof(s->age), "%s", SIDE_AGE);
	r->age[r->n_ages++] = (struct bulla_roster_age){
	    bulla_cur_str(s->age_name), bulla_cur_str(s->age) };
	side_sign(s, s->s, 2);
}

/* The roster that may come next; change what is to be, then side_sign. */
static inline void
side_next(struct side *s)
{
	s->r->version++;
	s->r->has_previous = true;
	memcpy(s->r->previous, s->digest, 32);
	s->r->issued += 100;
}

static inline void
side_free(struct side *s)
{
	for (unsigned i = 0; i < SIDE_KEYS; i++)
		bulla_signer_free(&s->s[i]);
	free(s->r);
	bulla_buf_free(&s->text);
	bulla_buf_free(&s->note);
}

static inline enum bulla_status
side_take(const char *home, enum bulla_side which, const struct side *s,
    struct bulla_err *err)
{
	struct bulla_cur c = bulla_buf_view(&s->note);

	return bulla_trust_take(home, which, &c, which == BULLA_THEIRS ?
	    s->digest : NULL, s->r->issued, err);
}

/* The id that belongs to a key whose name, type or bytes were changed. */
static inline void
side_key_id(struct bulla_vkey *k)
{
	struct bulla_buf b = BULLA_BUF_INIT(1000);
	uint8_t digest[32];

	bulla_buf_str(&b, k->name);
	bulla_buf_str(&b, "\n");
	bulla_buf_u8(&b, k->type);
	bulla_buf_put(&b, k->pub, sizeof(k->pub));
	bulla_sha256(b.p, b.len, digest);
	memcpy(k->id, digest, sizeof(k->id));
	bulla_buf_free(&b);
}

/* A suspension of one of the side's keys, signed by another. */
static inline void
side_suspend_as(const struct side *s, const struct bulla_vkey *key,
    const struct bulla_signer *by, const char *actor, int64_t time,
    struct bulla_buf *note)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_suspend x = { .side = bulla_cur_str(s->name),
	    .key = *key, .time = time, .actor = bulla_cur_str(actor),
	    .reason = bulla_cur_str("laptop stolen") };
	struct bulla_cur c;

	memcpy(x.roster, s->digest, 32);
	bulla_suspend_put(&text, &x);
	c = bulla_buf_view(&text);
	bulla_buf_reset(note);
	cr_assert_eq(bulla_note_sign(&c, by, 1, note, NULL), BULLA_OK);
	bulla_buf_free(&text);
}

static inline void
side_suspend(const struct side *s, const struct bulla_vkey *key,
    const struct bulla_signer *by, int64_t time, struct bulla_buf *note)
{
	side_suspend_as(s, key, by, by->vkey.name, time, note);
}

#endif
