#ifndef BULLA_CORE_COSIGNED_INT_H
#define BULLA_CORE_COSIGNED_INT_H

#include "core/ledger_int.h"

/* HOME/ledger/cosigned/NAME */
BULLA_NODISCARD enum bulla_status cosigned_path(const struct bulla_ledger *l,
    const char *name, char out[LEDGER_PATH_MAX], struct bulla_err *err);

#endif
