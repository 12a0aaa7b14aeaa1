#ifndef BULLA_PACKAGE_H
#define BULLA_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/age.h"
#include "bulla/bag.h"
#include "bulla/checkpoint.h"
#include "bulla/file.h"
#include "bulla/keys.h"
#include "bulla/opening.h"
#include "bulla/pack.h"
#include "bulla/sign.h"

/*
 * Sealed packages (docs/FORMAT.md): making one, checking one without any
 * secret key, opening one. Each way is one streaming pass in bounded memory.
 */

/*
 * The id, when this is the header that a package begins with: that of
 * <id>/bagit.txt. No more is known of it then.
 */
struct bulla_ustar;
BULLA_NODISCARD bool bulla_package_id(const struct bulla_ustar *first,
    char id[BULLA_ID_LEN + 1]);
/* The same of a file's first block; *is: does it begin so? BULLA_E_IO. */
BULLA_NODISCARD enum bulla_status bulla_package_peek(int fd, bool *is,
    char id[BULLA_ID_LEN + 1], struct bulla_err *err);

/* What a seal is made of. Strings and lists belong to the caller. */
struct bulla_seal {
	const struct bulla_signer *signers;
	size_t n_signers;		/* 1 .. BULLA_SEALERS_MAX */
	const struct bulla_recipients *recipients;
	const char *from;		/* NULL: name of the first signer */
	const char *const *to;
	size_t n_to;
	const char *kind;		/* NULL: "evidence" */
	const char *ref, *urgency;	/* NULL: none */
	bool exercise, zstd;
	/*
	 * Where the sender stands; 0 and NULL: not said. Digests of 32 bytes.
	 */
	uint64_t sequence;		/* to the one agency of to */
	const uint8_t *previous;	/* opening text of sequence - 1 */
	const uint8_t *roster;		/* its text */
	const struct bulla_checkpoint *checkpoint;
	int64_t created;
	int64_t (*now)(void);		/* for the closing; NULL: created */
	const struct bulla_pack *pack;	/* pack in this process, or */
	int in_fd;			/* ... a bag tar from here */
	int out_fd;
	const char *out_name;		/* for messages */
	unsigned threads;
	struct bulla_progress progress;
};
struct bulla_sealed {
	char id[BULLA_ID_LEN + 1];
	uint8_t opening[BULLA_SHA256_LEN], closing[BULLA_SHA256_LEN];
	uint64_t segments;		/* data files after 00000000.age */
	uint64_t size;			/* bytes of the package */
	char bag[BULLA_BAG_NAME_MAX + 1];
	struct bulla_packed packed;	/* files and bytes of the payload */
};

/*
 * Make a package on out_fd (from its current offset). What is written before
 * success is no package: it has no closing note. BULLA_E_USAGE for options
 * that cannot be (no recipient, a signer of another agency than from),
 * BULLA_E_FORMAT/_INCOMPLETE/... when in_fd gives no whole bag, BULLA_E_IO.
 */
BULLA_NODISCARD enum bulla_status bulla_seal_run(const struct bulla_seal *s,
    struct bulla_sealed *out, struct bulla_err *err);

/* What a package says, and whether that is proved. Free it. */
struct bulla_package {
	bool verified;			/* false after bulla_package_inspect */
	struct bulla_opening opening;	/* windows into opening_note */
	struct bulla_closing closing;
	uint8_t opening_digest[BULLA_SHA256_LEN];
	uint8_t closing_digest[BULLA_SHA256_LEN];
	struct bulla_vkey sealer[BULLA_SEALERS_MAX];
	size_t n_sealers;
	size_t n_stanzas;
	uint64_t size;			/* bytes of the package */
	bool has_closing;		/* false: cut short (inspect only) */
	struct bulla_buf opening_note, closing_note;
};
void bulla_package_free(struct bulla_package *p);

/*
 * May its signers seal for this side at this time? Asked once, when
 * everything of a package has verified and nothing of it was released yet;
 * what it returns other than BULLA_OK ends the work. ask NULL: every known
 * key may.
 */
struct bulla_judge {
	enum bulla_status (*ask)(void *ctx, const struct bulla_package *p,
	    struct bulla_err *err);
	void *ctx;
};

struct bulla_verify {
	int fd;				/* read from its current offset */
	const struct bulla_vkeys *known;
	struct bulla_judge judge;
	bool allow_exercise;
	unsigned threads;
	struct bulla_progress progress;
};
/*
 * Everything that can be checked without a secret key: structure, notes,
 * age header against opening, every digest. BULLA_E_FORMAT, _MISMATCH,
 * _NOKEY, _REFUSED (an exercise), _INCOMPLETE (ends early), _IO. *out is
 * filled only on BULLA_OK. Proves who sealed these bytes, not what they are.
 */
BULLA_NODISCARD enum bulla_status bulla_package_verify(
    const struct bulla_verify *v, struct bulla_package *out,
    struct bulla_err *err);

/* What the package says of itself. Nothing is verified. */
BULLA_NODISCARD enum bulla_status bulla_package_inspect(int fd,
    struct bulla_package *out, struct bulla_err *err);

struct bulla_open {
	int fd;
	const struct bulla_vkeys *known;
	struct bulla_judge judge;
	const struct bulla_identities *ids;
	bool allow_exercise;
	/* Extract below this directory (made when missing), or ... */
	const char *dir;
	/* ... write the tar into this file while it is read: the caller
	 * commits it on BULLA_OK and only then, or ... */
	const struct bulla_outfile *file;
	/* ... write the tar here, verified before its first byte, or ... */
	struct bulla_writer *out;
	/* ... copy this one file ("data/..."), and check all the others. */
	const char *copy_of;
	struct bulla_buf *copy;		/* empty at first,
					 * and but on BULLA_OK */
	uint64_t max_plain;		/* bytes; 0: with dir and file the free
					 * space less 5 %, else no limit */
	unsigned threads;
	struct bulla_progress progress;
};
struct bulla_opened {
	struct bulla_package package;	/* free with bulla_package_free */
	char bag[BULLA_BAG_NAME_MAX + 1];
	uint64_t files, bytes;		/* payload */
	uint8_t manifest[BULLA_SHA256_LEN];	/* the bag's, of its bytes */
	char recipient[BULLA_AGE_RECIPIENT_MAX];	/* that opened it */
};
/*
 * Verify, decrypt, check the bag. DIR/<bag> appears only when all of it
 * held; until then the files are in DIR/.<id>.part, which is removed on
 * failure. As bulla_package_verify, and BULLA_E_NOMATCH (no identity opens
 * it), BULLA_E_REFUSED (DIR/<bag> is there, a hostile bag), BULLA_E_LIMIT.
 */
BULLA_NODISCARD enum bulla_status bulla_open_run(const struct bulla_open *o,
    struct bulla_opened *out, struct bulla_err *err);

#endif
