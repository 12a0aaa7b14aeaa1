#ifndef CMD_STAND_H
#define CMD_STAND_H

#include "cmd_home.h"

/*
 * Where the sender of a package stands: its number in the row of packages to
 * one agency, the sender's roster and the newest checkpoint of its ledger.
 */
struct cmd_stand {
	struct cmd_home *home;
	bool has_turn;
	struct bulla_turn turn;
	uint8_t roster[32];
	struct bulla_buf note;		/* the checkpoint */
	struct bulla_checkpoint checkpoint;
};

/*
 * Fill in what the home knows: s points into *d. The signers must be allowed
 * to seal now. Takes a number when s is to one party. Without rosters and
 * ledger nothing is done. CMD_YES, or an exit status that was reported.
 */
int cmd_stand_begin(struct cmd_stand *d, struct cmd_home *home,
    struct bulla_seal *s);
/*
 * done: record that the package was sealed, in the chain of custody and the
 * ledger, and that the number was used. NULL: the number is void. Returns as
 * cmd_stand_begin does.
 */
int cmd_stand_end(struct cmd_stand *d, const struct bulla_seal *s,
    const struct bulla_sealed *done);

#endif
