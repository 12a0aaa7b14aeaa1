#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd_home.h"

#include "bulla/chain.h"
#include "bulla/file.h"
#include "bulla/text.h"

int
cmd_home_open(struct cmd_home *m, struct cmd *c)
{
	const char *path = cmd_home(c);
	struct bulla_err err = { 0 };
	enum bulla_status st;

	m->c = c;
	if (path == NULL || m->open)
		return CMD_YES;
	st = bulla_home_open(path, &c->ask, &m->h, &err);
	if (st != BULLA_OK)
		return cmd_fail(c, path, st, &err);
	m->open = true;
	return CMD_YES;
}

void
cmd_home_close(struct cmd_home *m)
{
	bulla_vkeys_free(&m->known);
	if (m->open)
		bulla_home_close(&m->h);
	m->open = false;
}

const char *
cmd_home_key(struct cmd_home *m, const char *name)
{
	int n;

	if (!m->open)
		return NULL;
	n = snprintf(m->path, sizeof(m->path), "%s/keys/%s", m->h.path, name);
	if (n < 0 || (size_t)n >= sizeof(m->path) ||
	    access(m->path, F_OK) != 0)
		return NULL;
	return m->path;
}

int
cmd_home_no_key(struct cmd_home *m, const char *what, const char *name)
{
	const char *home = cmd_home(m->c);
	char shown[1024];

	if (home == NULL)
		return cmd_usage(m->c, "%s, or --home DIR with keys/%s", what,
		    name);
	return cmd_usage(m->c, "%s; the home %s has no keys/%s (another one: "
	    "--home DIR or BULLA_HOME)", what, bulla_text_show_str(shown,
	    sizeof(shown), home), name);
}

/* The sealers of a package, as of the time that the ledger proves. */
static enum bulla_status
judge(void *ctx, const struct bulla_package *p, struct bulla_err *err)
{
	struct cmd_home *m = ctx;
	int64_t at = bulla_home_proven_seal(&m->h, p->opening.id,
	    p->closing_digest);
	enum bulla_status st = BULLA_OK;

	if (at == 0)
		at = m->h.now;
	for (size_t i = 0; i < p->n_sealers && st == BULLA_OK; i++)
		st = bulla_trust_judge(m->h.trust, (enum bulla_side)
		    bulla_trust_side_of(m->h.trust, &p->sealer[i]),
		    &p->sealer[i], m->roles, at, err);
	return st;
}

int
cmd_home_known(struct cmd_home *m, unsigned roles, const char *whose,
    const struct bulla_vkeys **known, struct bulla_judge *out)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	*known = &m->c->known;
	if (m->c->known.n > 0) {
		if (m->h.trust != NULL)
			cmd_verbose(m->c, "-k and -K are used instead of the "
			    "rosters: nobody looks at roles, times and "
			    "suspensions");
		return CMD_YES;
	}
	if (m->h.trust == NULL)
		return cmd_usage(m->c, "no key to verify with: give %s vkey "
		    "with -k, or a file of them with -K, or a home with "
		    "rosters (bulla-trust)", whose);
	st = bulla_trust_keys(m->h.trust, m->side != 0 ? m->side : BULLA_BOTH,
	    roles, &m->known, &err);
	if (st != BULLA_OK)
		return cmd_fail(m->c, "rosters", st, &err);
	*known = &m->known;
	m->roles = roles;
	if (out != NULL)
		*out = (struct bulla_judge){ judge, m };
	return CMD_YES;
}

enum bulla_status
cmd_home_may_sign(const struct cmd_home *m,
    const struct bulla_signer *receiver, int64_t now, struct bulla_err *err)
{
	uint8_t digest[32];
	enum bulla_status st;

	if (m->h.trust == NULL ||
	    bulla_trust_roster(m->h.trust, BULLA_OURS, digest) == NULL)
		return BULLA_OK;
	st = bulla_trust_judge(m->h.trust, BULLA_OURS, &receiver->vkey,
	    BULLA_ROLE_RECEIVER, now, err);
	return st == BULLA_OK ? st : bulla_wrap(err, BULLA_E_IO, "no receipt "
	    "is signed that the other side would refuse");
}

int
cmd_home_recipient(struct cmd_home *m, const char *name,
    struct bulla_cur *age1)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (m->h.trust == NULL)
		return cmd_usage(m->c, "-r takes a recipient, age1..., or its "
		    "name in a roster; this home has no roster "
		    "(bulla-trust)");
	st = bulla_trust_age(m->h.trust, name, age1, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(m->c, "-r",
	    st == BULLA_E_NOMATCH ? BULLA_E_USAGE : st, &err);
}

void
cmd_event_field(struct bulla_custody *ev, const char *label,
    const char *value)
{
	BULLA_CHECK(ev->n_extra < BULLA_CUSTODY_EXTRA_MAX);
	ev->extra[ev->n_extra].label = bulla_cur_str(label);
	ev->extra[ev->n_extra++].value = bulla_cur_str(value);
}

/* Whose key it is, by our roster; nothing when it is a machine's. */
static struct bulla_cur
officer_of(const struct cmd_home *m, const struct bulla_vkey *k)
{
	const struct bulla_roster *r = NULL;
	uint8_t digest[32];

	if (m->h.trust != NULL)
		r = bulla_trust_roster(m->h.trust, BULLA_OURS, digest);
	for (size_t i = 0; r != NULL && i < r->n_keys; i++)
		if (bulla_vkey_same_key(&r->key[i].key, k))
			return r->key[i].person;
	return (struct bulla_cur){ 0 };
}

int
cmd_home_event(struct cmd_home *m, struct bulla_custody *ev,
    const struct bulla_signer *signers, size_t n_signers)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_err err = { 0 };
	struct bulla_cur c;
	enum bulla_status st;

	if (m->h.trust == NULL && m->h.ledger == NULL)
		return CMD_YES;
	ev->time = bulla_now();
	ev->actor = bulla_cur_str(signers[0].vkey.name);
	if (ev->officer.len == 0)
		ev->officer = officer_of(m, &signers[0].vkey);
	cmd_event_field(ev, "tool", "bulla " BULLA_VERSION);
	st = bulla_chain_add(m->h.path, ev, signers, n_signers, &note, &err);
	c = bulla_buf_view(&note);
	if (st == BULLA_OK)
		st = bulla_home_record(&m->h, &c, 1, &err);
	bulla_buf_free(&note);
	return st == BULLA_OK ? CMD_YES : cmd_fail(m->c, "custody", st, &err);
}

int
cmd_home_record_once(struct cmd_home *m, const struct bulla_cur *note)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;
	uint64_t index;

	if (m->h.ledger == NULL)
		return CMD_YES;
	st = bulla_ledger_find(m->h.ledger, note, &index, &err);
	if (st == BULLA_E_NOMATCH)
		st = bulla_home_record(&m->h, note, 1, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(m->c, "ledger", st, &err);
}
