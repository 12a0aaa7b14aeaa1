#ifndef INBOX_LIMITS_H
#define INBOX_LIMITS_H

#include "cmd.h"

#include "bulla/inbox.h"

/*
 * "bytes=10T,uploads=64,connections=32,requests=600": what is not named
 * stays as it was, 0 is no limit. Ends the process with a usage
 * message that names opt for anything else.
 */
void inbox_limits(const struct cmd *c, const char *opt, const char *arg,
    struct bulla_inbox_limits *out);

#endif
