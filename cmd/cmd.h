#ifndef CMD_H
#define CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"
#include "bulla/keys.h"

/*
 * What all tools share: the option table, the exit map, messages, JSON and
 * the progress line. A tool's main is:
 *
 *	cmd_begin(&c, &tool, argc, argv);
 *	while ((ch = cmd_getopt(&c, &arg)) != -1)
 *		switch (ch) { ... }
 *	return cmd_end(&c, run(&c));
 *
 * where run() returns an exit status, most often cmd_fail(...) or CMD_YES.
 */

/* Exit statuses: one per thing that a calling script would do next. */
enum cmd_status {
	CMD_YES = 0,		/* yes, done */
	CMD_NO = 1,		/* no: does not verify, malformed, refused */
	CMD_USE = 2,		/* wrong usage,
				 * or no key known to verify with */
	CMD_TROUBLE = 3,	/* cannot tell: I/O, memory, unsupported,
				 * unsafe */
	CMD_SHORT = 4,		/* the input ends early */
	CMD_LATER = 5,		/* network or the other side: try again later */
};
int cmd_exit(enum bulla_status st);
/* What ends the process before the tool has an answer is CMD_TROUBLE. */
void cmd_guard_exit(const char *name);

/* One row of a tool's option table; the table ends with a row of zeros. */
struct cmd_opt {
	int ch;			/* the letter; from CMD_LONG on: no letter */
	const char *name;	/* long form without the dashes */
	const char *arg;	/* what stands for the argument, or NULL */
	const char *help;	/* a few words, no final period */
};
#define CMD_LONG 1024

/* Groups of options that cmd_getopt deals with by itself. */
enum {
	CMD_OUT = 1,	/* -o FILE, -f: common.out, common.force */
	CMD_ASK = 2,	/* --passphrase-fd N: ask */
	CMD_KNOWN = 4,	/* -k VKEY, -K FILE: known */
	CMD_STOP = 8,	/* the first operand ends the options */
};

struct cmd_tool {
	const char *name;		/* "bulla-seal" */
	const char *const *synopsis;	/* forms without the name; NULL ends */
	const char *about;		/* one or two lines for -h */
	const struct cmd_opt *opts;
	unsigned groups;		/* CMD_OUT | CMD_ASK | ... */
};

struct cmd_common {
	bool quiet, json, force;
	bool data_out;		/* stdout carries data: JSON goes to stderr */
	int verbose;			/* how often -v was given */
	const char *home;		/* --home as given, or NULL */
	const char *out;		/* -o as given, or NULL */
};

struct cmd {
	const struct cmd_tool *tool;
	struct cmd_common common;
	struct bulla_ask ask;		/* the terminal, or --passphrase-fd */
	struct bulla_vkeys known;	/* -k and -K */
	int argc;			/* after the options: the operands */
	char **argv;
	struct cmd_table *table;	/* private */
	char home_buf[4096];		/* private */
};

/*
 * Hardens the process (no core dump, umask 077, SIGPIPE ignored) and starts
 * libcrypto and libsodium; exits with CMD_TROUBLE when that fails.
 */
void cmd_begin(struct cmd *c, const struct cmd_tool *t, int argc,
    char **argv);
/*
 * The next option of the tool's own table; *arg is its argument or NULL. -1
 * at the end, with the operands in c->argc and c->argv. Common options are
 * dealt with inside: -h and -V print and exit with CMD_YES; a mistake is
 * reported and exits (CMD_USE, or what a bad -K file asks for).
 */
int cmd_getopt(struct cmd *c, const char **arg);
/* Take the first operand off the list; NULL when there is none. */
const char *cmd_operand(struct cmd *c);
/* Frees c, checks that all of stdout was written; returns code or trouble. */
int cmd_end(struct cmd *c, int code);
/* Only the check: for tools that hold more and free it themselves. */
int cmd_stdout_done(const struct cmd *c, int code);

/*
 * An option's number between min and max in decimal; and a size, where K, M,
 * G and T are allowed. A bad one is reported and exits with CMD_USE.
 */
uint64_t cmd_num(const struct cmd *c, const char *opt, const char *arg,
    uint64_t min, uint64_t max);
uint64_t cmd_size(const struct cmd *c, const char *opt, const char *arg,
    uint64_t max);

/* --home, else $BULLA_HOME, else ~/.bulla; NULL when there is no $HOME. */
const char *cmd_home(struct cmd *c);

/*
 * Messages go to stderr, each one line "bulla-seal: ...". Text from input
 * must be escaped by the caller (bulla_text_show), but for the parameter
 * what, a file's name or NULL, which cmd_fail escapes ("-" is shown as
 * standard input). With --json cmd_fail
 * and cmd_usage also print {"ok":false,"status":...,"message":...} on stdout.
 * Both return the exit status.
 */
int cmd_fail(const struct cmd *c, const char *what, enum bulla_status st,
    const struct bulla_err *err);
int cmd_usage(const struct cmd *c, const char *fmt, ...) BULLA_PRINTF(2, 3);
/* "usage: ...", all forms of the tool, in 80 columns. */
void cmd_synopsis(struct bulla_buf *b, const struct cmd_tool *t);
/*
 * CMD_YES, or CMD_USE with a message when -o would replace this file, which
 * the tool reads: a key, a list.
 */
int cmd_spare(const struct cmd *c, const char *path);
/* Unless -q. */
void cmd_say(const struct cmd *c, const char *fmt, ...) BULLA_PRINTF(2, 3);
/* Only with -v. */
void cmd_verbose(const struct cmd *c, const char *fmt, ...)
    BULLA_PRINTF(2, 3);

/*
 * One JSON object, printed as one line of ASCII (other characters as \uXXXX,
 * so that nothing reaches a terminal raw). A failure sticks and shows when
 * it is printed. Counted text that is not UTF-8 is put in bulla_text_escape's
 * form. obj is NULL in every call after memory ran out: allowed.
 */
struct cmd_json;
struct cmd_json *cmd_json_new(void);
/* What is not printed after all. */
void cmd_json_free(struct cmd_json *j);
void cmd_json_str(struct cmd_json *j, const char *key, const char *v);
void cmd_json_cur(struct cmd_json *j, const char *key,
    const struct bulla_cur *v);
void cmd_json_hex(struct cmd_json *j, const char *key, const void *p,
    size_t n);
void cmd_json_u64(struct cmd_json *j, const char *key, uint64_t v);
void cmd_json_bool(struct cmd_json *j, const char *key, bool v);
void cmd_json_when(struct cmd_json *j, const char *key, int64_t t);
void cmd_json_null(struct cmd_json *j, const char *key);
/* Append to the array under key, which is made when missing. */
void cmd_json_push_cur(struct cmd_json *j, const char *key,
    const struct bulla_cur *v);
void cmd_json_push_str(struct cmd_json *j, const char *key, const char *v);
/* Take over v as the value of key, or as the next element of key's array. */
void cmd_json_obj(struct cmd_json *j, const char *key, struct cmd_json *v);
void cmd_json_push_obj(struct cmd_json *j, const char *key,
    struct cmd_json *v);
/*
 * Print to stdout (stderr with data_out) and free; returns code, or
 * CMD_TROUBLE when it failed.
 */
int cmd_json_print(const struct cmd *c, struct cmd_json *j, int code);
/* One line to another file, at once; frees j. */
BULLA_NODISCARD bool cmd_json_write(FILE *to, struct cmd_json *j);

/*
 * The progress line on stderr: bytes, rate, time left. Shown only when
 * stderr is a terminal and neither -q nor --json was given, four times a
 * second at most, and gone when it ends.
 */
struct cmd_progress {
	bool on, shown;
	uint64_t done, total;		/* bytes; total 0: not known */
	uint64_t base;			/* of done, that took no time of ours */
	struct timespec start, last;
};
void cmd_progress_begin(struct cmd_progress *p, const struct cmd *c,
    uint64_t total);
/* bytes done so far, all together; p is a struct cmd_progress: a callback. */
void cmd_progress_at(void *p, uint64_t done);
/* So much was there before: the time and the rate begin now. */
void cmd_progress_base(struct cmd_progress *p, uint64_t done);
void cmd_progress_add(struct cmd_progress *p, uint64_t more);
void cmd_progress_end(struct cmd_progress *p);

#endif
