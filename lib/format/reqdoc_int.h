#ifndef BULLA_FORMAT_REQDOC_INT_H
#define BULLA_FORMAT_REQDOC_INT_H

#include <stdarg.h>

#include "bulla/reqdoc.h"

/* What a field of a document may say. LINE and below: one line. */
enum reqdoc_form {
	FORM_LINE,
	FORM_TOKEN,		/* an urgency class, a hotline level */
	FORM_CODE,		/* one of codes */
	FORM_YESNO,
	FORM_WHEN,
	FORM_WHEN_OR_NONE,
	FORM_ID,		/* of a package */
	FORM_ID_OR_NONE,
	FORM_PHONE,
	FORM_EMAIL,
	FORM_LANGUAGE,
	FORM_TEXT,		/* from here on: one line or more */
	FORM_CODES,
	FORM_IDS_OR_NONE,
	FORM_LOCATIONS,
	FORM_KEYS,
	FORM_LABELS,		/* of a request */
	FORM_ATTACHMENTS,
};

struct reqdoc_row {
	const char *label;
	enum reqdoc_form form;
	const char *const *codes;
	uint32_t must, may;	/* bits by number of the type */
	const char *guide, *instead, *preset;
	bool tool;
};

struct reqdoc_table {
	const char *type_line;	/* "bulla request v1" */
	const char *verb;	/* of bulla-request, which writes it */
	const char *file;
	const struct reqdoc_row *row;
	size_t n;
};
const struct reqdoc_table *reqdoc_table(enum bulla_reqdoc_kind kind);
extern const struct reqdoc_table reqdoc_requests, reqdoc_replies,
    reqdoc_hotlines;

/* What the bits of must and may mean; ends with NULL. */
const char *const *reqdoc_types(enum bulla_reqdoc_kind kind);

#define REQDOC_ANY 0xffffffffu

/*
 * Record what is wrong; what and instead as printf would have it, parted by a
 * LF. Returns st.
 */
void reqdoc_vfault(struct bulla_finding *f, const char *fmt, va_list ap)
    BULLA_PRINTF(2, 0);
enum bulla_status reqdoc_fault(struct bulla_finding *f, enum bulla_status st,
    const char *rule, const char *fmt, ...) BULLA_PRINTF(4, 5);
/* f->instead: what may stand in this field, with all its codes. */
void reqdoc_instead(const struct reqdoc_row *r, struct bulla_finding *f);
/* f: no such field, the ones most like it, and where all stand. */
enum bulla_status reqdoc_unknown(const struct reqdoc_table *t,
    const struct bulla_cur *label, struct bulla_finding *f);

struct bulla_cur reqdoc_trimmed(struct bulla_cur c);
/*
 * One more line of a value; an empty one counts only when another follows, so
 * it waits in *gap. BULLA_E_LIMIT, _NOMEM: b takes no more.
 */
BULLA_NODISCARD enum bulla_status reqdoc_add_line(struct bulla_buf *b,
    struct bulla_cur line, bool *gap, struct bulla_finding *f);
/* Is the value (lines, as in a document) of the row's form? */
BULLA_NODISCARD enum bulla_status reqdoc_form_ok(const struct reqdoc_row *r,
    const struct bulla_cur *value, struct bulla_finding *f);
/* The two halves of that: one line; then all of them together. */
BULLA_NODISCARD enum bulla_status reqdoc_form_line(const struct reqdoc_row *r,
    const struct bulla_cur *line, struct bulla_finding *f);
BULLA_NODISCARD enum bulla_status reqdoc_form_whole(
    const struct reqdoc_row *r, const struct bulla_cur *value,
    struct bulla_finding *f);
const char *reqdoc_form_words(enum reqdoc_form form);
bool reqdoc_form_lines(enum reqdoc_form form);

/* One line of where the data are. */
struct reqdoc_location {
	enum reqdoc_place {
		PLACE_ACCOUNT, PLACE_IP, PLACE_URL, PLACE_DOMAIN, PLACE_PHONE,
		PLACE_DEVICE, PLACE_OTHER,
	} place;
	struct bulla_cur what;
	bool v6;			/* of an address: */
	unsigned prefix;		/* its bits: 32 or 128 for one alone */
	bool has_port, has_time;
};
BULLA_NODISCARD bool reqdoc_location(const struct bulla_cur *line,
    struct reqdoc_location *out);

/* Findings of lint, and what looks at them (reqdoc_broad.c). */
struct reqdoc_linter {
	const struct bulla_reqdoc *d;
	const struct bulla_lint *l;
	unsigned errors;
	bool untyped;		/* not known which document it is */
	/* Said already to be wrong: it is not there, and not missing. */
	bool bad[BULLA_REQDOC_FIELDS_MAX];
};
void reqdoc_tell(struct reqdoc_linter *t, const struct bulla_finding *f);
unsigned reqdoc_guidelines(struct reqdoc_linter *t);
/*
 * A draft; with t all of its faults are told, *d has the fields without one,
 * and nothing but BULLA_E_LIMIT (of the whole) and _NOMEM is a failure.
 */
BULLA_NODISCARD enum bulla_status reqdoc_scan(const struct bulla_cur *text,
    struct reqdoc_linter *t, struct bulla_reqdoc *d, struct bulla_err *err);
/* what and instead as in reqdoc_fault. */
void reqdoc_error(struct reqdoc_linter *t, const char *rule,
    const char *label, const char *fmt, ...) BULLA_PRINTF(4, 5);
void reqdoc_warning(struct reqdoc_linter *t, const char *rule,
    const char *label, const char *fmt, ...) BULLA_PRINTF(4, 5);
void reqdoc_lint_broad(struct reqdoc_linter *t);
bool reqdoc_type_is(const struct bulla_reqdoc *d, const char *const *types);

#endif
