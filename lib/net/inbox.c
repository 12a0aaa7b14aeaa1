#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inbox_http.h"
#include "inbox_int.h"

#include "bulla/file.h"

#define NET_THREADS 4u
#define WORK_THREADS 4u
#define JUDGE_THREADS 2u
/*
 * Bytes of header that one may send. Half of them are for what comes in: with
 * room for a TLS record (16 KiB) a body is read in half as many pieces.
 */
#define CONN_MEMORY (48u << 10)

static void *
watch(void *arg)
{
	struct bulla_inbox *ib = arg;
	struct timespec t;

	pthread_mutex_lock(&ib->mu);
	while (!ib->stopping) {
		BULLA_CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
		t.tv_sec++;
		(void)pthread_cond_timedwait(&ib->tick, &ib->mu, &t);
		pthread_mutex_unlock(&ib->mu);
		conns_watch(ib);
		uploads_tick(ib);
		uploads_expire(ib);
		ends_watch(ib);
		answers_forget(ib);
		pthread_mutex_lock(&ib->mu);
	}
	pthread_mutex_unlock(&ib->mu);
	return NULL;
}

/* Paths are taken raw: one spelling each, and no escape to be mistaken. */
static size_t
no_unescape(void *ctx, struct MHD_Connection *mhd, char *s)
{
	(void)ctx;
	(void)mhd;
	return strlen(s);
}

static void
tls_options(const struct bulla_inbox *ib, const struct tls_files *t,
    struct MHD_OptionItem o[5])
{
	size_t n = 0;

	if (!ib->plain) {
		o[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0,
		    t->key.p };
		o[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT,
		    0, t->cert.p };
		o[n++] = (struct MHD_OptionItem){
		    MHD_OPTION_HTTPS_PRIORITIES, 0, tls_priorities };
	}
	if (!ib->plain && t->ca.len > 0)
		o[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_TRUST,
		    0, t->ca.p };
	o[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
}

static enum bulla_status
mhd_start(struct bulla_inbox *ib, int fd, struct bulla_err *err)
{
	struct MHD_OptionItem tls[5];
	struct tls_files t;
	enum bulla_status st;

	st = tls_load(&t, ib, err);
	if (st != BULLA_OK)
		goto out;
	tls_options(ib, &t, tls);
	/*
	 * Not with epoll: libmicrohttpd asks for edges then. Of half a
	 * handshake it thinks that there is more to read, and tries again and
	 * again; and it misses the end that comes right behind half a record,
	 * which GnuTLS calls "again". A thread has a quarter of the
	 * connections to look at.
	 */
	ib->mhd = MHD_start_daemon((ib->plain ? 0 : MHD_USE_TLS) |
	    MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC |
	    MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, http_access, ib,
	    MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_THREAD_POOL_SIZE, NET_THREADS,
	    MHD_OPTION_CONNECTION_LIMIT, BULLA_INBOX_CONNS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, ib->cfg.idle_secs,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONN_MEMORY,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_UNESCAPE_CALLBACK, no_unescape, NULL,
	    MHD_OPTION_URI_LOG_CALLBACK, http_uri, ib,
	    MHD_OPTION_NOTIFY_COMPLETED, http_completed, ib,
	    MHD_OPTION_NOTIFY_CONNECTION, http_connection, ib,
	    MHD_OPTION_ARRAY, tls,
	    MHD_OPTION_END);
	if (ib->mhd == NULL)
		st = bulla_fail(err, BULLA_E_IO,
		    "the server could not be started");
	ends_load(ib, &t);
out:
	tls_free(&t);
	return st;
}

static enum bulla_status
home_open(struct bulla_inbox *ib, struct bulla_err *err)
{
	char path[4096];
	enum bulla_status st;

	if ((size_t)snprintf(path, sizeof(path), "%s/incoming",
	    ib->cfg.home) > sizeof(path) - 256)
		return bulla_fail(err, BULLA_E_USAGE, "the home's path is "
		    "too long");
	st = bulla_dir_make(path, 0700, err);
	if (st != BULLA_OK)
		return st;
	ib->incoming = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ib->incoming == -1)
		return bulla_fail_sys(err, "%s", path);
	(void)snprintf(path, sizeof(path), "%s/incoming/.lock", ib->cfg.home);
	st = bulla_lock(path, false, &ib->lock, err);
	if (st == BULLA_E_AGAIN)
		st = bulla_fail(err, st,
		    "another inbox is running on this home");
	return st;
}

/* *fd stays -1 when there is to be none. */
static enum bulla_status
status_listen(struct bulla_inbox *ib, int *fd, struct bulla_err *err)
{
	enum bulla_status st;

	if (ib->cfg.status == NULL)
		return BULLA_OK;
	st = listen_open(ib->cfg.status, fd, err);
	if (st == BULLA_OK && !listen_is_loopback(*fd))
		st = bulla_fail(err, BULLA_E_USAGE, "the status page is for "
		    "this machine alone: give 127.0.0.1:PORT or [::1]:PORT");
	return st == BULLA_OK ? listen_url(*fd, "http", ib->status_url, err) :
	    st;
}

static enum bulla_status
status_open(struct bulla_inbox *ib, struct bulla_err *err)
{
	int fd = -1;
	enum bulla_status st = status_listen(ib, &fd, err);

	if (st == BULLA_OK && fd != -1)
		return status_start(ib, fd, err);
	if (fd != -1)
		(void)close(fd);
	return st;
}

static enum bulla_status
main_open(struct bulla_inbox *ib, int *fd, struct bulla_err *err)
{
	enum bulla_status st;

	ib->plain = unix_is(ib->cfg.listen);
	if (ib->plain)
		return unix_open(ib, fd, err);
	st = listen_open(ib->cfg.listen, fd, err);
	return st == BULLA_OK ? listen_url(*fd, "https", ib->url, err) : st;
}

enum bulla_status
bulla_inbox_can_listen(const struct bulla_inbox_config *c,
    struct bulla_err *err)
{
	struct bulla_inbox *ib = calloc(1, sizeof(*ib));
	enum bulla_status st;
	int fd = -1, status = -1;

	if (ib == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	ib->cfg = *c;
	st = main_open(ib, &fd, err);
	if (st == BULLA_OK)
		st = status_listen(ib, &status, err);
	unix_close(ib);
	if (fd != -1)
		(void)close(fd);
	if (status != -1)
		(void)close(status);
	free(ib);
	return st;
}

static enum bulla_status
start(struct bulla_inbox *ib, struct bulla_err *err)
{
	enum bulla_status st;
	int fd = -1;

	st = home_open(ib, err);
	if (st == BULLA_OK)
		st = main_open(ib, &fd, err);
	if (st == BULLA_OK)
		st = pool_start(&ib->work, WORK_THREADS, err);
	if (st == BULLA_OK)
		st = pool_start(&ib->judge, JUDGE_THREADS, err);
	if (st == BULLA_OK)
		st = uploads_load(ib, err);
	if (st == BULLA_OK)
		st = mhd_start(ib, fd, err);
	if (st != BULLA_OK) {
		if (fd != -1)
			(void)close(fd);
		return st;
	}
	/* The socket is libmicrohttpd's from here on. */
	st = status_open(ib, err);
	if (st != BULLA_OK)
		return st;
	ib->watching = pthread_create(&ib->watchdog, NULL, watch, ib) == 0;
	if (!ib->watching)
		return bulla_fail(err, BULLA_E_NOMEM,
		    "no thread could be started");
	return BULLA_OK;
}

/* A clock that is set back must not stop the watchdog for as long. */
static void
tick_init(struct bulla_inbox *ib)
{
	pthread_condattr_t attr;

	BULLA_CHECK(pthread_condattr_init(&attr) == 0 &&
	    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	    pthread_cond_init(&ib->tick, &attr) == 0);
	(void)pthread_condattr_destroy(&attr);
}

enum bulla_status
bulla_inbox_start(const struct bulla_inbox_config *c, struct bulla_inbox **out,
    struct bulla_err *err)
{
	struct bulla_inbox *ib = calloc(1, sizeof(*ib));
	enum bulla_status st;

	if (ib == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	*ib = (struct bulla_inbox){ .cfg = *c, .started = bulla_now(),
	    .incoming = -1, .lock = -1,
	    .mu = PTHREAD_MUTEX_INITIALIZER,
	    .unparked = PTHREAD_COND_INITIALIZER,
	    .conn_mu = PTHREAD_MUTEX_INITIALIZER,
	    .log_mu = PTHREAD_MUTEX_INITIALIZER };
	tick_init(ib);
	st = start(ib, err);
	if (st != BULLA_OK) {
		bulla_inbox_stop(ib);
		return st;
	}
	*out = ib;
	return BULLA_OK;
}

const char *
bulla_inbox_url(const struct bulla_inbox *ib)
{
	return ib->url;
}

const char *
bulla_inbox_status_url(const struct bulla_inbox *ib)
{
	return ib->status_url;
}

static void
mhd_stop(struct bulla_inbox *ib)
{
	int fd = MHD_quiesce_daemon(ib->mhd);

	unix_close(ib);
	if (fd != -1)
		(void)close(fd);
	pthread_mutex_lock(&ib->mu);
	/* libmicrohttpd aborts when it is stopped with a request suspended. */
	while (ib->n_parked > 0)
		pthread_cond_wait(&ib->unparked, &ib->mu);
	pthread_mutex_unlock(&ib->mu);
	MHD_stop_daemon(ib->mhd);
}

void
bulla_inbox_stop(struct bulla_inbox *ib)
{
	if (ib == NULL)
		return;
	pthread_mutex_lock(&ib->mu);
	ib->stopping = true;
	pthread_cond_signal(&ib->tick);
	pthread_mutex_unlock(&ib->mu);
	status_stop(ib);
	if (ib->mhd != NULL)
		mhd_stop(ib);
	if (ib->watching)
		pthread_join(ib->watchdog, NULL);
	forget_end(&ib->forget);
	/* The bytes of cut uploads are still being made durable. */
	if (ib->work.n_threads > 0)
		pool_stop(&ib->work, false);
	if (ib->judge.n_threads > 0)
		pool_stop(&ib->judge, true);
	uploads_free(ib);
	unix_close(ib);
	bulla_buf_free(&ib->ca);
	parties_free(&ib->clients);
	parties_free(&ib->agencies);
	if (ib->lock != -1)
		(void)close(ib->lock);
	if (ib->incoming != -1)
		(void)close(ib->incoming);
	free(ib);
}
