#include <stdio.h>

#include "cmd_s3.h"

enum bulla_status
cmd_s3_open(struct cmd_s3 *x, struct cmd *c, const char *conf,
    const char *url, const struct bulla_send_config *line,
    struct bulla_err *err)
{
	const char *home = cmd_home(c);
	struct bulla_s3_conf k = { 0 };
	char path[4200];
	enum bulla_status st = bulla_s3_url(url, &x->at, err);

	x->state_dir[0] = '\0';
	if (st == BULLA_OK && conf == NULL && home == NULL)
		st = bulla_fail(err, BULLA_E_USAGE, "where is s3.conf? Give "
		    "--s3-conf, or --home");
	if (st != BULLA_OK)
		return st;
	if (home != NULL)
		(void)snprintf(x->state_dir, sizeof(x->state_dir), "%s/s3",
		    home);
	if (conf == NULL) {
		(void)snprintf(path, sizeof(path), "%s/s3.conf", home);
		conf = path;
	}
	st = bulla_s3_conf_load(conf, &k, err);
	if (st == BULLA_OK)
		st = bulla_s3_open(&k, line, x->at.bucket, &x->s, err);
	bulla_s3_conf_free(&k);
	return st;
}

void
cmd_s3_close(struct cmd_s3 *x)
{
	bulla_s3_free(x->s);
	x->s = NULL;
}
