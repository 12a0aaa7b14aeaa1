#ifndef BULLA_PACK_H
#define BULLA_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/bag.h"
#include "bulla/io.h"

/*
 * Packing: files and directories into a BagIt bag, as a tar stream.
 *
 * One pass: every file is hashed as it streams, the tag files come last, and
 * memory does not grow with the data (names of one directory at a time).
 * Only regular files and directories enter the tar; symbolic links, devices,
 * fifos and sockets are recorded in metadata.tsv. A block device that is
 * itself a PATH is imaged as a file.
 */
struct bulla_progress {
	/* done so far; total is 0 while it is not known. */
	void (*tell)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

struct bulla_pack {
	const char *bag;		/* directory name; NULL: "bag" */
	const struct bulla_baginfo *info;
	int64_t time;			/* Bagging-Date, mtime of tag files */
	/* PATH becomes data/<last component>; "." and "/" their contents. */
	const char *const *paths;
	size_t n_paths;
	/* Or one file from a descriptor, called stdin_name. */
	const char *stdin_name;
	int stdin_fd;
	bool has_stdin_size;		/* else it is spooled to learn it */
	uint64_t stdin_size;
	int out_fd;			/* refuse to pack this file; or -1 */
	int old_fd;			/* and what it will replace; or -1 */
	/* Record what cannot be read in metadata.tsv and go on. */
	bool skip_unreadable;
	void (*skipped)(void *ctx, const char *what);
	unsigned threads;		/* 1 .. BULLA_RING_THREADS_MAX */
	struct bulla_progress progress;
};

struct bulla_packed {
	uint64_t files, bytes;		/* payload */
	uint64_t not_archived;		/* links, devices ...: metadata only */
	uint64_t skipped;		/* unreadable */
	uint64_t renamed;		/* lines of original-names.tsv */
	uint8_t manifest[32];		/* sha256 of manifest-sha256.txt */
};

/*
 * Pack to out. BULLA_E_USAGE (labels, names, two PATHs alike), BULLA_E_IO,
 * BULLA_E_REFUSED when a file changes, shrinks or grows while it is read,
 * BULLA_E_LIMIT. On failure what was written is no bag: the tar has no
 * tagmanifest and no end.
 */
BULLA_NODISCARD enum bulla_status bulla_pack_run(const struct bulla_pack *p,
    struct bulla_writer *out, struct bulla_packed *done,
    struct bulla_err *err);

#endif
