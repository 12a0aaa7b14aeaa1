#ifndef SEND_S3_H
#define SEND_S3_H

#include "cmd.h"

#include "bulla/send.h"

/*
 * Instead of bulla_send, when the URL is s3://. To a prefix the package goes
 * as PREFIX/packages/<id>.bulla, and unless no_receipt the receipt is waited
 * for in PREFIX/receipts/<sha256>.note. Statuses as bulla_send.
 */
struct send_s3 {
	const char *conf;	/* --s3-conf, or NULL */
	unsigned wait_secs;	/* for the receipt; 0: until the deadline */
};
BULLA_NODISCARD enum bulla_status send_s3(struct cmd *c,
    const struct bulla_send_config *g, const struct bulla_send_what *w,
    const struct send_s3 *how, struct bulla_buf *receipt,
    struct bulla_err *err);

#endif
