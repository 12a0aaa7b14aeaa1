#ifndef BULLA_OS_CONFINE_INT_H
#define BULLA_OS_CONFINE_INT_H

#include "bulla/confine.h"

/* Where TCP may go. */
struct confine_ports {
	const uint16_t *v;
	size_t n;
};

/* *done is false where the kernel or the CPU has it not. */
BULLA_NODISCARD enum bulla_status landlock_on(
    const struct bulla_confine_path *paths,
    const struct confine_ports *ports, bool *done, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status seccomp_on(unsigned calls, bool *done,
    struct bulla_err *err);
/* A second filter over the first: all goes but what opens sockets. */
BULLA_NODISCARD enum bulla_status seccomp_no_sockets(bool *done,
    struct bulla_err *err);

#endif
