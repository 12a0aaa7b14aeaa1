#ifndef BULLA_CORE_MONITOR_INT_H
#define BULLA_CORE_MONITOR_INT_H

#include "bulla/monitor.h"
#include "bulla/package.h"
#include "bulla/trust.h"

/* A set of digests: added to, then sorted once, then asked. */
struct digests {
	uint8_t (*v)[BULLA_SHA256_LEN];
	size_t n, cap;
};

/* An opening with a number, of one pair of agencies. */
struct numbered {
	char from[BULLA_KEYNAME_MAX + 1], to[BULLA_KEYNAME_MAX + 1];
	uint64_t sequence;
	uint8_t digest[BULLA_SHA256_LEN];
	bool linked;			/* what comes before it is known: */
	bool has_previous;
	uint8_t previous[BULLA_SHA256_LEN];
};

struct monitor {
	const struct bulla_monitor *m;
	struct bulla_monitored *out;
	struct bulla_trust *trust;	/* NULL: no roster */
	struct bulla_ledger *ledger;	/* NULL: not usable */
	struct bulla_vkeys all;		/* every key of the rosters */
	struct bulla_vkeys logs, witnesses;	/* of theirs */
	struct digests recorded;	/* texts of the notes in our ledger */
	struct digests seals;		/* that custody notes there name */
	struct numbered *number;
	size_t n_numbers, cap_numbers;
};
void monitor_found(struct monitor *m, enum bulla_finding f, const char *fmt,
    ...) BULLA_PRINTF(3, 4);
void monitor_remark(struct monitor *m, const char *fmt, ...)
    BULLA_PRINTF(2, 3);
/* A failure that says something about the files is a finding, others stay. */
BULLA_NODISCARD enum bulla_status monitor_damage(struct monitor *m,
    enum bulla_status st, struct bulla_err *err);

/* Their public ledger against what our witness remembers. */
BULLA_NODISCARD enum bulla_status monitor_theirs(struct monitor *m,
    struct bulla_err *err);
/* What stands in our ledger; then the notes and packages of the home. */
BULLA_NODISCARD enum bulla_status monitor_records(struct monitor *m,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status monitor_kept(struct monitor *m,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status monitor_number(struct monitor *m,
    const struct bulla_opening *o, const uint8_t digest[BULLA_SHA256_LEN],
    struct bulla_err *err);
/* The numbers that were given, and all that was seen of openings. */
BULLA_NODISCARD enum bulla_status monitor_gaps(struct monitor *m,
    struct bulla_err *err);

#endif
