#ifndef BULLA_FORMAT_STIX_INT_H
#define BULLA_FORMAT_STIX_INT_H

#include <stdbool.h>

#include "bulla/cur.h"

/* The pieces of a STIX pattern (stix_literal.c), for stix_pattern.c. */
struct stix_parser {
	struct bulla_cur all, c;
	unsigned nest;
	struct bulla_err *err;
};

bool stix_is_space(uint8_t b);
bool stix_is_letter(uint8_t b);
bool stix_is_digit(uint8_t b);
void stix_skip(struct stix_parser *p);
/* BULLA_E_FORMAT: what, and not what stands here. */
enum bulla_status stix_expected(struct stix_parser *p, const char *what);
/* After space: exactly this; the next word, not consumed; this word. */
bool stix_eat(struct stix_parser *p, const char *lit);
bool stix_next_word(struct stix_parser *p, struct bulla_cur *out);
bool stix_word(struct stix_parser *p, const char *w);

BULLA_NODISCARD enum bulla_status stix_string(struct stix_parser *p,
    struct bulla_cur *out);
/* whole: without a fraction. */
BULLA_NODISCARD enum bulla_status stix_number(struct stix_parser *p,
    bool whole);
BULLA_NODISCARD enum bulla_status stix_time(struct stix_parser *p);
BULLA_NODISCARD enum bulla_status stix_literal(struct stix_parser *p);

#endif
