#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "net/s3_xml.h"

/* The events of a text, a word each: "(Name", "Name=text", ")Name". */
static bool
events(const char *text, char *out, size_t cap)
{
	struct bulla_cur c = bulla_cur_str(text);
	struct xml x;
	struct xml_event e;
	size_t n = 0;

	out[0] = '\0';
	xml_begin(&x, &c);
	for (unsigned i = 0; i < 1000; i++) {
		if (!xml_next(&x, &e))
			return false;
		if (e.kind == XML_END)
			return true;
		n += (size_t)snprintf(out + n, cap - n, "%s%s%.*s%s%.*s",
		    n > 0 ? " " : "", e.kind == XML_OPEN ? "(" :
		    e.kind == XML_CLOSE ? ")" : "", (int)e.name.len,
		    (const char *)e.name.p, e.kind == XML_LEAF ? "=" : "",
		    (int)e.text.len, e.kind == XML_LEAF ?
		    (const char *)e.text.p : "");
	}
	cr_assert_fail("no end");
	return false;
}

Test(s3_xml, documents)
{
	static const char *const good[][2] = {
	    { "<a>x</a>", "a=x" }, { "<a/>", "a=" }, { "<a></a>", "a=" },
	    { "<?xml version='1.0'?>\n<a/>\n", "a=" },
	    { " \r\n\t<a/> ", "a=" }, { "<a b='>' c=\"/>\">x</a >", "a=x" },
	    { "<a><b>1</b><c/></a>", "(a b=1 c= )a" },
	    { "<a>\n <b> 1 </b>\n</a>", "(a b= 1  )a" },
	    { "<a><b><c>1</c></b><b>2</b></a>", "(a (b c=1 )b b=2 )a" },
	    { "<a9>&lt;</a9>", "a9=&lt;" } };
	char out[256];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_assert(events(good[i][0], out, sizeof(out)), "%s",
		    good[i][0]);
		cr_assert_str_eq(out, good[i][1]);
	}
}

Test(s3_xml, refused)
{
	static const char *const bad[] = { "", " ", "x", "<a>", "<a", "<",
	    "</a>", "<a></b>", "<a></a", "<a><b></a></b>", "<a><b/>", "<a> ",
	    "<a/><b/>", "<a/>x", "x<a/>", "<a>x<b/></a>", "<a><b/>x</a>",
	    "<!DOCTYPE a><a/>", "<a><!-- x --></a>", "<a><![CDATA[x]]></a>",
	    "<a><?x?></a>", "<a/><?xml ?>", "<?xml ?><?xml ?><a/>",
	    "<?xml", "<?xml ?a/>", "<9/>", "<a:b/>", "< a/>", "<a / >",
	    "<a b='<'/>", "<a b='x/>", "<a b=<>/>", "<a=b/>",
	    "<a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a>" };
	char out[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert(!events(bad[i], out, sizeof(out)), "%s", bad[i]);
}

Test(s3_xml, depth_and_names)
{
	char out[512], name[XML_NAME_MAX + 8];

	cr_assert(events("<a><a><a><a><a><a><a><a/></a></a></a></a></a></a>"
	    "</a>", out, sizeof(out)));
	name[0] = '<';
	memset(name + 1, 'n', XML_NAME_MAX + 1);
	memcpy(name + XML_NAME_MAX + 1, "/>", 3);
	cr_assert(events(name, out, sizeof(out)));
	memcpy(name + XML_NAME_MAX + 1, "n/>", 4);
	cr_assert(!events(name, out, sizeof(out)));
}

Test(s3_xml, text)
{
	static const char *const bad[] = { "&", "&lt", "&nbsp;", "&#0;",
	    "&#65;", "&lt;&", "12345678" };
	struct bulla_cur c = bulla_cur_str("a&lt;&gt;&amp;&quot;&apos;");
	char out[8];

	cr_assert(xml_text(&c, out, sizeof(out)));
	cr_assert_str_eq(out, "a<>&\"'");
	c = bulla_cur_str("1234567");
	cr_assert(xml_text(&c, out, sizeof(out)));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c = bulla_cur_str(bad[i]);
		cr_assert(!xml_text(&c, out, sizeof(out)), "%s", bad[i]);
	}
	c = bulla_cur_of("a\0b", 3);
	cr_assert(!xml_text(&c, out, sizeof(out)));
}
