#include <fcntl.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>

#include "inbox_int.h"

#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/keyfile.h"
#include "bulla/text.h"

#define PEM_MAX (1u << 20)

char tls_priorities[] =
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

static enum bulla_status
load_own(struct tls_files *t, const struct bulla_inbox_config *c,
    struct bulla_err *err)
{
	enum bulla_status st;

	if (c->tls_cert == NULL || c->tls_key == NULL)
		return bulla_fail(err, BULLA_E_USAGE, "our TLS certificate "
		    "and its key are needed");
	st = pem_get(c->tls_cert, &t->cert, err);
	if (st == BULLA_OK)
		st = key_get(c->tls_key, &t->key, err);
	return st == BULLA_OK ? check_pair(t, c, err) : st;
}

enum bulla_status
tls_load(struct tls_files *t, struct bulla_inbox *ib, struct bulla_err *err)
{
	const struct bulla_inbox_config *c = &ib->cfg;
	enum bulla_status st = BULLA_OK;

	*t = (struct tls_files){ 0 };
	if (c->client_ca == NULL && c->who == NULL)
		return bulla_fail(err, BULLA_E_USAGE, "nobody says which "
		    "clients to let in: neither a CA nor a roster");
	if (!ib->plain)
		st = load_own(t, c, err);
	if (st != BULLA_OK || c->client_ca == NULL)
		return st;
	st = pem_get(c->client_ca, &t->ca, err);
	if (st == BULLA_OK)
		st = check_ca(t, c->client_ca, err);
	if (st == BULLA_OK && ib->plain) {
		ib->ca = (struct bulla_buf)BULLA_BUF_INIT(PEM_MAX);
		bulla_buf_put(&ib->ca, t->ca.p, t->ca.len);
		st = bulla_buf_status(&ib->ca);
	}
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

/* The peer's own certificate; NULL: none, or not to be read. */
static gnutls_x509_crt_t
leaf_of(gnutls_session_t s)
{
	const gnutls_datum_t *chain;
	gnutls_x509_crt_t crt = NULL;
	unsigned n = 0;

	chain = gnutls_certificate_get_peers(s, &n);
	if (chain == NULL || n == 0 || gnutls_x509_crt_init(&crt) != 0)
		return NULL;
	if (gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER) == 0)
		return crt;
	gnutls_x509_crt_deinit(crt);
	return NULL;
}

/* The digest of the key, not of the certificate: it outlives renewals. */
static bool
client_read(struct conn *c, gnutls_session_t s)
{
	gnutls_x509_crt_t crt = leaf_of(s);
	bool ok = crt != NULL && client_take(c, crt);

	gnutls_x509_crt_deinit(crt);
	return ok;
}

/* Without a CA the certificate is looked at here, and its key by `who`. */
static const char *
judge_pinned(gnutls_session_t s, bool *dated)
{
	gnutls_x509_crt_t crt = leaf_of(s);
	const char *why = "the certificate cannot be read";

	*dated = false;
	if (crt != NULL)
		why = client_judge(crt, dated);
	gnutls_x509_crt_deinit(crt);
	return why;
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
alert(gnutls_session_t s, gnutls_alert_description_t what)
{
	/* Without this the other side only sees a closed connection. */
	(void)gnutls_alert_send(s, GNUTLS_AL_FATAL, what);
	return GNUTLS_E_CERTIFICATE_ERROR;
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
	return alert(s, bad != ~0u && (bad & GNUTLS_CERT_EXPIRED) ?
	    GNUTLS_A_CERTIFICATE_EXPIRED : GNUTLS_A_BAD_CERTIFICATE);
}

/*
 * The handshake proves that the client has the key; whose that is takes the
 * disk to say. Until a request's thread has asked, the client is a stranger
 * and has a stranger's place.
 */
static int
verify_pinned(gnutls_session_t s, struct conn *c)
{
	bool dated;
	const char *why = judge_pinned(s, &dated);

	if (why == NULL && client_read(c, s))
		return 0;
	refused(c, why != NULL ? why : "the certificate cannot be read");
	return alert(s, dated ? GNUTLS_A_CERTIFICATE_EXPIRED :
	    GNUTLS_A_BAD_CERTIFICATE);
}

static int
verify(gnutls_session_t s)
{
	struct conn *c = conn_of(gnutls_session_get_ptr(s));
	unsigned bad;
	int e;

	if (c == NULL)
		return alert(s, GNUTLS_A_INTERNAL_ERROR);
	if (c->ib->cfg.client_ca == NULL)
		return verify_pinned(s, c);
	e = check_peer(s, &bad);
	if (e != 0 || bad != 0)
		return refuse_peer(s, c, e, bad);
	if (c->known || (client_read(c, s) && conn_known(c)))
		return 0;
	refused(c, "too many connections of this client");
	return alert(s, GNUTLS_A_ACCESS_DENIED);
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
	    GNUTLS_HOOK_BOTH, watch_messages);
}

/* Again, should the handshake ever have let one through. */
static bool
is_verified(struct conn *c, gnutls_session_t s)
{
	unsigned bad;
	bool dated;

	if (s == NULL)
		return false;
	if (c->ib->cfg.client_ca == NULL)
		return judge_pinned(s, &dated) == NULL && client_read(c, s);
	return check_peer(s, &bad) == 0 && bad == 0 && client_read(c, s) &&
	    conn_known(c);
}

const char *
tls_client(struct conn *c, struct MHD_Connection *mhd)
{
	if (!c->known && !is_verified(c, session_of(mhd)))
		return "no verified certificate";
	/* It may have ended since the handshake. */
	return c->cert_until >= bulla_now() ? NULL :
	    "the certificate of this client has ended";
}
