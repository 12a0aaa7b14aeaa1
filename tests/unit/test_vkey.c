#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/enc.h"
#include "bulla/hash.h"
#include "bulla/keys.h"

/* WRAP: realloc */
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
static bool no_memory;

void *
__wrap_realloc(void *p, size_t n)
{
	return no_memory ? NULL : __real_realloc(p, n);
}

/* c2sp.org/signed-note, "Example" */
#define SPEC "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANY" \
	"crnKv3U2k"

static enum bulla_status
parse_n(const char *s, size_t n, struct bulla_vkey *k, struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_of(s, n);

	return bulla_vkey_parse(&c, k, err);
}

static struct bulla_vkey
spec(void)
{
	struct bulla_vkey k;

	cr_assert_eq(parse_n(SPEC, strlen(SPEC), &k, NULL), BULLA_OK);
	return k;
}

Test(vkey, the_example_of_the_specification)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_VKEY_MAX);
	struct bulla_vkey k = spec();

	cr_assert_str_eq(k.name, "example.com/foo");
	cr_assert_eq(k.type, BULLA_SIG_ED25519);
	cr_assert_arr_eq(k.id, "\x53\x0d\x90\x3a", 4);
	bulla_vkey_put(&b, &k);
	cr_assert_str_eq(bulla_buf_cstr(&b), SPEC);
	bulla_buf_free(&b);
}

/* x/mod note_test.go asks for the same of its own key */
Test(vkey, no_part_of_it_is_a_key)
{
	struct bulla_vkey k;
	size_t n = strlen(SPEC), tried = 0;

	for (size_t from = 0; from < n; from++) {
		for (size_t len = 1; len <= n - from; len++) {
			if (len == n)
				continue;
			cr_assert_neq(parse_n(&SPEC[from], len, &k, NULL),
			    BULLA_OK, "%zu+%zu", from, len);
			tried++;
		}
	}
	cr_assert_eq(tried, n * (n + 1) / 2 - 1);
}

Test(vkey, every_change_of_any_byte_is_noticed)
{
	char s[] = SPEC;
	struct bulla_vkey k;

	for (size_t at = 0; at < sizeof(s) - 1; at++) {
		for (int c = 0; c < 256; c++) {
			char was = s[at];

			if ((char)c == was)
				continue;
			s[at] = (char)c;
			cr_assert_neq(parse_n(s, sizeof(s) - 1, &k, NULL),
			    BULLA_OK, "byte %zu to %d", at, c);
			s[at] = was;
		}
	}
}

/* A vkey made of its parts, with the right id whatever they are. */
static void
build(char *out, size_t cap, const char *name, uint8_t type, size_t key_len)
{
	struct bulla_buf b = BULLA_BUF_INIT(1024), msg = BULLA_BUF_INIT(1024);
	static const uint8_t key[512] = { 7 };
	uint8_t digest[32];

	bulla_buf_fmt(&msg, "%s\n", name);
	bulla_buf_u8(&msg, type);
	bulla_buf_put(&msg, key, key_len);
	bulla_sha256(msg.p, msg.len, digest);
	bulla_buf_fmt(&b, "%s+", name);
	bulla_hex_put(&b, digest, 4);
	bulla_buf_str(&b, "+");
	bulla_b64_put(&b, msg.p + strlen(name) + 1, key_len + 1,
	    BULLA_B64_PADDED);
	snprintf(out, cap, "%s", bulla_buf_cstr(&b));
	bulla_buf_free(&b);
	bulla_buf_free(&msg);
}

static enum bulla_status
parse_built(const char *name, uint8_t type, size_t key_len)
{
	struct bulla_vkey k;
	char s[1024];

	build(s, sizeof(s), name, type, key_len);
	return parse_n(s, strlen(s), &k, NULL);
}

Test(vkey, only_types_and_lengths_that_are_known)
{
	char name[300];

	cr_assert_eq(parse_built("a/b", 0x01, 32), BULLA_OK);
	cr_assert_eq(parse_built("a/b", 0x04, 32), BULLA_OK);
	for (unsigned t = 0; t < 256; t++) {
		if (t != 0x01 && t != 0x04)
			cr_assert_eq(parse_built("a/b", (uint8_t)t, 32),
			    BULLA_E_UNSUPPORTED, "%u", t);
	}
	cr_assert_eq(parse_built("a/b", 0x01, 31), BULLA_E_FORMAT);
	cr_assert_eq(parse_built("a/b", 0x01, 33), BULLA_E_FORMAT);
	cr_assert_eq(parse_built("a/b", 0x01, 0), BULLA_E_FORMAT);
	cr_assert_eq(parse_built("A/b", 0x01, 32), BULLA_E_FORMAT);
	cr_assert_eq(parse_built("", 0x01, 32), BULLA_E_FORMAT);
	cr_assert_eq(parse_built("a/b", 0x01, 400), BULLA_E_LIMIT);
	memset(name, 'n', sizeof(name));
	name[BULLA_KEYNAME_MAX] = '\0';
	cr_assert_eq(parse_built(name, 0x01, 32), BULLA_OK);
}

/* The id is right for the 32 bytes that come first: what of the others? */
Test(vkey, nothing_after_the_key)
{
	struct bulla_buf b = BULLA_BUF_INIT(1024);
	struct bulla_vkey k;
	char s[200], longer[300];
	uint8_t raw[40] = { 0 };
	size_t n;
	struct bulla_cur c;

	build(s, sizeof(s), "a/b", 0x01, 32);
	c = bulla_cur_str(s + strlen("a/b+00000000+"));
	cr_assert(bulla_b64_decode(&c, BULLA_B64_PADDED, raw, sizeof(raw),
	    &n));
	bulla_b64_put(&b, raw, n + 1, BULLA_B64_PADDED);
	snprintf(longer, sizeof(longer), "%.13s%s", s, bulla_buf_cstr(&b));
	cr_assert_eq(parse_n(s, strlen(s), &k, NULL), BULLA_OK);
	cr_assert_eq(parse_n(longer, strlen(longer), &k, NULL),
	    BULLA_E_FORMAT);
	bulla_buf_free(&b);
}

Test(vkey, a_secret_key_is_not_quoted)
{
	static const char s[] = "PRIVATE+KEY+a/b+00000000+SECRETSECRET";
	struct bulla_err err = { 0 };
	struct bulla_vkey k;

	cr_assert_eq(parse_n(s, sizeof(s) - 1, &k, &err), BULLA_E_FORMAT);
	cr_assert(strstr(err.msg, "SECRETSECRET") == NULL, "%s", err.msg);
}

Test(vkeys, the_same_key_again_is_one_key)
{
	struct bulla_vkeys l = { 0 };
	struct bulla_vkey k = spec();

	cr_assert_eq(bulla_vkeys_add(&l, &k, NULL), BULLA_OK);
	cr_assert_eq(bulla_vkeys_add(&l, &k, NULL), BULLA_OK);
	cr_assert_eq(l.n, 1);
	bulla_vkeys_free(&l);
}

Test(vkeys, one_name_and_one_type_for_a_key)
{
	struct bulla_vkeys l = { 0 };
	struct bulla_vkey k = spec(), other;

	cr_assert_eq(bulla_vkeys_add(&l, &k, NULL), BULLA_OK);
	other = k;
	memcpy(other.name, "another", 8);
	other.id[0] ^= 1;
	cr_assert_eq(bulla_vkeys_add(&l, &other, NULL), BULLA_E_USAGE);
	other = k;
	other.type = BULLA_SIG_COSIGNATURE;
	other.id[0] ^= 1;
	cr_assert_eq(bulla_vkeys_add(&l, &other, NULL), BULLA_E_USAGE);
	/* 32 bits of id are forged in seconds */
	other = k;
	other.pub[0] ^= 1;
	cr_assert_eq(bulla_vkeys_add(&l, &other, NULL), BULLA_E_USAGE);
	other.id[0] ^= 1;
	cr_assert_eq(bulla_vkeys_add(&l, &other, NULL), BULLA_OK);
	cr_assert_eq(l.n, 2);
	bulla_vkeys_free(&l);
}

Test(vkeys, no_memory)
{
	struct bulla_vkeys l = { 0 };
	struct bulla_vkey k = spec();

	no_memory = true;
	cr_assert_eq(bulla_vkeys_add(&l, &k, NULL), BULLA_E_NOMEM);
	no_memory = false;
	cr_assert_eq(l.n, 0);
	bulla_vkeys_free(&l);
}

Test(vkeys, found_by_name_and_id)
{
	struct bulla_cur name = bulla_cur_str("example.com/foo");
	struct bulla_cur longer = bulla_cur_str("example.com/fooo");
	struct bulla_vkeys l = { 0 };
	struct bulla_vkey k = spec();
	uint8_t id[4];

	cr_assert_eq(bulla_vkeys_add(&l, &k, NULL), BULLA_OK);
	memcpy(id, k.id, 4);
	cr_assert_eq(bulla_vkeys_find(&l, &name, id), l.v);
	cr_assert_null(bulla_vkeys_find(&l, &longer, id));
	name.len--;
	cr_assert_null(bulla_vkeys_find(&l, &name, id));
	name.len++;
	id[3] ^= 1;
	cr_assert_null(bulla_vkeys_find(&l, &name, id));
	bulla_vkeys_free(&l);
}

Test(vkeys, so_many_and_no_more)
{
	struct bulla_vkeys l = { 0 };
	struct bulla_vkey k = spec();

	for (unsigned i = 0; i < BULLA_VKEYS_MAX; i++) {
		memcpy(k.pub, &i, sizeof(i));
		memcpy(k.id, &i, sizeof(i));
		cr_assert_eq(bulla_vkeys_add(&l, &k, NULL), BULLA_OK);
	}
	k.pub[31] ^= 1;
	k.id[3] ^= 1;
	cr_assert_eq(bulla_vkeys_add(&l, &k, NULL), BULLA_E_LIMIT);
	cr_assert_eq(l.n, BULLA_VKEYS_MAX);
	bulla_vkeys_free(&l);
}

static enum bulla_status
from_file(const char *text, struct bulla_vkeys *l, struct bulla_err *err)
{
	char path[] = "/tmp/test_vkey.XXXXXX";
	enum bulla_status st;
	int fd = mkstemp(path);

	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	st = bulla_vkeys_add_file(l, path, err);
	unlink(path);
	return st;
}

Test(vkeys, a_file_of_them)
{
	struct bulla_vkeys l = { 0 };
	struct bulla_err err = { 0 };
	char other[400], text[2000];

	build(other, sizeof(other), "b/c", 0x01, 32);
	snprintf(text, sizeof(text), "# who\n\n" SPEC "\n#%s\n%s", other,
	    other);
	cr_assert_eq(from_file(text, &l, &err), BULLA_OK, "%s", err.msg);
	cr_assert_eq(l.n, 2);
	cr_assert_str_eq(l.v[1].name, "b/c");
	bulla_vkeys_free(&l);
	cr_assert_eq(from_file("", &l, &err), BULLA_OK);
	cr_assert_eq(l.n, 0);
}

/* Exit 1 must speak of the evidence, so a bad list is "usage". */
Test(vkeys, a_bad_line_is_named)
{
	static const char *const bad[] = {
		"# a\n" SPEC "x\n", "# a\n" SPEC " \n", "# a\n " SPEC "\n",
		"# a\n" SPEC "\r\n", "# a\nage1xyz\n",
	};
	struct bulla_vkeys l = { 0 };
	struct bulla_err err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct bulla_err){ 0 };
		cr_assert_eq(from_file(bad[i], &l, &err), BULLA_E_USAGE);
		cr_assert(strstr(err.msg, ": line 2: ") != NULL, "%s",
		    err.msg);
	}
	cr_assert_eq(bulla_vkeys_add_text(&l, "nonsense", &err),
	    BULLA_E_USAGE);
	cr_assert(strstr(err.msg, "name+id+base64") != NULL);
	cr_assert_eq(bulla_vkeys_add_file(&l, "/nonexistent", &err),
	    BULLA_E_IO);
	cr_assert_eq(l.n, 0);
	bulla_vkeys_free(&l);
}
