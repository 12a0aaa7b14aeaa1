#ifndef BULLA_CORE_VKEY_INT_H
#define BULLA_CORE_VKEY_INT_H

#include "bulla/keys.h"

/* Parts of a key that vkey.c and signer.c both set. */
bool bulla_vkey_type_ok(uint8_t type);
/* name must satisfy bulla_keyname_ok. */
void bulla_vkey_set_name(struct bulla_vkey *k, const struct bulla_cur *name);
/* From name, type and public key. */
void bulla_vkey_set_id(struct bulla_vkey *k);

#endif
