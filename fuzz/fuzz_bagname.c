#include <stdlib.h>
#include <string.h>

#include "bulla/bag.h"
#include "bulla/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * The allowed form of any name may stand in a bag, and an allowed name is
 * its own allowed form. What is allowed never leads out of a directory.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(1024);
	struct bulla_cur name, path, out;
	unsigned n;
	bool same;

	if (len == 0)
		return 0;
	n = data[0];
	name = path = bulla_cur_of(data + 1, len - 1);
	same = bulla_bag_component_map(&b, &name, n);
	out = bulla_buf_view(&b);
	if (!bulla_bag_component_ok(&out) || out.len > 255)
		abort();
	if (same != (n <= 1 && bulla_bag_component_ok(&name)))
		abort();
	if (same && !bulla_cur_same(&out, &name))
		abort();
	if (bulla_bag_path_ok(&path) && (!bulla_text_is_plain(&path) ||
	    path.p[0] == '/' || memmem(path.p, path.len, "//", 2) != NULL ||
	    memmem(path.p, path.len, "/../", 4) != NULL))
		abort();
	if (bulla_bag_name_ok(&name) && !bulla_bag_component_ok(&name))
		abort();
	bulla_buf_free(&b);
	return 0;
}
