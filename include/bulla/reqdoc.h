#ifndef BULLA_REQDOC_H
#define BULLA_REQDOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"
#include "bulla/opening.h"

/*
 * The documents of the exchange: a request for assistance, a reply to one, a
 * hotline call. Text for people, "label: value" lines after a type line; a
 * value of more than one line goes on in lines that begin with two spaces. A
 * field that is not there has no line. docs/FORMAT.md has the grammar and the
 * fields. A document proves nothing by itself: the package that it came in
 * does, and its opening note must agree with it (bulla_reqdoc_agrees).
 */
#define BULLA_REQDOC_MAX 60000u		/* bytes; as a note it fits a note */
#define BULLA_REQDOC_FIELDS_MAX 48u	/* of one kind of document */
#define BULLA_REQDOC_LINES_MAX 1024u	/* of one value */

enum bulla_reqdoc_kind {
	BULLA_REQDOC_REQUEST,		/* data/request.txt */
	BULLA_REQDOC_REPLY,		/* data/reply.txt */
	BULLA_REQDOC_HOTLINE,		/* data/hotline.txt, a signed note */
};
/* Which document does a package of this kind hold? False: none of them. */
BULLA_NODISCARD bool bulla_reqdoc_kind_of(const struct bulla_cur *package_kind,
    enum bulla_reqdoc_kind *out);
/* "request.txt": the file's name below data/ */
const char *bulla_reqdoc_file(enum bulla_reqdoc_kind kind);

/*
 * A document. Its values are copies: lines without indentation, parted by LF,
 * no LF at the end; an absent field has len 0. Initialise with
 * { .kind = ... }; parsing and drafts set it. Free it.
 */
struct bulla_reqdoc {
	enum bulla_reqdoc_kind kind;
	struct bulla_buf value[BULLA_REQDOC_FIELDS_MAX];	/* by number */
	unsigned line[BULLA_REQDOC_FIELDS_MAX];	/* where it stood, from 1; 0 */
};
void bulla_reqdoc_free(struct bulla_reqdoc *d);

/*
 * The document as tools write it and as it stands in a package: known labels
 * in the order of the table, each once, every value of its form. What parses
 * is put as the same bytes. BULLA_E_FORMAT names the line, the field, what is
 * wrong and what to write instead; BULLA_E_LIMIT; BULLA_E_NOMEM. Which fields
 * must be there is not judged here (bulla_reqdoc_lint). *out on success.
 */
BULLA_NODISCARD enum bulla_status bulla_reqdoc_parse(
    const struct bulla_cur *text, struct bulla_reqdoc *out,
    struct bulla_err *err);
/*
 * The same for what a person wrote: fields in any order, empty lines, lines
 * that begin with # left out, a tab or any number of spaces before a
 * continuation, CR before LF, a label with nothing behind it (not there). An
 * empty line inside a value is written as a line with a point.
 */
BULLA_NODISCARD enum bulla_status bulla_reqdoc_draft(
    const struct bulla_cur *text, struct bulla_reqdoc *out,
    struct bulla_err *err);
void bulla_reqdoc_put(struct bulla_buf *b, const struct bulla_reqdoc *d);

/* False when there is no such field in it. A label of the kind's table. */
BULLA_NODISCARD bool bulla_reqdoc_get(const struct bulla_reqdoc *d,
    const char *label, struct bulla_cur *value);
/* The next line of a value. */
BULLA_NODISCARD bool bulla_reqdoc_line(struct bulla_cur *value,
    struct bulla_cur *line);
/* Is the field there, and this? */
bool bulla_reqdoc_is(const struct bulla_reqdoc *d, const char *label,
    const char *value);
/* The field as a time; false: not there. */
BULLA_NODISCARD bool bulla_reqdoc_when(const struct bulla_reqdoc *d,
    const char *label, int64_t *out);
/*
 * Set a field: lines parted by LF, in the form of a draft; an empty value
 * takes the field away. BULLA_E_FORMAT for an unknown label (with those most
 * like it) or a bad value (with what to write instead).
 */
BULLA_NODISCARD enum bulla_status bulla_reqdoc_set(struct bulla_reqdoc *d,
    const struct bulla_cur *label, const struct bulla_cur *value,
    struct bulla_err *err);

/* The table of a kind of document: field number i; false at the end. */
struct bulla_reqdoc_field {
	const char *label;
	const char *form;	/* what may stand there, in words */
	const char *guide;	/* what it is for: a sentence or two */
	const char *instead;	/* an example of a good value */
	const char *preset;	/* what most people write, or NULL */
	const char *const *codes;	/* ends with NULL; or NULL */
	bool lines;		/* may have more than one line */
	bool tool;		/* the tool writes it; a draft need not */
};
BULLA_NODISCARD bool bulla_reqdoc_field(enum bulla_reqdoc_kind kind, size_t i,
    struct bulla_reqdoc_field *out);
/* BULLA_REQDOC_FIELDS_MAX when there is no such field. */
size_t bulla_reqdoc_find(enum bulla_reqdoc_kind kind,
    const struct bulla_cur *label);
/* Is it required, allowed or of no use in a document of this type? */
enum bulla_reqdoc_need { BULLA_NEED_NO, BULLA_NEED_MAY, BULLA_NEED_MUST };
enum bulla_reqdoc_need bulla_reqdoc_need(const struct bulla_reqdoc *d,
    size_t field);
/*
 * Lists of codes, each ended by NULL. Types of requests and of replies,
 * categories, clarification codes, refusal grounds, hotline triggers and
 * levels. (Urgency classes are the agreement's.)
 */
extern const char *const bulla_request_types[];
extern const char *const bulla_reply_types[];
extern const char *const bulla_crime_categories[];
extern const char *const bulla_clarification_codes[];
extern const char *const bulla_refusal_grounds[];
extern const char *const bulla_hotline_triggers[];
extern const char *const bulla_hotline_levels[];
bool bulla_code_ok(const char *const *codes, const struct bulla_cur *v);

/*
 * The guidelines. fn is told each finding, errors and warnings, in the order
 * of the document; the number of errors is returned. Nothing here is quoted
 * from the document without being escaped.
 */
struct bulla_finding {
	bool error;		/* else a warning */
	const char *rule;	/* of bulla_lint_rules */
	const char *field;	/* label; NULL: of a line that is no field */
	unsigned line;		/* of the draft; 0: it is not there */
	char what[256];		/* what is wrong */
	char instead[256];	/* what to write instead */
};
struct bulla_lint {
	int64_t now;		/* POSIX seconds: what is past, what future */
	unsigned max_days;	/* longest time range; 0: BULLA_LINT_DAYS */
	bool draft;		/* what is filled in when sealing may lack */
	void (*fn)(void *ctx, const struct bulla_finding *f);
	void *ctx;
};
#define BULLA_LINT_DAYS 92u
/* Every rule, a short fixed word ("missing", "too-broad"); ends with NULL. */
extern const char *const bulla_lint_rules[];
unsigned bulla_reqdoc_lint(const struct bulla_reqdoc *d,
    const struct bulla_lint *l);
/*
 * The same of a draft that need not parse: fn is first told all that keeps it
 * from being a document, by lines, then what the guidelines find in the rest,
 * which is in *rest: a document without the fields at fault, to be looked at
 * and not to be sealed. BULLA_E_LIMIT, _NOMEM: nothing is in *rest.
 */
BULLA_NODISCARD enum bulla_status bulla_reqdoc_lint_text(
    const struct bulla_cur *text, const struct bulla_lint *l,
    struct bulla_reqdoc *rest, unsigned *errors, struct bulla_err *err);

/* What the opening note of its package says; len 0: none ("-"). */
struct bulla_cur bulla_reqdoc_package_kind(const struct bulla_reqdoc *d);
struct bulla_cur bulla_reqdoc_ref(const struct bulla_reqdoc *d);
/*
 * Does the opening note of the package say the same: kind, ref (request of a
 * reply, answers or else request of a hotline call, first related id of a
 * follow-up), class of a request, and created as date? BULLA_E_MISMATCH
 * names the field.
 */
BULLA_NODISCARD enum bulla_status bulla_reqdoc_agrees(
    const struct bulla_reqdoc *d, const struct bulla_opening *o,
    struct bulla_err *err);

#endif
