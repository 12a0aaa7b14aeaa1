#ifndef TRUST_H
#define TRUST_H

#include "cmd.h"

#include "bulla/age.h"
#include "bulla/trust.h"
#include "bulla/x509.h"

#define TRUST_EDITS_MAX 256u
#define TRUST_KEYS_MAX 16u	/* -i */
#define TRUST_DAY INT64_C(86400)

/* What is to be changed in a roster, in the order of the command line. */
enum trust_edit_kind {
	EDIT_ADD,		/* ROLE=VKEY */
	EDIT_UNTIL,		/* KEY=TIME */
	EDIT_AGE,		/* NAME=age1... */
	EDIT_TLS,		/* sha256[=TIME] */
	EDIT_LIFT,		/* sha256 */
	EDIT_ROOT,		/* VKEY=PERSON */
	EDIT_DROP_ROOT,		/* KEY */
};
struct trust_edit {
	enum trust_edit_kind kind;
	const char *arg;
	const char *person;	/* --person behind an --add */
};

struct trust_cmd {
	struct cmd c;
	const char *name;	/* -n, the last one */
	const char *host[BULLA_X509_HOSTS_MAX];	/* every -n */
	size_t n_hosts;
	const char *key_path[TRUST_KEYS_MAX];	/* -i */
	size_t n_key_paths;
	struct bulla_signer signer[TRUST_KEYS_MAX];
	size_t n_signers;
	struct trust_edit edit[TRUST_EDITS_MAX];
	size_t n_edits;
	size_t n_old_keys;	/* in the roster before the edits */
	const char *person;	/* --person NAME */
	const char *role_person[8];	/* --person ROLE=NAME, root last */
	uint64_t threshold;	/* 0: not given */
	const char *expires, *fingerprint, *key, *reason, *from;
	bool ours;		/* --ours */
	bool protect;		/* -p */
	bool told;		/* of suspensions that are not in force */
	int64_t now;
	/* Strings that a roster being made points to. */
	char age_name[BULLA_ROSTER_AGES_MAX][BULLA_KEYNAME_MAX + 1];
	size_t n_age_names;
	char desk[BULLA_AGE_RECIPIENT_MAX];
};

/* A roster and the note it stands in; free with trust_file_free. */
struct trust_file {
	struct bulla_buf note;
	struct bulla_cur text;
	struct bulla_roster *r;
	uint8_t digest[32];
};
#define TRUST_FILE_INIT { .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) }

int trust_init(struct trust_cmd *k);
int trust_show(struct trust_cmd *k);
int trust_fingerprint(struct trust_cmd *k);
int trust_propose(struct trust_cmd *k);
int trust_sign(struct trust_cmd *k);
int trust_pin(struct trust_cmd *k);
int trust_suspend(struct trust_cmd *k);
int trust_agreement(struct trust_cmd *k);
int trust_tls(struct trust_cmd *k);

/*
 * The functions below report a failure themselves; CMD_YES, or the exit
 * status to end with.
 */

/* Parse f->note as a signed roster. Reports nothing. */
enum bulla_status trust_file_parse(struct trust_file *f,
    struct bulla_err *err);
/* Read FILE, or what "ours" and "theirs" stand for. */
int trust_file_read(struct trust_cmd *k, const char *what,
    struct trust_file *f);
/* A roster of the home by side; f->r NULL when there is none. */
int trust_file_of(struct trust_cmd *k, enum bulla_side side,
    struct trust_file *f);
void trust_file_free(struct trust_file *f);

/* HOME/rest, into a buffer of 4096 bytes; false: no home. */
bool trust_home_path(struct trust_cmd *k, const char *rest, char *out);
bool trust_is_there(const char *path);
/* "now", 2026-11-22 or 2026-11-22T03:04:05Z. */
int trust_when(struct trust_cmd *k, const char *opt, const char *arg,
    int64_t *out);
/* "NAME=REST" at the first '='; false when there is none. */
bool trust_pair(const char *arg, struct bulla_cur *name, const char **rest);
/* A person's name that a roster can carry. */
int trust_person(struct trust_cmd *k, const char *arg,
    struct bulla_cur *out);
/* Does TEXT name this key: its vkey, its name, or name+id? */
bool trust_names(const struct bulla_cur *text, const struct bulla_vkey *key);

/* Load all -i into k->signer; fallback: a file below the home, or NULL. */
int trust_load_keys(struct trust_cmd *k, const char *fallback);
void trust_free_keys(struct trust_cmd *k);

/* Apply the edits of the command line to r. */
int trust_edit(struct trust_cmd *k, struct bulla_roster *r);
/* Judge r as a reader will, sign it with all keys loaded: into f. */
int trust_make(struct trust_cmd *k, const struct bulla_roster *r,
    struct trust_file *f);
/* Take a note in, which is kept in the ledger too. */
int trust_take(struct trust_cmd *k, enum bulla_side side,
    const struct trust_file *f, const uint8_t *fingerprint);
int trust_take_suspension(struct trust_cmd *k, const struct bulla_buf *note);
int trust_report_suspension(struct trust_cmd *k,
    const struct bulla_suspend *s);
int trust_record_kept(struct trust_cmd *k, enum bulla_side side,
    const uint8_t *suspension);
/* Add a line to a note with this text. BULLA_E_REFUSED: it has one. */
enum bulla_status trust_add_line(struct bulla_buf *note,
    const struct bulla_cur *text, const struct bulla_signer *s,
    struct bulla_err *err);
/* Into the file itself, unless -o says where else. */
int trust_write_back(struct trust_cmd *k, const char *path,
    const struct bulla_buf *b);
/* To -o or stdout. */
int trust_output(struct trust_cmd *k, const struct bulla_buf *b);
/* On stdout: what was done, the file's side and version, its fingerprint. */
int trust_report(struct trust_cmd *k, const char *done,
    const struct trust_file *f);

#endif
