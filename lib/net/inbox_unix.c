#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "inbox_int.h"

#include "bulla/text.h"

#define BACKLOG 1024
#define UNIX "unix:"

bool
unix_is(const char *listen)
{
	return strncmp(listen, UNIX, strlen(UNIX)) == 0;
}

static enum bulla_status
address_of(const char *path, struct sockaddr_un *at, struct bulla_err *err)
{
	size_t n = strlen(path);

	*at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (path[0] != '/' || n >= sizeof(at->sun_path))
		return bulla_fail(err, BULLA_E_USAGE, "unix: takes an "
		    "absolute path of less than %zu bytes",
		    sizeof(at->sun_path));
	memcpy(at->sun_path, path, n + 1);
	return BULLA_OK;
}

/* A socket that nobody listens on was left by one that was killed. */
static void
remove_stale(const struct sockaddr_un *at)
{
	struct stat sb;
	int s;

	if (lstat(at->sun_path, &sb) != 0 || !S_ISSOCK(sb.st_mode))
		return;
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s == -1)
		return;
	if (connect(s, (const struct sockaddr *)at, sizeof(*at)) != 0 &&
	    errno == ECONNREFUSED)
		(void)unlink(at->sun_path);
	(void)close(s);
}

/* In use is what passes when the other one ends. */
static enum bulla_status
bind_at(int s, const struct sockaddr_un *at, struct bulla_err *err)
{
	char shown[160];
	enum bulla_status st;

	if (bind(s, (const struct sockaddr *)at, sizeof(*at)) == 0 &&
	    listen(s, BACKLOG) == 0)
		return BULLA_OK;
	st = bulla_fail_sys(err, "%s", bulla_text_show_str(shown,
	    sizeof(shown), at->sun_path));
	return errno != EADDRINUSE ? st : bulla_fail(err, BULLA_E_AGAIN,
	    "%s is in use", shown);
}

/*
 * Whoever may connect is believed about who its clients are: owner and group
 * and nobody else, from the first moment on. There are no threads yet that
 * would mind the umask.
 */
enum bulla_status
unix_open(struct bulla_inbox *ib, int *fd, struct bulla_err *err)
{
	struct sockaddr_un at;
	enum bulla_status st;
	mode_t mask;
	int s;

	st = address_of(ib->cfg.listen + strlen(UNIX), &at, err);
	if (st != BULLA_OK)
		return st;
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s == -1)
		return bulla_fail_sys(err, "socket");
	remove_stale(&at);
	mask = umask(0117);
	st = bind_at(s, &at, err);
	(void)umask(mask);
	if (st != BULLA_OK) {
		(void)close(s);
		return st;
	}
	(void)snprintf(ib->url, sizeof(ib->url), "%s", ib->cfg.listen);
	ib->named = true;
	*fd = s;
	return BULLA_OK;
}

void
unix_close(struct bulla_inbox *ib)
{
	if (ib->named)
		(void)unlink(ib->cfg.listen + strlen(UNIX));
	ib->named = false;
}
