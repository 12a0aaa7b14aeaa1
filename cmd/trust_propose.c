#include <stdlib.h>
#include <string.h>

#include "trust.h"

#include "bulla/when.h"

#define DAYS_ROSTER 365

/* The roster in force, one version on, with the changes asked for. */
static int
next_of(struct trust_cmd *k, const struct trust_file *now,
    struct bulla_roster *r)
{
	int code = CMD_YES;

	*r = *now->r;
	r->version++;
	r->has_previous = true;
	memcpy(r->previous, now->digest, sizeof(r->previous));
	r->issued = k->now > r->issued ? k->now : r->issued;
	r->expires = r->issued + DAYS_ROSTER * TRUST_DAY;
	if (k->expires != NULL)
		code = trust_when(k, "--expires", k->expires, &r->expires);
	if (code == CMD_YES)
		code = trust_edit(k, r);
	if (k->threshold > 0)
		r->threshold = (unsigned)k->threshold;
	return code;
}

/* The other side judges what it has not seen cosigned by the time of now. */
static void
warn_of_ends(const struct trust_cmd *k, const struct bulla_roster *before,
    const struct bulla_roster *r)
{
	char end[BULLA_WHEN_LEN + 1];

	for (size_t i = 0; i < k->n_old_keys; i++) {
		int64_t until = r->key[i].until;

		if (until >= before->key[i].until ||
		    until >= k->now + TRUST_DAY)
			continue;
		bulla_when_text(until, end);
		cmd_say(&k->c, "%s ends at %s: what it signed and the other "
		    "side has not cosigned by then is refused, and has to be "
		    "made again. Unless the key is lost or stolen, let it end "
		    "some days ahead", r->key[i].key.name, end);
	}
}

/* What could not be taken in is not worth a signature. */
static int
propose(struct trust_cmd *k, const struct trust_file *now)
{
	struct bulla_roster *r = calloc(1, sizeof(*r));
	struct trust_file next = TRUST_FILE_INIT;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	if (r == NULL)
		return cmd_fail(&k->c, NULL, bulla_fail(&err, BULLA_E_NOMEM,
		    "out of memory"), &err);
	code = next_of(k, now, r);
	if (code == CMD_YES)
		code = trust_make(k, r, &next);
	if (code == CMD_YES) {
		st = bulla_trust_follows(now->r, now->digest, next.r, &err);
		if (st != BULLA_OK)
			code = cmd_fail(&k->c, NULL, st, &err);
	}
	if (code == CMD_YES)
		code = trust_output(k, &next.note);
	if (code == CMD_YES)
		warn_of_ends(k, now->r, r);
	if (code == CMD_YES && k->c.common.out != NULL)
		code = trust_report(k, "proposed", &next);
	trust_file_free(&next);
	free(r);
	return code;
}

int
trust_propose(struct trust_cmd *k)
{
	struct trust_file now = TRUST_FILE_INIT;
	int code;

	if (k->c.argc > 0)
		return cmd_usage(&k->c, "propose takes options only");
	code = trust_file_read(k, "ours", &now);
	if (code == CMD_YES)
		code = trust_load_keys(k, "keys/root.key");
	if (code == CMD_YES && k->n_signers == 0)
		code = cmd_usage(&k->c, "whose root key signs it first? "
		    "-i FILE");
	if (code == CMD_YES)
		code = propose(k, &now);
	trust_file_free(&now);
	return code;
}
