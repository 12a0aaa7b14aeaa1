#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inbox_int.h"

#include "bulla/text.h"

#define BACKLOG 1024

/* "ADDR:PORT" with a numeric address, "[::1]:443" for IPv6. */
static enum bulla_status
listen_split(const char *text, char host[64], char port[8],
    struct bulla_err *err)
{
	const char *colon = strrchr(text, ':'), *end = colon;
	char shown[64];

	if (colon != NULL && text[0] == '[' && colon > text + 1 &&
	    colon[-1] == ']') {
		text++;
		end--;
	} else if (colon != NULL && memchr(text, ':',
	    (size_t)(colon - text)) != NULL) {
		colon = NULL;
	}
	if (colon == NULL || end == text || end - text >= 64 ||
	    strlen(colon + 1) >= 8 || colon[1] == '\0')
		return bulla_fail(err, BULLA_E_USAGE,
		    "\"%s\" is no address to listen on: give ADDR:PORT or "
		    "[ADDR6]:PORT", bulla_text_show_str(shown, sizeof(shown),
		    text));
	memcpy(host, text, (size_t)(end - text));
	host[end - text] = '\0';
	memcpy(port, colon + 1, strlen(colon + 1) + 1);
	return BULLA_OK;
}

static enum bulla_status
socket_open(const struct addrinfo *ai, const char *text, int *fd,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	int s, one = 1;

	s = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (s == -1)
		return bulla_fail_sys(err, "socket");
	(void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, ai->ai_addr, ai->ai_addrlen) != 0 ||
	    listen(s, BACKLOG) != 0) {
		st = bulla_fail_sys(err, "%s", text);
		if (errno == EADDRINUSE)
			st = err != NULL ? (err->st = BULLA_E_AGAIN) :
			    BULLA_E_AGAIN;
		(void)close(s);
		return st;
	}
	*fd = s;
	return BULLA_OK;
}

enum bulla_status
listen_open(const char *text, int *fd, struct bulla_err *err)
{
	struct addrinfo want = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV }, *list = NULL;
	char host[64], port[8], shown[64];
	enum bulla_status st;

	st = listen_split(text, host, port, err);
	if (st != BULLA_OK)
		return st;
	bulla_text_show_str(shown, sizeof(shown), text);
	if (getaddrinfo(host, port, &want, &list) != 0)
		return bulla_fail(err, BULLA_E_USAGE,
		    "\"%s\" is no numeric address and port", shown);
	st = socket_open(list, shown, fd, err);
	freeaddrinfo(list);
	return st;
}

enum bulla_status
listen_url(int fd, const char *scheme, char out[LISTEN_URL_MAX],
    struct bulla_err *err)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	char host[64], port[8];

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return bulla_fail_sys(err, "the listening address");
	(void)snprintf(out, LISTEN_URL_MAX, strchr(host, ':') != NULL ?
	    "%s://[%s]:%s" : "%s://%s:%s", scheme, host, port);
	return BULLA_OK;
}

/* Whoever can reach it may read it: only this machine. */
bool
listen_is_loopback(int fd)
{
	struct sockaddr_storage ss = { 0 };
	const struct sockaddr_in *four = (const void *)&ss;
	const struct sockaddr_in6 *six = (const void *)&ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return false;
	if (ss.ss_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == 127;
	return ss.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}
