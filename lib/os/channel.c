#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bulla/channel.h"

#define HEAD 4u		/* bytes: the length, big-endian */
#define PIECE 65536u
#define MS 1000

static const char what[] = "the channel to another process";

union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(BULLA_CHANNEL_FDS_MAX * sizeof(int))];
};

enum bulla_status
bulla_channel_pair(int out[2], struct bulla_err *err)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out) != 0)
		return bulla_fail_sys(err, "socketpair");
	return BULLA_OK;
}

static enum bulla_status
nobody(struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_INCOMPLETE, "%s was closed", what);
}

/* One call; the number of bytes that went, or -1. */
static ssize_t
send_some(int ch, const void *p, size_t n, const struct bulla_fds *fds)
{
	struct iovec iov = { .iov_len = n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control c;
	struct cmsghdr *h;

	/* sendmsg(2) only reads from it */
	memcpy(&iov.iov_base, &p, sizeof(p));
	if (fds != NULL && fds->n > 0) {
		memset(&c, 0, sizeof(c));
		m.msg_control = c.buf;
		m.msg_controllen = CMSG_SPACE(fds->n * sizeof(int));
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(fds->n * sizeof(int));
		memcpy(CMSG_DATA(h), fds->v, fds->n * sizeof(int));
	}
	return sendmsg(ch, &m, MSG_NOSIGNAL);
}

static enum bulla_status
send_all(int ch, const uint8_t *p, size_t n, const struct bulla_fds *fds,
    struct bulla_err *err)
{
	ssize_t r;

	while (n > 0) {
		r = send_some(ch, p, n, fds);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return errno == EPIPE || errno == ECONNRESET ?
			    nobody(err) : bulla_fail_sys(err, "%s", what);
		p += r;
		n -= (size_t)r;
		fds = NULL;	/* they went with the first byte */
	}
	return BULLA_OK;
}

enum bulla_status
bulla_channel_send(int ch, const struct bulla_cur *msg,
    const struct bulla_fds *fds, struct bulla_err *err)
{
	uint8_t head[HEAD] = { (uint8_t)(msg->len >> 24),
	    (uint8_t)(msg->len >> 16), (uint8_t)(msg->len >> 8),
	    (uint8_t)msg->len };
	enum bulla_status st;

	BULLA_CHECK(msg->len <= UINT32_MAX);
	BULLA_CHECK(fds == NULL || fds->n <= BULLA_CHANNEL_FDS_MAX);
	st = send_all(ch, head, HEAD, fds, err);
	return st == BULLA_OK ? send_all(ch, msg->p, msg->len, NULL, err) :
	    st;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	BULLA_CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (int64_t)t.tv_sec * MS + t.tv_nsec / 1000000;
}

static enum bulla_status
wait_for(int ch, int64_t until, struct bulla_err *err)
{
	struct pollfd p = { .fd = ch, .events = POLLIN };
	int64_t left = -1;
	int r;

	do {
		if (until >= 0)
			left = until - now_ms();
		if (until >= 0 && left <= 0)
			return bulla_fail(err, BULLA_E_AGAIN, "no answer came "
			    "in time");
		r = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
	} while (r == 0 || (r < 0 && errno == EINTR));
	return r > 0 ? BULLA_OK : bulla_fail_sys(err, "%s", what);
}

/* The descriptors of a message are ours from here on, wanted or not. */
static bool
take_fds(struct msghdr *m, struct bulla_fds *out)
{
	bool ok = (m->msg_flags & MSG_CTRUNC) == 0;
	struct cmsghdr *h;
	size_t n;
	int fd;

	for (h = CMSG_FIRSTHDR(m); h != NULL; h = CMSG_NXTHDR(m, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(h) + i * sizeof(fd),
			    sizeof(fd));
			if (out->n < BULLA_CHANNEL_FDS_MAX) {
				out->v[out->n++] = fd;
				continue;
			}
			(void)close(fd);
			ok = false;
		}
	}
	return ok;
}

/* Up to n bytes: *got is 0 when nothing had come after all. */
static enum bulla_status
recv_some(int ch, uint8_t *p, size_t n, size_t *got, struct bulla_fds *fds,
    struct bulla_err *err)
{
	struct iovec iov = { .iov_base = p, .iov_len = n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control c;
	ssize_t r;

	if (fds != NULL) {
		m.msg_control = c.buf;
		m.msg_controllen = sizeof(c.buf);
	}
	*got = 0;
	r = recvmsg(ch, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (r < 0 && (errno == EINTR || errno == EAGAIN))
		return BULLA_OK;
	if (r < 0 && errno != ECONNRESET)
		return bulla_fail_sys(err, "%s", what);
	if (r <= 0)
		return nobody(err);
	*got = (size_t)r;
	if (fds != NULL ? !take_fds(&m, fds) : (m.msg_flags & MSG_CTRUNC) != 0)
		return bulla_fail(err, BULLA_E_FORMAT, "more descriptors than "
		    "a message may have");
	return BULLA_OK;
}

static enum bulla_status
recv_head(int ch, int64_t until, size_t *len, struct bulla_fds *fds,
    struct bulla_err *err)
{
	uint8_t head[HEAD];
	enum bulla_status st = BULLA_OK;
	struct bulla_cur c;
	uint32_t n;
	size_t at = 0, got;

	while (st == BULLA_OK && at < HEAD) {
		st = wait_for(ch, until, err);
		if (st == BULLA_OK)
			st = recv_some(ch, head + at, HEAD - at, &got, fds,
			    err);
		at += st == BULLA_OK ? got : 0;
	}
	if (st != BULLA_OK)
		return st;
	c = bulla_cur_of(head, HEAD);
	BULLA_CHECK(bulla_cur_u32(&c, &n));
	*len = n;
	return BULLA_OK;
}

static enum bulla_status
recv_body(int ch, int64_t until, size_t len, struct bulla_buf *out,
    struct bulla_err *err)
{
	uint8_t piece[PIECE];
	enum bulla_status st;
	size_t got;

	while (len > 0) {
		st = wait_for(ch, until, err);
		if (st == BULLA_OK)
			st = recv_some(ch, piece, len < PIECE ? len : PIECE,
			    &got, NULL, err);
		if (st != BULLA_OK)
			return st;
		bulla_buf_put(out, piece, got);
		len -= got;
	}
	/* Without memory for it, it is heard to its end all the same. */
	st = bulla_buf_status(out);
	return st == BULLA_OK ? st : bulla_fail(err, st, "out of memory");
}

enum bulla_status
bulla_channel_recv(int ch, int secs, struct bulla_buf *out,
    struct bulla_fds *fds, struct bulla_err *err)
{
	int64_t until = secs < 0 ? -1 : now_ms() + (int64_t)secs * MS;
	struct bulla_fds came = { .n = 0 };
	enum bulla_status st;
	size_t len = 0;

	st = recv_head(ch, until, &len, fds != NULL ? &came : NULL, err);
	if (st == BULLA_OK && len > out->max - out->len)
		st = bulla_fail(err, BULLA_E_FORMAT, "a message of %zu bytes, "
		    "over the limit", len);
	if (st == BULLA_OK)
		st = recv_body(ch, until, len, out, err);
	if (st == BULLA_OK && fds != NULL)
		*fds = came;
	for (unsigned i = 0; st != BULLA_OK && i < came.n; i++)
		(void)close(came.v[i]);
	return st;
}
