#include <fcntl.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>

#include "inbox_int.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/keyfile.h"
#include "bulla/text.h"

#define PEM_MAX (1u << 20)

const char tls_priorities[] =
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519:"
    "+GROUP-SECP256R1:%SERVER_PRECEDENCE";

static enum bulla_status
pem_get(const char *path, struct bulla_buf *out, struct bulla_err *err)
{
	enum bulla_status st;

	*out = (struct bulla_buf)BULLA_BUF_INIT(PEM_MAX);
	st = bulla_file_get(path, out, err);
	if (st == BULLA_OK && bulla_buf_cstr(out) == NULL)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	return st;
}

static enum bulla_status
key_get(const char *path, struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_reader_fd in;
	enum bulla_status st;
	size_t size;
	int fd = -1;

	*out = (struct bulla_buf)BULLA_BUF_INIT(BULLA_KEYFILE_MAX + 1);
	st = bulla_keyfile_open(path, &fd, &size, err);
	if (st != BULLA_OK)
		return st;
	bulla_reader_fd_init(&in, fd, "TLS key");
	st = bulla_read_all(&in.r, out, err);
	(void)close(fd);
	if (st == BULLA_OK && bulla_buf_cstr(out) == NULL)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	return st;
}

/* libmicrohttpd would only say "failed": find out which file is wrong. */
static enum bulla_status
check_ca(const struct tls_files *t, const char *path, struct bulla_err *err)
{
	gnutls_datum_t pem = { t->ca.p, (unsigned)t->ca.len };
	gnutls_x509_crt_t *list = NULL;
	unsigned n = 0;
	char shown[128];
	int e;

	e = gnutls_x509_crt_list_import2(&list, &n, &pem, GNUTLS_X509_FMT_PEM,
	    0);
	if (e == 0) {
		for (unsigned i = 0; i < n; i++)
			gnutls_x509_crt_deinit(list[i]);
		gnutls_free(list);
	}
	if (e == 0 && n > 0)
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_FORMAT,
	    "%s: no PEM certificate in it: %s", bulla_text_show_str(shown,
	    sizeof(shown), path), gnutls_strerror(e));
}

static enum bulla_status
check_pair(const struct tls_files *t, const struct bulla_inbox_config *c,
    struct bulla_err *err)
{
	gnutls_datum_t cert = { t->cert.p, (unsigned)t->cert.len };
	gnutls_datum_t key = { t->key.p, (unsigned)t->key.len };
	gnutls_certificate_credentials_t cred = NULL;
	char a[96], b[96];
	int e;

	e = gnutls_certificate_allocate_credentials(&cred);
	if (e == 0)
		e = gnutls_certificate_set_x509_key_mem(cred, &cert, &key,
		    GNUTLS_X509_FMT_PEM);
	if (cred != NULL)
		gnutls_certificate_free_credentials(cred);
	if (e == 0)
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_FORMAT,
	    "%s and %s are no certificate and its key, both PEM: %s",
	    bulla_text_show_str(a, sizeof(a), c->tls_cert),
	    bulla_text_show_str(b, sizeof(b), c->tls_key),
	    gnutls_strerror(e));
}

enum bulla_status
tls_load(struct tls_files *t, const struct bulla_inbox_config *c,
    struct bulla_err *err)
{
	enum bulla_status st;

	*t = (struct tls_files){ 0 };
	st = pem_get(c->tls_cert, &t->cert, err);
	if (st == BULLA_OK)
		st = key_get(c->tls_key, &t->key, err);
	if (st == BULLA_OK)
		st = pem_get(c->client_ca, &t->ca, err);
	if (st == BULLA_OK)
		st = check_pair(t, c, err);
	if (st == BULLA_OK)
		st = check_ca(t, c->client_ca, err);
	return st;
}

void
tls_free(struct tls_files *t)
{
	bulla_buf_free(&t->cert);
	bulla_buf_free(&t->key);
	bulla_buf_free(&t->ca);
}

static struct conn *
conn_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return i != NULL ? i->socket_context : NULL;
}

/* The chain up to our CAs, the dates, and that it is meant for clients. */
static int
check_peer(gnutls_session_t s, unsigned *bad)
{
	gnutls_typed_vdata_st want = { .type = GNUTLS_DT_KEY_PURPOSE_OID };
	char usage[] = GNUTLS_KP_TLS_WWW_CLIENT;

	want.data = (unsigned char *)usage;
	*bad = ~0u;
	return gnutls_certificate_verify_peers(s, &want, 1, bad);
}

/* The digest of the key, not of the certificate: it outlives renewals. */
static bool
client_read(struct conn *c, gnutls_session_t s)
{
	const gnutls_datum_t *chain;
	gnutls_x509_crt_t crt = NULL;
	size_t len = sizeof(c->client.spki);
	unsigned n = 0;
	bool ok;

	chain = gnutls_certificate_get_peers(s, &n);
	if (chain == NULL || n == 0 || gnutls_x509_crt_init(&crt) != 0)
		return false;
	ok = gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER) == 0 &&
	    gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256,
	    c->client.spki, &len) == 0 && len == sizeof(c->client.spki);
	if (ok) {
		c->cert_until = gnutls_x509_crt_get_expiration_time(crt);
		bulla_hex(c->client.hex, c->client.spki, len);
	}
	gnutls_x509_crt_deinit(crt);
	return ok;
}

static void
refused(struct conn *c, const char *why)
{
	char text[256];

	if (c == NULL || c->refused)
		return;
	c->refused = true;
	atomic_fetch_add(&c->ib->stats.tls_refused, 1);
	inbox_log_stranger(c->ib, "event=tls-refused address=%s reason=\"%s\"",
	    c->from, inbox_quote(text, sizeof(text), why));
}

void
tls_failed(struct conn *c)
{
	refused(c, c->bare ? "the client gave no certificate" : c->hello ?
	    "the handshake did not come to its end" : "no TLS was spoken");
}

/* Called for each message of a handshake that arrived. */
static int
watch_messages(gnutls_session_t s, unsigned type, unsigned when,
    unsigned incoming, const gnutls_datum_t *msg)
{
	struct conn *c = conn_of(gnutls_session_get_ptr(s));

	(void)when;
	if (c == NULL || incoming == 0)
		return 0;
	if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO)
		c->hello = true;
	/* RFC 8446, 4.4.2: an empty context, and an empty list */
	if (type == GNUTLS_HANDSHAKE_CERTIFICATE_PKT && msg->size == 4)
		c->bare = true;
	return 0;
}

static int
refuse_peer(gnutls_session_t s, struct conn *c, int e, unsigned bad)
{
	gnutls_datum_t why = { 0 };

	if (e == 0)
		e = gnutls_certificate_verification_status_print(bad,
		    GNUTLS_CRT_X509, &why, 0);
	refused(c, why.data != NULL ? (char *)why.data : gnutls_strerror(e));
	gnutls_free(why.data);
	/* Without this the other side only sees a closed connection. */
	(void)gnutls_alert_send(s, GNUTLS_AL_FATAL,
	    bad != ~0u && (bad & GNUTLS_CERT_EXPIRED) ?
	    GNUTLS_A_CERTIFICATE_EXPIRED : GNUTLS_A_BAD_CERTIFICATE);
	return GNUTLS_E_CERTIFICATE_ERROR;
}

static int
verify(gnutls_session_t s)
{
	struct conn *c = conn_of(gnutls_session_get_ptr(s));
	unsigned bad;
	int e = check_peer(s, &bad);

	if (e != 0 || bad != 0)
		return refuse_peer(s, c, e, bad);
	if (c == NULL || c->known)
		return 0;
	if (client_read(c, s) && conn_known(c))
		return 0;
	refused(c, "too many connections of this client");
	(void)gnutls_alert_send(s, GNUTLS_AL_FATAL, GNUTLS_A_ACCESS_DENIED);
	return GNUTLS_E_CERTIFICATE_ERROR;
}

static gnutls_session_t
session_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return i != NULL ? (gnutls_session_t)i->tls_session : NULL;
}

/*
 * HTTPS_MEM_TRUST only asks for a certificate, and nobody looks at it: an
 * attacker without one, or with a self-signed one, would be let in.
 */
void
tls_demand_client(struct MHD_Connection *mhd)
{
	gnutls_session_t s = session_of(mhd);

	if (s == NULL)
		return;		/* tls_client finds no certificate then */
	gnutls_certificate_server_set_request(s, GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_function(s, verify);
	gnutls_handshake_set_hook_function(s, GNUTLS_HANDSHAKE_ANY,
	    GNUTLS_HOOK_POST, watch_messages);
}

const char *
tls_client(struct conn *c, struct MHD_Connection *mhd)
{
	gnutls_session_t s = session_of(mhd);
	unsigned bad;

	if (!c->known) {
		/* Again, should the handshake ever have let one through. */
		if (s == NULL || check_peer(s, &bad) != 0 || bad != 0 ||
		    !client_read(c, s) || !conn_known(c))
			return "no verified certificate";
	}
	/* It may have ended since the handshake. */
	return c->cert_until >= bulla_now() ? NULL :
	    "the certificate of this client has ended";
}
