#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/age.h"
#include "bulla/keys.h"

/* WRAP: fsync fchmod */
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
static int fail_at = -1;	/* which call to come fails; -1: none */

static bool
fails(void)
{
	if (fail_at < 0 || fail_at-- > 0)
		return false;
	errno = EIO;
	return true;
}

int
__wrap_fsync(int fd)
{
	return fails() ? -1 : __real_fsync(fd);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	return fails() ? -1 : __real_fchmod(fd, mode);
}

/*
 * The seed of the Go documentation's example under a name that we allow; the
 * id is the output of sha256sum for it.
 */
#define SEED "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PUB "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define NAME "peter/neumann"
#define VKEY NAME "+8fa1149a+" PUB
#define KEY "PRIVATE+KEY+" NAME "+8fa1149a+" SEED

static char dir[64];
static char path[96], pub[96];

static void
begin(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	snprintf(dir, sizeof(dir), "/tmp/test_signer.XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/k", dir);
	snprintf(pub, sizeof(pub), "%s/k.pub", dir);
}

static void
end(void)
{
	unlink(path);
	unlink(pub);
	cr_assert_eq(rmdir(dir), 0, "left behind in %s", dir);
}

TestSuite(signer, .init = begin, .fini = end);

static enum bulla_status
parse(const char *s, struct bulla_signer *out, struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_signer_parse(&c, out, err);
}

Test(signer, a_known_key)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_VKEY_MAX);
	struct bulla_signer s = { 0 };
	struct bulla_secret text = { 0 };

	cr_assert_eq(parse(KEY "\n", &s, NULL), BULLA_OK);
	bulla_vkey_put(&b, &s.vkey);
	cr_assert_str_eq(bulla_buf_cstr(&b), VKEY);
	cr_assert_eq(bulla_signer_text(&s, &text, NULL), BULLA_OK);
	cr_assert_eq(text.len, strlen(KEY) + 1);
	cr_assert_arr_eq(text.p, KEY "\n", text.len);
	bulla_secret_free(&text);
	bulla_signer_free(&s);
	bulla_buf_free(&b);
}

Test(signer, every_change_of_any_byte_is_noticed)
{
	char s[] = KEY "\n";
	struct bulla_signer out = { 0 };

	for (size_t at = 0; at < sizeof(s) - 1; at++) {
		for (int c = 1; c < 256; c++) {
			char was = s[at];

			if ((char)c == was)
				continue;
			s[at] = (char)c;
			cr_assert_neq(parse(s, &out, NULL), BULLA_OK,
			    "byte %zu to %d", at, c);
			s[at] = was;
		}
	}
	cr_assert_null(out.seed.p);
}

Test(signer, one_line_and_nothing_else)
{
	static const char *const bad[] = {
		"", "\n", KEY, KEY "\r\n", KEY "\n\n", "\n" KEY "\n",
		" " KEY "\n", KEY " \n", "# key\n" KEY "\n",
		KEY "\n" KEY "\n", VKEY "\n", "PRIVATE+KEY+\n",
		"PRIVATE+KEY+" NAME "+8fa1149a+AYEK\n",
		"PRIVATE+KEY+" NAME "+8fa1149a+\n",
		"PRIVATE+KEY+" NAME "+8FA1149A+" SEED "\n",
		"PRIVATE+KEY+peter/neumanm+8fa1149a+" SEED "\n",
	};
	struct bulla_signer out = { 0 };
	struct bulla_err err = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(parse(bad[i], &out, &err), BULLA_E_FORMAT,
		    "%zu", i);
		cr_assert(strstr(err.msg, "AYEKFALV") == NULL, "quoted");
	}
	cr_assert_eq(parse("PRIVATE+KEY+" NAME "+8fa1149a+AoEKFALVFGyNhPJEMzD"
	    "1QIDr+Y7hfZx09iUvxdXHKDFz\n", &out, &err), BULLA_E_UNSUPPORTED);
	cr_assert_eq(parse("# created: x\nAGE-SECRET-KEY-1\n", &out, &err),
	    BULLA_E_FORMAT);
	cr_assert(strstr(err.msg, "age key") != NULL, "%s", err.msg);
	cr_assert_null(out.seed.p);
}

Test(signer, new_keys_differ_and_come_back)
{
	struct bulla_signer a = { 0 }, b = { 0 }, back = { 0 };
	struct bulla_secret text = { 0 };
	struct bulla_cur c;

	cr_assert_eq(bulla_signer_new(NAME, BULLA_SIG_COSIGNATURE, &a, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_signer_new(NAME, BULLA_SIG_ED25519, &b, NULL),
	    BULLA_OK);
	cr_assert_not(bulla_vkey_same_key(&a.vkey, &b.vkey));
	cr_assert_eq(bulla_signer_text(&a, &text, NULL), BULLA_OK);
	c = bulla_secret_view(&text);
	cr_assert_eq(bulla_signer_parse(&c, &back, NULL), BULLA_OK);
	cr_assert(bulla_vkey_eq(&a.vkey, &back.vkey));
	cr_assert(bulla_secret_eq(a.seed.p, 32, back.seed.p, 32));
	bulla_secret_free(&text);
	bulla_signer_free(&a);
	bulla_signer_free(&b);
	bulla_signer_free(&back);
}

Test(signer, a_name_that_no_note_can_carry)
{
	static const char *const bad[] = { "", "A", "a b", "a+b", "a\n" };
	struct bulla_signer s = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(bulla_signer_new(bad[i], BULLA_SIG_ED25519, &s,
		    NULL), BULLA_E_USAGE, "%zu", i);
	cr_assert_null(s.seed.p);
}

static bool
is_there(const char *file)
{
	return access(file, F_OK) == 0;
}

static void
content(const char *file, char *out, size_t cap)
{
	FILE *f = fopen(file, "r");
	size_t n;

	cr_assert_not_null(f, "%s", file);
	n = fread(out, 1, cap - 1, f);
	out[n] = '\0';
	fclose(f);
}

static enum bulla_status
put(const char *text, const struct bulla_secret *pass, bool force,
    struct bulla_err *err)
{
	struct bulla_secret s = { 0 };
	enum bulla_status st;

	cr_assert_eq(bulla_secret_from(&s, text, strlen(text), NULL),
	    BULLA_OK);
	st = bulla_keyfile_write(path, &s, VKEY, pass, force, err);
	bulla_secret_free(&s);
	return st;
}

Test(signer, two_files_with_their_modes)
{
	struct bulla_signer s = { 0 };
	char text[400];
	struct stat sb;

	umask(077);
	cr_assert_eq(put(KEY "\n", NULL, false, NULL), BULLA_OK);
	content(path, text, sizeof(text));
	cr_assert_str_eq(text, KEY "\n");
	content(pub, text, sizeof(text));
	cr_assert_str_eq(text, VKEY "\n");
	cr_assert_eq(stat(path, &sb), 0);
	cr_assert_eq(sb.st_mode & 07777, 0600);
	cr_assert_eq(stat(pub, &sb), 0);
	cr_assert_eq(sb.st_mode & 07777, 0644);
	cr_assert_eq(bulla_signer_load(path, NULL, &s, NULL), BULLA_OK);
	cr_assert_str_eq(s.vkey.name, NAME);
	bulla_signer_free(&s);
}

Test(signer, neither_over_what_is_there)
{
	struct bulla_secret big = { 0 };
	struct bulla_err err = { 0 };
	char text[400];

	cr_assert_eq(put(KEY "\n", NULL, false, NULL), BULLA_OK);
	cr_assert_eq(put("other\n", NULL, false, &err), BULLA_E_REFUSED);
	cr_assert(strstr(err.msg, path) != NULL, "%s", err.msg);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(put("other\n", NULL, false, &err), BULLA_E_REFUSED);
	cr_assert_not(is_there(path), "alone without its public key");
	cr_assert_eq(put("other\n", NULL, true, &err), BULLA_OK);
	content(path, text, sizeof(text));
	cr_assert_str_eq(text, "other\n");
	cr_assert_eq(bulla_secret_new(&big, 32769, NULL), BULLA_OK);
	cr_assert_eq(bulla_keyfile_write(path, &big, VKEY, NULL, true, &err),
	    BULLA_E_LIMIT);
	bulla_secret_free(&big);
	content(path, text, sizeof(text));
	cr_assert_str_eq(text, "other\n");
	cr_assert_eq(bulla_keyfile_write("-", NULL, VKEY, NULL, false, &err),
	    BULLA_E_USAGE);
}

/* Whichever fsync or fchmod fails: both are there and it said so, or none. */
Test(signer, both_or_none)
{
	enum bulla_status st = BULLA_E_IO;
	int n;

	for (n = 0; st != BULLA_OK; n++) {
		cr_assert(n < 20);
		fail_at = n;
		st = put(KEY "\n", NULL, false, NULL);
		fail_at = -1;
		cr_assert_eq(is_there(path), st == BULLA_OK, "call %d", n);
		cr_assert_eq(is_there(pub), st == BULLA_OK, "call %d", n);
	}
	cr_assert_geq(n, 5, "only %d calls were tried", n);
}

/* With force the old secret key survives, or the new one is whole. */
Test(signer, never_without_a_whole_secret_key)
{
	enum bulla_status st = BULLA_E_IO;
	char text[400];

	for (int n = 0; st != BULLA_OK; n++) {
		cr_assert(n < 20);
		cr_assert_eq(put("old\n", NULL, true, NULL), BULLA_OK);
		fail_at = n;
		st = put("new\n", NULL, true, NULL);
		fail_at = -1;
		content(path, text, sizeof(text));
		cr_assert(strcmp(text, "new\n") == 0 ||
		    (st != BULLA_OK && strcmp(text, "old\n") == 0));
	}
}

static enum bulla_status
answer(const struct bulla_ask *a, const char *prompt, bool twice,
    struct bulla_secret *out, struct bulla_err *err)
{
	cr_assert(strstr(prompt, path) != NULL, "%s", prompt);
	cr_assert_not(twice);
	return bulla_secret_from(out, a->fd == 1 ? "right" : "wrong", 5, err);
}

Test(signer, wrapped_with_a_passphrase, .timeout = 60)
{
	const struct bulla_ask right = { answer, 1 }, wrong = { answer, 0 };
	struct bulla_secret pass = { 0 }, back = { 0 };
	struct bulla_err err = { 0 };
	struct bulla_signer s = { 0 };
	char text[400];

	cr_assert_eq(bulla_secret_from(&pass, "right", 5, NULL), BULLA_OK);
	cr_assert_eq(put(KEY "\n", &pass, false, &err), BULLA_OK, "%s",
	    err.msg);
	bulla_secret_free(&pass);
	content(path, text, sizeof(text));
	cr_assert_eq(strncmp(text, "age-encryption.org/v1\n-> scrypt ", 32),
	    0);
	cr_assert_eq(bulla_signer_load(path, &right, &s, &err), BULLA_OK);
	cr_assert_str_eq(s.vkey.name, NAME);
	bulla_signer_free(&s);
	cr_assert_eq(bulla_signer_load(path, &wrong, &s, &err),
	    BULLA_E_NOMATCH);
	cr_assert(strstr(err.msg, path) != NULL, "%s", err.msg);
	cr_assert_eq(bulla_keyfile_read(path, NULL, &back, &err),
	    BULLA_E_NOMATCH);
	cr_assert_null(back.p);
}

static void
plain_file(const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	cr_assert_eq(__real_fchmod(fd, mode), 0);
	close(fd);
}

Test(signer, a_file_that_others_can_read_is_refused)
{
	struct bulla_signer s = { 0 };
	struct bulla_err err = { 0 };

	plain_file(KEY "\n", 0640);
	cr_assert_eq(bulla_signer_load(path, NULL, &s, &err),
	    BULLA_E_UNSAFE);
	cr_assert(strstr(err.msg, "chmod 600") != NULL, "%s", err.msg);
	cr_assert_null(s.seed.p);
}

/* A name with a run of dashes is no armor. */
Test(signer, dashes_do_not_make_a_file_wrapped)
{
	struct bulla_signer s = { 0 }, back = { 0 };
	struct bulla_secret text = { 0 };

	cr_assert_eq(bulla_signer_new("a/-----begin-----", BULLA_SIG_ED25519,
	    &s, NULL), BULLA_OK);
	cr_assert_eq(bulla_signer_text(&s, &text, NULL), BULLA_OK);
	cr_assert_eq(bulla_keyfile_write(path, &text, VKEY, NULL, false,
	    NULL), BULLA_OK);
	cr_assert_eq(bulla_signer_load(path, NULL, &back, NULL), BULLA_OK);
	cr_assert(bulla_vkey_eq(&s.vkey, &back.vkey));
	bulla_secret_free(&text);
	bulla_signer_free(&s);
	bulla_signer_free(&back);
}

Test(signer, passphrases_from_a_descriptor_one_per_line)
{
	struct bulla_secret a = { 0 }, b = { 0 }, none = { 0 };
	struct bulla_ask ask;
	int fd[2];

	cr_assert_eq(pipe(fd), 0);
	cr_assert_eq(write(fd[1], "one\ntwo words\n\n", 15), 15);
	close(fd[1]);
	bulla_ask_fd(&ask, fd[0]);
	cr_assert_eq(ask.ask(&ask, "", false, &a, NULL), BULLA_OK);
	cr_assert_eq(ask.ask(&ask, "", true, &b, NULL), BULLA_OK);
	cr_assert(bulla_secret_eq(a.p, a.len, "one", 3));
	cr_assert(bulla_secret_eq(b.p, b.len, "two words", 9));
	cr_assert_eq(ask.ask(&ask, "", false, &none, NULL), BULLA_E_REFUSED);
	cr_assert_eq(ask.ask(&ask, "", false, &none, NULL), BULLA_E_REFUSED);
	cr_assert_null(none.p);
	bulla_secret_free(&a);
	bulla_secret_free(&b);
	close(fd[0]);
}
