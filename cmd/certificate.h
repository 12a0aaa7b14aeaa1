#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include "custody.h"
#include "export.h"
#include "page.h"

#include "bulla/package.h"

#define CERTIFICATE_KEYS_MAX 64u

/* What was found out about the package's file just now. */
struct certificate {
	struct custody_cmd k;
	struct custody_pair p;
	bool there;			/* the file was read */
	uint8_t sum[BULLA_SHA256_LEN];
	struct bulla_package package;	/* filled unless it is damaged */
	bool known;			/* package is filled */
	enum bulla_status st;		/* of verifying it */
	struct bulla_err why;
	/* Every key whose signature verified, once. */
	struct bulla_vkey key[CERTIFICATE_KEYS_MAX];
	size_t n_keys;
	unsigned problems;		/* counted while it is written */
	struct export_bag bag;		/* of --bag, or of -i; proved */
	bool has_bag;
};

/* Read and verify the file (certificate_look.c); an exit status. */
int certificate_look(struct certificate *c);
/* The page into p->b (certificate_page.c). */
void certificate_page(struct certificate *c, struct page *p);
/* What was found out, judged (certificate_checks.c). */
void certificate_checks(struct certificate *c, struct page *p);
/* Lines for ink, and what is known of them (certificate_ink.c). */
void certificate_ink(struct certificate *c, struct page *p);
/* The chain of custody as a drawing (certificate_line.c). */
void certificate_line(struct certificate *c, struct page *p);
/* How to check it by hand (certificate_hand.c). */
void certificate_hand(struct certificate *c, struct page *p);

#endif
