#include <string.h>
#include <sys/stat.h>

#include "exercise.h"

#include "bulla/file.h"

/* A word of the scenario as a C string. */
struct word {
	char s[DRILL_PATH];
};

static struct word
word(const struct bulla_cur *c)
{
	struct word w;

	BULLA_CHECK(c->len < sizeof(w.s));
	memcpy(w.s, c->p, c->len);
	w.s[c->len] = '\0';
	return w;
}

bool
drill_clock(struct drill *d, int64_t now)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_EXERCISE_CLOCK_MAX);
	bool ok = true;

	d->now = now;
	bulla_exercise_clock_put(&b, now);
	BULLA_CHECK(bulla_buf_status(&b) == BULLA_OK);
	for (int s = 0; s < 2 && ok; s++)
		ok = drill_write(d, drill_path(d, "%s/exercise",
		    d->home[s]).s, &b);
	bulla_buf_free(&b);
	return ok;
}

/* "ok 12 records are cosigned": what to prove from next time */
static void
keep_size(struct drill *d, int side, const struct bulla_buf *b)
{
	struct bulla_cur c = bulla_buf_view(b), n;

	if (bulla_cur_eat_str(&c, "ok ") && bulla_cur_until(&c, ' ', &n) &&
	    n.len < sizeof(d->cosigned[side])) {
		memcpy(d->cosigned[side], n.p, n.len);
		d->cosigned[side][n.len] = '\0';
	}
}

void
drill_cosign(struct drill *d, int side)
{
	const struct drill_path ask = drill_path(d, "work/ask");
	const struct drill_path answer = drill_path(d, "work/answer");
	struct bulla_buf out = BULLA_BUF_INIT(DRILL_OUT_MAX);

	if (drill_run(d, side, "ledger-prove", DRILL("-f", "--old",
	    d->cosigned[side], "-o", ask.s), NULL) == 0 &&
	    drill_run(d, !side, "ledger-cosign", DRILL("-f", "-o", answer.s,
	    ask.s), NULL) == 0 &&
	    drill_run(d, side, "ledger-keep", DRILL(ask.s, answer.s),
	    &out) == 0)
		keep_size(d, side, &out);
	bulla_buf_free(&out);
}

static bool
pin(struct drill *d, int side)
{
	const struct drill_path theirs = drill_path(d, "%s/roster/ours.note",
	    d->home[!side]);
	struct bulla_buf out = BULLA_BUF_INIT(DRILL_OUT_MAX);
	const char *print;
	bool ok;

	/* Compared by voice in real life: one of the two does not lie. */
	ok = drill_run(d, !side, "trust-fingerprint", DRILL("ours"),
	    &out) == 0;
	print = bulla_buf_cstr(&out);
	ok = ok && print != NULL && drill_run(d, side, "trust-pin",
	    DRILL("--fingerprint", print, theirs.s), NULL) == 0;
	bulla_buf_free(&out);
	return ok;
}

static bool
agree(struct drill *d)
{
	const struct drill_path p = drill_path(d, "work/agreement.note");
	bool ok;

	ok = drill_run(d, 0, "trust-agreement", DRILL("propose", "-o", p.s),
	    NULL) == 0 && drill_run(d, 1, "trust-agreement",
	    DRILL("sign", p.s), NULL) == 0;
	for (int s = 0; s < 2 && ok; s++)
		ok = drill_run(d, s, "trust-agreement", DRILL("pin", p.s),
		    NULL) == 0;
	return ok;
}

static bool
make_dirs(struct drill *d)
{
	const char *const names[] = { d->home[0], d->home[1], "work", "old" };
	struct bulla_err err = { 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (bulla_dir_make(drill_path(d, "%s", names[i]).s, 0700,
		    &err) != BULLA_OK) {
			(void)cmd_fail(&d->c, NULL, err.st, &err);
			d->trouble = true;
			return false;
		}
	}
	return true;
}

/* What a side that cheats goes back to: the ledger, and what its key did. */
static bool
keep_old(struct drill *d)
{
	bool ok = true;

	for (int s = 0; s < 2 && ok; s++) {
		char from[64], to[64];

		(void)snprintf(from, sizeof(from), "%s/ledger", d->home[s]);
		(void)snprintf(to, sizeof(to), "old/%s-ledger", d->home[s]);
		ok = drill_copy(d, from, to);
		(void)snprintf(from, sizeof(from), "%s/keys/log.state",
		    d->home[s]);
		(void)snprintf(to, sizeof(to), "old/%s-state", d->home[s]);
		ok = ok && drill_copy(d, from, to);
	}
	return ok;
}

bool
drill_set_up(struct drill *d)
{
	const struct drill_path stranger = drill_path(d, "work/stranger.age");
	bool ok;

	d->setting_up = true;
	ok = make_dirs(d) && drill_clock(d, d->x->start);
	for (int s = 0; s < 2 && ok; s++) {
		const struct word name = word(&d->x->side[s].name);
		const struct word person = word(&d->x->side[s].person);

		d->cosigned[s][0] = '0';
		d->cosigned[s][1] = '\0';
		ok = drill_run(d, s, "trust-init", DRILL("-n", name.s,
		    "--person", person.s), NULL) == 0;
	}
	ok = ok && pin(d, 0) && pin(d, 1) && agree(d) && drill_run(d, 0,
	    "keygen-age", DRILL("-o", stranger.s), NULL) == 0;
	for (int s = 0; s < 2 && ok; s++)
		drill_cosign(d, s);
	ok = ok && keep_old(d);
	d->setting_up = false;
	return ok && !d->trouble && d->n_found == 0;
}
