#include <stdlib.h>
#include <string.h>

#include "bulla/stix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * What is said to be wrong is counted and named, in plain lines; and a bundle
 * that is good stays so with white space around it.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf problems = BULLA_BUF_INIT(1u << 20);
	struct bulla_buf again = BULLA_BUF_INIT(1u << 20);
	struct bulla_cur c = bulla_cur_of(data, len), line;
	struct bulla_err err = { 0 };
	struct bulla_stix s, t;
	enum bulla_status st;
	size_t n = 0;

	if (len > 1u << 19)
		return 0;
	st = bulla_stix_check(&c, NULL, 0, &problems, &s, &err);
	c = bulla_buf_view(&problems);
	while (bulla_cur_line(&c, &line))
		n++;
	if (c.len > 0 || n != (s.problems < BULLA_STIX_PROBLEMS_MAX ?
	    s.problems : BULLA_STIX_PROBLEMS_MAX))
		abort();
	if ((st == BULLA_OK) != (err.msg[0] == '\0') ||
	    (st == BULLA_OK && s.problems > 0))
		abort();
	if (st == BULLA_OK) {
		bulla_buf_str(&again, "\n ");
		bulla_buf_put(&again, data, len);
		bulla_buf_str(&again, "\t\n");
		c = bulla_buf_view(&again);
		if (bulla_stix_check(&c, NULL, 0, &problems, &t, &err) !=
		    BULLA_OK || strcmp(s.id, t.id) != 0)
			abort();
	}
	bulla_buf_free(&problems);
	bulla_buf_free(&again);
	return 0;
}
