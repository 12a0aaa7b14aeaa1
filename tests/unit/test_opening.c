#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/opening.h"

#define ID "00112233445566778899aabbccddeeff"
#define HEX ID "0123456789abcdef0123456789abcdef"
#define SEALER \
    "unit.example/sealer+366e9fce+AcbaUP1Wf5DB9ZIY2Vr7FvrvHhA5c7ThpsRd1Ajov+RV"
#define SECOND \
    "unit.example/second+96ba4858+AX1p3dXFPLYq2RsHdVBtjwuYXmD8RU6PePE1SxGjX8v8"
#define AGE1 "age1eq89clzy75dgmg4ndprn7jdfedk3jf2ynd8w5ckx406ct2ml6qcqggpv5l"
#define AGE2 "age1qr56tyms7s8epgq9dxr2ft4dysyy94jl7kym592fsez5kgnp65qqhvsgdm"
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

/* One string for each line, so that each can be changed or left out. */
static const char *const full[] = {
	"bulla opening v1", "package: " ID, "kind: evidence", "ref: REQ-7_a.1",
	"class: urgent", "exercise: yes", "created: 2026-11-22T03:04:05Z",
	"from: unit.example", "to: other.example/desk",
	"sealer: " SEALER, "sealer: " SECOND, "sequence: 7",
	"previous: " HEX, "recipient: " AGE1, "recipient: " AGE2,
	"compression: zstd", "age-header: " HEX, "age-nonce: " ID,
	"segment: 16777216", "roster: " HEX, "checkpoint: 12 " ROOT,
};
#define N (sizeof(full) / sizeof(full[0]))

static const char minimal[] =
    "bulla opening v1\npackage: " ID "\nkind: request\nref: -\nclass: -\n"
    "exercise: no\ncreated: 2026-11-22T03:04:05Z\nfrom: unit.example\n"
    "to: -\nsealer: " SEALER "\nsequence: -\nprevious: -\n"
    "recipient: " AGE1 "\ncompression: none\nage-header: " HEX "\n"
    "age-nonce: " ID "\nsegment: 16777216\nroster: -\ncheckpoint: -\n";

static enum bulla_status
parse(const char *s, struct bulla_opening *o, struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_opening_parse(&c, o, err);
}

/* The full text with line at replaced (NULL: left out). */
static void
with(struct bulla_buf *b, size_t at, const char *line)
{
	bulla_buf_reset(b);
	for (size_t i = 0; i < N; i++) {
		const char *s = i == at ? line : full[i];

		if (s != NULL)
			bulla_buf_fmt(b, "%s\n", s);
	}
}

static void
same_again(const char *s, const struct bulla_opening *o)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);

	bulla_opening_put(&b, o);
	cr_assert_str_eq(bulla_buf_cstr(&b), s);
	bulla_buf_free(&b);
}

Test(opening, a_full_one)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_err err = { 0 };
	struct bulla_opening o;
	uint8_t hex[32];

	with(&b, N, NULL);
	cr_assert_eq(parse(bulla_buf_cstr(&b), &o, &err), BULLA_OK, "%s",
	    err.msg);
	same_again(bulla_buf_cstr(&b), &o);
	cr_assert_str_eq(o.id, ID);
	cr_assert(bulla_cur_is(&o.kind, "evidence"));
	cr_assert(bulla_cur_is(&o.ref, "REQ-7_a.1"));
	cr_assert(bulla_cur_is(&o.urgency, "urgent"));
	cr_assert(o.exercise && o.zstd && o.has_sequence && o.has_previous &&
	    o.has_roster && o.has_checkpoint);
	cr_assert_eq(o.created, 1795316645);
	cr_assert(bulla_cur_is(&o.from, "unit.example"));
	cr_assert_eq(o.n_to, 1);
	cr_assert_eq(o.n_sealers, 2);
	cr_assert(bulla_cur_is(&o.sealer[1], SECOND));
	cr_assert_eq(o.n_recipients, 2);
	cr_assert(bulla_cur_is(&o.recipient[1], AGE2));
	cr_assert_eq(o.sequence, 7);
	cr_assert_eq(o.checkpoint_size, 12);
	cr_assert_arr_eq(o.checkpoint_root, "\xe3\xb0\xc4\x42", 4);
	for (unsigned i = 0; i < 16; i++)
		cr_assert_eq(o.age_nonce[i], i * 0x11);
	memcpy(hex, o.previous, 32);
	cr_assert_arr_eq(o.age_header, hex, 32);
	cr_assert_arr_eq(o.roster, hex, 32);
	bulla_buf_free(&b);
}

Test(opening, a_minimal_one)
{
	struct bulla_opening o;

	cr_assert_eq(parse(minimal, &o, NULL), BULLA_OK);
	same_again(minimal, &o);
	cr_assert_eq(o.ref.len + o.urgency.len + o.n_to, 0);
	cr_assert_not(o.exercise || o.zstd || o.has_sequence ||
	    o.has_previous || o.has_roster || o.has_checkpoint);
}

Test(opening, every_line_in_its_place)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_opening o;

	for (size_t i = 0; i < N; i++) {
		/* two sealers and recipients: one may be missing */
		if (strncmp(full[i], "sealer", 6) == 0 ||
		    strncmp(full[i], "recipient", 9) == 0)
			continue;
		with(&b, i, NULL);
		cr_assert_eq(parse(bulla_buf_cstr(&b), &o, NULL),
		    BULLA_E_FORMAT, "without %s", full[i]);
		bulla_buf_reset(&b);
		for (size_t j = 0; j < N; j++)
			bulla_buf_fmt(&b, j == i ? "%s\n%s\n" : "%s\n",
			    full[j], full[j]);
		cr_assert_eq(parse(bulla_buf_cstr(&b), &o, NULL),
		    BULLA_E_FORMAT, "twice %s", full[i]);
	}
	for (size_t i = 0; i + 1 < N; i++) {
		bulla_buf_reset(&b);
		for (size_t j = 0; j < N; j++)
			bulla_buf_fmt(&b, "%s\n", full[j == i ? i + 1 :
			    j == i + 1 ? i : j]);
		if (full[i][0] == full[i + 1][0] && full[i][3] ==
		    full[i + 1][3])
			continue;	/* sealers, recipients */
		cr_assert_eq(parse(bulla_buf_cstr(&b), &o, NULL),
		    BULLA_E_FORMAT, "swapped %s", full[i]);
	}
	with(&b, N, NULL);
	bulla_buf_str(&b, "more: x\n");
	cr_assert_eq(parse(bulla_buf_cstr(&b), &o, NULL), BULLA_E_FORMAT);
	bulla_buf_free(&b);
}

Test(opening, no_truncation)
{
	struct bulla_opening o;

	for (size_t n = 0; n < strlen(minimal); n++) {
		struct bulla_cur c = bulla_cur_of(minimal, n);

		cr_assert_eq(bulla_opening_parse(&c, &o, NULL),
		    BULLA_E_FORMAT, "%zu", n);
	}
}

static const struct { size_t at; const char *line; } bad[] = {
	{ 0, "bulla opening v2" }, { 0, "bulla closing v1" },
	{ 1, "package: -" }, { 1, "package: 00" }, { 1, "package: " HEX },
	{ 1, "package: 00112233445566778899AABBCCDDEEFF" },
	{ 2, "kind: -" }, { 2, "kind: Evidence" }, { 2, "kind: 1" },
	{ 2, "kind: a_b" }, { 2, "kind: a b" },
	{ 2, "kind: abcdefghijklmnopqrstuvwxyz0123456" },
	{ 3, "ref: a b" }, { 3, "ref: a/b" }, { 3, "ref: \xc3\xa8" },
	{ 3, "ref: " HEX "x" },
	{ 4, "class: Urgent" }, { 4, "class: --" },
	{ 5, "exercise: -" }, { 5, "exercise: Yes" }, { 5, "exercise: true" },
	{ 6, "created: -" }, { 6, "created: 2026-11-22T03:04:05+00:00" },
	{ 6, "created: 2026-11-22 03:04:05Z" },
	{ 7, "from: -x y" }, { 7, "from: Unit.example" },
	{ 7, "from: -" }, { 7, "from: other.example" },
	{ 7, "from: unit.exampl" }, { 7, "from: unit.example.x" },
	{ 8, "to: A" }, { 8, "to: -" },		/* has a sequence */
	{ 8, "to: a\nto: b" },			/* the same */
	{ 8, "to: a\nto: a" }, { 8, "to: a\nto: -" }, { 8, "to: -\nto: a" },
	{ 9, "sealer: -" }, { 9, "sealer: " AGE1 }, { 9, "sealer: " SECOND },
	{ 9, "sealer: unit.example/x+366e9fc+" ROOT },
	{ 9, "sealer: unit.example/x+366e9fce+" ROOT },	/* 32 bytes */
	{ 9, "sealer: unit.example/x+366e9fce+"		/* type 4 */
	    "BMbaUP1Wf5DB9ZIY2Vr7FvrvHhA5c7ThpsRd1Ajov+RV" },
	{ 11, "sequence: 0" }, { 11, "sequence: 07" }, { 11, "sequence: -" },
	{ 11, "sequence: 1" },			/* has a previous */
	{ 11, "sequence: 9223372036854775808" },
	{ 12, "previous: 00" }, { 12, "previous: " HEX "00" },
	{ 13, "recipient: -" }, { 13, "recipient: " AGE2 },
	{ 13, "recipient: age1" },
	{ 13, "recipient: AGE1TAZ9M4N2U8ELD9E7N4CEA8JYRKZ2Z45V3ZSJRV3FHK" },
	{ 13, "recipient: ssh-ed25519 AAAA" },
	{ 15, "compression: -" }, { 15, "compression: gzip" },
	{ 16, "age-header: -" }, { 16, "age-header: " ID },
	{ 17, "age-nonce: " HEX }, { 17, "age-nonce: -" },
	{ 18, "segment: 16777215" }, { 18, "segment: 65536" },
	{ 18, "segment: -" },
	{ 19, "roster: " ID }, { 19, "roster: no" },
	{ 20, "checkpoint: 12" }, { 20, "checkpoint: 12  " ROOT },
	{ 20, "checkpoint: 012 " ROOT }, { 20, "checkpoint: -1 " ROOT },
	{ 20, "checkpoint: 12 AAAA" }, { 20, "checkpoint: 12 " ROOT " x" },
	{ 20, "checkpoint: 12 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=" },
};

Test(opening, every_bad_value_is_refused_and_named)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_opening o = { .n_to = 99 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bulla_err err = { 0 };

		with(&b, bad[i].at, bad[i].line);
		cr_assert_eq(parse(bulla_buf_cstr(&b), &o, &err),
		    BULLA_E_FORMAT, "%s", bad[i].line);
		cr_assert(strncmp(err.msg, "line ", 5) == 0, "%s", err.msg);
	}
	cr_assert_eq(o.n_to, 99, "written on failure");
	bulla_buf_free(&b);
}

Test(opening, nobody_is_addressed_twice)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_opening o;
	const char *at = strstr(minimal, "to: -\n");

	for (unsigned i = 0; i < 2; i++) {
		bulla_buf_reset(&b);
		bulla_buf_put(&b, minimal, (size_t)(at - minimal));
		bulla_buf_fmt(&b, "to: a\nto: b\nto: %s\n%s",
		    i == 0 ? "c" : "a", at + strlen("to: -\n"));
		cr_assert_eq(parse(bulla_buf_cstr(&b), &o, NULL), i == 0 ?
		    BULLA_OK : BULLA_E_FORMAT);
	}
	bulla_buf_free(&b);
}

Test(opening, what_is_allowed_beside)
{
	static const struct { size_t at; const char *line; } good[] = {
		{ 3, "ref: -" }, { 4, "class: -" },
		{ 7, "from: unit.example/x" },
		{ 12, "previous: -" }, { 19, "roster: -" },
		{ 20, "checkpoint: 0 " ROOT }, { 20, "checkpoint: -" },
		{ 9, NULL }, { 14, NULL }, { 3, "ref: --" },
		{ 11, "sequence: 9223372036854775807" },
		{ 2, "kind: abcdefghijklmnopqrstuvwxyz012345" },
	};
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_opening o;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		with(&b, good[i].at, good[i].line);
		cr_assert_eq(parse(bulla_buf_cstr(&b), &o, NULL), BULLA_OK,
		    "%zu", i);
		same_again(bulla_buf_cstr(&b), &o);
	}
	bulla_buf_free(&b);
}

/* n lines "label: ..." that all differ, where line at stands. */
static enum bulla_status
repeat(size_t at, const char *label, unsigned n, size_t key_len)
{
	static const uint8_t zero[1216];
	struct bulla_buf lines = BULLA_BUF_INIT(1u << 20);
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	uint8_t key[1216] = { 0 };
	struct bulla_opening o;
	enum bulla_status st;

	for (unsigned i = 0; i < n; i++) {
		bulla_buf_fmt(&lines, i > 0 ? "\n%s: " : "%s: ", label);
		key[0] = (uint8_t)i;
		key[1] = 1;
		if (label[0] == 't')
			bulla_buf_fmt(&lines, "k%u", i);
		else if (label[0] == 'r')
			bulla_bech32_put(&lines, key_len == 32 ? "age" :
			    "age1pq", key, key_len, false);
		else {
			bulla_buf_str(&lines, "unit.example/a+00000000+");
			key[0] = 1;
			key[1] = (uint8_t)i;
			bulla_b64_put(&lines, key, 33, BULLA_B64_PADDED);
			memcpy(key, zero, 2);
		}
	}
	for (size_t i = 0; i < N; i++) {
		if (strncmp(full[i], label, strlen(label)) == 0)
			bulla_buf_fmt(&b, "%s", i == at ?
			    bulla_buf_cstr(&lines) : "");
		else if (label[0] == 't' && (i == 11 || i == 12))
			bulla_buf_fmt(&b, "%s: -", i == 11 ? "sequence" :
			    "previous");
		else
			bulla_buf_str(&b, full[i]);
		if (i == at || strncmp(full[i], label, strlen(label)) != 0)
			bulla_buf_str(&b, "\n");
	}
	st = parse(bulla_buf_cstr(&b), &o, NULL);
	if (st == BULLA_OK)
		same_again(bulla_buf_cstr(&b), &o);
	bulla_buf_free(&lines);
	bulla_buf_free(&b);
	return st;
}

Test(opening, limits)
{
	cr_assert_eq(repeat(8, "to", BULLA_TO_MAX, 0), BULLA_OK);
	cr_assert_eq(repeat(8, "to", BULLA_TO_MAX + 1, 0), BULLA_E_LIMIT);
	cr_assert_eq(repeat(9, "sealer", BULLA_SEALERS_MAX, 0), BULLA_OK);
	cr_assert_eq(repeat(9, "sealer", BULLA_SEALERS_MAX + 1, 0),
	    BULLA_E_LIMIT);
	cr_assert_eq(repeat(13, "recipient", BULLA_RECIPIENTS_MAX, 32),
	    BULLA_OK);
	cr_assert_eq(repeat(13, "recipient", BULLA_RECIPIENTS_MAX + 1, 32),
	    BULLA_E_LIMIT);
	cr_assert_eq(repeat(13, "recipient", BULLA_RECIPIENTS_PQ_MAX, 1216),
	    BULLA_OK);
	cr_assert_eq(repeat(13, "recipient", BULLA_RECIPIENTS_PQ_MAX + 1,
	    1216), BULLA_E_LIMIT);
	cr_assert_eq(repeat(13, "recipient", 2, 31), BULLA_E_FORMAT);
	cr_assert_eq(repeat(13, "recipient", 2, 1215), BULLA_E_FORMAT);
}

Test(opening, recipients_are_of_one_kind)
{
	struct bulla_buf line = BULLA_BUF_INIT(8192);
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	static const uint8_t key[1216] = { 1 };
	struct bulla_err err = { 0 };
	struct bulla_opening o;

	bulla_buf_str(&line, "recipient: ");
	bulla_bech32_put(&line, "age1pq", key, sizeof(key), false);
	with(&b, 14, bulla_buf_cstr(&line));
	cr_assert_eq(parse(bulla_buf_cstr(&b), &o, &err), BULLA_E_FORMAT);
	cr_assert(strstr(err.msg, "same kind") != NULL, "%s", err.msg);
	bulla_buf_free(&line);
	bulla_buf_free(&b);
}
