#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "request.h"

#include "bulla/file.h"
#include "bulla/package.h"
#include "bulla/when.h"

#define PATH_CAP 4096u
#define NAME_LEN (BULLA_ID_LEN + 6)	/* <id>.bulla */

/* The listing of one kind, by the opening notes of the home's packages. */
struct listing {
	struct request_cmd *k;
	const char *kind;
	char dir[PATH_CAP];
	char (*id)[BULLA_ID_LEN + 1];	/* of every package; owned */
	size_t n, cap;
};

static enum bulla_status
add(struct listing *l, const char *name, struct bulla_err *err)
{
	struct bulla_cur all = bulla_cur_str(name), id;
	void *more = l->id;

	if (!bulla_cur_take(&all, BULLA_ID_LEN, &id) || !bulla_id_ok(&id) ||
	    !bulla_cur_is(&all, ".bulla"))
		return BULLA_OK;
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 64;
		more = reallocarray(l->id, l->cap, sizeof(*l->id));
		if (more == NULL)
			return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	l->id = more;
	memcpy(l->id[l->n], id.p, id.len);
	l->id[l->n++][BULLA_ID_LEN] = '\0';
	return BULLA_OK;
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

static enum bulla_status
read_names(struct listing *l, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	struct dirent *e;
	DIR *d;

	(void)snprintf(l->dir, sizeof(l->dir), "%.*s/packages",
	    (int)sizeof(l->dir) - 64, l->k->m.h.path);
	d = opendir(l->dir);
	if (d == NULL)
		return errno == ENOENT ? BULLA_OK : bulla_fail_sys(err,
		    "packages");
	while (st == BULLA_OK && (errno = 0, e = readdir(d)) != NULL)
		st = add(l, e->d_name, err);
	if (st == BULLA_OK && errno != 0)
		st = bulla_fail_sys(err, "packages");
	(void)closedir(d);
	if (l->n > 0)
		qsort(l->id, l->n, sizeof(*l->id), by_id);
	return st;
}

static int
show(struct listing *l, const struct bulla_package *p)
{
	const struct bulla_opening *o = &p->opening;
	char at[BULLA_WHEN_LEN + 1];
	struct cmd_json *j;

	bulla_when_text(o->created, at);
	if (!l->k->c.common.json) {
		printf("%s  %s  from %.*s%s%.*s\n", at, o->id,
		    (int)o->from.len, (const char *)o->from.p,
		    o->ref.len > 0 ? "  of " : "", (int)o->ref.len,
		    (const char *)o->ref.p);
		return CMD_YES;
	}
	j = cmd_json_new();
	cmd_json_str(j, "package", o->id);
	cmd_json_str(j, "kind", l->kind);
	cmd_json_str(j, "created", at);
	cmd_json_cur(j, "from", &o->from);
	if (o->ref.len > 0)
		cmd_json_cur(j, "ref", &o->ref);
	cmd_json_bool(j, "exercise", o->exercise);
	return cmd_json_print(&l->k->c, j, CMD_YES);
}

static int
look(struct listing *l, const char *id)
{
	struct bulla_package p = { 0 };
	struct bulla_err err = { 0 };
	char path[PATH_CAP + NAME_LEN + 2];
	enum bulla_status st;
	int fd = -1, code = CMD_YES;

	(void)snprintf(path, sizeof(path), "%s/%s.bulla", l->dir, id);
	st = bulla_infile_open(path, &fd, &err);
	if (st != BULLA_OK)
		return cmd_fail(&l->k->c, NULL, st, &err);
	st = bulla_package_inspect(fd, &p, &err);
	(void)close(fd);
	if (st != BULLA_OK)
		return cmd_fail(&l->k->c, path, st, &err);
	if (bulla_cur_is(&p.opening.kind, l->kind) &&
	    p.opening.exercise == l->k->exercise)
		code = show(l, &p);
	bulla_package_free(&p);
	return code;
}

int
request_listing(struct request_cmd *k, const char *kind)
{
	struct listing l = { .k = k, .kind = kind };
	struct bulla_err err = { 0 };
	int code = request_home(k);
	enum bulla_status st;

	if (code != CMD_YES)
		return code;
	st = read_names(&l, &err);
	if (st != BULLA_OK)
		code = cmd_fail(&k->c, NULL, st, &err);
	for (size_t i = 0; i < l.n && code == CMD_YES; i++)
		code = look(&l, l.id[i]);
	free(l.id);
	return code;
}
