#ifndef TEST_EXCHANGE_KIT_H
#define TEST_EXCHANGE_KIT_H

#include "scratch.h"
#include "trust_kit.h"

#include "bulla/cosign.h"
#include "bulla/exchange.h"
#include "bulla/keyfile.h"
#include "bulla/ledger.h"

/*
 * Two sides with rosters and ledgers in ./A and ./B, and a peer that asks the
 * other one in this very process. now is in the rosters' window.
 */
#define NOW (SIDE_TIME + 1000)

struct end {
	const char *path;
	struct side *side;
	struct bulla_home h;
	struct bulla_exchange x;
};

static struct side side_a, side_b;

static inline void
shell(const char *cmd)
{
	cr_assert_eq(system(cmd), 0, "%s", cmd);
}

static inline void
end_close(struct end *e)
{
	bulla_home_close(&e->h);
}

/* Over again, as another process would. */
static inline void
end_open(struct end *e, const char *path, struct side *side)
{
	struct bulla_err err = { 0 };

	*e = (struct end){ .path = path, .side = side };
	cr_assert_eq(bulla_home_open(path, NULL, &e->h, &err), BULLA_OK,
	    "%s", err.msg);
	e->h.now = NOW;
	e->x.home = &e->h;
	e->x.witness = &side->s[WITNESS];
}

static inline void
put_key(const char *home, const char *name, const struct bulla_signer *s)
{
	struct bulla_buf pub = BULLA_BUF_INIT(400);
	struct bulla_secret text = { 0 };
	struct bulla_err err = { 0 };
	char path[200];

	snprintf(path, sizeof(path), "%s/keys/%s", home, name);
	bulla_vkey_put(&pub, &s->vkey);
	cr_assert_eq(bulla_signer_text(s, &text, NULL), BULLA_OK);
	cr_assert_eq(bulla_keyfile_write(path, &text, bulla_buf_cstr(&pub),
	    NULL, false, &err), BULLA_OK, "%s", err.msg);
	bulla_secret_free(&text);
	bulla_buf_free(&pub);
}

static inline void
make_home(const char *path, struct side *us, struct side *them)
{
	struct bulla_err err = { 0 };
	char name[64];

	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(name, sizeof(name), "%s/keys", path);
	cr_assert_eq(mkdir(name, 0700), 0);
	put_key(path, "log.key", &us->s[LOG]);
	cr_assert_eq(bulla_ledger_init(path, us->s[LOG].vkey.name, NULL,
	    &err), BULLA_OK, "%s", err.msg);
	cr_assert_eq(side_take(path, BULLA_OURS, us, &err), BULLA_OK, "%s",
	    err.msg);
	cr_assert_eq(side_take(path, BULLA_THEIRS, them, &err), BULLA_OK,
	    "%s", err.msg);
}

static inline void
world_enter(void)
{
	scratch_enter();
	side_init(&side_a, "a.example");
	side_init(&side_b, "b.example");
	make_home("A", &side_a, &side_b);
	make_home("B", &side_b, &side_a);
}

static inline void
world_leave(void)
{
	side_free(&side_a);
	side_free(&side_b);
	scratch_leave();
}

static inline void
record(struct end *e, const char *text)
{
	struct bulla_cur c = bulla_cur_str(text);

	cr_assert_eq(bulla_home_record(&e->h, &c, 1, NULL), BULLA_OK);
}

/* The line between the two: it counts, cuts and changes. */
struct wire {
	struct end *to;
	const char *name;		/* that the one who asks knows it by */
	unsigned n;			/* requests so far */
	unsigned cut;			/* this one, from 1; 0: none */
	bool cut_after;			/* ... once it was answered */
	enum bulla_tus_place at;	/* good answers from here get changed */
	void (*change)(unsigned *status, struct bulla_buf *body);
	unsigned places[BULLA_TUS_NOTES + 1];	/* how often each was asked */
};

static inline enum bulla_status
wire_ask(void *ctx, const struct bulla_exchange_request *q, unsigned *status,
    struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_exchange_answer a = { .body = BULLA_BUF_INIT(1 << 20) };
	struct wire *w = ctx;
	enum bulla_status st;

	w->n++;
	w->places[q->route.place]++;
	if (w->n == w->cut && !w->cut_after)
		return bulla_fail(err, BULLA_E_AGAIN, "cut before");
	st = bulla_exchange_answer(&w->to->x, q, &a, err);
	cr_assert_eq(st, BULLA_OK, "%s", err->msg);
	if (w->change != NULL && q->route.place == w->at && a.status < 400)
		w->change(&a.status, &a.body);
	if (w->n == w->cut)
		st = bulla_fail(err, BULLA_E_AGAIN, "cut after");
	*status = a.status;
	bulla_buf_put(out, a.body.p, a.body.len);
	bulla_buf_free(&a.body);
	return st;
}

static inline enum bulla_status
cosign(struct end *from, struct wire *w, struct bulla_cosignings *got,
    struct bulla_err *err)
{
	const struct bulla_peer peer = { wire_ask, w, w->name };

	*err = (struct bulla_err){ 0 };
	return bulla_exchange_cosign(&from->x, &peer, got, err);
}

/* Answer one request as the inbox e. */
static inline unsigned
asked(struct end *e, enum bulla_tus_place place, uint64_t old,
    const struct bulla_buf *body, struct bulla_buf *out)
{
	struct bulla_exchange_request q = { .route.place = place,
	    .route.old = old };
	struct bulla_exchange_answer a = { .body = BULLA_BUF_INIT(1 << 20) };
	struct bulla_err err = { 0 };

	if (body != NULL)
		q.body = bulla_buf_view(body);
	cr_assert_eq(bulla_exchange_answer(&e->x, &q, &a, &err), BULLA_OK,
	    "%s", err.msg);
	if (out != NULL) {
		bulla_buf_reset(out);
		bulla_buf_put(out, a.body.p, a.body.len);
	}
	bulla_buf_free(&a.body);
	return a.status;
}

static inline unsigned
n_files(const char *glob)
{
	char cmd[300];
	unsigned n = 0;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "ls -d %s 2>/dev/null | wc -l", glob);
	f = popen(cmd, "r");
	cr_assert_not_null(f);
	cr_assert_eq(fscanf(f, "%u", &n), 1);
	cr_assert_eq(pclose(f), 0);
	return n;
}

/* Both notes of an alarm verify under the log's key. */
static inline void
check_alarm(const char *home, const struct bulla_exchange *x,
    const char *kind, const struct bulla_vkey *log, bool pair)
{
	static const char *const names[] = { "seen.note", "now.note" };
	struct bulla_vkeys known = { 0 };
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_tree t;
	struct bulla_cur c;
	char path[400];

	cr_assert_neq(x->alarm[0], '\0');
	cr_assert_not_null(strstr(x->alarm, kind), "%s", x->alarm);
	snprintf(path, sizeof(path), "%s/%s/alarm.txt", home, x->alarm);
	cr_assert_eq(bulla_file_get(path, &b, NULL), BULLA_OK);
	cr_assert_eq(bulla_vkeys_add(&known, log, NULL), BULLA_OK);
	for (size_t i = 0; i < 2 && pair; i++) {
		bulla_buf_reset(&b);
		snprintf(path, sizeof(path), "%s/%s/%s", home, x->alarm,
		    names[i]);
		cr_assert_eq(bulla_file_get(path, &b, NULL), BULLA_OK, "%s",
		    path);
		c = bulla_buf_view(&b);
		cr_assert_eq(bulla_tree_verify(&c, &known, &t, NULL),
		    BULLA_OK, "%s", path);
	}
	bulla_vkeys_free(&known);
	bulla_buf_free(&b);
}

#endif
