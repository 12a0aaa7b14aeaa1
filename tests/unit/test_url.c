#include <criterion/criterion.h>
#include <string.h>

#include "net/http.h"

static enum bulla_status
base(const char *text, char out[HTTP_URL_MAX])
{
	return url_base(text, out, NULL);
}

Test(url, bases)
{
	char out[HTTP_URL_MAX];

	cr_assert_eq(base("https://inbox.example/", out), BULLA_OK);
	cr_assert_str_eq(out, "https://inbox.example/");
	cr_assert_eq(base("https://inbox.example:8443/a/b", out), BULLA_OK);
	cr_assert_str_eq(out, "https://inbox.example:8443/a/b");
	cr_assert_eq(base("https://[::1]:1/", out), BULLA_OK);
}

Test(url, bases_refused)
{
	static const char *const bad[] = { "", "inbox.example",
	    "http://inbox.example/", "ftp://inbox.example/", "file:///x",
	    "https://", "https://me@inbox.example/",
	    "https://me:pw@inbox.example/", "https://inbox.example/?a=b",
	    "https://inbox.example/#f", "https://inbox.example:99999/",
	    "https://a b/" };
	char out[HTTP_URL_MAX] = "x", longer[HTTP_URL_MAX + 64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(base(bad[i], out), BULLA_E_USAGE, "%s", bad[i]);
	memset(longer, 'a', sizeof(longer));
	memcpy(longer, "https://h/", 10);
	longer[sizeof(longer) - 1] = '\0';
	cr_assert_eq(base(longer, out), BULLA_E_LIMIT);
	cr_assert_str_eq(out, "x");
}

Test(url, joins)
{
	char out[HTTP_URL_MAX], longer[HTTP_URL_MAX];

	cr_assert_eq(url_join("https://h/", "packages", out, NULL), BULLA_OK);
	cr_assert_str_eq(out, "https://h/packages");
	cr_assert_eq(url_join("https://h/a", "packages", out, NULL),
	    BULLA_OK);
	cr_assert_str_eq(out, "https://h/a/packages");
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	cr_assert_eq(url_join(longer, "packages", out, NULL), BULLA_E_LIMIT);
}

static enum bulla_status
resolve(const char *location, char out[HTTP_URL_MAX])
{
	return url_resolve("https://inbox.example:8443/a/packages", location,
	    out, NULL);
}

Test(url, locations)
{
	static const char *const good[][2] = {
		{ "/x/1", "https://inbox.example:8443/x/1" },
		{ "1", "https://inbox.example:8443/a/1" },
		{ "../1", "https://inbox.example:8443/1" },
		{ "//INBOX.example:8443/1", "https://INBOX.example:8443/1" },
		{ "https://inbox.example:8443/u/1",
		    "https://inbox.example:8443/u/1" },
		{ "/u/1?part=2", "https://inbox.example:8443/u/1?part=2" },
	};
	char out[HTTP_URL_MAX];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_assert_eq(resolve(good[i][0], out), BULLA_OK, "%s",
		    good[i][0]);
		cr_assert_str_eq(out, good[i][1]);
	}
	/* The default port, said or not. */
	cr_assert_eq(url_resolve("https://h/p", "https://h:443/1", out, NULL),
	    BULLA_OK);
}

Test(url, locations_that_lead_away)
{
	static const char *const bad[] = { "http://inbox.example:8443/1",
	    "https://inbox.example/1", "https://inbox.example:8444/1",
	    "https://evil.example:8443/1", "//evil.example:8443/1",
	    "https://inbox.example.evil:8443/1",
	    "https://me@inbox.example:8443/1", "ftp://inbox.example:8443/1",
	    "https://inbox.example:8443@evil.example/1",
	    "javascript:alert(1)" };
	char out[HTTP_URL_MAX] = "x";

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_neq(resolve(bad[i], out), BULLA_OK, "%s gave %s",
		    bad[i], out);
	cr_assert_str_eq(out, "x");
}

/* An object's URL may have a query, but nothing else that a base has not. */
Test(url, objects)
{
	static const char *const bad[] = { "http://h/x", "s3://b/k",
	    "https://me@h/x?a", "https://h/x?a#f", "" };
	char out[HTTP_URL_MAX] = "x";

	cr_assert_eq(url_object("https://h/x?a=b&c", out, NULL), BULLA_OK);
	cr_assert_str_eq(out, "https://h/x?a=b&c");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(url_object(bad[i], out, NULL), BULLA_E_USAGE,
		    "%s", bad[i]);
	cr_assert_str_eq(out, "https://h/x?a=b&c");
}
