#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "net/s3_int.h"

Test(s3_url, objects_and_prefixes)
{
	static const struct {
		const char *url, *bucket, *key;
		bool is_prefix;
	} good[] = {
		{ "s3://abc/k", "abc", "k", false },
		{ "s3://a.b-9/A_z.0/-x", "a.b-9", "A_z.0/-x", false },
		{ "s3://abc/..k/k../...", "abc", "..k/k../...", false },
		{ "s3://abc", "abc", "", true },
		{ "s3://abc/", "abc", "", true },
		{ "s3://abc/p/q/", "abc", "p/q", true },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct bulla_s3_at at;

		cr_assert(bulla_s3_is_url(good[i].url));
		cr_assert_eq(bulla_s3_url(good[i].url, &at, NULL), BULLA_OK,
		    "%s", good[i].url);
		cr_assert_str_eq(at.bucket, good[i].bucket);
		cr_assert_str_eq(at.key, good[i].key);
		cr_assert_eq(at.is_prefix, good[i].is_prefix);
	}
}

Test(s3_url, refused)
{
	static const char *const bad[] = { "", "s3:/abc/k", "https://abc/k",
	    "S3://abc/k", "s3://", "s3:///k", "s3://ab/k", "s3://Abc/k",
	    "s3://-bc/k", "s3://ab-/k", "s3://.bc/k", "s3://a..b/k",
	    "s3://a_b/k", "s3://abc/a//b", "s3://abc//", "s3://abc//k",
	    "s3://abc/p//", "s3://abc/./k", "s3://abc/../k", "s3://abc/k/.",
	    "s3://abc/k/..", "s3://abc/k?x", "s3://abc/k#x", "s3://abc/k%41",
	    "s3://abc/k k", "s3://abc/\xc3\xa4", "s3://abc/k\n",
	    "s3://u@abc/k", "s3://abc:1/k" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bulla_s3_at at = { .is_prefix = false };

		cr_assert_eq(bulla_s3_url(bad[i], &at, NULL), BULLA_E_USAGE,
		    "%s", bad[i]);
		cr_assert_eq(at.bucket[0], '\0');
	}
}

Test(s3_url, lengths)
{
	char url[BULLA_S3_KEY_MAX + 64];
	struct bulla_s3_at at;
	int n = snprintf(url, sizeof(url), "s3://abc/");

	memset(url + n, 'k', BULLA_S3_KEY_MAX + 1);
	url[(size_t)n + BULLA_S3_KEY_MAX + 1] = '\0';
	cr_assert_eq(bulla_s3_url(url, &at, NULL), BULLA_E_USAGE);
	url[(size_t)n + BULLA_S3_KEY_MAX] = '\0';
	cr_assert_eq(bulla_s3_url(url, &at, NULL), BULLA_OK);
	cr_assert_eq(strlen(at.key), BULLA_S3_KEY_MAX);
	n = snprintf(url, sizeof(url), "s3://");
	memset(url + n, 'b', BULLA_S3_BUCKET_MAX + 1);
	url[(size_t)n + BULLA_S3_BUCKET_MAX + 1] = '\0';
	cr_assert_eq(bulla_s3_url(url, &at, NULL), BULLA_E_USAGE);
	url[(size_t)n + BULLA_S3_BUCKET_MAX] = '\0';
	cr_assert_eq(bulla_s3_url(url, &at, NULL), BULLA_OK);
}

Test(s3_url, join)
{
	char out[BULLA_S3_KEY_MAX + 1], longest[BULLA_S3_KEY_MAX + 1];

	cr_assert_eq(bulla_s3_join("", "a/b", out, NULL), BULLA_OK);
	cr_assert_str_eq(out, "a/b");
	cr_assert_eq(bulla_s3_join("p/q", "a", out, NULL), BULLA_OK);
	cr_assert_str_eq(out, "p/q/a");
	cr_assert_eq(bulla_s3_join("p", "../a", out, NULL), BULLA_E_USAGE);
	cr_assert_eq(bulla_s3_join("p", "", out, NULL), BULLA_E_USAGE);
	memset(longest, 'k', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	cr_assert_eq(bulla_s3_join("p", longest, out, NULL), BULLA_E_USAGE);
}

Test(s3_url, base_and_escape)
{
	struct bulla_s3_conf c = { .endpoint = "https://h.example:1" };
	struct bulla_buf b = BULLA_BUF_INIT(64);
	char out[HTTP_URL_MAX];

	cr_assert_eq(s3_base(&c, "abc", out, NULL), BULLA_OK);
	cr_assert_str_eq(out, "https://h.example:1/abc/");
	c.virtual_host = true;
	cr_assert_eq(s3_base(&c, "abc", out, NULL), BULLA_OK);
	cr_assert_str_eq(out, "https://abc.h.example:1/");
	s3_escape(&b, "aZ9-_.~/ +\xff");
	cr_assert_str_eq(bulla_buf_cstr(&b), "aZ9-_.~%2F%20%2B%FF");
	bulla_buf_free(&b);
}
