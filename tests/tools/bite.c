/*
 * bite ROLE LAYERS SCRATCH: does confinement bite? For each action a process
 * is confined as ROLE (verifier, signer, network, storekeeper) with LAYERS
 * (none, landlock, both), with the home SCRATCH/home, and tries it. A line for
 * each:
 *
 *	ACTION allowed | refused | absent | failed
 *
 * refused is EPERM or EACCES, absent ENOSYS. Exit 77 where the kernel lacks
 * the layers. bite abi: Landlock's version here, 0 for none.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "bite_actions.h"
#include "bulla/confine.h"
#include "loopback.h"

enum { ALLOWED, REFUSED, ABSENT, OTHER };

static void
put_file(const char *name)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT, 0600);

	if (fd == -1 || close(fd) != 0)
		err(3, "%s", name);
}

static void
prepare(void)
{
	static const char *const dirs[] = { "outside", "home", "home/keys",
	    "home/packages", "home/incoming", "home/answers",
	    "home/quarantine" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (mkdir(in_dir(dirs[i]), 0700) != 0 && errno != EEXIST)
			err(3, "%s", dirs[i]);
	put_file("outside/victim");
	put_file("home/keys/receiver.key");
	put_file("home/packages/p.bulla");
	put_file("home/quarantine/q.bulla");
	server = loopback_listen(&at);
	other = loopback_listen(&other_at);
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	plain = socket(AF_INET, SOCK_STREAM, 0);
	if (server == -1 || other == -1 || tcp == -1 || plain == -1)
		err(3, "socket");
	victim = fork();
	/* To kill(2) that would be everybody. */
	if (victim == -1)
		err(3, "fork");
	if (victim == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
		for (;;)
			(void)pause();
	}
}

static unsigned
confine(const char *role, unsigned layers)
{
	const uint16_t port = ntohs(at.sin_port);
	const struct bulla_confine_store store = { .port = &port,
	    .n_ports = 1, .state = in_dir("home/s3") };
	struct bulla_err e = { 0 };
	enum bulla_status st;
	unsigned got = 0;

	if (layers == 0)
		return 0;
	if (strcmp(role, "verifier") == 0)
		st = bulla_confine_parser(layers, &got, &e);
	else if (strcmp(role, "storekeeper") == 0)
		st = bulla_confine_storekeeper(&store, layers, &got, &e);
	else if (strcmp(role, "signer") == 0)
		st = bulla_confine_signer(in_dir("home"), layers, &got, &e);
	else
		st = bulla_confine_network(in_dir("home"), NULL, layers, &got,
		    &e);
	if (st == BULLA_OK && strcmp(role, "network") == 0)
		st = bulla_confine_listening(layers, &e);
	if (st != BULLA_OK)
		errx(3, "%s", e.msg);
	return got;
}

static int
run(const struct action *a, const char *role, unsigned layers)
{
	if (confine(role, layers) != layers)
		return 77;
	if (a->run() >= 0)
		return ALLOWED;
	if (errno == EPERM || errno == EACCES)
		return REFUSED;
	if (errno == ENOSYS)
		return ABSENT;
	fprintf(stderr, "%s: %s\n", a->name, strerror(errno));
	return OTHER;
}

int
main(int argc, char **argv)
{
	static const char *const words[] = { "allowed", "refused", "absent",
	    "failed" };
	unsigned layers;
	int status;

	if (argc == 2 && strcmp(argv[1], "abi") == 0) {
		long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u);

		printf("%ld\n", abi > 0 ? abi : 0);
		return 0;
	}
	if (argc != 4)
		errx(2, "usage: bite abi; bite ROLE none|landlock|both "
		    "SCRATCH");
	layers = strcmp(argv[2], "both") == 0 ? BULLA_CONFINE_BOTH :
	    strcmp(argv[2], "landlock") == 0 ? BULLA_CONFINE_LANDLOCK : 0;
	dir = argv[3];
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		pid_t pid;

		prepare();
		(void)fflush(NULL);
		pid = fork();
		if (pid == 0)
			_exit(run(&actions[i], argv[1], layers));
		if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
			errx(3, "%s: died", actions[i].name);
		(void)kill(victim, SIGKILL);
		(void)waitpid(victim, NULL, 0);
		(void)umount2(in_dir("outside"), MNT_DETACH);
		(void)close(server);
		(void)close(other);
		(void)close(tcp);
		(void)close(plain);
		if (WEXITSTATUS(status) == 77)
			return 77;
		if (WEXITSTATUS(status) > OTHER)
			return 3;
		printf("%s %s\n", actions[i].name, words[WEXITSTATUS(status)]);
	}
	return 0;
}
