#include <stdio.h>
#include <string.h>

#include "custody.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/text.h"

/* Whose key is it, by our roster? */
static const struct bulla_roster_key *
in_roster(struct custody_cmd *k, const struct bulla_vkey *key)
{
	const struct bulla_roster *r = NULL;
	uint8_t digest[32];

	if (k->m.h.trust != NULL)
		r = bulla_trust_roster(k->m.h.trust, BULLA_OURS, digest);
	return r != NULL ? bulla_roster_find(r, key) : NULL;
}

/*
 * May these keys sign it, and are they of as many persons as it needs? A
 * note that nobody will take must not enter the chain.
 */
static enum bulla_status
judge(struct custody_cmd *k, struct custody_draft *d, struct bulla_err *err)
{
	const struct bulla_trust *t = k->m.h.trust;
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; t != NULL && i < k->n_signers && st == BULLA_OK;
	    i++)
		st = bulla_trust_judge(t, BULLA_OURS, &k->signer[i].vkey,
		    bulla_roles_of_event(&d->c.event), k->m.h.now, err);
	if (st == BULLA_OK && t != NULL && bulla_chain_persons(&d->c) > 1 &&
	    (d->person[1][0] == '\0' ||
	    strcmp(d->person[0], d->person[1]) == 0))
		st = bulla_fail(err, BULLA_E_REFUSED, "this is signed by two "
		    "different persons of the roster: give -i twice");
	return st;
}

/* Of the first two signers: the roster says who they are. */
static void
find_persons(struct custody_cmd *k, struct custody_draft *d)
{
	for (size_t i = 0; i < 2 && i < k->n_signers; i++) {
		const struct bulla_roster_key *e = in_roster(k,
		    &k->signer[i].vkey);

		if (e != NULL && e->person.len < sizeof(d->person[i]))
			memcpy(d->person[i], e->person.p, e->person.len);
	}
}

static int
append(struct custody_cmd *k, struct custody_draft *d)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_err err = { 0 };
	struct bulla_cur bytes;
	enum bulla_status st;
	int code;

	st = judge(k, d, &err);
	if (st == BULLA_OK)
		st = bulla_chain_add(k->m.h.path, &d->c, k->signer,
		    k->n_signers, &note, &err);
	if (st != BULLA_OK) {
		bulla_buf_free(&note);
		return cmd_fail(&k->c, NULL, st, &err);
	}
	bytes = bulla_buf_view(&note);
	code = custody_record(k, &bytes);
	if (code == CMD_YES)
		code = custody_print_note(k, &note);
	bulla_buf_free(&note);
	return code;
}

/* Which of the home's keys signs such an event when none is given. */
static int
default_signers(struct custody_cmd *k, const struct bulla_cur *event)
{
	static const char *const seal[2] = { "sealer.key", NULL };
	static const char *const receive[2] = { "custodian.key",
	    "receiver.key" };
	static const char *const others[2] = { "custodian.key", NULL };

	if (bulla_cur_is(event, "seal"))
		return custody_signers(k, seal);
	if (bulla_cur_is(event, "receive") || bulla_cur_is(event, "reject"))
		return custody_signers(k, receive);
	return custody_signers(k, others);
}

static int
add(struct custody_cmd *k, const char *id, const char *event)
{
	struct custody_draft d = { 0 };
	struct custody_pair p = { 0 };
	int code;

	d.c.event = bulla_cur_str(event);
	d.c.time = bulla_now();
	memcpy(d.c.id, id, BULLA_ID_LEN);
	code = custody_home(k);
	if (code == CMD_YES)
		code = default_signers(k, &d.c.event);
	if (code == CMD_YES)
		code = custody_load(k, id, &p);
	if (code == CMD_YES) {
		d.c.actor = bulla_cur_str(k->signer[0].vkey.name);
		find_persons(k, &d);
		code = custody_fill(k, &p, &d);
	}
	if (code == CMD_YES)
		code = append(k, &d);
	custody_pair_free(&p);
	return code;
}

int
custody_add(struct custody_cmd *k)
{
	int code = CMD_YES;
	const char *id = custody_id(k, &code), *event;
	struct bulla_buf b = BULLA_BUF_INIT(1024);
	struct bulla_cur name;

	if (id == NULL)
		return code;
	event = cmd_operand(&k->c);
	name = bulla_cur_str(event != NULL ? event : "");
	if (!bulla_custody_event_ok(&name) || k->c.argc > 0) {
		bulla_custody_events(&b);
		code = cmd_usage(&k->c, "one EVENT of: %s",
		    bulla_buf_cstr(&b) != NULL ? (const char *)b.p : "");
		bulla_buf_free(&b);
		return code;
	}
	return add(k, id, event);
}
