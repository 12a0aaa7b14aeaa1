#include <stdio.h>
#include <string.h>

#include "inbox_who.h"

#include "bulla/when.h"

static void
name_it(const struct bulla_roster *r, struct bulla_inbox_agency *out)
{
	/* The parser has seen to it that it is a key name. */
	(void)snprintf(out->name, sizeof(out->name), "%.*s",
	    (int)r->side.len, (const char *)r->side.p);
}

static void
by_time(const struct bulla_roster_tls *k, int64_t now,
    struct bulla_inbox_agency *out)
{
	char when[BULLA_WHEN_LEN + 1];
	bool early = now < k->from;

	out->pinned = true;
	if (!early && now < k->until) {
		out->standing = BULLA_INBOX_KNOWN;
		return;
	}
	out->standing = BULLA_INBOX_SUSPENDED;
	bulla_when_text(early ? k->from : k->until, when);
	(void)snprintf(out->reason, sizeof(out->reason), early ?
	    "its tls: line begins at %s" : "its tls: line ended at %s", when);
}

void
inbox_who(const struct bulla_trust *t, const uint8_t spki[32], int64_t now,
    struct bulla_inbox_agency *out)
{
	const struct bulla_roster *r;
	uint8_t digest[32];

	out->standing = BULLA_INBOX_UNKNOWN;
	r = t != NULL ? bulla_trust_roster(t, BULLA_THEIRS, digest) : NULL;
	if (r == NULL) {
		(void)snprintf(out->reason, sizeof(out->reason),
		    "there is no roster of the other side");
		return;
	}
	if (r->n_tls == 0) {
		name_it(r, out);
		out->standing = BULLA_INBOX_KNOWN;
		return;
	}
	for (size_t i = 0; i < r->n_tls; i++) {
		if (memcmp(r->tls[i].spki, spki, sizeof(r->tls[i].spki)) != 0)
			continue;
		name_it(r, out);
		by_time(&r->tls[i], now, out);
		return;
	}
	(void)snprintf(out->reason, sizeof(out->reason),
	    "no tls: line of the other side's roster has this key");
}
