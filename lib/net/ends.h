#ifndef BULLA_NET_ENDS_H
#define BULLA_NET_ENDS_H

#include <stdint.h>

#include "bulla/err.h"

/*
 * What a large package can be found by before all of it has been read: ends
 * in bulla/tus.h. fd is read at offsets. BULLA_E_INCOMPLETE: it is shorter.
 */
BULLA_NODISCARD enum bulla_status ends_of(int fd, uint64_t size,
    uint8_t out[32], struct bulla_err *err);

#endif
