#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/bag.h"

#define SHA "sha256:000102030405060708090a0b0c0d0e0f" \
	"101112131415161718191a1b1c1d1e1f"

static const char *const complete[] = {
	"Source-Organization=Agency A", "Contact-Name=Duty officer",
	"External-Identifier=EX-1", "External-Description=Exhibit 1",
	"Bag-Group-Identifier=REQ-7", "Evid-Case-Id=C-1",
	"Evid-Exhibit-Id=EX-1", "Evid-Item-Type=disk-image",
	"Evid-Acquired-Start=2026-11-22T03:04:05Z +08:00",
	"Evid-Acquired-End=2026-11-22T05:04:05Z +08:00",
	"Evid-Acquired-By=Officer 12", "Evid-Place=Lab 2, City",
	"Evid-Source-Make=Acme", "Evid-Source-Model=X1",
	"Evid-Source-Serial=S-99", "Evid-Source-Identifiers=none",
	"Evid-Original-Seized=no, the holder needs it",
	"Evid-Tool=imager 1.2", "Evid-Method=dd, full",
	"Evid-Write-Blocker=WB-3", "Evid-Bad-Sectors=0",
	"Evid-Acquisition-Hash=" SHA,
	"Evid-Verified=both 2026-11-22T05:04:05Z",
	"Evid-Copy-Status=derived", "Evid-Derived-From=EX-0",
	"Evid-Legal-Basis=Order 5", "Evid-Handling=TLP:AMBER+STRICT",
	"Evid-Crime-Category=fraud",
};
#define N (sizeof(complete) / sizeof(complete[0]))

static const char *
label_of(const char *line, char out[64])
{
	size_t n = strcspn(line, "=");

	memcpy(out, line, n);
	out[n] = '\0';
	return out;
}

/* All but one of them, and one more; either may be NULL. */
static unsigned
problems(const char *without, const char *with, struct bulla_buf *text)
{
	struct bulla_baginfo i = { { 0 } };
	struct bulla_err err = { 0 };
	char label[64];
	unsigned n;

	for (size_t k = 0; k < N; k++)
		if (without == NULL ||
		    strcmp(label_of(complete[k], label), without) != 0)
			cr_assert_eq(bulla_baginfo_add(&i, complete[k], NULL),
			    BULLA_OK);
	if (with != NULL)
		cr_assert_eq(bulla_baginfo_add(&i, with, NULL), BULLA_OK);
	n = bulla_baginfo_evidence(&i, text);
	cr_expect_eq(bulla_baginfo_check_evidence(&i, &err),
	    n == 0 ? BULLA_OK : BULLA_E_USAGE);
	bulla_baginfo_free(&i);
	return n;
}

Test(evidence, a_complete_one)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);

	cr_assert_eq(problems(NULL, NULL, &b), 0, "%s", bulla_buf_cstr(&b));
	cr_assert_eq(b.len, 0);
	bulla_buf_free(&b);
}

Test(evidence, each_label_is_missed)
{
	for (size_t k = 0; k < N; k++) {
		struct bulla_buf b = BULLA_BUF_INIT(65536);
		char label[64], want[80];
		unsigned n;

		label_of(complete[k], label);
		n = problems(label, NULL, &b);
		/* without its type an item needs no device: one is enough */
		cr_expect_eq(n, 1, "%s: %u", label, n);
		snprintf(want, sizeof(want), "%s: missing", label);
		cr_expect_eq(strncmp(bulla_buf_cstr(&b), want, strlen(want)),
		    0, "%s", bulla_buf_cstr(&b));
		bulla_buf_free(&b);
	}
}

Test(evidence, nothing_at_all_names_everything)
{
	struct bulla_baginfo i = { { 0 } };
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_baginfo_evidence(&i, &b), 21);
	cr_assert(strstr(bulla_buf_cstr(&b), "Evid-Crime-Category: missing\n"));
	cr_assert(!strstr(bulla_buf_cstr(&b), "Evid-Source-Make"));
	cr_assert(!strstr(bulla_buf_cstr(&b), "Evid-Derived-From"));
	cr_assert_eq(bulla_baginfo_check_evidence(&i, &err), BULLA_E_USAGE);
	cr_assert_str_eq(err.msg, "bag-info: 21 problems with the evidence"
	    " profile, first: Source-Organization: missing");
	bulla_buf_free(&b);
	bulla_baginfo_free(&i);
}

/* A document needs no device and no medium, a memory dump no medium. */
Test(evidence, conditions_follow_the_item)
{
	static const struct {
		const char *type;
		unsigned n;
	} t[] = {
		{ "Evid-Item-Type=document", 0 },
		{ "Evid-Item-Type=memory", 4 },
		{ "Evid-Item-Type=mobile-extraction", 4 },
		{ "Evid-Item-Type=disk-image", 6 },
	};

	for (size_t k = 0; k < sizeof(t) / sizeof(t[0]); k++) {
		struct bulla_baginfo i = { { 0 } };
		struct bulla_buf b = BULLA_BUF_INIT(65536);

		for (size_t l = 0; l < N; l++)
			if (strstr(complete[l], "Evid-Source-") == NULL &&
			    strstr(complete[l], "Evid-Item-Type") == NULL &&
			    strstr(complete[l], "Write-Blocker") == NULL &&
			    strstr(complete[l], "Bad-Sectors") == NULL)
				cr_assert_eq(bulla_baginfo_add(&i,
				    complete[l], NULL), BULLA_OK);
		cr_assert_eq(bulla_baginfo_add(&i, t[k].type, NULL),
		    BULLA_OK);
		cr_expect_eq(bulla_baginfo_evidence(&i, &b), t[k].n, "%s",
		    t[k].type);
		bulla_buf_free(&b);
		bulla_baginfo_free(&i);
	}
}

Test(evidence, derived_from_is_for_derived_copies)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_baginfo i = { { 0 } };

	for (size_t l = 0; l < N; l++)
		if (strstr(complete[l], "Derived-From") == NULL &&
		    strstr(complete[l], "Copy-Status") == NULL)
			cr_assert_eq(bulla_baginfo_add(&i, complete[l], NULL),
			    BULLA_OK);
	cr_assert_eq(bulla_baginfo_add(&i, "Evid-Copy-Status=working", NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_baginfo_evidence(&i, &b), 0);
	bulla_buf_free(&b);
	bulla_baginfo_free(&i);
}

Test(evidence, values_have_their_forms)
{
	static const struct {
		const char *line;
		unsigned n;
	} t[] = {
		{ "Evid-Item-Type=Disk-Image", 1 },
		{ "Evid-Acquired-Start=2026-11-22T03:04:05Z", 1 },
		{ "Evid-Acquired-Start=2026-11-22T03:04:05Z+08:00", 1 },
		{ "Evid-Acquired-Start=22.11.2026 03:04", 1 },
		{ "Evid-Acquired-Start=2026-11-22T06:04:05Z +08:00", 1 },
		{ "Evid-Acquired-End=2026-11-22T03:04:04Z +08:00", 1 },
		{ "Evid-Acquired-End=2026-11-22T03:04:05Z Asia/Shanghai", 0 },
		{ "Evid-Original-Seized=yes", 0 },
		{ "Evid-Original-Seized=no", 1 },
		{ "Evid-Original-Seized=maybe", 1 },
		{ "Evid-Acquisition-Hash=sha256:00", 1 },
		{ "Evid-Acquisition-Hash=crc32:00112233", 1 },
		{ "Evid-Acquisition-Hash=md5:00112233445566778899aabbccddeeff",
		    0 },
		{ "Evid-Acquisition-Hash=md5:00112233445566778899AABBCCDDEEFF",
		    1 },
		{ "Evid-Verified=no", 0 }, { "Evid-Verified=yes", 1 },
		{ "Evid-Verified=both", 1 },
		{ "Evid-Verified=source 2026-11-22T05:04:05Z x", 1 },
		{ "Evid-Copy-Status=copy", 1 },
		{ "Evid-Handling=TLP:WHITE", 1 },
		{ "Evid-Handling=TLP:RED", 0 },
		{ "Evid-Crime-Category=murder", 1 },
		{ "Evid-Holder-Signature=refused", 0 },
		{ "Evid-Holder-Signature=perhaps", 1 },
	};

	for (size_t k = 0; k < sizeof(t) / sizeof(t[0]); k++) {
		struct bulla_buf b = BULLA_BUF_INIT(65536);
		char label[64];

		cr_expect_eq(problems(label_of(t[k].line, label), t[k].line,
		    &b), t[k].n, "%s: %s", t[k].line, bulla_buf_cstr(&b));
		bulla_buf_free(&b);
	}
}

Test(evidence, some_labels_stand_once_others_repeat)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);

	cr_expect_eq(problems(NULL, "Evid-Copy-Status=derived", &b), 1);
	cr_expect_eq(problems(NULL, "Evid-Item-Type=memory", &b), 1);
	cr_expect_eq(problems(NULL, "Evid-Exhibit-Id=EX-2", &b), 0);
	cr_expect_eq(problems(NULL, "Evid-Tool=other 2", &b), 0);
	cr_expect_eq(problems(NULL, "Evid-Acquisition-Hash=" SHA, &b), 0);
	bulla_buf_free(&b);
}
