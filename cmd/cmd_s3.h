#ifndef CMD_S3_H
#define CMD_S3_H

#include "cmd.h"

#include "bulla/s3.h"

/* The bucket that a tool was told of, with the credentials of s3.conf. */
struct cmd_s3 {
	struct bulla_s3_at at;
	struct bulla_s3 *s;		/* NULL: not open */
	char state_dir[4200];		/* HOME/s3, or "" without a home */
};
/*
 * url is s3://BUCKET/...; conf is --s3-conf, or NULL: HOME/s3.conf. line and
 * its strings must outlive it. Statuses as bulla_s3_url, bulla_s3_conf_load,
 * bulla_s3_open; bulla_send_init comes before.
 */
BULLA_NODISCARD enum bulla_status cmd_s3_open(struct cmd_s3 *x, struct cmd *c,
    const char *conf, const char *url, const struct bulla_send_config *line,
    struct bulla_err *err);
void cmd_s3_close(struct cmd_s3 *x);	/* zeros are allowed */

#endif
