#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust.h"

#include "bulla/file.h"
#include "bulla/ledger.h"

#define DAYS_ROSTER 365
#define DAYS_KEY 730	/* so that a roster can be renewed before its keys */

/* One key for each role, in HOME/keys/<role>.key. */
static const struct part {
	enum bulla_role role;
	uint8_t type;
	bool human;
} parts[] = {
	{ BULLA_ROLE_LEAD, BULLA_SIG_ED25519, true },
	{ BULLA_ROLE_SEALER, BULLA_SIG_ED25519, false },
	{ BULLA_ROLE_CUSTODIAN, BULLA_SIG_ED25519, true },
	{ BULLA_ROLE_RECEIVER, BULLA_SIG_ED25519, false },
	{ BULLA_ROLE_HOTLINE, BULLA_SIG_ED25519, true },
	{ BULLA_ROLE_LOG, BULLA_SIG_ED25519, false },
	{ BULLA_ROLE_WITNESS, BULLA_SIG_COSIGNATURE, false },
};
#define N_PARTS (sizeof(parts) / sizeof(parts[0]))
static const struct part root_part = { BULLA_ROLE_ROOT, BULLA_SIG_ED25519,
    true };

static const char *
person_of(const struct trust_cmd *k, const struct part *p)
{
	const char *own = k->role_person[__builtin_ctz(p->role)];

	return own != NULL || !p->human ? own : k->person;
}

static enum bulla_status
write_key(const struct bulla_signer *s, const char *path,
    const struct bulla_secret *pass, struct bulla_err *err)
{
	struct bulla_buf line = BULLA_BUF_INIT(BULLA_VKEY_MAX);
	struct bulla_secret text = { 0 };
	enum bulla_status st = bulla_signer_text(s, &text, err);
	const char *vkey;

	bulla_vkey_put(&line, &s->vkey);
	vkey = bulla_buf_cstr(&line);
	if (st == BULLA_OK)
		st = vkey == NULL ? bulla_buf_status(&line) :
		    bulla_keyfile_write(path, &text, vkey, pass, false, err);
	bulla_buf_free(&line);
	bulla_secret_free(&text);
	return st;
}

/* The key of the file, which is made when it is missing. */
static int
have_key(struct trust_cmd *k, const struct part *p,
    const struct bulla_secret *pass, struct bulla_signer *out)
{
	const char *role = bulla_role_name(p->role);
	char rest[64], path[4096], name[BULLA_KEYNAME_MAX + 64];
	struct bulla_err err = { 0 };
	enum bulla_status st;

	(void)snprintf(rest, sizeof(rest), "keys/%s.key", role);
	(void)snprintf(name, sizeof(name), "%s/%s", k->name, role);
	if (!trust_home_path(k, rest, path))
		return cmd_usage(&k->c, "where is the home? --home DIR");
	if (trust_is_there(path)) {
		st = bulla_signer_load(path, &k->c.ask, out, &err);
	} else {
		st = bulla_signer_new(name, p->type, out, &err);
		if (st == BULLA_OK)
			st = write_key(out, path, p->human ? pass : NULL,
			    &err);
	}
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

static enum bulla_status
make_desk(struct trust_cmd *k, const char *path, struct bulla_err *err)
{
	struct bulla_identity i = { 0 };
	struct bulla_secret text = { 0 };
	char name[BULLA_KEYNAME_MAX + 8];
	enum bulla_status st = bulla_identity_new(&i, err);

	(void)snprintf(name, sizeof(name), "%s/desk", k->name);
	if (st == BULLA_OK)
		st = bulla_identity_text(&i, name, k->now, &text, err);
	if (st == BULLA_OK)
		st = bulla_keyfile_write(path, &text, i.recipient, NULL,
		    false, err);
	if (st == BULLA_OK)
		(void)snprintf(k->desk, sizeof(k->desk), "%s", i.recipient);
	bulla_secret_free(&text);
	bulla_secret_free(&i.key);
	return st;
}

/* keys/desk.age, to which others encrypt. */
static int
have_desk(struct trust_cmd *k, struct bulla_roster *r)
{
	struct bulla_identities ids = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	char path[4096];

	if (!trust_home_path(k, "keys/desk.age", path))
		return cmd_usage(&k->c, "where is the home? --home DIR");
	if (!trust_is_there(path)) {
		st = make_desk(k, path, &err);
	} else {
		st = bulla_identities_add_file(&ids, path, &k->c.ask, &err);
		if (st == BULLA_OK)
			(void)snprintf(k->desk, sizeof(k->desk), "%s",
			    ids.v[0].recipient);
	}
	bulla_identities_free(&ids);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	(void)snprintf(k->age_name[0], sizeof(k->age_name[0]), "%s/desk",
	    k->name);
	k->n_age_names = 1;
	r->age[r->n_ages++] = (struct bulla_roster_age){
	    bulla_cur_str(k->age_name[0]), bulla_cur_str(k->desk) };
	return CMD_YES;
}

static int
have_parts(struct trust_cmd *k, const struct bulla_secret *pass,
    struct bulla_roster *r)
{
	int code = CMD_YES;

	for (size_t i = 0; i < N_PARTS && code == CMD_YES; i++) {
		struct bulla_roster_key *key = &r->key[r->n_keys];
		const char *person = person_of(k, &parts[i]);
		struct bulla_signer s = { 0 };

		key->person = bulla_cur_of("", 0);
		code = have_key(k, &parts[i], pass, &s);
		if (code == CMD_YES && person != NULL)
			code = trust_person(k, person, &key->person);
		key->role = parts[i].role;
		key->key = s.vkey;
		key->from = r->issued;
		key->until = r->issued + DAYS_KEY * TRUST_DAY;
		r->n_keys++;
		bulla_signer_free(&s);
	}
	return code;
}

/* Those of -i, else keys/root.key. */
static int
have_roots(struct trust_cmd *k, const struct bulla_secret *pass,
    struct bulla_roster *r)
{
	const char *person = person_of(k, &root_part);
	struct bulla_cur p = bulla_cur_of("", 0);
	int code;

	code = trust_load_keys(k, NULL);
	if (code == CMD_YES && k->n_signers == 0) {
		code = have_key(k, &root_part, pass, &k->signer[0]);
		k->n_signers = code == CMD_YES;
	}
	if (code == CMD_YES)
		code = trust_person(k, person, &p);
	for (size_t i = 0; i < k->n_signers && code == CMD_YES; i++) {
		r->root[i].key = k->signer[i].vkey;
		r->root[i].person = p;
		r->n_roots++;
	}
	return code;
}

static int
have_ledger(struct trust_cmd *k)
{
	char path[4096], name[BULLA_KEYNAME_MAX + 8];
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (!trust_home_path(k, "keys", path))
		return cmd_usage(&k->c, "where is the home? --home DIR");
	st = bulla_dir_make(path, 0700, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	if (trust_home_path(k, "ledger/public/checkpoint", path) &&
	    trust_is_there(path))
		return CMD_YES;
	(void)snprintf(name, sizeof(name), "%s/log", k->name);
	st = bulla_ledger_init(cmd_home(&k->c), name, &k->c.ask, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

/* Two persons, where there are two, unless something else was said. */
static unsigned
threshold(const struct trust_cmd *k, const struct bulla_roster *r)
{
	if (k->threshold > 0)
		return (unsigned)k->threshold;
	return bulla_roster_persons(r) > 1 ? 2 : 1;
}

static int
fill(struct trust_cmd *k, struct bulla_roster *r)
{
	struct bulla_secret pass = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code = CMD_YES;

	r->side = bulla_cur_str(k->name);
	r->version = 1;
	r->issued = k->now;
	r->expires = k->now + DAYS_ROSTER * TRUST_DAY;
	if (k->expires != NULL)
		code = trust_when(k, "--expires", k->expires, &r->expires);
	if (code == CMD_YES && k->protect) {
		st = k->c.ask.ask(&k->c.ask, "new passphrase: ", true, &pass,
		    &err);
		if (st != BULLA_OK)
			code = cmd_fail(&k->c, NULL, st, &err);
	}
	if (code == CMD_YES)
		code = have_ledger(k);
	if (code == CMD_YES)
		code = have_roots(k, k->protect ? &pass : NULL, r);
	if (code == CMD_YES)
		code = have_parts(k, k->protect ? &pass : NULL, r);
	if (code == CMD_YES)
		code = have_desk(k, r);
	bulla_secret_free(&pass);
	if (code == CMD_YES)
		code = trust_edit(k, r);
	r->threshold = threshold(k, r);
	return code;
}

/* In force at once when it is signed enough, else to be signed by others. */
static int
finish(struct trust_cmd *k, const struct bulla_roster *r)
{
	struct trust_file f = TRUST_FILE_INIT;
	struct bulla_err err = { 0 };
	struct bulla_cur note;
	unsigned persons = 0;
	bool enough;
	int code;

	code = trust_make(k, r, &f);
	note = bulla_buf_view(&f.note);
	if (code == CMD_YES && bulla_trust_signers(&note, f.r, &persons,
	    &err) != BULLA_OK)
		code = cmd_fail(&k->c, NULL, err.st, &err);
	enough = code == CMD_YES && persons >= f.r->threshold;
	if (code == CMD_YES && !enough && k->c.common.out == NULL)
		code = cmd_usage(&k->c, "%u of %u persons have signed: -o "
		    "FILE, for the others to sign it", persons,
		    f.r->threshold);
	if (enough)
		code = trust_take(k, BULLA_OURS, &f, NULL);
	if (code == CMD_YES && k->c.common.out != NULL)
		code = trust_output(k, &f.note);
	if (code == CMD_YES && !enough)
		cmd_say(&k->c, "%u of %u persons have signed: bulla-trust "
		    "sign by the others, then bulla-trust pin --ours",
		    persons, f.r->threshold);
	if (code == CMD_YES)
		code = trust_report(k, enough ? "in force" : "proposed", &f);
	trust_file_free(&f);
	return code;
}

int
trust_init(struct trust_cmd *k)
{
	struct bulla_cur side = bulla_cur_str(k->name != NULL ? k->name : "");
	struct bulla_roster *r;
	struct bulla_err err = { 0 };
	char path[4096];
	int code;

	if (k->c.argc > 0 || !bulla_keyname_ok(&side) ||
	    memchr(side.p, '/', side.len) != NULL ||
	    side.len > BULLA_KEYNAME_MAX - 32)
		return cmd_usage(&k->c, "init takes -n SIDE, the name of the "
		    "side: a-z 0-9 . _ -, as in cyber-unit.example");
	if (person_of(k, &root_part) == NULL || person_of(k, &parts[0]) ==
	    NULL || person_of(k, &parts[2]) == NULL ||
	    person_of(k, &parts[4]) == NULL)
		return cmd_usage(&k->c, "whose are the keys? --person NAME, "
		    "or --person ROLE=NAME for each of root, lead, custodian "
		    "and hotline");
	if (!trust_home_path(k, "roster/ours.note", path))
		return cmd_usage(&k->c, "where is the home? --home DIR");
	if (trust_is_there(path))
		return cmd_fail(&k->c, NULL, BULLA_E_REFUSED, (bulla_fail(
		    &err, BULLA_E_REFUSED, "this home has a roster already: "
		    "bulla-trust propose makes the next version"), &err));
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return cmd_fail(&k->c, NULL, bulla_fail(&err, BULLA_E_NOMEM,
		    "out of memory"), &err);
	code = fill(k, r);
	if (code == CMD_YES)
		code = finish(k, r);
	free(r);
	return code;
}
