/*
 * fscut DIR: what a power cut does to a file system, at once: nothing that is
 * not on the disk gets there any more (FS_IOC_SHUTDOWN without a flush of the
 * log). It must be mounted anew. Only for scratch file systems.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>

#define FS_IOC_SHUTDOWN _IOR('X', 125, uint32_t)
#define NO_LOG_FLUSH 2u

int
main(int argc, char **argv)
{
	uint32_t how = NO_LOG_FLUSH;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: fscut DIR\n");
		return 2;
	}
	fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || ioctl(fd, FS_IOC_SHUTDOWN, &how) != 0) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
