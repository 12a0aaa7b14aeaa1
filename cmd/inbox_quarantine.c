#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "inbox_quarantine.h"

#include "bulla/enc.h"
#include "bulla/text.h"

#define SWEEP_SECS 3600

static struct {
	pthread_mutex_t mu;
	pthread_cond_t stopped;
	bool stop;
	pthread_t thread;
} sweeper = { .mu = PTHREAD_MUTEX_INITIALIZER };

bool
inbox_quarantine_page(struct inbox *in)
{
	void *p = mmap(NULL, sizeof(*in->page), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return false;
	in->page = p;
	return true;
}

bool
inbox_quarantine_read_only(struct inbox *in)
{
	return mprotect(in->page, sizeof(*in->page), PROT_READ) == 0;
}

void
inbox_quarantine_forget(struct inbox *in)
{
	if (in->page != NULL)
		BULLA_CHECK(munmap(in->page, sizeof(*in->page)) == 0);
	in->page = NULL;
}

void
inbox_quarantine_kept(void *ctx, uint64_t *bytes, uint64_t *packages)
{
	const struct inbox *in = ctx;

	*bytes = atomic_load(&in->page->quarantine_bytes);
	*packages = atomic_load(&in->page->quarantine_packages);
}

/* One at a time: the lanes come here, too. */
static void
sweep(struct inbox *in)
{
	struct bulla_quarantined r;
	struct bulla_err err = { 0 };
	char shown[256];

	pthread_mutex_lock(&sweeper.mu);
	if (bulla_quarantine_sweep(in->cfg.home, &in->quarantine, &r,
	    &err) != BULLA_OK) {
		inbox_tell(in, "event=quarantine-trouble reason=\"%s\"",
		    bulla_text_show_str(shown, sizeof(shown), err.msg));
	} else {
		atomic_store(&in->page->quarantine_bytes, r.bytes);
		atomic_store(&in->page->quarantine_packages, r.packages);
		if (r.removed > 0)
			inbox_tell(in, "event=quarantine-removed packages=%u",
			    r.removed);
	}
	pthread_mutex_unlock(&sweeper.mu);
}

void
inbox_quarantine_tell(struct inbox *in, const struct bulla_received *r)
{
	char hex[2 * BULLA_SHA256_LEN + 1], why[256];

	if (r->accepted)
		return;
	bulla_hex(hex, r->sha256, BULLA_SHA256_LEN);
	(void)bulla_text_show_str(why, sizeof(why), r->quarantined ?
	    r->why.msg : r->not_kept.msg);
	for (char *p = why; (p = strchr(p, '"')) != NULL;)
		*p = '\'';
	inbox_tell(in, "%s sha256=%s package=%s reject=%s bytes=%llu%s "
	    "reason=\"%s\"", r->quarantined ? "event=quarantined" :
	    "event=not-quarantined", hex, r->id, r->reason,
	    (unsigned long long)r->bytes, r->existed ? " known=yes" : "",
	    why);
	sweep(in);
}

static void *
sweeper_run(void *arg)
{
	struct inbox *in = arg;
	struct timespec until;
	bool stop = false;

	while (!stop) {
		sweep(in);
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += SWEEP_SECS;
		pthread_mutex_lock(&sweeper.mu);
		while (!sweeper.stop && pthread_cond_timedwait(
		    &sweeper.stopped, &sweeper.mu, &until) == 0)
			;
		stop = sweeper.stop;
		pthread_mutex_unlock(&sweeper.mu);
	}
	return NULL;
}

enum bulla_status
inbox_quarantine_start(struct inbox *in, struct bulla_err *err)
{
	pthread_condattr_t a;
	bool ok = pthread_condattr_init(&a) == 0;

	/* Nobody sets that clock. */
	if (ok)
		ok = pthread_condattr_setclock(&a, CLOCK_MONOTONIC) == 0 &&
		    pthread_cond_init(&sweeper.stopped, &a) == 0;
	if (ok)
		ok = pthread_create(&sweeper.thread, NULL, sweeper_run,
		    in) == 0;
	return ok ? BULLA_OK : bulla_fail(err, BULLA_E_NOMEM,
	    "no thread could be started");
}

void
inbox_quarantine_stop(void)
{
	pthread_mutex_lock(&sweeper.mu);
	sweeper.stop = true;
	pthread_cond_signal(&sweeper.stopped);
	pthread_mutex_unlock(&sweeper.mu);
	(void)pthread_join(sweeper.thread, NULL);
}
