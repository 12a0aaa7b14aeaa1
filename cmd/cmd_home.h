#ifndef CMD_HOME_H
#define CMD_HOME_H

#include "cmd.h"

#include "bulla/custody.h"
#include "bulla/home.h"
#include "bulla/package.h"

/*
 * What a tool does with the home: default key files, the keys to verify
 * with, the judgement of who signed, the events that it writes by itself.
 */
struct cmd_home {
	struct cmd *c;
	struct bulla_home h;		/* zeros without a home */
	bool open;
	struct bulla_vkeys known;	/* of the rosters */
	unsigned roles;			/* for the judge */
	enum bulla_side side;		/* whose keys; 0: of both */
	char path[4096];		/* cmd_home_key */
};

/*
 * Opens the home when there is one (--home, $BULLA_HOME, ~/.bulla with a
 * roster or a ledger). CMD_YES or an exit status that was reported.
 */
int cmd_home_open(struct cmd_home *m, struct cmd *c);
void cmd_home_close(struct cmd_home *m);

/* HOME/keys/<name> when that is there, else NULL. Valid until called again. */
const char *cmd_home_key(struct cmd_home *m, const char *name);

/* CMD_USE, reported: what is missing, and where it was looked for. */
int cmd_home_no_key(struct cmd_home *m, const char *what, const char *name);

/*
 * The keys to verify with: those of -k and -K, else all that the rosters of
 * both sides (or of m->side alone) give one of the roles; then *judge, when
 * not NULL, is set to ask whether they may (without rosters it stays empty).
 * Without any key: CMD_USE, reported; whose is for that message: "the
 * sealer's".
 */
int cmd_home_known(struct cmd_home *m, unsigned roles, const char *whose,
    const struct bulla_vkeys **known, struct bulla_judge *judge);

/*
 * May the receiver sign receipts, by our roster? It has none, or the home has
 * no rosters: yes. Else BULLA_E_IO with the reason: it is us who have to mend
 * it, and the package is not to blame.
 */
BULLA_NODISCARD enum bulla_status cmd_home_may_sign(const struct cmd_home *m,
    const struct bulla_signer *receiver, int64_t now, struct bulla_err *err);

/* "-r NAME"; CMD_YES and *age1, into the roster, or an exit status. */
int cmd_home_recipient(struct cmd_home *m, const char *name,
    struct bulla_cur *age1);

/*
 * Add an event to the package's chain of custody, signed, and record it;
 * ev needs id, seal, event, result and the event's own fields. Nothing is
 * done in a home without a roster or a ledger.
 */
int cmd_home_event(struct cmd_home *m, struct bulla_custody *ev,
    const struct bulla_signer *signers, size_t n_signers);

/*
 * Record a note that may have been recorded before, by a run that ended early
 * or by another process. Returns as cmd_home_event does.
 */
int cmd_home_record_once(struct cmd_home *m, const struct bulla_cur *note);

/* One more field of an event. */
void cmd_event_field(struct bulla_custody *ev, const char *label,
    const char *value);

#endif
