#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "request_work.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/text.h"

#define PIECE 65536u		/* bytes read at a time */

static const char *
last_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static enum bulla_status
hash_file(const char *path, uint8_t digest[BULLA_SHA256_LEN], uint64_t *size,
    struct bulla_err *err)
{
	uint8_t buf[PIECE];
	struct bulla_reader_fd in;
	struct bulla_sha256 *h = NULL;
	char shown[128];
	size_t n = 1;
	struct stat sb;
	int fd = -1;
	enum bulla_status st = bulla_infile_open(path, &fd, err);

	if (st == BULLA_OK && (fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode)))
		st = bulla_fail(err, BULLA_E_USAGE, "%s: no regular file",
		    bulla_text_show_str(shown, sizeof(shown), path));
	if (st == BULLA_OK)
		st = bulla_sha256_new(&h, err);
	bulla_reader_fd_init(&in, fd, "attachment");
	for (*size = 0; st == BULLA_OK && n > 0; *size += n) {
		st = in.r.read(&in.r, buf, sizeof(buf), &n, err);
		if (st == BULLA_OK)
			bulla_sha256_update(h, buf, n);
		else
			n = 0;
	}
	if (st == BULLA_OK)
		bulla_sha256_final(h, digest);
	bulla_sha256_free(h);
	if (fd != -1)
		(void)close(fd);
	return st;
}

/* "attachment": sha256, bytes and name of each. */
int
request_attach(struct request_work *w)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	const struct bulla_cur label = bulla_cur_str("attachment");
	struct request_cmd *k = w->k;
	struct bulla_err err = { 0 };
	struct bulla_cur v;
	enum bulla_status st;
	uint64_t size;

	for (size_t i = 0; i < k->n_attach; i++) {
		st = hash_file(k->attach[i], w->digest[i], &size, &err);
		if (st != BULLA_OK) {
			bulla_buf_free(&b);
			return cmd_fail(&k->c, "-a", st, &err);
		}
		bulla_hex_put(&b, w->digest[i], BULLA_SHA256_LEN);
		bulla_buf_fmt(&b, " %llu %s\n", (unsigned long long)size,
		    last_of(k->attach[i]));
	}
	v = bulla_buf_view(&b);
	st = k->n_attach == 0 ? BULLA_OK :
	    bulla_reqdoc_set(w->p->d, &label, &v, &err);
	bulla_buf_free(&b);
	return st == BULLA_OK ? CMD_YES : cmd_usage(&k->c, "-a: %s: rename "
	    "the file", err.msg);
}

/* A payload file, as the bag's manifest has it. */
struct member {
	const char *name;
	const uint8_t *digest;
};

static int
by_name(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static enum bulla_status
expected_manifest(const struct request_work *w,
    uint8_t out[BULLA_SHA256_LEN], struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	struct bulla_buf path = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	struct member m[REQUEST_FILES_MAX + 1];
	uint8_t doc[BULLA_SHA256_LEN];
	size_t n = 0;
	struct bulla_cur c;
	enum bulla_status st;

	for (; n < w->k->n_attach; n++)
		m[n] = (struct member){ last_of(w->k->attach[n]),
		    w->digest[n] };
	m[n++] = (struct member){ last_of(w->doc.file), doc };
	bulla_sha256(w->text.p, w->text.len, doc);
	qsort(m, n, sizeof(m[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		bulla_buf_reset(&path);
		bulla_buf_fmt(&path, "data/%s", m[i].name);
		c = bulla_buf_view(&path);
		bulla_manifest_put(&b, m[i].digest, &c);
	}
	st = bulla_buf_status(&b);
	if (st == BULLA_OK)
		bulla_sha256(b.p, b.len, out);
	else
		(void)bulla_fail(err, st, "the list of attachments");
	bulla_buf_free(&b);
	bulla_buf_free(&path);
	return st;
}

/* Which one? The first that is not now what it was. */
static const char *
find_changed(const struct request_work *w)
{
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_err err = { 0 };
	uint64_t size;

	for (size_t i = 0; i < w->k->n_attach; i++) {
		if (hash_file(w->k->attach[i], digest, &size, &err) !=
		    BULLA_OK || memcmp(digest, w->digest[i],
		    sizeof(digest)) != 0)
			return w->k->attach[i];
	}
	return "an attachment";
}

/*
 * The attachments were read twice, once to be listed and once to be packed,
 * and anybody who may write to them could do so in between. The manifest of
 * the bag is over the bytes that were packed.
 */
int
request_packed(struct request_work *w)
{
	uint8_t want[BULLA_SHA256_LEN];
	struct bulla_err err = { 0 };
	enum bulla_status st = expected_manifest(w, want, &err);

	if (st != BULLA_OK)
		return cmd_fail(&w->k->c, NULL, st, &err);
	if (memcmp(want, w->done.packed.manifest, sizeof(want)) == 0)
		return CMD_YES;
	return request_refuse(w->k, find_changed(w), "was changed while it "
	    "was being sealed: nothing was sealed or kept; run it again when "
	    "nobody writes to the attachments");
}
