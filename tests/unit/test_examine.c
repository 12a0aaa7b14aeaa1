#include <errno.h>
#include <pthread.h>

#include "examine_kit.h"

/* What is said of a package, as a message, and of one that still grows. */
static struct bulla_buf message = BULLA_BUF_INIT(BULLA_EXAMINED_MAX);

static void
end_examine(void)
{
	bulla_examined_free(&found);
	bulla_buf_free(&message);
	end();
}

TestSuite(examine, .init = begin, .fini = end_examine);

/* The package as it grows: len bytes of it, told of piece by piece. */
struct growth {
	int fd, counts;
	size_t len, piece;
	uint64_t told_more;	/* than there is, in the end */
};

static void *
write_it(void *arg)
{
	const struct growth *w = arg;
	uint64_t n;

	for (size_t at = 0; at < w->len; at += n) {
		n = w->len - at < w->piece ? w->len - at : w->piece;
		cr_assert_eq(pwrite(w->fd, bytes.p + at, n, (off_t)at),
		    (ssize_t)n);
		cr_assert_eq(write(w->counts, &n, sizeof(n)), sizeof(n));
		if (at % 7 == 0)
			usleep(100);
	}
	n = w->told_more;
	/* who reads may have heard enough */
	if (n > 0 && write(w->counts, &n, sizeof(n)) != sizeof(n))
		cr_assert_eq(errno, EPIPE);
	close(w->counts);
	return NULL;
}

/* What is said of a package that comes as w says. */
static void
look_while(struct growth w)
{
	int in = kit_memfd("", 0), copy = kit_memfd("", 0);
	struct bulla_examined x = BULLA_EXAMINED_INIT;
	struct bulla_growing g = { .length = bytes.len };
	pthread_t writer;
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	g.counts = ends[0];
	w.fd = in;
	w.counts = ends[1];
	cr_assert_eq(pthread_create(&writer, NULL, write_it, &w), 0);
	bulla_examine(in, copy, 2, &g, &x);
	pthread_join(writer, NULL);
	bulla_examined_free(&found);
	found = x;
	close(in);
	close(copy);
	close(g.counts);
}

static void
encode(const struct bulla_examined *x, struct bulla_buf *out)
{
	bulla_buf_reset(out);
	bulla_examined_put(out, x);
	cr_assert_eq(bulla_buf_status(out), BULLA_OK);
}

/* It parses, and says the same; or it does not, and nothing was written. */
static bool
parses(const struct bulla_buf *b, size_t len)
{
	struct bulla_examined x = BULLA_EXAMINED_INIT;
	struct bulla_buf again = BULLA_BUF_INIT(BULLA_EXAMINED_MAX);
	struct bulla_cur c = bulla_cur_of(b->p, len);
	bool ok = bulla_examined_parse(&c, &x, &e) == BULLA_OK;

	if (ok) {
		encode(&x, &again);
		cr_expect_eq(again.len, len);
		cr_expect_arr_eq(again.p, b->p, len);
	} else {
		cr_expect_eq(e.st, BULLA_E_FORMAT);
		cr_expect_null(x.opening.p);
	}
	bulla_buf_free(&again);
	bulla_examined_free(&x);
	return ok;
}

Test(examine, a_good_one)
{
	uint8_t sha256[32];

	look(&bytes, bytes.len);
	cr_assert_eq(found.reached, BULLA_REACHED_END);
	cr_expect_eq(found.end.st, BULLA_OK);
	cr_expect_eq(found.bytes, bytes.len);
	bulla_sha256(bytes.p, bytes.len, sha256);
	cr_expect_arr_eq(found.sha256, sha256, 32);
	encode(&found, &message);
	cr_expect(parses(&message, message.len));
}

/* Cut at every 64th byte: it gets further and further, and says so. */
Test(examine, how_far_it_came)
{
	unsigned seen = 0, last = 0;

	for (size_t n = 0; n < bytes.len; n += 64) {
		look(&bytes, n);
		cr_expect_neq(found.reached, BULLA_REACHED_END);
		cr_expect_eq(found.end.st, BULLA_E_INCOMPLETE, "%zu: %s", n,
		    found.end.msg);
		cr_expect_geq((unsigned)found.reached, last);
		last = found.reached;
		seen |= 1u << found.reached;
		encode(&found, &message);
		cr_expect(parses(&message, message.len), "%zu", n);
	}
	cr_expect_eq(seen, 1u << BULLA_REACHED_NOTHING |
	    1u << BULLA_REACHED_COPY | 1u << BULLA_REACHED_BODY);
}

Test(examine, a_message_that_is_cut_or_longer)
{
	look(&bytes, bytes.len);
	encode(&found, &message);
	for (size_t n = 0; n < message.len; n++)
		cr_expect(!parses(&message, n), "%zu", n);
	bulla_buf_u8(&message, 0);
	cr_expect(!parses(&message, message.len));
}

Test(examine, every_byte_of_a_message)
{
	look(&bytes, bytes.len);
	encode(&found, &message);
	for (size_t i = 0; i < message.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			message.p[i] ^= (uint8_t)(1u << bit);
			(void)parses(&message, message.len);
			message.p[i] ^= (uint8_t)(1u << bit);
		}
	}
}

static bool
encodes(void (*change)(struct bulla_examined *x))
{
	struct bulla_examined x = found;

	change(&x);
	encode(&x, &message);
	return parses(&message, message.len);
}

static void
unchanged(struct bulla_examined *x)
{
	(void)x;
}

static void
end_and_reason(struct bulla_examined *x)
{
	snprintf(x->end.msg, sizeof(x->end.msg), "but");
}

static void
end_and_failure(struct bulla_examined *x)
{
	x->end.st = BULLA_E_MISMATCH;
}

static void
not_the_end(struct bulla_examined *x)
{
	x->reached = BULLA_REACHED_BODY;
}

static void
beyond_the_end(struct bulla_examined *x)
{
	x->reached = (enum bulla_reached)(BULLA_REACHED_END + 1);
}

static void
a_decision(struct bulla_examined *x)
{
	x->reached = BULLA_REACHED_BODY;
	x->end.st = BULLA_E_REFUSED;
}

static void
errno_without_io(struct bulla_examined *x)
{
	x->reached = BULLA_REACHED_BODY;
	x->end.st = BULLA_E_MISMATCH;
	x->end.sys_errno = 5;
}

static void
broken_without_notes(struct bulla_examined *x)
{
	x->reached = BULLA_REACHED_COPY;
	x->end.st = BULLA_E_MISMATCH;
}

static void
a_negative_length(struct bulla_examined *x)
{
	x->bytes = UINT64_MAX;
}

static void
id_in_capitals(struct bulla_examined *x)
{
	x->id[3] = 'A';
}

static void
id_that_is_a_path(struct bulla_examined *x)
{
	memcpy(x->id, "../../keys/", 11);
}

static void
many_segments(struct bulla_examined *x)
{
	x->segments = BULLA_SEGMENTS_MAX + 1;
}

static void
more_cipher_than_bytes(struct bulla_examined *x)
{
	x->cipher = x->bytes + 1;
}

Test(examine, fields_that_do_not_go_together)
{
	static void (*const bad[])(struct bulla_examined *) = {
		end_and_reason, end_and_failure, not_the_end, beyond_the_end,
		a_decision, errno_without_io, broken_without_notes,
		a_negative_length,
		id_in_capitals, id_that_is_a_path, many_segments,
		more_cipher_than_bytes,
	};

	look(&bytes, bytes.len);
	cr_expect(encodes(unchanged));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect(!encodes(bad[i]), "%zu", i);
}

/* A reason may not carry anything to a log or a terminal. */
Test(examine, reasons)
{
	look(&bytes, bytes.len / 2);
	snprintf(found.end.msg, sizeof(found.end.msg), "wei\xc3\x9f");
	cr_expect(encodes(unchanged));
	found.end.msg[4] = '\0';	/* half a character: shown as bytes */
	cr_expect(encodes(unchanged));
	cr_assert_not_null(memmem(message.p, message.len, "wei\\xc3", 7));
	memcpy(memmem(message.p, message.len, "wei", 3), "w\ni", 3);
	cr_expect(!parses(&message, message.len));
}

/* Whatever the pieces: as if all of it had been there before. */
Test(examine, what_is_still_being_written)
{
	static const size_t pieces[] = { 1, 511, 512, 4096, SIZE_MAX };
	struct bulla_buf whole = BULLA_BUF_INIT(BULLA_EXAMINED_MAX);

	look(&bytes, bytes.len);
	cr_assert_eq(found.reached, BULLA_REACHED_END);
	encode(&found, &whole);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		look_while((struct growth){ .len = bytes.len,
		    .piece = pieces[i] });
		encode(&found, &message);
		cr_expect_eq(message.len, whole.len);
		cr_expect_arr_eq(message.p, whole.p, whole.len);
	}
	bulla_buf_free(&whole);
}

/* Neither waited for nor taken for the end of a package. */
Test(examine, what_is_never_going_to_be_whole)
{
	static const size_t lens[] = { 0, 100, 512, 5000 };

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		look_while((struct growth){ .len = lens[i], .piece = 512 });
		cr_expect_eq(found.reached, BULLA_REACHED_NOTHING);
		cr_expect_eq(found.end.st, BULLA_E_INCOMPLETE);
		cr_expect(strstr(found.end.msg, "broken off") != NULL);
		look_while((struct growth){ .len = lens[i], .piece = 512,
		    .told_more = bytes.len });
		cr_expect_eq(found.reached, BULLA_REACHED_NOTHING);
		cr_expect_eq(found.end.st, BULLA_E_INCOMPLETE);
		cr_expect(strstr(found.end.msg, "shorter") != NULL);
	}
	/* What comes after its end is none of it. */
	look_while((struct growth){ .len = bytes.len, .piece = 512,
	    .told_more = 1000 });
	cr_expect_eq(found.reached, BULLA_REACHED_END);
}
