/* WRAP: fdatasync */
#include <errno.h>
#include <fcntl.h>

#include "scratch.h"

#include "bulla/ledger.h"
#include "bulla/witness.h"

TestSuite(ledger, .init = scratch_enter, .fini = scratch_leave);
TestSuite(witness, .init = scratch_enter, .fini = scratch_leave);

static int syncs, fail_sync;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int
__wrap_fdatasync(int fd)
{
	if (++syncs == fail_sync) {
		errno = EIO;
		return -1;
	}
	return __real_fdatasync(fd);
}

static void
init(const char *home)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(bulla_ledger_init(home, "a.example/log", NULL, NULL),
	    BULLA_OK);
}

static struct bulla_ledger *
reopen(struct bulla_ledger *l, const char *home)
{
	struct bulla_err err = { 0 };

	bulla_ledger_free(l);
	l = NULL;
	cr_assert_eq(bulla_ledger_open(home, NULL, &l, &err), BULLA_OK, "%s",
	    err.msg);
	return l;
}

static enum bulla_status
opens(const char *home, struct bulla_err *err)
{
	struct bulla_ledger *l = NULL;
	enum bulla_status st = bulla_ledger_open(home, NULL, &l, err);

	bulla_ledger_free(l);
	return st;
}

static uint64_t
add(struct bulla_ledger *l, const char *text)
{
	struct bulla_cur c = bulla_cur_str(text);
	struct bulla_err err = { 0 };
	uint64_t i = 99;

	cr_assert_eq(bulla_ledger_append(l, &c, 1, &i, &err), BULLA_OK, "%s",
	    err.msg);
	return i;
}

static void
publish(struct bulla_ledger *l)
{
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_ledger_publish(l, &err), BULLA_OK, "%s", err.msg);
	cr_assert_eq(bulla_ledger_check(l, &err), BULLA_OK, "%s", err.msg);
}

static void
append_many(struct bulla_ledger *l, unsigned n)
{
	struct bulla_cur rec[1000];
	char text[1000][16];
	uint64_t first;

	for (unsigned i = 0; i < n; i++) {
		snprintf(text[i], sizeof(text[i]), "r%u", i);
		rec[i] = bulla_cur_str(text[i]);
	}
	cr_assert_eq(bulla_ledger_append(l, rec, n, &first, NULL), BULLA_OK);
}

static bool
proved(struct bulla_ledger *l, const char *text, uint64_t *index)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 17);
	struct bulla_cur record = bulla_cur_str(text), proof;
	struct bulla_vkeys known = { 0 };
	struct bulla_tree tree;
	uint64_t found = 0;
	bool ok;

	cr_assert_eq(bulla_vkeys_add(&known, bulla_ledger_vkey(l), NULL),
	    BULLA_OK);
	ok = bulla_ledger_find(l, &record, &found, NULL) == BULLA_OK &&
	    bulla_ledger_prove(l, found, &b, NULL) == BULLA_OK;
	proof = bulla_buf_view(&b);
	ok = ok && bulla_ledger_proved(&proof, &record, &known, index, &tree,
	    NULL) == BULLA_OK && *index == found;
	if (ok) {
		record = bulla_cur_str("another");
		cr_assert_eq(bulla_ledger_proved(&proof, &record, &known,
		    index, &tree, NULL), BULLA_E_MISMATCH);
	}
	bulla_buf_free(&b);
	bulla_vkeys_free(&known);
	return ok;
}

Test(ledger, a_record_is_found_and_proved)
{
	struct bulla_ledger *l = NULL;
	uint64_t i;

	init("h");
	l = reopen(l, "h");
	cr_assert_eq(add(l, "one"), 0);
	cr_assert_eq(add(l, ""), 1);
	cr_assert_eq(add(l, "one"), 2);
	publish(l);
	cr_assert(proved(l, "one", &i) && proved(l, "", &i));
	cr_assert_not(proved(l, "two", &i));
	l = reopen(l, "h");
	cr_assert_eq(bulla_ledger_size(l), 3);
	cr_assert_eq(bulla_ledger_pending(l), 0);
	cr_assert_eq(add(l, "two"), 3);
	cr_assert_not(proved(l, "two", &i), "not before it is published");
	publish(l);
	cr_assert(proved(l, "two", &i) && i == 3);
	bulla_ledger_free(l);
}

/* Growth over full tiles in odd steps, with a restart after each. */
Test(ledger, grows_over_tiles)
{
	static const unsigned steps[] = { 1, 254, 1, 1, 255, 257, 511, 1000,
	    1, 1000 };
	struct bulla_ledger *l = NULL;
	uint64_t size = 0, i;

	init("h");
	for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
		l = reopen(l, "h");
		cr_assert_eq(bulla_ledger_size(l), size);
		append_many(l, steps[k]);
		if (k % 3 == 2)		/* a crash before publishing */
			l = reopen(l, "h");
		publish(l);
		size += steps[k];
		cr_assert(proved(l, "r0", &i));
	}
	cr_assert_eq(access("h/ledger/public/tile/0/000.p", F_OK), -1,
	    "narrower tiles go when the full one is there");
	bulla_ledger_free(l);
}

static void
copy_home(const char *from, const char *to)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s; cp -a %s %s", to, from, to);
	cr_assert_eq(system(cmd), 0);
}

static off_t
size_of(const char *path)
{
	struct stat sb;

	cr_assert_eq(stat(path, &sb), 0);
	return sb.st_size;
}

static void
flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t b;

	cr_assert(fd != -1 && pread(fd, &b, 1, at) == 1);
	b ^= 1;
	cr_assert_eq(pwrite(fd, &b, 1, at), 1);
	close(fd);
}

/* Whatever was written of a frame that was never acknowledged is cut. */
Test(ledger, torn_tails)
{
	struct bulla_ledger *l = NULL;
	off_t before, after;
	unsigned n = 0;

	init("h");
	l = reopen(l, "h");
	add(l, "published");
	publish(l);
	add(l, "committed");
	before = size_of("h/ledger/journal");
	add(l, "torn");
	after = size_of("h/ledger/journal");
	for (off_t at = before; at < after; at++, n++) {
		copy_home("h", "t");
		cr_assert_eq(truncate("t/ledger/journal", at), 0);
		l = reopen(l, "t");
		cr_assert_eq(bulla_ledger_size(l), 2);
		cr_assert_eq(bulla_ledger_cut(l), (uint64_t)(at - before));
		cr_assert_eq(add(l, "next"), 2);
		publish(l);
	}
	printf("COUNT ledger/torn %u 0\n", n);
	fflush(stdout);
	bulla_ledger_free(l);
}

/* Damage before the tail is no torn tail: nothing is cut. */
Test(ledger, damage_is_not_a_tail)
{
	struct bulla_ledger *l = NULL;
	struct bulla_err err;
	off_t from, to, size;

	init("h");
	l = reopen(l, "h");
	add(l, "published");
	publish(l);
	from = size_of("h/ledger/journal");
	add(l, "committed");
	to = size_of("h/ledger/journal");
	add(l, "the last");
	bulla_ledger_free(l);
	size = size_of("h/ledger/journal");
	for (off_t at = from; at < to; at++) {
		copy_home("h", "t");
		flip("t/ledger/journal", at);
		cr_assert_eq(opens("t", &err), BULLA_E_MISMATCH);
		cr_assert_eq(size_of("t/ledger/journal"), size);
	}
	/* and published records cannot be missing */
	copy_home("h", "t");
	cr_assert_eq(truncate("t/ledger/journal", from - 1), 0);
	cr_assert_neq(opens("t", &err), BULLA_OK);
	cr_assert_eq(size_of("t/ledger/journal"), from - 1);
}

Test(ledger, failed_sync_is_fatal_and_takes_nothing_along)
{
	struct bulla_cur c = bulla_cur_str("lost");
	struct bulla_ledger *l = NULL;
	uint64_t i = 77;
	off_t size;

	init("h");
	l = reopen(l, "h");
	add(l, "kept");
	size = size_of("h/ledger/journal");
	fail_sync = syncs + 1;
	cr_assert_eq(bulla_ledger_append(l, &c, 1, &i, NULL), BULLA_E_IO);
	cr_assert_eq(i, 77);
	cr_assert_eq(size_of("h/ledger/journal"), size);
	cr_assert_eq(bulla_ledger_append(l, &c, 1, &i, NULL), BULLA_E_IO,
	    "dead");
	l = reopen(l, "h");
	cr_assert_eq(bulla_ledger_size(l), 1);
	publish(l);
	bulla_ledger_free(l);
}

Test(ledger, one_sync_commits)
{
	struct bulla_ledger *l = NULL;
	int before;

	init("h");
	l = reopen(l, "h");
	before = syncs;
	add(l, "one");
	cr_assert_eq(syncs - before, 1);
	append_many(l, 1000);
	cr_assert_eq(syncs - before, 2);
	bulla_ledger_free(l);
}

Test(ledger, backups_and_forks_are_refused)
{
	struct bulla_ledger *l = NULL, *other = NULL;
	struct bulla_err err;

	init("h");
	l = reopen(l, "h");
	add(l, "one");
	publish(l);
	copy_home("h", "old");
	add(l, "two");
	publish(l);
	/* an older ledger beside the newer key */
	copy_home("h", "t");
	cr_assert_eq(system("rm -rf t/ledger; cp -a old/ledger t"), 0);
	cr_assert_eq(opens("t", &err), BULLA_E_REFUSED);
	cr_assert(strstr(err.msg, "restored backup") != NULL);
	/* the same key has signed another second record */
	other = reopen(other, "old");
	add(other, "2");
	publish(other);
	cr_assert_eq(system("rm -rf t/ledger; cp -a old/ledger t"), 0);
	cr_assert_eq(opens("t", &err), BULLA_E_REFUSED);
	cr_assert(strstr(err.msg, "fork") != NULL);
	add(other, "3");
	publish(other);
	cr_assert_eq(system("rm -rf t/ledger; cp -a old/ledger t"), 0);
	cr_assert_eq(opens("t", &err), BULLA_E_REFUSED);
	/* nor may a log begin again */
	cr_assert_eq(bulla_ledger_init("h", "a.example/log", NULL, NULL),
	    BULLA_E_REFUSED);
	cr_assert_eq(system("rm -rf t/ledger"), 0);
	cr_assert_eq(bulla_ledger_init("t", "a.example/log", NULL, NULL),
	    BULLA_E_REFUSED);
	bulla_ledger_free(l);
	bulla_ledger_free(other);
}

Test(ledger, two_handles_see_each_other)
{
	struct bulla_ledger *a = NULL, *b = NULL;
	uint64_t i;

	init("h");
	a = reopen(a, "h");
	b = reopen(b, "h");
	for (uint64_t n = 0; n < 40; n += 2) {
		cr_assert_eq(add(a, "a"), n);
		cr_assert_eq(add(b, "b"), n + 1);
		if (n % 3 == 0)
			publish(a);
	}
	publish(b);
	cr_assert(proved(a, "a", &i) && proved(b, "a", &i));
	bulla_ledger_free(a);
	bulla_ledger_free(b);
}

/* Both sides of the witness protocol. */
struct pair {
	struct bulla_ledger *l;
	struct bulla_vkeys known;
	struct bulla_signer key;
	struct bulla_buf body, out;
	unsigned code;
};

static enum bulla_status
ask(struct pair *p)
{
	struct bulla_witness w = { "w", &p->known, &p->key, 1000 };
	struct bulla_cur c = bulla_buf_view(&p->body);

	bulla_buf_reset(&p->out);
	p->code = 0;
	return bulla_witness_add(&w, &c, &p->out, &p->code, NULL);
}

static unsigned
ask_from(struct pair *p, uint64_t old)
{
	bulla_buf_reset(&p->body);
	cr_assert_eq(bulla_ledger_request(p->l, old, &p->body, NULL),
	    BULLA_OK);
	cr_assert_eq(ask(p) == BULLA_OK, p->code == 200);
	return p->code;
}

static void
begin(struct pair *p)
{
	*p = (struct pair){ .body.max = 1u << 17, .out.max = 1u << 17 };
	init("h");
	p->l = reopen(NULL, "h");
	cr_assert_eq(bulla_vkeys_add(&p->known, bulla_ledger_vkey(p->l),
	    NULL), BULLA_OK);
	cr_assert_eq(bulla_signer_new("b.example/witness",
	    BULLA_SIG_COSIGNATURE, &p->key, NULL), BULLA_OK);
}

static void
end(struct pair *p)
{
	bulla_ledger_free(p->l);
	bulla_vkeys_free(&p->known);
	bulla_signer_free(&p->key);
	bulla_buf_free(&p->body);
	bulla_buf_free(&p->out);
}

Test(witness, answers)
{
	struct pair p;

	begin(&p);
	cr_assert_eq(ask_from(&p, 0), 200, "an empty tree");
	for (unsigned i = 0; i < 5; i++)
		add(p.l, "x");
	publish(p.l);
	cr_assert_eq(ask_from(&p, 0), 200);
	cr_assert_eq(ask_from(&p, 0), 409);
	cr_assert_str_eq(bulla_buf_cstr(&p.out), "5\n");
	cr_assert_eq(ask_from(&p, 5), 200, "again the same");
	add(p.l, "y");
	publish(p.l);
	cr_assert_eq(ask_from(&p, 4), 409);
	cr_assert_eq(ask_from(&p, 5), 200);
	/* a proof's byte, the signature's, the form */
	add(p.l, "z");
	publish(p.l);
	cr_assert_eq(ask_from(&p, 5), 409);
	bulla_buf_reset(&p.body);
	cr_assert_eq(bulla_ledger_request(p.l, 6, &p.body, NULL), BULLA_OK);
	p.body.p[6] = p.body.p[6] == 'A' ? 'B' : 'A';
	cr_assert_eq(ask(&p), BULLA_E_REFUSED);
	cr_assert_eq(p.code, 422);
	bulla_buf_reset(&p.body);
	cr_assert_eq(bulla_ledger_request(p.l, 6, &p.body, NULL), BULLA_OK);
	/* still base64: ^ 1 would make some letters none */
	p.body.p[p.body.len - 6] = p.body.p[p.body.len - 6] == 'A' ? 'B' : 'A';
	cr_assert_eq(ask(&p), BULLA_E_MISMATCH);
	cr_assert_eq(p.code, 403);
	p.body.p[0] = 'O';
	cr_assert_eq(ask(&p), BULLA_E_FORMAT);
	cr_assert_eq(p.code, 400);
	bulla_vkeys_free(&p.known);
	p.known = (struct bulla_vkeys){ 0 };
	p.body.p[0] = 'o';
	cr_assert_eq(ask(&p), BULLA_E_NOKEY);
	cr_assert_eq(p.code, 404);
	end(&p);
}

Test(witness, a_fork_is_never_cosigned)
{
	struct bulla_ledger *good;
	struct pair p;

	begin(&p);
	add(p.l, "one");
	publish(p.l);
	copy_home("h", "f");
	add(p.l, "two");
	publish(p.l);
	cr_assert_eq(ask_from(&p, 0), 200);
	good = p.l;
	p.l = reopen(NULL, "f");
	add(p.l, "2");
	publish(p.l);
	cr_assert_eq(ask_from(&p, 2), 422, "another tree of the same size");
	add(p.l, "3");
	publish(p.l);
	cr_assert_eq(ask_from(&p, 2), 422, "a larger one, too");
	bulla_ledger_free(p.l);
	p.l = good;
	cr_assert_eq(ask_from(&p, 2), 200);
	end(&p);
}

/* The checkpoint with the line counts as cosigned, a changed time does not. */
Test(witness, a_cosignature_verifies)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_tree t;
	struct bulla_cur c;
	struct pair p;

	begin(&p);
	add(p.l, "one");
	publish(p.l);
	cr_assert_eq(ask_from(&p, 0), 200);
	cr_assert_eq(bulla_ledger_checkpoint(p.l, &note, NULL), BULLA_OK);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_vkeys_add(&p.known, &p.key.vkey, NULL), BULLA_OK);
	cr_assert_eq(bulla_tree_verify(&c, &p.known, &t, NULL), BULLA_OK);
	cr_assert_eq(t.n_witnesses, 0);
	bulla_buf_put(&note, p.out.p, p.out.len);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_tree_verify(&c, &p.known, &t, NULL), BULLA_OK);
	cr_assert(t.n_witnesses == 1 && t.latest == 1000);
	/* byte 10 of the line's base64 lies in the time */
	note.p[note.len - p.out.len + strlen("\xe2\x80\x94 b.example/witness ")
	    + 10] ^= 1;
	c = bulla_buf_view(&note);
	cr_assert_neq(bulla_tree_verify(&c, &p.known, &t, NULL), BULLA_OK);
	/* a request that brings our own line along stays readable */
	cr_assert_eq(ask_from(&p, 1), 200);
	bulla_buf_put(&p.body, p.out.p, p.out.len);
	cr_assert_eq(ask(&p), BULLA_OK);
	cr_assert_eq(ask_from(&p, 1), 200);
	bulla_buf_free(&note);
	end(&p);
}
