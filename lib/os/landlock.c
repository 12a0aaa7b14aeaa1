#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine_int.h"

#include "bulla/text.h"

#define SHOWN 256u

/*
 * The kernel's interface, landlock(7), spelled out: the system's headers may
 * be older than its kernel. What a version does not know is left out.
 */
#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT 2

#define FS_WRITE_FILE (1ull << 1)
#define FS_READ_FILE (1ull << 2)
#define FS_READ_DIR (1ull << 3)
#define FS_FIRST 0x1fffull	/* all of the first version: 13 rights */
#define FS_REMOVE_DIR (1ull << 4)
#define FS_REMOVE_FILE (1ull << 5)
#define FS_MAKE_DIR (1ull << 7)
#define FS_MAKE_REG (1ull << 8)
#define FS_MAKE_SOCK (1ull << 9)
#define FS_REFER (1ull << 13)		/* version 2 */
#define FS_TRUNCATE (1ull << 14)	/* 3 */
#define NET_CONNECT_TCP (1ull << 1)	/* 4 */
#define FS_IOCTL_DEV (1ull << 15)	/* 5 */
#define SCOPE_ABSTRACT_UNIX 1ull	/* 6 */

#define OF_FILES (FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)
#define READING (FS_READ_FILE | FS_READ_DIR)
#define WRITING (READING | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | \
	FS_MAKE_DIR | FS_MAKE_REG | FS_REFER | FS_TRUNCATE)
#define SOCKETS (FS_MAKE_SOCK | FS_REMOVE_FILE)

struct ruleset {
	uint64_t fs, net, scoped;
};
struct beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));
struct net_port {
	uint64_t allowed, port;		/* of this CPU's byte order */
};

static long
ruleset_create(const struct ruleset *r, size_t len, unsigned flags)
{
	return syscall(SYS_landlock_create_ruleset, r, len, flags);
}

/* What is forbidden unless a rule allows it; len as this version has it. */
static struct ruleset
handled(long version, size_t *len)
{
	struct ruleset r = { .fs = FS_FIRST };

	*len = sizeof(r.fs);
	if (version >= 2)
		r.fs |= FS_REFER;
	if (version >= 3)
		r.fs |= FS_TRUNCATE;
	if (version >= 4) {
		/* To bind is for the network process, and ends by seccomp. */
		r.net = NET_CONNECT_TCP;
		*len = 2 * sizeof(r.fs);
	}
	if (version >= 5)
		r.fs |= FS_IOCTL_DEV;
	if (version >= 6) {
		r.scoped = SCOPE_ABSTRACT_UNIX;
		*len = sizeof(r);
	}
	return r;
}

static enum bulla_status
allow(int rules, const struct ruleset *r, const struct bulla_confine_path *p,
    struct bulla_err *err)
{
	struct beneath b = { .allowed = p->sockets ? SOCKETS : p->write ?
	    WRITING : READING };
	enum bulla_status st = BULLA_OK;
	char shown[SHOWN];
	struct stat sb;

	(void)bulla_text_show_str(shown, sizeof(shown), p->path);
	b.parent = open(p->path, O_PATH | O_CLOEXEC);
	if (b.parent == -1)
		return errno == ENOENT || errno == ENOTDIR ||
		    errno == ENXIO ? BULLA_OK :
		    bulla_fail_sys(err, "%s", shown);
	if (fstat(b.parent, &sb) != 0)
		st = bulla_fail_sys(err, "%s", shown);
	if (st == BULLA_OK && !S_ISDIR(sb.st_mode))
		b.allowed &= OF_FILES;
	/* The terminal that passphrases are asked on */
	if (st == BULLA_OK && S_ISCHR(sb.st_mode))
		b.allowed |= FS_IOCTL_DEV;
	b.allowed &= r->fs;
	if (st == BULLA_OK && syscall(SYS_landlock_add_rule, rules,
	    RULE_PATH_BENEATH, &b, 0) != 0)
		st = bulla_fail_sys(err, "landlock: %s", shown);
	(void)close(b.parent);
	return st;
}

/* Where this version does not count ports, all of them are allowed anyway. */
static enum bulla_status
allow_ports(int rules, const struct ruleset *r,
    const struct confine_ports *ports, struct bulla_err *err)
{
	for (size_t i = 0; r->net != 0 && i < ports->n; i++) {
		const struct net_port p = { NET_CONNECT_TCP, ports->v[i] };

		if (syscall(SYS_landlock_add_rule, rules, RULE_NET_PORT, &p,
		    0) != 0)
			return bulla_fail_sys(err, "landlock: port %u",
			    ports->v[i]);
	}
	return BULLA_OK;
}

enum bulla_status
landlock_on(const struct bulla_confine_path *paths,
    const struct confine_ports *ports, bool *done, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	struct ruleset r;
	size_t len;
	long version;
	int rules;

	*done = false;
	version = ruleset_create(NULL, 0, CREATE_RULESET_VERSION);
	if (version < 1)
		return BULLA_OK;	/* too old, or switched off */
	r = handled(version, &len);
	rules = (int)ruleset_create(&r, len, 0);
	if (rules == -1)
		return bulla_fail_sys(err, "landlock");
	for (; paths != NULL && paths->path != NULL && st == BULLA_OK; paths++)
		st = allow(rules, &r, paths, err);
	if (st == BULLA_OK)
		st = allow_ports(rules, &r, ports, err);
	if (st == BULLA_OK && syscall(SYS_landlock_restrict_self, rules,
	    0) != 0)
		st = bulla_fail_sys(err, "landlock");
	(void)close(rules);
	*done = st == BULLA_OK;
	return st;
}
