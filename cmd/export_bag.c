#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "export.h"

#include "bulla/bag.h"
#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/num.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define LIST_MAX (1u << 28)	/* bytes of metadata.tsv or a manifest */
#define PIECE 262144u		/* bytes hashed at a time */
#define COLUMNS 15		/* of metadata.tsv */

void
export_bag_free(struct export_bag *b)
{
	bulla_buf_free(&b->metadata);
	bulla_buf_free(&b->manifest);
	bulla_buf_free(&b->info);
	free(b->v);
}

static enum bulla_status
get(const struct export_bag *b, const char *name, struct bulla_buf *out,
    struct bulla_err *err)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/%s", b->dir, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return bulla_fail(err, BULLA_E_LIMIT, "the path is too long");
	*out = (struct bulla_buf)BULLA_BUF_INIT(LIST_MAX);
	return bulla_file_get(path, out, err);
}

static enum bulla_status
add(struct export_bag *b, const struct export_file *f, struct bulla_err *err)
{
	struct export_file *more = b->v;

	if (b->n == b->cap) {
		more = reallocarray(b->v, b->cap * 2 + 64, sizeof(*b->v));
		if (more == NULL)
			return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		b->cap = b->cap * 2 + 64;
	}
	b->v = more;
	more[b->n++] = *f;
	return BULLA_OK;
}

/* A row of metadata.tsv; *is: of a file whose contents are in the bag. */
static bool
take_row(struct bulla_cur line, struct export_file *f, bool *is)
{
	struct bulla_cur col[COLUMNS];

	for (int i = 0; i < COLUMNS - 1; i++) {
		if (!bulla_cur_until(&line, '\t', &col[i]))
			return false;
	}
	col[COLUMNS - 1] = line;
	*is = bulla_cur_is(&col[1], "file") && !bulla_cur_is(&line, "-");
	if (!*is)
		return true;
	*f = (struct export_file){ .path = col[0], .mtime = col[6],
	    .ctime = col[7], .atime = col[8] };
	return bulla_bag_path_ok(&f->path) && bulla_cur_starts(&f->path,
	    "data/") && bulla_num_u64(&col[2], INT64_MAX, &f->size) &&
	    bulla_hex_decode(&line, f->digest, sizeof(f->digest));
}

/* Their values go into other files, and onto terminals. */
static enum bulla_status
check_info(const struct export_bag *b, struct bulla_err *err)
{
	struct bulla_cur all = bulla_buf_view(&b->info), line;

	for (size_t n = 1; bulla_cur_line(&all, &line); n++) {
		if (!bulla_text_is_plain(&line))
			return bulla_fail(err, BULLA_E_FORMAT, "bag-info.txt: "
			    "line %zu is no plain text", n);
	}
	return BULLA_OK;
}

/* Both lists name the same files with the same digests, in one order. */
static enum bulla_status
take_lists(struct export_bag *b, struct bulla_err *err)
{
	struct bulla_cur rows = bulla_buf_view(&b->metadata);
	struct bulla_cur lines = bulla_buf_view(&b->manifest), row, line, path;
	enum bulla_status st = check_info(b, err);
	struct export_file f;
	uint8_t digest[32];
	bool is;

	if (st == BULLA_OK && !bulla_cur_eat_str(&rows,
	    bulla_metadata_header))
		return bulla_fail(err, BULLA_E_FORMAT, "metadata.tsv has not "
		    "the columns of a bag of ours");
	while (st == BULLA_OK && bulla_cur_line(&rows, &row)) {
		if (!take_row(row, &f, &is))
			return bulla_fail(err, BULLA_E_FORMAT,
			    "metadata.tsv: line %zu is malformed", b->n + 2);
		if (!is)
			continue;
		if (!bulla_cur_line(&lines, &line) || !bulla_manifest_line(
		    &line, digest, &path) || !bulla_cur_same(&path, &f.path) ||
		    memcmp(digest, f.digest, sizeof(digest)) != 0)
			return bulla_fail(err, BULLA_E_MISMATCH, "metadata.tsv "
			    "and manifest-sha256.txt do not list the same "
			    "files");
		st = add(b, &f, err);
	}
	if (st == BULLA_OK && (!bulla_cur_done(&rows) ||
	    !bulla_cur_done(&lines)))
		st = bulla_fail(err, BULLA_E_MISMATCH, "metadata.tsv and "
		    "manifest-sha256.txt do not list the same files");
	return st;
}

/* Which of the files that were read is this? NULL: none. */
static const struct bulla_buf *
tag_of(const struct export_bag *b, const struct bulla_cur *path)
{
	return bulla_cur_is(path, "metadata.tsv") ? &b->metadata :
	    bulla_cur_is(path, "manifest-sha256.txt") ? &b->manifest :
	    bulla_cur_is(path, "bag-info.txt") ? &b->info : NULL;
}

/* Times, labels and digests are those that the bag had when it was made. */
static enum bulla_status
check_tags(const struct export_bag *b, struct bulla_err *err)
{
	struct bulla_buf list = { 0 };
	struct bulla_cur all, line, path;
	uint8_t want[32], digest[32];
	enum bulla_status st = get(b, "tagmanifest-sha256.txt", &list, err);
	unsigned same = 0;

	all = bulla_buf_view(&list);
	while (st == BULLA_OK && bulla_cur_line(&all, &line)) {
		const struct bulla_buf *tag = bulla_manifest_line(&line, want,
		    &path) ? tag_of(b, &path) : NULL;

		if (tag == NULL)
			continue;
		bulla_sha256(tag->p, tag->len, digest);
		same += memcmp(want, digest, sizeof(want)) == 0;
	}
	bulla_buf_free(&list);
	if (st == BULLA_OK && same != 3)
		st = bulla_fail(err, BULLA_E_MISMATCH, "metadata.tsv, "
		    "manifest-sha256.txt or bag-info.txt is not what "
		    "tagmanifest-sha256.txt says: open the package again");
	return st;
}

static enum bulla_status
hash(int fd, struct bulla_sha256 *h, struct export_file *f, bool *same,
    struct bulla_err *err)
{
	static uint8_t buf[PIECE];
	struct bulla_reader_fd in;
	uint8_t digest[32];
	enum bulla_status st = BULLA_OK;
	uint64_t size = 0;
	size_t n = 1;

	bulla_reader_fd_init(&in, fd, "a file of the bag");
	while (st == BULLA_OK && n > 0) {
		st = in.r.read(&in.r, buf, sizeof(buf), &n, err);
		if (st == BULLA_OK && n > 0) {
			bulla_sha256_update(h, buf, n);
			size += n;
		}
	}
	bulla_sha256_final(h, digest);
	*same = size == f->size && memcmp(digest, f->digest, 32) == 0;
	return st;
}

static enum bulla_status
check(struct export_bag *b, struct export_file *f, struct bulla_sha256 *h,
    struct bulla_err *err)
{
	char path[4096 + BULLA_BAG_PATH_MAX], shown[256];
	enum bulla_status st;
	bool same = false;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%.*s", b->dir,
	    (int)f->path.len, (const char *)f->path.p);
	bulla_text_show(shown, sizeof(shown), &f->path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return bulla_fail_sys(err, "%s", shown);
	st = hash(fd, h, f, &same, err);
	(void)close(fd);
	if (st == BULLA_OK && !same)
		st = bulla_fail(err, BULLA_E_MISMATCH, "%s is not what the "
		    "bag's manifest says: open the package again", shown);
	return st;
}

int
export_bag_read(struct cmd *c, struct export_bag *b)
{
	struct bulla_sha256 *h = NULL;
	struct bulla_err err = { 0 };
	enum bulla_status st;

	st = get(b, "metadata.tsv", &b->metadata, &err);
	if (st == BULLA_OK)
		st = get(b, "manifest-sha256.txt", &b->manifest, &err);
	if (st == BULLA_OK)
		st = get(b, "bag-info.txt", &b->info, &err);
	if (st == BULLA_OK)
		st = take_lists(b, &err);
	if (st == BULLA_OK)
		st = check_tags(b, &err);
	if (st == BULLA_OK)
		st = bulla_sha256_new(&h, &err);
	for (size_t i = 0; i < b->n && st == BULLA_OK; i++)
		st = check(b, &b->v[i], h, &err);
	bulla_sha256_free(h);
	return st == BULLA_OK ? CMD_YES : cmd_fail(c, b->dir, st, &err);
}

int
export_bag_lists(struct cmd *c, struct export_bag *b)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = take_lists(b, &err);

	return st == BULLA_OK ? CMD_YES : cmd_fail(c, NULL, st, &err);
}

struct bulla_cur
export_info(const struct export_bag *b, const char *label)
{
	struct bulla_cur all = bulla_buf_view(&b->info), line, name;

	while (bulla_cur_line(&all, &line)) {
		if (bulla_cur_until(&line, ':', &name) &&
		    bulla_cur_is(&name, label) && bulla_cur_eat_str(&line, " "))
			return line;
	}
	return bulla_cur_str("");
}

bool
export_time(const struct bulla_cur *seconds, char out[40])
{
	struct bulla_cur rest = *seconds, whole;
	char text[BULLA_WHEN_LEN + 1];
	uint64_t t, ns;

	if (!bulla_cur_until(&rest, '.', &whole) || rest.len != 9 ||
	    !bulla_num_u64(&whole, (uint64_t)BULLA_WHEN_MAX, &t))
		return false;
	ns = 0;
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.p[i] < '0' || rest.p[i] > '9')
			return false;
		ns = ns * 10 + (uint64_t)(rest.p[i] - '0');
	}
	bulla_when_text((int64_t)t, text);
	(void)snprintf(out, 40, "%.19s.%09uZ", text, (unsigned)ns);
	return true;
}
