#ifndef SEND_PACKAGE_H
#define SEND_PACKAGE_H

#include "cmd.h"

#include "bulla/send.h"

/*
 * What is sent: its bytes on a descriptor that can be read again, hashed. With
 * w->hash a large file is left to be hashed while it is sent.
 */
BULLA_NODISCARD enum bulla_status send_take_in(const char *path,
    struct bulla_send_what *w, struct bulla_err *err);
/* Is it a sealed package? With no_receipt that is only said. */
BULLA_NODISCARD enum bulla_status send_check(const struct cmd *c,
    const struct bulla_send_config *g, int fd, struct bulla_err *err);
/* What is done with one that is not. */
BULLA_NODISCARD enum bulla_status send_no_package(const struct cmd *c,
    const struct bulla_send_config *g, struct bulla_err *err);

#endif
