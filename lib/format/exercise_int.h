#ifndef EXERCISE_INT_H
#define EXERCISE_INT_H

#include <stdbool.h>

#include "bulla/exercise.h"

/* A line taken apart word by word; exactly one space between two. */
struct exercise_line {
	unsigned line;
	struct bulla_cur rest, word;
};

/* The next word into l->word. */
bool exercise_word(struct exercise_line *l);
bool exercise_name_ok(const struct bulla_cur *c);
/* BULLA_E_FORMAT: the word, and the rule that it breaks. */
enum bulla_status exercise_bad(const struct exercise_line *l,
    const char *rule, struct bulla_err *err);

BULLA_NODISCARD enum bulla_status exercise_step(struct exercise_line *l,
    struct bulla_exercise *x, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status exercise_fault(struct exercise_line *l,
    struct bulla_exercise *x, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status exercise_notice(struct exercise_line *l,
    struct bulla_exercise *x, struct bulla_err *err);

#endif
