#include <inttypes.h>

#include "send.h"

#include "bulla/enc.h"

static const char *
word(const struct bulla_send_probe *p)
{
	if (p->known)
		return "known";
	if (p->judging)
		return "being-judged";
	return p->answered_no ? "refused-before" : "wanted";
}

static void
put_extensions(struct cmd_json *j, const struct bulla_send_probe *p)
{
	if (p->with_upload)
		cmd_json_push_str(j, "extensions", "creation-with-upload");
	if (p->defer_length)
		cmd_json_push_str(j, "extensions", "creation-defer-length");
	if (p->checksum)
		cmd_json_push_str(j, "extensions", "checksum");
	if (p->termination)
		cmd_json_push_str(j, "extensions", "termination");
	if (p->expiration)
		cmd_json_push_str(j, "extensions", "expiration");
}

static int
report_json(struct send *s, const struct bulla_send_probe *p,
    const char *hex)
{
	struct cmd_json *j = cmd_json_new();

	cmd_json_bool(j, "ok", true);
	cmd_json_bool(j, "dry-run", true);
	cmd_json_str(j, "sha256", hex);
	cmd_json_u64(j, "bytes", s->what.size);
	if (!s->cfg.no_receipt)
		cmd_json_str(j, "package", word(p));
	if (p->has_max)
		cmd_json_u64(j, "max-size", p->max_size);
	if (p->has_free)
		cmd_json_u64(j, "free", p->free);
	put_extensions(j, p);
	return cmd_json_print(&s->c, j, CMD_YES);
}

static int
report(struct send *s, const struct bulla_send_probe *p)
{
	char hex[65];

	bulla_hex(hex, s->what.sha256, sizeof(s->what.sha256));
	if (s->c.common.json)
		return report_json(s, p, hex);
	if (p->known || p->judging) {
		printf("nothing would be sent, it is there%s: sha256 %s\n",
		    p->known ? "" : " and being judged", hex);
		return CMD_YES;
	}
	printf("would be sent: %" PRIu64 " bytes, sha256 %s\n", s->what.size,
	    hex);
	if (p->answered_no)
		cmd_say(&s->c, "the inbox did not take this package before");
	if (p->has_max)
		cmd_verbose(&s->c, "packages of up to %" PRIu64 " bytes are "
		    "taken", p->max_size);
	if (p->has_free)
		cmd_verbose(&s->c, "there is room for %" PRIu64 " bytes",
		    p->free);
	return CMD_YES;
}

int
send_dry_run(struct send *s, const char *path)
{
	struct bulla_send_probe p = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;

	st = send_take_in(path, &s->what, &err);
	if (st == BULLA_OK)
		st = send_check(&s->c, &s->cfg, s->what.fd, &err);
	if (st == BULLA_OK)
		st = bulla_send_init(&err);
	if (st == BULLA_OK && !s->cfg.no_receipt)
		st = send_home_pins(&s->home, &s->cfg, &err);
	if (st == BULLA_OK)
		st = bulla_send_probe(&s->cfg, s->what.size, s->what.sha256,
		    &p, &err);
	return st == BULLA_OK ? report(s, &p) : send_fail(s, st, &err);
}
