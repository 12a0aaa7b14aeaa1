#include <stdio.h>
#include <string.h>

#include "export_graph.h"

#include "bulla/enc.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define TEXT_MAX (1u << 20)

void
graph_id(const struct graph *g, const char *kind, const void *key, size_t len,
    char out[ID_TEXT])
{
	struct bulla_buf b = BULLA_BUF_INIT(TEXT_MAX);
	uint8_t h[BULLA_SHA256_LEN];
	char hex[65];

	bulla_buf_fmt(&b, "%s %s ", g->x->p.id, kind);
	bulla_buf_put(&b, key, len);
	bulla_sha256(b.p, b.len, h);
	bulla_buf_free(&b);
	h[6] = (uint8_t)((h[6] & 0x0f) | 0x40);
	h[8] = (uint8_t)((h[8] & 0x3f) | 0x80);
	bulla_hex(hex, h, 16);
	(void)snprintf(out, ID_TEXT, "kb:%s-%.8s-%.4s-%.4s-%.4s-%.12s", kind,
	    hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

void
graph_set(struct graph *g, json_t *o, const char *key, json_t *v)
{
	if (json_object_set_new(o, key, v) != 0)
		g->bad = true;
}

void
graph_str(struct graph *g, json_t *o, const char *key, const char *v)
{
	graph_set(g, o, key, json_string(v));
}

json_t *
graph_text(const struct bulla_cur *v)
{
	struct bulla_buf b = BULLA_BUF_INIT(TEXT_MAX);
	json_t *s = json_stringn((const char *)v->p, v->len);

	if (s == NULL) {
		bulla_text_escape(&b, v);
		s = json_stringn((const char *)b.p, b.len);
		bulla_buf_free(&b);
	}
	return s;
}

json_t *
graph_typed(const char *type, const char *value)
{
	return json_pack("{s:s, s:s}", "@type", type, "@value", value);
}

json_t *
graph_link(const char *id)
{
	return json_pack("{s:s}", "@id", id);
}

void
graph_add(struct graph *g, json_t *o, const char *key, const char *id)
{
	json_t *a = json_object_get(o, key);

	if (a == NULL) {
		a = json_array();
		graph_set(g, o, key, a);
	}
	if (json_array_append_new(a, graph_link(id)) != 0)
		g->bad = true;
}

json_t *
graph_node(struct graph *g, const char *id, const char *type)
{
	const char *there;
	json_t *o;
	size_t i;

	json_array_foreach(g->nodes, i, o) {
		there = json_string_value(json_object_get(o, "@id"));
		if (there != NULL && strcmp(there, id) == 0)
			return NULL;
	}
	o = json_pack("{s:s, s:s}", "@id", id, "@type", type);
	if (json_array_append_new(g->nodes, o) != 0)
		g->bad = true;
	return o;
}

void
graph_when(struct graph *g, json_t *o, const char *key, int64_t t)
{
	char s[BULLA_WHEN_LEN + 1];

	bulla_when_text(t, s);
	graph_set(g, o, key, graph_typed("xsd:dateTime", s));
}

void
graph_named(struct graph *g, const char *kind, const char *type,
    const struct bulla_cur *name, char out[ID_TEXT])
{
	json_t *o;

	graph_id(g, kind, name->p, name->len, out);
	o = graph_node(g, out, type);
	if (o != NULL)
		graph_set(g, o, "uco-core:name", graph_text(name));
}

json_t *
graph_content(struct graph *g, const char *file, const char *sum,
    bool encrypted)
{
	char id[ID_TEXT], hash[ID_TEXT];

	graph_id(g, "content-data-facet", file, strlen(file), id);
	graph_id(g, "hash", file, strlen(file), hash);
	return json_pack("{s:s, s:s, s:b, s:[{s:s, s:s, s:s, s:o}]}",
	    "@id", id, "@type", "uco-observable:ContentDataFacet",
	    "uco-observable:isEncrypted", encrypted, "uco-observable:hash",
	    "@id", hash, "@type", "uco-types:Hash", "uco-types:hashMethod",
	    "SHA256", "uco-types:hashValue", graph_typed("xsd:hexBinary", sum));
}

json_t *
graph_file(struct graph *g, const char *file)
{
	char id[ID_TEXT];

	graph_id(g, "file-facet", file, strlen(file), id);
	return json_pack("{s:s, s:s}", "@id", id, "@type",
	    "uco-observable:FileFacet");
}

void
graph_facets(struct graph *g, json_t *o, json_t *a, json_t *b)
{
	json_t *list = json_pack("[o]", a);

	if (b != NULL && json_array_append_new(list, b) != 0)
		g->bad = true;
	graph_set(g, o, "uco-core:hasFacet", list);
}
