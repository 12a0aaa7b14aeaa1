#include "bulla/keyfile.h"
#include "bulla/keys.h"

#define PASS_MAX 1024u	/* bytes of a passphrase */

static enum bulla_status
finish(struct bulla_secret *room, enum bulla_status st, size_t len,
    struct bulla_secret *out, struct bulla_err *err)
{
	if (st == BULLA_OK && len == 0)
		st = bulla_fail(err, BULLA_E_REFUSED,
		    "an empty passphrase protects nothing");
	if (st != BULLA_OK) {
		bulla_secret_free(room);
		return st;
	}
	room->len = len;	/* sodium_free knows how much there is */
	*out = *room;
	return BULLA_OK;
}

static enum bulla_status
ask_tty(const struct bulla_ask *a, const char *prompt, bool twice,
    struct bulla_secret *out, struct bulla_err *err)
{
	struct bulla_secret room = { 0 };
	enum bulla_status st;
	size_t len = 0;

	(void)a;
	st = bulla_secret_new(&room, PASS_MAX, err);
	if (st == BULLA_OK)
		st = bulla_tty_ask(prompt, twice, room.p, room.len, &len, err);
	return finish(&room, st, len, out, err);
}

/* A program writes the passphrase: it makes no typing errors. */
static enum bulla_status
ask_fd(const struct bulla_ask *a, const char *prompt, bool twice,
    struct bulla_secret *out, struct bulla_err *err)
{
	struct bulla_secret room = { 0 };
	enum bulla_status st;
	size_t len = 0;

	(void)prompt;
	(void)twice;
	st = bulla_secret_new(&room, PASS_MAX, err);
	if (st == BULLA_OK)
		st = bulla_fd_ask(a->fd, room.p, room.len, &len, err);
	return finish(&room, st, len, out, err);
}

void
bulla_ask_tty(struct bulla_ask *a)
{
	*a = (struct bulla_ask){ .ask = ask_tty, .fd = -1 };
}

void
bulla_ask_fd(struct bulla_ask *a, int fd)
{
	*a = (struct bulla_ask){ .ask = ask_fd, .fd = fd };
}
