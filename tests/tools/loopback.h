#ifndef TEST_LOOPBACK_H
#define TEST_LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

/*
 * A socket that listens on loopback, at any port, which is put in. -1: errno.
 */
static inline int
loopback_listen(struct sockaddr_in *where)
{
	socklen_t len = sizeof(*where);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*where = (struct sockaddr_in){ .sin_family = AF_INET };
	where->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 ||
	    bind(fd, (struct sockaddr *)where, sizeof(*where)) != 0 ||
	    listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)where, &len) != 0)
		return -1;
	return fd;
}

/* The same for whoever started us: its port is the first line on stdout. */
static inline int
loopback_announced(void)
{
	struct sockaddr_in where;
	int fd = loopback_listen(&where);

	if (fd == -1)
		return -1;
	printf("%u\n", (unsigned)ntohs(where.sin_port));
	return fflush(stdout) == 0 ? fd : -1;
}

#endif
