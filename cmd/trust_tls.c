#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "trust.h"
#include "trust_tls.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/text.h"

#define DAYS_CERT 730
/* seconds that the other side's may be behind */
#define CLOCK_SLACK 3600

/* The pair's files in the home; the directory is made. */
static int
pair_paths(struct trust_cmd *k, bool next, struct cmd_tls *p)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;
	char dir[4096];

	if (!trust_home_path(k, "keys", dir) || !trust_home_path(k, next ?
	    "keys/" CMD_TLS_NEXT_KEY : "keys/" CMD_TLS_KEY, p->key) ||
	    !trust_home_path(k, next ? "keys/" CMD_TLS_NEXT_CERT :
	    "keys/" CMD_TLS_CERT, p->cert))
		return cmd_usage(&k->c, "where is the home? --home DIR");
	st = bulla_dir_make(dir, 0700, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

int
trust_tls_read(struct trust_cmd *k, const char *path, struct bulla_x509 *out)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_X509_PEM_MAX);
	struct bulla_err err = { 0 };
	struct bulla_cur pem;
	enum bulla_status st = bulla_file_get(path, &b, &err);
	bool there = st == BULLA_OK;

	pem = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_x509_read(&pem, out, &err);
	bulla_buf_free(&b);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c,
	    there ? path : NULL, st, &err);
}

/* The certificate first: without its key nobody takes it for ours. */
static int
make_pair(struct trust_cmd *k, const struct bulla_x509_want *want,
    const struct cmd_tls *p)
{
	struct bulla_buf cert = BULLA_BUF_INIT(BULLA_X509_PEM_MAX);
	struct bulla_secret key = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_x509_make(want, &key, &cert, &err);

	if (st == BULLA_OK)
		st = bulla_file_put(p->cert, cert.p, cert.len, 0644, true,
		    &err);
	if (st == BULLA_OK)
		st = bulla_file_put(p->key, key.p, key.len, 0600, false,
		    &err);
	bulla_secret_free(&key);
	bulla_buf_free(&cert);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

/* For people who look at a certificate: the side that it is of. */
static int
name_of(struct trust_cmd *k, struct bulla_x509_want *want, char out[256])
{
	struct trust_file ours = TRUST_FILE_INIT;
	int code = trust_file_of(k, BULLA_OURS, &ours);

	if (code == CMD_YES && ours.r != NULL)
		(void)snprintf(out, BULLA_X509_NAME_MAX + 1, "%.*s",
		    (int)ours.r->side.len, (const char *)ours.r->side.p);
	else
		(void)snprintf(out, BULLA_X509_NAME_MAX + 1, "%s",
		    want->n_hosts > 0 ? want->host[0] : "bulla");
	want->name = out;
	trust_file_free(&ours);
	return code;
}

/* Without -n the next one is for the same hosts as the one that there is. */
static void
same_hosts(struct bulla_x509 *now, struct bulla_x509_want *want)
{
	char *at = now->hosts;

	while (at[0] != '\0' && want->n_hosts < BULLA_X509_HOSTS_MAX) {
		want->host[want->n_hosts++] = at;
		at += strcspn(at, " ");
		if (at[0] == ' ')
			*at++ = '\0';
	}
}

static int
make(struct trust_cmd *k, bool next)
{
	struct bulla_x509_want want = { .from = k->now - CLOCK_SLACK,
	    .until = k->now + DAYS_CERT * TRUST_DAY, .n_hosts = k->n_hosts };
	struct bulla_x509 now;
	struct cmd_tls p, current;
	char name[256];
	int code = pair_paths(k, next, &p);

	memcpy(want.host, k->host, sizeof(want.host));
	if (code == CMD_YES && trust_is_there(p.key))
		return cmd_usage(&k->c, next ? "there is a next TLS key "
		    "already: bulla-trust tls switch takes it into use" :
		    "there is a TLS key already: bulla-trust tls next makes "
		    "the one that will follow it");
	if (code == CMD_YES && next)
		code = pair_paths(k, false, &current);
	if (code == CMD_YES && next && !trust_is_there(current.key))
		return cmd_usage(&k->c, "there is no TLS key yet: bulla-trust "
		    "tls make");
	if (code == CMD_YES && k->expires != NULL)
		code = trust_when(k, "--expires", k->expires, &want.until);
	if (code == CMD_YES && next && want.n_hosts == 0) {
		code = trust_tls_read(k, current.cert, &now);
		if (code == CMD_YES)
			same_hosts(&now, &want);
	}
	if (code == CMD_YES)
		code = name_of(k, &want, name);
	if (code == CMD_YES)
		code = make_pair(k, &want, &p);
	return code == CMD_YES ? trust_tls_show_one(k, p.cert) : code;
}

/*
 * The counterpart refuses a key that our roster does not list: whoever
 * switches too early cuts the line.
 */
static int
may_switch(struct trust_cmd *k, const struct bulla_x509 *next)
{
	struct trust_file ours = TRUST_FILE_INIT;
	const struct bulla_roster *r;
	bool listed = false, lists;
	int code = trust_file_of(k, BULLA_OURS, &ours);

	r = ours.r;
	lists = r != NULL && r->n_tls > 0;
	for (size_t i = 0; lists && i < r->n_tls; i++)
		if (memcmp(r->tls[i].spki, next->spki,
		    sizeof(next->spki)) == 0 && r->tls[i].from <= k->now &&
		    k->now < r->tls[i].until)
			listed = true;
	trust_file_free(&ours);
	if (code == CMD_YES && lists && !listed)
		return cmd_usage(&k->c, "our roster in force does not list "
		    "the next key: they would refuse it (bulla-trust tls show "
		    "says how to propose it)");
	return code;
}

/* A key that has its name, whose certificate has not: a run that was cut. */
static bool
key_moved(const struct cmd_tls *now, const struct bulla_x509 *next)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_X509_PEM_MAX);
	uint8_t spki[BULLA_X509_SPKI_LEN];
	struct bulla_err err = { 0 };
	struct bulla_cur pem;
	bool yes = bulla_file_get(now->key, &b, &err) == BULLA_OK;

	pem = bulla_buf_view(&b);
	yes = yes && bulla_x509_key(&pem, spki, &err) == BULLA_OK &&
	    memcmp(spki, next->spki, sizeof(spki)) == 0;
	bulla_buf_free(&b);
	return yes;
}

static int
move(struct trust_cmd *k, const char *from, const char *to)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;
	char dir[4096];

	if (rename(from, to) != 0)
		st = bulla_fail_sys(&err, "%s", to);
	else if (trust_home_path(k, "keys", dir))
		st = bulla_dir_sync(dir, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

static int
take_into_use(struct trust_cmd *k)
{
	struct cmd_tls now, next;
	struct bulla_x509 x;
	int code = pair_paths(k, false, &now);

	if (code == CMD_YES)
		code = pair_paths(k, true, &next);
	if (code == CMD_YES && !trust_is_there(next.cert))
		return cmd_usage(&k->c, "no next TLS key is prepared: "
		    "bulla-trust tls next");
	if (code == CMD_YES)
		code = trust_tls_read(k, next.cert, &x);
	if (code == CMD_YES && trust_is_there(next.key)) {
		code = may_switch(k, &x);
		if (code == CMD_YES)
			code = move(k, next.key, now.key);
	} else if (code == CMD_YES && !key_moved(&now, &x)) {
		return cmd_usage(&k->c, "the next certificate has no key: "
		    "remove it, and bulla-trust tls next");
	}
	if (code == CMD_YES)
		code = move(k, next.cert, now.cert);
	return code == CMD_YES ? trust_tls_show_one(k, now.cert) : code;
}

static int
show(struct trust_cmd *k)
{
	const char *file = cmd_operand(&k->c);
	struct cmd_tls now, next;
	int code;

	while (file != NULL) {
		code = trust_tls_show_one(k, file);
		file = code == CMD_YES ? cmd_operand(&k->c) : NULL;
		if (code != CMD_YES || file == NULL)
			return code;
	}
	code = pair_paths(k, false, &now);
	if (code == CMD_YES && !trust_is_there(now.cert))
		return cmd_usage(&k->c, "there is no TLS key in the home: "
		    "bulla-trust tls make");
	if (code == CMD_YES)
		code = trust_tls_show_one(k, now.cert);
	if (code == CMD_YES)
		code = pair_paths(k, true, &next);
	if (code == CMD_YES && trust_is_there(next.cert))
		code = trust_tls_show_one(k, next.cert);
	return code;
}

int
trust_tls(struct trust_cmd *k)
{
	const char *verb = cmd_operand(&k->c);

	if (verb != NULL && strcmp(verb, "show") == 0)
		return show(k);
	if (verb == NULL || k->c.argc > 0)
		return cmd_usage(&k->c, "tls make, tls next, tls switch or "
		    "tls show [FILE...]?");
	if (strcmp(verb, "make") == 0)
		return make(k, false);
	if (strcmp(verb, "next") == 0)
		return make(k, true);
	if (strcmp(verb, "switch") == 0)
		return take_into_use(k);
	return cmd_usage(&k->c, "tls make, tls next, tls switch or tls show "
	    "[FILE...]?");
}
