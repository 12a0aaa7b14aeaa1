#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bulla/addcp.h"
#include "bulla/checkpoint.h"
#include "bulla/tlogproof.h"

#define EMPTY "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define OTHER "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="
#define NOTE "a.example/log\n1\n" EMPTY "\n\n\xe2\x80\x94 x y\n"

static enum bulla_status
parse(const char *text, struct bulla_checkpoint *out)
{
	struct bulla_cur c = bulla_cur_str(text);

	return bulla_checkpoint_parse(&c, out, NULL);
}

Test(checkpoint, round_trip)
{
	static const char text[] = "a.example/log\n9223372036854775807\n"
	    EMPTY "\n";
	struct bulla_buf b = BULLA_BUF_INIT(1000);
	struct bulla_checkpoint c;

	cr_assert_eq(parse(text, &c), BULLA_OK);
	cr_assert(bulla_cur_is(&c.origin, "a.example/log"));
	cr_assert_eq(c.size, BULLA_TREE_MAX);
	cr_assert_eq(c.root.b[0], 0xe3);
	bulla_checkpoint_put(&b, &c);
	cr_assert_str_eq(bulla_buf_cstr(&b), text);
	bulla_buf_free(&b);
	cr_assert_eq(parse("a\n0\n" EMPTY "\n", &c), BULLA_OK);
	cr_assert_eq(c.size, 0);
}

Test(checkpoint, one_form_only)
{
	static const char *const bad[] = {
		"", "a", "a\n", "a\n0", "a\n0\n", "a\n0\n" EMPTY,
		"\n0\n" EMPTY "\n",			/* no origin */
		"a b\n0\n" EMPTY "\n", "A\n0\n" EMPTY "\n",
		"a\n00\n" EMPTY "\n", "a\n-1\n" EMPTY "\n", "a\n\n" EMPTY "\n",
		"a\n 1\n" EMPTY "\n", "a\n18446744073709551616\n" EMPTY "\n",
		"a\n0\n47DE\n",				/* short root */
		"a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
		"a\n0\n" EMPTY EMPTY "\n", "a\n0\n" EMPTY "\r\n",
		"a\n0\n" EMPTY "\nextension\n",		/* no extensions */
		"a\n0\n" EMPTY "\n\n",
	};
	struct bulla_checkpoint c = { .size = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(parse(bad[i], &c), BULLA_E_FORMAT, "%zu", i);
	cr_assert_eq(parse("a\n9223372036854775808\n" EMPTY "\n", &c),
	    BULLA_E_LIMIT);
	cr_assert_eq(c.size, 77, "nothing is written on failure");
}

static enum bulla_status
proof(const char *text, struct bulla_tlogproof *p)
{
	struct bulla_cur c = bulla_cur_str(text);
	struct bulla_buf b = BULLA_BUF_INIT(2 * BULLA_TLOGPROOF_MAX);
	enum bulla_status st = bulla_tlogproof_parse(&c, p, NULL);

	if (st == BULLA_OK) {
		bulla_tlogproof_put(&b, p);
		cr_assert_str_eq(bulla_buf_cstr(&b), text);
	}
	bulla_buf_free(&b);
	return st;
}

#define V1 "c2sp.org/tlog-proof@v1\n"

Test(tlogproof, good_ones)
{
	struct bulla_tlogproof p;

	cr_assert_eq(proof(V1 "index 0\n\n" NOTE, &p), BULLA_OK);
	cr_assert(p.n_path == 0 && p.extra_len == 0 && p.index == 0);
	cr_assert(bulla_cur_is(&p.checkpoint, NOTE));
	cr_assert_eq(proof(V1 "extra AAEC\nindex 5\n" EMPTY "\n" OTHER
	    "\n\n" NOTE, &p), BULLA_OK);
	cr_assert(p.n_path == 2 && p.extra_len == 3 && p.index == 5);
	cr_assert_eq(p.extra[2], 2);
	cr_assert_eq(p.path[1].b[0], 0x5d);
}

Test(tlogproof, bad_ones)
{
	static const char *const bad[] = {
		"", V1, V1 "index 0\n", V1 "index 0\n\n",
		"c2sp.org/tlog-proof@v2\nindex 0\n\n" NOTE,
		V1 "\n" NOTE, V1 "index\n\n" NOTE, V1 "index 01\n\n" NOTE,
		V1 "index 9223372036854775807\n\n" NOTE, V1 "index 0 \n\n" NOTE,
		V1 "extra \nindex 0\n\n" NOTE, V1 "extra AA\nindex 0\n\n" NOTE,
		V1 "index 0\nextra AAEC\n\n" NOTE,
		V1 "extra AAEC\nextra AAEC\nindex 0\n\n" NOTE,
		V1 "index 0\n" EMPTY, V1 "index 0\n" EMPTY "\n",
		V1 "index 0\nAAEC\n\n" NOTE, V1 "index 0\n" NOTE,
	};
	struct bulla_tlogproof p = { .index = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(proof(bad[i], &p), BULLA_E_FORMAT, "%zu", i);
	cr_assert_eq(p.index, 77, "nothing is written on failure");
}

static enum bulla_status
request(const char *text, struct bulla_addcp *r)
{
	struct bulla_cur c = bulla_cur_str(text);
	struct bulla_buf b = BULLA_BUF_INIT(2 * BULLA_ADDCP_MAX);
	enum bulla_status st = bulla_addcp_parse(&c, r, NULL);

	if (st == BULLA_OK) {
		bulla_addcp_put(&b, r);
		cr_assert_str_eq(bulla_buf_cstr(&b), text);
	}
	bulla_buf_free(&b);
	return st;
}

Test(addcp, good_and_bad)
{
	static const char *const bad[] = {
		"", "old", "old \n\n" NOTE, "old 0\n", "old 0\n\n",
		"old 01\n\n" NOTE, "old -1\n\n" NOTE, "Old 0\n\n" NOTE,
		"old 9223372036854775808\n\n" NOTE, "old 0\nAAEC\n\n" NOTE,
		"old 0\n" EMPTY "\n", "0\n\n" NOTE,
	};
	struct bulla_addcp r = { .old = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(request(bad[i], &r), BULLA_E_FORMAT, "%zu", i);
	cr_assert_eq(r.old, 77, "nothing is written on failure");
	cr_assert_eq(request("old 0\n\n" NOTE, &r), BULLA_OK);
	cr_assert_eq(request("old 3\n" EMPTY "\n\n" NOTE, &r), BULLA_OK);
	cr_assert(r.old == 3 && r.n_path == 1);
	cr_assert(bulla_cur_is(&r.checkpoint, NOTE));
}

/* As many hashes as a tree can need, not one more. */
Test(addcp, path_is_bounded)
{
	for (unsigned n = BULLA_PATH_MAX; n <= BULLA_PATH_MAX + 1; n++) {
		struct bulla_buf b = BULLA_BUF_INIT(10000);
		struct bulla_tlogproof p;
		struct bulla_addcp r;

		bulla_buf_str(&b, "old 1\n");
		for (unsigned i = 0; i < n; i++)
			bulla_buf_str(&b, EMPTY "\n");
		bulla_buf_str(&b, "\n" NOTE);
		cr_assert_eq(request(bulla_buf_cstr(&b), &r),
		    n == BULLA_PATH_MAX ? BULLA_OK : BULLA_E_LIMIT);
		bulla_buf_reset(&b);
		bulla_buf_str(&b, V1 "index 1\n");
		for (unsigned i = 0; i < n; i++)
			bulla_buf_str(&b, EMPTY "\n");
		bulla_buf_str(&b, "\n" NOTE);
		cr_assert_eq(proof(bulla_buf_cstr(&b), &p),
		    n == BULLA_PATH_MAX ? BULLA_OK : BULLA_E_LIMIT);
		bulla_buf_free(&b);
	}
}

Test(addcp, length_is_bounded)
{
	struct bulla_buf b = BULLA_BUF_INIT(300000);
	struct bulla_tlogproof p;
	struct bulla_addcp r;
	struct bulla_cur c;

	bulla_buf_str(&b, "old 1\n\n");
	while (b.len < 70000)
		bulla_buf_str(&b, "x");
	c = bulla_buf_view(&b);
	cr_assert_eq(bulla_addcp_parse(&c, &r, NULL), BULLA_E_LIMIT);
	bulla_buf_reset(&b);
	bulla_buf_str(&b, V1 "index 1\n\n");
	while (b.len < 70000)
		bulla_buf_str(&b, "x");
	c = bulla_buf_view(&b);
	cr_assert_eq(bulla_tlogproof_parse(&c, &p, NULL), BULLA_E_LIMIT);
	while (b.len < BULLA_ADDCP_MAX + 1)
		bulla_buf_str(&b, "x");
	c = bulla_buf_view(&b);
	cr_assert_eq(bulla_addcp_parse(&c, &r, NULL), BULLA_E_LIMIT);
	cr_assert_eq(bulla_tlogproof_parse(&c, &p, NULL), BULLA_E_LIMIT);
	bulla_buf_free(&b);
}
