#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger.h"

#include "bulla/file.h"

#define BATCH_LINES 8192u	/* lines that share one sync at most */
#define INPUT_CAP (BULLA_LEDGER_RECORD_MAX + 1)
#define PENDING_MAX 65536u	/* records committed before publishing */
#define IDLE_MS 200		/* a pipe that is silent: publish meanwhile */

struct lines {
	struct ledger_cmd *k;
	struct bulla_ledger *l;
	int fd;
	char *p;
	size_t len;
	bool eof;
	struct bulla_cur *rec;
};

/* What is printed is committed: a reader of the numbers may rely on them. */
static int
report(struct ledger_cmd *k, uint64_t first, size_t n)
{
	struct cmd_json *j;

	if (k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_json_u64(j, "first", first);
		cmd_json_u64(j, "count", n);
		return cmd_json_print(&k->c, j, CMD_YES);
	}
	for (size_t i = 0; i < n; i++)
		printf("%llu\n", (unsigned long long)(first + i));
	return fflush(stdout) == 0 ? CMD_YES : CMD_TROUBLE;
}

static int
commit(struct ledger_cmd *k, struct bulla_ledger *l,
    const struct bulla_cur *rec, size_t n)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;
	uint64_t first = 0;
	int code;

	st = bulla_ledger_append(l, rec, n, &first, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	code = report(k, first, n);
	if (code == CMD_YES && bulla_ledger_pending(l) >= PENDING_MAX) {
		st = bulla_ledger_publish(l, &err);
		if (st != BULLA_OK)
			code = cmd_fail(&k->c, NULL, st, &err);
	}
	return code;
}

static int
append_file(struct ledger_cmd *k, struct bulla_ledger *l, const char *path)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_LEDGER_RECORD_MAX);
	struct bulla_err err = { 0 };
	struct bulla_cur rec;
	enum bulla_status st;
	int code;

	st = ledger_input(path, &b, &err);
	rec = bulla_buf_view(&b);
	code = st == BULLA_OK ? commit(k, l, &rec, 1) :
	    cmd_fail(&k->c, NULL, st, &err);
	bulla_buf_free(&b);
	return code;
}

/* At least one byte more, or the end; publish while there is nothing. */
static int
fill(struct lines *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	ssize_t n;

	if (bulla_ledger_pending(s->l) > 0 && poll(&p, 1, IDLE_MS) == 0) {
		st = bulla_ledger_publish(s->l, &err);
		if (st != BULLA_OK)
			return cmd_fail(&s->k->c, NULL, st, &err);
	}
	do {
		n = read(s->fd, s->p + s->len, INPUT_CAP - s->len);
	} while (n == -1 && errno == EINTR);
	if (n == -1) {
		st = bulla_fail_sys(&err, "input");
		return cmd_fail(&s->k->c, NULL, st, &err);
	}
	s->eof = n == 0;
	s->len += (size_t)n;
	return CMD_YES;
}

/* All whole lines of the buffer, BATCH_LINES at a time. */
static int
take_lines(struct lines *s)
{
	size_t n = 0, from = 0;
	int code = CMD_YES;
	char *lf;

	while (code == CMD_YES && from < s->len) {
		lf = memchr(s->p + from, '\n', s->len - from);
		if (lf == NULL)
			break;
		s->rec[n++] = bulla_cur_of(s->p + from,
		    (size_t)(lf - s->p) - from);
		from = (size_t)(lf - s->p) + 1;
		if (n == BATCH_LINES) {
			code = commit(s->k, s->l, s->rec, n);
			n = 0;
		}
	}
	/* The last line may lack its LF */
	if (s->eof && from < s->len) {
		s->rec[n++] = bulla_cur_of(s->p + from, s->len - from);
		from = s->len;
	}
	if (code == CMD_YES && n > 0)
		code = commit(s->k, s->l, s->rec, n);
	s->len -= from;
	memmove(s->p, s->p + from, s->len);
	return code;
}

static int
append_lines(struct ledger_cmd *k, struct bulla_ledger *l, const char *path)
{
	struct lines s = { .k = k, .l = l, .fd = -1 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code = CMD_YES;

	st = bulla_infile_open(path, &s.fd, &err);
	s.p = malloc(INPUT_CAP);
	s.rec = calloc(BATCH_LINES + 1, sizeof(*s.rec));
	if (st == BULLA_OK && (s.p == NULL || s.rec == NULL))
		st = bulla_fail(&err, BULLA_E_NOMEM, "out of memory");
	if (st != BULLA_OK)
		code = cmd_fail(&k->c, NULL, st, &err);
	while (code == CMD_YES && !s.eof) {
		code = fill(&s);
		if (code == CMD_YES)
			code = take_lines(&s);
		if (code == CMD_YES && s.len == INPUT_CAP) {
			st = bulla_fail(&err, BULLA_E_LIMIT, "a line of more "
			    "than %u bytes", BULLA_LEDGER_RECORD_MAX);
			code = cmd_fail(&k->c, path, st, &err);
		}
	}
	free(s.p);
	free(s.rec);
	if (s.fd != -1)
		(void)close(s.fd);
	return code;
}

static int
append_one(struct ledger_cmd *k, struct bulla_ledger *l, const char *path)
{
	return k->lines ? append_lines(k, l, path) : append_file(k, l, path);
}

int
ledger_append(struct ledger_cmd *k)
{
	struct bulla_err err = { 0 };
	struct bulla_ledger *l;
	enum bulla_status st;
	const char *path;
	int code = CMD_YES;

	l = ledger_open(k, &code);
	if (l == NULL)
		return code;
	path = cmd_operand(&k->c);
	if (path == NULL)
		code = append_one(k, l, "-");
	for (; path != NULL && code == CMD_YES; path = cmd_operand(&k->c))
		code = append_one(k, l, path);
	/* What was committed is published even when a later input failed */
	st = bulla_ledger_publish(l, &err);
	if (st != BULLA_OK && code == CMD_YES)
		code = cmd_fail(&k->c, NULL, st, &err);
	bulla_ledger_free(l);
	return code;
}
