#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "send_package.h"

#include "bulla/file.h"
#include "bulla/hash.h"
#include "bulla/io.h"
#include "bulla/package.h"
#include "bulla/text.h"
#include "bulla/tus.h"

#define CHUNK (256u << 10)

/* Hash in, and append to spool unless it is -1. */
static enum bulla_status
hash_all(int in, int spool, const char *name, struct bulla_send_what *w,
    struct bulla_err *err)
{
	struct bulla_sha256 *h = NULL;
	struct bulla_reader_fd r;
	uint8_t *buf = malloc(CHUNK);
	enum bulla_status st;
	size_t n;

	if (buf == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	bulla_reader_fd_init(&r, in, name);
	st = bulla_sha256_new(&h, err);
	for (n = 1; st == BULLA_OK && n > 0;) {
		st = bulla_read_full(&r.r, buf, CHUNK, &n, err);
		if (st != BULLA_OK)
			break;
		bulla_sha256_update(h, buf, n);
		w->size += n;
		if (spool != -1)
			st = bulla_write_fd(spool, buf, n, "spool", err);
	}
	if (st == BULLA_OK)
		bulla_sha256_final(h, w->sha256);
	bulla_sha256_free(h);
	free(buf);
	return st;
}

/* A pipe cannot be read twice, and an interrupted upload has to be. */
enum bulla_status
send_take_in(const char *path, struct bulla_send_what *w,
    struct bulla_err *err)
{
	char name[128];
	struct stat sb;
	enum bulla_status st;
	int fd = -1, spool = -1;

	st = bulla_infile_open(path, &fd, err);
	if (st != BULLA_OK)
		return st;
	bulla_text_show_str(name, sizeof(name), path);
	if (fstat(fd, &sb) != 0)
		st = bulla_fail_sys(err, "%s", name);
	else if (!S_ISREG(sb.st_mode) || lseek(fd, 0, SEEK_CUR) != 0)
		st = bulla_spool_open(NULL, &spool, err);
	w->hash = w->hash && st == BULLA_OK && spool == -1 &&
	    (uint64_t)sb.st_size >= BULLA_TUS_ENDS_MIN;
	if (w->hash)
		w->size = (uint64_t)sb.st_size;
	else if (st == BULLA_OK)
		st = hash_all(fd, spool, name, w, err);
	if (st == BULLA_OK && w->size == 0)
		st = bulla_fail(err, BULLA_E_INCOMPLETE, "%s: is empty: no "
		    "package", name);
	if (spool != -1) {
		(void)close(fd);
		fd = spool;
	}
	if (st != BULLA_OK)
		(void)close(fd);
	else
		w->fd = fd;
	return st;
}

enum bulla_status
send_no_package(const struct cmd *c, const struct bulla_send_config *g,
    struct bulla_err *err)
{
	if (!g->no_receipt)
		return bulla_fail(err, BULLA_E_FORMAT, "not a sealed package, "
		    "so it is not sent (bulla-seal makes one)");
	cmd_say(c, "this is no sealed package; it is sent as it is");
	return BULLA_OK;
}

/*
 * Plain evidence must not leave the house by mistake, not even to be refused
 * there.
 */
enum bulla_status
send_check(const struct cmd *c, const struct bulla_send_config *g, int fd,
    struct bulla_err *err)
{
	char id[BULLA_ID_LEN + 1];
	bool is;
	enum bulla_status st = bulla_package_peek(fd, &is, id, err);

	if (st != BULLA_OK || is)
		return st;
	return send_no_package(c, g, err);
}
