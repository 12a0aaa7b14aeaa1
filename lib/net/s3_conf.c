#include <string.h>
#include <unistd.h>

#include "s3_int.h"

#include "bulla/io.h"
#include "bulla/keyfile.h"
#include "bulla/num.h"
#include "bulla/text.h"

#define PART_SIZE (UINT64_C(64) << 20)
#define PARALLEL 4u

enum label {
	ENDPOINT, REGION, ACCESS, SECRET, PATH_STYLE, CA, PART, AT_ONCE,
	N_LABELS
};
static const char *const labels[N_LABELS] = { "endpoint", "region", "access",
    "secret", "path-style", "ca", "part-size", "parallel" };

static bool
is_graph(const struct bulla_cur *v, const char *but)
{
	for (size_t i = 0; i < v->len; i++)
		if (v->p[i] < 0x21 || v->p[i] > 0x7e ||
		    strchr(but, v->p[i]) != NULL)
			return false;
	return v->len > 0;
}

static bool
keep(char out[BULLA_S3_TEXT_MAX + 1], const struct bulla_cur *v)
{
	if (v->len > BULLA_S3_TEXT_MAX)
		return false;
	memcpy(out, v->p, v->len);
	out[v->len] = '\0';
	return true;
}

/* https://HOST[:PORT], and nothing that a path could be built on. */
static bool
endpoint(char out[BULLA_S3_TEXT_MAX + 1], const struct bulla_cur *v)
{
	static const char scheme[] = "https://";
	char text[BULLA_S3_TEXT_MAX + 1], url[HTTP_URL_MAX];
	size_t n;

	if (!is_graph(v, "\\%?#@") || !keep(text, v) ||
	    url_base(text, url, NULL) != BULLA_OK)
		return false;
	n = strlen(url);
	if (n > 0 && url[n - 1] == '/')
		url[--n] = '\0';
	if (n > BULLA_S3_TEXT_MAX || strncmp(url, scheme,
	    sizeof(scheme) - 1) != 0 ||
	    strchr(url + sizeof(scheme) - 1, '/') != NULL)
		return false;
	memcpy(out, url, n + 1);
	return true;
}

static bool
region(char out[BULLA_S3_TEXT_MAX + 1], const struct bulla_cur *v)
{
	for (size_t i = 0; i < v->len; i++)
		if ((v->p[i] < 'a' || v->p[i] > 'z') &&
		    (v->p[i] < '0' || v->p[i] > '9') && v->p[i] != '-')
			return false;
	return v->len > 0 && keep(out, v);
}

static bool
yes_or_no(bool *no, const struct bulla_cur *v)
{
	*no = bulla_cur_is(v, "no");
	return *no || bulla_cur_is(v, "yes");
}

static bool
parallel(unsigned *out, const struct bulla_cur *v)
{
	uint64_t n;

	if (!bulla_num_u64(v, BULLA_S3_PARALLEL_MAX, &n) || n == 0)
		return false;
	*out = (unsigned)n;
	return true;
}

/* BULLA_E_FORMAT without words: the caller knows the line. */
static enum bulla_status
take(struct bulla_s3_conf *c, enum label l, const struct bulla_cur *v,
    struct bulla_err *err)
{
	bool ok = false;

	switch (l) {
	case ENDPOINT:
		ok = endpoint(c->endpoint, v);
		break;
	case REGION:
		ok = region(c->region, v);
		break;
	case ACCESS:	/* stands in a header field between these */
		ok = is_graph(v, "/,") && keep(c->access, v);
		break;
	case SECRET:
		if (!is_graph(v, "") || v->len > BULLA_S3_TEXT_MAX)
			break;
		return bulla_secret_from(&c->secret, v->p, v->len, err);
	case PATH_STYLE:
		ok = yes_or_no(&c->virtual_host, v);
		break;
	case CA:
		ok = bulla_text_is_plain(v) && v->len > 0 && keep(c->ca, v);
		break;
	case PART:
		ok = bulla_num_size(v, BULLA_S3_PART_MAX, &c->part_size) &&
		    c->part_size >= BULLA_S3_PART_MIN;
		break;
	case AT_ONCE:
		ok = parallel(&c->parallel, v);
		break;
	case N_LABELS:
		break;
	}
	return ok ? BULLA_OK : BULLA_E_FORMAT;
}

/* Neither the value nor an unknown label is quoted: it may be the secret. */
static enum bulla_status
take_line(struct bulla_s3_conf *c, struct bulla_cur *line, bool *seen,
    unsigned at, struct bulla_err *err)
{
	enum bulla_status st;
	struct bulla_cur label;
	unsigned l = 0;

	if (line->len == 0 || line->p[0] == '#')
		return BULLA_OK;
	if (!bulla_cur_until(line, ':', &label) ||
	    !bulla_cur_eat_str(line, " "))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "line %u: not \"label: value\"", at);
	while (l < N_LABELS && !bulla_cur_is(&label, labels[l]))
		l++;
	if (l == N_LABELS)
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: no label of "
		    "ours (endpoint, region, access, secret, path-style, ca, "
		    "part-size, parallel)", at);
	if (seen[l])
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: \"%s\" "
		    "stands there twice", at, labels[l]);
	seen[l] = true;
	st = take(c, (enum label)l, line, err);
	return st != BULLA_E_FORMAT ? st : bulla_fail(err, BULLA_E_FORMAT,
	    "line %u: the value of \"%s\" is not what it must be", at,
	    labels[l]);
}

enum bulla_status
bulla_s3_conf_parse(const struct bulla_cur *text, struct bulla_s3_conf *out,
    struct bulla_err *err)
{
	struct bulla_s3_conf c = { .part_size = PART_SIZE,
	    .parallel = PARALLEL };
	struct bulla_cur rest = *text, line;
	bool seen[N_LABELS] = { false };
	enum bulla_status st = BULLA_OK;
	unsigned at = 0;

	if (text->len > BULLA_S3_CONF_MAX)
		return bulla_fail(err, BULLA_E_FORMAT, "over %u bytes",
		    BULLA_S3_CONF_MAX);
	while (st == BULLA_OK && rest.len > 0) {
		at++;
		if (!bulla_cur_line(&rest, &line))
			st = bulla_fail(err, BULLA_E_FORMAT,
			    "line %u: not ended", at);
		else
			st = take_line(&c, &line, seen, at, err);
	}
	for (unsigned l = ENDPOINT; l <= SECRET && st == BULLA_OK; l++)
		if (!seen[l])
			st = bulla_fail(err, BULLA_E_FORMAT,
			    "\"%s\" is missing", labels[l]);
	if (st == BULLA_OK)
		*out = c;
	else
		bulla_s3_conf_free(&c);
	return st;
}

static void
put(struct bulla_buf *b, enum label l, const char *v)
{
	bulla_buf_fmt(b, "%s: %s\n", labels[l], v);
}

void
bulla_s3_conf_put(struct bulla_buf *b, const struct bulla_s3_conf *c)
{
	put(b, ENDPOINT, c->endpoint);
	put(b, REGION, c->region);
	put(b, ACCESS, c->access);
	put(b, SECRET, "********");
	put(b, PATH_STYLE, c->virtual_host ? "no" : "yes");
	if (c->ca[0] != '\0')
		put(b, CA, c->ca);
	bulla_buf_fmt(b, "%s: %llu\n%s: %u\n", labels[PART],
	    (unsigned long long)c->part_size, labels[AT_ONCE], c->parallel);
}

/* Straight into secret memory. */
static enum bulla_status
load(int fd, size_t size, const char *shown, struct bulla_s3_conf *out,
    struct bulla_err *err)
{
	struct bulla_secret text = { 0 };
	struct bulla_cur c;
	enum bulla_status st = bulla_secret_new(&text, size, err);
	size_t n = 0;

	if (st == BULLA_OK)
		st = bulla_pread_fd(fd, text.p, size, 0, &n, shown, err);
	c = bulla_cur_of(text.p, n);
	if (st == BULLA_OK) {
		st = bulla_s3_conf_parse(&c, out, err);
		if (st != BULLA_OK)
			(void)bulla_wrap(err, st, "%s", shown);
	}
	bulla_secret_free(&text);
	return st;
}

enum bulla_status
bulla_s3_conf_load(const char *path, struct bulla_s3_conf *out,
    struct bulla_err *err)
{
	enum bulla_status st;
	char shown[256];
	size_t size;
	int fd;

	bulla_text_show_str(shown, sizeof(shown), path);
	st = bulla_keyfile_open(path, &fd, &size, err);
	if (st != BULLA_OK)
		return st;
	st = load(fd, size, shown, out, err);
	(void)close(fd);
	return st;
}

void
bulla_s3_conf_free(struct bulla_s3_conf *c)
{
	bulla_secret_free(&c->secret);
	*c = (struct bulla_s3_conf){ 0 };
}
