#include <criterion/criterion.h>
#include <dirent.h>
#include <string.h>

#include "bulla/merkle.h"
#include "vectors.h"

#define N 70u	/* leaves of the small tree: two levels of odd edges */

static struct bulla_hash leaf[N];

/* RFC 6962, 2.1, as it is written: slow and plainly right. */
static struct bulla_hash
slow_root(uint64_t lo, uint64_t hi)
{
	struct bulla_hash l, r, up;
	uint64_t k = 1;

	if (hi - lo == 1)
		return leaf[lo];
	while (k * 2 < hi - lo)
		k *= 2;
	l = slow_root(lo, lo + k);
	r = slow_root(lo + k, hi);
	bulla_merkle_node(&l, &r, &up);
	return up;
}

static enum bulla_status
get(struct bulla_nodes *n, unsigned level, uint64_t index,
    struct bulla_hash *out, struct bulla_err *err)
{
	(void)n, (void)err;
	cr_assert_leq((index + 1) << level, N);
	*out = slow_root(index << level, (index + 1) << level);
	return BULLA_OK;
}

static struct bulla_nodes nodes = { get };

static void
make_leaves(void)
{
	for (unsigned i = 0; i < N; i++) {
		uint8_t b = (uint8_t)i;

		bulla_merkle_leaf(&b, i % 2, &leaf[i]);
		leaf[i].b[0] = (uint8_t)i;
	}
}

static struct bulla_checkpoint
tree(uint64_t size)
{
	struct bulla_checkpoint c = { .size = size };

	c.root = slow_root(0, size);
	return c;
}

TestSuite(merkle, .init = make_leaves);

Test(merkle, edge_and_root_agree_with_the_definition)
{
	struct bulla_edge e = { 0 };
	struct bulla_hash a, b;

	bulla_edge_root(&e, &a);
	cr_assert_eq(a.b[0], 0xe3, "the SHA-256 of nothing");
	for (unsigned i = 0; i < N; i++) {
		bulla_edge_add(&e, 0, &leaf[i]);
		bulla_edge_root(&e, &a);
		b = slow_root(0, i + 1);
		cr_assert(bulla_hash_eq(&a, &b), "%u", i);
		cr_assert_eq(bulla_merkle_root(&nodes, i + 1, &b, NULL),
		    BULLA_OK);
		cr_assert(bulla_hash_eq(&a, &b), "%u", i);
	}
}

Test(merkle, every_inclusion)
{
	struct bulla_hash path[BULLA_PATH_MAX];
	unsigned n, cases = 0;

	for (uint64_t size = 1; size <= N; size++) {
		struct bulla_checkpoint c = tree(size);

		for (uint64_t i = 0; i < size; i++, cases++) {
			cr_assert_eq(bulla_merkle_prove(&nodes, i, size, path,
			    &n, NULL), BULLA_OK);
			cr_assert_eq(bulla_merkle_included(i, &leaf[i], &c,
			    path, n, NULL), BULLA_OK, "%zu of %zu", (size_t)i,
			    (size_t)size);
			cr_assert_eq(bulla_merkle_included(i, &leaf[(i + 1) %
			    N], &c, path, n, NULL), BULLA_E_MISMATCH);
			cr_assert_eq(bulla_merkle_included(i + size, &leaf[i],
			    &c, path, n, NULL), BULLA_E_MISMATCH);
			cr_assert_eq(bulla_merkle_included(i, &leaf[i], &c,
			    path, n + 1, NULL), BULLA_E_MISMATCH);
			if (n > 0)
				cr_assert_eq(bulla_merkle_included(i, &leaf[i],
				    &c, path, n - 1, NULL), BULLA_E_MISMATCH);
		}
	}
	v_count("merkle/made-inclusion", cases, 0);
}

Test(merkle, every_consistency)
{
	struct bulla_hash path[BULLA_PATH_MAX] = { 0 };
	unsigned n, cases = 0;

	for (uint64_t size = 1; size <= N; size++) {
		struct bulla_checkpoint b = tree(size);

		for (uint64_t old = 1; old <= size; old++, cases++) {
			struct bulla_checkpoint a = tree(old), bad = a;

			cr_assert_eq(bulla_merkle_prove_consistent(&nodes, old,
			    size, path, &n, NULL), BULLA_OK);
			cr_assert_eq(bulla_merkle_consistent(&a, &b, path, n,
			    NULL), BULLA_OK, "%zu, %zu", (size_t)old,
			    (size_t)size);
			bad.root.b[31] ^= 1;
			cr_assert_eq(bulla_merkle_consistent(&bad, &b, path, n,
			    NULL), BULLA_E_MISMATCH);
			cr_assert_eq(bulla_merkle_consistent(&a, &b, path,
			    n + 1, NULL), BULLA_E_MISMATCH);
			if (n > 0) {
				path[n - 1].b[0] ^= 1;
				cr_assert_eq(bulla_merkle_consistent(&a, &b,
				    path, n, NULL), BULLA_E_MISMATCH);
				cr_assert_eq(bulla_merkle_consistent(&b, &a,
				    path, n, NULL), BULLA_E_MISMATCH);
			}
		}
	}
	v_count("merkle/made-consistency", cases, 0);
}

static bool
hash_of(const char *b64, struct bulla_hash *h)
{
	struct bulla_cur c = bulla_cur_str(b64);

	return bulla_hash_parse(&c, h);
}

/* Some roots are no hashes but short texts: zeros follow, they stay apart. */
static bool
root_of(const char *b64, struct bulla_hash *h)
{
	struct bulla_cur c = bulla_cur_str(b64);
	size_t n;

	memset(h, 0, sizeof(*h));
	return bulla_b64_decode(&c, BULLA_B64_PADDED, h->b, sizeof(h->b), &n);
}

/* A hash of another length is refused by the type: our formats hold none. */
static bool
load_path(const json_t *j, struct bulla_hash *path, unsigned *n)
{
	const json_t *list = json_object_get(j, "proof"), *h;
	size_t i;

	*n = 0;
	if (json_array_size(list) > BULLA_PATH_MAX)
		return false;
	json_array_foreach(list, i, h) {
		if (!hash_of(json_string_value(h), &path[(*n)++]))
			return false;
	}
	return true;
}

static uint64_t
number(const json_t *j, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(j, key));
}

static bool
accepts(const json_t *j, bool inclusion)
{
	struct bulla_hash path[BULLA_PATH_MAX], h;
	struct bulla_checkpoint a = { 0 }, b = { 0 };
	unsigned n;

	if (!load_path(j, path, &n))
		return false;
	if (inclusion) {
		b.size = number(j, "treeSize");
		return root_of(v_str(j, "root"), &b.root) &&
		    hash_of(v_str(j, "leafHash"), &h) &&
		    bulla_merkle_included(number(j, "leafIdx"), &h, &b, path,
		    n, NULL) == BULLA_OK;
	}
	a.size = number(j, "size1");
	b.size = number(j, "size2");
	return root_of(v_str(j, "root1"), &a.root) &&
	    root_of(v_str(j, "root2"), &b.root) &&
	    bulla_merkle_consistent(&a, &b, path, n, NULL) == BULLA_OK;
}

static void
run_file(const char *path, bool inclusion, unsigned *n, unsigned *failed)
{
	json_t *j = json_load_file(path, 0, NULL);
	bool want;

	cr_assert_not_null(j, "%s", path);
	want = !json_is_true(json_object_get(j, "wantErr"));
	(*n)++;
	if (accepts(j, inclusion) != want) {
		(*failed)++;
		printf("%s: wanted %s\n", path, want ? "yes" : "no");
	}
	json_decref(j);
}

static void
walk(const char *dir, bool inclusion, unsigned *n, unsigned *failed)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[4096];

	cr_assert_not_null(d, "%s", dir);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (strstr(e->d_name, ".json") == NULL)
			walk(path, inclusion, n, failed);
		else
			run_file(path, inclusion, n, failed);
	}
	closedir(d);
}

static void
family(const char *name, bool inclusion)
{
	const char *dir = getenv("BULLA_VECTORS");
	unsigned n = 0, failed = 0;
	char path[4096];
	struct stat sb;

	snprintf(path, sizeof(path), "%s/%s",
	    dir != NULL ? dir : "../shared/vectors", name);
	if (stat(path, &sb) != 0) {
		printf("SKIP: %s: no folder %s\n", name, path);
		fflush(stdout);
		return;
	}
	walk(path, inclusion, &n, &failed);
	v_count(name, n, failed);
}

Test(merkle, an_empty_tree_has_one_root)
{
	struct bulla_checkpoint none = { 0 }, some = tree(3);
	struct bulla_edge e = { 0 };

	cr_assert_eq(bulla_merkle_consistent(&none, &some, NULL, 0, NULL),
	    BULLA_E_MISMATCH);
	bulla_edge_root(&e, &none.root);
	cr_assert_eq(bulla_merkle_consistent(&none, &some, NULL, 0, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_merkle_consistent(&none, &none, NULL, 0, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_merkle_consistent(&none, &some, leaf, 1, NULL),
	    BULLA_E_MISMATCH);
	cr_assert_eq(bulla_merkle_consistent(&some, &none, NULL, 0, NULL),
	    BULLA_E_MISMATCH);
}

Test(merkle, vectors_inclusion)
{
	family("merkle/inclusion", true);
}

Test(merkle, vectors_consistency)
{
	family("merkle/consistency", false);
}
