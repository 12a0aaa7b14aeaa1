/*
 * The public age test kit (C2SP CCTV): every file gives its exact class, and
 * what was released has the digest that the kit names, on failure too.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bulla/age.h"
#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/hash.h"
#include "drip.h"

#define FILE_LIMIT ((size_t)64 << 20)

struct vec {
	struct bulla_buf raw, plain;	/* the file; its age part, inflated */
	struct bulla_buf ids;		/* identities, one per line */
	struct bulla_buf pass;		/* the last passphrase */
	struct bulla_buf expect, payload;
	bool zlib, wants_pass, wants_pq;
};

static struct bulla_buf *pass_now;

static enum bulla_status
give_pass(const struct bulla_ask *a, const char *prompt, bool twice,
    struct bulla_secret *out, struct bulla_err *err)
{
	(void)a;
	(void)prompt;
	(void)twice;
	return bulla_secret_from(out, pass_now->p, pass_now->len, err);
}

static void
vec_free(struct vec *v)
{
	bulla_buf_free(&v->raw);
	bulla_buf_free(&v->plain);
	bulla_buf_free(&v->ids);
	bulla_buf_free(&v->pass);
	bulla_buf_free(&v->expect);
	bulla_buf_free(&v->payload);
}

static void
put_inflated(struct bulla_buf *out, const struct bulla_cur *c)
{
	z_stream z = { 0 };
	uint8_t *some = malloc(1 << 16);
	int r = inflateInit(&z);

	cr_assert(some != NULL && r == Z_OK);
	z.next_in = (Bytef *)(uintptr_t)c->p;
	z.avail_in = (uInt)c->len;
	while (r == Z_OK) {
		z.next_out = some;
		z.avail_out = 1 << 16;
		r = inflate(&z, Z_NO_FLUSH);
		bulla_buf_put(out, some, (1 << 16) - z.avail_out);
	}
	cr_assert_eq(r, Z_STREAM_END);
	inflateEnd(&z);
	free(some);
}

static void
vec_key(struct vec *v, struct bulla_cur line)
{
	if (bulla_cur_eat_str(&line, "expect: ")) {
		bulla_buf_cur(&v->expect, &line);
	} else if (bulla_cur_eat_str(&line, "payload: ")) {
		bulla_buf_cur(&v->payload, &line);
	} else if (bulla_cur_eat_str(&line, "identity: ")) {
		v->wants_pq |= bulla_cur_starts(&line, "AGE-SECRET-KEY-PQ-");
		bulla_buf_cur(&v->ids, &line);
		bulla_buf_str(&v->ids, "\n");
	} else if (bulla_cur_eat_str(&line, "passphrase: ")) {
		v->wants_pass = true;
		bulla_buf_reset(&v->pass);
		bulla_buf_cur(&v->pass, &line);
	} else if (bulla_cur_eat_str(&line, "compressed: ")) {
		v->zlib = true;
	}
}

static void
vec_load(struct vec *v, const char *path)
{
	struct bulla_err err = { 0 };
	struct bulla_cur c, line;

	*v = (struct vec){ .raw = BULLA_BUF_INIT(FILE_LIMIT),
		.plain = BULLA_BUF_INIT(FILE_LIMIT),
		.ids = BULLA_BUF_INIT(FILE_LIMIT),
		.pass = BULLA_BUF_INIT(FILE_LIMIT),
		.expect = BULLA_BUF_INIT(FILE_LIMIT),
		.payload = BULLA_BUF_INIT(FILE_LIMIT) };
	cr_assert_eq(bulla_file_get(path, &v->raw, &err), BULLA_OK, "%s",
	    err.msg);
	c = bulla_buf_view(&v->raw);
	while (bulla_cur_line(&c, &line) && line.len > 0)
		vec_key(v, line);
	if (v->zlib)
		put_inflated(&v->plain, &c);
	else
		bulla_buf_cur(&v->plain, &c);
}

/* Hashes what is released. */
struct sink {
	struct bulla_writer w;
	struct bulla_sha256 *h;
};

static enum bulla_status
sink_write(struct bulla_writer *w, const void *p, size_t n,
    struct bulla_err *err)
{
	(void)err;
	bulla_sha256_update(((struct sink *)w)->h, p, n);
	return BULLA_OK;
}

/* True when class and digest are what the kit says. */
static bool
run(const char *name, struct vec *v, size_t piece, bool *unsupported)
{
	struct bulla_identities ids = { 0 };
	struct bulla_ask ask = { .ask = give_pass };
	struct bulla_age_decrypt p = { .ids = &ids,
		.ask = v->wants_pass ? &ask : NULL };
	struct drip in = { .r.read = drip_read,
		.c = bulla_buf_view(&v->plain), .piece = piece };
	struct sink out = { .w.write = sink_write };
	struct bulla_cur text = bulla_buf_view(&v->ids), want;
	struct bulla_err err = { 0 };
	enum bulla_age_class cls;
	enum bulla_status st;
	uint8_t sum[BULLA_SHA256_LEN];
	char hex[2 * BULLA_SHA256_LEN + 1];
	bool ok;

	pass_now = &v->pass;
	cr_assert_eq(bulla_sha256_new(&out.h, NULL), BULLA_OK);
	if (text.len > 0)
		cr_assert_eq(bulla_identities_add_text(&ids, &text, &err),
		    BULLA_OK, "%s: %s", name, err.msg);
	st = bulla_age_decrypt(&p, &in.r, &out.w, &cls, &err);
	bulla_sha256_final(out.h, sum);
	bulla_hex(hex, sum, sizeof(sum));
	bulla_sha256_free(out.h);
	bulla_identities_free(&ids);
	*unsupported = st == BULLA_E_UNSUPPORTED;
	want = bulla_buf_view(&v->expect);
	ok = bulla_cur_is(&want, bulla_age_class_name(cls)) &&
	    (cls == BULLA_AGE_SUCCESS) == (st == BULLA_OK);
	want = bulla_buf_view(&v->payload);
	if (want.len == 0)	/* the digest of nothing */
		want = bulla_cur_str("e3b0c44298fc1c149afbf4c8996fb924"
		    "27ae41e4649b934ca495991b7852b855");
	ok = ok && bulla_cur_is(&want, hex);
	if (!ok && !*unsupported)
		printf("age/testkit %s: %s (%s), released %s\n", name,
		    bulla_age_class_name(cls), err.msg, hex);
	return ok;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static const char *
vectors_dir(void)
{
	const char *dir = getenv("BULLA_VECTORS");

	return dir != NULL ? dir : "../shared/vectors";
}

Test(age_testkit, every_file_gives_its_class_and_digest)
{
	struct dirent **list;
	char path[4096];
	int n, failures = 0, ran = 0, skipped = 0;

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	snprintf(path, sizeof(path), "%s/age", vectors_dir());
	n = scandir(path, &list, not_hidden, by_name);
	if (n < 0) {
		printf("SKIP: age/testkit: no folder %s\n", path);
		return;
	}
	for (int i = 0; i < n; i++) {
		bool unsupported, ok;
		struct vec v;

		snprintf(path, sizeof(path), "%s/age/%s", vectors_dir(),
		    list[i]->d_name);
		vec_load(&v, path);
		ok = run(list[i]->d_name, &v, SIZE_MAX, &unsupported);
		/* Only post-quantum files may be left out, and by name. */
		if (unsupported && v.wants_pq) {
			printf("SKIP: age/testkit %s: needs libcrypto 3.5\n",
			    list[i]->d_name);
			skipped++;
		} else {
			/* The same whatever pieces the input comes in. */
			ok = ok && (v.plain.len > 100000 || run(list[i]->d_name,
			    &v, v.wants_pass ? 7 : 1, &unsupported));
			ok = ok && (v.plain.len < 65536 ||
			    run(list[i]->d_name, &v, 4093, &unsupported));
			ran++;
			failures += !ok;
		}
		vec_free(&v);
		free(list[i]);
	}
	free(list);
	printf("COUNT age/testkit %d %d\n", ran, failures);
	fflush(stdout);
	cr_assert_eq(failures, 0);
	cr_assert_gt(ran, 80);
}
