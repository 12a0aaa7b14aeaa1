/*
 * cutproxy [-c N] [-d] [-r FILE] [-s SECONDS] MODE BYTES HOST:PORT: a TCP
 * proxy on 127.0.0.1 that spoils connections, for tests. Prints its port.
 * MODE:
 *
 *	cut	close both sides after BYTES bytes from the client (-d: those
 *		from the server are counted, and stalled or changed)
 *	reset	the same with a RST
 *	stall	pass nothing on any more, but stay connected
 *	flip	change one bit of the byte at BYTES, pass on all
 *	hush	from then on pass nothing back from the server
 *
 * Only the first N connections (default 1) are spoiled, later ones pass. A
 * connection that carries fewer bytes is not spoiled and not counted. FILE
 * gets a line for each one that was. Ends by itself after SECONDS (default
 * 60).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "loopback.h"

#define CONNS_MAX 64

enum mode { CUT, RESET, STALL, FLIP, HUSH };
struct pair {
	bool used;
	int client, server;	/* -1: closed */
	unsigned long long passed;	/* bytes from the side that counts */
	bool spoiled;
};

static enum mode mode;
static bool down;	/* the server's bytes count */
static unsigned long long limit;
static unsigned spoil_left = 1;
static FILE *record;
static struct pair pairs[CONNS_MAX];

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(3);
}

static bool
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static void
drop(struct pair *p, bool rst)
{
	struct linger l = { .l_onoff = 1 };

	if (rst) {
		(void)setsockopt(p->client, SOL_SOCKET, SO_LINGER, &l,
		    sizeof(l));
		(void)setsockopt(p->server, SOL_SOCKET, SO_LINGER, &l,
		    sizeof(l));
	}
	if (p->client != -1)
		(void)close(p->client);
	if (p->server != -1)
		(void)close(p->server);
	p->client = p->server = -1;
	p->used = false;
}

/* On a dead line the server does not hear that the client has gone. */
static void
client_left(struct pair *p)
{
	if (!p->spoiled || mode != STALL) {
		drop(p, false);
		return;
	}
	(void)close(p->client);
	p->client = -1;
}

/* The bytes reach the limit here: n of them still pass. */
static size_t
spoil(struct pair *p, char *buf, size_t n)
{
	size_t before = (size_t)(limit - p->passed);

	spoil_left--;
	p->spoiled = true;
	if (record != NULL && (fprintf(record, "spoiled after %llu\n",
	    limit) < 0 || fflush(record) != 0))
		die("record");
	if (mode == FLIP)
		buf[before] ^= 1;
	return mode == FLIP || mode == HUSH ? n : before;
}

/* From the side that counts to the other one. */
static void
pass(struct pair *p, char *buf, size_t got, int to)
{
	size_t n = got;

	if (!p->spoiled && spoil_left > 0 && p->passed + n > limit)
		n = spoil(p, buf, n);
	else if (p->spoiled && mode == STALL)
		n = 0;
	p->passed += got;
	if (!write_all(to, buf, n))
		drop(p, false);
	else if (p->spoiled && (mode == CUT || mode == RESET))
		drop(p, mode == RESET);
}

static void
from_client(struct pair *p)
{
	char buf[16384];
	ssize_t got = recv(p->client, buf, sizeof(buf), 0);

	if (got <= 0)
		client_left(p);
	else if (!down)
		pass(p, buf, (size_t)got, p->server);
	else if (!write_all(p->server, buf, (size_t)got))
		drop(p, false);
}

static void
from_server(struct pair *p)
{
	char buf[16384];
	ssize_t got = recv(p->server, buf, sizeof(buf), 0);

	if (got <= 0)
		drop(p, false);
	else if (down)
		pass(p, buf, (size_t)got, p->client);
	else if (p->spoiled && (mode == STALL || mode == HUSH))
		return;
	else if (!write_all(p->client, buf, (size_t)got))
		drop(p, false);
}

static int
server_connect(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || connect(fd, (const struct sockaddr *)to,
	    sizeof(*to)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void
accept_one(int listener, const struct sockaddr_in *to)
{
	int fd = accept(listener, NULL, NULL);

	if (fd == -1)
		return;
	for (int i = 0; i < CONNS_MAX; i++) {
		if (pairs[i].used)
			continue;
		pairs[i] = (struct pair){ .used = true, .client = fd,
		    .server = server_connect(to) };
		if (pairs[i].server == -1)
			drop(&pairs[i], true);
		return;
	}
	(void)close(fd);
}

static void
serve(int listener, const struct sockaddr_in *to)
{
	struct pollfd fds[1 + 2 * CONNS_MAX];

	fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (int i = 0; i < CONNS_MAX; i++) {
		fds[1 + 2 * i] = (struct pollfd){ .fd = pairs[i].client,
		    .events = POLLIN };
		fds[2 + 2 * i] = (struct pollfd){ .fd = pairs[i].server,
		    .events = POLLIN };
	}
	if (poll(fds, 1 + 2 * CONNS_MAX, 1000) <= 0)
		return;
	for (int i = 0; i < CONNS_MAX; i++) {
		if (pairs[i].client != -1 && fds[1 + 2 * i].revents != 0)
			from_client(&pairs[i]);
		if (pairs[i].server != -1 && fds[2 + 2 * i].revents != 0)
			from_server(&pairs[i]);
	}
	if (fds[0].revents != 0)
		accept_one(listener, to);
}

static void
target(const char *text, struct sockaddr_in *to)
{
	char host[64];
	const char *colon = strrchr(text, ':');

	*to = (struct sockaddr_in){ .sin_family = AF_INET };
	if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
		die("HOST:PORT");
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	to->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, host, &to->sin_addr) != 1)
		die("HOST:PORT");
}

int
main(int argc, char **argv)
{
	static const char *const names[] = { "cut", "reset", "stall", "flip",
	    "hush" };
	struct sockaddr_in to;
	long seconds = 60;
	time_t end;
	int ch, fd, i;

	while ((ch = getopt(argc, argv, "c:dr:s:")) != -1) {
		if (ch == 'c')
			spoil_left = (unsigned)strtoul(optarg, NULL, 10);
		else if (ch == 'd')
			down = true;
		else if (ch == 'r' && (record = fopen(optarg, "a")) == NULL)
			die(optarg);
		else if (ch == 'r')
			continue;
		else if (ch == 's')
			seconds = strtol(optarg, NULL, 10);
		else
			return 2;
	}
	if (argc - optind != 3)
		return 2;
	for (i = 0; i < 5 && strcmp(argv[optind], names[i]) != 0; i++)
		;
	if (i == 5)
		return 2;
	mode = (enum mode)i;
	limit = strtoull(argv[optind + 1], NULL, 10);
	target(argv[optind + 2], &to);
	for (i = 0; i < CONNS_MAX; i++)
		pairs[i].client = pairs[i].server = -1;
	fd = loopback_announced();
	if (fd == -1)
		die("listen");
	for (end = time(NULL) + seconds; time(NULL) < end;)
		serve(fd, &to);
	return 0;
}
