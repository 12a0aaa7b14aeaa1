#ifndef BULLA_CHANNEL_H
#define BULLA_CHANNEL_H

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * Messages of counted bytes between processes of one machine, and with them
 * descriptors. Each goes whole; who sent one may be hostile all the same.
 */
#define BULLA_CHANNEL_FDS_MAX 3u
struct bulla_fds {
	int v[BULLA_CHANNEL_FDS_MAX];
	unsigned n;
};

/* Two connected ends; neither outlives an exec. */
BULLA_NODISCARD enum bulla_status bulla_channel_pair(int out[2],
    struct bulla_err *err);

/*
 * fds may be NULL: none; they stay open here. BULLA_E_INCOMPLETE: nobody is
 * at the other end any more. Waits for as long as the other end takes.
 */
BULLA_NODISCARD enum bulla_status bulla_channel_send(int ch,
    const struct bulla_cur *msg, const struct bulla_fds *fds,
    struct bulla_err *err);

/*
 * The next message, appended to out; fds (NULL: none are taken) gets those
 * that came with it, which are the caller's then. secs: until all of it must
 * be there, or -1. BULLA_E_INCOMPLETE: the other end was closed, _AGAIN: time
 * is up, _FORMAT: more bytes than out->max allows or more descriptors than
 * are taken; _IO, _NOMEM. After a failure the channel is of no more use; but
 * a message for which there was no memory is gone, and the next one comes.
 */
BULLA_NODISCARD enum bulla_status bulla_channel_recv(int ch, int secs,
    struct bulla_buf *out, struct bulla_fds *fds, struct bulla_err *err);

#endif
