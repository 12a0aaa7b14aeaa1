#ifndef CMD_TLS_H
#define CMD_TLS_H

#include "cmd_home.h"

#include "bulla/x509.h"

/*
 * Our TLS key in the home: keys/tls.key and keys/tls.pem, which bulla-trust
 * tls makes, and keys/tls-next.*, prepared for the day when those end.
 */
#define CMD_TLS_KEY "tls.key"
#define CMD_TLS_CERT "tls.pem"
#define CMD_TLS_NEXT_KEY "tls-next.key"
#define CMD_TLS_NEXT_CERT "tls-next.pem"

/* Paths of both when the home has both, else empty. */
struct cmd_tls {
	char cert[4096], key[4096];
};
/* False: the home has no such pair. */
bool cmd_tls_find(const char *home, struct cmd_tls *out);

/* Where a roster lists a key; NULL: it does not. */
const struct bulla_roster_tls *cmd_tls_listed(const struct bulla_trust *t,
    enum bulla_side side, const uint8_t spki[BULLA_X509_SPKI_LEN]);

/*
 * Say what ends within 30 days, or has ended: the certificate in the file
 * cert (NULL: none), its line in our roster, their newest TLS key in theirs
 * (t may be NULL). Also with -q: an exchange that stops is no remark. A file
 * that cannot be read is somebody else's to report.
 */
void cmd_tls_warn(const struct cmd *c, const char *cert,
    const struct bulla_trust *t, int64_t now);

#endif
