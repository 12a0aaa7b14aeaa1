#ifndef BULLA_BAG_H
#define BULLA_BAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * The text formats inside a BagIt bag (RFC 8493) as this project writes and
 * accepts it. bytes <-> struct only; docs/FORMAT.md has the grammar.
 */
#define BULLA_BAG_NAME_MAX 64u		/* bytes of the bag's directory */
#define BULLA_BAG_COMPONENT_MAX 255u	/* bytes of a name */
#define BULLA_BAG_PATH_MAX 4096u	/* bytes below the bag, "data/..." */
#define BULLA_BAG_TAGFILE_MAX 1073741824u	/* bytes of any one tag file */

/* bagit.txt, the same bytes in every bag: BagIt-Version: 1.0, UTF-8. */
extern const char bulla_bagit_txt[];

/*
 * 1 to BULLA_BAG_NAME_MAX of [A-Za-z0-9._-], neither '.' nor '-' first, and
 * not "opening.note", which stands beside the bag in a package's tar.
 */
bool bulla_bag_name_ok(const struct bulla_cur *name);

/*
 * A component that may stand in a bag: plain text (bulla/text.h) of 1 to
 * BULLA_BAG_COMPONENT_MAX bytes, no '/', '%' or backslash, not "." or "..",
 * not beginning with '-' or '~'.
 */
bool bulla_bag_component_ok(const struct bulla_cur *name);
/* Components joined by single '/', at most BULLA_BAG_PATH_MAX bytes. */
bool bulla_bag_path_ok(const struct bulla_cur *path);
/*
 * Append the allowed form of a file's name: every byte that is not allowed
 * becomes '_' (an empty name too). n > 1 adds ".n" (collisions), shortening
 * the rest on a character's border to keep within the limit. What comes out
 * is always bulla_bag_component_ok. True when it is the same as name.
 */
bool bulla_bag_component_map(struct bulla_buf *b,
    const struct bulla_cur *name, unsigned n);

/* "<64 hex>  <path>\n", as sha256sum writes it (two spaces). */
void bulla_manifest_put(struct bulla_buf *b, const uint8_t digest[32],
    const struct bulla_cur *path);
/* One line without its LF; path is not judged. */
BULLA_NODISCARD bool bulla_manifest_line(const struct bulla_cur *line,
    uint8_t digest[32], struct bulla_cur *path);

/*
 * metadata.tsv: a header line, then one line per object met, by path. The
 * columns are those of struct bulla_meta in its order, parted by one TAB:
 * type is file, dir, symlink, block, char, fifo or socket; mode is four octal
 * digits; times are decimal seconds with nine digits after the point, negative
 * before 1970; link is the target of a symlink, escaped (bulla/text.h); what
 * does not apply is "-" (a symlink to "-" is told apart by its type).
 */
enum bulla_object_type {
	BULLA_OBJ_FILE, BULLA_OBJ_DIR, BULLA_OBJ_SYMLINK, BULLA_OBJ_BLOCK,
	BULLA_OBJ_CHAR, BULLA_OBJ_FIFO, BULLA_OBJ_SOCKET,
};
struct bulla_meta {
	struct bulla_cur path;		/* in the bag, data/...; allowed form */
	enum bulla_object_type type;
	uint64_t size;			/* bytes; 0 for what has no contents */
	uint32_t mode;			/* 07777 bits */
	uint32_t uid, gid;
	int64_t mtime_s, ctime_s, atime_s;
	uint32_t mtime_ns, ctime_ns, atime_ns;
	struct bulla_cur link;		/* raw bytes; escaped in the file */
	uint64_t nlink, dev, ino;
	bool has_xattr, has_digest;
	uint8_t xattr[32];		/* sha256 of bulla_xattrs_put's text */
	uint8_t digest[32];		/* sha256 of the contents */
};
extern const char bulla_metadata_header[];
void bulla_metadata_put(struct bulla_buf *b, const struct bulla_meta *m);
/*
 * The extended attributes of one object as text, for the xattr column: one
 * line "name=value" each, name escaped (bulla/text.h), value in lower-case
 * hex, in bytewise order of the lines. For ordinary names it is what
 * getfattr -d -m - -e hex FILE | sed -n 's/=0x/=/p' | LC_ALL=C sort prints.
 * Sorts x. No attribute at all: "-" in the column, not the digest of nothing.
 */
struct bulla_xattr {
	struct bulla_cur name, value;
};
void bulla_xattrs_put(struct bulla_buf *b, struct bulla_xattr *x, size_t n);
/*
 * original-names.tsv: a header line, then for each object whose own name had
 * to be changed, by path: path in the bag, TAB, "utf8", TAB and the name (its
 * last component) when that is plain text, else "base64" and its padded form.
 */
extern const char bulla_names_header[];
void bulla_names_put(struct bulla_buf *b, const struct bulla_cur *path,
    const struct bulla_cur *original);

/* bag-info.txt: label: value lines. Initialise with { 0 }. */
#define BULLA_BAGINFO_MAX 65536u	/* bytes of bag-info.txt */
#define BULLA_BAGINFO_LABEL_MAX 255u	/* bytes of one label */
struct bulla_baginfo {
	struct bulla_buf text;		/* "Label: value\n" lines so far */
};
/*
 * Append one LABEL=VALUE (-m) or the lines of a file (-I: "Label: value",
 * # comments, empty lines; spaces around a value are taken off). A value is
 * what bulla_field_value_ok takes; a label likewise, without ':' and a '#' at
 * its start. BULLA_E_USAGE for what cannot stand in a bag-info.txt and, in
 * any case of letters, for the labels that are computed here: Payload-Oxum,
 * Bagging-Date, Bag-Size. BULLA_E_LIMIT when it all grows too long. After a
 * failure some lines of the file may have been added.
 */
BULLA_NODISCARD enum bulla_status bulla_baginfo_add(struct bulla_baginfo *i,
    const char *label_value, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_baginfo_add_lines(
    struct bulla_baginfo *i, const struct bulla_cur *text,
    struct bulla_err *err);
/*
 * --profile evidence: are all labels there that the profile requires for
 * this type of item, and are the values with a fixed form of that form?
 * Appends one line for each problem ("Label: what is wrong", plain text; 64
 * KiB of maximum are enough) and returns their number. A struct bulla_err
 * has no room for all: a tool prints these lines.
 */
unsigned bulla_baginfo_evidence(const struct bulla_baginfo *i,
    struct bulla_buf *problems);
/* The same as a status: BULLA_E_USAGE, their number and the first of them. */
BULLA_NODISCARD enum bulla_status bulla_baginfo_check_evidence(
    const struct bulla_baginfo *i, struct bulla_err *err);
/* The whole file: what was added, then Bagging-Date and Payload-Oxum. */
void bulla_baginfo_put(struct bulla_buf *b, const struct bulla_baginfo *i,
    int64_t bagging, uint64_t bytes, uint64_t files);
/*
 * A bag-info.txt read back, of the form that bulla_baginfo_put writes: the
 * computed lines last and nowhere else. BULLA_E_FORMAT or _LIMIT.
 */
BULLA_NODISCARD enum bulla_status bulla_baginfo_parse(
    const struct bulla_cur *text, uint64_t *oxum_bytes, uint64_t *oxum_files,
    struct bulla_err *err);
void bulla_baginfo_free(struct bulla_baginfo *i);

#endif
