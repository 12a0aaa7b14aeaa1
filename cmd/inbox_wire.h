#ifndef INBOX_WIRE_H
#define INBOX_WIRE_H

#include "bulla/inbox.h"

/*
 * What the network process asks the signer, and what it hears. Everything
 * that comes from the network process may be written by whoever took it over:
 * a request is parsed strictly, and asks for no more than a client could.
 */
enum wire_kind {
	WIRE_JUDGE = 'J',	/* the upload comes as a descriptor */
	WIRE_FOLLOW = 'F',	/* so does one that grows,
				 * and a pipe of counts */
	WIRE_SMALL = 'S',
	WIRE_WHO = 'W',
};
struct wire_request {
	enum wire_kind kind;
	struct bulla_inbox_client client;
	uint64_t length;	/* of WIRE_FOLLOW: bytes there will be */
	/* of WIRE_SMALL; body is a window into the message */
	struct bulla_inbox_request small;
};
#define WIRE_REQUEST_MAX (BULLA_INBOX_SMALL_MAX + 1024u)	/* bytes */
#define WIRE_ANSWER_MAX (BULLA_INBOX_ANSWER_MAX + 2048u)

/* q->small.client is not looked at, q->client's hex neither. */
void wire_put_request(struct bulla_buf *b, const struct wire_request *q);
/* out->small.client points into *out. BULLA_E_FORMAT. */
BULLA_NODISCARD enum bulla_status wire_parse_request(
    const struct bulla_cur *msg, struct wire_request *out,
    struct bulla_err *err);

/* One of them goes back, or a failure. */
union wire_result {
	struct bulla_inbox_verdict verdict;
	struct bulla_inbox_answer small;
	struct bulla_inbox_agency who;
};
void wire_put_answer(struct bulla_buf *b, enum wire_kind kind,
    enum bulla_status st, const struct bulla_err *why,
    const union wire_result *r);
/*
 * Returns the status that was sent, with its reason in err, or BULLA_E_IO for
 * what is no answer. Bodies and notes are appended to those of *out.
 */
BULLA_NODISCARD enum bulla_status wire_parse_answer(
    const struct bulla_cur *msg, enum wire_kind kind, union wire_result *out,
    struct bulla_err *err);

#endif
