#include <stdio.h>
#include <string.h>

#include "custody.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/send.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define ATTEMPTS 3u
#define STALL_SECS 20u
#define DEADLINE_SECS 120u

/* The note that is to be stamped, and all that it was found in. */
struct target {
	struct custody_pair p;
	char id[BULLA_ID_LEN + 1];
	struct bulla_stamped n;
};

static struct bulla_stamped
stamped_of(const struct custody_pair *p, const struct bulla_chain_step *s)
{
	const bool ours = s->side == BULLA_OURS;

	return (struct bulla_stamped){ ours ? &p->ours : &p->theirs, s->side,
	    s->l };
}

enum bulla_status
custody_stamped(struct custody_cmd *k, const struct custody_pair *p,
    const struct bulla_chain_step *s, struct bulla_tsp *out,
    struct bulla_err *err)
{
	const struct bulla_stamped n = stamped_of(p, s);
	char at[BULLA_WHEN_LEN + 1];
	enum bulla_status st;

	st = bulla_stamp_look(&k->stamps, &n, NULL, out, err);
	if (st == BULLA_E_NOKEY)
		return bulla_fail(err, st, "not verified: give the "
		    "authority's CA with --tsa-ca, or put it into the home "
		    "as tsa/NAME.pem");
	if (st != BULLA_OK || s->l->c.time <= out->time + BULLA_TSP_SKEW)
		return st;
	bulla_when_text(out->time, at);
	return bulla_fail(err, BULLA_E_MISMATCH, "the note says that it is "
	    "younger than its time stamp of %s", at);
}

static int
fail(struct custody_cmd *k, const char *what, enum bulla_status st,
    const struct bulla_err *err)
{
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, what, st, err);
}

/* A file that holds a custody note: whose, and which one? */
static int
read_note(struct custody_cmd *k, const char *path, char id[BULLA_ID_LEN + 1],
    uint8_t digest[32])
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_err err = { 0 };
	struct bulla_custody c;
	struct bulla_note n;
	struct bulla_cur bytes;
	enum bulla_status st = bulla_file_get(path, &b, &err);
	bool read = st == BULLA_OK;

	bytes = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_note_parse(&bytes, &n, &err);
	if (st == BULLA_OK)
		st = bulla_custody_parse(&n.text, &c, &err);
	if (st == BULLA_OK) {
		memcpy(id, c.id, sizeof(c.id));
		bulla_sha256(n.text.p, n.text.len, digest);
	}
	bulla_buf_free(&b);
	return fail(k, read ? path : NULL, st, &err);
}

/* The note with this text; with none, the newest of our own chain. */
static bool
choose(struct target *t, const uint8_t *digest)
{
	const struct custody_pair *p = &t->p;

	if (digest == NULL && p->ours.n > 0)
		t->n = (struct bulla_stamped){ &p->ours, BULLA_OURS,
		    &p->ours.v[p->ours.n - 1] };
	for (size_t i = 0; digest != NULL && i < p->n_steps; i++) {
		if (memcmp(p->step[i].l->digest, digest, 32) == 0)
			t->n = stamped_of(p, &p->step[i]);
	}
	return t->n.l != NULL;
}

static int
find(struct custody_cmd *k, const char *arg, struct target *t)
{
	struct bulla_cur text = bulla_cur_str(arg);
	struct bulla_err err = { 0 };
	bool by_id = bulla_id_ok(&text);
	uint8_t digest[32];
	int code = CMD_YES;

	if (by_id)
		memcpy(t->id, arg, sizeof(t->id));
	else
		code = read_note(k, arg, t->id, digest);
	if (code == CMD_YES)
		code = custody_load(k, t->id, &t->p);
	if (code != CMD_YES || choose(t, by_id ? NULL : digest))
		return code;
	(void)bulla_fail(&err, BULLA_E_NOMATCH, "%s %s in this home",
	    by_id ? "no note of ours about package" :
	    "that note is not kept in the chain of", t->id);
	return cmd_fail(&k->c, NULL, BULLA_E_NOMATCH, &err);
}

static int
report(struct custody_cmd *k, const struct target *t,
    const struct bulla_tsp *s)
{
	const struct bulla_custody *c = &t->n.l->c;
	char at[BULLA_WHEN_LEN + 1], hex[65];
	struct cmd_json *j;

	bulla_when_text(s->time, at);
	bulla_hex(hex, t->n.l->digest, sizeof(t->n.l->digest));
	if (k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_json_str(j, "package", t->id);
		cmd_json_u64(j, "sequence", c->sequence);
		cmd_json_cur(j, "event", &c->event);
		cmd_json_str(j, "digest", hex);
		cmd_json_str(j, "timestamped", at);
		cmd_json_str(j, "authority", s->signer);
		cmd_json_str(j, "policy", s->policy);
		cmd_json_str(j, "serial", s->serial);
		return cmd_json_print(&k->c, j, CMD_YES);
	}
	if (!k->c.common.quiet)
		printf("stamped %s, note %u, %.*s: %s by %s\n", t->id,
		    (unsigned)c->sequence, (int)c->event.len,
		    (const char *)c->event.p, at, s->signer);
	return CMD_YES;
}

static int
write_query(struct custody_cmd *k, const struct target *t)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_TSP_QUERY_MAX);
	struct bulla_err err = { 0 };
	enum bulla_status st;

	st = bulla_stamp_query(&k->stamps, &t->n, k->policy, &b, &err);
	if (st == BULLA_OK)
		st = bulla_file_put(k->query, b.p, b.len, 0644,
		    k->c.common.force, &err);
	bulla_buf_free(&b);
	return fail(k, NULL, st, &err);
}

static int
take_reply(struct custody_cmd *k, const struct target *t,
    const struct bulla_buf *reply, const char *from)
{
	struct bulla_cur bytes = bulla_buf_view(reply);
	struct bulla_err err = { 0 };
	struct bulla_tsp s;
	enum bulla_status st;

	st = bulla_stamp_keep(&k->stamps, &t->n, &bytes, k->c.common.force, &s,
	    &err);
	return st == BULLA_OK ? report(k, t, &s) : fail(k, from, st, &err);
}

static int
read_reply(struct custody_cmd *k, const struct target *t)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_TSP_REPLY_MAX);
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_file_get(k->reply, &b, &err);
	int code = fail(k, NULL, st, &err);

	if (code == CMD_YES)
		code = take_reply(k, t, &b, k->reply);
	bulla_buf_free(&b);
	return code;
}

static void
say(void *ctx, const char *line)
{
	struct custody_cmd *k = ctx;

	cmd_say(&k->c, "%s", line);
}

/* RFC 3161, 3.4: a POST of the query, answered by the reply. */
static enum bulla_status
post(struct custody_cmd *k, const struct bulla_buf *query,
    struct bulla_buf *reply, struct bulla_err *err)
{
	const struct bulla_send_config c = { .url = k->url, .ca = k->cacert,
	    .attempts = ATTEMPTS, .stall_secs = STALL_SECS,
	    .deadline_secs = DEADLINE_SECS,
	    .watch = { .say = say, .ctx = k } };
	const struct bulla_line_request q = { .post = true,
	    .body = bulla_buf_view(query),
	    .type = "application/timestamp-query" };
	struct bulla_line *line = NULL;
	enum bulla_status st = bulla_send_init(err);
	unsigned status = 0;

	if (st == BULLA_OK)
		st = bulla_line_open(&c, &line, err);
	if (st == BULLA_OK)
		st = bulla_line_ask(line, &q, &status, reply, err);
	bulla_line_free(line);
	if (st == BULLA_OK && status != 200)
		st = bulla_fail(err, BULLA_E_REFUSED, "the server answered %u "
		    "and no time stamp", status);
	return st;
}

static int
ask(struct custody_cmd *k, const struct target *t)
{
	struct bulla_buf q = BULLA_BUF_INIT(BULLA_TSP_QUERY_MAX);
	struct bulla_buf a = BULLA_BUF_INIT(BULLA_SEND_SMALL_MAX);
	struct bulla_err err = { 0 };
	struct bulla_tsp s;
	enum bulla_status st = BULLA_E_NOMATCH;
	int code;

	/* Asked for again by a job that runs every night: done already */
	if (!k->c.common.force)
		st = bulla_stamp_look(&k->stamps, &t->n, NULL, &s, &err);
	if (st == BULLA_OK)
		return report(k, t, &s);
	if (st == BULLA_E_NOMATCH)
		st = bulla_stamp_query(&k->stamps, &t->n, k->policy, &q,
		    &err);
	if (st == BULLA_OK)
		st = post(k, &q, &a, &err);
	code = st == BULLA_OK ? take_reply(k, t, &a, k->url) :
	    fail(k, k->url, st, &err);
	bulla_buf_free(&q);
	bulla_buf_free(&a);
	return code;
}

int
custody_stamp(struct custody_cmd *k)
{
	int ways = (k->query != NULL) + (k->reply != NULL) + (k->url != NULL);
	const char *arg = cmd_operand(&k->c);
	int code;

	if (arg == NULL)
		return cmd_usage(&k->c, "which note? Give the package's ID, "
		    "for our newest note, or a note's file");
	if (ways != 1)
		return cmd_usage(&k->c, "one of --query FILE, --reply FILE and "
		    "--url URL");
	if (k->c.argc > 0 && k->url == NULL)
		return cmd_usage(&k->c, "one note at a time");
	code = custody_home(k);
	for (; arg != NULL && code == CMD_YES; arg = cmd_operand(&k->c)) {
		struct target t = { 0 };

		code = find(k, arg, &t);
		if (code == CMD_YES)
			code = k->query != NULL ? write_query(k, &t) :
			    k->reply != NULL ? read_reply(k, &t) : ask(k, &t);
		custody_pair_free(&t.p);
	}
	return code;
}
