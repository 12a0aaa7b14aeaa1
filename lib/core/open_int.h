#ifndef BULLA_CORE_OPEN_INT_H
#define BULLA_CORE_OPEN_INT_H

#include "bulla/tar.h"
#include "core/pkg_int.h"

/*
 * Where extracted files wait: DIR/.<id>.part, 0700, locked. Left over from
 * a killed process it is removed first; somebody else's lock is respected.
 */
struct part_dir {
	int dirfd, fd;
	char name[BULLA_ID_LEN + 8];
	char shown[160];		/* DIR, for messages */
	bool made;			/* ours, and locked */
	const char *made_dir;		/* DIR, while it is ours and empty */
};
#define PART_DIR_INIT { .dirfd = -1, .fd = -1 }
BULLA_NODISCARD enum bulla_status part_dir_open(struct part_dir *d,
    const char *dir, const char *id, struct bulla_err *err);
/* DIR/.<id>.part/bag becomes DIR/bag, never over something. */
BULLA_NODISCARD enum bulla_status part_dir_publish(struct part_dir *d,
    const char *bag, struct bulla_err *err);
/* Removes what was not published. */
void part_dir_free(struct part_dir *d);

/* The space that is free where fd is, less 5 %. */
BULLA_NODISCARD enum bulla_status open_space(int fd, uint64_t *most,
    struct bulla_err *err);

/* A block is written when the bag reader asks for the next one: what it
 * refused is not. */
struct relay {
	struct bulla_blocks b;
	struct bulla_blocks *in;
	struct bulla_writer *out;
	const uint8_t *p;
	size_t n;
};
struct bulla_blocks *relay_begin(struct relay *r, struct bulla_blocks *in);
BULLA_NODISCARD enum bulla_status relay_end(struct relay *r,
    struct bulla_err *err);

/* What read_bag needs. */
struct open_bag {
	struct bulla_blocks *blocks;
	const struct bulla_buf *opening_note;
	struct relay *relay;		/* or NULL */
	const char *copy_of;		/* or NULL */
	struct bulla_buf *copy;
	int dirfd;			/* or -1 */
	bool zstd;
	bool max_is_space;		/* max_plain: nobody gave one */
	uint64_t max_plain;
};

#endif
