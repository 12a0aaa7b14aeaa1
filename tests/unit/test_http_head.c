#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "net/http.h"

#define NOW INT64_C(1795316645)	/* 2026-11-22T03:04:05Z */

static bool
line(struct http_resp *a, const char *text)
{
	struct bulla_cur c = bulla_cur_str(text);

	return http_line(a, &c, NOW);
}

Test(http_head, fields)
{
	struct http_resp a = HTTP_RESP_INIT;

	cr_assert(line(&a, "HTTP/1.1 201 Created\r\n"));
	cr_assert(line(&a, "Upload-Offset: 17\r\n"));
	cr_assert(line(&a, "UPLOAD-LENGTH:\t 20 \r\n"));
	cr_assert(line(&a, "Location: /packages/x\r\n"));
	cr_assert(line(&a, "Retry-After: 30\r\n"));
	cr_assert(line(&a,
	    "Upload-Expires: Sun, 22 Nov 2026 03:04:05 GMT\r\n"));
	cr_assert(line(&a, "X-Unknown: \x01\xff\r\n"));
	cr_assert(line(&a, "\r\n"));
	cr_assert(a.has_offset && a.offset == 17);
	cr_assert(a.has_length && a.length == 20);
	cr_assert_str_eq(a.location, "/packages/x");
	cr_assert_eq(a.retry_after, 30);
	cr_assert_eq(a.expires, NOW);
}

/* What came with a "100 Continue" is not the answer. */
Test(http_head, begins_anew)
{
	struct http_resp a = HTTP_RESP_INIT;

	cr_assert(line(&a, "HTTP/1.1 100 Continue\r\n"));
	cr_assert(line(&a, "Upload-Offset: 17\r\n"));
	cr_assert(line(&a, "Location: /a\r\n"));
	cr_assert(line(&a, "Retry-After: 5\r\n"));
	cr_assert(line(&a, "Tus-Extension: checksum\r\n"));
	cr_assert(line(&a, "HTTP/1.1 204 \r\n"));
	cr_assert_not(a.has_offset);
	cr_assert_str_eq(a.location, "");
	cr_assert_eq(a.retry_after, 0);
	cr_assert_not(a.can.checksum);
	cr_assert(line(&a, "Location: /b\r\n"));
	cr_assert_str_eq(a.location, "/b");
	cr_assert_eq(a.body.max, HTTP_BODY_MAX);
}

Test(http_head, malformed)
{
	static const char *const bad[] = { "Upload-Offset: -1",
	    "Upload-Offset: ", "Upload-Offset: 01", "Upload-Length: 1 2",
	    "Upload-Length: 9223372036854775808", "Location:",
	    "Tus-Max-Size: x", "Bulla-Free: 1K" };
	struct http_resp a = HTTP_RESP_INIT;
	char longer[HTTP_URL_MAX + 32] = "Location: ";
	struct bulla_cur nul = bulla_cur_of("Location: /a\0b", 14);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(line(&a, bad[i]), "%s", bad[i]);
	memset(longer + 10, 'a', sizeof(longer) - 11);
	cr_assert_not(line(&a, longer));
	cr_assert_not(http_line(&a, &nul, NOW));
	cr_assert_str_eq(a.location, "");
}

/* Two values: one of them is somebody else's. */
Test(http_head, twice)
{
	static const char *const one[] = { "Upload-Offset: 1",
	    "Upload-Length: 1", "Location: /a", "Tus-Max-Size: 1",
	    "Bulla-Free: 1" };
	struct http_resp a = HTTP_RESP_INIT;

	for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++) {
		cr_assert(line(&a, one[i]), "%s", one[i]);
		cr_assert_not(line(&a, one[i]), "%s", one[i]);
	}
}

static uint64_t
wait_of(const char *value)
{
	struct http_resp a = HTTP_RESP_INIT;
	char text[128];

	(void)snprintf(text, sizeof(text), "Retry-After: %s\r\n", value);
	cr_assert(line(&a, text), "%s", value);
	return a.retry_after;
}

Test(http_head, retry_after)
{
	cr_assert_eq(wait_of("0"), 0);
	cr_assert_eq(wait_of("120"), 120);
	cr_assert_eq(wait_of("99999999999"), UINT64_C(1) << 30);
	/* The three forms of a date */
	cr_assert_eq(wait_of("Sun, 22 Nov 2026 03:05:05 GMT"), 60);
	cr_assert_eq(wait_of("Sunday, 22-Nov-26 03:05:05 GMT"), 60);
	cr_assert_eq(wait_of("Sun Nov 22 03:05:05 2026"), 60);
	/* Past, or far away */
	cr_assert_eq(wait_of("Sun, 22 Nov 2026 03:04:05 GMT"), 0);
	cr_assert_eq(wait_of("Fri, 21 Nov 2025 03:04:05 GMT"), 0);
	cr_assert_eq(wait_of("Sat, 22 Nov 2400 03:04:05 GMT"),
	    UINT64_C(1) << 30);
	/* Nonsense asks for nothing */
	cr_assert_eq(wait_of("-5"), 0);
	cr_assert_eq(wait_of("soon"), 0);
	cr_assert_eq(wait_of("Monday"), 0);
	cr_assert_eq(wait_of("1e3"), 0);
}

Test(http_head, extensions)
{
	struct http_resp a = HTTP_RESP_INIT;

	cr_assert(line(&a, "Tus-Extension: creation,creation-with-upload ,"
	    "  Termination,x\r\n"));
	cr_assert(a.can.with_upload && a.can.termination);
	cr_assert_not(a.can.checksum || a.can.defer_length ||
	    a.can.expiration || a.can.sha256);
	cr_assert(line(&a, "Tus-Extension: creation-defer-length,checksum"));
	cr_assert(a.can.defer_length && a.can.checksum && a.can.with_upload);
	cr_assert(line(&a, "Tus-Checksum-Algorithm: md5,sha256"));
	cr_assert(a.can.sha256);
	cr_assert(line(&a, "Tus-Max-Size: 1000"));
	cr_assert(line(&a, "Bulla-Free: 2000"));
	cr_assert_eq(a.can.max_size, 1000);
	cr_assert_eq(a.can.free, 2000);
	cr_assert(line(&a, "Tus-Extension: "));
	cr_assert(line(&a, "Tus-Extension: ,,"));
}
