#include <stdio.h>
#include <string.h>

#include "export_graph.h"

#include "bulla/enc.h"
#include "bulla/when.h"

#define TEXT_MAX (1u << 20)

static const char context[] =
"{ \"kb\": \"urn:bulla:\","
"  \"case-investigation\":"
"    \"https://ontology.caseontology.org/case/investigation/\","
"  \"uco-action\": \"https://ontology.unifiedcyberontology.org/uco/action/\","
"  \"uco-core\": \"https://ontology.unifiedcyberontology.org/uco/core/\","
"  \"uco-identity\":"
"    \"https://ontology.unifiedcyberontology.org/uco/identity/\","
"  \"uco-location\":"
"    \"https://ontology.unifiedcyberontology.org/uco/location/\","
"  \"uco-observable\":"
"    \"https://ontology.unifiedcyberontology.org/uco/observable/\","
"  \"uco-tool\": \"https://ontology.unifiedcyberontology.org/uco/tool/\","
"  \"uco-types\": \"https://ontology.unifiedcyberontology.org/uco/types/\","
"  \"xsd\": \"http://www.w3.org/2001/XMLSchema#\" }";

static void
put_package(struct graph *g)
{
	const char *id = g->x->p.id;
	char name[BULLA_ID_LEN + 8], hex[65];
	struct bulla_cur sum;
	json_t *o, *file, *content = NULL;

	graph_id(g, "package", id, strlen(id), g->package);
	o = graph_node(g, g->package, "uco-observable:File");
	(void)snprintf(name, sizeof(name), "%s.bulla", id);
	file = graph_file(g, g->package);
	graph_str(g, file, "uco-observable:fileName", name);
	if (custody_sum(&g->x->p, &sum) && sum.len < sizeof(hex)) {
		(void)snprintf(hex, sizeof(hex), "%.*s", (int)sum.len,
		    (const char *)sum.p);
		content = graph_content(g, g->package, hex, true);
	}
	graph_facets(g, o, file, content);
}

static void
put_file(struct graph *g, const struct export_file *f, json_t *record)
{
	struct bulla_cur rest = f->path, name = rest, part;
	char id[ID_TEXT], hex[65], at[40];
	json_t *o, *file;

	while (bulla_cur_until(&rest, '/', &part))
		name = rest;
	graph_id(g, "file", f->path.p, f->path.len, id);
	o = json_pack("{s:s, s:s}", "@id", id, "@type", "uco-observable:File");
	if (json_array_append_new(g->nodes, o) != 0)
		g->bad = true;
	file = graph_file(g, id);
	graph_set(g, file, "uco-observable:fileName", graph_text(&name));
	graph_set(g, file, "uco-observable:filePath", graph_text(&f->path));
	graph_set(g, file, "uco-observable:sizeInBytes",
	    json_integer((json_int_t)f->size));
	if (export_time(&f->mtime, at))
		graph_set(g, file, "uco-observable:modifiedTime",
		    graph_typed("xsd:dateTime", at));
	bulla_hex(hex, f->digest, sizeof(f->digest));
	graph_facets(g, o, file, graph_content(g, id, hex, false));
	graph_add(g, record, "uco-core:object", id);
}

/* Who acts: the officer at the agency, else the agency's machine. */
static void
put_performer(struct graph *g, json_t *action, const struct bulla_custody *c)
{
	struct bulla_buf b = BULLA_BUF_INIT(TEXT_MAX);
	struct bulla_cur name;
	char id[ID_TEXT];

	if (c->officer.len > 0) {
		bulla_buf_cur(&b, &c->officer);
		bulla_buf_str(&b, " (");
		bulla_buf_cur(&b, &c->actor);
		bulla_buf_str(&b, ")");
	} else {
		bulla_buf_cur(&b, &c->actor);
	}
	name = bulla_buf_view(&b);
	graph_named(g, "identity", c->officer.len > 0 ? "uco-identity:Person" :
	    "uco-identity:Organization", &name, id);
	graph_set(g, action, "uco-action:performer", graph_link(id));
	bulla_buf_free(&b);
}

/* What the note says, and the three times apart. */
static json_t *
describe(struct graph *g, const struct bulla_chain_step *s)
{
	struct bulla_buf b = BULLA_BUF_INIT(TEXT_MAX);
	int64_t proved = custody_time(&g->x->k, s);
	char at[BULLA_WHEN_LEN + 1];
	struct bulla_err err = { 0 };
	struct bulla_cur text;
	struct bulla_tsp t;
	json_t *v;

	custody_words(&b, &g->x->p, s->l);
	bulla_when_text(s->l->c.time, at);
	bulla_buf_fmt(&b, "\nClaimed %s", at);
	if (proved > 0)
		bulla_when_text(proved, at);
	bulla_buf_fmt(&b, "; cosigned %s", proved > 0 ? at : "not yet");
	if (custody_stamped(&g->x->k, &g->x->p, s, &t, &err) == BULLA_OK) {
		bulla_when_text(t.time, at);
		bulla_buf_fmt(&b, "; timestamped %s by %s", at, t.signer);
	}
	bulla_buf_str(&b, "\nNote sha256 ");
	bulla_hex_put(&b, s->l->digest, 32);
	text = bulla_buf_view(&b);
	v = graph_text(&text);
	bulla_buf_free(&b);
	return v;
}

static void
action_id(const struct graph *g, const uint8_t digest[32], char out[ID_TEXT])
{
	graph_id(g, "action", digest, 32, out);
}

/* The note before in its chain, and those that the note names. */
static void
put_informed(struct graph *g, json_t *action, const struct bulla_custody *c)
{
	static const char *const labels[] = { "relinquish", "note" };
	const struct custody_pair *p = &g->x->p;
	struct bulla_cur v;
	uint8_t digest[3][32];
	size_t n = 0;
	char id[ID_TEXT];

	if (c->has_previous)
		memcpy(digest[n++], c->previous, 32);
	for (size_t i = 0; i < 2; i++) {
		if (bulla_custody_get(c, labels[i], &v) &&
		    bulla_hex_decode(&v, digest[n], 32))
			n++;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < p->n_steps; k++) {
			if (memcmp(p->step[k].l->digest, digest[i], 32) != 0)
				continue;
			action_id(g, digest[i], id);
			graph_add(g, action,
			    "case-investigation:wasInformedBy", id);
		}
	}
}

static void
put_record(struct graph *g, json_t *action, const struct bulla_link *l)
{
	char id[ID_TEXT];
	json_t *r;

	graph_id(g, "provenance-record", l->digest, 32, id);
	r = graph_node(g, id, "case-investigation:ProvenanceRecord");
	if (r == NULL)
		return;
	graph_set(g, r, "case-investigation:exhibitNumber",
	    graph_text(&g->exhibit));
	graph_add(g, r, "uco-core:object", g->package);
	graph_set(g, action, "uco-action:result", json_pack("[o]",
	    graph_link(id)));
	if (!bulla_cur_is(&l->c.event, "seal"))
		return;
	for (size_t i = 0; i < g->x->bag.n; i++)
		put_file(g, &g->x->bag.v[i], r);
}

static void
put_action(struct graph *g, json_t *investigation,
    const struct bulla_chain_step *s)
{
	const struct bulla_custody *c = &s->l->c;
	char id[ID_TEXT], other[ID_TEXT];
	struct bulla_cur tool;
	json_t *a;

	action_id(g, s->l->digest, id);
	a = graph_node(g, id, "case-investigation:InvestigativeAction");
	if (a == NULL)
		return;
	graph_add(g, investigation, "uco-core:object", id);
	graph_set(g, a, "uco-core:name", graph_text(&c->event));
	graph_set(g, a, "uco-core:description", describe(g, s));
	graph_when(g, a, "uco-action:startTime", c->time);
	graph_when(g, a, "uco-action:endTime", c->time);
	graph_add(g, a, "uco-action:object", g->package);
	put_performer(g, a, c);
	if (!bulla_custody_get(c, "tool", &tool))
		tool = bulla_cur_str("bulla " BULLA_VERSION);
	graph_named(g, "tool", "uco-tool:Tool", &tool, other);
	graph_set(g, a, "uco-action:instrument", json_pack("[o]",
	    graph_link(other)));
	if (c->place.len > 0) {
		graph_named(g, "location", "uco-location:Location", &c->place,
		    other);
		graph_set(g, a, "uco-action:location", json_pack("[o]",
		    graph_link(other)));
	}
	put_informed(g, a, c);
	put_record(g, a, s->l);
	if (c->authority.len == 0)
		return;
	graph_id(g, "authorization", c->authority.p, c->authority.len, other);
	a = graph_node(g, other, "case-investigation:Authorization");
	if (a == NULL)
		return;
	graph_set(g, a, "case-investigation:authorizationIdentifier",
	    graph_text(&c->authority));
	graph_add(g, investigation, "case-investigation:relevantAuthorization",
	    other);
}

/* What a case is called, where whoever reads the graph cannot overlook it. */
static json_t *
investigation_name(const struct graph *g, const struct bulla_cur *name)
{
	struct bulla_buf b = BULLA_BUF_INIT(TEXT_MAX);
	struct bulla_cur text;
	json_t *v;

	bulla_buf_str(&b, g->x->p.exercise ? "EXERCISE, no evidence: " : "");
	bulla_buf_cur(&b, name);
	text = bulla_buf_view(&b);
	v = graph_text(&text);
	bulla_buf_free(&b);
	return v;
}

/* What does not hold, and what was not looked at: the graph cannot say it. */
static void
put_doubts(struct graph *g, json_t *investigation)
{
	const struct bulla_cur findings = bulla_buf_view(&g->x->p.findings);
	struct bulla_buf b = BULLA_BUF_INIT(TEXT_MAX);
	struct bulla_cur text;

	if (g->x->k.m.h.trust == NULL)
		bulla_buf_str(&b, EXPORT_UNVERIFIED "\n");
	bulla_buf_cur(&b, &findings);
	text = bulla_buf_view(&b);
	if (text.len > 0)
		graph_set(g, investigation, "uco-core:description",
		    graph_text(&text));
	g->bad = g->bad || bulla_buf_status(&b) != BULLA_OK;
	bulla_buf_free(&b);
}

static void
put_all(struct graph *g)
{
	const struct bulla_cur number = export_info(&g->x->bag,
	    "Evid-Case-Id");
	const struct bulla_cur id = bulla_cur_str(g->x->p.id);
	char key[ID_TEXT];
	json_t *o;

	g->exhibit = export_info(&g->x->bag, "Evid-Exhibit-Id");
	if (g->exhibit.len == 0)
		g->exhibit = id;
	graph_id(g, "investigation", id.p, id.len, key);
	o = graph_node(g, key, "case-investigation:Investigation");
	graph_set(g, o, "uco-core:name", investigation_name(g,
	    number.len > 0 ? &number : &id));
	put_doubts(g, o);
	put_package(g);
	for (size_t i = 0; i < g->x->p.n_steps; i++)
		put_action(g, o, &g->x->p.step[i]);
}

static int
to_buf(const char *p, size_t n, void *ctx)
{
	struct bulla_buf *b = ctx;

	bulla_buf_put(b, p, n);
	return bulla_buf_status(b) == BULLA_OK ? 0 : -1;
}

int
export_case(struct export_cmd *x)
{
	struct graph g = { .x = x, .nodes = json_array() };
	json_t *all = json_pack("{s:o, s:O}", "@context", json_loads(context,
	    0, NULL), "@graph", g.nodes);
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;

	if (all != NULL)
		put_all(&g);
	if (all == NULL || g.bad || json_dump_callback(all, to_buf, &x->out,
	    JSON_INDENT(2)) != 0)
		st = bulla_fail(&err, BULLA_E_NOMEM, "no memory for the graph");
	bulla_buf_str(&x->out, "\n");
	json_decref(all);
	json_decref(g.nodes);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&x->k.c, NULL, st, &err);
}
