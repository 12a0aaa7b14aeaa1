#ifndef TEST_REQDOC_KIT_H
#define TEST_REQDOC_KIT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bulla/reqdoc.h"

#define ID "00112233445566778899aabbccddeeff"
#define OTHER_ID "ffeeddccbbaa99887766554433221100"
#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
/* 2026-11-22T03:04:05Z */
#define NOW INT64_C(1795316645)

/* A request without fault, in the order of the table. */
static const char *const good_request[] = {
	"bulla request v1", "type: subscriber", "status: new",
	"related: none", "date: 2026-11-22T03:04:05Z",
	"class: routine-subscriber",
	"justification: The provider keeps its logs for half a year.",
	"hearing: 2027-02-01T09:00:00Z",
	"summary: Owner of an account", "authority: Cybercrime Unit of A",
	"person: Inspector R. Rossi", "phone: +39 06 5550100",
	"email: desk@police.a.example", "hours: Mon-Fri 08:00-18:00",
	"zone: Europe/Rome", "reply-channel: our inbox",
	"second-contact: Chief Inspector M. Bianchi, +39 06 5550101",
	"requested-authority: Bureau of B", "legal-basis: Agreement, art. 4",
	"offence: Extortion", "category: fraud", "provisions: article 629",
	"facts: On 3 November 2026 the files of a hospital were encrypted.",
	"  .", "  A ransom was demanded by mail from the address below.",
	"data-sought: Name and address of the subscriber.",
	"relation: The demand was sent from this address.",
	"location: ip 198.51.100.7 port 50122 at 2026-11-03T04:05:06Z",
	"  account bee@mail.example",
	"range-from: 2026-11-01T00:00:00Z",
	"range-until: 2026-11-04T00:00:00Z",
	"purpose: Evidence in this case", "use-limitation: This case only",
	"do-not-notify: yes", "confidentiality: Until the search is over",
	"language: en", "translation: not-needed",
	"reply-keys: a.example/desk",
	"  age1etautnf6r472y4nvsety0md63xcwf99nmtd68uqrgm20xgje0e3q4mgg3t",
	"attachment: " SHA " 0 empty.txt",
};
#define N_REQUEST (sizeof(good_request) / sizeof(good_request[0]))

static inline void
put_lines(struct bulla_buf *b, const char *const *line, size_t n)
{
	*b = (struct bulla_buf)BULLA_BUF_INIT(1u << 20);
	for (size_t i = 0; i < n; i++)
		bulla_buf_fmt(b, "%s\n", line[i]);
	cr_assert_eq(bulla_buf_status(b), BULLA_OK);
}

static inline enum bulla_status
parse_str(const char *text, struct bulla_reqdoc *d, struct bulla_err *err)
{
	const struct bulla_cur c = bulla_cur_str(text);

	*err = (struct bulla_err){ 0 };
	return bulla_reqdoc_parse(&c, d, err);
}

static inline enum bulla_status
draft_str(const char *text, struct bulla_reqdoc *d, struct bulla_err *err)
{
	const struct bulla_cur c = bulla_cur_str(text);

	*err = (struct bulla_err){ 0 };
	return bulla_reqdoc_draft(&c, d, err);
}

static inline struct bulla_reqdoc
good(void)
{
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err = { 0 };
	struct bulla_cur c;
	struct bulla_buf b;

	put_lines(&b, good_request, N_REQUEST);
	c = bulla_buf_view(&b);
	cr_assert_eq(bulla_reqdoc_parse(&c, &d, &err), BULLA_OK, "%s",
	    err.msg);
	bulla_buf_free(&b);
	return d;
}

/* Set a field, or take it away with NULL. */
static inline void
set(struct bulla_reqdoc *d, const char *label, const char *value)
{
	const struct bulla_cur l = bulla_cur_str(label);
	const struct bulla_cur v = bulla_cur_str(value != NULL ? value : "");
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_reqdoc_set(d, &l, &v, &err), BULLA_OK, "%s",
	    err.msg);
}

/* Every message says what is wrong and what to write instead. */
static inline void
check_finding(const struct bulla_finding *f)
{
	cr_expect(strlen(f->what) > 5, "%s: %s", f->rule, f->what);
	cr_expect(strncmp(f->instead, "write", 5) == 0 ||
	    strstr(f->instead, ", write: ") != NULL ||
	    strncmp(f->instead, "name each ", 10) == 0 ||
	    strncmp(f->instead, "take it out", 11) == 0, "%s: %s", f->rule,
	    f->instead);
	cr_expect(strlen(f->instead) > 12, "%s: %s", f->rule, f->instead);
	cr_expect(strlen(f->what) < sizeof(f->what) - 1, "cut: %s", f->what);
	cr_expect(strlen(f->instead) < sizeof(f->instead) - 1, "cut: %s",
	    f->instead);
}

#endif
