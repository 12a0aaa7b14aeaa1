/*
 * tlsreplay [-s SECONDS] CERT KEY LOG FILE...: an HTTPS server on 127.0.0.1
 * that answers what it is told to, for tests. Prints its port. The first
 * request is answered with the bytes of the first FILE, whatever they are,
 * the next with those of the second, and all later ones with the last. Then
 * the connection is closed; after a FILE whose name ends in ".hold" it is
 * left open without a word, and one that ends in ".drip" is sent a byte a
 * second. The requests are appended to LOG. Ends by itself after SECONDS
 * (default 60).
 */
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"

#define REQUEST_MAX 16384
#define ANSWER_MAX (16u << 20)

static gnutls_certificate_credentials_t cred;
static const char *log_path;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "tlsreplay: %s\n", what);
	exit(3);
}

static bool
ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);

	return n >= t && strcmp(s + n - t, tail) == 0;
}

/* Up to the empty line; false when the client left before it. */
static bool
take_request(gnutls_session_t s)
{
	static char buf[REQUEST_MAX];
	size_t n = 0;
	FILE *f;

	while (n < sizeof(buf)) {
		ssize_t got = gnutls_record_recv(s, buf + n, sizeof(buf) - n);

		if (got == GNUTLS_E_INTERRUPTED || got == GNUTLS_E_AGAIN)
			continue;
		if (got <= 0)
			return false;
		n += (size_t)got;
		if (n >= 4 && memcmp(buf + n - 4, "\r\n\r\n", 4) == 0)
			break;
	}
	f = fopen(log_path, "a");
	if (f == NULL || fwrite(buf, 1, n, f) != n || fclose(f) != 0)
		die("log");
	return true;
}

static void
give(gnutls_session_t s, const char *p, size_t n, bool drip)
{
	while (n > 0) {
		ssize_t put = gnutls_record_send(s, p, drip ? 1 : n);

		if (put < 0 && gnutls_error_is_fatal((int)put))
			return;
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
		if (drip)
			(void)sleep(1);
	}
}

static void
answer(gnutls_session_t s, const char *path)
{
	char *buf = malloc(ANSWER_MAX);
	FILE *f = fopen(path, "r");
	char *body;
	size_t n;

	if (buf == NULL || f == NULL)
		die(path);
	n = fread(buf, 1, ANSWER_MAX, f);
	(void)fclose(f);
	body = memmem(buf, n, "\r\n\r\n", 4);
	if (ends_with(path, ".drip") && body != NULL) {
		body += 4;
		give(s, buf, (size_t)(body - buf), false);
		give(s, body, n - (size_t)(body - buf), true);
	} else {
		give(s, buf, n, false);
	}
	free(buf);
}

/* Did the client get as far as a request? */
static bool
serve(int fd, const char *path)
{
	gnutls_session_t s;
	bool asked = false;

	if (gnutls_init(&s, GNUTLS_SERVER) != 0 ||
	    gnutls_set_default_priority(s) != 0 ||
	    gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, cred) != 0)
		die("session");
	gnutls_transport_set_int(s, fd);
	if (gnutls_handshake(s) == 0 && take_request(s)) {
		asked = true;
		answer(s, path);
		if (!ends_with(path, ".hold"))
			(void)gnutls_bye(s, GNUTLS_SHUT_WR);
	}
	gnutls_deinit(s);
	return asked;
}

int
main(int argc, char **argv)
{
	int ch, listener, fd, i = 0;
	unsigned seconds = 60;

	while ((ch = getopt(argc, argv, "s:")) != -1) {
		if (ch != 's')
			return 2;
		seconds = (unsigned)strtoul(optarg, NULL, 10);
	}
	argc -= optind;
	argv += optind;
	if (argc < 4)
		return 2;
	(void)alarm(seconds);
	(void)signal(SIGPIPE, SIG_IGN);
	log_path = argv[2];
	if (gnutls_certificate_allocate_credentials(&cred) != 0 ||
	    gnutls_certificate_set_x509_key_file(cred, argv[0], argv[1],
	    GNUTLS_X509_FMT_PEM) != 0)
		die("certificate");
	listener = loopback_announced();
	if (listener == -1)
		die("listen");
	argv += 3;
	argc -= 3;
	while ((fd = accept(listener, NULL, NULL)) != -1) {
		const char *path = argv[i < argc ? i : argc - 1];

		if (serve(fd, path))
			i++;
		/* never closed: it is held until we end */
		if (!ends_with(path, ".hold"))
			(void)close(fd);
	}
	return 3;
}
