#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "confine_int.h"

#define HOME_MAX 4096u	/* bytes of a path */
#define ENTRIES_MAX 64u	/* of a home; there are about ten */
#define MORE_MAX 8u

/* All that a process is left with. */
struct left {
	const struct bulla_confine_path *paths;
	struct confine_ports ports;
	unsigned calls;
};

static enum bulla_status
confine(const struct left *l, unsigned layers, unsigned *got,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	bool done = false;

	*got = 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return bulla_fail_sys(err, "no_new_privs");
	if (layers & BULLA_CONFINE_LANDLOCK)
		st = landlock_on(l->paths, &l->ports, &done, err);
	if (st == BULLA_OK && done)
		*got |= BULLA_CONFINE_LANDLOCK;
	done = false;
	if (st == BULLA_OK && layers & BULLA_CONFINE_SECCOMP)
		st = seccomp_on(l->calls, &done, err);
	if (st == BULLA_OK && done)
		*got |= BULLA_CONFINE_SECCOMP;
	return st;
}

enum bulla_status
bulla_confine(const struct bulla_confine_path *paths, unsigned calls,
    unsigned layers, unsigned *got, struct bulla_err *err)
{
	const struct left l = { .paths = paths, .calls = calls };

	return confine(&l, layers, got, err);
}

enum bulla_status
bulla_confine_parser(unsigned layers, unsigned *got, struct bulla_err *err)
{
	return bulla_confine(NULL, 0, layers, got, err);
}

enum bulla_status
bulla_confine_listening(unsigned layers, struct bulla_err *err)
{
	bool done;

	return layers & BULLA_CONFINE_SECCOMP ?
	    seccomp_no_sockets(&done, err) : BULLA_OK;
}

static enum bulla_status
join(char out[HOME_MAX], const char *home, const char *name,
    struct bulla_err *err)
{
	int n = snprintf(out, HOME_MAX, "%s/%s", home, name);

	if (n < 0 || (size_t)n >= HOME_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "the path of the home is too long");
	return BULLA_OK;
}

enum bulla_status
bulla_confine_network(const char *home, const struct bulla_confine_path *more,
    unsigned layers, unsigned *got, struct bulla_err *err)
{
	static const struct {
		const char *name;
		bool write;
	} own[] = { { "incoming", true }, { "answers", true },
	    { "outgoing", false } };
	enum { OWN = sizeof(own) / sizeof(own[0]) };
	struct bulla_confine_path p[OWN + MORE_MAX + 1] = { { 0 } };
	char path[OWN][HOME_MAX];
	enum bulla_status st = BULLA_OK;
	size_t n;

	for (n = 0; n < OWN && st == BULLA_OK; n++) {
		st = join(path[n], home, own[n].name, err);
		p[n].path = path[n];
		p[n].write = own[n].write;
	}
	for (; more != NULL && more->path != NULL; more++) {
		BULLA_CHECK(n < OWN + MORE_MAX);
		p[n++] = *more;
	}
	return st != BULLA_OK ? st : bulla_confine(p, BULLA_CALLS_FILES |
	    BULLA_CALLS_SERVE | BULLA_CALLS_LISTEN, layers, got, err);
}

enum bulla_status
bulla_confine_storekeeper(const struct bulla_confine_store *s,
    unsigned layers, unsigned *got, struct bulla_err *err)
{
	/* Links lead from the first to the rest, and from resolv.conf. */
	static const char *const read_only[] = { "/etc/ssl", "/usr/lib/ssl",
	    "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
	    "/etc/resolv.conf", "/run/systemd/resolve", "/run/resolvconf",
	    "/run/NetworkManager", "/etc/hosts", "/etc/host.conf",
	    "/etc/nsswitch.conf", "/etc/gai.conf", "/dev/urandom" };
	enum { N = sizeof(read_only) / sizeof(read_only[0]) };
	struct bulla_confine_path p[N + 3] = { { .path = s->state,
	    .write = true } };
	const struct left l = { .paths = p, .ports = { s->port, s->n_ports },
	    .calls = BULLA_CALLS_FILES | BULLA_CALLS_CONNECT };
	size_t n = 1;

	for (size_t i = 0; i < N; i++)
		p[n++].path = read_only[i];
	p[n].path = s->ca;
	return confine(&l, layers, got, err);
}

/* A rule is for all beneath a path: what is not meant has to be left out. */
static bool
is_signers(const char *name)
{
	static const char *const others[] = { ".", "..", "incoming",
	    "answers", "outgoing", "s3", "s3.conf" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(name, others[i]) == 0)
			return false;
	return true;
}

static enum bulla_status
signers_paths(const char *home, struct bulla_confine_path *p, size_t *n,
    struct bulla_err *err)
{
	DIR *d = opendir(home);
	enum bulla_status st = BULLA_OK;
	char path[HOME_MAX];
	struct dirent *e;

	if (d == NULL)
		return bulla_fail_sys(err, "the home");
	while (st == BULLA_OK && (e = readdir(d)) != NULL) {
		if (!is_signers(e->d_name))
			continue;
		if (*n == ENTRIES_MAX)
			st = bulla_fail(err, BULLA_E_LIMIT, "over %u files "
			    "and directories in the home", ENTRIES_MAX);
		if (st == BULLA_OK)
			st = join(path, home, e->d_name, err);
		if (st != BULLA_OK)
			break;
		p[*n] = (struct bulla_confine_path){ .path = strdup(path),
		    .write = true };
		if (p[*n].path == NULL)
			st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		else
			++*n;
	}
	(void)closedir(d);
	return st;
}

enum bulla_status
bulla_confine_signer(const char *home, unsigned layers, unsigned *got,
    struct bulla_err *err)
{
	struct bulla_confine_path p[ENTRIES_MAX + 2] = { { 0 } };
	size_t n = 0;
	enum bulla_status st = signers_paths(home, p, &n, err);

	/* A passphrase may be asked for when the log's key is first needed. */
	p[n] = (struct bulla_confine_path){ .path = "/dev/tty",
	    .write = true };
	if (st == BULLA_OK)
		st = bulla_confine(p, BULLA_CALLS_FILES | BULLA_CALLS_END,
		    layers, got, err);
	while (n > 0) {
		char *s;

		memcpy(&s, &p[--n].path, sizeof(s));	/* ours, from strdup */
		free(s);
	}
	return st;
}

static enum bulla_status
limit(__rlimit_resource_t what, unsigned long n, struct bulla_err *err)
{
	const struct rlimit r = { n, n };

	if (n != 0 && setrlimit(what, &r) != 0)
		return bulla_fail_sys(err, "setrlimit");
	return BULLA_OK;
}

enum bulla_status
bulla_limit_usage(const struct bulla_usage *u, struct bulla_err *err)
{
	/* At the first it is told, so that its parent sees why it died. */
	const struct rlimit cpu = { u->cpu_secs, u->cpu_secs + 1 };
	enum bulla_status st = BULLA_OK;

	if (u->cpu_secs != 0 && setrlimit(RLIMIT_CPU, &cpu) != 0)
		st = bulla_fail_sys(err, "setrlimit");
	if (st == BULLA_OK)
		st = limit(RLIMIT_AS, u->memory, err);
	return st == BULLA_OK ? limit(RLIMIT_FSIZE, u->file, err) : st;
}
