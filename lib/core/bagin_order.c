#include <string.h>

#include "core/bagin_int.h"

enum { NOTHING, FILE_HERE, DIR_HERE };

void
bagin_order_init(struct bagin_order *o)
{
	*o = (struct bagin_order){ .len = 5 };
	memcpy(o->path, "data/", o->len);
	o->mark[o->len] = DIR_HERE;
}

static size_t
common(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	size_t i = 0;

	while (i < a_len && i < b_len && a[i] == b[i])
		i++;
	return i;
}

/* Length of the path's directory with its '/'; 0 when there is none. */
static size_t
parent_len(const uint8_t *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len;
}

/*
 * Strictly ascending paths cannot repeat, but file "a" and directory "a/"
 * are two paths, with "a-b" and the like between them. Each such file is a
 * beginning of the directory's path, and so of every path up to there: the
 * marks on the beginnings of the path in hand are all that need be kept.
 */
enum bulla_status
bagin_order_next(struct bagin_order *o, const struct bulla_cur *path,
    bool is_dir, struct bulla_err *err)
{
	uint8_t key[BULLA_BAG_PATH_MAX + 1];
	size_t len = path->len, same;

	BULLA_CHECK(len > 0 && len <= BULLA_BAG_PATH_MAX);
	memcpy(key, path->p, len);
	if (is_dir)
		key[len++] = '/';
	same = common(o->path, o->len, key, len);
	if (same == len && same == o->len)
		return bulla_fail(err, BULLA_E_REFUSED, "stands twice");
	if (same == len || (same < o->len && key[same] < o->path[same]))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "out of order: paths must ascend bytewise");
	memset(o->mark + same + 1, NOTHING, o->len - same);
	if (o->mark[parent_len(key, path->len)] != DIR_HERE)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "its directory is not there before it");
	if (o->mark[path->len] == FILE_HERE)
		return bulla_fail(err, BULLA_E_REFUSED,
		    "is a file and a directory");
	memcpy(o->path + same, key + same, len - same);
	o->len = len;
	o->mark[len] = is_dir ? DIR_HERE : FILE_HERE;
	return BULLA_OK;
}
