#ifndef BULLA_OS_CONFINE_INT_H
#define BULLA_OS_CONFINE_INT_H

#include "bulla/confine.h"

/* *done is false where the kernel or the CPU has it not. */
BULLA_NODISCARD enum bulla_status landlock_on(
    const struct bulla_confine_path *paths, bool connects, bool *done,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status seccomp_on(unsigned calls, bool *done,
    struct bulla_err *err);
/* A second filter over the first: all goes but what opens sockets. */
BULLA_NODISCARD enum bulla_status seccomp_no_sockets(bool *done,
    struct bulla_err *err);

#endif
