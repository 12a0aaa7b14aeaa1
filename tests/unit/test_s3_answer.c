#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "net/s3_int.h"

static void
error_of(const char *xml, struct s3_resp *a)
{
	struct bulla_cur c = bulla_cur_str(xml);

	*a = (struct s3_resp)S3_RESP_INIT;
	s3_parse_error(&c, a);
}

Test(s3_answer, errors)
{
	static const char *const none[] = { "", "NoSuchBucket",
	    "<Error><Code>X</Code", "<Err><Code>X</Code></Err>",
	    "<Error>X</Error>", "<Error><A><Code>X</Code></A></Error>",
	    "<!DOCTYPE a><Error><Code>X</Code></Error>" };
	struct s3_resp a;

	error_of("<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code>"
	    "<Message>it &amp; \x1b[31m</Message><Other>x</Other></Error>",
	    &a);
	cr_assert_str_eq(a.code, "NoSuchKey");
	cr_assert_str_eq(a.message, "it & \\x1b[31m", "for a terminal");
	cr_assert(s3_code_is(&a, "NoSuchKey"));
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		error_of(none[i], &a);
		cr_assert_str_eq(a.code, "", "%s", none[i]);
	}
}

static bool
upload_id(const char *xml, char out[S3_ID_MAX + 1])
{
	struct bulla_cur c = bulla_cur_str(xml);

	return s3_parse_upload_id(&c, out);
}

#define BEGUN(x) "<InitiateMultipartUploadResult>" x \
    "</InitiateMultipartUploadResult>"

Test(s3_answer, upload_ids)
{
	static const char *const bad[] = { BEGUN(""), BEGUN("<UploadId/>"),
	    BEGUN("<UploadId>a b</UploadId>"),
	    BEGUN("<UploadId>a\n</UploadId>"),
	    BEGUN("<UploadId>a\xc3\xa4</UploadId>"),
	    BEGUN("<UploadId>a</UploadId><UploadId>b</UploadId>"),
	    BEGUN("<X><UploadId>a</UploadId></X>"),
	    BEGUN("<UploadId>a</UploadId>") "x",
	    "<Other><UploadId>a</UploadId></Other>" };
	char id[S3_ID_MAX + 1] = "kept", long_id[2 * S3_ID_MAX];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert(!upload_id(bad[i], id), "%s", bad[i]);
	cr_assert_str_eq(id, "kept");
	cr_assert(upload_id(BEGUN("<Bucket>b</Bucket>"
	    "<UploadId>2~a/b+c=&amp;</UploadId>"), id));
	cr_assert_str_eq(id, "2~a/b+c=&");
	(void)snprintf(long_id, sizeof(long_id), "<InitiateMultipartUpload"
	    "Result><UploadId>%01025d</UploadId></InitiateMultipartUpload"
	    "Result>", 1);
	cr_assert(!upload_id(long_id, id));
}

#define DONE(x) "<CompleteMultipartUploadResult>" x \
    "</CompleteMultipartUploadResult>"

Test(s3_answer, completed)
{
	static const char *const texts[] = {
	    DONE("<ETag>x</ETag>"),
	    "<Error><Code>InternalError</Code></Error>",
	    "<CompleteMultipartUploadResult><ETag>x</ETag>", "",
	    "<CompleteMultipartUploadResult/>",
	    "<Other><ETag>x</ETag></Other>" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct bulla_cur c = bulla_cur_str(texts[i]);

		cr_assert_eq(s3_parse_completed(&c), i == 0, "%s", texts[i]);
	}
}

struct seen {
	unsigned n;
	struct s3_part part[4];
};

static enum bulla_status
part(void *ctx, const struct s3_part *p, struct bulla_err *err)
{
	struct seen *s = ctx;

	(void)err;
	s->part[s->n++] = *p;
	return s->n == 4 ? BULLA_E_IO : BULLA_OK;
}

static enum bulla_status
parts(const char *xml, struct seen *s, struct s3_page *p)
{
	struct bulla_cur c = bulla_cur_str(xml);

	*s = (struct seen){ .n = 0 };
	*p = (struct s3_page){ .part = part, .ctx = s };
	return s3_parse_page(&c, p, NULL);
}

#define PARTS(x) "<ListPartsResult>" x "</ListPartsResult>"
#define PART(n, e, z) "<Part><PartNumber>" n "</PartNumber><ETag>" e \
    "</ETag><Size>" z "</Size></Part>"

Test(s3_answer, lists_of_parts)
{
	static const char *const bad[] = { "", "<ListBucketResult/>",
	    PARTS(PART("0", "a", "1")), PARTS(PART("10001", "a", "1")),
	    PARTS(PART("01", "a", "1")), PARTS(PART("1", "", "1")),
	    PARTS(PART("1", "\"a", "1")), PARTS(PART("1", "a b", "1")),
	    PARTS(PART("1", "a", "-1")), PARTS(PART("1", "a", "")),
	    PARTS("<Part><ETag>a</ETag></Part>"),
	    PARTS("<Part><PartNumber>1</PartNumber></Part>"),
	    PARTS("<IsTruncated>yes</IsTruncated>"),
	    PARTS("<Part></Part") };
	struct s3_page p;
	struct seen s;

	cr_assert_eq(parts(PARTS("<IsTruncated>true</IsTruncated>"
	    "<NextPartNumberMarker>7</NextPartNumberMarker>"
	    PART("1", "\"ab-c\"", "5") PART("10000", "&quot;x&quot;", "0")),
	    &s, &p), BULLA_OK);
	cr_assert_eq(s.n, 2);
	cr_assert_eq(s.part[0].number, 1);
	cr_assert_eq(s.part[0].size, 5);
	cr_assert_str_eq(s.part[0].etag, "ab-c");
	cr_assert_str_eq(s.part[1].etag, "x");
	cr_assert(p.more);
	cr_assert_str_eq(p.next, "7");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(parts(bad[i], &s, &p), BULLA_E_FORMAT, "%s",
		    bad[i]);
	cr_assert_eq(parts(PARTS(PART("1", "a", "1") PART("2", "a", "1")
	    PART("3", "a", "1") PART("4", "a", "1") PART("5", "a", "1")),
	    &s, &p), BULLA_E_IO, "what the callback says ends it");
}

static enum bulla_status
header(struct s3_resp *a, const char *line)
{
	struct bulla_cur c = bulla_cur_str(line);

	return s3_take_header(a, &c, NULL);
}

#define HEX64 "0123456789abcdef0123456789abcdef" \
    "0123456789abcdef0123456789abcdef"

Test(s3_answer, headers)
{
	struct s3_resp a = S3_RESP_INIT;

	cr_assert_eq(header(&a, "HTTP/1.1 206 X\r\n"), BULLA_OK);
	cr_assert_eq(header(&a, "Content-LENGTH:  12 \r\n"), BULLA_OK);
	cr_assert_eq(header(&a, "ETag: \"ab\"\r\n"), BULLA_OK);
	cr_assert_eq(header(&a, "Content-Range: bytes 3-14/99\r\n"),
	    BULLA_OK);
	cr_assert_eq(header(&a, "x-amz-meta-sha256: " HEX64 "\r\n"),
	    BULLA_OK);
	cr_assert_eq(header(&a, "Retry-After: 9\r\n"), BULLA_OK);
	cr_assert_eq(header(&a, "\r\n"), BULLA_OK);
	cr_assert(a.has_length && a.has_range && a.has_sha256);
	cr_assert_eq(a.length, 12);
	cr_assert_str_eq(a.etag, "ab");
	cr_assert(a.first == 3 && a.last == 14 && a.total == 99);
	cr_assert_eq(a.retry_after, 9);
	cr_assert_eq(a.sha256[0], 0x01);
	cr_assert_eq(header(&a, "HTTP/1.1 200 OK\r\n"), BULLA_OK);
	cr_assert(!a.has_length && !a.has_range && !a.has_sha256);
	cr_assert_str_eq(a.etag, "", "the real answer begins anew");
}

Test(s3_answer, headers_refused)
{
	static const char *const bad[] = { "Content-Length: 1",
	    "Content-Length: x", "Content-Length: -1", "ETag: \"b\"",
	    "Content-Range: bytes 5-4/9", "Content-Range: bytes 5-9/9",
	    "Content-Range: bytes 5-6", "Content-Range: items 5-6/9",
	    "Content-Range: bytes 5-6/*" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct s3_resp a = S3_RESP_INIT;

		cr_assert_eq(header(&a, "Content-Length: 1"), BULLA_OK);
		cr_assert_eq(header(&a, "ETag: \"a\""), BULLA_OK);
		cr_assert_eq(header(&a, bad[i]), BULLA_E_REFUSED, "%s",
		    bad[i]);
	}
}

Test(s3_answer, etags)
{
	static const struct {
		const char *text;
		size_t len;
		bool ok;
	} cases[] = { { "aZ9-_.+/=:", 10, true }, { "", 0, false },
	    { "a b", 3, false }, { "a\"b", 3, false }, { "a\0b", 3, false },
	    { "a<b", 3, false }, { "a&b", 3, false } };
	char longest[S3_ETAG_MAX + 1];
	struct bulla_cur c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c = bulla_cur_of(cases[i].text, cases[i].len);
		cr_assert_eq(s3_etag_ok(&c), cases[i].ok, "%s",
		    cases[i].text);
	}
	memset(longest, 'e', sizeof(longest));
	c = bulla_cur_of(longest, S3_ETAG_MAX);
	cr_assert(s3_etag_ok(&c));
	c.len++;
	cr_assert(!s3_etag_ok(&c));
}

Test(s3_answer, headers_that_say_nothing)
{
	static const char *const none[] = { "ETag: W/\"x\"", "ETag: \"a b\"",
	    "x-amz-meta-sha256: 12", "Retry-After: Mon", "no field" };
	struct s3_resp a = S3_RESP_INIT;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_assert_eq(header(&a, none[i]), BULLA_OK, "%s", none[i]);
	cr_assert_str_eq(a.etag, "");
	cr_assert(!a.has_sha256);
	cr_assert_eq(a.retry_after, 0);
}

Test(s3_answer, refusals)
{
	static const struct {
		unsigned status;
		const char *code, *words;
	} cases[] = { { 404, "NoSuchBucket", "not there (or no longer)" },
	    { 403, "RequestTimeTooSkewed", "our clock" },
	    { 403, "SignatureDoesNotMatch", "access, secret or region" },
	    { 403, "InvalidAccessKeyId", "access, secret or region" },
	    { 301, "PermanentRedirect", "redirects are not followed" },
	    { 400, "Weird", "a thing: the store answered 400 Weird: text" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct s3_resp a = S3_RESP_INIT;
		struct bulla_err err = { 0 };

		a.status = cases[i].status;
		memcpy(a.code, cases[i].code, strlen(cases[i].code) + 1);
		memcpy(a.message, "text", 5);
		cr_assert_eq(s3_refused(&a, "a thing", &err),
		    BULLA_E_REFUSED);
		cr_assert_not_null(strstr(err.msg, cases[i].words), "%s",
		    err.msg);
	}
}
