#ifndef REQUEST_H
#define REQUEST_H

#include "cmd.h"
#include "cmd_home.h"

#include "bulla/request.h"

#define REQUEST_FIELDS_MAX 256u		/* -F */
#define REQUEST_FILES_MAX 64u		/* -a, -r */

/* What is read from a terminal. */
struct request_tty {
	char *line;		/* of getline */
	size_t cap;
};

/* What the verbs of bulla-request share. */
struct request_cmd {
	struct cmd c;
	struct cmd_home m;
	const char *key, *hotline_key;		/* -i, --hotline-key */
	const char *field[REQUEST_FIELDS_MAX];	/* -F */
	size_t n_fields;
	const char *attach[REQUEST_FILES_MAX];	/* -a */
	size_t n_attach;
	const char *recipient[REQUEST_FILES_MAX];	/* -r */
	size_t n_recipients;
	const char *type, *template;		/* --type, --template */
	bool ask, exercise;
	int64_t now;				/* --time */
	unsigned max_days;			/* --max-days; 0: the default */
	bool all, ours;				/* list, due */
	const char *within, *hook;		/* due */
	const char *ref;			/* indicators, notice */
	bool check;
	bool asking;				/* request_fill: on a
						 * terminal */
	struct request_tty tty;
	struct bulla_buf remarks;		/* request_remark */
	char stem[4096];			/* request_draft_name */
	char draft[4096];			/* the one of this run;
						 * "": none */
	int draft_lock;				/* held with it; -1 */
	bool asked;				/* and it may be there */
	struct bulla_identities desk;		/* request_desk */
};

int request_new(struct request_cmd *k);
int request_reply(struct request_cmd *k);
int request_hotline(struct request_cmd *k);
int request_lint(struct request_cmd *k);
int request_list(struct request_cmd *k);
int request_show(struct request_cmd *k);
int request_due(struct request_cmd *k);
int request_indicators(struct request_cmd *k);
int request_notice(struct request_cmd *k);
/* What lies in the home of this kind, by the opening notes. */
int request_listing(struct request_cmd *k, const char *kind);

/* Opens the home, which must have both rosters; CMD_YES or reported. */
int request_home(struct request_cmd *k);
int request_refuse(struct request_cmd *k, const char *what, const char *why);
/* The operand ID; NULL: reported. */
const char *request_operand(struct request_cmd *k);
/* A package of the home, of an exercise exactly with --exercise. */
int request_look(struct request_cmd *k, const char *id,
    struct bulla_request_state *s);
/* Why nothing more can follow; NULL: it can. */
const char *request_over(const struct bulla_request_state *s);
/* Why no reply of this type can follow; NULL: it can. */
const char *request_wrong(const struct bulla_request_state *s,
    const struct bulla_cur *type);
/*
 * An extension or preserved, against the agreement of its request: refused is
 * one that may not be; an earlier end of a hold, or a later one of an extension
 * than is agreed, is a remark.
 */
int request_dates(struct request_cmd *k, const char *id,
    const struct bulla_reqdoc *d);
/*
 * Does the agreement in force, if there is one, have the class of the request
 * or the level of the call? instead: what it has, "" without one. Asks no
 * home that is not open. CMD_YES also when it does not fit, or reported.
 */
struct request_names {
	const char *label;		/* "class", "level" */
	bool fits;			/* also when it is not there yet */
	char instead[256];		/* "write one of emergency, ..." */
};
#define REQUEST_NOT_AGREED "is not in the agreement in force"
int request_names(struct request_cmd *k, const struct bulla_reqdoc *d,
    struct request_names *out);
/* The same; what does not fit is refused. */
int request_agreed(struct request_cmd *k, const struct bulla_reqdoc *d);
/* The key to open packages with, keys/desk.age; none is no error. */
int request_desk(struct request_cmd *k);
/* --template: the form of this type, on stdout or in -o FILE. */
int request_template(struct request_cmd *k, struct bulla_reqdoc *d);
/* The operands are drafts; then --type and -F; then what is asked for. */
int request_fill(struct request_cmd *k, struct bulla_reqdoc *d);
/*
 * Ask for each field that is not there yet, on the terminal, and for the rest
 * of the unfinished one.
 */
int request_ask(struct request_cmd *k, struct bulla_reqdoc *d,
    size_t unfinished);
/*
 * Signals end the questions instead of the process, until the end, which
 * returns the one that came, or 0.
 */
void request_tty_begin(void);
int request_tty_end(void);
/* A line without its end; false at the end of input, or after a signal. */
bool request_tty_line(struct request_tty *t, struct bulla_cur *out);
enum request_said { REQUEST_SAID_END, REQUEST_SAID_YES, REQUEST_SAID_NO,
	REQUEST_SAID_OTHER };
enum request_said request_tty_yes(struct request_tty *t,
    const char *question);
void request_tty_free(struct request_tty *t);
/* The questions end early with this code; a signal ends the process. */
int request_stop(struct request_cmd *k, int code);
/*
 * What was answered so far, in clear as everything in HOME/requests, so that
 * no answer is lost: a draft for each document that is being written, named
 * by what it is to be and when it was begun, and locked while its writer is
 * asked. id may be NULL.
 */
void request_draft_name(struct request_cmd *k, const char *verb,
    const char *id);
/*
 * Those that nobody is at are offered, the newest first; what is chosen goes
 * into d, over what is there. *unfinished: the field whose value ended in the
 * middle, or BULLA_REQDOC_FIELDS_MAX.
 */
int request_draft_load(struct request_cmd *k, struct bulla_reqdoc *d,
    size_t *unfinished);
/* False: it could not be written; said, and nothing is changed. */
bool request_draft_save(struct request_cmd *k, const struct bulla_reqdoc *d,
    size_t unfinished);
/*
 * How it ended: a sealed document needs no draft; of one that was refused the
 * draft is kept, and that is said. Returns code.
 */
int request_draft_end(struct request_cmd *k, int code);
/*
 * After questions: the whole document and what there is to remark on it are
 * shown, and only yes goes on; else the draft is kept, and it is refused.
 */
int request_confirm(struct request_cmd *k, const struct bulla_reqdoc *d,
    const struct bulla_cur *text);
/* Plain text; after questions it waits for request_confirm. */
void request_remark(struct request_cmd *k, const char *text);
/* Everything that from says takes the place of what was there; frees it. */
void request_merge(struct bulla_reqdoc *d, struct bulla_reqdoc *from);
/* Set a field; a value that is refused is a usage error, reported. */
int request_set(struct request_cmd *k, struct bulla_reqdoc *d,
    const char *label, const char *value);
/*
 * Append text as lines of at most so many columns where its words allow,
 * each with its indent, which counts.
 */
#define REQUEST_COLUMNS 79u	/* of a terminal of 80 */
void request_wrap(struct bulla_buf *b, const char *first, const char *then,
    const struct bulla_cur *text, size_t columns);
/*
 * Findings on stderr; CMD_NO when there are errors. After questions the
 * warnings wait for request_warn, which request_confirm calls.
 */
int request_judge(struct request_cmd *k, const struct bulla_reqdoc *d);
void request_warn(struct request_cmd *k, const struct bulla_reqdoc *d);

/*
 * A file of the name that it needs in its package, below HOME/requests until
 * it is packed. Only one run at a time has one. Initialise with .lock = -1;
 * request_scratch_end in any case.
 */
struct request_scratch {
	char dir[4096], file[4400];
	int lock;
};
int request_scratch(struct request_cmd *k, const char *name,
    const struct bulla_buf *b, struct request_scratch *s);
void request_scratch_end(struct request_scratch *s);

/*
 * One package: document and attachments, sealed, recorded, kept. Without a
 * document, of another kind (indicators, notice): the attachments alone.
 */
struct request_seal {
	struct bulla_reqdoc *d;		/* or NULL, and then: */
	const char *kind, *ref;		/* ref may be NULL */
	/* For whom: names or age1... one a line; empty: all of theirs. */
	struct bulla_cur keys;
	bool exercise;
};
int request_seal(struct request_cmd *k, const struct request_seal *s);

#endif
