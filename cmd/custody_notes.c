#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "custody.h"

#include "bulla/enc.h"
#include "bulla/file.h"

/* DIGEST, or a FILE that holds the note: what counts is its text. */
static int
digest_of(struct custody_cmd *k, const char *arg, uint8_t out[32])
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur text = bulla_cur_str(arg), bytes;
	struct bulla_err err = { 0 };
	struct bulla_note n;
	enum bulla_status st;

	if (bulla_hex_decode(&text, out, 32))
		return CMD_YES;
	st = bulla_file_get(arg, &b, &err);
	bytes = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_note_parse(&bytes, &n, &err);
	if (st == BULLA_OK)
		bulla_sha256(n.text.p, n.text.len, out);
	bulla_buf_free(&b);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c,
	    st == BULLA_E_IO ? NULL : arg, st, &err);
}

/* Only what somebody who may has signed, and only by one who may. */
static enum bulla_status
judge(struct custody_cmd *k, const struct custody_pair *p,
    const uint8_t digest[32], struct bulla_err *err)
{
	struct custody_sig sig[BULLA_NOTE_SIGS_MAX];
	unsigned n, good = 0;

	if (k->m.h.trust == NULL)
		return BULLA_OK;
	for (size_t i = 0; i < p->n_steps; i++) {
		if (memcmp(p->step[i].l->digest, digest, 32) != 0)
			continue;
		n = custody_sigs(k, &p->step[i], sig);
		for (unsigned j = 0; j < n; j++)
			good += sig[j].verdict == CUSTODY_GOOD;
		if (good == 0)
			return bulla_fail(err, BULLA_E_REFUSED, "nobody who "
			    "may has signed this note");
	}
	return bulla_trust_judge(k->m.h.trust, BULLA_OURS,
	    &k->signer[0].vkey, BULLA_ROLE_CUSTODIAN, k->m.h.now, err);
}

static int
countersign(struct custody_cmd *k, const char *id, const uint8_t digest[32])
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct custody_pair p = { 0 };
	struct bulla_err err = { 0 };
	struct bulla_cur bytes;
	enum bulla_status st;
	int code = custody_load(k, id, &p);

	if (code != CMD_YES) {
		custody_pair_free(&p);
		return code;
	}
	st = judge(k, &p, digest, &err);
	custody_pair_free(&p);
	if (st == BULLA_OK)
		st = bulla_chain_countersign(k->m.h.path, id, digest,
		    &k->signer[0], &note, &err);
	bytes = bulla_buf_view(&note);
	if (st != BULLA_OK)
		code = cmd_fail(&k->c, NULL, st, &err);
	else
		code = custody_record(k, &bytes);
	if (code == CMD_YES)
		code = custody_print_note(k, &note);
	bulla_buf_free(&note);
	return code;
}

int
custody_countersign(struct custody_cmd *k)
{
	static const char *const names[2] = { "custodian.key", NULL };
	int code = CMD_YES;
	const char *id = custody_id(k, &code), *arg;
	uint8_t digest[32];

	if (id == NULL)
		return code;
	arg = cmd_operand(&k->c);
	if (arg == NULL || k->c.argc > 0)
		return cmd_usage(&k->c, "which note? Give its file, or the "
		    "sha256 of its text");
	if (k->n_keys > 1)
		return cmd_usage(&k->c, "one -i at a time");
	code = custody_home(k);
	if (code == CMD_YES)
		code = digest_of(k, arg, digest);
	if (code == CMD_YES)
		code = custody_signers(k, names);
	return code == CMD_YES ? countersign(k, id, digest) : code;
}

static int
kept(struct custody_cmd *k, const struct bulla_cur *bytes)
{
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_custody c;
	struct bulla_err err = { 0 };
	struct bulla_note n;
	enum bulla_status st;
	struct cmd_json *j;
	char hex[65];

	st = bulla_note_parse(bytes, &n, &err);
	if (st == BULLA_OK)
		st = bulla_custody_parse(&n.text, &c, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	bulla_sha256(n.text.p, n.text.len, digest);
	if (k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_json_str(j, "package", c.id);
		cmd_json_cur(j, "actor", &c.actor);
		cmd_json_cur(j, "event", &c.event);
		cmd_json_u64(j, "sequence", c.sequence);
		cmd_json_hex(j, "digest", digest, sizeof(digest));
		return cmd_json_print(&k->c, j, CMD_YES);
	}
	bulla_hex(hex, digest, sizeof(digest));
	if (!k->c.common.quiet)
		printf("kept %s, note %u of %.*s: %.*s, %s\n", c.id,
		    (unsigned)c.sequence, (int)c.actor.len,
		    (const char *)c.actor.p, (int)c.event.len,
		    (const char *)c.event.p, hex);
	return CMD_YES;
}

/* As it is kept: what came may have lines below it that nobody verified. */
static int
record_kept(struct custody_cmd *k, const struct bulla_cur *bytes)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_err err = { 0 };
	struct bulla_custody c;
	struct bulla_note n;
	struct bulla_cur as_kept;
	enum bulla_status st;
	int code;

	st = bulla_note_parse(bytes, &n, &err);
	if (st == BULLA_OK)
		st = bulla_custody_parse(&n.text, &c, &err);
	if (st == BULLA_OK) {
		bulla_sha256(n.text.p, n.text.len, digest);
		st = bulla_chain_get(k->m.h.path, c.id, digest, &b, &err);
	}
	as_kept = bulla_buf_view(&b);
	code = st == BULLA_OK ? custody_record(k, &as_kept) :
	    cmd_fail(&k->c, NULL, st, &err);
	bulla_buf_free(&b);
	return code;
}

int
custody_take(struct custody_cmd *k)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	const char *path = cmd_operand(&k->c);
	struct bulla_err err = { 0 };
	struct bulla_cur bytes;
	enum bulla_status st;
	int code;

	if (k->c.argc > 0)
		return cmd_usage(&k->c, "one FILE at a time");
	path = path != NULL ? path : "-";
	code = custody_home(k);
	if (code != CMD_YES)
		return code;
	if (k->m.h.trust == NULL)
		return cmd_usage(&k->c, "no roster in this home, so nobody "
		    "can tell whose note it is (bulla-trust)");
	st = bulla_file_get(path, &b, &err);
	if (st != BULLA_OK) {
		bulla_buf_free(&b);
		return cmd_fail(&k->c, NULL, st, &err);
	}
	bytes = bulla_buf_view(&b);
	st = bulla_chain_take(k->m.h.path, &bytes, k->m.h.trust, k->m.h.now,
	    &err);
	if (st != BULLA_OK)
		code = cmd_fail(&k->c, path, st, &err);
	else
		code = record_kept(k, &bytes);
	if (code == CMD_YES)
		code = kept(k, &bytes);
	bulla_buf_free(&b);
	return code;
}

/* The notes are all about the seal of the package that lies in the home. */
static int
check_package(struct custody_cmd *k, struct custody_pair *p)
{
	const struct bulla_link *l = p->step[0].l;
	struct bulla_package pkg = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	char path[4096];
	int fd = -1;

	if (!l->c.has_seal || !custody_package_path(k, p->id, path))
		return CMD_YES;
	st = bulla_infile_open(path, &fd, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	st = bulla_package_inspect(fd, &pkg, &err);
	(void)close(fd);
	if (st == BULLA_E_IO || st == BULLA_E_NOMEM)
		return cmd_fail(&k->c, path, st, &err);
	if (st != BULLA_OK)
		bulla_buf_fmt(&p->findings, "the package in the home: %s\n",
		    err.msg);
	else if (memcmp(pkg.closing_digest, l->c.seal,
	    sizeof(l->c.seal)) != 0)
		bulla_buf_str(&p->findings, "the package in the home has "
		    "another seal than its notes\n");
	bulla_package_free(&pkg);
	return CMD_YES;
}

/* A token that does not hold is worse than none. */
static void
check_stamps(struct custody_cmd *k, struct custody_pair *p)
{
	struct bulla_tsp t;
	enum bulla_status st;

	for (size_t i = 0; i < p->n_steps; i++) {
		const struct bulla_chain_step *s = &p->step[i];
		struct bulla_err err = { 0 };

		st = custody_stamped(k, p, s, &t, &err);
		if (st == BULLA_OK || st == BULLA_E_NOMATCH)
			continue;
		bulla_buf_fmt(&p->findings, "%s note %u (%.*s): the time "
		    "stamp: %s\n", s->side == BULLA_OURS ? "our" : "their",
		    (unsigned)s->l->c.sequence, (int)s->l->c.event.len,
		    (const char *)s->l->c.event.p, err.msg);
	}
}

static int
report(struct custody_cmd *k, const struct custody_pair *p)
{
	struct bulla_cur all = bulla_buf_view(&p->findings), line;
	const char *who = p->holder.disposed ? "nobody (disposed)" :
	    p->holder.agency[0] != '\0' ? p->holder.agency : "nobody known";
	int code = all.len == 0 ? CMD_YES : CMD_NO;
	struct cmd_json *j;

	if (k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", all.len == 0);
		cmd_json_str(j, "package", p->id);
		cmd_json_str(j, "holder", who);
		cmd_json_bool(j, "handover", p->holder.handover);
		cmd_json_bool(j, "countersigned", p->holder.countersigned);
		cmd_json_u64(j, "notes", p->n_steps);
		while (bulla_cur_line(&all, &line))
			cmd_json_push_cur(j, "findings", &line);
		return cmd_json_print(&k->c, j, code);
	}
	if (all.len == 0 && !k->c.common.quiet)
		printf("ok %s, %zu notes, held by %s%s\n", p->id, p->n_steps,
		    who, p->holder.handover ? ", a handover is under way" :
		    "");
	while (bulla_cur_line(&all, &line))
		printf("%.*s\n", (int)line.len, (const char *)line.p);
	return code;
}

int
custody_check(struct custody_cmd *k)
{
	struct custody_pair p = { 0 };
	int code = CMD_YES;
	const char *id = custody_only_id(k, &code);

	if (id == NULL)
		return code;
	code = custody_home(k);
	if (code == CMD_YES && k->m.h.trust == NULL)
		return cmd_usage(&k->c, "no roster in this home to check "
		    "signatures with (bulla-trust)");
	if (code == CMD_YES)
		code = custody_load_notes(k, id, &p);
	if (code == CMD_YES) {
		check_stamps(k, &p);
		code = check_package(k, &p);
		if (code == CMD_YES)
			code = report(k, &p);
	}
	custody_pair_free(&p);
	return code;
}
