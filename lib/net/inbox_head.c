#include <string.h>

#include <microhttpd.h>

#include "inbox_int.h"

#include "bulla/enc.h"
#include "bulla/num.h"

/*
 * From libmicrohttpd's header list to struct request. It takes the first of
 * two Content-Length fields and prefers Transfer-Encoding to either; a proxy
 * in front may see it otherwise, and then what is a body to one of them is a
 * request to the other. Such requests are refused, not interpreted.
 */
enum field {
	F_HOST, F_LENGTH, F_ENCODING, F_TYPE, F_TUS, F_OFFSET, F_SIZE, F_META,
	F_DEFER, F_SUM, F_N
};
static const char *const field_names[F_N] = {
	"host", "content-length", "transfer-encoding", "content-type",
	"tus-resumable", "upload-offset", "upload-length", "upload-metadata",
	"upload-defer-length", "upload-checksum",
};

struct head {
	struct bulla_cur v[F_N];
	unsigned n[F_N];
	bool nul, odd;
	const char *next;	/* where the next field has to begin */
	bool gap;
};

static bool
name_is(const struct bulla_cur *name, const char *want)
{
	for (size_t i = 0; i < name->len; i++) {
		uint8_t c = name->p[i];

		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c - 'A' + 'a');
		if (want[i] == '\0' || c != (uint8_t)want[i])
			return false;
	}
	return want[name->len] == '\0';
}

/* RFC 9110, 5.6.2. "Content-Length : 5" is one thing to us and another to
 * who looks away from the space. */
static bool
is_token(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] <= ' ' || p[i] > '~' ||
		    strchr("\"(),/:;<=>?@[\\]{}", p[i]) != NULL)
			return false;
	return len > 0;
}

static enum MHD_Result
one_field(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_len,
    const char *value, size_t value_len)
{
	struct bulla_cur name = bulla_cur_of(key, key_len);
	struct head *h = ctx;

	(void)kind;
	if (value == NULL)
		value_len = 0;
	h->odd |= !is_token(key, key_len);
	h->gap |= key != h->next || value == NULL;
	h->next = value != NULL ? value + value_len + 2 : NULL;
	if (memchr(key, '\0', key_len) != NULL || (value_len > 0 &&
	    memchr(value, '\0', value_len) != NULL))
		h->nul = true;
	for (size_t i = 0; i < F_N; i++) {
		if (!name_is(&name, field_names[i]))
			continue;
		h->v[i] = bulla_cur_of(value, value_len);
		h->n[i]++;
	}
	return MHD_YES;
}

static enum method
method_of(const char *m)
{
	static const struct {
		const char *name;
		enum method method;
	} known[] = {
		{ "OPTIONS", M_OPTIONS }, { "POST", M_POST },
		{ "HEAD", M_HEAD }, { "PATCH", M_PATCH },
		{ "DELETE", M_DELETE }, { "GET", M_GET },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(m, known[i].name) == 0)
			return known[i].method;
	return M_OTHER;
}

/* What could make two readers disagree about where this request ends. */
static const char *
framing(struct request *r, const struct head *h)
{
	const struct bulla_cur *te = &h->v[F_ENCODING];

	for (size_t i = 0; i < F_N; i++)
		if (h->n[i] > 1)
			return "a header field stands there twice";
	if (h->nul)
		return "a NUL byte in the header";
	if (h->odd)
		return "the name of a header field is none";
	if (h->n[F_ENCODING] > 0 && h->n[F_LENGTH] > 0)
		return "Transfer-Encoding beside Content-Length";
	if (h->n[F_ENCODING] > 0 && !name_is(te, "chunked"))
		return "a Transfer-Encoding other than chunked";
	r->body_len = h->n[F_ENCODING] > 0 ? BODY_CHUNKED : BODY_NONE;
	if (h->n[F_LENGTH] > 0 && (!bulla_num_u64(&h->v[F_LENGTH],
	    BULLA_TUS_SIZE_MAX, &r->body_len)))
		return "Content-Length is not a plain decimal";
	return NULL;
}

static bool
size_field(struct request *r, const struct bulla_cur *v, uint64_t *out)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_tus_size(v, out, &err);

	if (st == BULLA_OK)
		return true;
	reply_text(&r->reply, st == BULLA_E_LIMIT ? 413 : 400, "%s", err.msg);
	return false;
}

/* Upload-Metadata is a hint to find an upload again, and nothing else. */
static bool
meta(struct request *r, const struct bulla_cur *v)
{
	struct bulla_err err = { 0 };
	struct bulla_tus_meta m;
	char hex[64];
	size_t n;
	struct bulla_cur text;
	bool whole;

	if (bulla_tus_meta_parse(v, &m, &err) != BULLA_OK) {
		reply_text(&r->reply, 400, "%s", err.msg);
		return false;
	}
	whole = bulla_tus_meta_get(&m, "sha256", hex, sizeof(hex), &n);
	if (whole || bulla_tus_meta_get(&m, BULLA_TUS_ENDS, hex, sizeof(hex),
	    &n)) {
		text = bulla_cur_of(hex, n);
		r->has_hint = bulla_hex_decode(&text, r->hint,
		    sizeof(r->hint));
		r->by_ends = r->has_hint && !whole;
	}
	return true;
}

static void
checksum(struct request *r, const struct bulla_cur *v)
{
	struct bulla_err err = { 0 };

	if (bulla_tus_checksum(v, r->sum, &err) == BULLA_OK)
		r->has_sum = true;
	else
		reply_text(&r->reply, 400, "%s", err.msg);
}

/* How long will it be? One of the two, or later. */
static void
new_length(struct request *r, const struct head *h)
{
	if (h->n[F_DEFER] == 0) {
		if (!r->has_length)
			reply_text(&r->reply, 400,
			    "Upload-Length is missing");
		return;
	}
	if (!bulla_cur_is(&h->v[F_DEFER], "1"))
		reply_text(&r->reply, 400, "Upload-Defer-Length is not 1");
	else if (r->has_length)
		reply_text(&r->reply, 400,
		    "Upload-Defer-Length beside Upload-Length");
	r->length = LENGTH_DEFERRED;
}

static void
tus_fields(struct request *r, const struct head *h)
{
	if (!bulla_cur_is(&h->v[F_TUS], BULLA_TUS_VERSION)) {
		reply_text(&r->reply, 412, "this server speaks tus %s only",
		    BULLA_TUS_VERSION);
		return;
	}
	r->has_offset = h->n[F_OFFSET] > 0;
	r->has_length = h->n[F_SIZE] > 0;
	if (r->has_offset && !size_field(r, &h->v[F_OFFSET], &r->offset))
		return;
	if (r->has_length && !size_field(r, &h->v[F_SIZE], &r->length))
		return;
	if (h->n[F_META] > 0 && !meta(r, &h->v[F_META]))
		return;
	if (h->n[F_SUM] > 0)
		checksum(r, &h->v[F_SUM]);
	if (r->reply.status != 0)
		return;
	if ((r->method == M_PATCH || (r->method == M_POST &&
	    r->body_len != BODY_NONE)) && !bulla_tus_is_patch_type(
	    &h->v[F_TYPE]))
		reply_text(&r->reply, 415, "Content-Type is not %s",
		    BULLA_TUS_PATCH_TYPE);
	else if (r->method == M_PATCH && !r->has_offset)
		reply_text(&r->reply, 400, "Upload-Offset is missing");
	else if (r->method == M_POST)
		new_length(r, h);
}

/* Which methods each place has; anything else is 404 or 405. */
static void
place(struct request *r)
{
	static const unsigned allowed[] = {
		[BULLA_TUS_NOWHERE] = 0,
		[BULLA_TUS_PACKAGES] = 1u << M_OPTIONS | 1u << M_POST,
		[BULLA_TUS_UPLOAD] = 1u << M_OPTIONS | 1u << M_HEAD |
		    1u << M_PATCH | 1u << M_DELETE,
		[BULLA_TUS_KNOWN] = 1u << M_OPTIONS | 1u << M_HEAD |
		    1u << M_PATCH,
		[BULLA_TUS_RECEIPT] = 1u << M_GET,
		[BULLA_TUS_CHECKPOINT] = 1u << M_GET,
		[BULLA_TUS_TILE] = 1u << M_GET,
		[BULLA_TUS_ADD] = 1u << M_POST,
		[BULLA_TUS_ASK] = 1u << M_GET,
		[BULLA_TUS_SEEN] = 1u << M_GET,
		[BULLA_TUS_COSIGNATURE] = 1u << M_POST,
		[BULLA_TUS_NOTES] = 1u << M_POST,
		[BULLA_TUS_OUTGOING] = 1u << M_GET,
		[BULLA_TUS_PARCEL] = 1u << M_GET | 1u << M_HEAD,
	};
	bool exchange = bulla_tus_is_exchange(r->route.place);
	bool bodied = r->method == M_PATCH || (r->method == M_POST &&
	    (exchange || r->route.place == BULLA_TUS_PACKAGES));

	if (r->route.place == BULLA_TUS_NOWHERE ||
	    (exchange && r->ib->cfg.small == NULL))
		reply_text(&r->reply, 404, "there is nothing here");
	else if ((allowed[r->route.place] & 1u << r->method) == 0)
		reply_text(&r->reply, 405, "this method does nothing here");
	else if (!bodied && r->body_len != BODY_NONE)
		reply_text(&r->reply, 400, "this request has no body");
}

/*
 * libmicrohttpd 0.9 ends a line at CR LF, at either of them alone, and joins
 * folded ones. It parses in place and writes NUL over what ended a line: so
 * each field has to begin two bytes behind the last one, and the empty line
 * has to be two bytes too. Later versions refuse such lines themselves.
 */
static bool
is_strict(const struct head *h)
{
	if (MHD_VERSION >= 0x01000000)
		return true;
	return !h->gap && h->next[0] == '\0' && h->next[1] == '\0';
}

/*
 * Fills r; r->reply holds the refusal, if there is one. libmicrohttpd takes
 * a NUL byte in the path as its end: the version must follow right after.
 */
void
request_parse(struct request *r, const char *method, const char *version)
{
	struct bulla_cur uri = bulla_cur_of(r->uri, r->uri_len);
	struct head h = { .next = version + strlen(version) + 2 };
	const char *why;

	r->method = method_of(method);
	bulla_tus_route(&uri, &r->route);
	(void)MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, one_field,
	    &h);
	why = framing(r, &h);
	if (why == NULL && strcmp(version, "HTTP/1.1") != 0)
		why = "HTTP/1.1 is wanted";
	if (why == NULL && ((uintptr_t)version - (uintptr_t)r->uri !=
	    r->uri_len + 1 || (uintptr_t)r->uri - (uintptr_t)method !=
	    strlen(method) + 1))
		why = "the request line is malformed";
	if (why == NULL && !is_strict(&h))
		why = "a line that does not end in CR LF, or a folded one";
	if (why != NULL) {
		/* Whatever follows on this connection is not looked at. */
		r->body_len = BODY_CHUNKED;
		reply_text(&r->reply, 400, "%s", why);
		return;
	}
	place(r);
	if (r->reply.status == 0 && r->method != M_OPTIONS &&
	    r->method != M_GET && r->route.place != BULLA_TUS_PARCEL &&
	    !bulla_tus_is_exchange(r->route.place))
		tus_fields(r, &h);
}
