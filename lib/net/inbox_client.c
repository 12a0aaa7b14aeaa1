#include <string.h>
#include <strings.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>

#include "inbox_int.h"

#include "bulla/enc.h"
#include "bulla/file.h"

/*
 * Who is the client? One certificate, by two ways: from our own handshake
 * (inbox_tls.c), or in a header field of the proxy that did it. Without a CA
 * it is the key that counts: inbox_agency.c asks whose it is.
 */
#define FIELD "X-Bulla-Client-Cert"
#define CERT_MAX (16u << 10)	/* bytes of PEM */

/* Is it a certificate for a client, now? Chains are somebody else's. */
static const char *
judge_own(gnutls_x509_crt_t crt, bool *dated)
{
	unsigned usage = 0, critical = 0, bits = 0;
	int algo = gnutls_x509_crt_get_pk_algorithm(crt, &bits);
	int64_t now = bulla_now();

	*dated = true;
	if (gnutls_x509_crt_get_activation_time(crt) > now)
		return "the certificate is not valid yet";
	if (gnutls_x509_crt_get_expiration_time(crt) < now)
		return "the certificate has expired";
	*dated = false;
	if (gnutls_x509_crt_get_ca_status(crt, &critical) > 0)
		return "the certificate is an authority's";
	if (gnutls_x509_crt_check_key_purpose(crt, GNUTLS_KP_TLS_WWW_CLIENT,
	    0) == 0)
		return "the certificate is not for clients";
	if (gnutls_x509_crt_get_key_usage(crt, &usage, &critical) == 0 &&
	    (usage & GNUTLS_KEY_DIGITAL_SIGNATURE) == 0)
		return "the certificate's key is not for signatures";
	if (algo < 0 || gnutls_pk_bits_to_sec_param(
	    (gnutls_pk_algorithm_t)algo, bits) < GNUTLS_SEC_PARAM_MEDIUM)
		return "the certificate's key is too weak";
	return NULL;
}

static bool
spki_of(gnutls_x509_crt_t crt, struct bulla_inbox_client *out)
{
	size_t len = sizeof(out->spki);

	if (gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256,
	    out->spki, &len) != 0 || len != sizeof(out->spki))
		return false;
	bulla_hex(out->hex, out->spki, sizeof(out->spki));
	return true;
}

const char *
client_judge(void *crt, bool *dated)
{
	return judge_own(crt, dated);
}

bool
client_take(struct conn *c, void *crt)
{
	struct bulla_inbox_client client;

	if (!spki_of(crt, &client))
		return false;
	if (memcmp(client.spki, c->client.spki, sizeof(client.spki)) != 0)
		conn_other(c, &client);
	c->cert_until = gnutls_x509_crt_get_expiration_time(crt);
	return true;
}

/* The chain, as in a handshake of our own; the proxy sends the leaf alone. */
static const char *
judge_chain(struct bulla_inbox *ib, gnutls_x509_crt_t crt)
{
	gnutls_typed_vdata_st want = { .type = GNUTLS_DT_KEY_PURPOSE_OID };
	char usage[] = GNUTLS_KP_TLS_WWW_CLIENT;
	gnutls_datum_t ca = { ib->ca.p, (unsigned)ib->ca.len };
	gnutls_x509_trust_list_t list = NULL;
	unsigned bad = ~0u;

	want.data = (unsigned char *)usage;
	if (gnutls_x509_trust_list_init(&list, 0) == 0 &&
	    gnutls_x509_trust_list_add_trust_mem(list, &ca, NULL,
	    GNUTLS_X509_FMT_PEM, 0, 0) > 0)
		(void)!gnutls_x509_trust_list_verify_crt2(list, &crt, 1,
		    &want, 1, 0, &bad, NULL);
	if (list != NULL)
		gnutls_x509_trust_list_deinit(list, 1);
	return bad == 0 ? NULL : "the certificate is not vouched for";
}

static enum MHD_Result
one_field(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_len,
    const char *value, size_t len)
{
	struct bulla_cur *found = ctx;

	(void)kind;
	if (key_len != strlen(FIELD) || strcasecmp(key, FIELD) != 0)
		return MHD_YES;
	/* Two of them: one may be the client's own invention. */
	*found = found->p == NULL && value != NULL ?
	    bulla_cur_of(value, len) : bulla_cur_of(FIELD, 0);
	return MHD_YES;
}

static int
hex_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* %XX and nothing else, as nginx writes $ssl_client_escaped_cert. */
static bool
unescape(struct bulla_cur c, uint8_t *out, size_t *n)
{
	*n = 0;
	while (c.len > 0 && *n < CERT_MAX) {
		uint8_t b = c.p[0];
		size_t used = 1;

		if (b == '%') {
			if (c.len < 3 || hex_of(c.p[1]) < 0 ||
			    hex_of(c.p[2]) < 0)
				return false;
			b = (uint8_t)(hex_of(c.p[1]) << 4 | hex_of(c.p[2]));
			used = 3;
		}
		out[(*n)++] = b;
		c = bulla_cur_of(c.p + used, c.len - used);
	}
	return c.len == 0;
}

static const char *
judge_proxied(struct request *r, gnutls_x509_crt_t crt,
    const struct bulla_cur *field)
{
	uint8_t pem[CERT_MAX];
	struct bulla_inbox *ib = r->ib;
	gnutls_datum_t d = { pem, 0 };
	const char *why;
	bool dated;
	size_t n;

	if (!unescape(*field, pem, &n))
		return "the proxy sent no certificate";
	d.size = (unsigned)n;
	if (gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_PEM) != 0)
		return "the proxy sent no certificate";
	why = judge_own(crt, &dated);
	if (why == NULL && ib->ca.len > 0)
		why = judge_chain(ib, crt);
	return why == NULL && !client_take(r->conn, crt) ?
	    "the certificate's key cannot be read" : why;
}

/* A proxy's connection serves many clients: each request says whose it is. */
void
client_of_proxy(struct request *r)
{
	static const struct bulla_inbox_client nobody = { .hex = "-" };
	struct bulla_cur field = bulla_cur_of(NULL, 0);
	gnutls_x509_crt_t crt = NULL;
	const char *why = "out of memory";

	(void)MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, one_field,
	    &field);
	if (field.p == NULL) {
		conn_other(r->conn, &nobody);
		reply_text(&r->reply, 401, "a client certificate is wanted");
		return;
	}
	if (gnutls_x509_crt_init(&crt) == 0)
		why = judge_proxied(r, crt, &field);
	gnutls_x509_crt_deinit(crt);
	if (why != NULL) {
		conn_other(r->conn, &nobody);
		reply_text(&r->reply, 403, "%s", why);
	} else if (r->ib->ca.len > 0 && !r->conn->known &&
	    !conn_known(r->conn)) {
		reply_text(&r->reply, 429,
		    "too many connections of this client");
	}
}
