#ifndef BULLA_CORE_COSIGNED_INT_H
#define BULLA_CORE_COSIGNED_INT_H

#include "core/ledger_int.h"

/* HOME/ledger/cosigned/NAME */
BULLA_NODISCARD enum bulla_status cosigned_path(const struct bulla_ledger *l,
    const char *name, char out[LEDGER_PATH_MAX], struct bulla_err *err);

/* The sizes that are kept, ascending; *out is the caller's to free(3). */
BULLA_NODISCARD enum bulla_status cosigned_sizes(const struct bulla_ledger *l,
    uint64_t **out, size_t *n, struct bulla_err *err);
/*
 * The first time in the one of this size; 0 when it does not verify with
 * these keys or is not of this tree.
 */
int64_t cosigned_time(const struct bulla_ledger *l, uint64_t size,
    const struct bulla_vkeys *witnesses);

#endif
