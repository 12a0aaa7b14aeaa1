#ifndef TESTS_HOSTILE_BAGS_H
#define TESTS_HOSTILE_BAGS_H

/*
 * The hostile bags and the answer that each must get: test_hostile_bags.c
 * runs them. Most are one small change to a good bag.
 */
#include "hostile_members.h"
#include "hostile_tags.h"

struct hostile {
	const char *name;
	enum bulla_status want;
	/* before the tag files are computed: they tell of what is there */
	void (*payload)(struct bb *b);
	/* after it; then the tagmanifest is made to fit again */
	void (*tags)(struct bb *b);
	/* the last word, on the bytes */
	void (*bytes)(struct bulla_buf *b);
	/* where the payload is not hashed it may pass */
	bool shape_passes;
};

#define ROW(st, fn) { .name = #fn, .want = BULLA_##st, .payload = fn }
#define TAGS(st, fn) { .name = #fn, .want = BULLA_##st, .tags = fn }
#define BYTES(st, fn) { .name = #fn, .want = BULLA_##st, .bytes = fn }

static const struct hostile rows[] = {
	{ .name = "the good bag itself", .want = BULLA_OK },
	/* names */
	ROW(E_REFUSED, dotdot), ROW(E_REFUSED, dotdot_first),
	ROW(E_REFUSED, dotdot_last), ROW(E_REFUSED, dot),
	ROW(E_REFUSED, double_slash), ROW(E_REFUSED, percent),
	ROW(E_REFUSED, backslash), ROW(E_REFUSED, newline),
	ROW(E_REFUSED, carriage_return), ROW(E_REFUSED, escape),
	ROW(E_REFUSED, tab), ROW(E_REFUSED, del), ROW(E_REFUSED, c1),
	ROW(E_REFUSED, rtl), ROW(E_REFUSED, zero_width),
	ROW(E_REFUSED, bom_name), ROW(E_REFUSED, line_separator),
	ROW(E_REFUSED, not_utf8), ROW(E_REFUSED, overlong),
	ROW(E_REFUSED, surrogate), ROW(E_REFUSED, option),
	ROW(E_REFUSED, home), ROW(E_REFUSED, slash_only),
	ROW(E_REFUSED, other_bag),
	ROW(E_REFUSED, absolute), ROW(OK, name_255),
	ROW(E_REFUSED, name_256), ROW(OK, path_4096),
	ROW(E_REFUSED, path_4097), ROW(OK, case_twins),
	ROW(OK, nfc_and_nfd),
	/* types */
	ROW(E_REFUSED, hard_link), ROW(E_REFUSED, symlink_member),
	ROW(E_REFUSED, char_device), ROW(E_REFUSED, block_device),
	ROW(E_REFUSED, fifo), ROW(E_REFUSED, contiguous),
	ROW(E_REFUSED, gnu_sparse), ROW(E_REFUSED, gnu_long_name),
	ROW(E_REFUSED, gnu_long_link), ROW(E_REFUSED, gnu_dump_dir),
	ROW(E_REFUSED, gnu_volume), ROW(E_REFUSED, pax_global),
	ROW(E_REFUSED, solaris_acl),
	/* header fields */
	ROW(E_REFUSED, set_uid), ROW(E_REFUSED, sticky),
	ROW(E_REFUSED, world_writable), ROW(E_REFUSED, owner),
	ROW(E_REFUSED, owner_name), ROW(E_REFUSED, link_on_file),
	ROW(E_REFUSED, old_type), ROW(E_REFUSED, prefix_dotdot),
	ROW(E_REFUSED, prefix_root), ROW(E_FORMAT, prefix_bag),
	ROW(E_FORMAT, nul_in_name), ROW(E_FORMAT, size_negative),
	ROW(OK, size_base256), ROW(E_INCOMPLETE, size_huge),
	ROW(E_FORMAT, size_spaces), ROW(E_FORMAT, gnu_magic),
	ROW(E_FORMAT, v7_header), ROW(E_FORMAT, slash_on_file),
	/* pax headers */
	ROW(E_REFUSED, pax_path_out), ROW(E_REFUSED, pax_path_root),
	ROW(E_FORMAT, pax_path_nul), ROW(E_REFUSED, pax_path_twice),
	ROW(E_REFUSED, pax_size), ROW(E_FORMAT, pax_size_huge),
	ROW(E_FORMAT, pax_size_shifts), ROW(E_REFUSED, pax_link),
	ROW(E_REFUSED, pax_sparse), ROW(E_REFUSED, pax_charset),
	ROW(E_REFUSED, pax_uid), ROW(E_REFUSED, pax_mac),
	ROW(E_FORMAT, pax_length),
	/* order and shape */
	ROW(E_REFUSED, duplicate), ROW(E_REFUSED, duplicate_dir),
	ROW(E_REFUSED, file_then_dir), ROW(E_REFUSED, file_far_from_dir),
	ROW(E_FORMAT, file_as_directory), ROW(E_FORMAT, no_directory),
	ROW(E_FORMAT, out_of_order), ROW(E_FORMAT, order_of_locale),
	ROW(E_FORMAT, order_of_length),
	ROW(E_FORMAT, data_missing), ROW(E_FORMAT, data_is_file),
	ROW(E_FORMAT, data_other),
	ROW(E_FORMAT, data_after_payload), ROW(E_FORMAT, data_twice),
	ROW(E_FORMAT, data_as_file_later), ROW(E_FORMAT, bag_is_file),
	ROW(E_REFUSED, bag_name_dotdot), ROW(E_REFUSED, bag_name_nested),
	ROW(E_REFUSED, second_bag), ROW(E_REFUSED, prefix_of_bag),
	/* tag files */
	TAGS(E_FORMAT, bagit_097), TAGS(E_FORMAT, bagit_utf16),
	TAGS(E_FORMAT, bagit_bom), TAGS(E_FORMAT, bagit_crlf),
	TAGS(E_FORMAT, bagit_empty), TAGS(E_FORMAT, oxum_missing),
	TAGS(E_MISMATCH, oxum_bytes), TAGS(E_MISMATCH, oxum_files),
	TAGS(E_FORMAT, oxum_twice), TAGS(E_FORMAT, info_escape),
	TAGS(E_FORMAT, info_folded), TAGS(E_FORMAT, info_crlf),
	TAGS(E_FORMAT, metadata_other), TAGS(E_FORMAT, metadata_empty),
	TAGS(E_MISMATCH, manifest_empty), TAGS(E_FORMAT, manifest_text),
	TAGS(E_MISMATCH, manifest_line_missing),
	TAGS(E_MISMATCH, manifest_line_extra),
	TAGS(E_MISMATCH, manifest_line_twice),
	TAGS(E_MISMATCH, manifest_reordered),
	TAGS(E_FORMAT, manifest_upper_case), TAGS(E_FORMAT, manifest_bom),
	{ .name = "manifest_wrong_digest", .want = BULLA_E_MISMATCH,
	    .tags = manifest_wrong_digest, .shape_passes = true },
	TAGS(E_MISMATCH, manifest_crlf), TAGS(E_FORMAT, manifest_one_space),
	TAGS(E_FORMAT, manifest_star), TAGS(E_MISMATCH, manifest_dot_slash),
	TAGS(E_FORMAT, manifest_escaped),
	TAGS(E_FORMAT, manifest_no_last_lf),
	TAGS(E_FORMAT, manifest_empty_line),
	TAGS(E_FORMAT, manifest_comment),
	TAGS(E_MISMATCH, manifest_tag_file),
	TAGS(E_FORMAT, manifest_long_line),
	TAGS(E_MISMATCH, tagmanifest_stale),
	TAGS(E_MISMATCH, tagmanifest_empty),
	TAGS(E_MISMATCH, tagmanifest_extra),
	TAGS(E_INCOMPLETE, tagmanifest_missing),
	TAGS(E_REFUSED, fetch_txt), TAGS(E_FORMAT, manifest_md5),
	TAGS(E_FORMAT, tags_reordered), TAGS(E_FORMAT, tag_is_dir),
	TAGS(E_FORMAT, tagmanifest_is_dir), TAGS(E_LIMIT, tag_huge),
	TAGS(E_REFUSED, tag_is_link), TAGS(E_FORMAT, payload_after_tags),
	TAGS(E_FORMAT, member_after_end), TAGS(E_FORMAT, outside_after_end),
	TAGS(E_FORMAT, unlisted_tag),
	/* the stream */
	BYTES(E_FORMAT, tail_garbage), BYTES(E_FORMAT, tail_zeros),
	BYTES(OK, tail_few_zeros), BYTES(E_FORMAT, twice),
	BYTES(E_FORMAT, twice_joined), BYTES(E_INCOMPLETE, no_end_marker),
	BYTES(E_INCOMPLETE, half_end_marker),
	BYTES(E_FORMAT, zero_block_inside), BYTES(E_INCOMPLETE, cut_in_data),
	BYTES(E_FORMAT, padding_speaks), BYTES(E_FORMAT, bad_checksum),
	BYTES(E_FORMAT, gzip),
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

#endif
