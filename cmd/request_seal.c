#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd_stand.h"
#include "request_work.h"

#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/ring.h"

#define PIECE 65536u		/* bytes copied at a time */

static int
load_sealer(struct request_work *w)
{
	struct request_cmd *k = w->k;
	const char *path = k->key != NULL ? k->key :
	    cmd_home_key(&k->m, "sealer.key");
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (path == NULL)
		return cmd_home_no_key(&k->m, "no key to seal with: give "
		    "-i SIGNKEY", "sealer.key");
	st = bulla_signer_load(path, &k->c.ask, &w->signer, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

/* What stands in the opening note. */
static void
set_opening(struct request_work *w)
{
	const struct bulla_reqdoc *d = w->p->d;
	const struct bulla_cur kind = d != NULL ?
	    bulla_reqdoc_package_kind(d) : bulla_cur_str(w->p->kind);
	const struct bulla_cur ref = d != NULL ? bulla_reqdoc_ref(d) :
	    bulla_cur_str(w->p->ref != NULL ? w->p->ref : "");
	const struct bulla_roster *r;
	struct bulla_cur class;
	uint8_t digest[32];

	r = bulla_trust_roster(w->k->m.h.trust, BULLA_THEIRS, digest);
	BULLA_CHECK(r != NULL);
	request_word(w->side, sizeof(w->side), &r->side);
	request_word(w->kind, sizeof(w->kind), &kind);
	request_word(w->ref, sizeof(w->ref), &ref);
	if (d != NULL && d->kind == BULLA_REQDOC_REQUEST &&
	    bulla_reqdoc_get(d, "class", &class))
		request_word(w->class, sizeof(w->class), &class);
	w->names[0] = w->side;
	w->pack = (struct bulla_pack){ .bag = "exchange", .info = &w->info,
	    .time = w->k->now, .paths = w->paths, .n_paths = w->n_paths,
	    .out_fd = -1, .old_fd = -1,
	    .stdin_fd = -1, .threads = 1 };
	w->s = (struct bulla_seal){ .signers = &w->signer, .n_signers = 1,
	    .recipients = &w->to, .to = w->names, .n_to = 1, .kind = w->kind,
	    .ref = w->ref[0] != '\0' ? w->ref : NULL,
	    .urgency = w->class[0] != '\0' ? w->class : NULL,
	    .exercise = w->p->exercise, .created = w->k->now,
	    .pack = &w->pack, .in_fd = -1, .out_fd = w->spool,
	    .out_name = "package", .threads = bulla_cores() };
}

/* The whole package from where it was sealed to a file with a name. */
static enum bulla_status
copy_out(const struct request_work *w, struct bulla_outfile *o,
    struct bulla_err *err)
{
	uint8_t buf[PIECE];
	uint64_t off = 0;
	size_t n = 1;
	enum bulla_status st = BULLA_OK;

	while (st == BULLA_OK && n > 0) {
		st = bulla_pread_fd(w->spool, buf, sizeof(buf), off, &n,
		    "package", err);
		if (st == BULLA_OK)
			st = bulla_write_fd(o->fd, buf, n, "package", err);
		off += n;
	}
	return st == BULLA_OK ? bulla_outfile_commit(o, err) : st;
}

/* HOME/packages/<id>.bulla and HOME/requests/<id>.txt */
static int
keep(struct request_work *w)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	const struct bulla_cur text = bulla_buf_view(&w->text);
	struct bulla_err err = { 0 };
	char path[PATH_CAP];
	enum bulla_status st;

	(void)snprintf(path, sizeof(path), "%.*s/packages/%s.bulla",
	    (int)sizeof(path) - 64, w->k->m.h.path, w->done.id);
	st = bulla_outfile_open(&o, path, 0600, false, false, &err);
	if (st == BULLA_OK)
		st = copy_out(w, &o, &err);
	bulla_outfile_free(&o);
	if (st == BULLA_OK && w->p->d != NULL)
		st = bulla_request_keep(w->k->m.h.path, w->done.id, &text,
		    &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&w->k->c, "sealed and "
	    "recorded, but not kept", st, &err);
}

static int
run_seal(struct request_work *w, struct bulla_outfile *o)
{
	struct cmd_stand stand = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;
	int code, ended;

	code = cmd_stand_begin(&stand, &w->k->m, &w->s);
	if (code == CMD_YES)
		st = bulla_seal_run(&w->s, &w->done, &err);
	if (st != BULLA_OK)
		code = cmd_fail(&w->k->c, NULL, st, &err);
	if (code == CMD_YES && w->p->d != NULL)
		code = request_packed(w);
	ended = cmd_stand_end(&stand, &w->s, code == CMD_YES ? &w->done :
	    NULL);
	if (code == CMD_YES)
		code = ended;
	if (code == CMD_YES)
		code = keep(w);
	if (code != CMD_YES || o->fd == -1)
		return code;
	st = copy_out(w, o, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&w->k->c, NULL, st, &err);
}

static int
open_files(struct request_work *w, struct bulla_outfile *o)
{
	struct request_cmd *k = w->k;
	struct bulla_err err = { 0 };
	char path[PATH_CAP];
	enum bulla_status st = BULLA_OK;

	(void)snprintf(path, sizeof(path), "%.*s/packages",
	    (int)sizeof(path) - 64, k->m.h.path);
	if (k->c.common.out != NULL)
		st = bulla_outfile_open(o, k->c.common.out, 0644,
		    k->c.common.force, true, &err);
	if (st == BULLA_OK)
		st = bulla_dir_make(path, 0700, &err);
	if (st == BULLA_OK)
		st = bulla_spool_open(path, &w->spool, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

static int
report(struct request_work *w)
{
	struct request_cmd *k = w->k;
	struct cmd_json *j;

	if (!k->c.common.json) {
		if (!k->c.common.quiet && !k->c.common.data_out)
			puts(w->done.id);
		return CMD_YES;
	}
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "package", w->done.id);
	cmd_json_str(j, "kind", w->kind);
	if (w->ref[0] != '\0')
		cmd_json_str(j, "ref", w->ref);
	if (w->class[0] != '\0')
		cmd_json_str(j, "class", w->class);
	cmd_json_str(j, "to", w->side);
	cmd_json_bool(j, "exercise", w->p->exercise);
	cmd_json_when(j, "date", k->now);
	cmd_json_u64(j, "attachments", k->n_attach);
	return cmd_json_print(&k->c, j, CMD_YES);
}

static void
clean_up(struct request_work *w)
{
	request_scratch_end(&w->doc);
	if (w->spool != -1)
		(void)close(w->spool);
	bulla_signer_free(&w->signer);
	bulla_recipients_free(&w->to);
	bulla_baginfo_free(&w->info);
	bulla_buf_free(&w->text);
}

int
request_seal(struct request_cmd *k, const struct request_seal *p)
{
	struct request_work w = { .k = k, .p = p, .spool = -1, .doc.lock = -1,
	    .text = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	int code = CMD_YES;

	for (size_t i = 0; i < k->n_attach; i++)
		w.paths[w.n_paths++] = k->attach[i];
	if (p->d != NULL)
		code = request_write_text(&w);

	if (code == CMD_YES)
		code = request_recipients(&w);
	if (code == CMD_YES)
		code = load_sealer(&w);
	if (code == CMD_YES)
		code = open_files(&w, &o);
	if (code == CMD_YES && p->d != NULL) {
		code = request_scratch(k, bulla_reqdoc_file(p->d->kind),
		    &w.text, &w.doc);
		w.paths[w.n_paths++] = w.doc.file;
	}
	if (code == CMD_YES) {
		set_opening(&w);
		code = run_seal(&w, &o);
	}
	if (code == CMD_YES)
		code = report(&w);
	bulla_outfile_free(&o);
	clean_up(&w);
	return code;
}
