#ifndef BULLA_CORE_THREAD_INT_H
#define BULLA_CORE_THREAD_INT_H

#include "bulla/custody.h"
#include "bulla/thread.h"

/* Growing arrays: room for one more, zeroed. NULL: out of memory. */
void *thread_more(void *v, size_t *cap, size_t n, size_t size);

/*
 * A custody note that names a seal, or a reject that names the relinquish note
 * that it answers, as the ledger (or custody/) has it.
 */
struct thread_note {
	char id[BULLA_ID_LEN + 1];
	uint8_t seal[32], digest[32];
	uint8_t answers[32];		/* of a reject: a relinquish note */
	enum thread_note_what { THREAD_RECEIVE, THREAD_RELINQUISH,
		THREAD_REJECT, THREAD_OTHER } what;
	int by;				/* side of the actor; -1: another */
	int64_t time;			/* as it claims */
	uint64_t index;			/* first record; UINT64_MAX: none */
	uint8_t *bytes;			/* of an answer: with most lines */
	size_t len;
};
/* What is known of the home while it is read. */
struct thread_reader {
	const struct bulla_threads_from *from;
	struct bulla_home *h;
	struct bulla_threads *out;
	struct thread_note *note;	/* by id, digest */
	size_t n_notes, cap_notes;
	struct bulla_vkeys sealers, receivers, witnesses;
	uint64_t *size;			/* cosigned checkpoints, ascending */
	int64_t *time;			/* of each; -1: not looked at yet */
	size_t n_sizes;
	struct bulla_event *event;	/* of packages, as they are found */
	size_t n_events, cap_events;
	size_t cap_strays;
};
BULLA_NODISCARD enum bulla_status thread_read_notes(struct thread_reader *r,
    struct bulla_err *err);
void thread_reader_free(struct thread_reader *r);
/* When their witness first cosigned what covers this record; 0: not yet. */
int64_t thread_proven(struct thread_reader *r, uint64_t index);
/* The same for any note on this seal. */
int64_t thread_proven_seal(struct thread_reader *r, const char *id,
    const uint8_t seal[32]);
/*
 * May all of these sign in one of the roles, now or when it was proved?
 * index: of the record that proves it, or UINT64_MAX.
 */
BULLA_NODISCARD enum bulla_status thread_may(struct thread_reader *r,
    enum bulla_side side, const struct bulla_verified *v, unsigned roles,
    int64_t proven, struct bulla_err *err);
/* Fill in received, proof, receipt, countersigned of a package's event. */
void thread_received(struct thread_reader *r, struct bulla_event *e,
    const uint8_t seal[32]);
/* Our side's number is that of the enum in this home. */
enum bulla_side thread_side(const struct bulla_threads *t, int by);

/* Events of packages into r->event; strays into r->out. */
BULLA_NODISCARD enum bulla_status thread_read_packages(
    struct thread_reader *r, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status thread_stray(struct thread_reader *r,
    const struct bulla_event *e, const char *why, struct bulla_err *err);
/* Events become threads. */
BULLA_NODISCARD enum bulla_status thread_group(struct thread_reader *r,
    struct bulla_err *err);

/* Is it one that answers (of the asker or not), as bulla/reqdoc.h lists? */
bool thread_is_reply(const struct bulla_event *e);
bool thread_is(const struct bulla_event *e, const char *kind);

/* Judging: what the events say, then the deadlines. */
struct thread_walk {
	const struct bulla_threads *all;
	struct bulla_thread *t;
	const struct bulla_agreement *a;	/* may be NULL */
	const struct bulla_class *c;	/* may be NULL */
	struct bulla_calendar cal;
	int64_t now;
	bool ended;			/* withdrawn or closed */
	size_t ack, first, final;	/* events; 0: none */
	size_t extensions[2];		/* of the hold, by side */
};
/* As far as the events so far say; 0: the clock stands. */
int64_t thread_final_due(const struct thread_walk *w);
BULLA_NODISCARD enum bulla_status thread_walk(struct thread_walk *w,
    struct bulla_err *err);
void thread_clocks(struct thread_walk *w);
/* OWN: what who holds the data has promised less than is agreed. */
void thread_promised(struct bulla_thread *t);
/*
 * Does a question of the other side wait for an answer just before then? The
 * events are in order. What this judges is judged anew later.
 */
BULLA_NODISCARD enum bulla_status thread_stands(struct bulla_threads *all,
    struct bulla_thread *t, int64_t at, bool *out, struct bulla_err *err);

#endif
