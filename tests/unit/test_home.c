#include "scratch.h"

#include "bulla/home.h"
#include "bulla/opening.h"

TestSuite(home, .init = scratch_enter, .fini = scratch_leave);

static const char id[] = "0123456789abcdef0123456789abcdef";

static struct bulla_home
open_home(const char *path)
{
	struct bulla_home h = { 0 };
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(bulla_home_open(path, NULL, &h, &err), BULLA_OK, "%s",
	    err.msg);
	return h;
}

Test(home, nothing_there_is_no_error)
{
	struct bulla_home h = open_home("none");
	struct bulla_cosigned last = { 7, 7 };
	struct bulla_cur c = bulla_cur_str("x");
	uint64_t size;

	cr_assert(h.trust == NULL && h.ledger == NULL);
	cr_assert_eq(bulla_home_record(&h, &c, 1, NULL), BULLA_OK);
	cr_assert_eq(bulla_home_proven(&h, &c), 0);
	cr_assert_eq(bulla_home_proven_seal(&h, id, (uint8_t[32]){ 0 }), 0);
	cr_assert_eq(bulla_home_cosigned(&h, &c, &size, NULL), BULLA_E_USAGE);
	cr_assert_eq(bulla_home_cosigned_last(&h, &last, NULL), BULLA_OK);
	cr_assert(last.size == 0 && last.time == 0);
	cr_assert_eq(access("none", F_OK), -1);
	bulla_home_close(&h);
}

/* A ledger of which something is left is never taken for none. */
Test(home, a_lost_ledger_is_an_error)
{
	static const char *const keep[] = { "keys/log.state",
	    "ledger/journal", "ledger/public/checkpoint" };
	struct bulla_home h;
	char cmd[256];

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(bulla_ledger_init("h", "a.example/log", NULL, NULL),
	    BULLA_OK);
	h = open_home("h");
	cr_assert_not_null(h.ledger);
	bulla_home_close(&h);
	for (size_t i = 0; i < 3; i++) {
		snprintf(cmd, sizeof(cmd), "rm -rf t; cp -a h t; find t -type "
		    "f ! -path t/%s -delete", keep[i]);
		cr_assert_eq(system(cmd), 0);
		cr_assert_neq(bulla_home_open("t", NULL, &h, NULL), BULLA_OK,
		    "only %s", keep[i]);
	}
}

Test(home, a_note_is_recorded_once)
{
	struct bulla_cur c[3];
	struct bulla_home h;
	uint64_t i;

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(bulla_ledger_init("h", "a.example/log", NULL, NULL),
	    BULLA_OK);
	h = open_home("h");
	c[0] = bulla_cur_str("one");
	c[1] = bulla_cur_str("two");
	c[2] = bulla_cur_str("one");
	cr_assert_eq(bulla_home_record(&h, c, 3, NULL), BULLA_OK);
	cr_assert_eq(bulla_ledger_size(h.ledger), 2);
	cr_assert_eq(bulla_ledger_pending(h.ledger), 0);
	cr_assert_eq(bulla_home_record(&h, c, 2, NULL), BULLA_OK);
	cr_assert_eq(bulla_ledger_size(h.ledger), 2);
	/* committed by somebody who died before publishing */
	c[0] = bulla_cur_str("three");
	cr_assert_eq(bulla_ledger_append(h.ledger, c, 1, &i, NULL), BULLA_OK);
	cr_assert_eq(bulla_home_record(&h, c, 1, NULL), BULLA_OK);
	cr_assert_eq(bulla_ledger_size(h.ledger), 3);
	bulla_home_close(&h);
}

static struct bulla_turn
turn(struct bulla_home *h, const char *agency, uint64_t want)
{
	struct bulla_err err = { 0 };
	struct bulla_turn t;

	cr_assert_eq(bulla_home_turn(h, agency, &t, &err), BULLA_OK, "%s",
	    err.msg);
	cr_assert_eq(t.sequence, want);
	return t;
}

static void
end_turn(struct bulla_home *h, struct bulla_turn *t, uint8_t opening)
{
	uint8_t digest[32];

	memset(digest, opening, sizeof(digest));
	cr_assert_eq(bulla_home_turn_end(h, t, id, opening == 0 ? NULL :
	    digest, NULL), BULLA_OK);
}

static char told[256];

static enum bulla_status
tell(void *ctx, uint64_t n, const char *who, const uint8_t *opening,
    struct bulla_err *err)
{
	(void)ctx;
	(void)err;
	cr_assert_eq(who == NULL, opening == NULL);
	cr_assert_lt(strlen(told), sizeof(told) - 32);
	snprintf(told + strlen(told), 32, "%llu:%d ", (unsigned long long)n,
	    opening == NULL ? 0 : opening[31]);
	return BULLA_OK;
}

static const char *
turns(const char *agency)
{
	struct bulla_err err = { 0 };

	told[0] = '\0';
	cr_assert_eq(bulla_home_turns("h", agency, tell, NULL, &err),
	    BULLA_OK, "%s", err.msg);
	return told;
}

Test(home, numbers_and_what_came_of_them)
{
	struct bulla_home h = { .path = "h" };
	struct bulla_turn t;

	cr_assert_str_eq(turns("b.example"), "");
	t = turn(&h, "b.example", 1);
	cr_assert_not(t.has_previous);
	end_turn(&h, &t, 0);
	t = turn(&h, "b.example", 2);
	cr_assert_not(t.has_previous, "number 1 is void");
	end_turn(&h, &t, 22);
	t = turn(&h, "b.example", 3);
	cr_assert(t.has_previous && t.previous[0] == 22);
	close(t.lock);		/* as when the process dies */
	t = turn(&h, "b.example", 4);
	cr_assert(t.has_previous && t.previous[31] == 22);
	end_turn(&h, &t, 44);
	t = turn(&h, "c.example", 1);
	end_turn(&h, &t, 11);
	cr_assert_str_eq(turns("b.example"), "1:0 2:22 3:0 4:44 ");
	cr_assert_str_eq(turns("c.example"), "1:11 ");
}

Test(home, no_agency_leads_out_of_the_directory)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "/", "A",
	    "a b" };
	struct bulla_home h = { .path = "h" };
	struct bulla_turn t;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(bulla_home_turn(&h, bad[i], &t, NULL),
		    BULLA_E_USAGE, "%s", bad[i]);
		cr_assert_eq(bulla_home_turns("h", bad[i], tell, NULL, NULL),
		    BULLA_E_USAGE);
	}
}

/* Every way in which the last row can be cut short, or hold only zeros. */
Test(home, a_torn_number_is_taken_back)
{
	const char file[] = "h/sequence/b.example";
	struct bulla_home h = { .path = "h" };
	struct bulla_turn t;
	struct stat sb;
	off_t row;

	t = turn(&h, "b.example", 1);
	end_turn(&h, &t, 1);
	cr_assert_eq(stat(file, &sb), 0);
	row = sb.st_size / 2;
	for (off_t n = 1; n < row; n += 13) {
		for (int zeros = 0; zeros < 2; zeros++) {
			t = turn(&h, "b.example", 2);
			close(t.lock);
			cr_assert_eq(truncate(file, 2 * row + n), 0);
			if (zeros)
				cr_assert_eq(truncate(file, 3 * row), 0);
			t = turn(&h, "b.example", 2);
			cr_assert(t.previous[0] == 1);
			close(t.lock);
			cr_assert_eq(truncate(file, 2 * row), 0);
		}
	}
}

/* A row that was changed is no torn one: no number is given then. */
Test(home, damaged_numbers_are_refused)
{
	const char file[] = "h/sequence/b.example";
	struct bulla_home h = { .path = "h" };
	struct bulla_buf good = BULLA_BUF_INIT(4096);
	struct bulla_turn t;
	unsigned n = 0;

	for (uint64_t i = 1; i < 4; i++) {
		t = turn(&h, "b.example", i);
		end_turn(&h, &t, i == 2 ? 0 : (uint8_t)i);
	}
	cr_assert_eq(bulla_file_get(file, &good, NULL), BULLA_OK);
	for (size_t at = 0; at < good.len; at++) {
		/* one digest is as good as another: the ledger has those */
		if (good.p[at] != '0' && good.p[at] != ' ' &&
		    good.p[at] != '\n' && good.p[at] != '-')
			continue;
		good.p[at] ^= 'x';
		cr_assert_eq(bulla_file_put(file, good.p, good.len, 0600, true,
		    NULL), BULLA_OK);
		good.p[at] ^= 'x';
		told[0] = '\0';
		cr_assert_eq(bulla_home_turns("h", "b.example", tell, NULL,
		    NULL), BULLA_E_MISMATCH, "byte %zu", at);
		n++;
	}
	printf("COUNT home/rows %u 0\n", n);
	fflush(stdout);
	bulla_buf_free(&good);
}
