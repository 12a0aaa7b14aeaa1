#include <stdio.h>
#include <string.h>

#include "cmd_stand.h"

static int
may_seal(struct cmd_home *m, const struct bulla_seal *s)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	for (size_t i = 0; i < s->n_signers; i++) {
		st = bulla_trust_judge(m->h.trust, BULLA_OURS,
		    &s->signers[i].vkey, BULLA_ROLE_SEALER, m->h.now, &err);
		if (st != BULLA_OK)
			return cmd_fail(m->c, "the other side would refuse "
			    "this seal", st, &err);
	}
	return CMD_YES;
}

static enum bulla_status
read_checkpoint(struct cmd_stand *d, struct bulla_err *err)
{
	struct bulla_cur bytes;
	struct bulla_note note;
	enum bulla_status st = bulla_ledger_checkpoint(d->home->h.ledger,
	    &d->note, err);

	bytes = bulla_buf_view(&d->note);
	if (st == BULLA_OK)
		st = bulla_note_parse(&bytes, &note, err);
	return st == BULLA_OK ? bulla_checkpoint_parse(&note.text,
	    &d->checkpoint, err) : st;
}

/* Only what goes to one party has a number. */
static enum bulla_status
take_turn(struct cmd_stand *d, const struct bulla_seal *s,
    struct bulla_err *err)
{
	struct bulla_cur to, agency;
	char name[BULLA_KEYNAME_MAX + 1];
	enum bulla_status st;

	if (s->n_to != 1)
		return BULLA_OK;
	to = bulla_cur_str(s->to[0]);
	if (!bulla_keyname_ok(&to))
		return BULLA_OK;	/* sealing says so, better */
	agency = bulla_keyname_agency(&to);
	memcpy(name, agency.p, agency.len);
	name[agency.len] = '\0';
	st = bulla_home_turn(&d->home->h, name, &d->turn, err);
	d->has_turn = st == BULLA_OK;
	return st;
}

int
cmd_stand_begin(struct cmd_stand *d, struct cmd_home *home,
    struct bulla_seal *s)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;
	int code = CMD_YES;

	*d = (struct cmd_stand){ .home = home,
	    .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	if (home->h.trust != NULL) {
		code = may_seal(home, s);
		(void)bulla_trust_roster(home->h.trust, BULLA_OURS,
		    d->roster);
		s->roster = d->roster;
	}
	if (code == CMD_YES && home->h.ledger != NULL) {
		st = read_checkpoint(d, &err);
		s->checkpoint = &d->checkpoint;
	}
	if (code == CMD_YES && st == BULLA_OK &&
	    (home->h.trust != NULL || home->h.ledger != NULL))
		st = take_turn(d, s, &err);
	if (st != BULLA_OK)
		code = cmd_fail(home->c, home->h.path, st, &err);
	if (d->has_turn) {
		s->sequence = d->turn.sequence;
		s->previous = d->turn.has_previous ? d->turn.previous : NULL;
	}
	return code;
}

static int
record(struct cmd_stand *d, const struct bulla_seal *s,
    const struct bulla_sealed *done)
{
	char bytes[24];
	struct bulla_custody ev = { .has_seal = true,
	    .event = bulla_cur_str("seal"),
	    .result = bulla_cur_str("sealed") };

	memcpy(ev.id, done->id, sizeof(ev.id));
	memcpy(ev.seal, done->closing, sizeof(ev.seal));
	if (s->ref != NULL)
		ev.authority = bulla_cur_str(s->ref);
	(void)snprintf(bytes, sizeof(bytes), "%llu",
	    (unsigned long long)done->size);
	cmd_event_field(&ev, "bytes", bytes);
	return cmd_home_event(d->home, &ev, s->signers, s->n_signers);
}

int
cmd_stand_end(struct cmd_stand *d, const struct bulla_seal *s,
    const struct bulla_sealed *done)
{
	struct bulla_err err = { 0 };
	int code = CMD_YES;

	bulla_buf_free(&d->note);
	if (done != NULL)
		code = record(d, s, done);
	if (!d->has_turn)
		return code;
	d->has_turn = false;
	if (code != CMD_YES)
		done = NULL;
	if (bulla_home_turn_end(&d->home->h, &d->turn,
	    done != NULL ? done->id : NULL, done != NULL ? done->opening :
	    NULL, &err) != BULLA_OK)
		return cmd_fail(d->home->c, d->home->h.path, BULLA_E_IO,
		    &err);
	return code;
}
