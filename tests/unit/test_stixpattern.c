#include <criterion/criterion.h>
#include <string.h>

#include "bulla/buf.h"
#include "bulla/stixpattern.h"

static const char *const good[] = {
	"[ipv4-addr:value = '198.51.100.1']",
	("[ ipv4-addr:value='198.51.100.1/32' OR ipv6-addr:value ISSUBSET "
	    "'2001:db8::/32' ]"),
	"[file:hashes.'SHA-256' = 'aa' AND file:size >= 25]",
	"[file:name LIKE 'foo%' AND NOT_a:b != -1.5]",
	"[file:name NOT MATCHES '^a\\\\.exe$']",
	"[windows-registry-key:values[*].data NOT IN ('a', 'b\\'c', 1)]",
	"[process:opened_connection_refs[0].dst_ref.value <> 'x']",
	"[email-message:sent_time > t'2026-11-22T03:04:05.123Z']",
	"[artifact:payload_bin = b'AAE=' OR artifact:x = h'00Ff']",
	"[a:b = true OR (c:d = false AND e:f < 1)]",
	"[EXISTS file:extensions.'windows-pebinary-ext']",
	"[a:b = 1] AND [c:d = 2] OR [e:f = 3]",
	"([a:b = 1] FOLLOWEDBY [c:d = 2]) WITHIN 600 SECONDS",
	"[a:b = 1] REPEATS 5 TIMES WITHIN 1.5 SECONDS",
	"[a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'",
	"\t[x-ours:a.'b c'[3] == 1]\n",
	"[a:b IN ()]",
};

/* where (column) and what was expected there */
static const struct {
	const char *pattern, *says;
} bad[] = {
	{ "", "column 1: expected \"[\" and a comparison" },
	{ "file:name = 'a'", "column 1: expected \"[\"" },
	{ "[]", "column 2: expected an object path" },
	{ "[file:name = 'a'", "column 17: expected AND, OR or \"]\"" },
	{ "[file:name = \"a\"]", "column 14: expected a value" },
	{ "[file:name = 'a]", "column 17: expected the end of the string" },
	{ "[file:name = 'a\\n']", "column 16: expected \\' or" },
	{ "[file:name 'a']", "column 12: expected =, !=" },
	{ "[file:name = ]", "column 14: expected a value" },
	{ "[file = 'a']", "column 2: expected an object path" },
	{ "[file: name = 'a']", "column 7: expected the name of a property" },
	{ "[file:name. = 'a']", "column 12: expected the name" },
	{ "[a:b[x] = 1]", "column 6: expected a whole number" },
	{ "[a:b[1 = 1]", "column 7: expected \"]\" after the index" },
	{ "[a:b IN 'x']", "column 9: expected a set" },
	{ "[a:b IN ('x' 'y')]", "column 14: expected \",\" or \")\"" },
	{ "[a:b LIKE 5]", "column 11: expected a string" },
	{ "[a:b like 'x']", "column 6: expected =, !=" },
	{ "[a:b = 1 and c:d = 2]", "column 10: expected AND, OR or \"]\"" },
	{ "[a:b = 1] [c:d = 2]", "column 11: expected AND, OR, FOLLOWEDBY" },
	{ "[a:b = 1] AND", "column 14: expected \"[\"" },
	{ "[a:b = 1] ANDROID [c:d = 1]", "column 11: expected AND" },
	{ "[a:b = 1] WITHIN 5", "column 19: expected SECONDS" },
	{ "[a:b = 1] WITHIN -5 SECONDS", "column 18: expected a number above" },
	{ "[a:b = 1] REPEATS 0 TIMES", "column 19: expected a number above 0" },
	{ "[a:b = 1] REPEATS 1.5 TIMES", "column 20: expected TIMES" },
	{ "[a:b = 1] START '2026-01-01T00:00:00Z' STOP t'x'",
	    "column 17: expected a time" },
	{ "[a:b = t'2026-01-01']", "column 8: expected a time" },
	{ "[a:b = t'2026-01-01T00:00:00.Z']", "column 8: expected a time" },
	{ "[a:b = h'0g']", "column 8: expected hexadecimal" },
	{ "[a:b = h'000']", "column 8: expected hexadecimal" },
	{ "[a:b = b'A=A=']", "column 8: expected base64" },
	{ "[a:b = 1.]", "column 10: expected a number" },
	{ "([a:b = 1]", "column 11: expected AND, OR, FOLLOWEDBY or \")\"" },
	{ "[(a:b = 1]", "column 10: expected AND, OR or \")\"" },
	{ "[a:b = 1])", "column 10: expected AND, OR, FOLLOWEDBY" },
	{ "[EXISTS]", "column 8: expected an object path" },
	{ "[a:b = '\x80']", "column 9: expected the end of the string" },
};

Test(stixpattern, good)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct bulla_cur c = bulla_cur_str(good[i]);
		struct bulla_err err = { 0 };

		cr_expect_eq(bulla_stix_pattern(&c, &err), BULLA_OK, "%s: %s",
		    good[i], err.msg);
	}
}

Test(stixpattern, bad)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bulla_cur c = bulla_cur_str(bad[i].pattern);
		struct bulla_err err = { 0 };

		cr_expect_eq(bulla_stix_pattern(&c, &err), BULLA_E_FORMAT,
		    "%s", bad[i].pattern);
		cr_expect_not_null(strstr(err.msg, bad[i].says), "%s: %s",
		    bad[i].pattern, err.msg);
	}
}

Test(stixpattern, nested)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	struct bulla_cur c;

	for (unsigned i = 0; i < BULLA_STIX_NEST_MAX - 2; i++)
		bulla_buf_str(&b, "(");
	bulla_buf_str(&b, "[a:b = 1]");
	for (unsigned i = 0; i < BULLA_STIX_NEST_MAX - 2; i++)
		bulla_buf_str(&b, ")");
	c = bulla_buf_view(&b);
	cr_expect_eq(bulla_stix_pattern(&c, NULL), BULLA_OK);
	bulla_buf_reset(&b);
	for (unsigned i = 0; i < 60000; i++)
		bulla_buf_str(&b, "(");
	c = bulla_buf_view(&b);
	cr_expect_eq(bulla_stix_pattern(&c, NULL), BULLA_E_LIMIT);
	for (unsigned i = 0; i < 10000; i++)
		bulla_buf_str(&b, " ");
	c = bulla_buf_view(&b);
	cr_expect_eq(bulla_stix_pattern(&c, NULL), BULLA_E_LIMIT);
	bulla_buf_free(&b);
}
