#ifndef REQUEST_THREAD_H
#define REQUEST_THREAD_H

#include "request.h"

#include "bulla/thread.h"

/* What list, show and due share. Each reports a failure itself. */

/*
 * All threads of the home as of k->now, with what the documents say that are
 * kept there; cosigned: also when records were cosigned.
 */
int request_threads(struct request_cmd *k, bool cosigned,
    struct bulla_threads *out);
/*
 * Open what of this thread was not opened yet, with keys/desk.age, and keep
 * its documents; bulla_threads_documents then knows them. What cannot be
 * opened is no failure.
 */
int request_open_all(struct request_cmd *k, const struct bulla_thread *t);
/* Where the text of this package is; false: it was not opened. */
#define REQUEST_PATH 4200u
bool request_opened(const struct request_cmd *k, const struct bulla_event *e,
    char out[REQUEST_PATH]);
/* The command that opens it; false: it has no document. */
#define REQUEST_COMMAND 16384u
bool request_unopened(const struct request_cmd *k,
    const struct bulla_event *e, char out[REQUEST_COMMAND]);

/* "us" or "them"; "-" for nobody. */
const char *request_us(const struct bulla_threads *t, int side);
/* A time span in two to four characters: "3h", "12d"; "-" before it: past. */
#define REQUEST_SPAN 24u
void request_span(int64_t t, int64_t now, char out[REQUEST_SPAN]);
/* The same in words: "1d 3h", "4m 10s". */
#define REQUEST_LONG 64u
void request_long(int64_t seconds, char out[REQUEST_LONG]);
/* A duration of the command line: 24h, 7d. */
int request_duration(struct request_cmd *k, const char *opt,
    const char *arg, int64_t *seconds);
/* A JSON object for a deadline. */
struct cmd_json *request_clock_json(const struct bulla_clock *c);
void request_when_json(struct cmd_json *j, const char *key, int64_t t);
void request_str_json(struct cmd_json *j, const char *key, const char *v);

/*
 * Run a program once for each item that is new, or newly overdue. What was
 * told is kept in HOME/due.told.
 */
int request_hook(struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_due *v, size_t n);

#endif
