#include <stdio.h>
#include <string.h>

#include "trust.h"

#include "bulla/enc.h"
#include "bulla/text.h"

#define DAYS_KEY 730	/* how long a key is good unless --until says */

static int
bad(struct trust_cmd *k, const char *opt, const char *arg, const char *why)
{
	char shown[96];

	return cmd_usage(&k->c, "%s \"%s\": %s", opt,
	    bulla_text_show_str(shown, sizeof(shown), arg), why);
}

static int
parse_vkey(struct trust_cmd *k, const char *opt, const struct bulla_cur *text,
    struct bulla_vkey *out)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_vkey_parse(text, out, &err);

	return st == BULLA_OK ? CMD_YES : cmd_usage(&k->c, "%s: %s", opt,
	    err.msg);
}

static int
add_key(struct trust_cmd *k, const struct trust_edit *e,
    struct bulla_roster *r)
{
	struct bulla_roster_key *key = &r->key[r->n_keys];
	struct bulla_cur role, vkey;
	const char *rest;
	int code;

	if (r->n_keys == BULLA_ROSTER_KEYS_MAX)
		return bad(k, "--add", e->arg, "the roster has no room");
	if (!trust_pair(e->arg, &role, &rest) ||
	    !bulla_role_parse(&role, &key->role))
		return bad(k, "--add", e->arg, "not ROLE=VKEY with a role of "
		    "lead, sealer, custodian, receiver, hotline, log, "
		    "witness");
	vkey = bulla_cur_str(rest);
	code = parse_vkey(k, "--add", &vkey, &key->key);
	key->person = bulla_cur_of("", 0);
	if (code == CMD_YES && e->person != NULL)
		code = trust_person(k, e->person, &key->person);
	if (code != CMD_YES)
		return code;
	key->from = r->issued;
	key->until = r->issued + DAYS_KEY * TRUST_DAY;
	r->n_keys++;
	return CMD_YES;
}

/*
 * How many of these keys the text names; *out is the last. A name alone is
 * that of a key that has not ended: the others cannot be changed any more.
 */
static size_t
count_named(const struct bulla_cur *text, struct bulla_roster *r,
    size_t from, size_t to, struct bulla_roster_key **out)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++) {
		struct bulla_roster_key *key = &r->key[i];

		if (!trust_names(text, &key->key) ||
		    (bulla_cur_is(text, key->key.name) &&
		    key->until < r->issued))
			continue;
		*out = key;
		n++;
	}
	return n;
}

/*
 * The one key that the text names; NULL after a report. Those that were there
 * before this command come first: a key is added under the name of the one
 * that ends.
 */
static struct bulla_roster_key *
one_key(struct trust_cmd *k, const struct bulla_cur *text,
    struct bulla_roster *r, int *code)
{
	struct bulla_roster_key *found = NULL;
	char shown[96];
	size_t n;

	bulla_text_show(shown, sizeof(shown), text);
	n = count_named(text, r, 0, k->n_old_keys, &found);
	if (n == 0)
		n = count_named(text, r, k->n_old_keys, r->n_keys, &found);
	if (n == 1)
		return found;
	*code = n > 1 ? cmd_usage(&k->c, "--until: several keys are called "
	    "%s: give NAME+ID (bulla-trust show)", shown) :
	    cmd_usage(&k->c, "--until: no key is called %s, or it has ended "
	    "(bulla-trust show lists them)", shown);
	return NULL;
}

static int
set_until(struct trust_cmd *k, const char *arg, struct bulla_roster *r)
{
	struct bulla_roster_key *key;
	struct bulla_cur name;
	const char *rest;
	int64_t until = 0;
	int code = CMD_YES;

	if (!trust_pair(arg, &name, &rest))
		return bad(k, "--until", arg, "not KEY=TIME");
	key = one_key(k, &name, r, &code);
	if (key == NULL)
		return code;
	code = trust_when(k, "--until", rest, &until);
	if (code != CMD_YES)
		return code;
	if (until < key->from)
		return bad(k, "--until", arg, "before the key begins");
	key->until = until;
	return CMD_YES;
}

/* "desk" is short for "SIDE/desk". */
static int
age_name(struct trust_cmd *k, const struct bulla_cur *name,
    const struct bulla_roster *r, const char **out)
{
	char *to = k->age_name[k->n_age_names];
	bool whole = memchr(name->p, '/', name->len) != NULL;
	struct bulla_cur c;
	int n;

	if (k->n_age_names == BULLA_ROSTER_AGES_MAX)
		return cmd_usage(&k->c, "too many times --age");
	n = snprintf(to, sizeof(k->age_name[0]), "%.*s%s%.*s",
	    whole ? 0 : (int)r->side.len, (const char *)r->side.p,
	    whole ? "" : "/", (int)name->len, (const char *)name->p);
	c = bulla_cur_str(to);
	if (n <= 0 || (size_t)n >= sizeof(k->age_name[0]) ||
	    !bulla_keyname_ok(&c))
		return bad(k, "--age", (const char *)name->p, "no name of "
		    "a-z 0-9 . _ -");
	k->n_age_names++;
	*out = to;
	return CMD_YES;
}

static int
set_age(struct trust_cmd *k, const char *arg, struct bulla_roster *r)
{
	const char *rest, *full = NULL;
	struct bulla_cur name;
	size_t i = 0;
	int code;

	if (!trust_pair(arg, &name, &rest) || rest[0] == '\0')
		return bad(k, "--age", arg, "not NAME=age1...");
	code = age_name(k, &name, r, &full);
	if (code != CMD_YES)
		return code;
	while (i < r->n_ages && !bulla_cur_is(&r->age[i].name, full))
		i++;
	if (strcmp(rest, "-") == 0) {
		if (i == r->n_ages)
			return bad(k, "--age", arg, "there is no such name");
		r->n_ages--;
		memmove(&r->age[i], &r->age[i + 1],
		    (r->n_ages - i) * sizeof(r->age[0]));
		return CMD_YES;
	}
	if (i == BULLA_ROSTER_AGES_MAX)
		return bad(k, "--age", arg, "the roster has no room");
	r->age[i].name = bulla_cur_str(full);
	r->age[i].recipient = bulla_cur_str(rest);
	if (i == r->n_ages)
		r->n_ages++;
	return CMD_YES;
}

static int
set_tls(struct trust_cmd *k, const char *arg, struct bulla_roster *r)
{
	int64_t until = r->issued + DAYS_KEY * TRUST_DAY;
	struct bulla_cur hex = bulla_cur_str(arg);
	const char *rest;
	uint8_t spki[32];
	int code = CMD_YES;
	size_t i = 0;

	if (trust_pair(arg, &hex, &rest))
		code = trust_when(k, "--tls", rest, &until);
	if (code != CMD_YES)
		return code;
	if (!bulla_hex_decode(&hex, spki, sizeof(spki)))
		return bad(k, "--tls", arg, "not 64 lower-case hex digits");
	while (i < r->n_tls && memcmp(r->tls[i].spki, spki, 32) != 0)
		i++;
	if (i == BULLA_ROSTER_TLS_MAX)
		return bad(k, "--tls", arg, "the roster has no room");
	if (i == r->n_tls) {
		memcpy(r->tls[i].spki, spki, 32);
		r->tls[i].from = r->issued;
		r->n_tls++;
	}
	if (until < r->tls[i].from)
		return bad(k, "--tls", arg, "before the key begins");
	r->tls[i].until = until;
	return CMD_YES;
}

static int
add_lift(struct trust_cmd *k, const char *arg, struct bulla_roster *r)
{
	struct bulla_cur hex = bulla_cur_str(arg);

	if (r->n_lifts == BULLA_ROSTER_LIFTS_MAX)
		return bad(k, "--lift", arg, "the roster has no room");
	if (!bulla_hex_decode(&hex, r->lift[r->n_lifts], 32))
		return bad(k, "--lift", arg, "not 64 lower-case hex digits: "
		    "the name of the suspension in roster/suspend");
	r->n_lifts++;
	return CMD_YES;
}

/* One that is there already (-i) only gets its person. */
static int
add_root(struct trust_cmd *k, const char *arg, struct bulla_roster *r)
{
	struct bulla_cur text, person;
	struct bulla_vkey key;
	const char *rest;
	size_t i = 0;
	int code;

	if (!trust_pair(arg, &text, &rest))
		return bad(k, "--root", arg, "not VKEY=PERSON");
	code = parse_vkey(k, "--root", &text, &key);
	if (code == CMD_YES)
		code = trust_person(k, rest, &person);
	if (code != CMD_YES)
		return code;
	while (i < r->n_roots && !bulla_vkey_eq(&r->root[i].key, &key))
		i++;
	if (i == BULLA_ROSTER_ROOTS_MAX)
		return bad(k, "--root", arg, "the roster has no room");
	r->root[i].key = key;
	r->root[i].person = person;
	if (i == r->n_roots)
		r->n_roots++;
	return CMD_YES;
}

static int
drop_root(struct trust_cmd *k, const char *arg, struct bulla_roster *r)
{
	struct bulla_cur text = bulla_cur_str(arg);
	size_t i = 0;

	while (i < r->n_roots && !trust_names(&text, &r->root[i].key))
		i++;
	if (i == r->n_roots)
		return bad(k, "--drop-root", arg, "no root key is called so");
	r->n_roots--;
	memmove(&r->root[i], &r->root[i + 1],
	    (r->n_roots - i) * sizeof(r->root[0]));
	return CMD_YES;
}

static int
edit_one(struct trust_cmd *k, const struct trust_edit *e,
    struct bulla_roster *r)
{
	switch (e->kind) {
	case EDIT_ADD:
		return add_key(k, e, r);
	case EDIT_UNTIL:
		return set_until(k, e->arg, r);
	case EDIT_AGE:
		return set_age(k, e->arg, r);
	case EDIT_TLS:
		return set_tls(k, e->arg, r);
	case EDIT_LIFT:
		return add_lift(k, e->arg, r);
	case EDIT_ROOT:
		return add_root(k, e->arg, r);
	case EDIT_DROP_ROOT:
		return drop_root(k, e->arg, r);
	}
	return CMD_TROUBLE;
}

int
trust_edit(struct trust_cmd *k, struct bulla_roster *r)
{
	int code = CMD_YES;

	k->n_old_keys = r->n_keys;
	for (size_t i = 0; i < k->n_edits && code == CMD_YES; i++)
		code = edit_one(k, &k->edit[i], r);
	return code;
}
