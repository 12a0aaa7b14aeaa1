#ifndef EXPORT_H
#define EXPORT_H

#include "custody.h"

/* A payload file of an opened bag, whose contents were read and compared. */
struct export_file {
	struct bulla_cur path;		/* "data/..." */
	uint64_t size;
	struct bulla_cur mtime, ctime, atime;	/* decimal seconds */
	uint8_t digest[32];
};
struct export_bag {
	const char *dir;		/* --bag, or the operand */
	struct bulla_buf metadata, manifest, info;
	struct export_file *v;
	size_t n, cap;
};

#define EXPORT_UNVERIFIED "UNVERIFIED: this home has no roster, so that no " \
	"signature of the notes was checked."

struct export_cmd {
	struct custody_cmd k;
	struct custody_pair p;
	struct export_bag bag;
	struct bulla_buf out;
};

/*
 * Read what the bag in b->dir lists, read every file again, and compare
 * (export_bag.c). An exit status.
 */
int export_bag_read(struct cmd *c, struct export_bag *b);
/* The same for lists that come from a package that was opened. */
int export_bag_lists(struct cmd *c, struct export_bag *b);
/*
 * The bag of this package, proved to be that (export_proof.c): from b->dir
 * unless that is NULL, else out of the package with the keys of -i. What says
 * which bag the package holds is the package itself, with a key, else the
 * notes of who opened it. An exit status.
 */
/* One more -i. */
void export_key(struct custody_cmd *k, const char *arg);
int export_bag_of(struct custody_cmd *k, const struct custody_pair *p,
    struct export_bag *b);
void export_bag_free(struct export_bag *b);
/* The value of a label of bag-info.txt, the first one; len 0: none. */
struct bulla_cur export_info(const struct export_bag *b, const char *label);
/*
 * Decimal seconds since 1970 as RFC 3339 with as many decimals, into out of
 * 40 bytes; false before 1970 or past 9999.
 */
bool export_time(const struct bulla_cur *seconds, char out[40]);

/* Each format into x->out. */
void export_hashdeep(struct export_cmd *x);
void export_dfxml(struct export_cmd *x);
int export_case(struct export_cmd *x);

#endif
