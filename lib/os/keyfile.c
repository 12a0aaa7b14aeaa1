#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/keyfile.h"
#include "bulla/text.h"

#define SHOWN 192u	/* bytes of a path that a message quotes */

static enum bulla_status
check_safe(const struct stat *sb, const char *shown, struct bulla_err *err)
{
	unsigned mode = sb->st_mode & 07777u;
	size_t len = strlen(shown);

	if (!S_ISREG(sb->st_mode))
		return bulla_fail(err, BULLA_E_UNSAFE,
		    "%s: not a regular file; copy the key into one", shown);
	if (sb->st_uid != geteuid() && sb->st_uid != 0)
		return bulla_fail(err, BULLA_E_UNSAFE,
		    "%s: belongs to user %ju; mend it with: chown %ju '%s'",
		    shown, (uintmax_t)sb->st_uid, (uintmax_t)geteuid(), shown);
	if ((mode & 077u) != 0 && len > 4 &&
	    strcmp(shown + len - 4, ".pub") == 0)
		return bulla_fail(err, BULLA_E_UNSAFE, "%s: this looks like "
		    "the public part; the secret key is the file without "
		    ".pub", shown);
	if ((mode & 077u) != 0)
		return bulla_fail(err, BULLA_E_UNSAFE,
		    "%s: mode %04o lets others at it; mend it with: "
		    "chmod 600 '%s'", shown, mode, shown);
	if (sb->st_size < 0 || sb->st_size > (off_t)BULLA_KEYFILE_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "%s: longer than the %u bytes a key file may have", shown,
		    BULLA_KEYFILE_MAX);
	return BULLA_OK;
}

static enum bulla_status
open_failed(const char *shown, struct bulla_err *err)
{
	if (errno == ELOOP)	/* O_NOFOLLOW */
		return bulla_fail(err, BULLA_E_UNSAFE,
		    "%s: a symbolic link; name the file itself", shown);
	if (errno == ENXIO)	/* a socket, or a device without its driver */
		return bulla_fail(err, BULLA_E_UNSAFE,
		    "%s: not a regular file; copy the key into one", shown);
	return bulla_fail_sys(err, "%s: cannot open", shown);
}

enum bulla_status
bulla_keyfile_open(const char *path, int *fd, size_t *size,
    struct bulla_err *err)
{
	enum bulla_status st;
	char shown[SHOWN];
	struct stat sb;
	int f;

	(void)bulla_text_show_str(shown, sizeof(shown), path);
	/* The descriptor that is checked is the one that is read. */
	f = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC);
	if (f == -1)
		return open_failed(shown, err);
	if (fstat(f, &sb) != 0)
		st = bulla_fail_sys(err, "%s", shown);
	else
		st = check_safe(&sb, shown, err);
	if (st != BULLA_OK) {
		(void)close(f);
		return st;
	}
	*fd = f;
	*size = (size_t)sb.st_size;
	return BULLA_OK;
}

/*
 * A tool started with descriptor 1 or 2 closed would otherwise get an input
 * or output file under that number, and print its messages into it. Opened
 * the wrong way round, so that using one still fails.
 */
static void
open_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		BULLA_CHECK(open("/dev/null",
		    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == fd);
	}
}

void
bulla_process_harden(void)
{
	const struct rlimit none = { 0, 0 };

	open_standard_fds();
	BULLA_CHECK(setrlimit(RLIMIT_CORE, &none) == 0);
	BULLA_CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	BULLA_CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	/* A file over RLIMIT_FSIZE is an error like a full disk. */
	BULLA_CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	(void)umask(077);
	/* TLS libraries write the secrets of each connection there. */
	(void)unsetenv("SSLKEYLOGFILE");
}
