#include <string.h>

#include "bulla/text.h"
#include "core/bagin_int.h"

#define LINE_MAX_LEN (64u + 2u + BULLA_BAG_PATH_MAX)

/* The member that must stand here. */
struct tag {
	const char *name;
	bool optional;
	uint64_t max;
	enum bulla_status (*read)(struct bagin *b, struct bulla_err *err);
};

static enum bulla_status
no_memory(const struct bulla_buf *buf, struct bulla_err *err)
{
	return buf->st == BULLA_OK ? BULLA_OK :
	    bulla_fail(err, buf->st, "no memory for it");
}

/* Read the member and put down what the tagmanifest must say of it. */
static enum bulla_status
read_tag(struct bagin *b, bagin_take_fn *take, uint8_t digest[32],
    struct bulla_err *err)
{
	struct bulla_cur path;
	enum bulla_status st = bagin_pour(b, take, true, digest, err);

	if (st != BULLA_OK)
		return st;
	BULLA_CHECK(bagin_below(b, &path));
	bulla_manifest_put(&b->tags, digest, &path);
	return no_memory(&b->tags, err);
}

static enum bulla_status
take_text(struct bagin *b, const uint8_t *p, size_t n, struct bulla_err *err)
{
	bulla_buf_put(&b->text, p, n);
	return no_memory(&b->text, err);
}

static enum bulla_status
read_bagit(struct bagin *b, struct bulla_err *err)
{
	uint8_t digest[32];
	enum bulla_status st = BULLA_E_FORMAT;

	b->want = bulla_cur_str(bulla_bagit_txt);
	if (b->e.size == b->want.len)
		st = read_tag(b, bagin_take_want, digest, err);
	if (st == BULLA_E_FORMAT)
		return bulla_fail(err, st, "is not the one text that declares"
		    " BagIt 1.0 and UTF-8");
	return st;
}

static enum bulla_status
read_baginfo(struct bagin *b, struct bulla_err *err)
{
	struct bulla_cur text;
	uint64_t bytes, files;
	uint8_t digest[32];
	enum bulla_status st = read_tag(b, take_text, digest, err);

	if (st != BULLA_OK)
		return st;
	text = bulla_buf_view(&b->text);
	st = bulla_baginfo_parse(&text, &bytes, &files, err);
	if (st != BULLA_OK)
		return st;
	if (bytes != b->out.bytes || files != b->out.files)
		return bulla_fail(err, BULLA_E_MISMATCH, "Payload-Oxum is"
		    " %llu.%llu, but the payload %llu.%llu",
		    (unsigned long long)bytes, (unsigned long long)files,
		    (unsigned long long)b->out.bytes,
		    (unsigned long long)b->out.files);
	return BULLA_OK;
}

static enum bulla_status
read_table(struct bagin *b, const char *header, struct bulla_err *err)
{
	uint8_t digest[32];

	b->want = bulla_cur_str(header);
	if (b->e.size < b->want.len)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "ends before its header line does");
	return read_tag(b, bagin_take_want, digest, err);
}

static enum bulla_status
read_metadata(struct bagin *b, struct bulla_err *err)
{
	return read_table(b, bulla_metadata_header, err);
}

static enum bulla_status
read_names(struct bagin *b, struct bulla_err *err)
{
	return read_table(b, bulla_names_header, err);
}

/* One line of the manifest is in b->line. */
static enum bulla_status
end_line(struct bagin *b, struct bulla_err *err)
{
	struct bulla_cur line = bulla_buf_view(&b->line), path;
	uint8_t digest[32];
	char shown[96];

	if (no_memory(&b->line, err) != BULLA_OK)
		return b->line.st;
	if (!bulla_manifest_line(&line, digest, &path))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "\"%s\" is not a line as sha256sum writes it",
		    bulla_text_show(shown, sizeof(shown), &line));
	bulla_sha256_update(b->names, path.p, path.len);
	bulla_sha256_update(b->names, "\n", 1);
	bulla_buf_reset(&b->line);
	return BULLA_OK;
}

static enum bulla_status
take_manifest(struct bagin *b, const uint8_t *p, size_t n,
    struct bulla_err *err)
{
	while (n > 0) {
		const uint8_t *lf = memchr(p, '\n', n);
		size_t len = lf != NULL ? (size_t)(lf - p) : n;
		enum bulla_status st;

		if (len > LINE_MAX_LEN - b->line.len)
			return bulla_fail(err, BULLA_E_FORMAT,
			    "a line is longer than %u bytes", LINE_MAX_LEN);
		bulla_buf_put(&b->line, p, len);
		if (lf == NULL)
			return no_memory(&b->line, err);
		st = end_line(b, err);
		if (st != BULLA_OK)
			return st;
		p += len + 1;
		n -= len + 1;
	}
	return BULLA_OK;
}

/*
 * The same digest as that of the lines it must have: the same lines. Its
 * paths alone are compared first, for a message that helps, and because
 * they are all there is to compare where the payload was not hashed.
 */
static enum bulla_status
read_manifest(struct bagin *b, struct bulla_err *err)
{
	uint8_t want_names[32], names[32], want[32];
	enum bulla_status st = bagin_files_lines(b->files, want, err);

	if (st != BULLA_OK)
		return st;
	bulla_sha256_final(b->names, want_names);
	bulla_buf_reset(&b->line);
	st = read_tag(b, take_manifest, b->out.manifest, err);
	if (st != BULLA_OK)
		return st;
	if (b->line.len > 0)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "its last line does not end");
	bulla_sha256_final(b->names, names);
	if (memcmp(names, want_names, sizeof(names)) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "does not list"
		    " exactly the payload's files in their order");
	if (b->p->mode != BULLA_BAGIN_SHAPE &&
	    memcmp(b->out.manifest, want, sizeof(want)) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "the digest of a"
		    " payload file differs (sha256sum -c names it)");
	return BULLA_OK;
}

static enum bulla_status
read_tagmanifest(struct bagin *b, struct bulla_err *err)
{
	struct bulla_cur want = bulla_buf_view(&b->tags), text;
	enum bulla_status st;

	bulla_buf_reset(&b->text);
	st = bagin_pour(b, take_text, true, NULL, err);
	if (st != BULLA_OK)
		return st;
	text = bulla_buf_view(&b->text);
	if (!bulla_cur_same(&text, &want))
		return bulla_fail(err, BULLA_E_MISMATCH, "does not list"
		    " exactly the tag files, their digests and order");
	return BULLA_OK;
}

static const struct tag tags[] = {
	{ "bagit.txt", false, 256, read_bagit },
	{ "bag-info.txt", false, BULLA_BAGINFO_MAX, read_baginfo },
	{ "metadata.tsv", false, BULLA_BAG_TAGFILE_MAX, read_metadata },
	{ "original-names.tsv", true, BULLA_BAG_TAGFILE_MAX, read_names },
	{ "manifest-sha256.txt", false, BULLA_BAG_TAGFILE_MAX,
	    read_manifest },
	{ "tagmanifest-sha256.txt", false, 4096, read_tagmanifest },
};

/* Is the member in hand the one of t? If not, is that all right? */
static enum bulla_status
stands(const struct bagin *b, const struct tag *t, bool *yes,
    struct bulla_err *err)
{
	struct bulla_cur path;

	if (!b->more)
		return bulla_fail(err, BULLA_E_INCOMPLETE,
		    "the bag ends before %s", t->name);
	if (!bagin_below(b, &path))
		return bagin_at(b, bulla_fail(err, BULLA_E_REFUSED,
		    "lies outside of the bag's directory"), err);
	*yes = bulla_cur_is(&path, t->name);
	if (*yes || t->optional)
		return BULLA_OK;
	if (bulla_cur_is(&path, "fetch.txt"))
		return bagin_at(b, bulla_fail(err, BULLA_E_REFUSED,
		    "files to fetch are no part of a sealed bag"), err);
	return bagin_at(b, bulla_fail(err, BULLA_E_FORMAT,
	    "stands where %s must", t->name), err);
}

static enum bulla_status
read_member(struct bagin *b, const struct tag *t, struct bulla_err *err)
{
	enum bulla_status st;

	if (b->e.is_dir)
		st = bulla_fail(err, BULLA_E_FORMAT,
		    "is a directory and must be a file");
	else if (b->e.size > t->max)
		st = bulla_fail(err, BULLA_E_LIMIT, "over %llu bytes",
		    (unsigned long long)t->max);
	else
		st = t->read(b, err);
	return st == BULLA_OK ? bagin_next(b, err) : bagin_at(b, st, err);
}

enum bulla_status
bagin_tags(struct bagin *b, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		bool yes = false;

		st = stands(b, &tags[i], &yes, err);
		if (st == BULLA_OK && yes)
			st = read_member(b, &tags[i], err);
		if (st != BULLA_OK)
			return st;
	}
	if (b->more)
		return bagin_at(b, bulla_fail(err, BULLA_E_FORMAT,
		    "stands after the end of the bag"), err);
	return BULLA_OK;
}
