#ifndef BULLA_OS_TMPNAME_H
#define BULLA_OS_TMPNAME_H

#include "bulla/err.h"

#define TMPNAME_LEN 27u		/* characters, without the NUL */

/*
 * A hidden name that nobody can guess or has used: ".bulla-<16 hex>.tmp".
 * BULLA_E_IO when the kernel has no random bytes.
 */
BULLA_NODISCARD enum bulla_status bulla_tmpname(char out[TMPNAME_LEN + 1],
    struct bulla_err *err);

#endif
