#ifndef TRUST_TLS_H
#define TRUST_TLS_H

#include "cmd_tls.h"
#include "trust.h"

/* A file of certificates; CMD_YES, or an exit status that was reported. */
int trust_tls_read(struct trust_cmd *k, const char *path,
    struct bulla_x509 *out);
/* What it is, and what each side needs of it, on stdout. */
int trust_tls_show_one(struct trust_cmd *k, const char *path);

#endif
