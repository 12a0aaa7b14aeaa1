#include <criterion/criterion.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bagbuild.h"
#include "bulla/bagin.h"
#include "bulla/enc.h"

/*
 * The Library of Congress conformance suite against rules stricter than RFC
 * 8493's: sha256 only, one form of every line, bag-info.txt and metadata.tsv
 * always there. Three questions for each bag of the suite:
 *
 * as it is: a tar of it in our order is refused, for the reason stated here;
 * translated: its payload and its own defect, if it has one, in our format
 *   (each digest of its manifest that is right becomes the sha256 of the
 *   file, each that is wrong a wrong one; its paths and its bagit.txt stay):
 *   now what is asked is whether we see that defect;
 * packed: its payload under our rules is a good bag, its names mapped.
 */
struct verdict {
	enum bulla_status st;
	const char *reason;	/* in the message */
};
struct row {
	const char *bag;
	struct verdict as_is, translated;
};

#define OLD { BULLA_E_FORMAT, "bagit.txt: is not the one text" }
#define FETCH { BULLA_E_REFUSED, "fetch.txt: files to fetch" }
#define LIST { BULLA_E_MISMATCH, "does not list exactly the payload" }
#define NO_INFO { BULLA_E_FORMAT, "stands where bag-info.txt must" }
#define EXTRA { BULLA_E_FORMAT, "stands where bagit.txt must" }
#define GOOD { BULLA_OK, "" }

static const struct row rows[] = {
	{ "v0.97/invalid/bom-in-bagit.txt", OLD, OLD },
	{ "v0.97/invalid/corrupt-data-file", OLD,
	    { BULLA_E_MISMATCH, "the digest of a payload file differs" } },
	{ "v0.97/invalid/corrupt-tag-file", OLD,
	    { BULLA_E_MISMATCH, "does not list exactly the tag files" } },
	{ "v0.97/invalid/extra-file-in-bag", OLD, LIST },
	{ "v0.97/invalid/invalid-version-number", OLD, OLD },
	{ "v0.97/invalid/missing-baginfo", OLD, NO_INFO },
	{ "v0.97/invalid/out-of-scope-file-paths-using-dot-notation", OLD,
	    LIST },
	{ "v0.97/invalid/out-of-scope-file-paths-using-dot-notation-for-fetch",
	    FETCH, FETCH },
	{ "v0.97/invalid/same-filename-listed-twice-with-different-hashes",
	    OLD, LIST },
	{ "v0.97/linux-only/out-of-scope-file-paths-using-absolute-path", OLD,
	    LIST },
	{ "v0.97/linux-only/"
	    "out-of-scope-file-paths-using-absolute-path-for-fetch", FETCH,
	    FETCH },
	{ "v0.97/linux-only/out-of-scope-file-paths-using-shortcut", OLD,
	    LIST },
	{ "v0.97/linux-only/out-of-scope-file-paths-using-shortcut-for-fetch",
	    FETCH, FETCH },
	{ "v0.97/linux-only/out-of-scope-file-paths-using-shortcut-username",
	    OLD, LIST },
	/* the whole of a bag is UTF-8 here */
	{ "v0.97/valid/UTF-16-encoded-tag-files", OLD, OLD },
	/* sha256sum knows no %7E: such names are mapped when we pack */
	{ "v0.97/valid/bag-with-encoded-names",
	    { BULLA_E_REFUSED, "no name that may stand in a bag" },
	    { BULLA_E_REFUSED, "no name that may stand in a bag" } },
	{ "v0.97/valid/bag-with-leading-dot-slash-in-manifest", OLD, LIST },
	{ "v0.97/valid/bag-with-space", OLD, GOOD },
	{ "v0.97/valid/basic-bag", OLD, GOOD },
	{ "v0.97/valid/minimal-bag", OLD, GOOD },
	{ "v0.97/warning/duplicate-file-with-different-case", OLD, LIST },
	{ "v0.97/warning/made-with-md5sum-tools", OLD,
	    { BULLA_E_FORMAT, "is not a line as sha256sum writes it" } },
	{ "v0.97/warning/relative-path", OLD, LIST },
	{ "v0.97/warning/"
	    "same-filename-listed-twice-with-different-normalization", EXTRA,
	    EXTRA },
	{ "v0.97/warning/same-filename-listed-twice-with-the-same-hash",
	    EXTRA, EXTRA },
	/* it lists a .DS_Store that the copy at hand lacks */
	{ "v0.97/warning/special-system-files", OLD, LIST },
	{ "v1.0/invalid/same-filename-listed-twice-with-different-hashes",
	    OLD, LIST },
	{ "v1.0/invalid/same-filename-listed-twice-with-the-same-hash",
	    EXTRA, EXTRA },
	{ "v1.0/valid/basicBag", NO_INFO, NO_INFO },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* What stands in one bag of the suite, by path. */
#define FILES_MAX 32
struct file {
	char path[256];		/* a directory's with '/' */
	bool is_dir;
	struct bulla_buf data;
};
static struct file files[FILES_MAX];
static size_t n_files, top_len;

static int
load(const char *path, const struct stat *sb, int type, struct FTW *w)
{
	struct file *f = &files[n_files];
	uint8_t buf[65536];
	FILE *in;
	size_t n;

	(void)sb;
	(void)w;
	if (path[top_len] == '\0')
		return 0;
	cr_assert_lt(n_files, FILES_MAX);
	*f = (struct file){
		.is_dir = type == FTW_D, .data = BULLA_BUF_INIT(TB_MAX),
	};
	snprintf(f->path, sizeof(f->path), "%s%s", path + top_len + 1,
	    f->is_dir ? "/" : "");
	n_files++;
	if (f->is_dir)
		return 0;
	in = fopen(path, "rb");
	cr_assert_not_null(in);
	n = fread(buf, 1, sizeof(buf), in);
	fclose(in);
	cr_assert_lt(n, sizeof(buf));
	bulla_buf_put(&f->data, buf, n);
	return 0;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path,
	    ((const struct file *)b)->path);
}

static void
load_bag(const char *dir)
{
	for (size_t i = 0; i < n_files; i++)
		bulla_buf_free(&files[i].data);
	n_files = 0;
	top_len = strlen(dir);
	cr_assert_eq(nftw(dir, load, 8, FTW_PHYS), 0, "%s", dir);
	qsort(files, n_files, sizeof(files[0]), by_path);
}

static struct file *
find(const char *path)
{
	for (size_t i = 0; i < n_files; i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	return NULL;
}

static bool
is_payload(const struct file *f)
{
	return strncmp(f->path, "data/", 5) == 0;
}

/* Members with paths of their own, below bag/. */
static char member_paths[FILES_MAX * 2][300];
static size_t n_paths;

static void
add(struct bb *b, const char *path, bool is_dir, const struct bulla_buf *d)
{
	char *p = member_paths[n_paths++];

	snprintf(p, sizeof(member_paths[0]), "bag/%s", path);
	if (is_dir)
		p[strlen(p) - 1] = '\0';
	bb_add(b, p, is_dir ? '5' : '0', NULL);
	b->m[b->n - 1].data = (const char *)d->p;
	b->m[b->n - 1].len = d->len;
}

static void
start(struct bb *b)
{
	bb_init(b);
	b->n = 1;
	n_paths = 0;
	for (size_t i = 0; i < n_files; i++)
		if (is_payload(&files[i]))
			add(b, files[i].path, files[i].is_dir,
			    &files[i].data);
}

static const char *const ours[] = {
	"bagit.txt", "bag-info.txt", "metadata.tsv", "original-names.tsv",
	"manifest-sha256.txt", "tagmanifest-sha256.txt",
};

static bool
is_ours(const char *path)
{
	for (size_t i = 0; i < 6; i++)
		if (strcmp(path, ours[i]) == 0)
			return true;
	return false;
}

/* Files that our bags do not have; other manifests are no defect. */
static void
add_others(struct bb *b)
{
	for (size_t i = 0; i < n_files; i++) {
		const struct file *f = &files[i];

		if (is_payload(f) || f->is_dir || is_ours(f->path))
			continue;
		if (strstr(f->path, "manifest-") != NULL)
			continue;
		add(b, f->path, false, &f->data);
	}
}

static void
check(const struct row *r, struct bb *b, const struct verdict *want)
{
	struct bulla_bagin p = {
		.mode = BULLA_BAGIN_CHECK, .max_bytes = UINT64_MAX,
	};
	struct bulla_buf tar = BULLA_BUF_INIT(TB_MAX);
	struct bulla_bagin_result out;
	struct bulla_err err = { 0 };
	struct tb_blocks blocks;
	enum bulla_status st;

	bb_put(&tar, b);
	tb_blocks_init(&blocks, tar.p, tar.len, 4096);
	st = bulla_bagin_run(&p, &blocks.b, &out, &err);
	cr_expect(st == want->st && strstr(err.msg, want->reason) != NULL,
	    "%s: %s: %s", r->bag, bulla_status_name(st), err.msg);
	free(blocks.now);
	bulla_buf_free(&tar);
	bb_free(b);
}

static void
as_it_is(const struct row *r)
{
	struct bb b;

	start(&b);
	add_others(&b);
	for (size_t i = 0; i < 6; i++)
		if (find(ours[i]) != NULL)
			add(&b, ours[i], false, &find(ours[i])->data);
	for (size_t i = 0; i < n_files; i++)
		if (strstr(files[i].path, "manifest-") != NULL &&
		    !is_ours(files[i].path))
			add(&b, files[i].path, false, &files[i].data);
	check(r, &b, &r->as_is);
}

static const char *const algorithms[] = { "sha256", "sha512", "md5" };

static struct file *
manifest_of(const char *prefix, const char **algorithm)
{
	char path[64];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%smanifest-%s.txt", prefix,
		    algorithms[i]);
		*algorithm = algorithms[i];
		if (find(path) != NULL)
			return find(path);
	}
	cr_assert_fail("no manifest");
	return NULL;
}

static bool
digest_right(const struct bulla_buf *data, const char *algorithm,
    const struct bulla_cur *hex)
{
	uint8_t md[64];
	unsigned len = 0;
	char text[129];

	cr_assert_eq(EVP_Digest(data->p, data->len, md, &len,
	    EVP_get_digestbyname(algorithm), NULL), 1);
	bulla_hex(text, md, len);
	return bulla_cur_is(hex, text);
}

/* "hex", spaces and perhaps '*', path. */
static bool
split(struct bulla_cur line, struct bulla_cur *hex, struct bulla_cur *sep,
    char path[256])
{
	size_t n;

	if (!bulla_cur_until(&line, ' ', hex))
		return false;
	sep->p = line.p - 1;
	for (n = 0; n < line.len && (line.p[n] == ' ' || line.p[n] == '*');)
		n++;
	sep->len = n + 1;
	snprintf(path, 256, "%.*s", (int)(line.len - n),
	    (const char *)line.p + n);
	path[strcspn(path, "\r")] = '\0';
	return true;
}

/* Their manifest as ours; *wrong counts digests that do not fit. */
static void
translate(const char *prefix, struct bulla_buf *out, unsigned *wrong)
{
	static const struct bulla_buf nothing;
	const char *algorithm;
	struct file *m = manifest_of(prefix, &algorithm);
	struct bulla_cur c = bulla_buf_view(&m->data), line, hex, sep;
	char path[256];

	while (bulla_cur_line(&c, &line)) {
		const char *p = path;
		const struct file *f;
		uint8_t digest[32];

		if (!split(line, &hex, &sep, path))
			continue;
		if (strncmp(p, "./", 2) == 0)
			p += 2;
		f = find(p);
		bulla_sha256((f ? f->data : nothing).p,
		    (f ? f->data : nothing).len, digest);
		if (f != NULL && !digest_right(&f->data, algorithm, &hex)) {
			digest[0] ^= 1;
			(*wrong)++;
		}
		bulla_hex_put(out, digest, 32);
		if (memchr(sep.p, '*', sep.len) != NULL)
			bulla_buf_cur(out, &sep);
		else
			bulla_buf_str(out, "  ");
		bulla_buf_fmt(out, "%s\n", path);
	}
}

static int
line_path_order(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;

	return strcmp(x + 66, y + 66);
}

/* Order is no defect in RFC 8493: put the lines into ours. */
static void
sort_lines(struct bulla_buf *b)
{
	char *copy = strdup(bulla_buf_cstr(b)), *v[64], *l, *end;
	size_t n = 0;

	for (l = copy; (end = strchr(l, '\n')) != NULL; l = end + 1) {
		*end = '\0';
		cr_assert_lt(n, 64);
		v[n++] = l;
	}
	qsort(v, n, sizeof(v[0]), line_path_order);
	bulla_buf_reset(b);
	for (size_t i = 0; i < n; i++)
		bulla_buf_fmt(b, "%s\n", v[i]);
	free(copy);
}

/* Version 0.97 becomes 1.0 and CRLF LF; what else they say there stays. */
static void
translate_bagit(struct bulla_buf *out)
{
	const struct bulla_buf *in = &find("bagit.txt")->data;
	struct bulla_cur c = bulla_buf_view(in), line;

	while (c.len > 0) {
		if (!bulla_cur_line(&c, &line) &&
		    !bulla_cur_take(&c, c.len, &line))
			break;
		while (line.len > 0 && (line.p[line.len - 1] == '\r' ||
		    line.p[line.len - 1] == ' '))
			line.len--;
		if (bulla_cur_is(&line, "BagIt-Version: 0.97"))
			line = bulla_cur_str("BagIt-Version: 1.0");
		bulla_buf_cur(out, &line);
		bulla_buf_u8(out, '\n');
	}
}

static void
translated(const struct row *r)
{
	struct bulla_buf man = BULLA_BUF_INIT(TB_MAX), bagit = man, tag = man;
	unsigned wrong_payload = 0, wrong_tags = 0;
	int first, i;
	struct bb b;

	start(&b);
	first = b.n;
	bb_tags(&b, NULL);
	translate("", &man, &wrong_payload);
	sort_lines(&man);
	translate("tag", &tag, &wrong_tags);
	translate_bagit(&bagit);
	b.m[first].data = (const char *)bagit.p;
	b.m[first].len = bagit.len;
	i = bb_find(&b, "bag/manifest-sha256.txt");
	b.m[i].data = (const char *)man.p;
	b.m[i].len = man.len;
	bb_retag(&b);
	if (wrong_tags > 0)
		b.tagmanifest.p[0] ^= 1;
	if (find("bag-info.txt") == NULL)
		bb_drop(&b, first + 1);
	i = b.n;
	add_others(&b);
	/* what they have more comes first, as it would in our order */
	while (i < b.n) {
		struct bb_member m = b.m[b.n - 1];

		bb_drop(&b, b.n - 1);
		bb_insert(&b, first, m.path, '0', NULL);
		b.m[first] = m;
		i++;
	}
	check(r, &b, &r->translated);
	bulla_buf_free(&man);
	bulla_buf_free(&bagit);
	bulla_buf_free(&tag);
}

static void
map_path(const char *path, char out[300])
{
	struct bulla_cur c = bulla_cur_str(path), part;
	struct bulla_buf b = BULLA_BUF_INIT(290);

	while (bulla_cur_until(&c, '/', &part)) {
		(void)bulla_bag_component_map(&b, &part, 1);
		bulla_buf_u8(&b, '/');
	}
	if (c.len > 0)
		(void)bulla_bag_component_map(&b, &c, 1);
	snprintf(out, 300, "%s", bulla_buf_cstr(&b));
	bulla_buf_free(&b);
}

static void
packed(const struct row *r)
{
	static const struct verdict good = GOOD;
	struct bb b;

	for (size_t i = 0; i < n_files; i++) {
		char mapped[300];

		map_path(files[i].path, mapped);
		snprintf(files[i].path, sizeof(files[i].path), "%.255s",
		    mapped);
	}
	qsort(files, n_files, sizeof(files[0]), by_path);
	start(&b);
	bb_tags(&b, NULL);
	check(r, &b, &good);
}

Test(bagit_suite, each_bag_gets_its_verdict)
{
	const char *top = getenv("BULLA_VECTORS");
	char dir[512];

	if (top == NULL)
		top = "../shared/vectors";
	snprintf(dir, sizeof(dir), "%s/bagit", top);
	if (access(dir, R_OK) != 0) {
		printf("SKIP: no BagIt suite at %s\n", dir);
		return;
	}
	for (size_t i = 0; i < N_ROWS; i++) {
		snprintf(dir, sizeof(dir), "%s/bagit/%s", top, rows[i].bag);
		load_bag(dir);
		as_it_is(&rows[i]);
		translated(&rows[i]);
		packed(&rows[i]);
	}
	printf("COUNT bagit/suite-verdicts %zu 0\n", 3 * N_ROWS);
	fflush(stdout);
}
