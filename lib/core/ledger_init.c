#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bulla/file.h"
#include "core/ledger_int.h"

#define STATE "keys/log.state"
#define CHECKPOINT "ledger/public/checkpoint"

static bool
is_there(const char *home, const char *rest)
{
	char path[LEDGER_PATH_MAX];

	return ledger_path(path, home, rest, NULL) != BULLA_OK ||
	    access(path, F_OK) == 0 || errno != ENOENT;
}

static enum bulla_status
put_file(const char *home, const char *rest, const struct bulla_buf *b,
    mode_t mode, struct bulla_err *err)
{
	char path[LEDGER_PATH_MAX];
	enum bulla_status st = bulla_buf_status(b);

	if (st != BULLA_OK)
		return bulla_fail(err, st, "out of memory");
	st = ledger_path(path, home, rest, err);
	return st != BULLA_OK ? st : bulla_file_put(path, b->p, b->len, mode,
	    true, err);
}

enum bulla_status
ledger_read_state(const struct bulla_ledger *l, struct bulla_checkpoint *out,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(1024);
	char path[LEDGER_PATH_MAX];
	struct bulla_cur c;
	enum bulla_status st;

	st = ledger_path(path, l->home, STATE, err);
	if (st == BULLA_OK)
		st = bulla_file_get(path, &b, err);
	c = bulla_buf_view(&b);
	/* Without it a restored backup could not be told: never guessed */
	if (st == BULLA_OK && (bulla_checkpoint_parse(&c, out, err) !=
	    BULLA_OK || !bulla_cur_is(&out->origin, l->vkey.name)))
		st = bulla_fail(err, BULLA_E_MISMATCH, "%s is damaged, or of "
		    "another log", STATE);
	out->origin = bulla_cur_of(NULL, 0);
	bulla_buf_free(&b);
	return st;
}

enum bulla_status
ledger_read_checkpoint(const struct bulla_ledger *l, struct bulla_buf *bytes,
    struct bulla_tree *out, struct bulla_err *err)
{
	struct bulla_vkeys known = { 0 };
	char path[LEDGER_PATH_MAX];
	enum bulla_status st;
	struct bulla_cur c;

	st = bulla_vkeys_add(&known, &l->vkey, err);
	if (st == BULLA_OK)
		st = ledger_path(path, l->home, CHECKPOINT, err);
	if (st == BULLA_OK)
		st = bulla_file_get(path, bytes, err);
	if (st == BULLA_OK) {
		c = bulla_buf_view(bytes);
		st = bulla_tree_verify(&c, &known, out, err);
		/* In a ledger of one's own this is no missing key */
		if (st == BULLA_E_NOKEY)
			st = BULLA_E_MISMATCH;
		if (st != BULLA_OK)
			bulla_wrap(err, st, CHECKPOINT);
	}
	bulla_vkeys_free(&known);
	return st;
}

/* The state first: a signature that got away is never unknown here. */
enum bulla_status
ledger_write_checkpoint(struct bulla_ledger *l, uint64_t size,
    const struct bulla_hash *root, struct bulla_err *err)
{
	struct bulla_checkpoint cp = { bulla_cur_str(l->vkey.name), size,
	    *root };
	struct bulla_buf text = BULLA_BUF_INIT(1024);
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur c;
	enum bulla_status st;

	bulla_checkpoint_put(&text, &cp);
	st = put_file(l->home, STATE, &text, 0600, err);
	c = bulla_buf_view(&text);
	if (st == BULLA_OK)
		st = bulla_note_sign(&c, &l->signer, 1, &note, err);
	if (st == BULLA_OK)
		st = put_file(l->home, CHECKPOINT, &note, 0644, err);
	bulla_buf_free(&text);
	bulla_buf_free(&note);
	return st;
}

static enum bulla_status
make_key(const char *path, const char *name, struct bulla_signer *out,
    struct bulla_err *err)
{
	struct bulla_buf line = BULLA_BUF_INIT(BULLA_VKEY_MAX);
	struct bulla_secret text = { 0 };
	enum bulla_status st;
	const char *vkey;

	st = bulla_signer_new(name, BULLA_SIG_ED25519, out, err);
	if (st == BULLA_OK)
		st = bulla_signer_text(out, &text, err);
	if (st == BULLA_OK) {
		bulla_vkey_put(&line, &out->vkey);
		vkey = bulla_buf_cstr(&line);
		st = vkey == NULL ? bulla_buf_status(&line) :
		    bulla_keyfile_write(path, &text, vkey, NULL, false, err);
	}
	bulla_buf_free(&line);
	bulla_secret_free(&text);
	return st;
}

static enum bulla_status
have_key(struct bulla_ledger *l, const char *name, struct bulla_err *err)
{
	char path[LEDGER_PATH_MAX];
	enum bulla_status st;

	st = ledger_path(path, l->home, "keys/log.key", err);
	if (st != BULLA_OK)
		return st;
	st = is_there(l->home, "keys/log.key") ?
	    bulla_signer_load(path, l->ask, &l->signer, err) :
	    make_key(path, name, &l->signer, err);
	if (st != BULLA_OK)
		return st;
	l->vkey = l->signer.vkey;
	if (strcmp(l->vkey.name, name) != 0)
		return bulla_fail(err, BULLA_E_REFUSED, "keys/log.key is "
		    "called %s", l->vkey.name);
	return BULLA_OK;
}

/* A log that has signed once must never begin again. */
static enum bulla_status
refuse_second(const char *home, struct bulla_err *err)
{
	if (is_there(home, CHECKPOINT))
		return bulla_fail(err, BULLA_E_REFUSED, "there is a ledger in "
		    "this home already");
	if (is_there(home, STATE))
		return bulla_fail(err, BULLA_E_REFUSED, "%s is there: the log "
		    "key has signed before, for a ledger that is missing here",
		    STATE);
	return BULLA_OK;
}

static enum bulla_status
make_dirs(const char *home, struct bulla_err *err)
{
	static const char *const dirs[] = { "keys", "ledger",
	    "ledger/public" };
	char path[LEDGER_PATH_MAX];
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < 3 && st == BULLA_OK; i++) {
		st = ledger_path(path, home, dirs[i], err);
		if (st == BULLA_OK)
			st = bulla_dir_make(path, 0700, err);
	}
	return st;
}

static enum bulla_status
make_files(struct bulla_ledger *l, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(JOURNAL_HEAD);
	const struct bulla_edge none = { 0 };
	struct bulla_hash root;
	enum bulla_status st;

	bulla_random(l->id, sizeof(l->id));
	st = put_file(l->home, "ledger/index", &b, 0600, err);
	bulla_buf_str(&b, JOURNAL_MAGIC);
	bulla_buf_put(&b, l->id, sizeof(l->id));
	if (st == BULLA_OK)
		st = put_file(l->home, "ledger/journal", &b, 0600, err);
	bulla_edge_root(&none, &root);
	if (st == BULLA_OK)
		st = ledger_write_checkpoint(l, 0, &root, err);
	bulla_buf_free(&b);
	return st;
}

enum bulla_status
bulla_ledger_init(const char *home, const char *name,
    const struct bulla_ask *ask, struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(name);
	struct bulla_ledger l = { .home = home, .ask = ask };
	char path[LEDGER_PATH_MAX];
	enum bulla_status st;
	int lock = -1;

	if (!bulla_keyname_ok(&c))
		return bulla_fail(err, BULLA_E_USAGE, "a log's name has 1 to "
		    "%u of a-z 0-9 . _ / -", BULLA_KEYNAME_MAX);
	st = make_dirs(home, err);
	if (st == BULLA_OK)
		st = ledger_path(path, home, "ledger/lock", err);
	if (st == BULLA_OK)
		st = bulla_lock(path, true, &lock, err);
	if (st == BULLA_OK)
		st = refuse_second(home, err);
	if (st == BULLA_OK)
		st = have_key(&l, name, err);
	if (st == BULLA_OK)
		st = make_files(&l, err);
	bulla_signer_free(&l.signer);
	if (lock != -1)
		(void)close(lock);
	return st;
}
