#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/custody.h"
#include "bulla/text.h"
#include "core/kept.h"
#include "core/ledger_int.h"
#include "core/monitor_int.h"

static enum bulla_status
digests_add(struct digests *d, const uint8_t digest[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	if (d->n == d->cap) {
		size_t cap = d->cap == 0 ? 256 : 2 * d->cap;
		void *v = reallocarray(d->v, cap, sizeof(*d->v));

		if (v == NULL)
			return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		d->v = v;
		d->cap = cap;
	}
	memcpy(d->v[d->n++], digest, BULLA_SHA256_LEN);
	return BULLA_OK;
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, BULLA_SHA256_LEN);
}

static void
digests_sort(struct digests *d)
{
	if (d->n > 0)
		qsort(d->v, d->n, sizeof(*d->v), by_bytes);
}

static bool
digests_has(const struct digests *d, const uint8_t digest[BULLA_SHA256_LEN])
{
	return d->n > 0 && bsearch(digest, d->v, d->n, sizeof(*d->v),
	    by_bytes) != NULL;
}

/* Every name that stands under it must be that of a key of some roster. */
static void
judge_names(struct monitor *m, const char *where, const struct bulla_note *n)
{
	for (unsigned i = 0; i < n->n_sigs; i++) {
		const struct bulla_note_sig *s = &n->sig[i];

		if (bulla_vkeys_find(&m->all, &s->name, s->id) == NULL)
			monitor_found(m, BULLA_FOUND_UNKNOWN_KEY, "%s: signed "
			    "by %.*s, whose key stands in no roster", where,
			    (int)s->name.len, (const char *)s->name.p);
	}
}

/* The first key of ours that signed it, or NULL. */
static enum bulla_status
judge_lines(struct monitor *m, const char *where,
    const struct bulla_cur *bytes, const struct bulla_vkey **own,
    struct bulla_err *err)
{
	struct bulla_verified v = { 0 };
	enum bulla_status st = bulla_note_verify(bytes, &m->all, &v, err);

	*own = NULL;
	if (st == BULLA_E_NOKEY)
		return BULLA_OK;
	if (st != BULLA_OK) {
		bulla_wrap(err, st, "%s", where);
		return monitor_damage(m, st, err);
	}
	for (unsigned i = 0; i < v.n_by && *own == NULL; i++) {
		if (bulla_trust_side_of(m->trust, v.by[i]) == BULLA_OURS)
			*own = v.by[i];
	}
	return BULLA_OK;
}

/* Rosters are judged by bulla_trust_load: their signers come and go. */
static enum bulla_status
judge_note(struct monitor *m, const char *where,
    const struct bulla_cur *bytes, const struct bulla_note *n,
    const struct bulla_vkey **own, struct bulla_err *err)
{
	*own = NULL;
	if (m->trust == NULL || bulla_cur_starts(&n->text,
	    "bulla roster v1\n"))
		return BULLA_OK;
	judge_names(m, where, n);
	return judge_lines(m, where, bytes, own, err);
}

/* A record of our ledger: mostly a note, but anything may be one. */
static enum bulla_status
see_record(void *ctx, uint64_t index, const struct bulla_cur *record,
    struct bulla_err *err)
{
	uint8_t digest[BULLA_SHA256_LEN];
	const struct bulla_vkey *own;
	struct monitor *m = ctx;
	struct bulla_custody c;
	struct bulla_opening o;
	struct bulla_note n;
	enum bulla_status st;
	char where[64];

	if (bulla_note_parse(record, &n, NULL) != BULLA_OK)
		return BULLA_OK;
	(void)snprintf(where, sizeof(where), "record %llu",
	    (unsigned long long)index);
	bulla_sha256(n.text.p, n.text.len, digest);
	st = digests_add(&m->recorded, digest, err);
	if (st == BULLA_OK && bulla_custody_parse(&n.text, &c, NULL) ==
	    BULLA_OK && c.has_seal)
		st = digests_add(&m->seals, c.seal, err);
	if (st == BULLA_OK && bulla_opening_parse(&n.text, &o, NULL) ==
	    BULLA_OK)
		st = monitor_number(m, &o, digest, err);
	if (st == BULLA_OK)
		st = judge_note(m, where, record, &n, &own, err);
	return st;
}

enum bulla_status
monitor_records(struct monitor *m, struct bulla_err *err)
{
	enum bulla_status st = bulla_ledger_each(m->ledger, see_record, m,
	    err);

	digests_sort(&m->recorded);
	digests_sort(&m->seals);
	return monitor_damage(m, st, err);
}

static enum bulla_status
see_note(void *ctx, const char *rel, const struct bulla_cur *note,
    struct bulla_err *err)
{
	uint8_t digest[BULLA_SHA256_LEN];
	const struct bulla_vkey *own;
	struct monitor *m = ctx;
	struct bulla_note n;
	enum bulla_status st;
	char shown[512];

	(void)bulla_text_show_str(shown, sizeof(shown), rel);
	st = bulla_note_parse(note, &n, err);
	if (st != BULLA_OK) {
		bulla_wrap(err, st, "%s", shown);
		return monitor_damage(m, st, err);
	}
	st = judge_note(m, shown, note, &n, &own, err);
	if (st != BULLA_OK || own == NULL || m->ledger == NULL)
		return st;
	bulla_sha256(n.text.p, n.text.len, digest);
	if (!digests_has(&m->recorded, digest))
		monitor_found(m, BULLA_FOUND_UNRECORDED, "%s: signed with our "
		    "key %s, and not in our ledger", shown, own->name);
	return BULLA_OK;
}

static enum bulla_status
judge_seal_note(struct monitor *m, const char *where,
    const struct bulla_buf *note, const struct bulla_vkey **own,
    struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(note);
	struct bulla_note n;
	enum bulla_status st = bulla_note_parse(&bytes, &n, err);

	return st == BULLA_OK ? judge_note(m, where, &bytes, &n, own, err) :
	    st;
}

/* A package that our key sealed is told of by a custody note that names it. */
static enum bulla_status
see_package(void *ctx, const char *rel, const struct bulla_package *p,
    const struct bulla_err *why, struct bulla_err *err)
{
	const struct bulla_vkey *own = NULL, *opener = NULL;
	struct monitor *m = ctx;
	enum bulla_status st;
	char shown[512];

	(void)bulla_text_show_str(shown, sizeof(shown), rel);
	if (p == NULL) {
		monitor_found(m, BULLA_FOUND_DAMAGE, "%s: %s", shown,
		    why->msg);
		return BULLA_OK;
	}
	st = judge_seal_note(m, shown, &p->opening_note, &opener, err);
	if (st == BULLA_OK)
		st = judge_seal_note(m, shown, &p->closing_note, &own, err);
	if (st == BULLA_OK)
		st = monitor_number(m, &p->opening, p->opening_digest, err);
	if (st == BULLA_OK && own != NULL && m->ledger != NULL &&
	    !digests_has(&m->seals, p->closing_digest))
		monitor_found(m, BULLA_FOUND_UNRECORDED, "%s: sealed with our "
		    "key %s, and no note in our ledger tells of it", shown,
		    own->name);
	return st;
}

enum bulla_status
monitor_kept(struct monitor *m, struct bulla_err *err)
{
	enum bulla_status st = kept_notes(m->m->home, see_note, m, err);

	return st == BULLA_OK ? kept_packages(m->m->home, see_package, m,
	    err) : st;
}
