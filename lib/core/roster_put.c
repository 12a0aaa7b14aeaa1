#include "bulla/enc.h"
#include "bulla/when.h"

#include "core/roster_int.h"

static const struct {
	enum bulla_role role;
	const char *name;
} roles[] = {
	{ BULLA_ROLE_LEAD, "lead" },
	{ BULLA_ROLE_SEALER, "sealer" },
	{ BULLA_ROLE_CUSTODIAN, "custodian" },
	{ BULLA_ROLE_RECEIVER, "receiver" },
	{ BULLA_ROLE_HOTLINE, "hotline" },
	{ BULLA_ROLE_LOG, "log" },
	{ BULLA_ROLE_WITNESS, "witness" },
	{ BULLA_ROLE_ROOT, "root" },
};
#define N_ROLES (sizeof(roles) / sizeof(roles[0]))

const char *
bulla_role_name(enum bulla_role role)
{
	for (size_t i = 0; i < N_ROLES; i++) {
		if (roles[i].role == role)
			return roles[i].name;
	}
	return NULL;
}

bool
bulla_role_parse(const struct bulla_cur *name, enum bulla_role *out)
{
	for (size_t i = 0; i < N_ROLES; i++) {
		if (roles[i].role == BULLA_ROLE_ROOT ||
		    !bulla_cur_is(name, roles[i].name))
			continue;
		*out = roles[i].role;
		return true;
	}
	return false;
}

unsigned
bulla_roles_of_event(const struct bulla_cur *event)
{
	if (bulla_cur_is(event, "seal"))
		return BULLA_ROLE_SEALER;
	if (bulla_cur_is(event, "receive") || bulla_cur_is(event, "reject"))
		return BULLA_ROLE_RECEIVER | BULLA_ROLE_CUSTODIAN;
	return BULLA_ROLE_CUSTODIAN;
}

const struct bulla_roster_key *
bulla_roster_find(const struct bulla_roster *r, const struct bulla_vkey *key)
{
	for (size_t i = 0; i < r->n_keys; i++) {
		if (bulla_vkey_eq(&r->key[i].key, key))
			return &r->key[i];
	}
	return NULL;
}

const struct bulla_roster_root *
bulla_roster_find_root(const struct bulla_roster *r,
    const struct bulla_vkey *key)
{
	for (size_t i = 0; i < r->n_roots; i++) {
		if (bulla_vkey_eq(&r->root[i].key, key))
			return &r->root[i];
	}
	return NULL;
}

static void
put_window(struct bulla_buf *b, int64_t from, int64_t until)
{
	char text[BULLA_WHEN_LEN + 1];

	BULLA_CHECK(from <= until);
	bulla_when_text(from, text);
	bulla_buf_fmt(b, " %s", text);
	bulla_when_text(until, text);
	bulla_buf_fmt(b, " %s", text);
}

static void
put_person(struct bulla_buf *b, const struct bulla_cur *person)
{
	BULLA_CHECK(person->len <= BULLA_PERSON_MAX);
	BULLA_CHECK(person->len == 0 || bulla_field_value_ok(person));
	bulla_buf_str(b, " ");
	if (person->len > 0)
		bulla_buf_cur(b, person);
	else
		bulla_buf_str(b, "-");
	bulla_buf_str(b, "\n");
}

static void
put_roots(struct bulla_buf *b, const struct bulla_roster *r)
{
	bulla_field_put_u64(b, "threshold", r->threshold);
	for (size_t i = 0; i < r->n_roots; i++) {
		BULLA_CHECK(r->root[i].person.len > 0);
		bulla_buf_str(b, "root: ");
		bulla_vkey_put(b, &r->root[i].key);
		put_person(b, &r->root[i].person);
	}
}

static void
put_keys(struct bulla_buf *b, const struct bulla_roster *r)
{
	for (size_t i = 0; i < r->n_keys; i++) {
		const char *role = bulla_role_name(r->key[i].role);

		BULLA_CHECK(role != NULL);
		bulla_buf_fmt(b, "key: %s ", role);
		bulla_vkey_put(b, &r->key[i].key);
		put_window(b, r->key[i].from, r->key[i].until);
		put_person(b, &r->key[i].person);
	}
}

void
bulla_roster_put(struct bulla_buf *b, const struct bulla_roster *r)
{
	BULLA_CHECK(r->n_roots <= BULLA_ROSTER_ROOTS_MAX &&
	    r->n_keys <= BULLA_ROSTER_KEYS_MAX &&
	    r->n_ages <= BULLA_ROSTER_AGES_MAX &&
	    r->n_tls <= BULLA_ROSTER_TLS_MAX &&
	    r->n_lifts <= BULLA_ROSTER_LIFTS_MAX);
	bulla_buf_str(b, "bulla roster v1\n");
	bulla_field_put(b, "side", &r->side);
	bulla_field_put_u64(b, "version", r->version);
	bulla_field_put_when(b, "issued", r->issued);
	bulla_field_put_when(b, "expires", r->expires);
	if (r->has_previous)
		bulla_field_put_hex(b, "previous", r->previous,
		    sizeof(r->previous));
	else
		bulla_field_put_str(b, "previous", "-");
	put_roots(b, r);
	put_keys(b, r);
	for (size_t i = 0; i < r->n_ages; i++) {
		bulla_buf_str(b, "age: ");
		bulla_buf_cur(b, &r->age[i].name);
		bulla_buf_str(b, " ");
		bulla_buf_cur(b, &r->age[i].recipient);
		bulla_buf_str(b, "\n");
	}
	for (size_t i = 0; i < r->n_tls; i++) {
		bulla_buf_str(b, "tls: ");
		bulla_hex_put(b, r->tls[i].spki, sizeof(r->tls[i].spki));
		put_window(b, r->tls[i].from, r->tls[i].until);
		bulla_buf_str(b, "\n");
	}
	for (size_t i = 0; i < r->n_lifts; i++)
		bulla_field_put_hex(b, "lift", r->lift[i],
		    sizeof(r->lift[i]));
}
