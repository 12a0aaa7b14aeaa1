#include "ledger_kit.h"

#include "bulla/cosigned.h"

TestSuite(cosigned, .init = scratch_enter, .fini = scratch_leave);

struct kit {
	struct bulla_ledger *l;
	struct bulla_signer w[2];
	struct bulla_vkeys known;
	int64_t now;
	struct bulla_buf note;
};

static void
begin(struct kit *k)
{
	*k = (struct kit){ .note.max = 2 * BULLA_NOTE_MAX, .now = 3000 };
	kit_init("h");
	k->l = kit_reopen(NULL, "h");
	cr_assert_eq(bulla_signer_new("b.example/witness",
	    BULLA_SIG_COSIGNATURE, &k->w[0], NULL), BULLA_OK);
	cr_assert_eq(bulla_signer_new("b.example/witness2",
	    BULLA_SIG_COSIGNATURE, &k->w[1], NULL), BULLA_OK);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(bulla_vkeys_add(&k->known, &k->w[i].vkey, NULL),
		    BULLA_OK);
}

static void
end(struct kit *k)
{
	bulla_ledger_free(k->l);
	bulla_signer_free(&k->w[0]);
	bulla_signer_free(&k->w[1]);
	bulla_vkeys_free(&k->known);
	bulla_buf_free(&k->note);
}

static void
grow(struct kit *k, unsigned n)
{
	while (n-- > 0)
		kit_add(k->l, "x");
	kit_publish(k->l);
}

/* The newest checkpoint of l with the line of witness i behind it. */
static void
cosign(struct kit *k, const struct bulla_ledger *l, unsigned i, int64_t t)
{
	struct bulla_cur c, text;
	struct bulla_note n;

	bulla_buf_reset(&k->note);
	cr_assert_eq(bulla_ledger_checkpoint(l, &k->note, NULL), BULLA_OK);
	c = bulla_buf_view(&k->note);
	cr_assert_eq(bulla_note_parse(&c, &n, NULL), BULLA_OK);
	text = n.text;
	/* what is put must not lie in the buffer itself, and it may move */
	struct bulla_buf line = BULLA_BUF_INIT(4096);
	cr_assert_eq(bulla_cosign(&text, &k->w[i], t, &line, NULL), BULLA_OK);
	bulla_buf_put(&k->note, line.p, line.len);
	bulla_buf_free(&line);
}

static enum bulla_status
keep(struct kit *k, uint64_t want)
{
	struct bulla_cur c = bulla_buf_view(&k->note);
	struct bulla_err err = { 0 };
	uint64_t size = 77;
	enum bulla_status st;

	st = bulla_cosigned_keep(k->l, &c, &(struct bulla_cosigners){
	    &k->known, k->now }, &size, &err);
	cr_assert_eq(size, st == BULLA_OK ? want : 77, "%s", err.msg);
	return st;
}

static void
expect_first(struct kit *k, uint64_t index, uint64_t size, int64_t time)
{
	struct bulla_cosigned c = { 0 };
	enum bulla_status st = bulla_cosigned_first(k->l, index, &k->known,
	    &c, NULL);

	cr_assert_eq(st, size == 0 ? BULLA_E_NOMATCH : BULLA_OK);
	cr_assert(c.size == size && c.time == time, "%llu at %lld",
	    (unsigned long long)c.size, (long long)c.time);
}

static void
expect_last(struct kit *k, uint64_t size, int64_t time)
{
	struct bulla_cosigned c = { 9, 9 };

	cr_assert_eq(bulla_cosigned_last(k->l, &k->known, &c, NULL),
	    BULLA_OK);
	cr_assert(c.size == size && c.time == time, "%llu at %lld",
	    (unsigned long long)c.size, (long long)c.time);
}

Test(cosigned, the_first_that_covers_a_record)
{
	struct kit k;

	begin(&k);
	expect_last(&k, 0, 0);
	grow(&k, 3);
	expect_first(&k, 0, 0, 0);
	cosign(&k, k.l, 0, 1000);
	cr_assert_eq(keep(&k, 3), BULLA_OK);
	grow(&k, 2);
	expect_first(&k, 2, 3, 1000);
	expect_first(&k, 3, 0, 0);
	cosign(&k, k.l, 0, 2000);
	cr_assert_eq(keep(&k, 5), BULLA_OK);
	expect_first(&k, 2, 3, 1000);
	expect_first(&k, 3, 5, 2000);
	expect_first(&k, 4, 5, 2000);
	expect_first(&k, 5, 0, 0);
	expect_last(&k, 5, 2000);
	/* again, later and earlier: the first time stays the first */
	cosign(&k, k.l, 0, 3000);
	cr_assert_eq(keep(&k, 5), BULLA_OK);
	expect_first(&k, 4, 5, 2000);
	expect_last(&k, 5, 3000);
	cosign(&k, k.l, 0, 1500);
	cr_assert_eq(keep(&k, 5), BULLA_OK);
	expect_first(&k, 4, 5, 1500);
	expect_last(&k, 5, 3000);
	/* a second witness does not take the place of the first */
	cosign(&k, k.l, 1, 4000);
	cr_assert_eq(keep(&k, 5), BULLA_OK);
	expect_first(&k, 4, 5, 1500);
	expect_last(&k, 5, 4000);
	end(&k);
}

Test(cosigned, the_newest_is_not_replaced_by_an_older_one)
{
	struct bulla_buf old = BULLA_BUF_INIT(2 * BULLA_NOTE_MAX);
	struct kit k;

	begin(&k);
	grow(&k, 1);
	cosign(&k, k.l, 0, 5000);
	bulla_buf_put(&old, k.note.p, k.note.len);
	grow(&k, 1);
	cosign(&k, k.l, 0, 1000);
	cr_assert_eq(keep(&k, 2), BULLA_OK);
	bulla_buf_reset(&k.note);
	bulla_buf_put(&k.note, old.p, old.len);
	cr_assert_eq(keep(&k, 1), BULLA_OK);
	expect_last(&k, 2, 1000);
	expect_first(&k, 0, 1, 5000);
	bulla_buf_free(&old);
	end(&k);
}

/* As POST /cosignature brings it: the text and the witness's line alone. */
Test(cosigned, without_the_log_s_own_line)
{
	struct bulla_buf b = BULLA_BUF_INIT(2 * BULLA_NOTE_MAX);
	struct bulla_cur c;
	struct bulla_note n;
	struct kit k;

	begin(&k);
	grow(&k, 300);
	cosign(&k, k.l, 0, 1000);
	c = bulla_buf_view(&k.note);
	cr_assert_eq(bulla_note_parse(&c, &n, NULL), BULLA_OK);
	bulla_buf_cur(&b, &n.text);
	bulla_buf_str(&b, "\n");
	bulla_buf_str(&b, strstr(bulla_buf_cstr(&k.note),
	    "\xe2\x80\x94 b.example/witness "));
	bulla_buf_reset(&k.note);
	bulla_buf_put(&k.note, b.p, b.len);
	cr_assert_eq(keep(&k, 300), BULLA_OK);
	expect_first(&k, 299, 300, 1000);
	bulla_buf_free(&b);
	end(&k);
}

Test(cosigned, what_is_not_ours_or_not_cosigned)
{
	struct bulla_ledger *fork;
	struct kit k;

	begin(&k);
	grow(&k, 2);
	/* nobody, an unknown witness, a wrong signature */
	cr_assert_eq(bulla_ledger_checkpoint(k.l, &k.note, NULL), BULLA_OK);
	cr_assert_eq(keep(&k, 0), BULLA_E_NOKEY);
	cosign(&k, k.l, 1, 1000);
	k.known.n = 1;
	cr_assert_eq(keep(&k, 0), BULLA_E_NOKEY);
	k.known.n = 2;
	k.note.p[k.note.len - 20] ^= 1;
	cr_assert_neq(keep(&k, 0), BULLA_OK);
	/* more than there is; another root */
	kit_copy("h", "f");
	fork = kit_reopen(NULL, "f");
	kit_add(fork, "y");
	kit_publish(fork);
	cosign(&k, fork, 0, 1000);
	cr_assert_eq(keep(&k, 0), BULLA_E_REFUSED);
	grow(&k, 1);
	cr_assert_eq(keep(&k, 0), BULLA_E_REFUSED);
	cr_assert_eq(access("h/ledger/cosigned", F_OK), -1);
	bulla_ledger_free(fork);
	/* another log of the same witness */
	cr_assert_eq(bulla_ledger_init("o", "o.example/log", NULL, NULL),
	    BULLA_OK);
	fork = kit_reopen(NULL, "o");
	cosign(&k, fork, 0, 1000);
	cr_assert_eq(keep(&k, 0), BULLA_E_NOKEY);
	bulla_ledger_free(fork);
	end(&k);
}

/* Cosignatures in a kept file, of known witnesses or not. */
static unsigned
kept_lines(const char *name)
{
	struct bulla_buf b = BULLA_BUF_INIT(2 * BULLA_NOTE_MAX);
	char path[100];
	struct bulla_cur c;
	struct bulla_note n;

	snprintf(path, sizeof(path), "h/ledger/cosigned/%s", name);
	cr_assert_eq(bulla_file_get(path, &b, NULL), BULLA_OK);
	c = bulla_buf_view(&b);
	cr_assert_eq(bulla_note_parse(&c, &n, NULL), BULLA_OK);
	bulla_buf_free(&b);
	return n.n_sigs - 1;
}

/*
 * A witness whose key has ended is not asked for any more; its line is what
 * proves when the records existed, and stays.
 */
Test(cosigned, no_line_that_is_kept_is_dropped)
{
	const char size[] = "00000000000000000002.note";
	struct bulla_vkeys one = { 0 }, both;
	struct kit k;

	begin(&k);
	both = k.known;
	grow(&k, 2);
	cosign(&k, k.l, 0, 1000);
	cr_assert_eq(keep(&k, 2), BULLA_OK);
	cr_assert_eq(bulla_vkeys_add(&one, &k.w[1].vkey, NULL), BULLA_OK);
	k.known = one;
	for (int64_t t = 2000; t < 2002; t++) {
		cosign(&k, k.l, 1, t);
		cr_assert_eq(keep(&k, 2), BULLA_OK);
		cr_assert_eq(kept_lines(size), 2);
		cr_assert_eq(kept_lines("newest.note"), 2);
	}
	expect_first(&k, 1, 2, 2000);
	k.known = both;
	expect_first(&k, 1, 2, 1000);
	expect_last(&k, 2, 2001);
	bulla_vkeys_free(&one);
	end(&k);
}

Test(cosigned, a_full_note_keeps_what_it_has)
{
	const char size[] = "00000000000000000001.note";
	struct bulla_signer first = { 0 }, s = { 0 };
	char name[64];
	struct kit k;

	begin(&k);
	grow(&k, 1);
	for (unsigned i = 0; i < BULLA_NOTE_SIGS_MAX + 2; i++) {
		snprintf(name, sizeof(name), "b.example/w%u", i);
		cr_assert_eq(bulla_signer_new(name, BULLA_SIG_COSIGNATURE,
		    i == 0 ? &first : &s, NULL), BULLA_OK);
		bulla_signer_free(&k.w[0]);
		k.w[0] = i == 0 ? first : s;
		bulla_vkeys_free(&k.known);
		cr_assert_eq(bulla_vkeys_add(&k.known, &k.w[0].vkey, NULL),
		    BULLA_OK);
		cosign(&k, k.l, 0, 1000 + i);
		cr_assert_eq(keep(&k, 1), BULLA_OK);
		cr_assert_eq(kept_lines(size), i < BULLA_NOTE_SIGS_MAX - 1 ?
		    i + 1 : BULLA_NOTE_SIGS_MAX - 1);
	}
	bulla_vkeys_free(&k.known);
	cr_assert_eq(bulla_vkeys_add(&k.known, &first.vkey, NULL), BULLA_OK);
	expect_first(&k, 0, 1, 1000);
	end(&k);
}

Test(cosigned, a_time_that_cannot_be)
{
	struct kit k;

	begin(&k);
	grow(&k, 1);
	k.now = 100 * 86400;
	cosign(&k, k.l, 0, k.now - BULLA_COSIGNED_PAST - 1);
	cr_assert_eq(keep(&k, 0), BULLA_E_MISMATCH);
	cosign(&k, k.l, 0, k.now + BULLA_COSIGNED_FUTURE + 1);
	cr_assert_eq(keep(&k, 0), BULLA_E_MISMATCH);
	cr_assert_eq(access("h/ledger/cosigned", F_OK), -1);
	cosign(&k, k.l, 0, k.now + BULLA_COSIGNED_FUTURE);
	cr_assert_eq(keep(&k, 1), BULLA_OK);
	cosign(&k, k.l, 0, k.now - BULLA_COSIGNED_PAST);
	cr_assert_eq(keep(&k, 1), BULLA_OK);
	expect_first(&k, 0, 1, k.now - BULLA_COSIGNED_PAST);
	/* what is kept is not judged again as time goes by */
	k.now += BULLA_COSIGNED_PAST + 10;
	cosign(&k, k.l, 1, k.now);
	cr_assert_eq(keep(&k, 1), BULLA_OK);
	expect_first(&k, 0, 1, 70 * 86400);
	end(&k);
}

static enum bulla_status
count(void *ctx, const struct bulla_tree *tree, struct bulla_err *err)
{
	uint64_t *last = ctx;

	(void)err;
	cr_assert_gt(tree->cp.size, *last);
	*last = tree->cp.size;
	return BULLA_OK;
}

/* A kept file that was changed never proves anything, and is found. */
Test(cosigned, changed_files)
{
	const char file[] = "h/ledger/cosigned/00000000000000000002.note";
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cosigned c;
	uint64_t last = 0;
	unsigned n = 0;
	struct kit k;

	begin(&k);
	grow(&k, 2);
	cosign(&k, k.l, 0, 1000);
	cr_assert_eq(keep(&k, 2), BULLA_OK);
	grow(&k, 1);
	cosign(&k, k.l, 0, 2000);
	cr_assert_eq(keep(&k, 3), BULLA_OK);
	cr_assert_eq(bulla_cosigned_each(k.l, &k.known, count, &last, NULL),
	    BULLA_OK);
	cr_assert_eq(last, 3);
	cr_assert_eq(bulla_file_get(file, &b, NULL), BULLA_OK);
	for (size_t i = 0; i < b.len; i++, n++) {
		b.p[i] ^= 1;
		cr_assert_eq(bulla_file_put(file, b.p, b.len, 0600, true,
		    NULL), BULLA_OK);
		b.p[i] ^= 1;
		/* a witness with another name or id is just not known */
		cr_assert_eq(bulla_cosigned_first(k.l, 0, &k.known, &c, NULL),
		    BULLA_OK);
		cr_assert(c.size == 3 && c.time == 2000, "byte %zu", i);
	}
	printf("COUNT cosigned/flips %u 0\n", n);
	fflush(stdout);
	b.p[0] ^= 1;
	cr_assert_eq(bulla_file_put(file, b.p, b.len, 0600, true, NULL),
	    BULLA_OK);
	last = 0;
	cr_assert_neq(bulla_cosigned_each(k.l, &k.known, count, &last, NULL),
	    BULLA_OK);
	/* under another size */
	cr_assert_eq(system("cd h/ledger/cosigned && cp "
	    "00000000000000000003.note 00000000000000000001.note"), 0);
	cr_assert_neq(bulla_cosigned_each(k.l, &k.known, count, &last, NULL),
	    BULLA_OK);
	bulla_buf_free(&b);
	end(&k);
}
