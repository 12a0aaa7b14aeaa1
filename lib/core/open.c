#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/bagin.h"
#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/zstd.h"
#include "core/open_int.h"
#include "core/spool.h"
#include "core/verify_int.h"

/* The identity that opens it must be of a recipient that the sealer named. */
static enum bulla_status
check_named(const struct bulla_package *pkg,
    const struct bulla_identity *who, struct bulla_err *err)
{
	for (size_t i = 0; i < pkg->opening.n_recipients; i++)
		if (bulla_cur_is(&pkg->opening.recipient[i], who->recipient))
			return BULLA_OK;
	return bulla_fail(err, BULLA_E_MISMATCH, "opens with the key of %s, "
	    "whom the opening note does not name", who->recipient);
}

static enum bulla_status
not_for_us(const struct bulla_package *pkg, size_t n_keys,
    struct bulla_err *err)
{
	const struct bulla_opening *p = &pkg->opening;
	char more[32] = "";

	if (p->n_recipients > 1)
		(void)snprintf(more, sizeof(more), " and %zu more",
		    p->n_recipients - 1);
	return bulla_fail(err, BULLA_E_NOMATCH, "sealed for %.*s%s; the key%s "
	    "given cannot open it: use the right one, or ask the sender to "
	    "seal it for yours", (int)p->recipient[0].len,
	    (const char *)p->recipient[0].p, more, n_keys == 1 ? "" : "s");
}

static enum bulla_status
payload_key(const struct bulla_open *o, const struct pkgr *r,
    const struct bulla_package *pkg, struct bulla_secret *key,
    char recipient[BULLA_AGE_RECIPIENT_MAX], struct bulla_err *err)
{
	struct bulla_age_header h = { 0 };
	struct bulla_secret file_key = { 0 };
	struct bulla_cur c = bulla_buf_view(&r->age0);
	const struct bulla_identity *who = NULL;
	enum bulla_age_class cls;
	enum bulla_status st = bulla_age_header_parse(&c, &h, err);

	if (st == BULLA_OK)
		st = bulla_age_unwrap(&h, o->ids, &file_key, &who, &cls, err);
	if (st == BULLA_E_NOMATCH)
		st = not_for_us(pkg, o->ids->n, err);
	if (st == BULLA_OK)
		st = check_named(pkg, who, err);
	if (st == BULLA_OK)
		st = bulla_age_payload_key(&file_key, pkg->opening.age_nonce,
		    key, err);
	if (st == BULLA_OK)
		memcpy(recipient, who->recipient, BULLA_AGE_RECIPIENT_MAX);
	bulla_secret_free(&file_key);
	bulla_age_header_free(&h);
	return st;
}

/* The bag in the plaintext, checked against the outer opening note. */
static enum bulla_status
read_bag(const struct open_bag *b, struct bulla_bagin_result *bag,
    struct bulla_err *err)
{
	const struct bulla_bagin p = {
		.mode = b->dirfd == -1 ? BULLA_BAGIN_CHECK :
		    BULLA_BAGIN_EXTRACT,
		.dirfd = b->dirfd,
		.opening = bulla_buf_view(b->opening_note),
		.max_bytes = b->max_plain,
		.max_is_space = b->max_is_space,
		.copy_of = b->copy_of,
		.copy = b->copy,
	};
	struct bulla_zstdr *z = NULL;
	struct bulla_blocks *in = b->blocks;
	enum bulla_status st = BULLA_OK;

	if (b->zstd) {
		st = bulla_zstdr_new(in, b->max_plain, &z, err);
		if (st == BULLA_OK)
			in = bulla_zstdr_blocks(z);
	}
	if (st == BULLA_OK && b->relay != NULL)
		in = relay_begin(b->relay, in);
	if (st == BULLA_OK)
		st = bulla_bagin_run(&p, in, bag, err);
	if (st == BULLA_OK && b->relay != NULL)
		st = relay_end(b->relay, err);
	bulla_zstdr_free(z);
	return st;
}

static void
fill_result(const struct bulla_bagin_result *bag, struct bulla_opened *out)
{
	memcpy(out->bag, bag->name, sizeof(out->bag));
	out->files = bag->files;
	out->bytes = bag->bytes;
	memcpy(out->manifest, bag->manifest, sizeof(out->manifest));
}

struct behind {
	struct bulla_writer w;
	struct bulla_behind *b;
};

static enum bulla_status
write_behind(struct bulla_writer *w, const void *p, size_t n,
    struct bulla_err *err)
{
	return bulla_behind_write(((struct behind *)w)->b, p, n, err);
}

/* Opening to what nobody sees yet: the plaintext waits there. */
struct hidden {
	struct pass p;
	struct bulla_package pkg;
	struct bulla_secret key;
	struct open_bag bag;
	struct part_dir dir;
	struct behind file;
	struct relay relay;
};

static enum bulla_status
hide(const struct bulla_open *o, struct hidden *h, struct bulla_err *err)
{
	struct open_bag *b = &h->bag;
	enum bulla_status st = BULLA_OK;

	if (o->dir != NULL) {
		st = part_dir_open(&h->dir, o->dir, h->pkg.opening.id, err);
		b->dirfd = h->dir.fd;
	}
	if (o->file != NULL) {
		st = bulla_behind_new(o->file->fd, "output", &h->file.b, err);
		h->file.w.write = write_behind;
		h->relay.out = &h->file.w;
		b->relay = &h->relay;
	}
	if (st != BULLA_OK || o->max_plain > 0 || o->copy_of != NULL)
		return st;
	b->max_is_space = true;
	return open_space(o->dir != NULL ? h->dir.fd : o->file->fd,
	    &b->max_plain, err);
}

/* What stands before the payload: who sealed it, and is it for us? */
static enum bulla_status
hidden_head(const struct bulla_open *o, struct hidden *h,
    char recipient[BULLA_AGE_RECIPIENT_MAX], struct bulla_err *err)
{
	enum bulla_status st = pkgr_head(&h->p.r, err);

	if (st == BULLA_OK)
		st = pkg_check_head(&h->p.r, o->known, o->allow_exercise,
		    &h->pkg, err);
	if (st == BULLA_OK)
		st = payload_key(o, &h->p.r, &h->pkg, &h->key, recipient,
		    err);
	return st;
}

/* The payload, and what comes after it: only that says that it was right. */
static enum bulla_status
hidden_rest(const struct bulla_open *o, struct hidden *h,
    struct bulla_bagin_result *bag, struct bulla_err *err)
{
	uint8_t manifest[BULLA_SHA256_LEN];
	enum bulla_status st;

	h->p.payload_key = &h->key;
	st = pass_begin(&h->p, err);
	if (st == BULLA_OK) {
		h->bag.blocks = pass_blocks(&h->p);
		h->bag.opening_note = &h->p.r.opening;
		h->bag.zstd = h->pkg.opening.zstd;
		st = read_bag(&h->bag, bag, err);
	}
	if (st == BULLA_OK && h->file.b != NULL)
		st = bulla_behind_end(h->file.b, err);
	if (st == BULLA_OK)
		st = pass_end(&h->p, manifest, err);
	if (st == BULLA_OK)
		st = pkg_check_tail(&h->p.r, o->known, manifest, &h->pkg,
		    err);
	if (st == BULLA_OK)
		st = pkg_judge(&o->judge, &h->pkg, err);
	return st;
}

/*
 * To what nobody sees yet, a directory of its own, a file without a name or
 * memory: one pass. It is given out when the closing note, which comes last,
 * has verified.
 */
static enum bulla_status
open_hidden(const struct bulla_open *o, struct bulla_opened *out,
    struct bulla_err *err)
{
	struct hidden h = { .dir = PART_DIR_INIT,
	    .bag = { .dirfd = -1, .copy_of = o->copy_of, .copy = o->copy,
	    .max_plain = o->max_plain > 0 ? o->max_plain : UINT64_MAX } };
	struct bulla_bagin_result bag;
	enum bulla_status st;

	pass_init(&h.p, o->fd, o->threads);
	h.p.progress = o->progress;
	st = hidden_head(o, &h, out->recipient, err);
	if (st == BULLA_OK)
		st = hide(o, &h, err);
	if (st == BULLA_OK)
		st = hidden_rest(o, &h, &bag, err);
	if (st == BULLA_OK && o->dir != NULL)
		st = part_dir_publish(&h.dir, bag.name, err);
	if (st == BULLA_OK) {
		fill_result(&bag, out);
		h.pkg.verified = true;
		verify_keep(&h.p.r, &h.pkg);
		out->package = h.pkg;
	}
	bulla_behind_free(h.file.b);
	part_dir_free(&h.dir);
	pass_free(&h.p);
	bulla_secret_free(&h.key);
	return st;
}

/* Two passes are told as the two halves of one. */
struct halves {
	struct bulla_progress to;
	uint64_t before, last;
};

static void
tell_half(void *ctx, uint64_t done, uint64_t total)
{
	struct halves *h = ctx;

	h->last = done;
	if (h->to.tell != NULL)
		h->to.tell(h->to.ctx, (h->before + done) / 2, total);
}

/*
 * To a stream, which cannot be taken back: a first pass verifies everything
 * and marks what it saw; the second decrypts each stretch once it is known to
 * be the same.
 */
static enum bulla_status
second_pass(const struct bulla_open *o, const struct pass *first,
    const struct bulla_secret *key, struct bulla_opened *out,
    struct bulla_err *err)
{
	struct relay relay = { .out = o->out };
	struct open_bag b = { .dirfd = -1,
	    .relay = &relay,
	    .max_plain = o->max_plain > 0 ? o->max_plain : UINT64_MAX,
	    .opening_note = &out->package.opening_note,
	    .zstd = out->package.opening.zstd };
	struct bulla_bagin_result bag;
	struct pass p;
	enum bulla_status st;

	pass_init(&p, first->r.fd, o->threads);
	p.progress = o->progress;
	p.known = first->marks;
	p.payload_key = key;
	b.blocks = pass_blocks(&p);
	st = pass_again(&p, err);
	if (st == BULLA_OK)
		st = read_bag(&b, &bag, err);
	if (st == BULLA_OK)
		fill_result(&bag, out);
	pass_free(&p);
	return st;
}

static enum bulla_status
open_to_stream(const struct bulla_open *how, struct bulla_opened *out,
    struct bulla_err *err)
{
	struct halves halves = { .to = how->progress };
	struct bulla_open two = *how;
	const struct bulla_open *o = &two;
	struct bulla_secret key = { 0 };
	struct marks marks;
	struct pass first;
	enum bulla_status st = marks_init(&marks, err);
	int spool = -1, fd = how->fd;
	uint64_t size;

	if (st == BULLA_OK && lseek(fd, 0, SEEK_CUR) < 0) {
		bulla_pipe_widen(fd);
		st = spool_input(fd, &spool, &size, err);
	}
	if (spool != -1)
		fd = spool;
	two.progress = (struct bulla_progress){ tell_half, &halves };
	pass_init(&first, fd, o->threads);
	first.progress = two.progress;
	first.marks = &marks;
	if (st == BULLA_OK)
		st = verify_pass(&first, o->known, o->allow_exercise,
		    &o->judge, &out->package, err);
	if (st == BULLA_OK)
		st = payload_key(o, &first.r, &out->package, &key,
		    out->recipient, err);
	halves.before = halves.last;
	if (st == BULLA_OK)
		st = second_pass(o, &first, &key, out, err);
	pass_free(&first);
	marks_free(&marks);
	bulla_secret_free(&key);
	if (spool != -1)
		(void)close(spool);
	return st;
}

enum bulla_status
bulla_open_run(const struct bulla_open *o, struct bulla_opened *out,
    struct bulla_err *err)
{
	struct bulla_opened done = { 0 };
	enum bulla_status st;

	BULLA_CHECK((o->dir != NULL) + (o->file != NULL) +
	    (o->out != NULL) + (o->copy_of != NULL) == 1);
	st = o->out != NULL ? open_to_stream(o, &done, err) :
	    open_hidden(o, &done, err);
	if (st != BULLA_OK && o->copy_of != NULL)
		bulla_buf_reset(o->copy);
	if (st == BULLA_OK)
		*out = done;
	else
		bulla_package_free(&done.package);
	return st;
}
