#ifndef CMD_PACK_H
#define CMD_PACK_H

#include "cmd.h"

#include "bulla/pack.h"

/* The options of packing, which bulla-pack and bulla-seal share. */
enum {
	CMD_PACK_PROFILE = CMD_LONG + 100, CMD_PACK_TIME, CMD_PACK_NAME,
	CMD_PACK_SIZE, CMD_PACK_SKIP,
};
#define CMD_PACK_OPTS \
	{ 'n', "bag-name", "BAG", "name of the bag (default: bag)" }, \
	{ 'm', "meta", "LABEL=VALUE", "a line of bag-info.txt (repeat)" }, \
	{ 'I', "info", "FILE", "lines of bag-info.txt from FILE (repeat)" }, \
	{ CMD_PACK_PROFILE, "profile", "bare|evidence", \
	    "which labels are required (default: bare)" }, \
	{ CMD_PACK_TIME, "time", "T", \
	    "the time to record, as 2026-11-22T03:04:05Z (default: now)" }, \
	{ CMD_PACK_NAME, "name", "N", \
	    "with '-': pack standard input as one file N" }, \
	{ CMD_PACK_SIZE, "size", "BYTES", \
	    "with --name: how long it is (K, M, G, T allowed)" }, \
	{ CMD_PACK_SKIP, "skip-unreadable", NULL, \
	    "record what cannot be read in metadata.tsv and go on" }, \
	{ 'j', "threads", "N", "threads (default: the cores)" }

struct cmd_pack {
	struct cmd *c;
	struct bulla_pack p;
	struct bulla_baginfo info;
	bool evidence;			/* --profile evidence */
	bool for_bag;			/* an option that describes the bag */
	struct cmd_progress progress;
};
void cmd_pack_begin(struct cmd_pack *k, struct cmd *c);
/* True when ch is one of CMD_PACK_OPTS; a mistake is reported and exits. */
bool cmd_pack_option(struct cmd_pack *k, int ch, const char *arg);
/* The operands; *any is false when there are none. CMD_YES or an exit. */
int cmd_pack_paths(struct cmd_pack *k, bool *any);
/* -o FILE, or NULL when the output is standard output. */
const char *cmd_out_file(const struct cmd *c);
/*
 * out_fd is what the tool writes to. Standard input that is the same file is
 * refused here, as is any other when it is met; CMD_YES or an exit.
 */
int cmd_pack_guard(struct cmd_pack *k, int out_fd, bool from_stdin);
/* What the evidence profile asks for; CMD_YES or an exit. */
int cmd_pack_check(struct cmd_pack *k);
void cmd_pack_free(struct cmd_pack *k);

/* "-j N"; a mistake is reported and exits. */
unsigned cmd_threads(const struct cmd *c, const char *arg);
/* For struct bulla_progress: ctx is a struct cmd_progress. */
void cmd_progress_tell(void *ctx, uint64_t done, uint64_t total);

#endif
