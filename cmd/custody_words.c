#include <string.h>

#include "custody.h"

#include "bulla/enc.h"

#define SHORT_DIGEST 12u	/* digits shown: to compare by eye */

char
custody_letter(const struct custody_pair *p, enum bulla_side side)
{
	return p->n_steps == 0 || p->step[0].side == side ? 'A' : 'B';
}

void
custody_name(struct bulla_buf *b, const struct custody_pair *p,
    const uint8_t digest[32])
{
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct bulla_link *l = p->step[i].l;

		if (memcmp(l->digest, digest, sizeof(l->digest)) != 0)
			continue;
		bulla_buf_fmt(b, "%c", custody_letter(p, p->step[i].side));
		if (l->c.has_seal)
			bulla_buf_fmt(b, " %u", (unsigned)l->c.sequence);
		else
			bulla_buf_fmt(b, " -");
		return;
	}
	bulla_buf_str(b, "a note that is not here");
}

/* One thing that is said: where it is, with words before it. */
static bool
say(struct bulla_buf *b, const struct bulla_custody *c, const char *before,
    const char *label)
{
	struct bulla_cur v;

	if (!bulla_custody_get(c, label, &v))
		return false;
	bulla_buf_str(b, before);
	bulla_buf_cur(b, &v);
	return true;
}

static void
say_in(struct bulla_buf *b, const struct bulla_custody *c, const char *label)
{
	if (say(b, c, " (", label))
		bulla_buf_str(b, ")");
}

static void
say_digest(struct bulla_buf *b, const struct bulla_custody *c,
    const char *before, const char *label)
{
	struct bulla_cur v, beginning;

	if (!bulla_custody_get(c, label, &v) ||
	    !bulla_cur_take(&v, SHORT_DIGEST, &beginning))
		return;
	bulla_buf_str(b, before);
	bulla_buf_cur(b, &beginning);
	bulla_buf_str(b, "...");
}

static void
say_named(struct bulla_buf *b, const struct custody_pair *p,
    const struct bulla_custody *c, const char *before, const char *label)
{
	struct bulla_cur v;
	uint8_t digest[32];

	if (!bulla_custody_get(c, label, &v) ||
	    !bulla_hex_decode(&v, digest, sizeof(digest)))
		return;
	bulla_buf_str(b, before);
	custody_name(b, p, digest);
}

static bool
says(const struct bulla_custody *c, const char *label, const char *word)
{
	struct bulla_cur v;

	return bulla_custody_get(c, label, &v) && bulla_cur_is(&v, word);
}

static void
moving(struct bulla_buf *b, const struct custody_pair *p,
    const struct bulla_custody *c)
{
	if (bulla_cur_is(&c->event, "relinquish")) {
		(void)say(b, c, "Handed to ", "to");
		say_in(b, c, "transport");
		(void)say(b, c, ", expected by ", "expected-by");
	} else if (bulla_cur_is(&c->event, "return")) {
		(void)say(b, c, "Sent back to ", "to");
		say_in(b, c, "transport");
	} else if (bulla_cur_is(&c->event, "reject")) {
		(void)say(b, c, "REFUSED: ", "reason");
		say_named(b, p, c, ", in answer to ", "relinquish");
	} else if (says(c, "match", "yes") && says(c, "seal-intact", "yes")) {
		bulla_buf_str(b, "CUSTODY MOVES to ");
		bulla_buf_cur(b, &c->actor);
		bulla_buf_str(b, ": digest equal, seal intact");
		say_named(b, p, c, ", in answer to ", "relinquish");
	} else {
		bulla_buf_str(b, "Arrived DAMAGED");
	}
}

static void
work(struct bulla_buf *b, const struct bulla_custody *c)
{
	static const struct {
		const char *event, *words;
	} done[] = {
		{ "open", "Opened" }, { "access", "Looked at" },
		{ "copy", "Copied" }, { "derive", "Derived from" },
		{ "redact", "Redacted" }, { "dispose", "DISPOSED OF" },
	};

	for (size_t i = 0; i < sizeof(done) / sizeof(done[0]); i++) {
		if (bulla_cur_is(&c->event, done[i].event))
			bulla_buf_str(b, done[i].words);
	}
	(void)say(b, c, ": ", "justification");
	say_digest(b, c, "; before ", "before");
	say_digest(b, c, ", after ", "after");
}

static void
first_things(struct bulla_buf *b, const struct bulla_custody *c)
{
	if (bulla_cur_is(&c->event, "seize")) {
		(void)say(b, c, "Seized: ", "item");
		if (say(b, c, ", from ", "holder"))
			(void)say(b, c, " who ", "holder-signature");
		(void)say(b, c, "; not seized: ", "not-seized");
	} else if (bulla_cur_is(&c->event, "acquire")) {
		(void)say(b, c, "Acquired: ", "item");
		(void)say(b, c, ", by ", "method");
		say_digest(b, c, ", sha256 ", "after");
	} else if (bulla_cur_is(&c->event, "seal")) {
		bulla_buf_str(b, "Sealed");
		(void)say(b, c, ", bytes: ", "bytes");
	} else if (bulla_cur_is(&c->event, "verify")) {
		bulla_buf_str(b, says(c, "match", "yes") ?
		    "Verified, digest equal" : "Verified: DIGEST DIFFERS");
	} else {
		(void)say(b, c, "Put into ", "storage");
	}
}

static void
common(struct bulla_buf *b, const struct bulla_custody *c)
{
	const struct {
		const char *before;
		const struct bulla_cur *v;
	} all[] = {
		{ "at ", &c->place }, { "for ", &c->purpose },
		{ "authority ", &c->authority }, { "result ", &c->result },
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].v->len == 0)
			continue;
		bulla_buf_str(b, any ? "; " : "\n");
		bulla_buf_str(b, all[i].before);
		bulla_buf_cur(b, all[i].v);
		any = true;
	}
}

static void
rest(struct bulla_buf *b, const struct bulla_custody *c)
{
	static const char *const more[][2] = {
		{ "; second officer ", "second-officer" },
		{ "; witness ", "witness" }, { "; seal number ", "seal-no" },
		{ "; condition: ", "condition" }, { "; remarks: ", "remarks" },
	};

	if (!bulla_cur_is(&c->event, "store"))
		(void)say(b, c, "; stored in ", "storage");
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		(void)say(b, c, more[i][0], more[i][1]);
}

/* The digest of the package stands on top of the page: here only another. */
static void
other_sum(struct bulla_buf *b, const struct custody_pair *p,
    const struct bulla_custody *c)
{
	struct bulla_cur v, first;

	if (custody_sum(p, &first) &&
	    bulla_custody_get(c, "package-sha256", &v) &&
	    !bulla_cur_same(&v, &first))
		say_digest(b, c, "; of ANOTHER PACKAGE ", "package-sha256");
}

bool
custody_sum(const struct custody_pair *p, struct bulla_cur *out)
{
	bool any = false;

	for (size_t i = 0; i < p->n_steps; i++) {
		const struct bulla_custody *c = &p->step[i].l->c;

		if (!c->has_seal || bulla_cur_is(&c->event, "reject") ||
		    bulla_cur_is(&c->event, "verify") ||
		    !bulla_custody_get(c, "package-sha256", out))
			continue;
		any = true;
		if (bulla_cur_is(&c->event, "seal") ||
		    bulla_cur_is(&c->event, "receive"))
			break;
	}
	return any;
}

static bool
is_any(const struct bulla_custody *c, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (bulla_cur_is(&c->event, *list))
			return true;
	}
	return false;
}

bool
custody_is_conflict(const struct custody_pair *p, const struct bulla_link *l)
{
	const struct bulla_chain *both[] = { &p->ours, &p->theirs };

	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; i < both[s]->n_apart; i++) {
			if (l == &both[s]->apart[i])
				return l->c.has_seal;
		}
	}
	return false;
}

void
custody_words(struct bulla_buf *b, const struct custody_pair *p,
    const struct bulla_link *l)
{
	static const char *const moves[] = { "relinquish", "return",
	    "receive", "reject", NULL };
	static const char *const works[] = { "open", "access", "copy",
	    "derive", "redact", "dispose", NULL };
	const struct bulla_custody *c = &l->c;

	if (custody_is_conflict(p, l))
		bulla_buf_str(b, "A SECOND NOTE WITH THIS NUMBER. ");
	if (is_any(c, moves)) {
		moving(b, p, c);
	} else if (is_any(c, works)) {
		work(b, c);
	} else if (bulla_cur_is(&c->event, "correct")) {
		say_named(b, p, c, "Corrects ", "note");
		(void)say(b, c, ": ", "correction");
	} else if (bulla_cur_is(&c->event, "dispute")) {
		bulla_buf_str(b, "DISPUTES ");
		say_named(b, p, c, "", "note");
		(void)say(b, c, ": ", "grounds");
	} else {
		first_things(b, c);
	}
	other_sum(b, p, c);
	common(b, c);
	rest(b, c);
}
