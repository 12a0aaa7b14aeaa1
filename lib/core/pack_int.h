#ifndef BULLA_CORE_PACK_INT_H
#define BULLA_CORE_PACK_INT_H

#include <sys/stat.h>

#include "bulla/hash.h"
#include "bulla/pack.h"
#include "bulla/ring.h"
#include "bulla/tar.h"
#include "core/feed.h"
#include "core/spool.h"

/*
 * The packer as a source for a ring (bulla/ring.h) that the caller made: the
 * plaintext goes into the slots' in buffers, and one of the ring's serial
 * stages must call packer_hash for every slot.
 */
#define PACK_SLOT 524288u	/* bytes of a slot: 8 age chunks */

/* What ends at a place in a slot: a payload file, a tag file, or an object
 * without contents. */
enum pack_end { PACK_MORE, PACK_FILE, PACK_TAG, PACK_OBJECT };

/* A run of bytes of one file in a slot, and what is known at its end. */
struct pack_extent {
	uint32_t off, len;
	enum pack_end end;
	uint32_t path, path_len;	/* in the slot's text */
	struct bulla_meta meta;		/* of PACK_FILE and PACK_OBJECT */
};
#define PACK_EXTENTS 1100u	/* a member takes at least 512 bytes */

/* The user data of a slot. */
struct pack_block {
	struct pack_extent extent[PACK_EXTENTS];
	unsigned n_extents;
	struct bulla_buf text;		/* paths and link targets */
};

#define PACK_TAGS 6u

struct packer {
	const struct bulla_pack *p;
	/*
	 * The file being written and the one it replaces: never to be packed.
	 */
	struct stat output[2];
	unsigned n_outputs;
	struct feed feed;		/* PACK_SLOT bytes a slot */
	unsigned hash_stage;
	struct bulla_tarw *tar;
	struct bulla_writer to_slot;
	struct bulla_packed done;
	/* <bag>/data/..., NUL-terminated; bag_len counts the bag and its '/' */
	char path[BULLA_BAG_PATH_MAX + BULLA_BAG_NAME_MAX + 2];
	size_t path_len, bag_len;
	/* The same place as the user calls it, for messages; may be cut. */
	char source[BULLA_BAG_PATH_MAX];
	size_t source_len;
	/* Owned by whoever runs the hash stage. */
	struct bulla_sha256 *hash;
	struct bulla_sha256x2 *pair;	/* the caller's, used instead;
					 * or NULL */
	struct spool manifest, metadata;
	uint8_t tag_digest[PACK_TAGS][BULLA_SHA256_LEN];
	unsigned n_tags_hashed;
	/* Owned by the producer. */
	struct spool names;
	struct bulla_buf tagmanifest, baginfo;
	const char *tag_name[PACK_TAGS];
	unsigned n_tags;
};

/* The bag's labels and name are judged here, before any output. */
BULLA_NODISCARD enum bulla_status packer_init(struct packer *k,
    const struct bulla_pack *p, struct bulla_err *err);
void packer_free(struct packer *k);

/* For struct bulla_ring_config. */
void packer_block_free(void *block);

/*
 * Produce everything. first, when it has bytes, becomes a member called
 * opening.note before the bag. The final slot is put with last set.
 */
BULLA_NODISCARD enum bulla_status packer_run(struct packer *k,
    struct bulla_ring *ring, unsigned hash_stage,
    const struct bulla_cur *first, struct bulla_err *err);

/*
 * The hash stage: to be called for every slot, in order. With k->pair, beside
 * is a piece of another stream (number 1 of the pair), all of which is hashed
 * in step with the files; else it is empty.
 */
BULLA_NODISCARD enum bulla_status packer_hash(struct packer *k,
    struct bulla_slot *s, struct bulla_cur beside, struct bulla_err *err);

/* Makes k->to_slot the writer under k->tar. */
void packer_to_slot_init(struct packer *k);

/* What follows is used between the files of the packer. */

/* At least one free byte of the current slot; *n says how many. */
BULLA_NODISCARD enum bulla_status packer_room(struct packer *k,
    uint8_t **p, size_t *n, struct bulla_err *err);
/*
 * The next n bytes of the slot belong to the file that is being added: to be
 * said before they go to k->tar, which may pad and go on to another slot.
 */
BULLA_NODISCARD enum bulla_status packer_takes(struct packer *k, size_t n,
    struct bulla_err *err);
/* Here something ends; meta is NULL for PACK_TAG. */
BULLA_NODISCARD enum bulla_status packer_ends(struct packer *k,
    enum pack_end end, const struct bulla_meta *meta, struct bulla_err *err);
/* Wait until all that was put into slots so far is hashed. */
BULLA_NODISCARD enum bulla_status packer_sync(struct packer *k,
    struct bulla_err *err);
/* The tar header of what k->path names. */
BULLA_NODISCARD enum bulla_status packer_member(struct packer *k,
    bool is_dir, uint64_t size, int64_t mtime, struct bulla_err *err);
/* Bytes from memory as data of the member, hashed. */
BULLA_NODISCARD enum bulla_status packer_copy(struct packer *k,
    const void *p, size_t n, struct bulla_err *err);

/*
 * One object that is no directory, called name in dirfd; k->path is set.
 * regular: the directory said that it is a regular file.
 */
BULLA_NODISCARD enum bulla_status packer_object(struct packer *k, int dirfd,
    const char *name, bool regular, struct bulla_err *err);
/* An open block device, imaged as the file at k->path. */
BULLA_NODISCARD enum bulla_status packer_device(struct packer *k, int fd,
    struct bulla_err *err);
/* An open directory's entry and line. */
BULLA_NODISCARD enum bulla_status packer_dir_entry(struct packer *k, int fd,
    struct bulla_err *err);
/* The one file from p->stdin_fd. */
BULLA_NODISCARD enum bulla_status packer_stdin(struct packer *k,
    struct bulla_err *err);
/* What fstat and the extended attributes say. */
void packer_meta(const struct stat *sb, struct bulla_meta *m);
BULLA_NODISCARD enum bulla_status packer_xattrs(int fd, struct bulla_meta *m,
    struct bulla_err *err);
/* "what: <reason of errno>", or, when that is allowed, record and go on. */
BULLA_NODISCARD enum bulla_status packer_unreadable(struct packer *k,
    const struct bulla_meta *meta, struct bulla_err *err);

/* Everything that p->paths name, in order. */
BULLA_NODISCARD enum bulla_status packer_walk(struct packer *k,
    struct bulla_err *err);
/* Append "/name" to both paths; BULLA_E_LIMIT. m: how long they were. */
struct packer_mark {
	size_t path_len, source_len;
};
BULLA_NODISCARD enum bulla_status packer_push(struct packer *k,
    const struct bulla_cur *name, const char *source, struct packer_mark *m,
    struct bulla_err *err);
/* The source path for people, escaped. */
const char *packer_shown(const struct packer *k, char *out, size_t cap);

/* The tag files, from bagit.txt to the tagmanifest. */
BULLA_NODISCARD enum bulla_status packer_tags(struct packer *k,
    struct bulla_err *err);

/* One directory's names, in the order of the bag; see pack_names.c. */
enum { PACK_IS_OTHER, PACK_IS_REG, PACK_IS_DIR };
struct pack_name {
	const char *raw;	/* NUL-terminated, as in the file system */
	unsigned parent;	/* of the roots only:
				 * which directory it is in */
	unsigned char kind;	/* PACK_IS_... */
	bool renamed;		/* not allowed in the bag as it is */
	bool named;		/* a PATH of the user's: devices are imaged */
};
_Static_assert(sizeof(struct pack_name) <= 16,
    "a directory of a million files costs that, and as much to sort it");
struct pack_names {
	struct pack_name *v;
	size_t n, cap;
	struct chunk *chunk;	/* memory of the names */
};
/* Initialise the list with { 0 }. raw is copied. */
BULLA_NODISCARD enum bulla_status pack_names_add(struct pack_names *l,
    const char *raw, unsigned char d_type, struct bulla_err *err);
/* Every name of an open directory but "." and "..". */
BULLA_NODISCARD enum bulla_status pack_names_read(struct pack_names *l,
    int dirfd, struct bulla_err *err);
/* As in the bag; after pack_names_settle. */
const char *pack_name_safe(const struct pack_name *v);
/* Give each its allowed form, no two alike, and sort by that. */
BULLA_NODISCARD enum bulla_status pack_names_settle(struct pack_names *l,
    struct bulla_err *err);
void pack_names_free(struct pack_names *l);

#endif
