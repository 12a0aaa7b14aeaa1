#include "ledger_kit.h"

TestSuite(ledger_clear, .init = scratch_enter, .fini = scratch_leave);

static const char roster[] = "bulla roster v1\nside: a.example\n";
static const char suspend[] = "bulla suspend v1\nside: a.example\n";

static size_t
append(struct bulla_ledger *l, const char *text, enum bulla_entry as,
    bool once)
{
	struct bulla_record r = { bulla_cur_str(text), as };
	struct bulla_err err = { 0 };
	size_t n = 99;

	cr_assert_eq(bulla_ledger_append_notes(l, &r, 1, once, &n, &err),
	    BULLA_OK, "%s", err.msg);
	return n;
}

static bool
is_public(const char *text)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 25);
	FILE *p = popen("cat $(find h/ledger/public -type f)", "r");
	bool found;
	int ch;

	cr_assert_not_null(p);
	while ((ch = getc(p)) != EOF)
		bulla_buf_u8(&b, (uint8_t)ch);
	pclose(p);
	found = memmem(b.p, b.len, text, strlen(text)) != NULL;
	bulla_buf_free(&b);
	return found;
}

struct proof {
	struct bulla_ledger *l;
	struct bulla_buf b;
	enum bulla_status st;
};

static enum bulla_status
proved(struct bulla_ledger *l, const struct bulla_buf *b, const char *text)
{
	struct bulla_cur proof = bulla_buf_view(b), rec = bulla_cur_str(text);
	struct bulla_vkeys known = { 0 };
	struct bulla_tree tree;
	enum bulla_status st;
	uint64_t index;

	cr_assert_eq(bulla_vkeys_add(&known, bulla_ledger_vkey(l), NULL),
	    BULLA_OK);
	st = bulla_ledger_proved(&proof, &rec, &known, &index, &tree, NULL);
	bulla_vkeys_free(&known);
	return st;
}

static struct bulla_buf
prove(struct bulla_ledger *l, const char *text)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 17);
	struct bulla_cur rec = bulla_cur_str(text);
	uint64_t index = 0;

	cr_assert_eq(bulla_ledger_find(l, &rec, &index, NULL), BULLA_OK);
	cr_assert_eq(bulla_ledger_prove(l, index, &b, NULL), BULLA_OK);
	return b;
}

Test(ledger_clear, only_what_was_asked_for_is_public)
{
	struct bulla_ledger *l = NULL;
	struct bulla_buf b;

	kit_init("h");
	l = kit_reopen(l, "h");
	kit_add(l, "a secret");
	append(l, roster, BULLA_CLEAR, false);
	append(l, suspend, BULLA_SALTED, false);
	/* looks like a roster, and was not said to be one */
	kit_add(l, "bulla roster v1\nwith a secret\n");
	kit_publish(l);
	cr_assert(is_public(roster));
	cr_assert_not(is_public(suspend) || is_public("a secret"));
	l = kit_reopen(l, "h");
	b = prove(l, roster);
	cr_assert_null(memmem(b.p, b.len, "extra ", 6), "no salt to tell");
	cr_assert_eq(proved(l, &b, roster), BULLA_OK);
	cr_assert_eq(proved(l, &b, suspend), BULLA_E_MISMATCH);
	cr_assert_eq(proved(l, &b, "a secret"), BULLA_E_FORMAT);
	bulla_buf_free(&b);
	b = prove(l, suspend);
	cr_assert_not_null(memmem(b.p, b.len, "extra ", 6));
	cr_assert_eq(proved(l, &b, suspend), BULLA_OK);
	bulla_buf_free(&b);
	bulla_ledger_free(l);
}

/* The entry of a salted record, given as a record in clear, proves nothing. */
Test(ledger_clear, an_entry_is_no_record)
{
	struct bulla_ledger *l = NULL;
	struct bulla_buf b, p = BULLA_BUF_INIT(1u << 17);
	char entry[128] = { 0 };
	FILE *f;

	kit_init("h");
	l = kit_reopen(l, "h");
	kit_add(l, "a secret");
	kit_publish(l);
	f = fopen("h/ledger/public/tile/entries/000.p/1", "r");
	cr_assert(f != NULL && fread(entry, 1, 2, f) == 2 &&
	    fread(entry, 1, sizeof(entry) - 1, f) > 90);
	fclose(f);
	b = prove(l, "a secret");
	/* without its extra line the path leads from these very bytes */
	bulla_buf_put(&p, b.p, (size_t)((uint8_t *)memchr(b.p, '\n', b.len) -
	    b.p) + 1);
	bulla_buf_str(&p, strstr(bulla_buf_cstr(&b), "index "));
	cr_assert_eq(proved(l, &p, entry), BULLA_E_FORMAT);
	bulla_buf_free(&b);
	bulla_buf_free(&p);
	bulla_ledger_free(l);
}

Test(ledger_clear, what_cannot_be_in_clear)
{
	struct bulla_ledger *l = NULL;
	struct bulla_record r = { .as = BULLA_CLEAR };
	char *text = malloc(BULLA_LEDGER_CLEAR_MAX + 1);
	size_t n;

	cr_assert_not_null(text);
	kit_init("h");
	l = kit_reopen(l, "h");
	memset(text, 'x', BULLA_LEDGER_CLEAR_MAX + 1);
	memcpy(text, roster, sizeof(roster) - 1);
	r.bytes = bulla_cur_of(text, BULLA_LEDGER_CLEAR_MAX + 1);
	cr_assert_eq(bulla_ledger_append_notes(l, &r, 1, false, &n, NULL),
	    BULLA_E_USAGE);
	r.bytes = bulla_cur_str("bulla roster v2\n");
	cr_assert_eq(bulla_ledger_append_notes(l, &r, 1, false, &n, NULL),
	    BULLA_E_USAGE);
	r.bytes = bulla_cur_str("bulla custody v1\n");
	cr_assert_eq(bulla_ledger_append_notes(l, &r, 1, false, &n, NULL),
	    BULLA_E_USAGE);
	cr_assert_eq(bulla_ledger_size(l), 0);
	r.bytes = bulla_cur_of(text, BULLA_LEDGER_CLEAR_MAX);
	cr_assert_eq(bulla_ledger_append_notes(l, &r, 1, false, &n, NULL),
	    BULLA_OK);
	kit_publish(l);
	bulla_ledger_free(l);
	free(text);
}

/* The same bytes in the other form are another entry. */
Test(ledger_clear, once)
{
	struct bulla_ledger *l = NULL;

	kit_init("h");
	l = kit_reopen(l, "h");
	cr_assert_eq(append(l, roster, BULLA_SALTED, true), 1);
	cr_assert_eq(append(l, roster, BULLA_CLEAR, true), 1);
	cr_assert_eq(append(l, roster, BULLA_CLEAR, true), 0, "pending");
	kit_publish(l);
	cr_assert_eq(append(l, roster, BULLA_CLEAR, true), 0, "published");
	cr_assert_eq(append(l, roster, BULLA_SALTED, true), 0);
	cr_assert_eq(append(l, roster, BULLA_CLEAR, false), 1);
	cr_assert_eq(bulla_ledger_size(l), 3);
	bulla_ledger_free(l);
}

/* Over the edge of a tile, with a crash before each publishing. */
Test(ledger_clear, many_and_after_a_crash)
{
	struct bulla_ledger *l = NULL;
	struct bulla_buf b;
	char text[64];

	kit_init("h");
	for (unsigned i = 0; i < 600; i++) {
		if (i % 97 == 0)
			l = kit_reopen(l, "h");
		snprintf(text, sizeof(text), "%s%u\n", i % 3 ? roster :
		    "private ", i);
		append(l, text, i % 3 ? BULLA_CLEAR : BULLA_SALTED, false);
		if (i % 97 == 50) {
			l = kit_reopen(l, "h");
			kit_publish(l);
		}
	}
	kit_publish(l);
	l = kit_reopen(l, "h");
	kit_publish(l);
	b = prove(l, text);
	cr_assert_eq(proved(l, &b, text), BULLA_OK);
	bulla_buf_free(&b);
	bulla_ledger_free(l);
}

static enum bulla_status
count(void *ctx, uint64_t index, const struct bulla_cur *record,
    struct bulla_err *err)
{
	uint64_t *n = ctx;

	(void)err;
	cr_assert_eq(index, (*n)++);
	cr_assert(bulla_cur_is(record, index == 0 ? "one" : index == 1 ?
	    roster : "three"));
	return index == 2 ? BULLA_E_AGAIN : BULLA_OK;
}

Test(ledger_clear, each_record_in_order)
{
	struct bulla_cur many[3] = { bulla_cur_str("three"),
	    bulla_cur_str("four"), bulla_cur_str("five") };
	struct bulla_ledger *l = NULL;
	uint64_t n = 0, first;

	kit_init("h");
	l = kit_reopen(l, "h");
	kit_add(l, "one");
	append(l, roster, BULLA_CLEAR, false);
	kit_publish(l);
	cr_assert_eq(bulla_ledger_each(l, count, &n, NULL), BULLA_OK);
	cr_assert_eq(n, 2);
	cr_assert_eq(bulla_ledger_append(l, many, 3, &first, NULL), BULLA_OK);
	n = 0;
	cr_assert_eq(bulla_ledger_each(l, count, &n, NULL), BULLA_OK);
	cr_assert_eq(n, 2, "not what is pending");
	kit_publish(l);
	n = 0;
	cr_assert_eq(bulla_ledger_each(l, count, &n, NULL), BULLA_E_AGAIN,
	    "until it is told to stop");
	cr_assert_eq(n, 3);
	bulla_ledger_free(l);
}
