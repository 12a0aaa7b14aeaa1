#include <string.h>
#include <unistd.h>

#include "core/verify_int.h"

void
verify_keep(struct pkgr *r, struct bulla_package *out)
{
	out->opening_note = r->opening;
	out->closing_note = r->closing;
	r->opening = (struct bulla_buf)BULLA_BUF_INIT(BULLA_NOTE_MAX);
	r->closing = (struct bulla_buf)BULLA_BUF_INIT(BULLA_NOTE_MAX);
}

enum bulla_status
verify_pass(struct pass *p, const struct bulla_vkeys *known,
    bool allow_exercise, const struct bulla_judge *judge,
    struct bulla_package *out, struct bulla_err *err)
{
	struct bulla_package pkg = { 0 };
	uint8_t manifest[BULLA_SHA256_LEN];
	enum bulla_status st = pkgr_head(&p->r, err);

	if (st == BULLA_OK)
		st = pkg_check_head(&p->r, known, allow_exercise, &pkg, err);
	/* Only a scan makes marks: whoever wants them knows that it can. */
	if (st == BULLA_OK && (p->marks != NULL ||
	    lseek(p->r.fd, 0, SEEK_CUR) >= 0)) {
		st = pass_scan(p, err);
	} else if (st == BULLA_OK) {
		st = pass_begin(p, err);
		if (st == BULLA_OK)
			st = pass_run(p, err);
	}
	if (st == BULLA_OK)
		st = pass_end(p, manifest, err);
	if (st == BULLA_OK)
		st = pkg_check_tail(&p->r, known, manifest, &pkg, err);
	if (st == BULLA_OK)
		st = pkg_judge(judge, &pkg, err);
	if (st != BULLA_OK)
		return st;
	pkg.verified = true;
	verify_keep(&p->r, &pkg);
	*out = pkg;
	return BULLA_OK;
}

enum bulla_status
bulla_package_verify(const struct bulla_verify *v, struct bulla_package *out,
    struct bulla_err *err)
{
	struct pass p;
	enum bulla_status st;

	pass_init(&p, v->fd, v->threads);
	p.progress = v->progress;
	st = verify_pass(&p, v->known, v->allow_exercise, &v->judge, out,
	    err);
	pass_free(&p);
	return st;
}

enum bulla_status
bulla_package_inspect(int fd, struct bulla_package *out,
    struct bulla_err *err)
{
	struct bulla_package pkg = { 0 };
	uint8_t manifest[BULLA_SHA256_LEN];
	struct pkgr r;
	enum bulla_status st;

	pkgr_init(&r, fd);
	st = pkgr_head(&r, err);
	if (st == BULLA_OK)
		st = pkg_parse_head(&r, &pkg, err);
	if (st != BULLA_OK)
		goto out;
	st = pkgr_skip(&r, err);
	if (st == BULLA_OK)
		st = pkgr_tail(&r, NULL, manifest, err);
	if (st == BULLA_OK)
		st = pkg_parse_tail(&r, &pkg, err);
	/* A package that was cut short still says how it began. */
	if (st == BULLA_E_INCOMPLETE)
		st = BULLA_OK;
	if (st != BULLA_OK)
		goto out;
	pkg.size = r.pos;
	verify_keep(&r, &pkg);
	*out = pkg;
out:
	pkgr_free(&r);
	return st;
}
