#include <criterion/criterion.h>
#include <string.h>

#include "bulla/html.h"

static void
expect(const char *text, size_t len, const char *want)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 16);
	struct bulla_cur c = bulla_cur_of(text, len);

	bulla_html_text(&b, &c);
	cr_assert_not_null(bulla_buf_cstr(&b));
	cr_expect_str_eq((char *)b.p, want);
	bulla_buf_free(&b);
}

Test(html, text)
{
	expect("plain \xc3\xa9", 8, "plain \xc3\xa9");
	expect("<b onclick=\"x('&')\">", 20,
	    "&lt;b onclick=&quot;x(&#39;&amp;&#39;)&quot;&gt;");
	/* what would end a comment, a tag, a line; what is no text at all */
	expect("--></script>", 12, "--&gt;&lt;/script&gt;");
	expect("a\nb\0c", 5, "a\\x0ab\\x00c");
	expect("\xe2\x80\xae" "cod", 6, "\\xe2\\x80\\xae" "cod");
	expect("\xff<", 2, "\\xff&lt;");
	expect("a\\b", 3, "a\\\\b");
	expect("", 0, "");
}

Test(html, limits)
{
	struct bulla_buf b = BULLA_BUF_INIT(8);
	struct bulla_cur c = bulla_cur_str("<<<<");

	bulla_html_text(&b, &c);
	cr_expect_eq(bulla_buf_status(&b), BULLA_E_LIMIT);
	bulla_buf_free(&b);
}

Test(html, page)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 16);

	bulla_html_begin(&b, "<title> & more", "p { color: red }\n");
	bulla_html_str(&b, "a < b\n\\");
	bulla_html_end(&b);
	cr_assert_not_null(bulla_buf_cstr(&b));
	cr_expect_not_null(strstr((char *)b.p,
	    "<title>&lt;title&gt; &amp; more</title>"));
	cr_expect_not_null(strstr((char *)b.p, "default-src 'none'"));
	cr_expect_not_null(strstr((char *)b.p, "a &lt; b\n\\</body>"));
	bulla_buf_free(&b);
}
