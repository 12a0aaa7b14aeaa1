#ifndef CMD_TLS_H
#define CMD_TLS_H

#include "cmd_home.h"

#include "bulla/send.h"
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
 * How the home talks to the counterpart's inbox, where g does not say: with
 * our key, and, when by_roster, only to the TLS keys of their roster, if it
 * lists any. BULLA_E_REFUSED: it does, and none is good now. t keeps the
 * strings. Warns as cmd_tls_warn does.
 */
struct cmd_tls_line {
	struct cmd_tls own;
	char pin[BULLA_SEND_PINS_MAX][2 * BULLA_X509_SPKI_LEN + 1];
};
BULLA_NODISCARD enum bulla_status cmd_tls_connect(struct cmd_tls_line *t,
    const struct cmd_home *m, bool by_roster, struct bulla_send_config *g,
    struct bulla_err *err);

/*
 * Say what ends within 30 days, or has ended: the certificate in the file
 * cert (NULL: none), its line in our roster, their newest TLS key in theirs
 * (t may be NULL). Also with -q: an exchange that stops is no remark. A file
 * that cannot be read is somebody else's to report.
 */
void cmd_tls_warn(const struct cmd *c, const char *cert,
    const struct bulla_trust *t, int64_t now);

#endif
