#ifndef BULLA_CORE_KEPT_H
#define BULLA_CORE_KEPT_H

#include <stdbool.h>
#include <stddef.h>

#include "bulla/package.h"

/* What a home keeps: names, notes, packages, each in a fixed order. */

struct kept_names {
	char **v;			/* sorted bytewise */
	size_t n, cap;
};
#define KEPT_NAMES_MAX 4000000u
/* Names in HOME/DIR without "." in front; a directory that is missing: none. */
BULLA_NODISCARD enum bulla_status kept_names(const char *home,
    const char *dir, struct kept_names *out, struct bulla_err *err);
void kept_names_free(struct kept_names *l);
/* A whole small file HOME/REL. */
BULLA_NODISCARD enum bulla_status kept_file(const char *home,
    const char *rel, struct bulla_buf *out, struct bulla_err *err);

/*
 * Each note file of custody/ and receipts/ and roster/suspend/: its path
 * below the home, and its bytes.
 */
BULLA_NODISCARD enum bulla_status kept_notes(const char *home,
    enum bulla_status (*fn)(void *ctx, const char *rel,
    const struct bulla_cur *note, struct bulla_err *err), void *ctx,
    struct bulla_err *err);

/*
 * The two notes of each packages/<id>.bulla, with a look at no segment. What
 * is no package, or is called otherwise than it says, has p NULL and why.
 */
BULLA_NODISCARD enum bulla_status kept_packages(const char *home,
    enum bulla_status (*fn)(void *ctx, const char *rel,
    const struct bulla_package *p, const struct bulla_err *why,
    struct bulla_err *err), void *ctx, struct bulla_err *err);

#endif
