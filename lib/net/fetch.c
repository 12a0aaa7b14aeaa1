#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch_int.h"

#include "bulla/field.h"
#include "bulla/text.h"

/*
 * Ask for what is missing, again and again, until the part is as long as the
 * server says that the object is.
 */
static bool
is_whole(const struct bulla_fetch_part *p)
{
	return p->object.has_size && p->at == p->object.size;
}

/* An answer without the object. */
static enum bulla_status
refused(struct get *g, struct bulla_err *err)
{
	unsigned code = g->head.status;
	char shown[256];

	/* The first line of a page says nothing. */
	if (g->a.body.len > 0 && g->a.body.p[0] == '<')
		bulla_buf_reset(&g->a.body);
	if (http_passes(code))
		return http_says(&g->a, BULLA_E_AGAIN, "not now", err);
	if (code >= 300 && code < 400)
		return bulla_fail(err, BULLA_E_REFUSED, "the server answered "
		    "%u and leads to \"%s\": redirects are not followed, ask "
		    "there if you trust it", code,
		    bulla_text_show_str(shown, sizeof(shown),
		    g->head.location));
	return http_says(&g->a, BULLA_E_REFUSED, "the object is not to be had",
	    err);
}

static enum bulla_status
pull(struct get *g, struct bulla_err *err)
{
	struct bulla_fetch_part *p = g->part;
	struct again again = { .c = &g->c->line, .http = g->http };
	enum bulla_status st = BULLA_OK;
	uint64_t best = p->at;

	while (st == BULLA_OK && !is_whole(p)) {
		st = get_do(g, err);
		if (st == BULLA_OK && g->j.verdict == V_TEXT)
			st = refused(g, err);
		if (p->at > best) {
			best = p->at;
			/* A trickle is no progress. */
			if (!g->slow)
				again.failures = 0;
		}
		if (st == BULLA_E_AGAIN)
			st = http_again(&again, g->a.retry_after, err);
	}
	return st;
}

static enum bulla_status
check_url(const char *text, char *out, struct bulla_err *err)
{
	enum bulla_status st = url_object(text, out, err);
	struct bulla_cur c;

	if (st != BULLA_OK)
		return st;
	/* It is kept as a line of FILE.part.info. */
	c = bulla_cur_str(out);
	return bulla_field_value_ok(&c) ? BULLA_OK : bulla_fail(err,
	    BULLA_E_USAGE, "the URL is no plain text: escape it (%%20)");
}

/* What arrived counts after a crash too, however this run ended. */
static enum bulla_status
settle(struct bulla_fetch_part *p, enum bulla_status st,
    struct bulla_err *err)
{
	struct bulla_err second = { 0 };
	enum bulla_status sync = BULLA_OK;

	if (p->at > 0 && (p->durable < p->at || is_whole(p)))
		sync = part_sync(p, &second);
	if (st == BULLA_OK && sync != BULLA_OK) {
		*err = second;
		st = sync;
	}
	return st;
}

static enum bulla_status
run(const struct bulla_fetch_config *c, struct bulla_fetch_part *p,
    struct bulla_fetched *out, struct bulla_err *err)
{
	struct http http = { 0 };
	struct get g = { .c = c, .part = p, .http = &http,
	    .a = HTTP_RESP_INIT };
	char url[HTTP_URL_MAX];
	enum bulla_status st;

	st = check_url(c->line.url, url, err);
	if (st == BULLA_OK)
		st = part_open(p, c, url, err);
	if (st != BULLA_OK)
		return st;
	out->had = p->at;
	if (!is_whole(p)) {
		st = http_open(&http, &c->line, err);
		if (st == BULLA_OK) {
			st = pull(&g, err);
			http_close(&http);
		}
		bulla_buf_free(&g.a.body);
		st = settle(p, st, err);
	}
	out->fd = p->file.fd;
	out->size = p->at;
	out->arrived = g.arrived;
	if (g.restarted)
		out->had = 0;
	out->joined = out->had > 0 || g.joined;
	return st;
}

enum bulla_status
bulla_fetch(const struct bulla_fetch_config *c, struct bulla_fetched *out,
    struct bulla_err *err)
{
	struct bulla_fetch_part *p = malloc(sizeof(*p));
	struct bulla_fetched made = { .fd = -1, .part = p };
	struct bulla_err scratch = { 0 };
	enum bulla_status st;

	if (err == NULL)
		err = &scratch;
	if (p == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	*p = (struct bulla_fetch_part){ .file = BULLA_OUTFILE_INIT };
	st = run(c, p, &made, err);
	if (st == BULLA_OK) {
		*out = made;
		return st;
	}
	part_close(p, p->at == 0);
	free(p);
	return st;
}

static void
let_go(struct bulla_fetched *f, bool drop)
{
	if (f->part != NULL)
		part_close(f->part, drop);
	free(f->part);
	f->part = NULL;
	f->fd = -1;
}

enum bulla_status
bulla_fetched_commit(struct bulla_fetched *f, struct bulla_err *err)
{
	enum bulla_status st = bulla_outfile_commit(&f->part->file, err);

	if (st == BULLA_OK)
		(void)unlink(f->part->info);
	let_go(f, false);
	return st;
}

void
bulla_fetched_drop(struct bulla_fetched *f)
{
	let_go(f, true);
}

void
bulla_fetched_free(struct bulla_fetched *f)
{
	let_go(f, false);
}
