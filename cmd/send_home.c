#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "send_home.h"

#include "bulla/field.h"
#include "bulla/file.h"
#include "bulla/receive.h"

#define RECEIPT_ROLES (BULLA_ROLE_RECEIVER | BULLA_ROLE_CUSTODIAN)

static int
load_key(struct send_home *h, const char *path, struct bulla_signer *out)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_signer_load(path, &h->c->ask, out, &err);

	return st == BULLA_OK ? CMD_YES : cmd_fail(h->c, NULL, st, &err);
}

static int
load_keys(struct send_home *h, const char *custodian)
{
	const char *path = cmd_home_key(&h->m, "witness.key");
	int code = CMD_YES;

	if (path != NULL)
		code = load_key(h, path, &h->witness);
	if (code != CMD_YES)
		return code;
	if (path != NULL)
		h->x.witness = &h->witness;
	h->cosigns = path != NULL;
	if (path == NULL && h->demanded)
		return cmd_usage(h->c, "--cosign: there is no witness key "
		    "(keys/witness.key) in the home");
	if (path == NULL)
		cmd_say(h->c, "no keys/witness.key in the home: nothing is "
		    "cosigned");
	if (custodian == NULL)
		custodian = cmd_home_key(&h->m, "custodian.key");
	if (custodian == NULL) {
		cmd_verbose(h->c, "no keys/custodian.key in the home: custody "
		    "is not handed over");
		return CMD_YES;
	}
	if (h->streams)
		return cmd_usage(h->c, "--no-spool: the custodian signs for a "
		    "package whose seal is known, and a stream's is not: "
		    "leave --no-spool away");
	h->has_custodian = true;
	return load_key(h, custodian, &h->custodian);
}

int
send_home_open(struct send_home *h, struct cmd *c, const char *custodian)
{
	int code;

	h->c = c;
	code = cmd_home_open(&h->m, c);
	if (code != CMD_YES)
		return code;
	if (c->known.n == 0 && h->m.h.trust == NULL)
		return cmd_usage(c, "whose receipt is trusted? Give the "
		    "receiver's key with -k or -K, or a home with rosters "
		    "(bulla-trust), or --no-receipt");
	code = cmd_home_known(&h->m, RECEIPT_ROLES, "the receiver's",
	    &h->known, NULL);
	if (code != CMD_YES)
		return code;
	h->judged = c->known.n == 0;
	h->x.home = &h->m.h;
	h->exchange = h->judged && !h->carrier &&
	    bulla_exchange_can(&h->m.h);
	h->tells = h->exchange;
	if (!h->exchange && h->demanded)
		return cmd_usage(c, "--cosign needs a home with a ledger and "
		    "both rosters, and neither -k nor -K");
	if (!h->exchange && custodian != NULL)
		return cmd_usage(c, "-i hands custody over, which needs a "
		    "home with a ledger and both rosters, and neither -k nor "
		    "-K");
	return h->exchange ? load_keys(h, custodian) : CMD_YES;
}

void
send_home_close(struct send_home *h)
{
	bulla_line_free(h->line);
	bulla_package_free(&h->pkg);
	bulla_signer_free(&h->witness);
	bulla_signer_free(&h->custodian);
	cmd_home_close(&h->m);
}

enum bulla_status
send_home_pins(struct send_home *h, struct bulla_send_config *g,
    struct bulla_err *err)
{
	return cmd_tls_connect(&h->tls, &h->m, h->judged, g, err);
}

enum bulla_status
send_home_ask(void *ctx, const struct bulla_exchange_request *q,
    unsigned *status, struct bulla_buf *out, struct bulla_err *err)
{
	struct send_home *h = ctx;
	struct bulla_buf path = BULLA_BUF_INIT(256);
	struct bulla_line_request r = { .body = q->body,
	    .post = q->body.len > 0 };
	enum bulla_status st = BULLA_E_NOMEM;

	bulla_tus_route_put(&path, &q->route);
	r.path = bulla_buf_cstr(&path);
	if (r.path != NULL) {
		r.path++;	/* the line knows what stands before it */
		cmd_verbose(h->c, "%s %s", r.post ? "POST" : "GET", r.path);
		st = bulla_line_ask(h->line, &r, status, out, err);
	}
	bulla_buf_free(&path);
	return st;
}

/*
 * An inbox without a ledger, that never had one, is no reason not to deliver,
 * unless cosigning was demanded.
 */
static enum bulla_status
go_on(struct send_home *h, enum bulla_status st, struct bulla_err *err)
{
	if (st != BULLA_E_NOMATCH)
		return st;
	if (h->demanded)
		return bulla_wrap(err, BULLA_E_REFUSED, "--cosign");
	cmd_say(h->c, "%s; the package is sent without cosigning", err->msg);
	h->cosigns = h->tells = false;
	*err = (struct bulla_err){ 0 };
	return BULLA_OK;
}

static enum bulla_status
cosign(struct send_home *h, struct bulla_err *err)
{
	const struct bulla_peer peer = { send_home_ask, h, h->url };
	enum bulla_status st;

	if (!h->cosigns)
		return BULLA_OK;
	st = bulla_exchange_cosign(&h->x, &peer, &h->sizes, err);
	if (st == BULLA_OK)
		h->cosigned = true;
	return go_on(h, st, err);
}

static enum bulla_status
tell(struct send_home *h, const struct bulla_buf *note, struct bulla_err *err)
{
	const struct bulla_peer peer = { send_home_ask, h, h->url };
	struct bulla_cur c = bulla_buf_view(note);

	if (!h->tells)
		return BULLA_OK;
	return go_on(h, bulla_exchange_tell(&h->x, &peer, &c, err), err);
}

static bool
name_in(const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_cur *age, struct bulla_cur *name)
{
	uint8_t digest[32];
	const struct bulla_roster *r = bulla_trust_roster(t, side, digest);

	for (size_t i = 0; r != NULL && i < r->n_ages; i++) {
		if (!bulla_cur_same(&r->age[i].recipient, age))
			continue;
		*name = r->age[i].name;
		return true;
	}
	return false;
}

void
send_home_recipients(const struct bulla_trust *t,
    const struct bulla_opening *o, struct bulla_buf *b)
{
	struct bulla_cur name;

	for (size_t i = 0; i < o->n_recipients; i++) {
		name = o->recipient[i];
		if (i > 0)
			bulla_buf_str(b, ", ");
		if (!name_in(t, BULLA_THEIRS, &o->recipient[i], &name) &&
		    !name_in(t, BULLA_OURS, &o->recipient[i], &name) &&
		    name.len > 64)
			name.len = 64;
		bulla_buf_cur(b, &name);
	}
}

static enum bulla_status
relinquish(struct send_home *h, const struct bulla_send_config *g,
    const struct bulla_send_what *w, struct bulla_err *err)
{
	const struct bulla_peer peer = { send_home_ask, h, h->url };
	struct bulla_buf to = BULLA_BUF_INIT(BULLA_FIELD_MAX);
	char transport[512], ref[80] = "-";
	struct bulla_handover what = { .id = h->pkg.opening.id,
	    .exercise = h->pkg.opening.exercise,
	    .seal = h->pkg.closing_digest, .sha256 = w->sha256,
	    .transport = transport, .authority = ref };
	const struct bulla_cur *r = &h->pkg.opening.ref;
	enum bulla_status st = BULLA_E_NOMEM;

	(void)snprintf(transport, sizeof(transport), "network, %.400s",
	    g->url);
	if (r->len > 0)
		(void)snprintf(ref, sizeof(ref), "%.*s", (int)r->len,
		    (const char *)r->p);
	send_home_recipients(h->m.h.trust, &h->pkg.opening, &to);
	what.recipients = bulla_buf_cstr(&to);
	if (what.recipients != NULL)
		st = bulla_exchange_relinquish(&h->x, &peer, &what,
		    &h->custodian, err);
	bulla_buf_free(&to);
	return go_on(h, st, err);
}

static enum bulla_status
look(struct send_home *h, const struct bulla_send_what *w,
    struct bulla_err *err)
{
	enum bulla_status st;

	if (lseek(w->fd, 0, SEEK_SET) != 0)
		return bulla_fail_sys(err, "the package");
	st = bulla_package_inspect(w->fd, &h->pkg, err);
	if (st == BULLA_OK && !h->pkg.has_closing)
		st = bulla_fail(err, BULLA_E_INCOMPLETE, "the package has no "
		    "closing note: it is not whole");
	return st;
}

enum bulla_status
send_home_before(struct send_home *h, const struct bulla_send_config *g,
    const struct bulla_send_what *w, struct bulla_err *err)
{
	enum bulla_status st;

	if (!h->exchange)
		return BULLA_OK;
	h->url = g->url;
	st = h->streams ? BULLA_OK : look(h, w, err);
	if (st == BULLA_OK)
		st = bulla_line_open(g, &h->line, err);
	if (st == BULLA_OK)
		st = cosign(h, err);
	if (st == BULLA_OK && h->has_custodian && h->tells)
		st = relinquish(h, g, w, err);
	return st;
}

/* May they sign receipts: each signer of theirs, now or when proved. */
static enum bulla_status
judge(struct send_home *h, const struct bulla_cur *receipt,
    struct bulla_err *err)
{
	int64_t at = bulla_home_proven(&h->m.h, receipt);
	struct bulla_verified v;
	enum bulla_status st = bulla_note_verify(receipt, h->known, &v, err);

	if (st == BULLA_OK)
		st = bulla_trust_judge_note(h->m.h.trust, BULLA_THEIRS, &v,
		    RECEIPT_ROLES, at != 0 ? at : h->m.h.now, 1, err);
	return st == BULLA_E_NOKEY ? BULLA_E_REFUSED : st;
}

/* Only what verified: a line of who knows whom may be wrong one day. */
static enum bulla_status
record(struct send_home *h, const struct bulla_cur *receipt,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	enum bulla_status st = bulla_note_trim(receipt, h->known, &b, err);
	struct bulla_cur c = bulla_buf_view(&b);

	if (st == BULLA_OK)
		st = bulla_home_record(&h->m.h, &c, 1, err);
	bulla_buf_free(&b);
	return st;
}

enum bulla_status
send_home_after(struct send_home *h, const struct bulla_cur *receipt,
    struct bulla_err *err)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	enum bulla_status st = BULLA_OK;

	h->m.h.now = bulla_now();	/* an upload can take a day */
	if (h->judged)
		st = judge(h, receipt, err);
	if (st == BULLA_OK && h->exchange)
		st = bulla_exchange_receipt(&h->x, h->pkg.opening.id, receipt,
		    h->has_custodian && h->tells ? &h->custodian : NULL,
		    &note, err);
	else if (st == BULLA_OK)
		st = record(h, receipt, err);
	if (st == BULLA_OK && h->exchange && note.len != receipt->len) {
		st = tell(h, &note, err);
		h->handed_over = st == BULLA_OK && h->tells;
	}
	if (st == BULLA_OK && h->exchange)
		st = cosign(h, err);
	bulla_buf_free(&note);
	return st;
}

int
send_home_fail(struct send_home *h, enum bulla_status st,
    const struct bulla_err *err)
{
	struct cmd_json *j;
	char where[4400];

	if (h->x.alarm[0] == '\0')
		return cmd_fail(h->c, NULL, st, err);
	(void)snprintf(where, sizeof(where), "%s/%s", h->m.h.path,
	    h->x.alarm);
	if (h->c->common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", false);
		cmd_json_str(j, "status", bulla_status_name(st));
		cmd_json_str(j, "message", err->msg);
		cmd_json_str(j, "alarm", where);
		(void)cmd_json_print(h->c, j, CMD_NO);
	}
	fprintf(stderr, "%s: %s\n", h->c->tool->name, err->msg);
	fprintf(stderr, "%s: ALARM: nothing more is exchanged; what proves "
	    "it is in %s\n", h->c->tool->name, where);
	return cmd_exit(st);
}
