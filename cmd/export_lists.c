#include "export.h"

#include "bulla/enc.h"
#include "bulla/html.h"
#include "bulla/when.h"

/*
 * hashdeep(1), format 1.0. The name stands last, so that a comma in it does no
 * harm, and is relative to the bag: "hashdeep -l -r -a -k LIST data" there.
 */
void
export_hashdeep(struct export_cmd *x)
{
	struct bulla_buf *b = &x->out;

	bulla_buf_str(b, "%%%% HASHDEEP-1.0\n%%%% size,sha256,filename\n"
	    "## made by bulla-export " BULLA_VERSION "\n"
	    "## in the bag: hashdeep -l -r -a -k LIST data\n##\n");
	for (size_t i = 0; i < x->bag.n; i++) {
		const struct export_file *f = &x->bag.v[i];

		bulla_buf_dec(b, f->size);
		bulla_buf_str(b, ",");
		bulla_hex_put(b, f->digest, sizeof(f->digest));
		bulla_buf_str(b, ",");
		bulla_buf_cur(b, &f->path);
		bulla_buf_str(b, "\n");
	}
}

/*
 * Plain text has no character that XML forbids, and bulla_html_str escapes
 * for XML just as well; the backslash of bulla_html_text would be one more.
 */
static void
put_text(struct bulla_buf *b, const struct bulla_cur *v)
{
	for (size_t i = 0; i < v->len; i++) {
		const char one[2] = { (char)v->p[i], '\0' };

		bulla_html_str(b, one);
	}
}

static void
put_element(struct bulla_buf *b, const char *name, const struct bulla_cur *v)
{
	if (v->len == 0)
		return;
	bulla_buf_fmt(b, "    <%s>", name);
	put_text(b, v);
	bulla_buf_fmt(b, "</%s>\n", name);
}

static void
put_time(struct bulla_buf *b, const char *name, const struct bulla_cur *v)
{
	char text[40];

	if (export_time(v, text))
		bulla_buf_fmt(b, "    <%s>%s</%s>\n", name, text, name);
}

static void
put_file(struct bulla_buf *b, const struct export_file *f)
{
	bulla_buf_str(b, "  <fileobject>\n");
	put_element(b, "filename", &f->path);
	bulla_buf_fmt(b, "    <filesize>%llu</filesize>\n",
	    (unsigned long long)f->size);
	put_time(b, "mtime", &f->mtime);
	put_time(b, "ctime", &f->ctime);
	put_time(b, "atime", &f->atime);
	bulla_buf_str(b, "    <hashdigest type=\"sha256\">");
	bulla_hex_put(b, f->digest, sizeof(f->digest));
	bulla_buf_str(b, "</hashdigest>\n  </fileobject>\n");
}

void
export_dfxml(struct export_cmd *x)
{
	const struct bulla_cur exhibit = export_info(&x->bag,
	    "Evid-Exhibit-Id");
	struct bulla_buf *b = &x->out;

	bulla_buf_str(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<dfxml xmlns=\"http://www.forensicswiki.org/wiki/"
	    "Category:Digital_Forensics_XML\"\n"
	    "    xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
	    "version=\"1.2.0\">\n"
	    "  <metadata>\n    <dc:type>File listing</dc:type>\n");
	put_element(b, "dc:identifier", &exhibit);
	bulla_buf_str(b, "  </metadata>\n"
	    "  <creator version=\"1.0\">\n"
	    "    <program>bulla-export</program>\n"
	    "    <version>" BULLA_VERSION "</version>\n  </creator>\n");
	for (size_t i = 0; i < x->bag.n; i++)
		put_file(b, &x->bag.v[i]);
	bulla_buf_str(b, "</dfxml>\n");
}
