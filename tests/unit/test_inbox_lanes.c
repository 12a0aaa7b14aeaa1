/*
 * Between the processes of an inbox: an answer belongs to its question
 * whatever fails, and a verdict on another length is none.
 * WRAP: malloc
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../cmd/inbox_procs.h"

#include "bulla/channel.h"

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);

static _Thread_local unsigned fail_at;	/* this one from now on; 0: none */

void *
__wrap_malloc(size_t n)
{
	return fail_at > 0 && --fail_at == 0 ? NULL : __real_malloc(n);
}

static const struct cmd_tool tool = { .name = "test" };
static struct inbox in = { .c.tool = &tool, .has_small = true };
static int ours[LANES], theirs[LANES];
static pthread_t signer[LANES];
static bool served[LANES];
static struct bulla_err e;

/* Whose question it is, is said in the answer, which comes in pieces. */
static void
answer(const struct wire_request *q, struct bulla_buf *out)
{
	static const uint8_t zeros[BULLA_NOTE_MAX];
	struct bulla_buf body = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	union wire_result r;

	memset(&r, 0, sizeof(r));
	bulla_buf_u8(&body, q->client.spki[0]);
	bulla_buf_put(&body, zeros, BULLA_NOTE_MAX - 1);
	if (q->kind == WIRE_SMALL) {
		r.small.status = 200;
		r.small.body = body;
	} else {
		r.verdict.sha256[0] = q->client.spki[0];
		r.verdict.note = body;
	}
	wire_put_answer(out, q->kind, BULLA_OK, &e, &r);
	bulla_buf_free(&body);
}

static void *
serve(void *arg)
{
	const int *ch = arg;
	enum bulla_status st;
	struct wire_request q;
	struct bulla_cur c;

	do {
		struct bulla_buf msg = BULLA_BUF_INIT(WIRE_REQUEST_MAX);
		struct bulla_buf out = BULLA_BUF_INIT(WIRE_ANSWER_MAX);
		struct bulla_fds fds = { .n = 0 };

		st = bulla_channel_recv(*ch, -1, &msg, &fds, NULL);
		c = bulla_buf_view(&msg);
		if (st == BULLA_OK)
			st = wire_parse_request(&c, &q, NULL);
		if (st == BULLA_OK) {
			answer(&q, &out);
			c = bulla_buf_view(&out);
			st = bulla_channel_send(*ch, &c, NULL, NULL);
		}
		for (unsigned i = 0; i < fds.n; i++)
			close(fds.v[i]);
		bulla_buf_free(&msg);
		bulla_buf_free(&out);
	} while (st == BULLA_OK);
	return NULL;
}

static void
begin(void)
{
	int ch[2];

	for (unsigned i = 0; i < LANES; i++) {
		cr_assert_eq(bulla_channel_pair(ch, &e), BULLA_OK);
		ours[i] = ch[0];
		theirs[i] = ch[1];
	}
	inbox_ask_through(&in, ours);
}

static void
signer_on(unsigned lane)
{
	served[lane] = true;
	cr_assert_eq(pthread_create(&signer[lane], NULL, serve,
	    &theirs[lane]), 0);
}

static void
end(void)
{
	for (unsigned i = 0; i < LANES; i++) {
		close(ours[i]);
		if (served[i])
			pthread_join(signer[i], NULL);
		close(theirs[i]);
	}
}

TestSuite(inbox_lanes, .init = begin, .fini = end, .timeout = 60);

/* Asks as this client; when there is an answer, it is this client's. */
static enum bulla_status
small(uint8_t client)
{
	const struct bulla_inbox_client c = { .spki = { client } };
	const struct bulla_inbox_request q = { .client = &c,
	    .route.place = BULLA_TUS_CHECKPOINT };
	struct bulla_inbox_answer a = {
	    .body = BULLA_BUF_INIT(BULLA_INBOX_ANSWER_MAX) };
	enum bulla_status st = in.cfg.small(NULL, &q, &a, &e);

	if (st == BULLA_OK)
		st = bulla_buf_status(&a.body);
	cr_expect(st != BULLA_OK || (a.body.len == BULLA_NOTE_MAX &&
	    a.body.p[0] == client), "another answer than %c's", client);
	bulla_buf_free(&a.body);
	return st;
}

static enum bulla_status
judge(uint8_t client)
{
	const struct bulla_inbox_client c = { .spki = { client } };
	struct bulla_inbox_verdict v = {
	    .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	int fd = memfd_create("upload", MFD_CLOEXEC);
	enum bulla_status st = in.cfg.finish(NULL, fd, &c, NULL, &v, &e);

	if (st == BULLA_OK)
		st = bulla_buf_status(&v.note);
	cr_expect(st != BULLA_OK || v.sha256[0] == client,
	    "another verdict than %c's", client);
	bulla_buf_free(&v.note);
	close(fd);
	return st;
}

/* An answer that nobody waits for comes on one more lane. */
static void
leave_one(void)
{
	const struct bulla_inbox_client c = { .spki = { 'x' } };
	int fd = memfd_create("upload", MFD_CLOEXEC);
	void *f = in.cfg.follow.begin(NULL, fd, &c, 1);

	cr_assert_not_null(f);
	in.cfg.follow.leave(NULL, f);
	close(fd);
}

Test(inbox_lanes, no_memory_for_an_answer)
{
	unsigned n;
	bool failed = true;

	signer_on(JUDGE_LANES);
	for (n = 1; failed; n++) {
		fail_at = n;
		(void)!small('a');
		failed = fail_at == 0;
		fail_at = 0;
		cr_assert_eq(small('b'), BULLA_OK, "%u: %s", n, e.msg);
	}
	cr_expect_gt(n, 3);	/* for the question, and for its answer */
}

Test(inbox_lanes, no_memory_for_an_answer_that_is_owed)
{
	unsigned n;
	bool failed = true;

	/* There is an answer on the first one alone. */
	signer_on(0);
	for (unsigned i = 0; i < JUDGE_LANES; i++)
		leave_one();
	for (n = 1; failed; n++) {
		fail_at = n;
		(void)!judge('a');
		failed = fail_at == 0;
		fail_at = 0;
		cr_assert_eq(judge('b'), BULLA_OK, "%u: %s", n, e.msg);
		leave_one();
	}
	cr_expect_gt(n, 4);	/* for what is owed too */
}

/* What comes on the lane then ends the process that asks. */
static void
ends(const char *bytes, size_t len, unsigned lane, enum bulla_status (*ask)(
    uint8_t client))
{
	int status = 0;
	pid_t pid;

	cr_assert_eq(write(theirs[lane], bytes, len), (ssize_t)len);
	pid = fork();
	if (pid == 0) {
		alarm(20);
		(void)!ask('a');
		(void)!ask('b');
		_exit(CMD_YES);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status));
	cr_expect_eq(WEXITSTATUS(status), CMD_TROUBLE);
}

Test(inbox_lanes, an_answer_without_end)
{
	ends("\377\377\377\377", 4, JUDGE_LANES, small);
}

Test(inbox_lanes, an_owed_answer_without_end)
{
	for (unsigned i = 0; i < JUDGE_LANES; i++)
		leave_one();
	ends("\377\377\377\377", 4, 0, judge);
}

/* A closed lane fails, each time, and does no other harm. */
Test(inbox_lanes, nobody_there)
{
	shutdown(theirs[JUDGE_LANES], SHUT_RDWR);
	cr_expect_eq(small('a'), BULLA_E_IO);
	cr_expect_eq(small('b'), BULLA_E_IO);
}

/* A verifier that says this of its package, whatever that is. */
static pid_t
verifier(const struct bulla_examined *says, int ctl)
{
	struct bulla_buf msg = BULLA_BUF_INIT(BULLA_EXAMINED_MAX);
	const struct bulla_cur reply = bulla_cur_str("V");
	struct bulla_fds fds = { .n = 2 };
	struct bulla_cur c;
	int ch[2];
	pid_t pid;

	cr_assert_eq(bulla_channel_pair(ch, &e), BULLA_OK);
	pid = fork();
	if (pid == 0) {
		bulla_examined_put(&msg, says);
		c = bulla_buf_view(&msg);
		(void)!bulla_channel_send(ch[1], &c, NULL, NULL);
		for (;;)
			pause();
	}
	fds.v[0] = ch[0];
	fds.v[1] = (int)syscall(SYS_pidfd_open, pid, 0);
	cr_assert_eq(bulla_channel_send(ctl, &reply, &fds, &e), BULLA_OK);
	close(ch[0]);
	close(ch[1]);
	close(fds.v[1]);
	return pid;
}

static enum bulla_status
followed(uint64_t bytes, uint64_t length)
{
	struct bulla_examined says = { .reached = BULLA_REACHED_COPY,
	    .end.st = BULLA_E_FORMAT, .bytes = bytes,
	    .id = "00112233445566778899aabbccddeeff" };
	struct bulla_examined out = BULLA_EXAMINED_INIT;
	int ctl[2], upload = memfd_create("upload", MFD_CLOEXEC);
	int copy = memfd_create("copy", MFD_CLOEXEC);
	enum bulla_status st;
	pid_t pid;

	cr_assert_eq(bulla_channel_pair(ctl, &e), BULLA_OK);
	struct inbox_verifiers v = { ctl[0], PTHREAD_MUTEX_INITIALIZER };
	struct inbox_exam x = { .v = &v, .grows = true, .lane = -1,
	    .growing = { copy, length } };
	struct bulla_examiner ex = inbox_examiner(&x);

	pid = verifier(&says, ctl[1]);
	st = ex.examine(ex.ctx, upload, copy, &out, &e);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_expect(st != BULLA_OK || out.bytes == length);
	bulla_examined_free(&out);
	close(ctl[0]);
	close(ctl[1]);
	close(upload);
	close(copy);
	return st;
}

Test(inbox_lanes, a_verdict_on_another_length)
{
	cr_expect_eq(followed(1000, 1000), BULLA_OK);
	cr_expect_eq(followed(999, 1000), BULLA_E_AGAIN);
	cr_expect_eq(followed(1001, 1000), BULLA_E_AGAIN);
	cr_expect_eq(followed(0, 1000), BULLA_E_AGAIN);
}
