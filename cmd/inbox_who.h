#ifndef INBOX_WHO_H
#define INBOX_WHO_H

#include <stdint.h>

#include "bulla/inbox.h"
#include "bulla/trust.h"

/*
 * Which side does this TLS key stand for, at this time (POSIX seconds), by
 * the other side's roster? A roster with "tls:" lines means these keys and no
 * others; one without any means whoever the authority of the certificates
 * vouches for. Without a roster nobody is known. out is zeroed before.
 */
void inbox_who(const struct bulla_trust *t, const uint8_t spki[32],
    int64_t now, struct bulla_inbox_agency *out);

#endif
