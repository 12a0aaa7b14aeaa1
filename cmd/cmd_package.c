#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd_package.h"

#include "bulla/enc.h"
#include "bulla/text.h"
#include "bulla/when.h"

static void
put_or_null(struct cmd_json *j, const char *key, const struct bulla_cur *v)
{
	if (v->len > 0)
		cmd_json_cur(j, key, v);
	else
		cmd_json_null(j, key);
}

static void
put_closing(struct cmd_json *j, const struct bulla_package *p)
{
	cmd_json_bool(j, "complete", p->has_closing);
	if (!p->has_closing)
		return;
	cmd_json_hex(j, "closing", p->closing_digest,
	    sizeof(p->closing_digest));
	cmd_json_u64(j, "segments", p->closing.segments);
	cmd_json_u64(j, "age_size", p->closing.size);
	cmd_json_when(j, "closed", p->closing.closed);
}

void
cmd_package_json(struct cmd_json *j, const struct bulla_package *p)
{
	const struct bulla_opening *o = &p->opening;

	cmd_json_bool(j, "verified", p->verified);
	cmd_json_str(j, "package", o->id);
	cmd_json_cur(j, "kind", &o->kind);
	put_or_null(j, "ref", &o->ref);
	put_or_null(j, "class", &o->urgency);
	cmd_json_bool(j, "exercise", o->exercise);
	cmd_json_when(j, "created", o->created);
	cmd_json_cur(j, "from", &o->from);
	for (size_t i = 0; i < o->n_to; i++)
		cmd_json_push_cur(j, "to", &o->to[i]);
	for (size_t i = 0; i < o->n_sealers; i++)
		cmd_json_push_cur(j, "sealers", &o->sealer[i]);
	for (size_t i = 0; i < o->n_recipients; i++)
		cmd_json_push_cur(j, "recipients", &o->recipient[i]);
	cmd_json_str(j, "compression", o->zstd ? "zstd" : "none");
	if (o->has_sequence)
		cmd_json_u64(j, "sequence", o->sequence);
	if (o->has_previous)
		cmd_json_hex(j, "previous", o->previous, sizeof(o->previous));
	if (o->has_roster)
		cmd_json_hex(j, "roster", o->roster, sizeof(o->roster));
	if (o->has_checkpoint) {
		cmd_json_u64(j, "checkpoint_size", o->checkpoint_size);
		cmd_json_hex(j, "checkpoint_root", o->checkpoint_root,
		    sizeof(o->checkpoint_root));
	}
	cmd_json_hex(j, "opening", p->opening_digest,
	    sizeof(p->opening_digest));
	cmd_json_u64(j, "size", p->size);
	put_closing(j, p);
}

static void
line(const char *label, const struct bulla_cur *v)
{
	char shown[4 * 8192 + 1];	/* of all that a note's line can hold */

	printf("%-12s %s\n", label,
	    bulla_text_show(shown, sizeof(shown), v));
}

static void
line_str(const char *label, const char *v)
{
	printf("%-12s %s\n", label, v);
}

static void
line_hex(const char *label, const uint8_t digest[BULLA_SHA256_LEN])
{
	char hex[2 * BULLA_SHA256_LEN + 1];

	bulla_hex(hex, digest, BULLA_SHA256_LEN);
	line_str(label, hex);
}

static void
line_when(const char *label, int64_t t)
{
	char text[BULLA_WHEN_LEN + 1];

	bulla_when_text(t, text);
	line_str(label, text);
}

void
cmd_package_print(const struct bulla_package *p)
{
	const struct bulla_opening *o = &p->opening;

	line_str("package", o->id);
	line("kind", &o->kind);
	if (o->ref.len > 0)
		line("answers", &o->ref);
	if (o->urgency.len > 0)
		line("class", &o->urgency);
	if (o->exercise)
		line_str("EXERCISE", "yes: not real evidence");
	line("from", &o->from);
	for (size_t i = 0; i < o->n_to; i++)
		line("to", &o->to[i]);
	line_when("created", o->created);
	if (p->has_closing)
		line_when("closed", p->closing.closed);
	else
		line_str("closed", "NO: the package ends early");
	for (size_t i = 0; i < o->n_sealers; i++)
		line("sealer", &o->sealer[i]);
	for (size_t i = 0; i < o->n_recipients; i++)
		line("recipient", &o->recipient[i]);
	if (o->has_sequence)
		printf("%-12s %llu\n", "sequence",
		    (unsigned long long)o->sequence);
	if (o->has_roster)
		line_hex("roster", o->roster);
	if (o->has_checkpoint)
		printf("%-12s %llu records\n", "ledger",
		    (unsigned long long)o->checkpoint_size);
	line_str("compression", o->zstd ? "zstd" : "none");
	printf("%-12s %llu bytes\n", "size", (unsigned long long)p->size);
}

uint64_t
cmd_file_size(int fd)
{
	struct stat sb;

	if (fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode) || sb.st_size < 0)
		return 0;
	return (uint64_t)sb.st_size;
}
