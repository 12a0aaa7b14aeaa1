#include <stdlib.h>
#include <string.h>

#include "bulla/bag.h"
#include "bulla/when.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The last two lines of text, which parsed; the rest is what was added. */
static struct bulla_cur
split_computed(const struct bulla_cur *text, int64_t *bagging)
{
	struct bulla_cur c = *text, added = *text, line;
	char when[BULLA_WHEN_LEN + 1] = "0000-00-00T00:00:00Z";
	struct bulla_cur t = bulla_cur_str(when);

	while (bulla_cur_line(&c, &line)) {
		if (!bulla_cur_eat_str(&line, "Bagging-Date: "))
			continue;
		added.len = line.off - strlen("Bagging-Date: ") - text->off;
		memcpy(when, line.p, 10);
	}
	if (!bulla_when_parse(&t, bagging))
		abort();
	return added;
}

/* What was accepted is what putting its parts together gives. */
static void
check_round_trip(const struct bulla_cur *text, uint64_t bytes, uint64_t files)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_BAGINFO_MAX);
	struct bulla_baginfo i = { { 0 } };
	struct bulla_cur added, again;
	int64_t bagging = 0;

	added = split_computed(text, &bagging);
	if (bulla_baginfo_add_lines(&i, &added, NULL) == BULLA_OK) {
		bulla_baginfo_put(&b, &i, bagging, bytes, files);
		again = bulla_buf_view(&b);
		if (!bulla_cur_same(&again, text))
			abort();
	} else if (added.len + 128 < BULLA_BAGINFO_MAX) {
		abort();
	}
	bulla_buf_free(&b);
	bulla_baginfo_free(&i);
}

/* Text from a user: what is taken must come back through the parser. */
static void
check_added(const struct bulla_cur *text)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_BAGINFO_MAX), p = b;
	struct bulla_baginfo i = { { 0 } };
	struct bulla_cur whole, lines;
	uint64_t bytes, files;

	if (bulla_baginfo_add_lines(&i, text, NULL) == BULLA_OK) {
		bulla_baginfo_put(&b, &i, 0, 1, 2);
		whole = bulla_buf_view(&b);
		if (bulla_baginfo_parse(&whole, &bytes, &files, NULL) !=
		    BULLA_OK || bytes != 1 || files != 2)
			abort();
		(void)bulla_baginfo_evidence(&i, &p);
		lines = bulla_buf_view(&p);
		if (bulla_buf_status(&p) != BULLA_OK ||
		    (bulla_baginfo_check_evidence(&i, NULL) == BULLA_OK) !=
		    (lines.len == 0))
			abort();
	}
	bulla_buf_free(&p);
	bulla_buf_free(&b);
	bulla_baginfo_free(&i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_cur text = bulla_cur_of(data, len);
	uint64_t bytes, files;

	if (bulla_baginfo_parse(&text, &bytes, &files, NULL) == BULLA_OK)
		check_round_trip(&text, bytes, files);
	check_added(&text);
	return 0;
}
