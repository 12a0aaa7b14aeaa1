#ifndef CUSTODY_H
#define CUSTODY_H

#include "cmd.h"
#include "cmd_home.h"

#include "bulla/chain.h"
#include "bulla/stamp.h"

#define CUSTODY_KEYS_MAX 16u	/* -i */
#define CUSTODY_SET_MAX 64u	/* -s */

/* What the verbs of bulla-custody share. */
struct custody_cmd {
	struct cmd c;
	struct cmd_home m;
	const char *key[CUSTODY_KEYS_MAX];	/* -i */
	size_t n_keys;
	const char *set[CUSTODY_SET_MAX];	/* -s */
	size_t n_set;
	const char *package;			/* --package */
	const char *query, *reply, *url;	/* stamp: --query and so on */
	const char *tsa_ca, *cacert, *policy;	/* --tsa-ca and so on */
	struct bulla_stamps stamps;		/* of custody_load */
	struct bulla_signer signer[CUSTODY_KEYS_MAX];
	size_t n_signers;
};

int custody_add(struct custody_cmd *k);
int custody_show(struct custody_cmd *k);
int custody_countersign(struct custody_cmd *k);
int custody_check(struct custody_cmd *k);
int custody_take(struct custody_cmd *k);
int custody_export(struct custody_cmd *k);
int custody_stamp(struct custody_cmd *k);

/* Both chains of a package, verified as far as there are rosters. */
struct custody_pair {
	const char *id;
	struct bulla_chain ours, theirs;
	struct bulla_chain_step *step;	/* both, in one order */
	size_t n_steps;
	struct bulla_chain_holder holder;
	struct bulla_buf findings;	/* lines; none: empty */
	/* By the package in the home, or by who acts: no evidence. */
	bool exercise;
};
/* Opens the home; CMD_YES or an exit status that was reported. */
int custody_home(struct custody_cmd *k);
/* The operand ID; NULL: reported, *code is the exit status. */
const char *custody_id(struct custody_cmd *k, int *code);
/* The same, and nothing may follow it. */
const char *custody_only_id(struct custody_cmd *k, int *code);
/* Load, check and merge; CMD_YES also with findings. Free it in any case. */
int custody_load(struct custody_cmd *k, const char *id,
    struct custody_pair *p);
/* The same; a package without notes is CMD_NO, reported. */
int custody_load_notes(struct custody_cmd *k, const char *id,
    struct custody_pair *p);
void custody_pair_free(struct custody_pair *p);
/* The keys of -i, else HOME/keys/<name>.key of the first name there is. */
int custody_signers(struct custody_cmd *k, const char *const names[2]);
/* bulla_proven_fn; ctx is the struct custody_cmd. */
int64_t custody_proven(void *ctx, const struct bulla_cur *note);
/* The whole note to -o or stdout, or as JSON. */
int custody_print_note(struct custody_cmd *k, const struct bulla_buf *note);
/* Record a note that is durable in the chain already. */
int custody_record(struct custody_cmd *k, const struct bulla_cur *note);
/*
 * HOME/packages/<id>.bulla into out of 4096 bytes; false when there is none.
 */
bool custody_package_path(struct custody_cmd *k, const char *id, char *out);
/* -s, the home and the package file fill in an event (custody_fields.c). */
struct custody_draft {
	struct bulla_custody c;
	char sum[65], known[65];	/* of the file; as the notes say */
	char relinquish[65], bytes[24];
	char person[2][BULLA_PERSON_MAX + 1];
	bool hashed;		/* sum and bytes are of a file that was read */
};
int custody_fill(struct custody_cmd *k, const struct custody_pair *p,
    struct custody_draft *d);
/*
 * --package, else the stored one where its digest is wanted: seal, digest,
 * bytes, and whether the seal is whole.
 */
int custody_read_package(struct custody_cmd *k, const char *id,
    struct custody_draft *d);
/* Has the event such a field? */
bool custody_wants(const struct bulla_custody *c, const char *label);
/* What was given for it ("-" counts); NULL: nothing. */
struct bulla_cur *custody_own_value(struct bulla_custody *c,
    const char *label);
/* A value for a field that the event has, when none was given. */
void custody_offer(struct bulla_custody *c, const char *label,
    const char *value);

/* How a signature line is judged (custody_sigs.c). */
enum custody_verdict {
	CUSTODY_GOOD, CUSTODY_UNCHECKED, CUSTODY_UNKNOWN, CUSTODY_NO_RIGHT,
	CUSTODY_INVALID,
};
struct custody_sig {
	struct bulla_cur name;	/* into the note */
	enum custody_verdict verdict;
	struct bulla_err why;	/* of NO_RIGHT */
};
const char *custody_verdict_text(enum custody_verdict v);
/* One for each line; returns how many. */
unsigned custody_sigs(struct custody_cmd *k,
    const struct bulla_chain_step *s,
    struct custody_sig out[BULLA_NOTE_SIGS_MAX]);
/* When all of a note but later countersignatures was proved; 0: not yet. */
int64_t custody_time(struct custody_cmd *k, const struct bulla_chain_step *s);

/*
 * The time stamp of a note (custody_stamp.c): BULLA_OK, BULLA_E_NOMATCH when it
 * has none, else why it does not verify, as a finding would say it.
 */
enum bulla_status custody_stamped(struct custody_cmd *k,
    const struct custody_pair *p, const struct bulla_chain_step *s,
    struct bulla_tsp *out, struct bulla_err *err);

/* The page for people. */
int custody_page(struct custody_cmd *k, const struct custody_pair *p);
/* sha256 of the package file: the first seal or receive, else the last word. */
bool custody_sum(const struct custody_pair *p, struct bulla_cur *out);
/* Is it kept beside the chain because its place is taken? */
bool custody_is_conflict(const struct custody_pair *p,
    const struct bulla_link *l);
/* What a note says, as a sentence or two. */
void custody_words(struct bulla_buf *b, const struct custody_pair *p,
    const struct bulla_link *l);
/*
 * "A 3": the side that acted first is A, on both sides' pages alike; a note
 * that is not there is "?".
 */
char custody_letter(const struct custody_pair *p, enum bulla_side side);
void custody_name(struct bulla_buf *b, const struct custody_pair *p,
    const uint8_t digest[32]);

/* README.txt of an export */
void custody_readme(struct custody_cmd *k, const struct custody_pair *p,
    struct bulla_buf *out);

#endif
