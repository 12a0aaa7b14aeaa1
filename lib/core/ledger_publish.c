#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/io.h"
#include "core/ledger_int.h"

#define FEW 8u	/* files that are synced one by one; more: all at once */

/*
 * New tiles are written under numbers in ledger/new, synced, and renamed to
 * their places: nothing half-written ever has a public name. What a crash
 * leaves in ledger/new is removed by the next publishing; as that crash may
 * have come between making a directory and syncing the one above it,
 * everything is synced then, not only the directories that changed.
 */
struct stage {
	struct bulla_ledger *l;
	char dir[LEDGER_PATH_MAX];
	int dirfd;
	struct bulla_tile *tile;
	size_t n, cap;
	bool after_crash;
};

static enum bulla_status
stage_begin(struct stage *s, struct bulla_ledger *l, struct bulla_err *err)
{
	char parent[LEDGER_PATH_MAX];
	enum bulla_status st;
	int fd;

	*s = (struct stage){ .l = l, .dirfd = -1 };
	st = ledger_path(s->dir, l->home, "ledger/new", err);
	if (st == BULLA_OK)
		st = ledger_path(parent, l->home, "ledger", err);
	if (st != BULLA_OK)
		return st;
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return bulla_fail_sys(err, "ledger");
	if (unlinkat(fd, "new", AT_REMOVEDIR) != 0 && errno != ENOENT) {
		s->after_crash = true;
		st = bulla_dir_remove(fd, "new", err);
	}
	if (st == BULLA_OK && mkdirat(fd, "new", 0700) != 0)
		st = bulla_fail_sys(err, "ledger/new");
	if (st == BULLA_OK) {
		s->dirfd = openat(fd, "new", O_RDONLY | O_DIRECTORY |
		    O_CLOEXEC);
		if (s->dirfd == -1)
			st = bulla_fail_sys(err, "ledger/new");
	}
	(void)close(fd);
	return st;
}

static enum bulla_status
stage_put(struct stage *s, const struct bulla_tile *t, const void *p,
    size_t len, struct bulla_err *err)
{
	enum bulla_status st;
	char name[32];
	int fd;

	if (s->n == s->cap) {
		size_t cap = s->cap == 0 ? 16 : 2 * s->cap;
		struct bulla_tile *v = reallocarray(s->tile, cap, sizeof(*v));

		if (v == NULL)
			return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		s->tile = v;
		s->cap = cap;
	}
	(void)snprintf(name, sizeof(name), "%zu", s->n);
	fd = openat(s->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0644);
	if (fd == -1)
		return bulla_fail_sys(err, "ledger/new");
	st = bulla_write_fd(fd, p, len, "ledger/new", err);
	if (st == BULLA_OK && (fchmod(fd, 0644) != 0 ||
	    (s->n < FEW && fsync(fd) != 0)))
		st = bulla_fail_sys(err, "ledger/new");
	if (close(fd) != 0 && st == BULLA_OK)
		st = bulla_fail_sys(err, "ledger/new");
	if (st == BULLA_OK)
		s->tile[s->n++] = *t;
	return st;
}

/* bulla_dir_make syncs what it makes: only the new name is left. */
static enum bulla_status
place(struct stage *s, size_t i, bool sync, struct bulla_err *err)
{
	char rel[BULLA_TILE_PATH_MAX], path[LEDGER_PATH_MAX], name[32];
	enum bulla_status st;
	char *slash;

	bulla_tile_path(&s->tile[i], rel);
	st = ledger_path(path, s->l->public, rel, err);
	if (st != BULLA_OK)
		return st;
	(void)snprintf(name, sizeof(name), "%zu", i);
	if (renameat(s->dirfd, name, AT_FDCWD, path) != 0) {
		if (errno != ENOENT)
			return bulla_fail_sys(err, "public/%s", rel);
		slash = strrchr(path, '/');
		*slash = '\0';
		st = bulla_dir_make(path, 0755, err);
		*slash = '/';
		if (st == BULLA_OK &&
		    renameat(s->dirfd, name, AT_FDCWD, path) != 0)
			st = bulla_fail_sys(err, "public/%s", rel);
	}
	if (st == BULLA_OK && sync) {
		*strrchr(path, '/') = '\0';
		st = bulla_dir_sync(path, err);
	}
	return st;
}

static enum bulla_status
stage_commit(struct stage *s, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	bool many = s->n > FEW || s->after_crash;

	if (many && syncfs(s->dirfd) != 0)
		return bulla_fail_sys(err, "ledger/new");
	for (size_t i = 0; i < s->n && st == BULLA_OK; i++)
		st = place(s, i, !many, err);
	if (st == BULLA_OK && many && syncfs(s->dirfd) != 0)
		st = bulla_fail_sys(err, "ledger/public");
	return st;
}

static void
stage_end(struct stage *s)
{
	if (s->dirfd != -1)
		(void)close(s->dirfd);
	free(s->tile);
}

/* A tile of hashes, full or not. */
static enum bulla_status
put_level(struct stage *s, unsigned level, uint64_t index,
    struct bulla_err *err)
{
	const struct ledger_level *v = &s->l->level[level];
	struct bulla_tile t = { level, index, v->w };

	return stage_put(s, &t, v->h, v->w * sizeof(v->h[0]), err);
}

static enum bulla_status
put_bundle(struct stage *s, uint64_t index, struct bulla_err *err)
{
	struct bulla_ledger *l = s->l;
	struct bulla_tile t = { BULLA_TILE_ENTRIES, index, l->level[0].w };

	return stage_put(s, &t, l->bundle.p, l->bundle.len, err);
}

/* The levels above get the root of each tile that is full. */
static enum bulla_status
carry(struct stage *s, uint64_t size, unsigned *touched,
    struct bulla_err *err)
{
	struct ledger_level *v = s->l->level;
	enum bulla_status st = BULLA_OK;
	struct bulla_hash root;

	for (unsigned i = 0; v[i].w == BULLA_TILE_WIDTH; i++) {
		struct bulla_edge e = { 0 };

		BULLA_CHECK(i + 1 < BULLA_TILE_LEVELS);
		st = put_level(s, i, (size >> 8 >> (8 * i)) - 1, err);
		if (st == BULLA_OK && i == 0) {
			st = put_bundle(s, (size >> 8) - 1, err);
			bulla_buf_reset(&s->l->bundle);
		}
		if (st != BULLA_OK)
			return st;
		for (unsigned k = 0; k < BULLA_TILE_WIDTH; k++)
			bulla_edge_add(&e, 0, &v[i].h[k]);
		bulla_edge_root(&e, &root);
		v[i].w = 0;
		v[i + 1].h[v[i + 1].w++] = root;
		if (*touched < i + 1)
			*touched = i + 1;
	}
	return st;
}

static enum bulla_status
make_tiles(struct stage *s, struct bulla_err *err)
{
	struct bulla_ledger *l = s->l;
	uint8_t entry[LEDGER_ENTRY_LEN];
	enum bulla_status st = BULLA_OK;
	uint64_t size = l->published;
	unsigned touched = 0;

	for (size_t i = 0; i < l->n_pend && st == BULLA_OK; i++) {
		const struct ledger_pending *p = &l->pend[i];
		const uint8_t *e = p->clear != NULL ? p->clear : entry;
		size_t n = p->clear != NULL ? p->clear_len :
		    ledger_entry(&p->salted, entry);

		bulla_merkle_leaf(e, n, &l->level[0].h[l->level[0].w++]);
		bulla_bundle_put(&l->bundle, e, n);
		st = bulla_buf_status(&l->bundle);
		size++;
		if (st == BULLA_OK)
			st = carry(s, size, &touched, err);
	}
	for (unsigned i = 0; i <= touched && st == BULLA_OK; i++) {
		if (l->level[i].w > 0)
			st = put_level(s, i, size >> 8 >> (8 * i), err);
	}
	if (st == BULLA_OK && l->level[0].w > 0)
		st = put_bundle(s, size >> 8, err);
	return st;
}

static enum bulla_status
put_index(struct bulla_ledger *l, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(SIZE_MAX / 2);
	enum bulla_status st;

	for (size_t i = 0; i < l->n_pend; i++) {
		bulla_buf_u64(&b, l->pend[i].off);
		bulla_buf_u64(&b, l->pend[i].print);
	}
	st = bulla_buf_status(&b);
	if (st == BULLA_OK && ftruncate(l->index, (off_t)(l->published *
	    INDEX_ROW)) != 0)
		st = bulla_fail_sys(err, "index");
	if (st == BULLA_OK)
		st = bulla_pwrite_fd(l->index, b.p, b.len, l->published *
		    INDEX_ROW, "index", err);
	if (st == BULLA_OK && fdatasync(l->index) != 0)
		st = bulla_fail_sys(err, "index");
	bulla_buf_free(&b);
	return st;
}

/*
 * A partial tile is needed until the full one is public: then it goes, and
 * readers of older checkpoints fall back to the full one. If this fails
 * nothing is lost but space.
 */
static void
drop_partials(const struct bulla_ledger *l, uint64_t from, uint64_t to)
{
	static const unsigned levels[] = { BULLA_TILE_ENTRIES, 0, 1, 2, 3, 4,
	    5, 6, 7 };
	char rel[BULLA_TILE_PATH_MAX + 2], path[LEDGER_PATH_MAX];

	for (size_t k = 0; k < sizeof(levels) / sizeof(levels[0]); k++) {
		unsigned bits = levels[k] == BULLA_TILE_ENTRIES ? 8 :
		    8 * (levels[k] + 1);
		struct bulla_tile t = { .level = levels[k],
		    .width = BULLA_TILE_WIDTH };

		/* Only the tile that was partial before can have any */
		if (bits >= 64 || from >> bits == to >> bits)
			continue;
		t.index = from >> bits;
		bulla_tile_path(&t, rel);
		memcpy(rel + strlen(rel), ".p", sizeof(".p"));
		if (ledger_path(path, l->public, rel, NULL) != BULLA_OK ||
		    bulla_dir_remove(AT_FDCWD, path, NULL) != BULLA_OK)
			continue;
	}
}

static enum bulla_status
publish_locked(struct bulla_ledger *l, struct bulla_err *err)
{
	struct bulla_hash root;
	enum bulla_status st;
	struct stage s;

	l->current = false;
	st = stage_begin(&s, l, err);
	if (st == BULLA_OK)
		st = make_tiles(&s, err);
	if (st == BULLA_OK)
		st = stage_commit(&s, err);
	if (st == BULLA_OK)
		st = put_index(l, err);
	bulla_edge_root(&l->edge, &root);
	if (st == BULLA_OK)
		st = ledger_write_checkpoint(l, l->edge.size, &root, err);
	stage_end(&s);
	if (st == BULLA_E_IO)
		l->dead = true;
	if (st != BULLA_OK)
		return st;
	drop_partials(l, l->published, l->edge.size);
	l->published = l->edge.size;
	ledger_forget_pending(l);
	l->current = true;
	return st;
}

enum bulla_status
ledger_load_signer(struct bulla_ledger *l, struct bulla_err *err)
{
	char path[LEDGER_PATH_MAX];
	enum bulla_status st;

	if (l->signer.seed.p != NULL)
		return BULLA_OK;
	st = ledger_path(path, l->home, "keys/log.key", err);
	if (st == BULLA_OK)
		st = bulla_signer_load(path, l->ask, &l->signer, err);
	if (st == BULLA_OK && !bulla_vkey_eq(&l->signer.vkey, &l->vkey)) {
		bulla_signer_free(&l->signer);
		st = bulla_fail(err, BULLA_E_USAGE, "keys/log.key and "
		    "keys/log.key.pub are not of one key");
	}
	return st;
}

enum bulla_status
bulla_ledger_publish(struct bulla_ledger *l, struct bulla_err *err)
{
	enum bulla_status st;
	int lock = -1;

	st = ledger_enter(l, &lock, err);
	if (st == BULLA_OK && l->n_pend > 0)
		st = ledger_load_signer(l, err);
	if (st == BULLA_OK && l->n_pend > 0)
		st = publish_locked(l, err);
	if (lock != -1)
		(void)close(lock);
	return st;
}
