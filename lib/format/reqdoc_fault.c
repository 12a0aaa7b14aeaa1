#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bulla/text.h"

#include "reqdoc_int.h"

#define WORD_MAX 48u		/* bytes of a label that is looked for */
#define NEAR 3u			/* fields that are offered in its place */

void
reqdoc_vfault(struct bulla_finding *f, const char *fmt, va_list ap)
{
	char both[sizeof(f->what) + sizeof(f->instead)];
	char *lf;

	(void)vsnprintf(both, sizeof(both), fmt, ap);
	lf = strchr(both, '\n');
	BULLA_CHECK(lf != NULL);
	*lf = '\0';
	(void)snprintf(f->what, sizeof(f->what), "%.*s",
	    (int)sizeof(f->what) - 1, both);
	(void)snprintf(f->instead, sizeof(f->instead), "%.*s",
	    (int)sizeof(f->instead) - 1, lf + 1);
}

enum bulla_status
reqdoc_fault(struct bulla_finding *f, enum bulla_status st, const char *rule,
    const char *fmt, ...)
{
	va_list ap;

	f->rule = rule;
	va_start(ap, fmt);
	reqdoc_vfault(f, fmt, ap);
	va_end(ap);
	return st;
}

void
reqdoc_instead(const struct reqdoc_row *r, struct bulla_finding *f)
{
	struct bulla_buf b = BULLA_BUF_INIT(sizeof(f->instead) - 1);

	if (r->codes == NULL)
		bulla_buf_fmt(&b, "write %s, for example \"%s\"",
		    reqdoc_form_words(r->form), r->instead);
	for (size_t i = 0; r->codes != NULL && r->codes[i] != NULL; i++)
		bulla_buf_fmt(&b, "%s%s", i > 0 ? ", " :
		    r->form == FORM_TOKEN ? "write a word of a-z, 0-9 and -, "
		    "such as " : r->form == FORM_CODES ? "write, one a line, "
		    "one or more of " : "write one of ", r->codes[i]);
	BULLA_CHECK(bulla_buf_status(&b) != BULLA_E_LIMIT);
	(void)snprintf(f->instead, sizeof(f->instead), "%.*s", (int)b.len,
	    b.len > 0 ? (const char *)b.p : "");
	bulla_buf_free(&b);
}

static char
lower(uint8_t c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/*
 * How many letters have to be changed, put in or left out (the distance of
 * Levenshtein) to make the label of the word; 1 when one is part of the other.
 */
static unsigned
distance(const char *word, size_t n, const char *label)
{
	unsigned row[WORD_MAX + 1], last, above;

	if (n > 3 && (strstr(label, word) != NULL ||
	    strstr(word, label) != NULL))
		return 1;
	for (unsigned i = 0; i <= n; i++)
		row[i] = i;
	for (; *label != '\0'; label++) {
		last = row[0]++;
		for (size_t i = 1; i <= n; i++) {
			above = row[i];
			last += word[i - 1] != *label;
			if (above + 1 < last)
				last = above + 1;
			if (row[i - 1] + 1 < last)
				last = row[i - 1] + 1;
			row[i] = last;
			last = above;
		}
	}
	return row[n];
}

enum bulla_status
reqdoc_unknown(const struct reqdoc_table *t, const struct bulla_cur *label,
    struct bulla_finding *f)
{
	const size_t n = label->len < WORD_MAX ? label->len : WORD_MAX;
	const char *near[NEAR + 1] = { NULL };
	unsigned far[NEAR + 1] = { 0 }, d;
	char word[WORD_MAX + 1], shown[48];
	size_t k;

	for (size_t i = 0; i < n; i++)
		word[i] = lower(label->p[i]);
	word[n] = '\0';
	for (size_t i = 0; i < t->n; i++) {
		d = distance(word, n, t->row[i].label);
		for (k = NEAR; k > 0 && (near[k - 1] == NULL ||
		    far[k - 1] > d); k--) {
			near[k] = near[k - 1];
			far[k] = far[k - 1];
		}
		near[k] = t->row[i].label;
		far[k] = d;
	}
	return reqdoc_fault(f, BULLA_E_FORMAT, "unknown", "\"%s\" is no field "
	    "of a \"%s\"\nwrite %s, %s or %s, which are most like it, or "
	    "another field that bulla-request %s --template TYPE prints",
	    bulla_text_show(shown, sizeof(shown), label), t->type_line,
	    near[0], near[1], near[2], t->verb);
}
