#include <stdio.h>
#include <string.h>

#include "trust_tls.h"

#include "bulla/enc.h"
#include "bulla/text.h"
#include "bulla/when.h"

/* A certificate, and where it stands. */
struct shown {
	const char *path;
	struct bulla_x509 x;
	enum { SOMEBODYS, OURS_NOW, OURS_NEXT } what;
	enum bulla_side side;		/* whose roster lists the key;
					 * 0: none */
	struct bulla_roster_tls line;
	char hex[65], pin[80], first_host[512];
	char from[BULLA_WHEN_LEN + 1], until[BULLA_WHEN_LEN + 1];
	char key[4096];			/* the file of an own key */
};

/* Certificates may be good from before 1970, or for ever. */
static void
when_text(int64_t t, char out[BULLA_WHEN_LEN + 1])
{
	bulla_when_text(t < 0 ? 0 : t > BULLA_WHEN_MAX ? BULLA_WHEN_MAX : t,
	    out);
}

static void
pin_text(const uint8_t spki[BULLA_X509_SPKI_LEN], char out[80])
{
	struct bulla_buf b = BULLA_BUF_INIT(80);
	const char *text;

	bulla_buf_str(&b, "sha256//");
	bulla_b64_put(&b, spki, BULLA_X509_SPKI_LEN, BULLA_B64_PADDED);
	text = bulla_buf_cstr(&b);
	(void)snprintf(out, 80, "%s", text != NULL ? text : "");
	bulla_buf_free(&b);
}

static int
find_listed(struct trust_cmd *k, struct shown *s)
{
	static const enum bulla_side sides[] = { BULLA_OURS, BULLA_THEIRS };
	const struct bulla_roster_tls *line;
	struct bulla_trust *t = NULL;
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_E_NOMATCH;

	if (cmd_home(&k->c) != NULL)
		st = bulla_trust_load(cmd_home(&k->c), &t, &err);
	for (size_t i = 0; i < 2 && st == BULLA_OK; i++) {
		line = cmd_tls_listed(t, sides[i], s->x.spki);
		if (line == NULL)
			continue;
		s->side = sides[i];
		s->line = *line;
	}
	bulla_trust_free(t);
	return st == BULLA_OK || st == BULLA_E_NOMATCH ? CMD_YES :
	    cmd_fail(&k->c, NULL, st, &err);
}

static void
find_own(struct trust_cmd *k, struct shown *s)
{
	char path[4096];
	bool now, next;

	now = trust_home_path(k, "keys/" CMD_TLS_CERT, path) &&
	    strcmp(path, s->path) == 0;
	next = trust_home_path(k, "keys/" CMD_TLS_NEXT_CERT, path) &&
	    strcmp(path, s->path) == 0;
	s->what = now ? OURS_NOW : next ? OURS_NEXT : SOMEBODYS;
	if (!trust_home_path(k, "keys/" CMD_TLS_KEY, s->key))
		s->key[0] = '\0';
}

static void
show_roster(const struct trust_cmd *k, const struct shown *s)
{
	char from[BULLA_WHEN_LEN + 1], until[BULLA_WHEN_LEN + 1];
	char ends[BULLA_WHEN_ENDS_LEN];

	if (s->side == 0) {
		printf("  roster       none lists it%s\n", s->what ==
		    SOMEBODYS ? "" : ": bulla-trust propose --tls "
		    "FINGERPRINT -o next.note");
		return;
	}
	when_text(s->line.from, from);
	when_text(s->line.until, until);
	printf("  roster       %s lists it, %.10s to %.10s\n",
	    s->side == BULLA_OURS ? "ours" : "theirs", from, until);
	if (k->now < s->line.from)
		printf("  ! its line in the roster begins on %.10s\n", from);
	if (bulla_when_ends(s->line.until, k->now, ends))
		printf("  ! its line in the roster %s\n", ends);
}

static void
show_state(const struct trust_cmd *k, const struct shown *s)
{
	char ends[BULLA_WHEN_ENDS_LEN];

	if (k->now < s->x.from)
		printf("  ! the certificate begins on %.10s\n", s->from);
	if (bulla_when_ends(s->x.until + 1, k->now, ends))
		printf("  ! the certificate %s%s\n", ends, s->what ==
		    OURS_NOW ? ": bulla-trust tls next" : "");
	if (!s->x.client && !s->x.server)
		printf("  ! it may be used neither by a client nor by a "
		    "server\n");
	if (s->x.authority)
		printf("  ! it is an authority's: an inbox lets no client in "
		    "with it\n");
}

/* The options, word by word. Who has rosters that list it needs fewer. */
static void
show_needs(const struct shown *s)
{
	const char *host = s->first_host;
	bool v6 = strchr(host, ':') != NULL;

	if (s->what == OURS_NEXT) {
		printf("when our roster lists it and they have that roster:\n"
		    "  bulla-trust tls switch\n");
		return;
	}
	if (s->what == OURS_NOW)
		printf("ours, when it is not this home:\n"
		    "  bulla-send --cert %s --key %s -u URL\n", s->path,
		    s->key);
	if (s->what == OURS_NOW && s->x.server)
		printf("  bulla-inbox --tls-cert %s --tls-key %s "
		    "--listen ADDR:PORT\n", s->path, s->key);
	printf("%s, when no roster lists it:\n",
	    s->what == OURS_NOW ? "theirs" : "for its counterpart");
	if (s->x.server && host[0] != '\0')
		printf("  bulla-send --cacert %s --pin %s -u https://%s%s%s/\n",
		    s->path, s->pin, v6 ? "[" : "", host, v6 ? "]" : "");
	if (s->x.client)
		printf("  bulla-inbox --client-ca %s\n", s->path);
}

static void
show_text(const struct trust_cmd *k, struct shown *s)
{
	char path[512], name[300], hosts[600];
	int64_t days = (s->x.until - k->now) / TRUST_DAY;

	printf("%s: %s%s%s\n", bulla_text_show_str(path, sizeof(path),
	    s->path), bulla_text_show_str(name, sizeof(name), s->x.name),
	    s->x.hosts[0] != '\0' ? ", for " : "",
	    bulla_text_show_str(hosts, sizeof(hosts), s->x.hosts));
	printf("  use          %s%s%s%s\n", s->x.client ? "client" : "",
	    s->x.client && s->x.server ? " and " : "",
	    s->x.server ? "server" : "",
	    s->x.self ? ", signed by itself" : "");
	printf("  good         %.10s to %.10s", s->from, s->until);
	if (k->now <= s->x.until)
		printf(", %lld days left", (long long)days);
	printf("\n  fingerprint  %s\n  pin          %s\n", s->hex, s->pin);
	show_roster(k, s);
	show_state(k, s);
	show_needs(s);
}

static int
show_json(const struct trust_cmd *k, const struct shown *s)
{
	struct cmd_json *j = cmd_json_new();
	char ends[BULLA_WHEN_ENDS_LEN];

	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "file", s->path);
	cmd_json_str(j, "name", s->x.name);
	cmd_json_str(j, "hosts", s->x.hosts);
	cmd_json_bool(j, "client", s->x.client);
	cmd_json_bool(j, "server", s->x.server);
	cmd_json_bool(j, "authority", s->x.authority);
	cmd_json_bool(j, "self_signed", s->x.self);
	cmd_json_str(j, "from", s->from);
	cmd_json_str(j, "until", s->until);
	cmd_json_u64(j, "days_left", k->now <= s->x.until ? (uint64_t)
	    ((s->x.until - k->now) / TRUST_DAY) : 0);
	cmd_json_bool(j, "ends_soon", bulla_when_ends(s->x.until + 1, k->now,
	    ends));
	cmd_json_str(j, "fingerprint", s->hex);
	cmd_json_str(j, "pin", s->pin);
	if (s->side == 0) {
		cmd_json_null(j, "roster");
	} else {
		cmd_json_str(j, "roster", s->side == BULLA_OURS ? "ours" :
		    "theirs");
		cmd_json_when(j, "roster_from", s->line.from);
		cmd_json_when(j, "roster_until", s->line.until);
	}
	return cmd_json_print(&k->c, j, CMD_YES);
}

int
trust_tls_show_one(struct trust_cmd *k, const char *path)
{
	struct shown s = { .path = path };
	size_t n;
	int code = trust_tls_read(k, path, &s.x);

	if (code == CMD_YES)
		code = find_listed(k, &s);
	if (code != CMD_YES)
		return code;
	find_own(k, &s);
	bulla_hex(s.hex, s.x.spki, sizeof(s.x.spki));
	pin_text(s.x.spki, s.pin);
	when_text(s.x.from, s.from);
	when_text(s.x.until, s.until);
	n = strcspn(s.x.hosts, " ");
	bulla_text_show_str(s.first_host, sizeof(s.first_host), s.x.hosts);
	if (n < sizeof(s.first_host))
		s.first_host[n] = '\0';
	if (k->c.common.json)
		return show_json(k, &s);
	show_text(k, &s);
	return CMD_YES;
}
