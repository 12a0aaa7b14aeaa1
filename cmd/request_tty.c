#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "request.h"

/*
 * Questions go to standard error, so that standard output stays a result;
 * answers come from the terminal that is standard input.
 */

/* Ctrl-C ends the questions as the end of input does; then the process. */
static volatile sig_atomic_t caught;

static void
catch(int sig)
{
	caught = sig;
}

static void
on_signals(void (*handler)(int))
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = handler };

	/* No SA_RESTART: reading has to end. */
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		(void)sigaction(ending[i], &sa, NULL);
}

void
request_tty_begin(void)
{
	on_signals(catch);
}

int
request_tty_end(void)
{
	on_signals(SIG_DFL);
	return caught;
}

bool
request_tty_line(struct request_tty *t, struct bulla_cur *out)
{
	ssize_t n = caught == 0 ? getline(&t->line, &t->cap, stdin) : -1;

	if (n < 0 || caught != 0)
		return false;
	if (n > 0 && t->line[n - 1] == '\n')
		n--;
	*out = bulla_cur_of(t->line, (size_t)n);
	return true;
}

static bool
is_one_of(const struct bulla_cur *said, const char *const *words)
{
	while (*words != NULL && !bulla_cur_is(said, *words))
		words++;
	return *words != NULL;
}

enum request_said
request_tty_yes(struct request_tty *t, const char *question)
{
	static const char *const yes[] = { "y", "Y", "yes", "Yes", "YES",
	    NULL };
	static const char *const no[] = { "n", "N", "no", "No", "NO", NULL };
	struct bulla_cur said;

	fprintf(stderr, "%s ", question);
	if (!request_tty_line(t, &said))
		return REQUEST_SAID_END;
	if (is_one_of(&said, yes))
		return REQUEST_SAID_YES;
	return is_one_of(&said, no) ? REQUEST_SAID_NO : REQUEST_SAID_OTHER;
}

void
request_tty_free(struct request_tty *t)
{
	free(t->line);
	*t = (struct request_tty){ 0 };
}

int
request_stop(struct request_cmd *k, int code)
{
	const int sig = request_tty_end();

	if (sig == 0)
		return code;
	(void)request_draft_end(k, code);
	(void)raise(sig);
	return code;
}
