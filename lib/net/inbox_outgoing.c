#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <microhttpd.h>

#include "inbox_http.h"
#include "inbox_int.h"

#include "bulla/enc.h"
#include "bulla/num.h"

/*
 * What is offered to the client's agency (RFC 9110, 14: ranges):
 *	HOME/outgoing/<agency>/<id>.bulla
 *	HOME/outgoing/<agency>/<id>.bulla.sha256	written last
 * Only bulla-outbox offer puts packages there, after it has looked whom they
 * are addressed to. For anybody else they do not exist.
 */
#define TAIL ".bulla"
#define SUM_TAIL ".bulla.sha256"
#define LIST_MAX (128u << 10)	/* bytes: what a client takes; the rest later */
#define LINE_LEN (64u + 2 + BULLA_TUS_ID_LEN + sizeof(TAIL))
#define BLOCK (64u << 10)

/* The agency's own directory; -1: it has none. */
static int
agency_open(const struct request *r)
{
	const char *name = r->conn->agency;
	char path[4096];
	int n;

	/* A roster's side is a name without a slash; but these are paths. */
	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
		return -1;
	n = snprintf(path, sizeof(path), "%s/outgoing/%s", r->ib->cfg.home,
	    name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* "<64 hex>  <id>.bulla", as sha256sum writes it; false: not offered. */
static bool
sum_read(int dir, const char *id, char hex[65])
{
	char name[BULLA_TUS_ID_LEN + sizeof(SUM_TAIL)], line[128], want[128];
	ssize_t n;
	int fd;

	(void)snprintf(name, sizeof(name), "%s" SUM_TAIL, id);
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return false;
	n = read(fd, line, sizeof(line) - 1);
	(void)close(fd);
	if (n < 64)
		return false;
	line[n] = '\0';
	memcpy(hex, line, 64);
	hex[64] = '\0';
	(void)snprintf(want, sizeof(want), "%s  %s" TAIL "\n", hex, id);
	return strspn(hex, "0123456789abcdef") == 64 &&
	    strcmp(line, want) == 0;
}

static int
package_open(int dir, const char *id, struct stat *sb)
{
	char name[BULLA_TUS_ID_LEN + sizeof(TAIL)];
	int fd;

	(void)snprintf(name, sizeof(name), "%s" TAIL, id);
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd != -1 && fstat(fd, sb) == 0 && S_ISREG(sb->st_mode) &&
	    sb->st_size > 0)
		return fd;
	if (fd != -1)
		(void)close(fd);
	return -1;
}

static void
list(struct request *r, int dir)
{
	struct bulla_buf b = BULLA_BUF_INIT(LIST_MAX);
	char id[BULLA_TUS_ID_LEN + 1], hex[65];
	struct bulla_tus_route at;
	struct dirent **e = NULL;
	struct bulla_cur c;
	char path[64];
	int n = scandirat(dir, ".", &e, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "/outgoing/%.40s",
		    e[i]->d_name);
		free(e[i]);
		c = bulla_cur_str(path);
		bulla_tus_route(&c, &at);
		if (at.place != BULLA_TUS_PARCEL)
			continue;
		memcpy(id, at.id, sizeof(id));
		if (b.len + LINE_LEN > LIST_MAX || !sum_read(dir, id, hex))
			continue;
		bulla_buf_str(&b, hex);
		bulla_buf_str(&b, "  ");
		bulla_buf_str(&b, id);
		bulla_buf_str(&b, TAIL "\n");
	}
	free(e);
	r->reply = (struct reply){ .status = 200, .body = b };
	if (n < 0 || bulla_buf_status(&b) != BULLA_OK)
		reply_text(&r->reply, 500, "the list could not be made");
}

/* "bytes=A-B", "bytes=A-", "bytes=-N". False: there is none to be heeded. */
static bool
range_parse(const char *text, uint64_t size, struct parcel *p)
{
	struct bulla_cur c = bulla_cur_str(text), first;
	uint64_t a, b = size - 1;

	if (!bulla_cur_eat_str(&c, "bytes=") ||
	    !bulla_cur_until(&c, '-', &first))
		return false;
	if (first.len == 0) {
		if (!bulla_num_u64(&c, UINT64_MAX, &b))
			return false;
		p->none = b == 0;
		p->from = b < size ? size - b : 0;
		p->len = size - p->from;
		return true;
	}
	if (!bulla_num_u64(&first, UINT64_MAX, &a) ||
	    (c.len > 0 && (!bulla_num_u64(&c, UINT64_MAX, &b) || b < a)))
		return false;
	p->none = a >= size;
	p->from = a;
	p->len = (b < size ? b + 1 : size) - (p->none ? 0 : a);
	return true;
}

/* What part of it? One range; several would be a multipart body: all of it. */
static void
choose(struct request *r, struct parcel *p)
{
	const char *range = MHD_lookup_connection_value(r->mhd,
	    MHD_HEADER_KIND, "Range");
	const char *same = MHD_lookup_connection_value(r->mhd,
	    MHD_HEADER_KIND, "If-Range");
	char tag[70];

	(void)snprintf(tag, sizeof(tag), "\"%s\"", p->hex);
	/* Of another version, or by a date, which is not strong enough. */
	if (same != NULL && strcmp(same, tag) != 0)
		range = NULL;
	if (r->method != M_GET || range == NULL ||
	    !range_parse(range, p->size, p)) {
		p->from = 0;
		p->len = p->size;
		r->reply.status = 200;
	} else if (p->none) {
		reply_text(&r->reply, 416, "it has only %llu bytes",
		    (unsigned long long)p->size);
	} else {
		r->reply.status = 206;
	}
}

static void
parcel(struct request *r, int dir)
{
	struct parcel *p = calloc(1, sizeof(*p));
	struct stat sb;

	if (p == NULL) {
		reply_text(&r->reply, 500, "out of memory");
		return;
	}
	p->conn = r->conn;
	p->fd = -1;
	if (sum_read(dir, r->route.id, p->hex))
		p->fd = package_open(dir, r->route.id, &sb);
	if (p->fd == -1) {
		parcel_free(p);
		route_not_found(r);
		return;
	}
	p->size = (uint64_t)sb.st_size;
	choose(r, p);
	r->reply.parcel = p;
	inbox_log(r->ib, "event=given client=%s agency=%s package=%s "
	    "status=%u from=%llu bytes=%llu", r->conn->client.hex,
	    r->conn->agency, r->route.id, r->reply.status,
	    (unsigned long long)p->from, (unsigned long long)
	    (r->method == M_GET && r->reply.status < 300 ? p->len : 0));
}

void
outgoing_run(struct request *r)
{
	int dir = agency_open(r);

	if (r->route.place == BULLA_TUS_OUTGOING && dir == -1 &&
	    r->conn->agency[0] != '\0')
		r->reply.status = 200;	/* nothing is offered */
	else if (dir == -1)
		route_not_found(r);
	else if (r->route.place == BULLA_TUS_OUTGOING)
		list(r, dir);
	else
		parcel(r, dir);
	if (dir != -1)
		(void)close(dir);
}

void
parcel_free(struct parcel *p)
{
	if (p != NULL && p->fd != -1)
		(void)close(p->fd);
	free(p);
}

/*
 * On a network thread, which waits for the disk here: a read ahead of what
 * the line takes, and only as long as the client reads (conn_progress).
 */
static ssize_t
give(void *ctx, uint64_t at, char *out, size_t cap)
{
	struct parcel *p = ctx;
	size_t n = cap < p->len - at ? cap : (size_t)(p->len - at);
	ssize_t got;

	do
		got = pread(p->fd, out, n, (off_t)(p->from + at));
	while (got == -1 && errno == EINTR);
	if (got <= 0)	/* it got shorter: the client sees a cut line */
		return MHD_CONTENT_READER_END_WITH_ERROR;
	conn_progress(p->conn, (size_t)got);
	return got;
}

static void
given(void *ctx)
{
	parcel_free(ctx);
}

struct MHD_Response *
parcel_response(struct request *r)
{
	struct parcel *p = r->reply.parcel;
	struct MHD_Response *m;
	char text[128];

	if (r->reply.status == 416) {
		m = MHD_create_response_from_buffer(r->reply.body.len,
		    r->reply.body.p, MHD_RESPMEM_MUST_COPY);
		(void)snprintf(text, sizeof(text), "bytes */%llu",
		    (unsigned long long)p->size);
	} else {
		m = MHD_create_response_from_callback(p->len, BLOCK, give, p,
		    given);
		(void)snprintf(text, sizeof(text), "bytes %llu-%llu/%llu",
		    (unsigned long long)p->from,
		    (unsigned long long)(p->from + p->len - 1),
		    (unsigned long long)p->size);
	}
	if (m == NULL)
		return NULL;
	if (r->reply.status != 200)
		(void)MHD_add_response_header(m, "Content-Range", text);
	(void)snprintf(text, sizeof(text), "\"%s\"", p->hex);
	(void)MHD_add_response_header(m, "ETag", text);
	(void)MHD_add_response_header(m, "Accept-Ranges", "bytes");
	if (r->reply.status != 416) {
		(void)MHD_add_response_header(m, "Content-Type",
		    "application/octet-stream");
		r->reply.parcel = NULL;	/* it is the response's now */
	}
	return m;
}
