#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/s3.h"

#define GOOD "endpoint: https://store.example:9000\n" \
    "region: us-east-1\naccess: AK:me\nsecret: s3cr3t+/=\n"

static enum bulla_status
parse(const char *text, struct bulla_s3_conf *out, struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(text);

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	return bulla_s3_conf_parse(&c, out, err);
}

Test(s3_conf, defaults)
{
	struct bulla_s3_conf c = { 0 };

	cr_assert_eq(parse(GOOD, &c, NULL), BULLA_OK);
	cr_assert_str_eq(c.endpoint, "https://store.example:9000");
	cr_assert_str_eq(c.region, "us-east-1");
	cr_assert_str_eq(c.access, "AK:me");
	cr_assert(bulla_secret_eq(c.secret.p, c.secret.len, "s3cr3t+/=", 9));
	cr_assert(!c.virtual_host);
	cr_assert_str_eq(c.ca, "");
	cr_assert_eq(c.part_size, 64u << 20);
	cr_assert_eq(c.parallel, 4);
	bulla_s3_conf_free(&c);
	cr_assert_null(c.secret.p);
}

Test(s3_conf, everything)
{
	struct bulla_s3_conf c = { 0 };

	cr_assert_eq(parse("# ours\n\nparallel: 16\npart-size: 5M\n"
	    "ca: /etc/the store.pem\npath-style: no\n" GOOD, &c, NULL),
	    BULLA_OK);
	cr_assert(c.virtual_host);
	cr_assert_str_eq(c.ca, "/etc/the store.pem");
	cr_assert_eq(c.part_size, BULLA_S3_PART_MIN);
	cr_assert_eq(c.parallel, 16);
	bulla_s3_conf_free(&c);
}

Test(s3_conf, refused)
{
	static const char *const bad[] = { "",
	    /* one of the four is missing */
	    "region: r\naccess: a\nsecret: s\n",
	    "endpoint: https://h\naccess: a\nsecret: s\n",
	    "endpoint: https://h\nregion: r\nsecret: s\n",
	    "endpoint: https://h\nregion: r\naccess: a\n",
	    /* lines */
	    GOOD "region: eu\n", GOOD "unknown: x\n", GOOD "ca:x\n",
	    GOOD "ca: \n", GOOD "ca\n", GOOD "ca: x", GOOD " # x\n",
	    GOOD "\r\n", GOOD "ca: a\tb\n",
	    /* values */
	    GOOD "path-style: maybe\n", GOOD "path-style: Yes\n",
	    GOOD "parallel: 0\n", GOOD "parallel: 17\n",
	    GOOD "parallel: 04\n", GOOD "part-size: 5242879\n",
	    GOOD "part-size: 5242881K\n", GOOD "part-size: -1\n",
	    "endpoint: http://h\nregion: r\naccess: a\nsecret: s\n",
	    "endpoint: https://u@h\nregion: r\naccess: a\nsecret: s\n",
	    "endpoint: https://h/p\nregion: r\naccess: a\nsecret: s\n",
	    "endpoint: https://h?q\nregion: r\naccess: a\nsecret: s\n",
	    "endpoint: h\nregion: r\naccess: a\nsecret: s\n",
	    "endpoint: https://h\nregion: R\naccess: a\nsecret: s\n",
	    "endpoint: https://h\nregion: r\naccess: a/b\nsecret: s\n",
	    "endpoint: https://h\nregion: r\naccess: a,b\nsecret: s\n",
	    "endpoint: https://h\nregion: r\naccess: a b\nsecret: s\n",
	    "endpoint: https://h\nregion: r\naccess: a\nsecret: s s\n",
	    "endpoint: https://h\nregion: r\naccess: a\nsecret: s\x7f\n" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bulla_s3_conf c = { .parallel = 77 };
		struct bulla_err err = { 0 };

		cr_assert_eq(parse(bad[i], &c, &err), BULLA_E_FORMAT, "%s",
		    bad[i]);
		cr_assert_neq(err.msg[0], '\0', "%s", bad[i]);
		cr_assert_eq(c.parallel, 77, "written only on success");
		cr_assert_null(c.secret.p);
	}
}

Test(s3_conf, messages_keep_the_secret)
{
	static const char *const bad[] = {
	    "endpoint: https://h\nregion: r\naccess: a\nsecret: HUSH HUSH\n",
	    "HUSH: x\n", "HUSH\n", "HUSH", "region: HUSH\n",
	    GOOD "access: HUSH\n" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bulla_s3_conf c = { 0 };
		struct bulla_err err = { 0 };

		cr_assert_neq(parse(bad[i], &c, &err), BULLA_OK);
		cr_assert_null(strstr(err.msg, "HUSH"), "%s", err.msg);
	}
}

Test(s3_conf, limits)
{
	struct bulla_s3_conf c = { 0 };
	char text[1024], v[BULLA_S3_TEXT_MAX + 2];

	memset(v, 'k', sizeof(v));
	v[sizeof(v) - 1] = '\0';
	(void)snprintf(text, sizeof(text),
	    "endpoint: https://h\nregion: r\naccess: a\nsecret: %s\n", v);
	cr_assert_eq(parse(text, &c, NULL), BULLA_E_FORMAT);
	v[BULLA_S3_TEXT_MAX] = '\0';
	(void)snprintf(text, sizeof(text),
	    "endpoint: https://h\nregion: r\naccess: a\nsecret: %s\n", v);
	cr_assert_eq(parse(text, &c, NULL), BULLA_OK);
	bulla_s3_conf_free(&c);
	(void)snprintf(text, sizeof(text),
	    "endpoint: https://h\nregion: r\naccess: %sk\nsecret: s\n", v);
	cr_assert_eq(parse(text, &c, NULL), BULLA_E_FORMAT);
}

Test(s3_conf, file_is_a_secret_file)
{
	char path[] = "/tmp/bulla-s3-conf.XXXXXX", link[64];
	int fd = mkstemp(path);
	struct bulla_s3_conf c = { 0 };
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(write(fd, GOOD, strlen(GOOD)), (ssize_t)strlen(GOOD));
	cr_assert_eq(bulla_s3_conf_load(path, &c, &err), BULLA_OK, "%s",
	    err.msg);
	bulla_s3_conf_free(&c);
	cr_assert_eq(fchmod(fd, 0640), 0);
	cr_assert_eq(bulla_s3_conf_load(path, &c, &err), BULLA_E_UNSAFE);
	cr_assert_eq(fchmod(fd, 0600), 0);
	(void)snprintf(link, sizeof(link), "%s.link", path);
	cr_assert_eq(symlink(path, link), 0);
	cr_assert_eq(bulla_s3_conf_load(link, &c, &err), BULLA_E_UNSAFE);
	(void)unlink(link);
	(void)unlink(path);
	(void)close(fd);
	cr_assert_eq(bulla_s3_conf_load(path, &c, &err), BULLA_E_IO);
}

Test(s3_conf, written_without_the_secret)
{
	struct bulla_s3_conf c = { 0 }, again = { 0 };
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	struct bulla_cur text;

	cr_assert_eq(parse(GOOD "ca: x\npath-style: no\n", &c, NULL),
	    BULLA_OK);
	bulla_s3_conf_put(&b, &c);
	text = bulla_buf_view(&b);
	cr_assert_null(memmem(b.p, b.len, "s3cr3t", 6));
	cr_assert_eq(bulla_s3_conf_parse(&text, &again, NULL), BULLA_OK);
	cr_assert_str_eq(again.endpoint, c.endpoint);
	cr_assert_str_eq(again.ca, "x");
	cr_assert(again.virtual_host);
	bulla_s3_conf_free(&c);
	bulla_s3_conf_free(&again);
	bulla_buf_free(&b);
}
