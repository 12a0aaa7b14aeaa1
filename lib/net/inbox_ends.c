#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "inbox_int.h"

#include "bulla/file.h"
#include "bulla/text.h"
#include "bulla/when.h"

/*
 * When our certificate and those of the clients' authorities end. Nothing
 * can be sent to us from then on, so it is said a month before, each day.
 */
#define DAY 86400

const char *const cert_names[CERT_N] = {
	[CERT_OURS] = "server", [CERT_CA] = "client-ca",
};

/* The first end of all the certificates in a file; INT64_MAX: none read. */
static int64_t
first_end(const struct bulla_buf *pem)
{
	gnutls_datum_t text = { pem->p, (unsigned)pem->len };
	gnutls_x509_crt_t *list = NULL;
	int64_t first = INT64_MAX, t;
	unsigned n = 0;

	if (gnutls_x509_crt_list_import2(&list, &n, &text,
	    GNUTLS_X509_FMT_PEM, 0) != 0)
		return first;
	for (unsigned i = 0; i < n; i++) {
		t = gnutls_x509_crt_get_expiration_time(list[i]);
		if (t >= 0 && t < first)
			first = t;
		gnutls_x509_crt_deinit(list[i]);
	}
	gnutls_free(list);
	return first < BULLA_WHEN_MAX ? first : BULLA_WHEN_MAX;
}

void
ends_load(struct bulla_inbox *ib, const struct tls_files *t)
{
	ib->cert_until[CERT_OURS] = first_end(&t->cert);
	ib->cert_until[CERT_CA] = first_end(&t->ca);
}

static void
tell(struct bulla_inbox *ib, enum cert which, int64_t now)
{
	int64_t end = ib->cert_until[which], left = end - now;
	char when[BULLA_WHEN_LEN + 1], text[BULLA_WHEN_ENDS_LEN];

	if (!bulla_when_ends(end, now, text))
		return;
	bulla_when_text(end, when);
	inbox_log(ib, "event=certificate-%s certificate=%s until=%s days=%lld",
	    left <= 0 ? "ended" : "ends", cert_names[which], when,
	    (long long)(left < 0 ? 0 : left / DAY));
}

/* At the start, and once a day of a clock that nobody sets. */
void
ends_watch(struct bulla_inbox *ib)
{
	int64_t tick = inbox_clock();

	if (ib->warned && tick - ib->warned_at < DAY)
		return;
	ib->warned = true;
	ib->warned_at = tick;
	for (enum cert i = 0; i < CERT_N; i++)
		tell(ib, i, bulla_now());
}
