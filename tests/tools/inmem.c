/*
 * inmem PID FILE: prints how often the bytes of FILE stand in the memory of
 * process PID. 77: it may not be looked at.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 20, WANT_MAX = 256 };

static unsigned char want[WANT_MAX];
static size_t want_len;

/* In one mapping; what cannot be read is not there. */
static unsigned long
count(int mem, uint64_t from, uint64_t to)
{
	static unsigned char buf[PIECE + WANT_MAX];
	unsigned long n = 0;
	size_t have = 0;

	while (from < to) {
		size_t room = to - from < PIECE ? (size_t)(to - from) : PIECE;
		ssize_t r = pread(mem, buf + have, room, (off_t)from);
		unsigned char *p = buf;

		if (r <= 0)
			break;
		from += (uint64_t)r;
		have += (size_t)r;
		while ((p = memmem(p, have - (size_t)(p - buf), want,
		    want_len)) != NULL) {
			n++;
			p++;
		}
		room = have < want_len - 1 ? have : want_len - 1;
		memmove(buf, buf + have - room, room);
		have = room;
	}
	return n;
}

int
main(int argc, char **argv)
{
	unsigned long n = 0;
	uint64_t from, to;
	char path[64], line[512];
	FILE *maps;
	ssize_t got;
	int fd, mem;

	if (argc != 3)
		errx(2, "usage: inmem PID FILE");
	fd = open(argv[2], O_RDONLY);
	got = fd == -1 ? -1 : read(fd, want, sizeof(want));
	if (got < 8)
		errx(2, "%s: not 8 to %d bytes", argv[2], WANT_MAX);
	want_len = (size_t)got;
	(void)snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
	mem = open(path, O_RDONLY);
	(void)snprintf(path, sizeof(path), "/proc/%s/maps", argv[1]);
	maps = fopen(path, "r");
	if (mem == -1 || maps == NULL)
		return 77;
	while (fgets(line, sizeof(line), maps) != NULL) {
		char *end;

		from = strtoull(line, &end, 16);
		to = strtoull(end + 1, NULL, 16);
		if (strstr(line, "[v") == NULL)
			n += count(mem, from, to);
	}
	printf("%lu\n", n);
	return 0;
}
