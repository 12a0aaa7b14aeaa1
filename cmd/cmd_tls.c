#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd_tls.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/text.h"
#include "bulla/when.h"

static bool
path_of(char out[4096], const char *home, const char *name)
{
	int n = snprintf(out, 4096, "%s/keys/%s", home, name);

	return n > 0 && n < 4096 && access(out, F_OK) == 0;
}

bool
cmd_tls_find(const char *home, struct cmd_tls *out)
{
	if (home != NULL && path_of(out->cert, home, CMD_TLS_CERT) &&
	    path_of(out->key, home, CMD_TLS_KEY))
		return true;
	out->cert[0] = out->key[0] = '\0';
	return false;
}

const struct bulla_roster_tls *
cmd_tls_listed(const struct bulla_trust *t, enum bulla_side side,
    const uint8_t spki[BULLA_X509_SPKI_LEN])
{
	const struct bulla_roster *r = NULL;
	uint8_t digest[32];

	if (t != NULL)
		r = bulla_trust_roster(t, side, digest);
	for (size_t i = 0; r != NULL && i < r->n_tls; i++)
		if (memcmp(r->tls[i].spki, spki, BULLA_X509_SPKI_LEN) == 0)
			return &r->tls[i];
	return NULL;
}

static void
warn_ours(const struct cmd *c, const char *path, const struct bulla_trust *t,
    int64_t now)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_X509_PEM_MAX);
	const struct bulla_roster_tls *line;
	char ends[BULLA_WHEN_ENDS_LEN], shown[256];
	struct bulla_err err = { 0 };
	struct bulla_x509 x;
	struct bulla_cur pem;
	enum bulla_status st = bulla_file_get(path, &b, &err);

	pem = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_x509_read(&pem, &x, &err);
	bulla_buf_free(&b);
	if (st != BULLA_OK)
		return;
	if (bulla_when_ends(x.until + 1, now, ends))
		fprintf(stderr, "%s: %s: our TLS certificate %s: "
		    "bulla-trust tls next\n", c->tool->name,
		    bulla_text_show_str(shown, sizeof(shown), path), ends);
	line = cmd_tls_listed(t, BULLA_OURS, x.spki);
	if (line != NULL && bulla_when_ends(line->until, now, ends))
		fprintf(stderr, "%s: our TLS key's line in our roster %s: "
		    "bulla-trust tls next\n", c->tool->name, ends);
}

/* What they announced in time needs no warning: only the last one's end. */
static void
warn_theirs(const struct cmd *c, const struct bulla_trust *t, int64_t now)
{
	const struct bulla_roster *r = NULL;
	char ends[BULLA_WHEN_ENDS_LEN];
	uint8_t digest[32];
	int64_t last = 0;

	if (t != NULL)
		r = bulla_trust_roster(t, BULLA_THEIRS, digest);
	for (size_t i = 0; r != NULL && i < r->n_tls; i++)
		if (r->tls[i].until > last)
			last = r->tls[i].until;
	if (last > 0 && bulla_when_ends(last, now, ends))
		fprintf(stderr, "%s: the last TLS key in the roster of %.*s "
		    "%s: ask them for their next roster\n", c->tool->name,
		    (int)r->side.len, (const char *)r->side.p, ends);
}

void
cmd_tls_warn(const struct cmd *c, const char *cert,
    const struct bulla_trust *t, int64_t now)
{
	if (cert != NULL && cert[0] != '\0')
		warn_ours(c, cert, t, now);
	warn_theirs(c, t, now);
}

/*
 * Pins that have all ended are no reason to trust every certificate again:
 * that is what their roster does not want.
 */
static enum bulla_status
set_pins(struct cmd_tls_line *t, const struct bulla_roster *r, int64_t now,
    struct bulla_send_config *g, struct bulla_err *err)
{
	for (size_t i = 0; i < r->n_tls; i++) {
		if (now < r->tls[i].from || now >= r->tls[i].until ||
		    g->n_pins == BULLA_SEND_PINS_MAX)
			continue;
		bulla_hex(t->pin[g->n_pins], r->tls[i].spki,
		    BULLA_X509_SPKI_LEN);
		g->pins[g->n_pins] = t->pin[g->n_pins];
		g->n_pins++;
	}
	g->pinned = g->ca == NULL;
	return r->n_tls == 0 || g->n_pins > 0 ? BULLA_OK : bulla_fail(err,
	    BULLA_E_REFUSED, "none of the TLS keys in the roster of %.*s is "
	    "good now: take in their newest roster, or give --pin",
	    (int)r->side.len, (const char *)r->side.p);
}

enum bulla_status
cmd_tls_connect(struct cmd_tls_line *t, const struct cmd_home *m,
    bool by_roster, struct bulla_send_config *g, struct bulla_err *err)
{
	const struct bulla_roster *r = NULL;
	uint8_t digest[32];

	if (!m->open)
		return BULLA_OK;
	if (g->cert == NULL && g->key == NULL &&
	    cmd_tls_find(m->h.path, &t->own)) {
		g->cert = t->own.cert;
		g->key = t->own.key;
	}
	cmd_tls_warn(m->c, g->cert, m->h.trust, m->h.now);
	if (by_roster && g->n_pins == 0 && m->h.trust != NULL)
		r = bulla_trust_roster(m->h.trust, BULLA_THEIRS, digest);
	return r == NULL ? BULLA_OK : set_pins(t, r, m->h.now, g, err);
}
