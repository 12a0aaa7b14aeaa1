#ifndef BULLA_ERR_H
#define BULLA_ERR_H

/*
 * Status codes and error text, the same everywhere in libbulla.
 *
 * A function that can fail returns an enum bulla_status; BULLA_OK is zero.
 * Each value stands for one thing that a caller would do next, not for one
 * place in the code: the place and the reason go into struct bulla_err.
 * The library never prints, exits, logs or keeps global state.
 */

#define BULLA_NODISCARD __attribute__((warn_unused_result))
#define BULLA_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum bulla_status {
	BULLA_OK = 0,
	BULLA_E_FORMAT,		/* input is not well formed */
	BULLA_E_LIMIT,		/* well formed, but over a documented limit */
	BULLA_E_MISMATCH,	/* well formed, but does not verify */
	BULLA_E_REFUSED,	/* verifies, but a rule of ours forbids it */
	BULLA_E_NOMATCH,	/* none of the identities opens it,
				 * or wrong passphrase */
	BULLA_E_USAGE,		/* the caller's parameters make no sense */
	BULLA_E_NOKEY,		/* no known key to verify with */
	BULLA_E_INCOMPLETE,	/* input ends early */
	BULLA_E_AGAIN,		/* network or the other side: try again later */
	BULLA_E_IO,		/* the operating system said no:
				 * see sys_errno */
	BULLA_E_NOMEM,		/* memory is exhausted */
	BULLA_E_UNSUPPORTED,	/* needs a feature that this build lacks */
	BULLA_E_UNSAFE,		/* a secret file with unsafe mode,
				 * owner or type */
};

/* Caller-owned; the text is one line, English, without a final period. */
struct bulla_err {
	enum bulla_status st;
	int sys_errno;		/* for BULLA_E_IO, else 0 */
	char msg[512];		/* built outward:
				 * "seal: manifest: line 7: ..." */
};

/*
 * Record a failure and return st, so that "return bulla_fail(...)" reads as
 * one sentence. err may be NULL. errno is kept as it was. Text that came from
 * input must be escaped first (bulla_text_escape).
 */
enum bulla_status bulla_fail(struct bulla_err *err, enum bulla_status st,
    const char *fmt, ...) BULLA_PRINTF(3, 4);

/* The same for a failed system call: BULLA_E_IO, and ": <reason>" appended. */
enum bulla_status bulla_fail_sys(struct bulla_err *err, const char *fmt, ...)
    BULLA_PRINTF(2, 3);

/* Put "<text>: " before what err says already; returns st. */
enum bulla_status bulla_wrap(struct bulla_err *err, enum bulla_status st,
    const char *fmt, ...) BULLA_PRINTF(3, 4);

/* A short fixed word for each status, for programs: "mismatch", "io", ... */
const char *bulla_status_name(enum bulla_status st);

/* A mistake of the programmer, in release builds too: abort with the place. */
#define BULLA_CHECK(cond) \
	((cond) ? (void)0 : bulla_check_failed(__FILE__, __LINE__, #cond))
_Noreturn void bulla_check_failed(const char *file, int line,
    const char *what);

#endif
