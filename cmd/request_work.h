#ifndef REQUEST_WORK_H
#define REQUEST_WORK_H

#include "request.h"

#include "bulla/hash.h"

#define PATH_CAP 4096u

/* A package on its way from the document to the disk. */
struct request_work {
	struct request_cmd *k;
	const struct request_seal *p;
	struct bulla_buf text;		/* of the document, or its note */
	struct request_scratch doc;	/* where the document waits */
	const char *paths[REQUEST_FILES_MAX + 1];
	size_t n_paths;
	/* of the attachments, as the document lists them */
	uint8_t digest[REQUEST_FILES_MAX][BULLA_SHA256_LEN];
	struct bulla_pack pack;
	struct bulla_baginfo info;
	struct bulla_signer signer;
	struct bulla_recipients to;
	char kind[33], class[33], ref[65], side[BULLA_KEYNAME_MAX + 1];
	const char *names[1];
	struct bulla_seal s;
	struct bulla_sealed done;
	int spool;
};

/* The document's text, with date and attachments; a hotline call signed. */
int request_write_text(struct request_work *w);
/* "attachment": sha256, bytes and name of each; w->digest. */
int request_attach(struct request_work *w);
/* Is what was packed what the document lists? CMD_YES, or refused. */
int request_packed(struct request_work *w);
/* -r, else the keys that were asked for, else all of theirs; and ours. */
int request_recipients(struct request_work *w);
/* Counted text as a string; it must fit. */
void request_word(char *out, size_t cap, const struct bulla_cur *v);

#endif
