/*
 * inboxload PORT CONNECTIONS SECONDS CERT KEY: that many bad clients of an
 * inbox on loopback, all at once: connections that say nothing, TLS
 * handshakes and headers that trickle, bodies of one byte a second, header
 * bombs, finished handshakes without a request. Each comes from one of 200
 * addresses and comes again a while after it was thrown out. Prints how
 * often they got how far.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#define AGAIN 5000	/* ms until one that was thrown out comes again */
#define BEAT 1000	/* ms between bytes */

enum kind { SILENT, SLOW_TLS, SLOW_HEADER, SLOW_BODY, BOMB, IDLE, KINDS };
enum state { OFF, CONNECTING, SHAKING, THERE };

struct enemy {
	enum kind kind;
	enum state state;
	int fd;
	unsigned place;
	gnutls_session_t tls;
	int64_t next;		/* ms: when to act */
	size_t sent;
};

static gnutls_certificate_credentials_t cred;
static unsigned port;
static uint64_t connects, handshakes, thrown_out, bytes;

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
leave(struct enemy *e, int64_t now)
{
	if (e->tls != NULL)
		gnutls_deinit(e->tls);
	if (e->fd != -1)
		close(e->fd);
	e->tls = NULL;
	e->fd = -1;
	e->state = OFF;
	e->sent = 0;
	e->next = now + AGAIN;
}

static void
out(struct enemy *e, int64_t now)
{
	thrown_out++;
	leave(e, now);
}

static void
come(struct enemy *e, int64_t now)
{
	struct sockaddr_in me = { .sin_family = AF_INET }, it = me;

	me.sin_addr.s_addr = htonl(0x7f000100u + e->place % 200 + 2);
	it.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	it.sin_port = htons((uint16_t)port);
	e->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (e->fd == -1 || bind(e->fd, (struct sockaddr *)&me,
	    sizeof(me)) != 0 || (connect(e->fd, (struct sockaddr *)&it,
	    sizeof(it)) != 0 && errno != EINPROGRESS)) {
		leave(e, now);
		return;
	}
	connects++;
	e->state = CONNECTING;
	e->next = now;
}

static int
begin_tls(struct enemy *e)
{
	if (gnutls_init(&e->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK |
	    GNUTLS_NO_SIGNAL) != 0 ||
	    gnutls_set_default_priority(e->tls) != 0 ||
	    gnutls_credentials_set(e->tls, GNUTLS_CRD_CERTIFICATE, cred) != 0)
		return -1;
	gnutls_transport_set_int(e->tls, e->fd);
	e->state = SHAKING;
	return 0;
}

static void
shake(struct enemy *e, int64_t now)
{
	int r = gnutls_handshake(e->tls);

	if (r == 0) {
		handshakes++;
		e->state = THERE;
		e->next = now;
	} else if (gnutls_error_is_fatal(r)) {
		out(e, now);
	}
}

/* What is sent once the way is open: from here, then more of the same. */
static size_t
words(const struct enemy *e, char text[4096])
{
	static const char slow[] = "HEAD /packages HTTP/1.1\r\nHost: x\r\nX: ";
	static const char body[] = "POST /packages HTTP/1.1\r\nHost: x\r\n"
	    "Tus-Resumable: 1.0.0\r\nUpload-Length: 1000000\r\n"
	    "Content-Type: application/offset+octet-stream\r\n"
	    "Content-Length: 1000000\r\n\r\n";

	switch (e->kind) {
	case SLOW_HEADER:
		text[0] = e->sent < sizeof(slow) - 1 ? slow[e->sent] : 'x';
		return 1;
	case SLOW_BODY:
		if (e->sent == 0) {
			memcpy(text, body, sizeof(body) - 1);
			return sizeof(body) - 1;
		}
		text[0] = 'x';
		return 1;
	case BOMB:
		if (e->sent == 0) {
			memcpy(text, slow, sizeof(slow) - 1);
			return sizeof(slow) - 1;
		}
		memset(text, 'x', 4096);
		for (size_t i = 62; i < 4096; i += 64)
			memcpy(text + i - 2, "\r\nX:", 4);
		return 4096;
	case SILENT:
	case SLOW_TLS:
	case IDLE:
	case KINDS:
		break;
	}
	return 0;
}

static void
speak(struct enemy *e, int64_t now)
{
	char text[4096];
	size_t n = words(e, text);
	ssize_t r;

	/* Thrown out? An answer to a bomb is not read. */
	r = gnutls_record_recv(e->tls, text + 2048, 2048);
	if (r == 0 || (r < 0 && gnutls_error_is_fatal((int)r))) {
		out(e, now);
		return;
	}
	n = words(e, text);
	r = n > 0 ? gnutls_record_send(e->tls, text, n) : 0;
	if (r < 0 && gnutls_error_is_fatal((int)r)) {
		out(e, now);
		return;
	}
	if (r > 0) {
		e->sent += (size_t)r;
		bytes += (uint64_t)r;
	}
	e->next = now + (e->kind == BOMB ? 20 : BEAT);
}

/* Those without TLS: is the connection still there? */
static void
murmur(struct enemy *e, int64_t now)
{
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc";
	char c = e->sent < sizeof(hello) - 1 ? hello[e->sent] : 'x';
	ssize_t r = recv(e->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);

	if (r == 0 || (r < 0 && errno != EAGAIN)) {
		out(e, now);
		return;
	}
	c = e->sent < sizeof(hello) - 1 ? hello[e->sent] : 'x';
	if (e->kind == SLOW_TLS && send(e->fd, &c, 1, MSG_NOSIGNAL |
	    MSG_DONTWAIT) == 1)
		e->sent++;
	e->next = now + BEAT;
}

static void
act(struct enemy *e, int64_t now)
{
	if (e->state == OFF)
		come(e, now);
	else if (e->kind == SILENT || e->kind == SLOW_TLS)
		murmur(e, now);
	else if (e->state == CONNECTING && begin_tls(e) != 0)
		out(e, now);
	else if (e->state == SHAKING)
		shake(e, now);
	else
		speak(e, now);
}

/* The one waited for: its socket when it shakes hands, else its time. */
static void
rounds(struct enemy *all, struct pollfd *p, size_t n, int64_t end)
{
	int64_t now;

	while ((now = now_ms()) < end) {
		for (size_t i = 0; i < n; i++) {
			struct enemy *e = &all[i];

			if (e->state == SHAKING ? (p[i].revents != 0) :
			    e->next <= now)
				act(e, now);
			p[i] = (struct pollfd){ .fd = -1 };
			if (e->state == SHAKING) {
				p[i].fd = e->fd;
				p[i].events = gnutls_record_get_direction(
				    e->tls) ? POLLOUT : POLLIN;
			}
		}
		if (poll(p, n, 10) < 0)
			return;
	}
}

int
main(int argc, char **argv)
{
	struct rlimit files = { 16384, 16384 };
	struct enemy *all;
	struct pollfd *p;
	size_t n;

	if (argc != 6)
		return 2;
	port = (unsigned)strtoul(argv[1], NULL, 10);
	n = strtoul(argv[2], NULL, 10);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	all = calloc(n, sizeof(*all));
	p = calloc(n, sizeof(*p));
	if (all == NULL || p == NULL ||
	    gnutls_certificate_allocate_credentials(&cred) != 0 ||
	    gnutls_certificate_set_x509_key_file(cred, argv[4], argv[5],
	    GNUTLS_X509_FMT_PEM) != 0)
		return 3;
	for (size_t i = 0; i < n; i++)
		all[i] = (struct enemy){ .kind = (enum kind)(i % KINDS),
		    .fd = -1, .place = (unsigned)i, .next = now_ms() };
	rounds(all, p, n, now_ms() + 1000 * (int64_t)strtoul(argv[3], NULL,
	    10));
	printf("connects=%" PRIu64 " handshakes=%" PRIu64 " thrown-out=%"
	    PRIu64 " bytes=%" PRIu64 "\n", connects, handshakes, thrown_out,
	    bytes);
	free(all);
	free(p);
	return 0;
}
