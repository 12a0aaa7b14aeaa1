#ifndef BULLA_CORE_VERIFY_INT_H
#define BULLA_CORE_VERIFY_INT_H

#include "core/pass.h"

/* A whole verifying pass; p->digests then holds what was proved. */
BULLA_NODISCARD enum bulla_status verify_pass(struct pass *p,
    const struct bulla_vkeys *known, bool allow_exercise,
    const struct bulla_judge *judge, struct bulla_package *out,
    struct bulla_err *err);
/* The notes outlive the reader: windows in *out point into them. */
void verify_keep(struct pkgr *r, struct bulla_package *out);

#endif
