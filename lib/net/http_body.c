#include <string.h>

#include "http.h"

#include "bulla/io.h"

static size_t
read_cb(char *buf, size_t size, size_t n, void *ctx)
{
	struct http_body *b = ctx;
	uint64_t left = b->len - b->pos;
	size_t got = 0, want = size * n;

	if (want > left)
		want = (size_t)left;
	if (want == 0)
		return 0;
	if (b->text != NULL) {
		memcpy(buf, b->text + b->pos, want);
		b->pos += want;
		return want;
	}
	*b->st = bulla_pread_fd(b->fd, buf, want, b->offset + b->pos, &got,
	    "the package", b->err);
	if (*b->st == BULLA_OK && got < want)
		*b->st = bulla_fail(b->err, BULLA_E_INCOMPLETE,
		    "the package got shorter while it was sent");
	if (*b->st != BULLA_OK)
		return CURL_READFUNC_ABORT;
	if (b->tally != NULL)
		tally_see(b->tally, b->offset + b->pos, buf, got);
	b->pos += got;
	return got;
}

static int
seek_cb(void *ctx, curl_off_t off, int origin)
{
	struct http_body *b = ctx;

	if (origin != SEEK_SET || off < 0 || (uint64_t)off > b->len)
		return CURL_SEEKFUNC_FAIL;
	b->pos = (uint64_t)off;
	return CURL_SEEKFUNC_OK;
}

void
http_body_set(CURL *curl, struct http_body *b)
{
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_cb);
	curl_easy_setopt(curl, CURLOPT_READDATA, b);
	curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, seek_cb);
	curl_easy_setopt(curl, CURLOPT_SEEKDATA, b);
}
