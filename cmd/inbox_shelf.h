#ifndef INBOX_SHELF_H
#define INBOX_SHELF_H

#include "inbox_home.h"

/*
 * The store that several inboxes share, as the signer sees it: a channel to
 * the storekeeper, who has the network and may have been taken over by it.
 * What it hands back is bytes (bulla/receive.h says what they count).
 *
 * Big-endian numbers, each length before its bytes.
 *	request: kind:8 id(32) sha256(32), and of
 *	  PUT      bytes:64, with the file as a descriptor
 *	  RECEIPT  note:32+n (empty: only look)
 *	answer:  status:8 reason:16+n, and with BULLA_OK of
 *	  CLAIM    sha256(32) of who has the id
 *	  RECEIPT  note:32+n (empty: there is none)
 */
enum shelf_kind {
	SHELF_CLAIM = 'C',
	SHELF_PUT = 'P',
	SHELF_RECEIPT = 'R',
};
#define SHELF_MAX (BULLA_NOTE_MAX + 2048u)	/* bytes of a message */

struct inbox_shelf {
	int ch;			/* one question at a time */
	struct inbox_home *home;
	const struct bulla_vkey *own;
	struct bulla_vkeys receivers;
	struct bulla_shared shared;	/* for bulla_receive */
};
/* For one package; close it in any case. */
BULLA_NODISCARD enum bulla_status inbox_shelf_open(struct inbox_shelf *s,
    struct bulla_err *err);
void inbox_shelf_close(struct inbox_shelf *s);

#endif
