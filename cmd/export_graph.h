#ifndef EXPORT_GRAPH_H
#define EXPORT_GRAPH_H

#include <jansson.h>

#include "export.h"

/*
 * Writing a JSON-LD graph of UCO things. Failures of memory stick in
 * graph.bad; NULL values are allowed everywhere, and set it. A json_t that is
 * handed over is taken.
 */
#define ID_TEXT 96u

/* The graph under construction; bad: memory ran out somewhere. */
struct graph {
	struct export_cmd *x;
	json_t *nodes;
	char package[ID_TEXT];		/* @id of the package's file */
	struct bulla_cur exhibit;
	bool bad;
};

/*
 * UCO wants ids that end in a UUID. Of the form of version 4, with bits of a
 * SHA-256 over the package, the kind and the key: the same records give the
 * same ids in every export, on both sides.
 */
void graph_id(const struct graph *g, const char *kind, const void *key,
    size_t len, char out[ID_TEXT]);
void graph_set(struct graph *g, json_t *o, const char *key, json_t *v);
void graph_str(struct graph *g, json_t *o, const char *key, const char *v);
/* Plain text of a note; what is not is escaped. */
json_t *graph_text(const struct bulla_cur *v);
json_t *graph_typed(const char *type, const char *value);
json_t *graph_link(const char *id);
/* One more link in the array under key. */
void graph_add(struct graph *g, json_t *o, const char *key, const char *id);
/* A new node of this id; NULL when the graph has it already. */
json_t *graph_node(struct graph *g, const char *id, const char *type);
void graph_when(struct graph *g, json_t *o, const char *key, int64_t t);
/* A thing that has no more than a name: made once; its id in out. */
void graph_named(struct graph *g, const char *kind, const char *type,
    const struct bulla_cur *name, char out[ID_TEXT]);
/* The facets of a file; file is its id, sum the hex of its SHA-256. */
json_t *graph_content(struct graph *g, const char *file, const char *sum,
    bool encrypted);
json_t *graph_file(struct graph *g, const char *file);
void graph_facets(struct graph *g, json_t *o, json_t *a, json_t *b);

#endif
