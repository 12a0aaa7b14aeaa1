#ifndef BULLA_BAGIN_H
#define BULLA_BAGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/bag.h"
#include "bulla/tar.h"

/*
 * Reading a bag from a tar stream in one pass and constant memory.
 *
 * The members stand in one order only: the bag's directory, its "data"
 * directory and everything below in bytewise order of path (a directory
 * counts with its '/'), then bagit.txt, bag-info.txt, metadata.tsv,
 * original-names.tsv when there is one, manifest-sha256.txt, and last
 * tagmanifest-sha256.txt. The manifests list exactly what came before, in
 * the same order; so a running digest of the lines that they must have is
 * all that is kept of the files.
 */
enum bulla_bagin_mode {
	BULLA_BAGIN_SHAPE,	/* everything but the digests of the payload */
	BULLA_BAGIN_CHECK,	/* everything */
	BULLA_BAGIN_EXTRACT,	/* everything, and write files below dirfd */
};

struct bulla_bagin {
	enum bulla_bagin_mode mode;
	int dirfd;			/* for EXTRACT: must be empty */
	/* When len > 0: the first member must be opening.note, these bytes. */
	struct bulla_cur opening;
	/*
	 * A copy of one file, by its path in the bag ("data/..."), or NULL.
	 * What it holds is worth nothing unless all of the bag held.
	 */
	const char *copy_of;
	struct bulla_buf *copy;
	uint64_t max_bytes;		/* of all members; BULLA_E_LIMIT */
	bool max_is_space;		/* that of the disk:
					 * BULLA_E_IO instead */
	/* Told of bytes done, for a progress line; may be NULL. */
	void (*progress)(void *ctx, uint64_t bytes);
	void *progress_ctx;
};
struct bulla_bagin_result {
	char name[BULLA_BAG_NAME_MAX + 1];
	uint64_t files, bytes;		/* payload */
	uint8_t manifest[32];		/* sha256 of manifest-sha256.txt */
};

/*
 * Reads in to its end. Nothing is written but below dirfd: files 0600,
 * directories 0700, data on disk (fsync) only when the caller asks later.
 * BULLA_E_FORMAT, _MISMATCH (a digest), _REFUSED (a link, a name ...),
 * _INCOMPLETE (no tagmanifest), _LIMIT, _IO. On failure what was written
 * stays for the caller to remove.
 */
BULLA_NODISCARD enum bulla_status bulla_bagin_run(
    const struct bulla_bagin *p, struct bulla_blocks *in,
    struct bulla_bagin_result *out, struct bulla_err *err);

#endif
