#include <inttypes.h>
#include <string.h>

#include "core/trust_int.h"

/*
 * Which suspension may come. A hotline alone can write one, as often as it
 * likes and with any date: so none may be dated back to before what the key
 * signed, and none may take the room of the others.
 */
static enum bulla_status
check_dates(const struct trust_roster *in, const struct bulla_suspend *s,
    int64_t now, struct bulla_err *err)
{
	if (memcmp(in->digest, s->roster, sizeof(s->roster)) != 0)
		return bulla_fail(err, BULLA_E_REFUSED, "not made under "
		    "version %" PRIu64 " of %.*s, the newest roster here: "
		    "take in what is newer, or let it be made again",
		    in->r->version, (int)s->side.len,
		    (const char *)s->side.p);
	if (s->time < in->r->issued)
		return bulla_fail(err, BULLA_E_REFUSED, "the suspension's "
		    "time is before its roster was issued");
	return trust_recent("suspended at", s->time, now, "let it be made "
	    "again", err);
}

enum bulla_status
trust_stop_check(const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_suspend *s, int64_t now, bool *needless,
    struct bulla_err *err)
{
	int64_t since = s->time > now - TRUST_LATE ? s->time :
	    now - TRUST_LATE;
	unsigned n = 0;
	enum bulla_status st = check_dates(trust_side(t, side), s, now, err);

	*needless = false;
	for (size_t i = 0; st == BULLA_OK && i < t->n_stops; i++) {
		const struct trust_stop *other = &t->stop[i];

		if (other->lifted || !bulla_cur_same(&other->s.side, &s->side))
			continue;
		n++;
		if (bulla_vkey_same_key(&other->s.key, &s->key) &&
		    other->since <= since)
			*needless = true;
	}
	if (st == BULLA_OK && !*needless && n >= TRUST_STOPS_IN_FORCE)
		st = bulla_fail(err, BULLA_E_LIMIT, "%u suspensions of %.*s "
		    "are in force, no more are kept: its next roster ends "
		    "the keys and lifts them", n, (int)s->side.len,
		    (const char *)s->side.p);
	return st;
}
