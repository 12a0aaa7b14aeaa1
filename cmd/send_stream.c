#include <signal.h>
#include <string.h>

#include "send.h"

#include "bulla/package.h"
#include "bulla/ustar.h"

static volatile sig_atomic_t stopping;

/* What goes by, on its way to the network. */
struct sight {
	struct send *s;
	struct bulla_ustar_walk walk;
	bool known, package;
	char id[BULLA_ID_LEN + 1];
};

static void
stop(int sig)
{
	(void)sig;
	stopping = 1;
}

/* So that there is time to delete what nobody can finish. */
static void
signals(void)
{
	struct sigaction a = { .sa_handler = stop };

	(void)sigemptyset(&a.sa_mask);
	(void)sigaction(SIGTERM, &a, NULL);
	(void)sigaction(SIGINT, &a, NULL);
	(void)sigaction(SIGHUP, &a, NULL);
}

/* Plain evidence must not leave the house: seen before anything is sent. */
static enum bulla_status
begin(struct sight *g, struct bulla_err *err)
{
	g->known = true;
	g->package = bulla_package_id(&g->walk.first, g->id);
	return g->package ? BULLA_OK : send_no_package(&g->s->c, &g->s->cfg,
	    err);
}

static enum bulla_status
end(const struct sight *g, struct bulla_err *err)
{
	static const char tail[] = "/closing.note";
	const char *name = g->walk.last.name;

	if (!g->known)	/* less than one block, or nothing */
		return g->walk.have == 0 ? BULLA_OK :
		    send_no_package(&g->s->c, &g->s->cfg, err);
	if (bulla_ustar_walked(&g->walk) &&
	    memcmp(name, g->id, BULLA_ID_LEN) == 0 &&
	    strcmp(name + BULLA_ID_LEN, tail) == 0)
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_INCOMPLETE, "standard input ended "
	    "within the package: nothing was delivered");
}

static enum bulla_status
see(void *ctx, const void *p, size_t n, struct bulla_err *err)
{
	struct sight *g = ctx;
	enum bulla_status st, begun = BULLA_OK;

	if (g->known && !g->package)
		return BULLA_OK;	/* --no-receipt: sent as it is */
	if (n == 0)
		return end(g, err);
	st = bulla_ustar_walk(&g->walk, p, n, err);
	if (!g->known && (st != BULLA_OK || g->walk.n_members > 0))
		begun = begin(g, err);
	return begun != BULLA_OK || !g->package ? begun : st;
}

enum bulla_status
send_stream(struct send *s, struct bulla_buf *receipt, struct bulla_err *err)
{
	struct sight g = { .s = s };
	struct bulla_send_stream in = { .fd = 0, .see = see, .ctx = &g };
	enum bulla_status st;

	signals();
	s->cfg.stop = &stopping;
	st = bulla_send_stream(&s->cfg, &in, receipt, err);
	if (st != BULLA_OK)
		return st;
	s->what.size = in.size;
	memcpy(s->what.sha256, in.sha256, sizeof(in.sha256));
	memcpy(s->home.pkg.opening.id, g.id, sizeof(g.id));
	return BULLA_OK;
}
