#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "inbox_procs.h"

#include "bulla/channel.h"
#include "bulla/confine.h"
#include "bulla/file.h"
#include "bulla/when.h"

/* What the processes of an inbox have in common. */
void
inbox_tell(const struct inbox *in, const char *fmt, ...)
{
	char when[BULLA_WHEN_LEN + 1], text[512];
	va_list ap;

	if (in->c.common.quiet)
		return;
	bulla_when_text(bulla_now(), when);
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "time=%s %s\n", when, text);
}

void
inbox_child_begin(pid_t parent)
{
	sigset_t ends;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	BULLA_CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0);
	if (getppid() != parent)
		_exit(CMD_TROUBLE);
}

void
inbox_child_confined(const struct inbox *in, const char *name, unsigned got)
{
	const char *lacks = got == BULLA_CONFINE_BOTH ? NULL : got == 0 ?
	    "landlock,seccomp" : got == BULLA_CONFINE_SECCOMP ? "landlock" :
	    "seccomp";

	if (lacks != NULL)
		inbox_tell(in, "event=not-confined process=%s lacks=%s",
		    name, lacks);
}

enum bulla_status
inbox_child_ready(int ctl, unsigned answers, struct bulla_err *err)
{
	const uint8_t byte = (uint8_t)answers;
	const struct bulla_cur c = bulla_cur_of(&byte, 1);

	return bulla_channel_send(ctl, &c, NULL, err);
}
