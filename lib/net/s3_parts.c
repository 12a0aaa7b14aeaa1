#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s3_int.h"

#include "bulla/hash.h"
#include "bulla/io.h"

/*
 * The parts of one upload, several at once. Each is read twice, for its
 * digest and to be sent: what changed between is refused by the store. No
 * part is held in memory.
 */
#define CHUNK (256u << 10)

struct job {
	struct bulla_s3 *s;
	const struct bulla_s3_put *p;
	struct s3_state *state;
	atomic_bool stop;
	pthread_mutex_t mu;		/* what follows, and state */
	uint32_t next;			/* part number to look at */
	uint64_t acked;
	enum bulla_status st;		/* the first failure */
	struct bulla_err err;
};

struct part {
	uint32_t number;
	uint64_t offset, len;
};

static uint64_t
part_len(const struct s3_state *s, uint32_t number)
{
	uint64_t at = (uint64_t)(number - 1) * s->part_size;

	return s->size - at < s->part_size ? s->size - at : s->part_size;
}

/* The next one that is not there yet; false at the end. */
static bool
take(struct job *j, struct part *out)
{
	const struct s3_state *s = j->state;
	bool got = false;

	BULLA_CHECK(pthread_mutex_lock(&j->mu) == 0);
	while (j->next <= s->n_parts && s->etag[j->next - 1][0] != '\0')
		j->next++;
	if (j->next <= s->n_parts && !atomic_load(&j->stop)) {
		out->number = j->next++;
		out->offset = (uint64_t)(out->number - 1) * s->part_size;
		out->len = part_len(s, out->number);
		got = true;
	}
	BULLA_CHECK(pthread_mutex_unlock(&j->mu) == 0);
	return got;
}

static enum bulla_status
digest(struct job *j, const struct part *t, uint8_t out[32],
    struct bulla_err *err)
{
	struct bulla_sha256 *h = NULL;
	uint8_t *buf = malloc(CHUNK);
	enum bulla_status st = BULLA_E_NOMEM;
	uint64_t done = 0;
	size_t n = 0;

	if (buf != NULL)
		st = bulla_sha256_new(&h, err);
	while (st == BULLA_OK && done < t->len) {
		size_t want = t->len - done < CHUNK ?
		    (size_t)(t->len - done) : CHUNK;

		st = bulla_pread_fd(j->p->what.fd, buf, want,
		    t->offset + done, &n, "the package", err);
		if (st == BULLA_OK && n < want)
			st = bulla_fail(err, BULLA_E_INCOMPLETE,
			    "the package got shorter while it was sent");
		if (st == BULLA_OK)
			bulla_sha256_update(h, buf, n);
		done += n;
	}
	if (st == BULLA_OK)
		bulla_sha256_final(h, out);
	else if (buf == NULL)
		st = bulla_fail(err, st, "out of memory");
	bulla_sha256_free(h);
	free(buf);
	return st;
}

static enum bulla_status
stored(struct job *j, const struct part *t, const char *etag,
    struct bulla_err *err)
{
	enum bulla_status st;
	uint64_t acked;

	BULLA_CHECK(pthread_mutex_lock(&j->mu) == 0);
	st = s3_state_add(j->state, t->number, etag, err);
	j->acked += t->len;
	acked = j->acked;
	BULLA_CHECK(pthread_mutex_unlock(&j->mu) == 0);
	j->s->line.watch.progress(j->s->line.watch.ctx, acked);
	return st;
}

static enum bulla_status
send_part(struct job *j, struct s3_conn *k, const struct part *t,
    struct bulla_err *err)
{
	struct bulla_buf query = BULLA_BUF_INIT(S3_QUERY_MAX);
	struct s3_resp a = S3_RESP_INIT;
	struct s3_req q = { .method = "PUT", .key = j->p->key,
	    .fd = j->p->what.fd, .offset = t->offset, .len = t->len };
	enum bulla_status st = digest(j, t, q.sha256, err);

	bulla_buf_fmt(&query, "partNumber=%u&uploadId=", t->number);
	s3_escape(&query, j->state->id);
	q.query = bulla_buf_cstr(&query);
	if (st == BULLA_OK && q.query == NULL)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (st == BULLA_OK)
		st = s3_ask(k, &q, &a, err);
	if (st == BULLA_OK && s3_gone(&a))
		st = bulla_fail(err, BULLA_E_NOMATCH,
		    "the store has lost the upload");
	else if (st == BULLA_OK && a.status != 200)
		st = s3_refused(&a, "a part was not stored", err);
	else if (st == BULLA_OK && a.etag[0] == '\0')
		st = bulla_fail(err, BULLA_E_REFUSED,
		    "the store gave a part no ETag that could be sent back");
	if (st == BULLA_OK)
		st = stored(j, t, a.etag, err);
	bulla_buf_free(&query);
	bulla_buf_free(&a.body);
	return st;
}

static void *
work(void *ctx)
{
	struct job *j = ctx;
	struct bulla_err err = { 0 };
	struct s3_conn *k = NULL;
	struct part t;
	enum bulla_status st;

	st = s3_conn_open(j->s, j->s->conf.parallel, &k, &err);
	if (st == BULLA_OK)
		k->stop = &j->stop;
	while (st == BULLA_OK && take(j, &t))
		st = send_part(j, k, &t, &err);
	s3_conn_free(k);
	if (st != BULLA_OK) {
		BULLA_CHECK(pthread_mutex_lock(&j->mu) == 0);
		if (j->st == BULLA_OK) {
			j->st = st;
			j->err = err;
		}
		atomic_store(&j->stop, true);
		BULLA_CHECK(pthread_mutex_unlock(&j->mu) == 0);
	}
	return NULL;
}

enum bulla_status
s3_send_parts(struct bulla_s3 *s, const struct bulla_s3_put *p,
    struct s3_state *state, struct bulla_err *err)
{
	struct job j = { .s = s, .p = p, .state = state, .next = 1 };
	pthread_t thread[BULLA_S3_PARALLEL_MAX];
	unsigned n = 0, missing = 0;

	for (uint32_t i = 1; i <= state->n_parts; i++) {
		if (state->etag[i - 1][0] != '\0')
			j.acked += part_len(state, i);
		else
			missing++;
	}
	atomic_init(&j.stop, false);
	BULLA_CHECK(pthread_mutex_init(&j.mu, NULL) == 0);
	s->line.watch.progress(s->line.watch.ctx, j.acked);
	while (n < s->conf.parallel && n < missing &&
	    pthread_create(&thread[n], NULL, work, &j) == 0)
		n++;
	if (n == 0 && missing > 0)
		(void)work(&j);
	for (unsigned i = 0; i < n; i++)
		BULLA_CHECK(pthread_join(thread[i], NULL) == 0);
	(void)pthread_mutex_destroy(&j.mu);
	if (j.st != BULLA_OK && err != NULL)
		*err = j.err;
	return j.st;
}
