#ifndef BULLA_CORE_ROSTER_INT_H
#define BULLA_CORE_ROSTER_INT_H

#include "bulla/field.h"
#include "bulla/roster.h"

/* A key name without a slash. */
bool roster_side_ok(const struct bulla_cur *side);

/* Does this name begin with the side's and a slash, and say more? */
bool roster_name_of(const struct bulla_cur *name,
    const struct bulla_cur *side);

/* A vkey of this side and type. */
BULLA_NODISCARD enum bulla_status roster_vkey(const struct bulla_cur *text,
    const struct bulla_cur *side, uint8_t type, struct bulla_vkey *out,
    struct bulla_err *err);

/* One line each, appended to its list. */
BULLA_NODISCARD enum bulla_status roster_take_root(struct bulla_fields *f,
    struct bulla_roster *r, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status roster_take_key(struct bulla_fields *f,
    struct bulla_roster *r, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status roster_take_age(struct bulla_fields *f,
    struct bulla_roster *r, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status roster_take_tls(struct bulla_fields *f,
    struct bulla_roster *r, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status roster_take_lift(struct bulla_fields *f,
    struct bulla_roster *r, struct bulla_err *err);

#endif
