#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "net/fetch_int.h"

/* An answer's header, its lines ended by LF, against a part of 100 bytes. */
static enum bulla_status
parse(const char *text, struct head *h)
{
	struct bulla_cur rest = bulla_cur_str(text), line;
	enum bulla_status st = BULLA_OK;

	*h = (struct head){ 0 };
	while (st == BULLA_OK && bulla_cur_line(&rest, &line))
		st = head_line(h, &line, NULL);
	return st;
}

static const struct object known = { .url = "https://h/x", .etag = "\"1\"",
    .has_size = true, .size = 300 };
static const struct object unsized = { .url = "https://h/x",
    .etag = "\"1\"" };
static const struct object dated = { .url = "https://h/x",
    .modified = "Sun, 22 Nov 2026 10:00:00 GMT", .has_size = true,
    .size = 300 };

static enum bulla_status
ask(const char *text, const struct object *o, struct judgement *j)
{
	struct asked q = { .object = o, .at = o != NULL ? 100 : 0,
	    .range = o != NULL };
	struct head h;

	cr_assert_eq(parse(text, &h), BULLA_OK, "%s", text);
	return head_judge(&h, &q, j, NULL);
}

#define OK "HTTP/1.1 200 OK\n"
#define PART "HTTP/1.1 206 Partial Content\n"
#define NONE "HTTP/1.1 416 Range Not Satisfiable\n"

Test(fetch_head, malformed)
{
	static const char *const bad[] = {
		OK "Content-Length: 1\nContent-Length: 1\n",
		OK "Content-Length: -1\n", OK "Content-Length: 1, 1\n",
		OK "Content-Length: 9223372036854775808\n",
		OK "Content-Length:\n",
		OK "ETag: \"1\"\nETag: \"1\"\n",
		OK "ETag: W/\"\"\nETag: \"1\"\n",
		OK "Last-Modified:\n", OK "Date: a\nDate: b\n",
		OK "Transfer-Encoding: gzip\n",
		OK "Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n",
		PART "Content-Range: bytes\n" "Content-Range: bytes 0\n",
		PART "Content-Range: bytes 0-\n",
		PART "Content-Range: bytes 0-1\n",
		PART "Content-Range: bytes 0-1/\n",
		PART "Content-Range: bytes 1-0/2\n",
		PART "Content-Range: bytes 0-1/1\n",
		PART "Content-Range: bytes 0-1/2 \t3\n",
		PART "Content-Range: bytes 00-1/2\n",
		PART "Content-Range: bytes -1-1/2\n",
		PART "Content-Range: bytes 0-9223372036854775807/*\n",
		PART "Content-Range: bytes */*\n",
		PART "Content-Range: bytes 0-1/2\nContent-Range: bytes 0-1/2\n",
	};
	struct head h;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(parse(bad[i], &h), BULLA_E_REFUSED, "%s", bad[i]);
	printf("COUNT fetch-malformed %zu 0\n", sizeof(bad) / sizeof(bad[0]));
}

Test(fetch_head, a_nul_and_an_endless_header)
{
	static const char nul[] = "ETag: \"a\0b\"";
	struct bulla_cur line = bulla_cur_of(nul, sizeof(nul) - 1);
	char big[1000];
	struct head h = { 0 };
	unsigned n = 0;

	cr_assert_eq(head_line(&h, &line, NULL), BULLA_E_REFUSED);
	memset(big, 'a', sizeof(big));
	line = bulla_cur_of(big, sizeof(big));
	while (head_line(&h, &line, NULL) == BULLA_OK)
		cr_assert_lt(++n, 100);
	cr_assert_gt(n, 60);
}

/* A status line begins anew: after "100 Continue" nothing is doubled. */
Test(fetch_head, interim)
{
	struct head h;

	cr_assert_eq(parse("HTTP/1.1 100 Continue\nETag: \"0\"\n" OK
	    "eTaG:  \"1\" \t\nCONTENT-LENGTH: 7\nX-Other: \"\n", &h),
	    BULLA_OK);
	cr_assert_eq(h.status, 200);
	cr_assert_str_eq(h.etag, "\"1\"");
	cr_assert(h.has_length && h.length == 7);
}

Test(fetch_head, versions)
{
	static const char day[] = "Sun, 22 Nov 2026 10:00:0";
	static const struct {
		const char *etag, *modified, *date, *want;
	} row[] = {
		{ "\"1\"", "0", "9", "\"1\"" },
		{ "W/\"1\"", "0", "9", "0" },
		{ "\"a b\"", "0", "9", "0" },
		{ "\"a\"b\"", "0", "9", "0" },
		{ "\"\xff\"", "0", "9", "0" },
		{ "\"", "0", "9", "0" },
		{ "1", "0", "9", "0" },
		{ "W/\"1\"", "9", "9", "" },	/* it may change yet */
		{ "W/\"1\"", "9", "0", "" },
		{ "\"\"", "0", "9", "\"\"" },
	};
	char text[512], want[64];
	struct object o;
	struct head h;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		(void)snprintf(text, sizeof(text), OK "ETag: %s\n"
		    "Last-Modified: %s%s GMT\nDate: %s%s GMT\n", row[i].etag,
		    day, row[i].modified, day, row[i].date);
		cr_assert_eq(parse(text, &h), BULLA_OK, "%s", text);
		head_object(&h, &o);
		(void)snprintf(want, sizeof(want), "%s%s%s",
		    row[i].want[0] == '0' ? day : "", row[i].want,
		    row[i].want[0] == '0' ? " GMT" : "");
		cr_assert_str_eq(object_version(&o), want, "%s", text);
	}
	cr_assert_eq(parse(OK "Last-Modified: yesterday\nDate: today\n", &h),
	    BULLA_OK);
	head_object(&h, &o);
	cr_assert_str_eq(object_version(&o), "");
}

Test(fetch_head, all_of_it)
{
	struct judgement j;

	cr_assert_eq(ask(OK "Content-Length: 7\n", NULL, &j), BULLA_OK);
	cr_assert(j.verdict == V_ALL && j.has_size && j.size == 7 &&
	    j.end == 7 && j.why == NULL);
	cr_assert_eq(ask(OK "Transfer-Encoding: chunked\n", NULL, &j),
	    BULLA_OK);
	cr_assert(j.verdict == V_ALL && !j.has_size && j.end == UINT64_MAX);
	cr_assert_eq(ask(OK "Content-Length: 300\nETag: \"1\"\n", &known, &j),
	    BULLA_OK);
	cr_assert_str_eq(j.why, "the server sends no ranges of it");
	cr_assert_eq(ask(OK "Content-Length: 300\nETag: \"2\"\n", &known, &j),
	    BULLA_OK);
	cr_assert_str_eq(j.why, "the object has changed on the server");
	cr_assert_eq(ask(OK, NULL, &j), BULLA_E_REFUSED);
	cr_assert_eq(ask(OK "Content-Length: 1\nTransfer-Encoding: chunked\n",
	    NULL, &j), BULLA_E_REFUSED);
	cr_assert_eq(ask(OK "Content-Length: 1\nContent-Encoding: br\n", NULL,
	    &j), BULLA_E_REFUSED);
	cr_assert_eq(ask(OK "Content-Length: 1\nContent-Encoding: identity\n",
	    NULL, &j), BULLA_OK);
	cr_assert_eq(ask(PART "Content-Length: 1\nContent-Range: bytes 0-0/1\n",
	    NULL, &j), BULLA_E_REFUSED);
	cr_assert_eq(ask("HTTP/1.1 404 No\n", &known, &j), BULLA_OK);
	cr_assert_eq(j.verdict, V_TEXT);
	cr_assert_eq(ask(NONE, NULL, &j), BULLA_OK);
	cr_assert_eq(j.verdict, V_TEXT);
}

Test(fetch_head, the_rest)
{
	static const struct {
		const char *fields;
		const struct object *o;
		bool good;
	} row[] = {
#define R "Content-Range: bytes "
#define L "Content-Length: "
		{ R "100-299/300\n" L "200\n", &known, true },
		{ R "100-299/300\n" L "200\nETag: \"1\"\n", &known, true },
		{ R "100-299/*\n" L "200\n", &known, true },
		{ R "100-149/300\n" L "50\n", &known, true },	/* less */
		{ R "100-299/300\nTransfer-Encoding: chunked\n", &known,
		    true },
		{ R "100-399/400\n" L "300\n", &unsized, true },
		{ R "100-399/*\n" L "300\n", &unsized, true },
		{ R "100-299/300\n" L "200\n", &dated, true },
		{ R "100-299/300\n" L "200\nETag: \"new\"\nLast-Modified: "
		    "Sun, 22 Nov 2026 10:00:00 GMT\n", &dated, true },
		{ L "200\n", &known, false },
		{ R "100-299/300\n", &known, false },
		{ R "99-299/300\n" L "201\n", &known, false },
		{ R "101-299/300\n" L "199\n", &known, false },
		{ R "0-299/300\n" L "300\n", &known, false },
		{ R "100-299/301\n" L "200\n", &known, false },
		{ R "100-300/*\n" L "201\n", &known, false },
		{ R "100-399/400\n" L "300\n", &known, false },
		{ R "100-299/300\n" L "199\n", &known, false },
		{ R "100-299/300\n" L "201\n", &known, false },
		{ R "100-299/300\n" L "0\n", &known, false },
		{ "Content-Range: items 100-299/300\n" L "200\n", &known,
		    false },
		{ R "100-299/300\n" L "200\nTransfer-Encoding: chunked\n",
		    &known, false },
		{ R "100-299/300\n" L "200\nETag: \"2\"\n", &known, false },
		{ R "100-299/300\n" L "200\nETag: W/\"1\"\n", &known, false },
		{ R "100-299/300\n" L "200\nContent-Type: Multipart/Byteranges"
		    "; boundary=x\n", &known, false },
		{ R "100-299/300\n" L "200\nLast-Modified: "
		    "Sun, 22 Nov 2026 10:00:01 GMT\n", &dated, false },
	};
	struct judgement j;
	char text[512];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		(void)snprintf(text, sizeof(text), PART "%s", row[i].fields);
		cr_assert_eq(ask(text, row[i].o, &j), row[i].good ? BULLA_OK :
		    BULLA_E_AGAIN, "%s", text);
		if (row[i].good)
			cr_assert_eq(j.verdict, V_REST);
	}
	cr_assert_eq(ask(PART R "100-149/400\n" L "50\n", &unsized, &j),
	    BULLA_OK);
	cr_assert(j.has_size && j.size == 400 && j.end == 150);
	cr_assert_eq(ask(PART R "100-149/*\n" L "50\n", &unsized, &j),
	    BULLA_OK);
	cr_assert(!j.has_size && j.end == 150);
	printf("COUNT fetch-ranges %zu 0\n", sizeof(row) / sizeof(row[0]) + 2);
}

/* A part of a body without length may have been all of it. */
Test(fetch_head, nothing_more)
{
	struct judgement j;

	cr_assert_eq(ask(NONE R "*/100\n", &unsized, &j), BULLA_OK);
	cr_assert(j.verdict == V_WHOLE && j.has_size && j.size == 100);
	cr_assert_eq(ask(NONE R "*/99\n", &unsized, &j), BULLA_E_AGAIN);
	cr_assert_eq(ask(NONE, &unsized, &j), BULLA_E_AGAIN);
	cr_assert_eq(ask(NONE R "*/100\nETag: \"2\"\n", &unsized, &j),
	    BULLA_E_AGAIN);
	cr_assert_eq(ask(NONE R "0-99/100\n", &unsized, &j), BULLA_E_AGAIN);
	cr_assert_eq(ask(NONE R "*/100\n", &known, &j), BULLA_E_AGAIN);
}
