#ifndef TEST_THREAD_KIT_H
#define TEST_THREAD_KIT_H

#include <fcntl.h>
#include <unistd.h>

#include "agreement_kit.h"
#include "exchange_kit.h"

#include "bulla/chain.h"
#include "bulla/package.h"
#include "bulla/receive.h"
#include "bulla/thread.h"

/*
 * Packages that go from one home of the exchange kit to the other, by the
 * functions that the tools use. How far one gets:
 */
enum { SEALED, RECEIVED, RECEIPTED, COUNTERSIGNED };
struct parcel {
	struct end *from, *to;
	const char *kind, *ref, *class;
	bool exercise, bad_seal;
	int64_t created, received;
	int how_far;
};
/* Of all of them, in the order in which they were sent. */
static char sent_id[2048][BULLA_ID_LEN + 1];
static uint8_t sent_seal[2048][32];
static unsigned n_sent;

static inline void
kit_seal(const struct parcel *p, const char *path, struct bulla_sealed *done)
{
	const char *const paths[] = { "request.txt" };
	const char *to = p->to->side->name;
	struct bulla_baginfo info = { 0 };
	struct bulla_pack pack = { .paths = paths, .n_paths = 1, .info = &info,
	    .time = p->created, .out_fd = -1, .old_fd = -1, .stdin_fd = -1,
	    .threads = 1 };
	struct bulla_recipients r = { 0 };
	struct bulla_err err = { 0 };
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct bulla_seal s = { .signers = &p->from->side->s[p->bad_seal ?
	    CUSTODIAN : SEALER], .n_signers = 1, .recipients = &r,
	    .to = &to, .n_to = 1, .kind = p->kind, .ref = p->ref,
	    .urgency = p->class, .exercise = p->exercise,
	    .created = p->created, .pack = &pack, .in_fd = -1, .out_fd = fd,
	    .out_name = path, .threads = 1 };

	cr_assert_neq(fd, -1);
	cr_assert_eq(bulla_file_put("request.txt", "please\n", 7, 0600, true,
	    NULL), BULLA_OK);
	cr_assert_eq(bulla_recipients_add(&r, SIDE_AGE, NULL), BULLA_OK);
	cr_assert_eq(bulla_seal_run(&s, done, &err), BULLA_OK, "%s", err.msg);
	cr_assert_eq(close(fd), 0);
	bulla_recipients_free(&r);
}

/* The event "seal", as the tools write it. */
static inline void
kit_tell_seal(const struct parcel *p, const struct bulla_sealed *d)
{
	struct bulla_custody ev = { .has_seal = true,
	    .event = bulla_cur_str("seal"), .time = p->created,
	    .result = bulla_cur_str("sealed") };
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_err err = { 0 };
	struct bulla_cur c;

	memcpy(ev.id, d->id, sizeof(ev.id));
	memcpy(ev.seal, d->closing, sizeof(ev.seal));
	ev.actor = bulla_cur_str(p->from->side->s[SEALER].vkey.name);
	cr_assert_eq(bulla_chain_add(p->from->path, &ev,
	    &p->from->side->s[SEALER], 1, &note, &err), BULLA_OK, "%s",
	    err.msg);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_home_record(&p->from->h, &c, 1, &err), BULLA_OK,
	    "%s", err.msg);
	bulla_buf_free(&note);
}

static inline void
kit_receive(const struct parcel *p, const char *path,
    struct bulla_received *got)
{
	struct bulla_vkeys known = { 0 };
	struct bulla_receive r = { .home = p->to->path,
	    .receiver = &p->to->side->s[RECEIVER], .known = &known,
	    .allow_exercise = true, .now = p->received };
	struct bulla_err err = { 0 };
	struct bulla_cur c;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	cr_assert_neq(fd, -1);
	cr_assert_eq(bulla_vkeys_add(&known, &p->from->side->s[p->bad_seal ?
	    CUSTODIAN : SEALER].vkey, NULL), BULLA_OK);
	cr_assert_eq(bulla_receive_fd(&r, fd, got, &err), BULLA_OK, "%s",
	    err.msg);
	cr_assert(got->accepted);
	c = bulla_buf_view(&got->receipt);
	cr_assert_eq(bulla_home_record(&p->to->h, &c, 1, &err), BULLA_OK);
	cr_assert_eq(close(fd), 0);
	bulla_vkeys_free(&known);
}

static inline void
kit_relinquish(const struct parcel *p, const struct bulla_sealed *d,
    const char *path)
{
	struct wire w = { .to = p->to };
	const struct bulla_peer peer = { wire_ask, &w, NULL };
	struct bulla_buf file = BULLA_BUF_INIT(1u << 24);
	struct bulla_err err = { 0 };
	uint8_t sha256[32];
	struct bulla_handover what = { .id = d->id, .seal = d->closing,
	    .sha256 = sha256, .recipients = "the desk",
	    .transport = "network", .authority = "-" };

	cr_assert_eq(bulla_file_get(path, &file, &err), BULLA_OK);
	bulla_sha256(file.p, file.len, sha256);
	cr_assert_eq(bulla_exchange_relinquish(&p->from->x, &peer, &what,
	    &p->from->side->s[CUSTODIAN], &err), BULLA_OK, "%s", err.msg);
	bulla_buf_free(&file);
}

static inline void
kit_receipt(const struct parcel *p, const struct bulla_sealed *d,
    const struct bulla_received *got)
{
	struct wire w = { .to = p->to };
	const struct bulla_peer peer = { wire_ask, &w, NULL };
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_err err = { 0 };
	struct bulla_cur c = bulla_buf_view(&got->receipt);

	cr_assert_eq(bulla_exchange_receipt(&p->from->x, d->id, &c,
	    &p->from->side->s[CUSTODIAN], &note, &err), BULLA_OK, "%s",
	    err.msg);
	c = bulla_buf_view(&note);
	if (p->how_far >= COUNTERSIGNED)
		cr_assert_eq(bulla_exchange_tell(&p->from->x, &peer, &c,
		    &err), BULLA_OK, "%s", err.msg);
	bulla_buf_free(&note);
}

/* Returns the package's id, which stays where it is. */
static inline const char *
kit_send(const struct parcel *p)
{
	struct bulla_received got = { 0 };
	struct bulla_sealed d = { 0 };
	char path[200];

	snprintf(path, sizeof(path), "%s/packages", p->from->path);
	cr_assert_eq(bulla_dir_make(path, 0700, NULL), BULLA_OK);
	p->from->h.now = p->created;
	kit_seal(p, "parcel", &d);
	snprintf(path, sizeof(path), "%s/packages/%s.bulla", p->from->path,
	    d.id);
	cr_assert_eq(rename("parcel", path), 0);
	kit_tell_seal(p, &d);
	cr_assert(n_sent < 2048);
	memcpy(sent_id[n_sent], d.id, sizeof(d.id));
	memcpy(sent_seal[n_sent], d.closing, sizeof(d.closing));
	if (p->how_far >= RECEIVED) {
		p->from->h.now = p->to->h.now = p->received;
		kit_relinquish(p, &d, path);
		kit_receive(p, path, &got);
	}
	if (p->how_far >= RECEIPTED)
		kit_receipt(p, &d, &got);
	bulla_buf_free(&got.receipt);
	return sent_id[n_sent++];
}

/* Both homes cosign each other. */
static inline void
kit_cosign(struct end *from, struct end *to, int64_t at)
{
	struct wire w = { .to = to };
	struct bulla_cosignings got;
	struct bulla_err err;

	from->h.now = to->h.now = at;
	cr_assert_eq(cosign(from, &w, &got, &err), BULLA_OK, "%s", err.msg);
}

/* The agreement of the kit, in force in both homes from the beginning. */
static inline void
kit_agree(struct end *a, struct end *b)
{
	struct bulla_buf text = BULLA_BUF_INIT(1u << 20);
	struct bulla_buf note = BULLA_BUF_INIT(1u << 20);
	struct bulla_err err = { 0 };
	struct bulla_cur c;

	agreed_text(&text, 1, SIDE_TIME, NULL, AGREED);
	agreed_note(&note, &text, &side_a.s[LEAD], &side_b.s[LEAD]);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_agreement_take("A", a->h.trust, &c, SIDE_TIME,
	    &err), BULLA_OK, "%s", err.msg);
	cr_assert_eq(bulla_agreement_take("B", b->h.trust, &c, SIDE_TIME,
	    &err), BULLA_OK, "%s", err.msg);
	bulla_buf_free(&text);
	bulla_buf_free(&note);
}

#endif
