#ifndef TESTS_HOSTILE_TAGS_H
#define TESTS_HOSTILE_TAGS_H

/* Hostile bags, second part: changes to tag files and to the stream. */
#include "bagbuild.h"
#include "hostile_members.h"

/* Tag files. */
static void
set_tag(struct bb *b, const char *path, const char *data)
{
	struct bb_member *m = &b->m[bb_find(b, path)];

	m->data = data;
	m->len = strlen(data);
	bb_retag(b);
}

#define TAG(id, path, text) \
static void \
id(struct bb *b) \
{ \
	set_tag(b, path, text); \
}

TAG(bagit_097, "bag/bagit.txt", "BagIt-Version: 0.97\n"
    "Tag-File-Character-Encoding: UTF-8\n")
TAG(bagit_utf16, "bag/bagit.txt", "BagIt-Version: 1.0\n"
    "Tag-File-Character-Encoding: UTF-16\n")
TAG(bagit_bom, "bag/bagit.txt", "\xef\xbb\xbf" "BagIt-Version: 1.0\n"
    "Tag-File-Character-Encoding: UTF-8\n")
TAG(bagit_crlf, "bag/bagit.txt", "BagIt-Version: 1.0\r\n"
    "Tag-File-Character-Encoding: UTF-8\r\n")
TAG(bagit_empty, "bag/bagit.txt", "")
TAG(oxum_missing, "bag/bag-info.txt", "Bagging-Date: 2023-11-14\n")
TAG(oxum_bytes, "bag/bag-info.txt", "Bagging-Date: 2023-11-14\n"
    "Payload-Oxum: 12.3\n")
TAG(oxum_files, "bag/bag-info.txt", "Bagging-Date: 2023-11-14\n"
    "Payload-Oxum: 11.4\n")
TAG(oxum_twice, "bag/bag-info.txt", "Payload-Oxum: 1.1\n"
    "Bagging-Date: 2023-11-14\nPayload-Oxum: 11.3\n")
TAG(info_escape, "bag/bag-info.txt", "A: \x1b[2J\n"
    "Bagging-Date: 2023-11-14\nPayload-Oxum: 11.3\n")
TAG(info_folded, "bag/bag-info.txt", "A: b\n c\n"
    "Bagging-Date: 2023-11-14\nPayload-Oxum: 11.3\n")
TAG(info_crlf, "bag/bag-info.txt", "Bagging-Date: 2023-11-14\r\n"
    "Payload-Oxum: 11.3\r\n")
TAG(metadata_other, "bag/metadata.tsv", "something else that is long enough"
    " to be taken for the header line of this file, which it is not\n")
TAG(metadata_empty, "bag/metadata.tsv", "")
TAG(manifest_empty, "bag/manifest-sha256.txt", "")
TAG(manifest_text, "bag/manifest-sha256.txt", "hello\n")

static char edited[4096];

/* The good manifest, to be edited in place; three lines of 64+2+path. */
static char *
manifest_copy(struct bb *b, size_t start)
{
	const struct bulla_buf *m = &b->manifest;

	memset(edited, 0, sizeof(edited));
	memcpy(edited + start, m->p, m->len);
	return edited + start;
}

static void
use_edited(struct bb *b)
{
	set_tag(b, "bag/manifest-sha256.txt", edited);
}

static void
manifest_line_missing(struct bb *b)
{
	char *m = manifest_copy(b, 0), *second = strchr(m, '\n') + 1;

	memmove(m, second, strlen(second) + 1);
	use_edited(b);
}

static void
manifest_line_extra(struct bb *b)
{
	char *m = manifest_copy(b, 0);
	size_t len = strlen(m);

	memcpy(m + len, m, 66);
	memcpy(m + len + 66, "data/zzz\n", sizeof("data/zzz\n"));
	use_edited(b);
}

static void
manifest_line_twice(struct bb *b)
{
	char *m = manifest_copy(b, 0), first[128];

	snprintf(first, sizeof(first), "%.*s",
	    (int)(strchr(m, '\n') + 1 - m), m);
	memmove(m + strlen(first), m, strlen(m) + 1);
	use_edited(b);
}

static void
manifest_reordered(struct bb *b)
{
	char *m = manifest_copy(b, 0), first[128];
	size_t len = (size_t)(strchr(m, '\n') + 1 - m), all = strlen(m);

	memcpy(first, m, len);
	memmove(m, m + len, all - len);
	memcpy(m + all - len, first, len);
	use_edited(b);
}

static void
manifest_upper_case(struct bb *b)
{
	char *m = manifest_copy(b, 0);

	for (int i = 0; i < 64; i++)
		if (m[i] >= 'a')
			m[i] = (char)(m[i] - 'a' + 'A');
	use_edited(b);
}

static void
manifest_wrong_digest(struct bb *b)
{
	char *m = manifest_copy(b, 0);

	m[0] = m[0] == '0' ? '1' : '0';
	use_edited(b);
}

static void
manifest_bom(struct bb *b)
{
	manifest_copy(b, 3);
	memcpy(edited, "\xef\xbb\xbf", 3);
	use_edited(b);
}

static void
manifest_crlf(struct bb *b)
{
	char *m = manifest_copy(b, 0), *lf = strchr(m, '\n');

	memmove(lf + 1, lf, strlen(lf) + 1);
	*lf = '\r';
	use_edited(b);
}

static void
manifest_one_space(struct bb *b)
{
	char *m = manifest_copy(b, 0);

	memmove(m + 65, m + 66, strlen(m + 66) + 1);
	use_edited(b);
}

static void
manifest_star(struct bb *b)
{
	manifest_copy(b, 0)[65] = '*';
	use_edited(b);
}

static void
manifest_dot_slash(struct bb *b)
{
	char *m = manifest_copy(b, 0);

	memmove(m + 68, m + 66, strlen(m + 66) + 1);
	memcpy(m + 66, "./", 2);
	use_edited(b);
}

static void
manifest_escaped(struct bb *b)
{
	manifest_copy(b, 1);
	edited[0] = '\\';
	use_edited(b);
}

static void
manifest_no_last_lf(struct bb *b)
{
	char *m = manifest_copy(b, 0);

	m[strlen(m) - 1] = '\0';
	use_edited(b);
}

static void
manifest_empty_line(struct bb *b)
{
	char *m = manifest_copy(b, 0);

	memcpy(m + strlen(m), "\n", sizeof("\n"));
	use_edited(b);
}

static void
manifest_comment(struct bb *b)
{
	char *m = manifest_copy(b, 0);

	memcpy(m + strlen(m), "# comment\n", sizeof("# comment\n"));
	use_edited(b);
}

static void
manifest_tag_file(struct bb *b)
{
	char *m = manifest_copy(b, 0), digest[65];

	memcpy(digest, m, 64);
	digest[64] = '\0';
	snprintf(m + strlen(m), 200, "%s  bagit.txt\n", digest);
	use_edited(b);
}

static char huge_line[20000];

static void
manifest_long_line(struct bb *b)
{
	memset(huge_line, 'a', sizeof(huge_line) - 1);
	set_tag(b, "bag/manifest-sha256.txt", huge_line);
}

static void
tagmanifest_stale(struct bb *b)
{
	struct bb_member *m = &b->m[bb_find(b, "bag/bag-info.txt")];
	static const char info[] = "A: b\nBagging-Date: 2023-11-14\n"
	    "Payload-Oxum: 11.3\n";

	m->data = info;
	m->len = strlen(info);
}

static void
tagmanifest_empty(struct bb *b)
{
	b->m[b->n - 1].len = 0;
}

static void
tagmanifest_extra(struct bb *b)
{
	bb_line(&b->tagmanifest, &b->m[A]);
	b->m[b->n - 1].data = (const char *)b->tagmanifest.p;
	b->m[b->n - 1].len = b->tagmanifest.len;
}

static void
tagmanifest_missing(struct bb *b)
{
	b->n--;
}

static void
fetch_txt(struct bb *b)
{
	bb_insert(b, bb_find(b, "bag/bagit.txt"), "bag/fetch.txt", '0',
	    "https://example.org/x 5 data/x\n");
}

static void
manifest_md5(struct bb *b)
{
	bb_insert(b, bb_find(b, "bag/manifest-sha256.txt"),
	    "bag/manifest-md5.txt", '0', "x");
	bb_retag(b);
}

static void
tags_reordered(struct bb *b)
{
	int i = bb_find(b, "bag/bag-info.txt");
	struct bb_member m = b->m[i];

	b->m[i] = b->m[i + 1];
	b->m[i + 1] = m;
	bb_retag(b);
}

static void
tag_is_dir(struct bb *b)
{
	struct bb_member *m = &b->m[bb_find(b, "bag/metadata.tsv")];

	m->type = '5';
	m->len = 0;
}

static void
tagmanifest_is_dir(struct bb *b)
{
	b->m[b->n - 1].type = '5';
	b->m[b->n - 1].len = 0;
}

/* Two gibibytes of metadata, as the header promises them. */
static void
tag_huge(struct bb *b)
{
	struct bb_member *m = &b->m[bb_find(b, "bag/metadata.tsv")];

	m->hdr.size_text = "17777777777 ";
}

static void
tag_is_link(struct bb *b)
{
	struct bb_member *m = &b->m[bb_find(b, "bag/metadata.tsv")];

	m->type = '2';
	m->len = 0;
	m->hdr.at = 157;
	m->hdr.bytes = "/etc/passwd";
	m->hdr.n = 11;
}

static void
payload_after_tags(struct bb *b)
{
	bb_add(b, "bag/data/late", '0', "x");
}

static void
member_after_end(struct bb *b)
{
	bb_add(b, "bag/extra", '0', "x");
}

static void
outside_after_end(struct bb *b)
{
	bb_add(b, "../outside", '0', "x");
}

static void
unlisted_tag(struct bb *b)
{
	bb_insert(b, bb_find(b, "bag/bagit.txt"), "bag/evil.txt", '0', "x");
}

/* Bytes. */
static void
tail_garbage(struct bulla_buf *b)
{
	bulla_buf_str(b, "garbage");
}

static void
tail_zeros(struct bulla_buf *b)
{
	static const uint8_t zeros[10240];

	bulla_buf_put(b, zeros, sizeof(zeros));
}

static void
tail_few_zeros(struct bulla_buf *b)
{
	static const uint8_t zeros[8192];

	bulla_buf_put(b, zeros, sizeof(zeros));
}

static void
twice(struct bulla_buf *b)
{
	uint8_t *copy = malloc(b->len);
	size_t n = b->len;

	memcpy(copy, b->p, n);
	bulla_buf_put(b, copy, n);
	free(copy);
}

static void
twice_joined(struct bulla_buf *b)
{
	uint8_t *copy = malloc(b->len);
	size_t n = b->len;

	memcpy(copy, b->p, n);
	b->len -= 1024;
	bulla_buf_put(b, copy, n);
	free(copy);
}

static void
no_end_marker(struct bulla_buf *b)
{
	b->len -= 1024;
}

static void
half_end_marker(struct bulla_buf *b)
{
	b->len -= 512;
}

static void
zero_block_inside(struct bulla_buf *b)
{
	memmove(b->p + 512, b->p, b->len - 512);
	memset(b->p, 0, 512);
}

static void
cut_in_data(struct bulla_buf *b)
{
	b->len = 3 * 512 + 3;
}

static void
padding_speaks(struct bulla_buf *b)
{
	memcpy(b->p + 3 * 512 + 100, "hidden", 6);
}

static void
bad_checksum(struct bulla_buf *b)
{
	b->p[2 * 512 + 9] ^= 1;
}

static void
gzip(struct bulla_buf *b)
{
	memcpy(b->p, "\x1f\x8b\x08\x00", 4);
}

#endif
