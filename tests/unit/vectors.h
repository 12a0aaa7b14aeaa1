#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

/*
 * Public test vectors in JSON files of the folder BULLA_VECTORS (default:
 * ../shared/vectors). A family is a file and a check; its outcome is one line
 * "COUNT family cases failures". Without the folder a test passes with a line
 * that says so; with it, a family that ran no case fails.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "bulla/enc.h"

#define V_BYTES 65536u	/* the longest value of any vector, in bytes */

struct v_bytes {
	uint8_t p[V_BYTES];
	size_t len;
};

/* NULL after a SKIP line when there are no vectors here at all. */
static inline json_t *
v_load(const char *family, const char *file)
{
	const char *dir = getenv("BULLA_VECTORS");
	char path[4096];
	json_error_t e;
	struct stat sb;
	json_t *j;

	if (dir == NULL)
		dir = "../shared/vectors";
	if (stat(dir, &sb) != 0) {
		printf("SKIP: %s: no folder %s\n", family, dir);
		fflush(stdout);
		return NULL;
	}
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	j = json_load_file(path, 0, &e);
	cr_assert_not_null(j, "%s: line %d: %s", path, e.line, e.text);
	return j;
}

/* The bytes of a hexadecimal member, which must be there. */
static inline void
v_hex(const json_t *o, const char *key, struct v_bytes *out)
{
	const char *s = json_string_value(json_object_get(o, key));
	struct bulla_cur c;

	cr_assert_not_null(s, "no member %s", key);
	c = bulla_cur_str(s);
	out->len = c.len / 2;
	cr_assert(out->len <= V_BYTES && c.len % 2 == 0 &&
	    bulla_hex_decode(&c, out->p, out->len), "%s: bad hex", key);
}

static inline const char *
v_str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	cr_assert_not_null(s, "no member %s", key);
	return s;
}

static inline size_t
v_num(const json_t *o, const char *key)
{
	const json_t *n = json_object_get(o, key);

	cr_assert(json_is_integer(n) && json_integer_value(n) >= 0,
	    "no number %s", key);
	return (size_t)json_integer_value(n);
}

static inline void
v_count(const char *family, unsigned cases, unsigned failures)
{
	printf("COUNT %s %u %u\n", family, cases, failures);
	fflush(stdout);
	cr_assert_gt(cases, 0, "%s: no cases", family);
	cr_assert_eq(failures, 0, "%s: %u of %u failed", family, failures,
	    cases);
}

/*
 * Runs check on each case of a Wycheproof file, whose name is
 * <algorithm>_test.json; the file says itself how many there must be.
 */
static inline void
v_wycheproof(const char *algorithm,
    bool (*check)(const json_t *group, const json_t *test))
{
	char family[64], file[128];
	unsigned n = 0, failed = 0;
	json_t *root, *group, *test;
	size_t i, k;

	snprintf(family, sizeof(family), "wycheproof/%s", algorithm);
	snprintf(file, sizeof(file), "wycheproof/%s_test.json", algorithm);
	root = v_load(family, file);
	if (root == NULL)
		return;
	json_array_foreach(json_object_get(root, "testGroups"), i, group) {
		json_array_foreach(json_object_get(group, "tests"), k, test) {
			n++;
			if (check(group, test))
				continue;
			failed++;
			printf("%s: tcId %zu: %s\n", family,
			    v_num(test, "tcId"), v_str(test, "comment"));
		}
	}
	cr_expect_eq(n, v_num(root, "numberOfTests"));
	json_decref(root);
	v_count(family, n, failed);
}

#endif
