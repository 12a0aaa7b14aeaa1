#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/bag.h"

static enum bulla_status
add(const char *s)
{
	struct bulla_baginfo i = { { 0 } };
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_baginfo_add(&i, s, &err);

	if (st != BULLA_OK)
		cr_expect(err.msg[0] != '\0' && i.text.len == 0);
	bulla_baginfo_free(&i);
	return st;
}

Test(baginfo, labels_and_values)
{
	static const char *const good[] = {
		"Contact-Name=A. Nonymous", "a=b=c", "x y=z: w", "a=#",
		"\xc3\xa4=\xe4\xb8\xad", "Payload-Oxum-2=1",
		"PayloadMOxum=1",
	};
	static const char *const bad[] = {
		"", "a", "=b", "a=", " a=b", "a =b", "a= b", "a=b ", "a:b=c",
		"a\n=b", "a=b\nc", "a=\x1b[2J", "a=\xff", "a=\xe2\x80\xae",
		"#a=b", "Payload-Oxum=1.1", "payload-oxum=1.1",
		"BAGGING-DATE=2026-11-22", "Bag-Size=1 GB",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect_eq(add(good[i]), BULLA_OK, "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(add(bad[i]), BULLA_E_USAGE, "row %zu", i);
}

Test(baginfo, limits)
{
	static char s[9000];
	struct bulla_baginfo i = { { 0 } };
	struct bulla_err err = { 0 };
	int n = 0;

	memset(s, 'x', 258);
	s[255] = '=';
	cr_assert_eq(add(s), BULLA_OK);
	s[255] = 'x';
	s[256] = '=';
	cr_assert_eq(add(s), BULLA_E_USAGE);
	memset(s, 'v', sizeof(s));
	memcpy(s, "l=", 2);
	s[2 + 8192] = '\0';
	cr_assert_eq(add(s), BULLA_OK);
	while (bulla_baginfo_add(&i, s, NULL) == BULLA_OK)
		n++;
	cr_assert_eq(n, 7);
	cr_assert_eq(bulla_baginfo_add(&i, s, &err), BULLA_E_LIMIT);
	cr_assert_str_eq(err.msg, "bag-info.txt: over 65408 bytes");
	bulla_baginfo_free(&i);
	s[2 + 8192] = 'v';
	s[3 + 8192] = '\0';
	cr_assert_eq(add(s), BULLA_E_USAGE);
}

static enum bulla_status
lines(const char *text, const char *want, struct bulla_err *err)
{
	struct bulla_baginfo i = { { 0 } };
	struct bulla_cur c = bulla_cur_str(text);
	enum bulla_status st = bulla_baginfo_add_lines(&i, &c, err);

	if (want != NULL)
		cr_expect_str_eq(bulla_buf_cstr(&i.text), want);
	bulla_baginfo_free(&i);
	return st;
}

Test(baginfo, lines_of_a_file)
{
	struct bulla_err err = { 0 };

	cr_assert_eq(lines("# who\n\nA: b\nC:  d: e \nF:g", "A: b\nC: d: e\n"
	    "F: g\n", &err), BULLA_OK);
	cr_assert_eq(lines("A: b\nnonsense\n", NULL, &err), BULLA_E_USAGE);
	cr_assert_eq(strncmp(err.msg, "line 2: ", 8), 0, "%s", err.msg);
	cr_assert_eq(lines("A: b\r\n", NULL, &err), BULLA_E_USAGE);
	cr_assert(strstr(err.msg, "carriage return") != NULL);
	cr_assert_eq(lines("A: b\n c\n", NULL, &err), BULLA_E_USAGE);
	cr_assert(strstr(err.msg, "begins with white space") != NULL);
	cr_assert_eq(lines("A: b\n\tc\n", NULL, &err), BULLA_E_USAGE);
	cr_assert(strstr(err.msg, "begins with white space") != NULL);
	cr_assert_eq(lines("A:\n", NULL, &err), BULLA_E_USAGE);
	cr_assert_eq(lines(": x\n", NULL, &err), BULLA_E_USAGE);
	cr_assert_eq(lines("\xef\xbb\xbf" "A: b\n", NULL, &err),
	    BULLA_E_USAGE);
	cr_assert_eq(lines("Payload-Oxum: 1.1\n", NULL, &err),
	    BULLA_E_USAGE);
}

#define END "Bagging-Date: 2023-11-14\nPayload-Oxum: 12.3\n"

Test(baginfo, put_and_parse)
{
	struct bulla_baginfo i = { { 0 } };
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_BAGINFO_MAX);
	struct bulla_cur text;
	uint64_t bytes = 0, files = 0;

	cr_assert_eq(bulla_baginfo_add(&i, "A=b", NULL), BULLA_OK);
	bulla_baginfo_put(&b, &i, 1700000000, UINT64_MAX, 3);
	text = bulla_buf_view(&b);
	cr_assert_eq(bulla_baginfo_parse(&text, &bytes, &files, NULL),
	    BULLA_OK);
	cr_assert_eq(bytes, UINT64_MAX);
	cr_assert_eq(files, 3);
	cr_assert_str_eq(bulla_buf_cstr(&b), "A: b\n"
	    "Bagging-Date: 2023-11-14\n"
	    "Payload-Oxum: 18446744073709551615.3\n");
	bulla_buf_free(&b);
	bulla_baginfo_free(&i);
}

Test(baginfo, parse_takes_one_form)
{
	static const char *const bad[] = {
		"", "A: b\n", "A: b\n" "Bagging-Date: 2023-11-14\n",
		"Payload-Oxum: 1.1\n", END "A: b\n", END END,
		"Payload-Oxum: 1.1\n" END, "payload-oxum: 1.1\n" END,
		"Bag-Size: 1\n" END,
		"Bag-Size: 2023-11-14\nPayload-Oxum: 1.1\n",
		"Payload-Oxum: 2023-11-14\nPayload-Oxum: 1.1\n",
		"Payload-Oxum: 1.1\nBagging-Date: 2023-11-14\n",
		"Bagging-Date: 2023-02-29\nPayload-Oxum: 1.1\n",
		"Bagging-Date: 2023-11-14T\nPayload-Oxum: 1.1\n",
		"Bagging-Date: 2023-11-14\nPayload-Oxum: 1.1",
		"Bagging-Date: 2023-11-14\nPayload-Oxum: 01.1\n",
		"Bagging-Date: 2023-11-14\nPayload-Oxum: 1\n",
		"Bagging-Date: 2023-11-14\nPayload-Oxum: 1.\n",
		"Bagging-Date: 2023-11-14\nPayload-Oxum: .1\n",
		"Bagging-Date: 2023-11-14\nPayload-Oxum: -1.1\n",
		"Bagging-Date: 2023-11-14\nPayload-Oxum: 1.1.1\n",
		"Bagging-Date: 2023-11-14\n"
		"Payload-Oxum: 18446744073709551616.1\n",
		"Bagging-Date: 2023-11-14\nPayload-oxum: 1.1\n",
		"A:b\n" END, "A : b\n" END, "A:  b\n" END, "A: b \n" END,
		"A: b\r\n" END, " A: b\n" END, "A: b\n c\n" END, "\n" END,
		"# c\n" END, "\xef\xbb\xbf" END, "A: \x1b\n" END,
		": b\n" END, "A: \n" END,
	};
	uint64_t bytes, files;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bulla_cur c = bulla_cur_str(bad[i]);

		cr_expect_eq(bulla_baginfo_parse(&c, &bytes, &files, NULL),
		    BULLA_E_FORMAT, "row %zu", i);
	}
}

Test(baginfo, parse_has_a_limit)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	uint64_t bytes, files;
	struct bulla_cur c;

	while (b.len <= BULLA_BAGINFO_MAX)
		bulla_buf_str(&b, "A: b\n");
	bulla_buf_str(&b, END);
	c = bulla_buf_view(&b);
	cr_assert_eq(bulla_baginfo_parse(&c, &bytes, &files, NULL),
	    BULLA_E_LIMIT);
	bulla_buf_free(&b);
}
