#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "inbox_procs.h"

#include "bulla/channel.h"

/*
 * What the network process has to know it asks the signer, through lanes: on
 * each of them one question at a time, and its answer.
 */
struct lanes {
	pthread_mutex_t mu;
	pthread_cond_t freed;
	const struct inbox *in;
	const int *ch;
	bool busy[LANES];
	bool owed[LANES];	/* an answer that nobody waits for */
	unsigned following;
};
static struct lanes lanes = { .mu = PTHREAD_MUTEX_INITIALIZER,
	.freed = PTHREAD_COND_INITIALIZER };

/*
 * What comes next on a lane. Where it could not be heard to its end nobody
 * knows where the one behind it begins, and a late answer would be taken for
 * that to the next question, of another client: then all of the inbox ends, as
 * when its signer fails, and is started again. A closed channel does no such
 * harm, nor does a message for which there is no memory.
 */
static enum bulla_status
next(unsigned lane, struct bulla_buf *out, struct bulla_err *err)
{
	enum bulla_status st = bulla_channel_recv(lanes.ch[lane], -1, out,
	    NULL, err);

	if (st == BULLA_OK || st == BULLA_E_INCOMPLETE ||
	    st == BULLA_E_NOMEM)
		return st;
	fprintf(stderr, "%s: the network process ends: %s\n",
	    lanes.in->c.tool->name, err->msg);
	_exit(CMD_TROUBLE);
}

/* What was answered to one who had left. */
static void
hear_owed(unsigned lane)
{
	struct bulla_buf none = BULLA_BUF_INIT(WIRE_ANSWER_MAX);
	struct bulla_err err = { 0 };

	/* When it was closed, what is asked next fails. */
	(void)next(lane, &none, &err);
	bulla_buf_free(&none);
}

static bool
has_answer(unsigned lane)
{
	struct pollfd p = { .fd = lanes.ch[lane], .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* A free one, or LANES; rather one that owes nothing; mu is held. */
static unsigned
lane_find(unsigned from, unsigned to, bool wait)
{
	unsigned found = LANES;

	for (unsigned i = from; i < to; i++) {
		if (lanes.busy[i] || (lanes.owed[i] && !wait &&
		    !has_answer(i)))
			continue;
		if (!lanes.owed[i])
			return i;
		if (found == LANES || has_answer(i))
			found = i;
	}
	return found;
}

/* mu is held; does it owe an answer, which has to be heard then? */
static bool
lane_claim(unsigned lane)
{
	bool owed = lanes.owed[lane];

	lanes.busy[lane] = true;
	lanes.owed[lane] = false;
	return owed;
}

static unsigned
lane_take(bool judges)
{
	unsigned from = judges ? 0 : JUDGE_LANES;
	unsigned to = judges ? JUDGE_LANES : LANES, i;
	bool owed;

	pthread_mutex_lock(&lanes.mu);
	while ((i = lane_find(from, to, true)) == LANES)
		pthread_cond_wait(&lanes.freed, &lanes.mu);
	owed = lane_claim(i);
	pthread_mutex_unlock(&lanes.mu);
	if (owed)
		hear_owed(i);
	return i;
}

/* One to follow an upload on, if there is one to spare. Waits for nothing. */
static bool
lane_follow(unsigned *lane)
{
	bool owed = false, ok = false;

	pthread_mutex_lock(&lanes.mu);
	if (lanes.following < FOLLOW_LANES) {
		*lane = lane_find(0, JUDGE_LANES, false);
		ok = *lane != LANES;
	}
	if (ok) {
		lanes.following++;
		owed = lane_claim(*lane);
	}
	pthread_mutex_unlock(&lanes.mu);
	if (owed)
		hear_owed(*lane);
	return ok;
}

static void
lane_put(unsigned lane, bool followed, bool owed)
{
	pthread_mutex_lock(&lanes.mu);
	lanes.busy[lane] = false;
	lanes.owed[lane] = owed;
	if (followed)
		lanes.following--;
	pthread_cond_broadcast(&lanes.freed);
	pthread_mutex_unlock(&lanes.mu);
}

static enum bulla_status
ask(unsigned lane, const struct wire_request *q, const struct bulla_fds *fds,
    struct bulla_err *err)
{
	struct bulla_buf msg = BULLA_BUF_INIT(WIRE_REQUEST_MAX);
	struct bulla_cur c;
	enum bulla_status st;

	wire_put_request(&msg, q);
	c = bulla_buf_view(&msg);
	st = bulla_buf_status(&msg);
	if (st == BULLA_OK)
		st = bulla_channel_send(lanes.ch[lane], &c, fds, err);
	bulla_buf_free(&msg);
	return st;
}

/* The answer to what was asked, when st says that it was; frees the lane. */
static enum bulla_status
hear(unsigned lane, enum wire_kind kind, enum bulla_status st,
    union wire_result *out, struct bulla_err *err)
{
	struct bulla_buf msg = BULLA_BUF_INIT(WIRE_ANSWER_MAX);
	struct bulla_cur c;

	if (st == BULLA_OK)
		st = next(lane, &msg, err);
	lane_put(lane, kind == WIRE_FOLLOW, false);
	c = bulla_buf_view(&msg);
	/* Whatever is wrong with a channel says nothing about an upload. */
	st = st == BULLA_OK ? wire_parse_answer(&c, kind, out, err) :
	    bulla_wrap(err, BULLA_E_IO, "signer");
	bulla_buf_free(&msg);
	return st;
}

static enum bulla_status
ask_and_hear(const struct wire_request *q, const struct bulla_fds *fds,
    union wire_result *out, struct bulla_err *err)
{
	unsigned lane = lane_take(q->kind == WIRE_JUDGE);

	return hear(lane, q->kind, ask(lane, q, fds, err), out, err);
}

/* Nobody needs to write to an upload any more. */
static int
read_only(int fd)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* An upload that is judged while it comes, and where. */
struct followed {
	unsigned lane;
	int counts;		/* the writing end, which never waits */
	uint64_t untold;	/* bytes for which there was no room in it */
};

/* False: it is to be told later. To whom nobody listens nothing is told. */
static bool
tell(struct followed *f)
{
	if (f->untold > 0 && write(f->counts, &f->untold, sizeof(f->untold)) ==
	    -1 && errno == EAGAIN)
		return false;
	f->untold = 0;
	return true;
}

/* All of it, unless there is an answer without. */
static void
tell_all(struct followed *f)
{
	struct pollfd p[] = { { .fd = f->counts, .events = POLLOUT },
	    { .fd = lanes.ch[f->lane], .events = POLLIN } };

	while (!tell(f) && (poll(p, 2, -1) < 0 || p[1].revents == 0))
		;
}

static void
followed_free(struct followed *f)
{
	(void)close(f->counts);
	free(f);
}

static void *
follow(void *ctx, int fd, const struct bulla_inbox_client *client,
    uint64_t length)
{
	const struct wire_request q = { .kind = WIRE_FOLLOW,
	    .client = *client, .length = length };
	struct followed *f = malloc(sizeof(*f));
	struct bulla_fds fds = { .v = { -1, -1 }, .n = 2 };
	struct bulla_err err = { 0 };
	int ends[2] = { -1, -1 };
	bool ok = false;

	(void)ctx;
	if (f == NULL || !lane_follow(&f->lane)) {
		free(f);
		return NULL;
	}
	fds.v[0] = read_only(fd);
	/* Two descriptions: the reader's flags are not the writer's. */
	if (fds.v[0] != -1 && pipe2(ends, O_CLOEXEC) == 0) {
		*f = (struct followed){ f->lane, ends[1], 0 };
		fds.v[1] = ends[0];
		ok = fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 &&
		    ask(f->lane, &q, &fds, &err) == BULLA_OK;
		(void)close(ends[0]);
	}
	if (fds.v[0] != -1)
		(void)close(fds.v[0]);
	if (ok)
		return f;
	lane_put(f->lane, true, false);
	if (ends[1] != -1)
		(void)close(ends[1]);
	free(f);
	return NULL;
}

static void
grown(void *ctx, void *followed, uint64_t more)
{
	struct followed *f = followed;

	(void)ctx;
	f->untold += more;
	(void)tell(f);
}

static void
leave_it(void *ctx, void *followed)
{
	struct followed *f = followed;

	(void)ctx;
	/* Closed before all is told: it is broken off. */
	lane_put(f->lane, true, true);
	followed_free(f);
}

static enum bulla_status
finish(void *ctx, int fd, const struct bulla_inbox_client *client,
    void *followed, struct bulla_inbox_verdict *out, struct bulla_err *err)
{
	const struct wire_request q = { .kind = WIRE_JUDGE,
	    .client = *client };
	struct bulla_fds fds = { .n = 1 };
	union wire_result r = { .verdict = *out };
	struct followed *f = followed;
	enum bulla_status st = BULLA_E_AGAIN;

	(void)ctx;
	if (f != NULL) {
		tell_all(f);
		st = hear(f->lane, WIRE_FOLLOW, BULLA_OK, &r, err);
		followed_free(f);
	}
	/* What cannot be said of it now may be said of the whole. */
	if (f == NULL || st == BULLA_E_AGAIN || st == BULLA_E_IO ||
	    st == BULLA_E_NOMEM || st == BULLA_E_UNSAFE) {
		fds.v[0] = read_only(fd);
		if (fds.v[0] == -1)
			return bulla_fail_sys(err, "the upload");
		st = ask_and_hear(&q, &fds, &r, err);
		(void)close(fds.v[0]);
		followed = NULL;
	}
	*out = r.verdict;
	out->followed = followed != NULL;
	return st;
}

static enum bulla_status
small(void *ctx, const struct bulla_inbox_request *request,
    struct bulla_inbox_answer *out, struct bulla_err *err)
{
	const struct wire_request q = { .kind = WIRE_SMALL,
	    .client = *request->client, .small = *request };
	union wire_result r = { .small = *out };
	enum bulla_status st = ask_and_hear(&q, NULL, &r, err);

	(void)ctx;
	*out = r.small;
	return st;
}

static enum bulla_status
who(void *ctx, const struct bulla_inbox_client *client,
    struct bulla_inbox_agency *out, struct bulla_err *err)
{
	const struct wire_request q = { .kind = WIRE_WHO, .client = *client };
	union wire_result r = { .who = *out };
	enum bulla_status st = ask_and_hear(&q, NULL, &r, err);

	(void)ctx;
	*out = r.who;
	return st;
}

void
inbox_ask_through(struct inbox *in, const int channels[LANES])
{
	lanes.in = in;
	lanes.ch = channels;
	in->cfg.finish = finish;
	in->cfg.follow = (struct bulla_inbox_follow){ follow, grown,
	    leave_it };
	in->cfg.small = in->has_small ? small : NULL;
	in->cfg.who = in->has_who ? who : NULL;
}
