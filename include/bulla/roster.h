#ifndef BULLA_ROSTER_H
#define BULLA_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/keys.h"

/*
 * "bulla roster v1": who may sign what on one side, and "bulla suspend v1":
 * one key that must not be used any more. Text only: parsing proves nothing
 * about who wrote it (bulla/trust.h does). docs/FORMAT.md has the grammar.
 *
 * One public key stands in a roster once: one key, one role. All key names
 * and age names begin with the side's name. Who is a log signs with type
 * 0x01, a witness with 0x04, all others with 0x01.
 */
#define BULLA_ROSTER_MAX 60000u		/* bytes; it must fit a ledger entry */
#define BULLA_ROSTER_VERSION_MAX 999999u
#define BULLA_ROSTER_ROOTS_MAX 16u
#define BULLA_ROSTER_KEYS_MAX 128u
#define BULLA_ROSTER_AGES_MAX 64u
#define BULLA_ROSTER_TLS_MAX 64u
#define BULLA_ROSTER_LIFTS_MAX 64u
#define BULLA_PERSON_MAX 128u		/* bytes of a person's name */

/* Bits, so that a rule can name several. */
enum bulla_role {
	BULLA_ROLE_LEAD = 1,
	BULLA_ROLE_SEALER = 2,
	BULLA_ROLE_CUSTODIAN = 4,
	BULLA_ROLE_RECEIVER = 8,
	BULLA_ROLE_HOTLINE = 16,
	BULLA_ROLE_LOG = 32,
	BULLA_ROLE_WITNESS = 64,
	BULLA_ROLE_ROOT = 128,		/* never in a "key:" line */
};
/* "sealer"; NULL for what is no single role. */
const char *bulla_role_name(enum bulla_role role);
/* False for what is no role, and for "root". */
BULLA_NODISCARD bool bulla_role_parse(const struct bulla_cur *name,
    enum bulla_role *out);
/*
 * Who may sign a custody note of this event: seal: sealer; receive and
 * reject: receiver or custodian; all others: custodian.
 */
unsigned bulla_roles_of_event(const struct bulla_cur *event);

/* Windows point into the text. */
struct bulla_roster_root {
	struct bulla_vkey key;
	struct bulla_cur person;
};
struct bulla_roster_key {
	enum bulla_role role;
	struct bulla_vkey key;
	int64_t from, until;		/* POSIX seconds; from <= t < until */
	struct bulla_cur person;	/* len 0: a machine ("-") */
};
struct bulla_roster_age {
	struct bulla_cur name;		/* "b.example/desk" */
	struct bulla_cur recipient;	/* age1... */
};
struct bulla_roster_tls {
	uint8_t spki[32];		/* sha256 of SubjectPublicKeyInfo */
	int64_t from, until;
};
struct bulla_roster {
	struct bulla_cur side;		/* a key name without '/' */
	uint64_t version;		/* from 1 */
	int64_t issued, expires;
	bool has_previous;		/* exactly when version > 1 */
	uint8_t previous[32];		/* sha256 of the previous text */
	unsigned threshold;		/* of roots: 1 .. distinct persons */
	size_t n_roots, n_keys, n_ages, n_tls, n_lifts;
	struct bulla_roster_root root[BULLA_ROSTER_ROOTS_MAX];
	struct bulla_roster_key key[BULLA_ROSTER_KEYS_MAX];
	struct bulla_roster_age age[BULLA_ROSTER_AGES_MAX];
	struct bulla_roster_tls tls[BULLA_ROSTER_TLS_MAX];
	uint8_t lift[BULLA_ROSTER_LIFTS_MAX][32]; /* of suspensions' texts */
};

/*
 * About 60 KB: on the heap, please. BULLA_E_FORMAT (the message names the
 * rule: a key in two roles, a threshold that no persons can reach, ...),
 * BULLA_E_LIMIT or BULLA_E_NOMEM; *out only on success. Only sealers,
 * receivers, logs and witnesses may be machines. A window may be empty
 * (from == until): the key was never good.
 */
BULLA_NODISCARD enum bulla_status bulla_roster_parse(
    const struct bulla_cur *text, struct bulla_roster *out,
    struct bulla_err *err);
/* What parsing would refuse is a programmer error: parse what was put. */
void bulla_roster_put(struct bulla_buf *b, const struct bulla_roster *r);
/* How many different persons have the root keys. */
unsigned bulla_roster_persons(const struct bulla_roster *r);
/* A key by its name, id and public key, in "key:" lines; NULL: not there. */
const struct bulla_roster_key *bulla_roster_find(const struct bulla_roster *r,
    const struct bulla_vkey *key);
const struct bulla_roster_root *bulla_roster_find_root(
    const struct bulla_roster *r, const struct bulla_vkey *key);

struct bulla_suspend {
	struct bulla_cur side;
	uint8_t roster[32];		/* sha256 of the roster's text in
					 * force */
	struct bulla_vkey key;		/* which is not to be used any more */
	int64_t time;			/* from when on */
	struct bulla_cur actor;		/* key name of who says so */
	struct bulla_cur reason;
};
BULLA_NODISCARD enum bulla_status bulla_suspend_parse(
    const struct bulla_cur *text, struct bulla_suspend *out,
    struct bulla_err *err);
void bulla_suspend_put(struct bulla_buf *b, const struct bulla_suspend *s);

#endif
