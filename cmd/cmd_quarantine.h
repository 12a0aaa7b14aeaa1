#ifndef CMD_QUARANTINE_H
#define CMD_QUARANTINE_H

#include "cmd.h"

#include "bulla/quarantine.h"

#define CMD_QUARANTINE_INIT { .bytes = UINT64_MAX, \
	.secs = BULLA_QUARANTINE_SECS }

/*
 * "bytes=10G,days=30": what is not named stays as it was; bytes=0 keeps
 * nothing. Ends the process with a usage message that names opt for
 * anything else.
 */
void cmd_quarantine(const struct cmd *c, const char *opt, const char *arg,
    struct bulla_quarantine *out);

#endif
