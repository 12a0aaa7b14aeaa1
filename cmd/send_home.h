#ifndef SEND_HOME_H
#define SEND_HOME_H

#include "cmd_home.h"
#include "cmd_tls.h"

#include "bulla/exchange.h"
#include "bulla/send.h"

/*
 * What a delivery does besides the upload, when there is a home: checkpoints
 * are cosigned before it and after it, and custody is handed over.
 */
struct send_home {
	struct cmd *c;
	struct cmd_home m;
	const struct bulla_vkeys *known;	/* whose receipts are trusted */
	bool judged;			/* ... by the rosters */
	bool exchange;			/* both rosters and a ledger */
	bool cosigns, tells;		/* what the other side takes part in */
	bool demanded;			/* --cosign */
	bool carrier;			/* a bucket: nobody to talk to */
	bool streams;			/* --no-spool: pkg.opening.id comes
					 * late */
	struct bulla_signer witness, custodian;
	bool has_custodian;
	struct bulla_exchange x;
	struct bulla_line *line;
	const char *url;		/* where it leads */
	struct bulla_package pkg;	/* what it says of itself */
	bool cosigned;
	struct bulla_cosignings sizes;
	bool handed_over;
	struct cmd_tls_line tls;
};

/* Open it; CMD_YES or an exit status that was reported. */
int send_home_open(struct send_home *h, struct cmd *c, const char *custodian);
void send_home_close(struct send_home *h);
/* Without --cert and --pin: as cmd_tls_connect. */
BULLA_NODISCARD enum bulla_status send_home_pins(struct send_home *h,
    struct bulla_send_config *g, struct bulla_err *err);

/*
 * Before the upload, and after a receipt (a signed note that verifies under
 * known). They do nothing where there is nothing to do. Failures are reported
 * by send_home_fail.
 */
BULLA_NODISCARD enum bulla_status send_home_before(struct send_home *h,
    const struct bulla_send_config *g, const struct bulla_send_what *w,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status send_home_after(struct send_home *h,
    const struct bulla_cur *receipt, struct bulla_err *err);
/* Who can open it: names of the rosters, else the first of the key. */
void send_home_recipients(const struct bulla_trust *t,
    const struct bulla_opening *o, struct bulla_buf *b);
/* As cmd_fail, and where the evidence is when an alarm was raised. */
int send_home_fail(struct send_home *h, enum bulla_status st,
    const struct bulla_err *err);

/* A struct bulla_peer's way to ask; ctx is the struct send_home. */
enum bulla_status send_home_ask(void *ctx,
    const struct bulla_exchange_request *q, unsigned *status,
    struct bulla_buf *out, struct bulla_err *err);

/* Send signed notes, no package. */
int send_notes(struct cmd *c, struct bulla_send_config *g,
    const char *const *path, size_t n);

#endif
