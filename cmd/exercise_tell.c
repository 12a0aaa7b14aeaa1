#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "columns.h"
#include "exercise.h"

/* What the exercise says, to people who sit around a terminal. */

#define LINES_MAX (1u << 22)	/* bytes of one text, in lines */

void
drill_vprint(const char *lead, const char *fmt, va_list ap)
{
	struct bulla_buf b = BULLA_BUF_INIT(LINES_MAX);
	struct bulla_cur text;
	char *line = NULL;

	BULLA_CHECK(vasprintf(&line, fmt, ap) >= 0);
	text = bulla_cur_str(line);
	if (isatty(STDOUT_FILENO) == 1)
		columns_put(&b, &text, strlen(lead), columns_of_stdout());
	printf("%s", lead);
	if (b.len > 0 && bulla_buf_status(&b) == BULLA_OK)
		(void)fwrite(b.p, 1, b.len, stdout);
	else
		printf("%s\n", line);
	bulla_buf_free(&b);
	free(line);
}

void
drill_print(const char *lead, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	drill_vprint(lead, fmt, ap);
	va_end(ap);
}

void
drill_tell(const struct drill *d, const char *lead, const char *fmt, ...)
{
	va_list ap;

	if (d->c.common.quiet || d->c.common.json)
		return;
	va_start(ap, fmt);
	drill_vprint(lead, fmt, ap);
	va_end(ap);
}
