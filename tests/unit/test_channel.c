#include <fcntl.h>
#include <sys/socket.h>

#include "bulla/channel.h"
#include "scratch.h"

/*
 * Messages between processes, from those who do not keep to the form too.
 * WRAP: malloc
 */
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);

static bool no_memory;
static int ch[2];
static struct bulla_buf got = BULLA_BUF_INIT(100);
static struct bulla_err e;

void *
__wrap_malloc(size_t n)
{
	return no_memory ? NULL : __real_malloc(n);
}

static void
begin(void)
{
	cr_assert_eq(bulla_channel_pair(ch, NULL), BULLA_OK);
	cr_expect(fcntl(ch[0], F_GETFD) & FD_CLOEXEC);
}

static void
end(void)
{
	bulla_buf_free(&got);
	(void)close(ch[0]);
	(void)close(ch[1]);
}

static void
open_both(void)
{
	scratch_enter();
	begin();
}

static void
close_both(void)
{
	end();
	scratch_leave();
}

TestSuite(channel, .init = open_both, .fini = close_both);

static enum bulla_status
say(const char *s, const struct bulla_fds *fds)
{
	const struct bulla_cur c = bulla_cur_str(s);

	return bulla_channel_send(ch[0], &c, fds, &e);
}

static enum bulla_status
hear(struct bulla_fds *fds)
{
	bulla_buf_reset(&got);
	return bulla_channel_recv(ch[1], 5, &got, fds, &e);
}

Test(channel, messages_keep_apart)
{
	cr_assert_eq(say("one", NULL), BULLA_OK);
	cr_assert_eq(say("", NULL), BULLA_OK);
	cr_assert_eq(say("three", NULL), BULLA_OK);
	cr_assert_eq(hear(NULL), BULLA_OK);
	cr_expect_str_eq(bulla_buf_cstr(&got), "one");
	cr_assert_eq(hear(NULL), BULLA_OK);
	cr_expect_eq(got.len, 0);
	cr_assert_eq(hear(NULL), BULLA_OK);
	cr_expect_str_eq(bulla_buf_cstr(&got), "three");
}

Test(channel, descriptors_go_with_their_message)
{
	unsigned before = n_open();
	struct bulla_fds out = { .v = { ch[0], ch[1] }, .n = 2 },
	    in = { .n = 9 };

	cr_assert_eq(say("none", NULL), BULLA_OK);
	cr_assert_eq(say("two", &out), BULLA_OK);
	cr_assert_eq(hear(&in), BULLA_OK);
	cr_expect_eq(in.n, 0);
	cr_assert_eq(hear(&in), BULLA_OK);
	cr_assert_eq(in.n, 2);
	cr_expect(bulla_buf_cstr(&got) != NULL);
	cr_expect(fcntl(in.v[0], F_GETFD) & FD_CLOEXEC);
	close(in.v[0]);
	close(in.v[1]);
	cr_expect_eq(n_open(), before);
}

/* n descriptors with len bytes, as anybody could send them. */
static void
raw(const void *p, size_t len, unsigned n)
{
	char control[CMSG_SPACE(8 * sizeof(int))] = { 0 };
	char copy[200];
	struct iovec iov = { copy, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *h = (struct cmsghdr *)control;

	memcpy(copy, p, len);
	if (n > 0) {
		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(n * sizeof(int));
		for (unsigned i = 0; i < n; i++)
			memcpy(CMSG_DATA(h) + i * sizeof(int), &ch[0],
			    sizeof(int));
	}
	cr_assert_eq(sendmsg(ch[0], &m, 0), (ssize_t)len);
}

Test(channel, nobody_leaves_descriptors_here)
{
	unsigned before = n_open();
	struct bulla_fds in;

	/* where none are taken, with the length or with the bytes */
	raw("\0\0\0\1x", 5, 2);
	cr_expect_eq(hear(NULL), BULLA_E_FORMAT);
	end();
	begin();
	raw("\0\0\0\1", 4, 0);
	raw("x", 1, 1);
	cr_expect_eq(hear(&in), BULLA_E_FORMAT);
	end();
	begin();
	/* more than a message has, at once and byte by byte */
	raw("\0\0\0\1x", 5, BULLA_CHANNEL_FDS_MAX + 1);
	cr_expect_eq(hear(&in), BULLA_E_FORMAT);
	end();
	begin();
	raw("\0", 1, BULLA_CHANNEL_FDS_MAX);
	raw("\0", 1, 1);
	raw("\0\1x", 3, 0);
	cr_expect_eq(hear(&in), BULLA_E_FORMAT);
	cr_expect_eq(n_open(), before);
}

Test(channel, too_long)
{
	raw("\0\0\0\145", 4, 0);	/* 101 bytes */
	cr_expect_eq(hear(NULL), BULLA_E_FORMAT);
	cr_expect_eq(got.len, 0);
	end();
	begin();
	raw("\377\377\377\377", 4, 0);
	cr_expect_eq(hear(NULL), BULLA_E_FORMAT);
}

Test(channel, closed_at_each_byte)
{
	for (size_t n = 0; n < 9; n++) {
		raw("\0\0\0\5hello", n == 0 ? 0 : n, 0);
		close(ch[0]);
		cr_expect_eq(hear(NULL), BULLA_E_INCOMPLETE, "%zu", n);
		ch[0] = -1;
		end();
		begin();
	}
	close(ch[1]);
	ch[1] = -1;
	cr_expect_eq(say("x", NULL), BULLA_E_INCOMPLETE);
}

Test(channel, nothing_comes_in_time)
{
	raw("\0\0\0\5hel", 7, 0);
	cr_expect_eq(bulla_channel_recv(ch[1], 0, &got, NULL, &e),
	    BULLA_E_AGAIN);
}

/* It costs that message, of several pieces, and not the place of the next. */
Test(channel, no_memory)
{
	static char large[100001];
	unsigned before = n_open();
	struct bulla_fds out = { .v = { ch[0] }, .n = 1 }, in = { .n = 9 };

	memset(large, 'x', sizeof(large) - 1);
	got.max = sizeof(large);
	cr_assert_eq(say(large, &out), BULLA_OK);
	cr_assert_eq(say("two", NULL), BULLA_OK);
	no_memory = true;
	cr_expect_eq(hear(&in), BULLA_E_NOMEM);
	no_memory = false;
	cr_expect_str_eq(e.msg, "out of memory");
	cr_expect_eq(n_open(), before);
	cr_assert_eq(hear(NULL), BULLA_OK);
	cr_expect_str_eq(bulla_buf_cstr(&got), "two");
}
