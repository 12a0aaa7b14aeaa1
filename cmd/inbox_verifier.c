#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inbox_procs.h"

#include "bulla/channel.h"
#include "bulla/confine.h"
#include "bulla/ring.h"

/*
 * A verifier lives for one package. What it is asked comes from the signer
 * and is trusted; from the first byte of the package on it is not itself.
 */
#define TRIES 2u	/* verifiers that one package may wear out */
#define CPU_SECS 10u	/* and one more for each 16 MiB */
#define CPU_BYTES (16u << 20)
#define WALL_SECS 300u	/* and one more for each MiB */
#define WALL_BYTES (1u << 20)
#define WALL_MAX (60u * 86400u)
#define MEMORY (512ul << 20)	/* bytes of address space, and for a thread: */
#define MEMORY_THREAD (192ul << 20)
#define RESULT_MAX (BULLA_EXAMINED_MAX + 64u)

/*
 * A task: one letter, and the file's bytes as 64 bits.
 *	E	examine; fds: the file, its copy
 *	F	the same for one that grows to so many; and its counts
 *	H	hash; fds: the file
 */
#define TASK_LEN 9u

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(ASAN)
const bool inbox_sanitized = true;
#else
const bool inbox_sanitized = false;
#endif

static uint64_t
size_of(int fd)
{
	struct stat sb;

	return fstat(fd, &sb) == 0 && sb.st_size > 0 ?
	    (uint64_t)sb.st_size : 0;
}

/* From here on whatever happens is about this package alone. */
static enum bulla_status
confine(uint64_t size, unsigned threads)
{
	const struct bulla_usage u = {
	    .cpu_secs = CPU_SECS + size / CPU_BYTES,
	    .memory = inbox_sanitized ? 0 : MEMORY + threads * MEMORY_THREAD,
	    .file = size };
	unsigned got;
	enum bulla_status st = bulla_limit_usage(&u, NULL);

	return st == BULLA_OK ? bulla_confine_parser(BULLA_CONFINE_BOTH,
	    &got, NULL) : st;
}

static void
hash(int fd, struct bulla_buf *out)
{
	uint8_t sha256[BULLA_SHA256_LEN] = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_hash_fd(fd, NULL, sha256, &err);

	bulla_buf_u8(out, st == BULLA_OK);
	bulla_buf_put(out, sha256, sizeof(sha256));
}

static void
work(struct bulla_cur task, const struct bulla_fds *fds, struct bulla_buf *out)
{
	struct bulla_examined e = BULLA_EXAMINED_INIT;
	struct bulla_growing g = { .counts = fds->n == 3 ? fds->v[2] : -1 };
	unsigned threads = bulla_cores();
	uint8_t kind;

	if (!bulla_cur_u8(&task, &kind) || !bulla_cur_u64(&task, &g.length) ||
	    confine(g.length, threads) != BULLA_OK)
		return;
	if (kind == 'H' && fds->n == 1) {
		hash(fds->v[0], out);
	} else if ((kind == 'E' && fds->n == 2) ||
	    (kind == 'F' && fds->n == 3)) {
		bulla_examine(fds->v[0], fds->v[1], threads, kind == 'F' ?
		    &g : NULL, &e);
		bulla_examined_put(out, &e);
	}
}

static _Noreturn void
live(int ch)
{
	struct bulla_buf task = BULLA_BUF_INIT(TASK_LEN);
	struct bulla_buf out = BULLA_BUF_INIT(RESULT_MAX);
	struct bulla_fds fds = { .n = 0 };
	struct bulla_cur c;

	if (bulla_channel_recv(ch, -1, &task, &fds, NULL) != BULLA_OK ||
	    fds.n == 0)
		_exit(CMD_YES);	/* the signer thought better of it */
	c = bulla_buf_view(&task);
	work(c, &fds, &out);
	c = bulla_buf_view(&out);
	/* No result is one too: the signer sees the channel end. */
	_exit(out.len > 0 && bulla_buf_status(&out) == BULLA_OK &&
	    bulla_channel_send(ch, &c, NULL, NULL) == BULLA_OK ? CMD_YES :
	    CMD_TROUBLE);
}

/* A child with one end of a channel, and nothing else. */
static pid_t
verifier_fork(int ch, int null)
{
	const pid_t parent = getpid();
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	inbox_child_begin(parent);
	(void)prctl(PR_SET_NAME, "verifier", 0, 0, 0);
	/* Not even the log is its to write. */
	(void)dup2(null, STDOUT_FILENO);
	if (!inbox_sanitized)
		(void)dup2(null, STDERR_FILENO);
	if (dup2(ch, 3) != 3 || syscall(SYS_close_range, 4, ~0u, 0) != 0)
		_exit(CMD_TROUBLE);
	live(3);
}

/* Nothing in reply: the signer has to do without. */
static void
answer(int ctl, const struct bulla_fds *fds)
{
	const struct bulla_cur reply = bulla_cur_str("V");

	/* When it cannot be told it has died, which is seen elsewhere. */
	(void)!bulla_channel_send(ctl, &reply, fds, NULL);
}

void
inbox_verifier_none(int ctl)
{
	answer(ctl, NULL);
}

pid_t
inbox_verifier_start(int ctl, int null)
{
	struct bulla_fds fds = { .n = 0 };
	int ch[2] = { -1, -1 };
	pid_t pid = -1;

	if (bulla_channel_pair(ch, NULL) == BULLA_OK)
		pid = verifier_fork(ch[1], null);
	if (pid > 0) {
		fds = (struct bulla_fds){ { ch[0], (int)syscall(
		    SYS_pidfd_open, pid, 0) }, 2 };
		if (fds.v[1] == -1) {
			(void)kill(pid, SIGKILL);
			fds.n = 0;
		}
	}
	answer(ctl, &fds);
	for (unsigned i = 0; i < 2 && ch[i] != -1; i++)
		(void)close(ch[i]);
	if (fds.n == 2)
		(void)close(fds.v[1]);
	return pid;
}

/* The signer's side. */
struct session {
	int ch, pidfd;
};

static enum bulla_status
session_begin(struct inbox_verifiers *v, struct session *s,
    struct bulla_err *err)
{
	struct bulla_buf reply = BULLA_BUF_INIT(1);
	const struct bulla_cur ask = bulla_cur_str("V");
	struct bulla_fds fds = { .n = 0 };
	enum bulla_status st;

	pthread_mutex_lock(&v->mu);
	st = bulla_channel_send(v->ctl, &ask, NULL, err);
	if (st == BULLA_OK)
		st = bulla_channel_recv(v->ctl, -1, &reply, &fds, err);
	pthread_mutex_unlock(&v->mu);
	bulla_buf_free(&reply);
	if (st != BULLA_OK)
		return bulla_wrap(err, BULLA_E_IO, "supervisor");
	if (fds.n != 2) {
		for (unsigned i = 0; i < fds.n; i++)
			(void)close(fds.v[i]);
		return bulla_fail(err, BULLA_E_NOMEM,
		    "no verifier could be started");
	}
	*s = (struct session){ fds.v[0], fds.v[1] };
	return BULLA_OK;
}

/*
 * Until it is gone it could still change what it was given to write, whatever
 * it has said.
 */
static void
session_end(struct session *s)
{
	struct pollfd p = { .fd = s->pidfd, .events = POLLIN };

	(void)syscall(SYS_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
	while (poll(&p, 1, -1) < 1)
		;
	(void)close(s->pidfd);
	(void)close(s->ch);
}

struct task {
	char kind;
	uint64_t bytes;
	struct bulla_fds fds;
	int lane;	/* whose other end has to be there, or -1 */
};

/* Until he says something, has died, or nobody wants to hear it. */
static bool
await(const struct session *s, int lane, int secs)
{
	struct pollfd p[] = { { .fd = s->ch, .events = POLLIN },
	    { .fd = lane, .events = POLLRDHUP } };
	int n;

	do
		n = poll(p, 2, secs < INT_MAX / 1000 ? secs * 1000 : INT_MAX);
	while (n < 0 && errno == EINTR);
	return n > 0 && p[0].revents != 0;
}

/* One verifier, one task. _INCOMPLETE: it came to no result. */
static enum bulla_status
ask(struct inbox_verifiers *v, const struct task *t, struct bulla_buf *out,
    struct bulla_err *err)
{
	struct bulla_buf msg = BULLA_BUF_INIT(TASK_LEN);
	uint64_t secs = WALL_SECS + t->bytes / WALL_BYTES;
	int wait = (int)(secs < WALL_MAX ? secs : WALL_MAX);
	struct session s = { -1, -1 };
	enum bulla_status st = session_begin(v, &s, err);
	struct bulla_cur c;

	if (st != BULLA_OK)
		return st;
	bulla_buf_u8(&msg, (uint8_t)t->kind);
	bulla_buf_u64(&msg, t->bytes);
	c = bulla_buf_view(&msg);
	st = bulla_buf_status(&msg);
	if (st == BULLA_OK)
		st = bulla_channel_send(s.ch, &c, &t->fds, err);
	if (st == BULLA_OK && !await(&s, t->lane, wait))
		st = bulla_fail(err, BULLA_E_AGAIN, "no answer came in time");
	if (st == BULLA_OK)
		st = bulla_channel_recv(s.ch, wait, out, NULL, err);
	session_end(&s);
	bulla_buf_free(&msg);
	if (st == BULLA_E_INCOMPLETE)
		(void)bulla_fail(err, st, "it crashed, or went over its "
		    "limits");
	/* NOMEM is ours; of all else the verifier is the cause. */
	return st == BULLA_OK || st == BULLA_E_NOMEM ? st :
	    BULLA_E_INCOMPLETE;
}

static enum bulla_status
examine_once(struct inbox_verifiers *v, const struct task *t,
    struct bulla_examined *out, struct bulla_err *err)
{
	struct bulla_buf msg = BULLA_BUF_INIT(RESULT_MAX);
	struct bulla_cur c;
	enum bulla_status st;

	/* The second time from the beginning, on an empty copy. */
	if (lseek(t->fds.v[0], 0, SEEK_SET) != 0 ||
	    lseek(t->fds.v[1], 0, SEEK_SET) != 0 ||
	    ftruncate(t->fds.v[1], 0) != 0)
		return bulla_fail_sys(err, "the copy in the home");
	st = ask(v, t, &msg, err);
	c = bulla_buf_view(&msg);
	if (st == BULLA_OK)
		st = bulla_examined_parse(&c, out, err);
	bulla_buf_free(&msg);
	return st == BULLA_E_FORMAT ? BULLA_E_INCOMPLETE : st;
}

/* Whatever goes wrong, the upload can be examined when it is whole. */
static enum bulla_status
follow(const struct inbox_exam *x, int in, int copy,
    struct bulla_examined *out, struct bulla_err *err)
{
	const struct task t = { 'F', x->growing.length, { { in, copy,
	    x->growing.counts }, 3 }, x->lane };
	enum bulla_status st = examine_once(x->v, &t, out, err);

	if (st == BULLA_OK && out->reached == BULLA_REACHED_NOTHING &&
	    out->end.st != BULLA_E_FORMAT) {
		st = out->end.st;
		if (err != NULL)
			*err = out->end;
	}
	if (st == BULLA_OK && out->reached != BULLA_REACHED_NOTHING &&
	    out->bytes != x->growing.length)
		st = bulla_fail(err, BULLA_E_AGAIN, "it has another length");
	return st == BULLA_OK ? st : bulla_wrap(err, BULLA_E_AGAIN,
	    "not verified while it came");
}

static enum bulla_status
examine(void *ctx, int in, int copy, struct bulla_examined *out,
    struct bulla_err *err)
{
	const struct inbox_exam *x = ctx;
	const struct task t = { 'E', size_of(in), { { in, copy }, 2 }, -1 };
	enum bulla_status st = BULLA_E_INCOMPLETE;

	if (x->grows)
		return follow(x, in, copy, out, err);
	for (unsigned i = 0; i < TRIES && st == BULLA_E_INCOMPLETE; i++)
		st = examine_once(x->v, &t, out, err);
	if (st != BULLA_E_INCOMPLETE)
		return st;
	/* For good: it would take every verifier that it is given. */
	return bulla_wrap(err, BULLA_E_LIMIT, "%u times its verification "
	    "came to no result", TRIES);
}

static enum bulla_status
hash_stored(void *ctx, int fd, uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	const struct inbox_exam *x = ctx;
	const struct task t = { 'H', size_of(fd), { { fd }, 1 }, -1 };
	struct bulla_buf msg = BULLA_BUF_INIT(RESULT_MAX);
	enum bulla_status st = ask(x->v, &t, &msg, err);
	struct bulla_cur c = bulla_buf_view(&msg);
	uint8_t ok;

	if (st == BULLA_OK && (!bulla_cur_u8(&c, &ok) || ok != 1 ||
	    c.len != BULLA_SHA256_LEN ||
	    !bulla_cur_copy(&c, sha256, BULLA_SHA256_LEN)))
		st = bulla_fail(err, BULLA_E_IO, "not read");
	bulla_buf_free(&msg);
	return st == BULLA_OK ? st : bulla_wrap(err, st == BULLA_E_NOMEM ?
	    st : BULLA_E_IO, "the stored package");
}

struct bulla_examiner
inbox_examiner(struct inbox_exam *x)
{
	return (struct bulla_examiner){ examine, hash_stored, x };
}
