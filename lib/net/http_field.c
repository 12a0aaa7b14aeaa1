#include <string.h>
#include <strings.h>

#include "http.h"

bool
http_field_is(const struct bulla_cur *name, const char *want)
{
	return name->len == strlen(want) &&
	    strncasecmp((const char *)name->p, want, name->len) == 0;
}

void
http_field_trim(struct bulla_cur *v)
{
	while (bulla_cur_eat_str(v, " ") || bulla_cur_eat_str(v, "\t"))
		;
	while (v->len > 0 && memchr(" \t\r\n", v->p[v->len - 1], 4) != NULL)
		v->len--;
}

bool
http_field_add(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (more != NULL)
		*list = more;
	return more != NULL;
}
