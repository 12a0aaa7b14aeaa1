#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "export.h"

#include "bulla/age.h"
#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/package.h"
#include "bulla/ring.h"

/*
 * Is this the bag of that package? The package is encrypted, so its notes name
 * no bag: but who opens it signs what came out, and who has a key can look.
 */
#define TAG_MAX (1u << 28)	/* bytes of a list */

struct look {
	struct custody_cmd *k;
	const struct custody_pair *p;
	struct bulla_identities ids;
	struct bulla_vkeys const *known;
	struct bulla_judge judge;
	int fd;
	uint8_t manifest[32];		/* sha256 of the bag's */
};

static enum bulla_status
same_package(const struct look *l, const struct bulla_package *p,
    struct bulla_err *err)
{
	const struct bulla_custody *n = &l->p->step[0].l->c;

	if (strcmp(p->opening.id, l->p->id) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "this is package %s, "
		    "and not %s", p->opening.id, l->p->id);
	if (n->has_seal && memcmp(n->seal, p->closing_digest, 32) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "it has another seal "
		    "than the notes of package %s", l->p->id);
	return BULLA_OK;
}

/* One file of the bag, when all of the package held; nothing is written. */
static enum bulla_status
take(struct look *l, const char *tag, struct bulla_buf *out,
    struct bulla_err *err)
{
	struct bulla_open o = { .fd = l->fd, .known = l->known,
	    .judge = l->judge, .ids = &l->ids, .allow_exercise = true,
	    .copy_of = tag, .copy = out, .threads = bulla_cores() };
	struct bulla_opened done = { 0 };
	enum bulla_status st;

	*out = (struct bulla_buf)BULLA_BUF_INIT(TAG_MAX);
	if (lseek(l->fd, 0, SEEK_SET) != 0)
		return bulla_fail_sys(err, "the package must be a file");
	st = bulla_open_run(&o, &done, err);
	if (st == BULLA_OK)
		st = same_package(l, &done.package, err);
	if (st == BULLA_OK)
		memcpy(l->manifest, done.manifest, sizeof(l->manifest));
	bulla_package_free(&done.package);
	return st;
}

/* All lists, or the first alone where a directory has them too. */
static enum bulla_status
take_all(struct look *l, struct export_bag *b, struct bulla_err *err)
{
	enum bulla_status st = take(l, "bag-info.txt", &b->info, err);

	if (st == BULLA_OK && b->dir == NULL)
		st = take(l, "metadata.tsv", &b->metadata, err);
	if (st == BULLA_OK && b->dir == NULL)
		st = take(l, "manifest-sha256.txt", &b->manifest, err);
	return st;
}

static int
load_keys(struct look *l)
{
	struct bulla_err err = { 0 };
	int code = cmd_home_known(&l->k->m, BULLA_ROLE_SEALER, "the sealer's",
	    &l->known, &l->judge);

	for (size_t i = 0; i < l->k->n_keys && code == CMD_YES; i++) {
		enum bulla_status st = bulla_identities_add_file(&l->ids,
		    l->k->key[i], &l->k->c.ask, &err);

		if (st != BULLA_OK)
			code = cmd_fail(&l->k->c, NULL, st, &err);
	}
	return code;
}

static int
from_package(struct look *l, struct export_bag *b)
{
	const char *path = l->k->package;
	struct bulla_err err = { 0 };
	char stored[4096];
	enum bulla_status st;
	int code = load_keys(l);

	if (code != CMD_YES)
		return code;
	if (path == NULL && custody_package_path(l->k, l->p->id, stored))
		path = stored;
	if (path == NULL)
		return cmd_usage(&l->k->c, "the package is not in this home: "
		    "say where it is");
	st = bulla_infile_open(path, &l->fd, &err);
	if (st == BULLA_OK)
		st = take_all(l, b, &err);
	if (l->fd != -1)
		(void)close(l->fd);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&l->k->c, path, st, &err);
}

/*
 * What those who opened it signed that they found: at least one says this, and
 * nobody says another, which would be one side's word against the other's.
 */
static bool
noted(const struct look *l, const uint8_t manifest[32], bool *any)
{
	uint8_t after[32];
	struct bulla_cur v;
	bool same = true;

	*any = false;
	for (size_t i = 0; i < l->p->n_steps; i++) {
		const struct bulla_link *n = l->p->step[i].l;

		if (!bulla_cur_is(&n->c.event, "open") ||
		    n->verdict != BULLA_OK ||
		    !bulla_custody_get(&n->c, "after", &v) ||
		    !bulla_hex_decode(&v, after, sizeof(after)))
			continue;
		*any = true;
		same = same && memcmp(after, manifest, sizeof(after)) == 0;
	}
	return *any && same;
}

/* Whoever could write a file here could else say which bag it was. */
static enum bulla_status
nobody_known(const struct look *l, struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_REFUSED, "nothing shows that this is "
	    "the bag of package %s: this home has no roster, so that no note "
	    "can be believed that says what was opened; use a home with the "
	    "rosters of both sides (bulla-trust init, pin)", l->p->id);
}

static int
refuse(const struct look *l, const struct export_bag *b, bool any)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (l->k->n_keys == 0 && l->k->m.h.trust == NULL)
		st = nobody_known(l, &err);
	else if (any)
		st = bulla_fail(&err, BULLA_E_MISMATCH, "this is not the bag "
		    "of package %s: its manifest is another", l->p->id);
	else
		st = bulla_fail(&err, BULLA_E_REFUSED, "nothing shows that "
		    "this is the bag of package %s: no note says what was "
		    "opened from it; give -i AGEKEY, to look into the "
		    "package", l->p->id);
	return cmd_fail(&l->k->c, b->dir, st, &err);
}

void
export_key(struct custody_cmd *k, const char *arg)
{
	if (k->n_keys == CUSTODY_KEYS_MAX)
		exit(cmd_usage(&k->c, "-i: at most %u files",
		    CUSTODY_KEYS_MAX));
	k->key[k->n_keys++] = arg;
}

int
export_bag_of(struct custody_cmd *k, const struct custody_pair *p,
    struct export_bag *b)
{
	struct look l = { .k = k, .p = p, .fd = -1 };
	uint8_t manifest[32];
	bool any = true, is;
	int code = CMD_YES;

	if (k->n_keys > 0)
		code = from_package(&l, b);
	bulla_identities_free(&l.ids);
	if (code != CMD_YES)
		return code;
	if (b->dir == NULL)
		return export_bag_lists(&k->c, b);
	bulla_buf_free(&b->info);
	code = export_bag_read(&k->c, b);
	if (code != CMD_YES)
		return code;
	bulla_sha256(b->manifest.p, b->manifest.len, manifest);
	is = k->n_keys > 0 ? memcmp(manifest, l.manifest, 32) == 0 :
	    noted(&l, manifest, &any);
	return is ? CMD_YES : refuse(&l, b, any);
}
