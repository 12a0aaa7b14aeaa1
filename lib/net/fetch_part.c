#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch_int.h"

#include "bulla/field.h"
#include "bulla/io.h"
#include "bulla/num.h"
#include "bulla/text.h"

/*
 * FILE.part has the bytes, FILE.part.info what they are of and how many of
 * them are on the disk for certain. A process that dies leaves all that it
 * wrote; a machine that dies may leave a file of the right length with zeros
 * in it, so that after another boot only the certain ones count.
 */
#define INFO_TYPE "bulla fetch v1"
#define INFO_MAX (3u * HTTP_URL_MAX + TAG_MAX)
#define BOOT_MAX 64u
#define SYNC_BYTES (UINT64_C(64) << 20)
#define SYNC_SECS 10

/* This boot's name, or "-" where the kernel gives none. */
static void
boot_name(char out[BOOT_MAX])
{
	struct bulla_buf b = BULLA_BUF_INIT(BOOT_MAX - 1);
	struct bulla_cur all, line;

	memcpy(out, "-", 2);
	if (bulla_file_get("/proc/sys/kernel/random/boot_id", &b, NULL) !=
	    BULLA_OK)
		return;
	all = bulla_buf_view(&b);
	if (bulla_cur_line(&all, &line) && bulla_field_value_ok(&line)) {
		memcpy(out, line.p, line.len);
		out[line.len] = '\0';
	}
	bulla_buf_free(&b);
}

static const char *
or_none(const char *v)
{
	return v[0] != '\0' ? v : "-";
}

static enum bulla_status
save(struct bulla_fetch_part *p, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(INFO_MAX);
	const struct object *o = &p->object;
	char boot[BOOT_MAX];
	enum bulla_status st;

	boot_name(boot);
	bulla_buf_str(&b, INFO_TYPE "\n");
	bulla_field_put_str(&b, "url", o->url);
	bulla_field_put_str(&b, "etag", or_none(o->etag));
	bulla_field_put_str(&b, "modified", or_none(o->modified));
	if (o->has_size)
		bulla_field_put_u64(&b, "size", o->size);
	else
		bulla_field_put_str(&b, "size", "-");
	bulla_field_put_str(&b, "boot", boot);
	bulla_field_put_u64(&b, "durable", p->durable);
	st = bulla_buf_status(&b);
	if (st == BULLA_OK)
		st = bulla_file_put(p->info, b.p, b.len, 0600, true, err);
	else
		st = bulla_fail(err, st, "%s", bulla_status_name(st));
	bulla_buf_free(&b);
	return st;
}

static bool
take(struct bulla_fields *f, const char *label, char *out, size_t cap)
{
	struct bulla_cur v;

	if (bulla_field_take(f, label, &v, NULL) != BULLA_OK || v.len >= cap)
		return false;
	out[0] = '\0';
	if (bulla_cur_is(&v, "-"))
		return true;
	memcpy(out, v.p, v.len);
	out[v.len] = '\0';
	return true;
}

static bool
parse(const struct bulla_cur *text, struct object *o, char boot[BOOT_MAX],
    uint64_t *durable)
{
	struct bulla_fields f;
	char size[24];
	struct bulla_cur c;

	if (bulla_fields_begin(&f, text, INFO_TYPE, NULL) != BULLA_OK ||
	    !take(&f, "url", o->url, sizeof(o->url)) ||
	    !take(&f, "etag", o->etag, sizeof(o->etag)) ||
	    !take(&f, "modified", o->modified, sizeof(o->modified)) ||
	    !take(&f, "size", size, sizeof(size)) ||
	    !take(&f, "boot", boot, BOOT_MAX) ||
	    bulla_field_u64(&f, "durable", INT64_MAX, durable, NULL) !=
	    BULLA_OK || bulla_fields_end(&f, NULL) != BULLA_OK)
		return false;
	c = bulla_cur_str(size);
	o->has_size = size[0] != '\0';
	return !o->has_size || bulla_num_u64(&c, INT64_MAX, &o->size);
}

/* What is there of this URL; NULL, or why it is of no use. */
static const char *
load(struct bulla_fetch_part *p, const char *url)
{
	struct bulla_buf b = BULLA_BUF_INIT(INFO_MAX);
	struct object o = { .has_size = false };
	char boot[BOOT_MAX] = "", now[BOOT_MAX];
	struct bulla_cur text;
	uint64_t durable = 0;
	struct stat sb;
	bool ok;

	if (fstat(p->file.fd, &sb) != 0 || sb.st_size <= 0)
		return NULL;
	ok = bulla_file_get(p->info, &b, NULL) == BULLA_OK;
	text = bulla_buf_view(&b);
	ok = ok && parse(&text, &o, boot, &durable);
	bulla_buf_free(&b);
	if (!ok)
		return "its .info cannot be read";
	if (strcmp(o.url, url) != 0)
		return "it is of another URL";
	p->at = (uint64_t)sb.st_size;
	boot_name(now);
	if (strcmp(boot, now) != 0 && p->at > durable)
		p->at = durable;
	if (o.has_size && p->at > o.size)
		return "it is longer than the object";
	if (object_version(&o)[0] == '\0' && (!o.has_size || p->at < o.size))
		return "the server gave it no version to go by";
	p->object = o;
	p->durable = durable < p->at ? durable : p->at;
	return NULL;
}

static enum bulla_status
cut(struct bulla_fetch_part *p, struct bulla_err *err)
{
	if (ftruncate(p->file.fd, (off_t)p->at) != 0)
		return bulla_fail_sys(err, "cannot cut the part");
	return BULLA_OK;
}

enum bulla_status
part_open(struct bulla_fetch_part *p, const struct bulla_fetch_config *c,
    const char *url, struct bulla_err *err)
{
	const struct bulla_send_watch *w = &c->line.watch;
	enum bulla_status st;
	const char *why;
	char line[160];

	*p = (struct bulla_fetch_part){ .file = BULLA_OUTFILE_INIT,
	    .synced = http_clock() };
	if (asprintf(&p->info, "%s%s", c->path, BULLA_FETCH_INFO) < 0) {
		p->info = NULL;
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	st = bulla_outfile_resume(&p->file, c->path, BULLA_FETCH_PART,
	    c->force, err);
	if (st != BULLA_OK)
		return st;
	why = load(p, url);
	if (why != NULL) {
		p->at = p->durable = 0;
		(void)snprintf(line, sizeof(line), "the part that is here is "
		    "not used, because %s: starting again", why);
		if (w->say != NULL)
			w->say(w->ctx, line);
	}
	memcpy(p->object.url, url, strlen(url) + 1);
	return cut(p, err);
}

enum bulla_status
part_restart(struct bulla_fetch_part *p, const struct object *o,
    struct bulla_err *err)
{
	enum bulla_status st;

	p->at = p->durable = 0;
	p->object = *o;
	/* In this order: a new .info never stands beside old bytes. */
	st = cut(p, err);
	return st == BULLA_OK ? save(p, err) : st;
}

enum bulla_status
part_sync(struct bulla_fetch_part *p, struct bulla_err *err)
{
	if (fdatasync(p->file.fd) != 0)
		return bulla_fail_sys(err, "cannot make the part durable");
	p->durable = p->at;
	p->synced = http_clock();
	return save(p, err);
}

enum bulla_status
part_put(struct bulla_fetch_part *p, const void *data, size_t len,
    struct bulla_err *err)
{
	enum bulla_status st;

	st = bulla_pwrite_fd(p->file.fd, data, len, p->at, "the part", err);
	if (st != BULLA_OK)
		return st;
	p->at += len;
	if (p->at - p->durable < SYNC_BYTES &&
	    http_clock() - p->synced < SYNC_SECS)
		return BULLA_OK;
	return part_sync(p, err);
}

void
part_close(struct bulla_fetch_part *p, bool drop)
{
	/* The lock is held until the file is closed: both go, or none. */
	if (drop && p->file.fd != -1) {
		(void)unlink(p->info);
		p->file.keep = false;
	}
	bulla_outfile_free(&p->file);
	free(p->info);
	p->info = NULL;
}
