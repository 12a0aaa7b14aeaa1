#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/text.h"

#define SHOWN 256u

enum bulla_status
bulla_outfile_move(struct bulla_outfile *o, const char *dir, const char *name,
    struct bulla_err *err)
{
	char shown[SHOWN];
	char *path;
	int fd;

	(void)bulla_text_show_str(shown, sizeof(shown), dir);
	if (name[0] == '\0' || strchr(name, '/') != NULL ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return bulla_fail(err, BULLA_E_USAGE,
		    "%s: not the name of a file",
		    bulla_text_show_str(shown, sizeof(shown), name));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return bulla_fail_sys(err, "%s", shown);
	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		(void)close(fd);
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	/* One that has a name already goes there with it. */
	if (o->tmp != NULL && renameat(o->dirfd, o->tmp, fd, o->tmp) != 0) {
		free(path);
		(void)close(fd);
		return bulla_fail_sys(err, "%s: cannot move a file there",
		    shown);
	}
	(void)close(o->dirfd);
	free(o->path);
	o->dirfd = fd;
	o->path = path;
	return BULLA_OK;
}
