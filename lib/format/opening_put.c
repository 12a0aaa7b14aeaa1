#include <inttypes.h>

#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/opening.h"

static void
put_list(struct bulla_buf *b, const char *label, const struct bulla_cur *v,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		bulla_field_put(b, label, &v[i]);
}

static void
put_parties(struct bulla_buf *b, const struct bulla_opening *o)
{
	bulla_field_put(b, "from", &o->from);
	if (o->n_to == 0)
		bulla_field_put_str(b, "to", "-");
	put_list(b, "to", o->to, o->n_to);
	put_list(b, "sealer", o->sealer, o->n_sealers);
	if (o->has_sequence)
		bulla_field_put_u64(b, "sequence", o->sequence);
	else
		bulla_field_put_str(b, "sequence", "-");
	bulla_field_put_hex_or_none(b, "previous", o->has_previous, o->previous,
	    sizeof(o->previous));
	put_list(b, "recipient", o->recipient, o->n_recipients);
}

static void
put_checkpoint(struct bulla_buf *b, const struct bulla_opening *o)
{
	if (!o->has_checkpoint) {
		bulla_field_put_str(b, "checkpoint", "-");
		return;
	}
	bulla_buf_fmt(b, "checkpoint: %" PRIu64 " ", o->checkpoint_size);
	bulla_b64_put(b, o->checkpoint_root, sizeof(o->checkpoint_root),
	    BULLA_B64_PADDED);
	bulla_buf_str(b, "\n");
}

void
bulla_opening_put(struct bulla_buf *b, const struct bulla_opening *o)
{
	bulla_buf_str(b, "bulla opening v1\n");
	bulla_field_put_str(b, "package", o->id);
	bulla_field_put(b, "kind", &o->kind);
	bulla_field_put_or_none(b, "ref", &o->ref);
	bulla_field_put_or_none(b, "class", &o->urgency);
	bulla_field_put_str(b, "exercise", o->exercise ? "yes" : "no");
	bulla_field_put_when(b, "created", o->created);
	put_parties(b, o);
	bulla_field_put_str(b, "compression", o->zstd ? "zstd" : "none");
	bulla_field_put_hex(b, "age-header", o->age_header,
	    sizeof(o->age_header));
	bulla_field_put_hex(b, "age-nonce", o->age_nonce,
	    sizeof(o->age_nonce));
	bulla_field_put_u64(b, "segment", BULLA_SEGMENT_PLAIN);
	bulla_field_put_hex_or_none(b, "roster", o->has_roster, o->roster,
	    sizeof(o->roster));
	put_checkpoint(b, o);
}
