#include <criterion/criterion.h>
#include <string.h>

#include "bulla/tus.h"

static enum bulla_status
size_of(const char *text, uint64_t *out)
{
	struct bulla_cur c = bulla_cur_str(text);

	return bulla_tus_size(&c, out, NULL);
}

Test(tus, sizes)
{
	static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "01",
	    "1e3", "0x1", "1,1", "1.0", "18446744073709551616" };
	uint64_t v = 7;

	cr_assert_eq(size_of("0", &v), BULLA_OK);
	cr_assert_eq(v, 0);
	cr_assert_eq(size_of("9223372036854775807", &v), BULLA_OK);
	cr_assert_eq(v, INT64_MAX);
	v = 7;
	cr_assert_eq(size_of("9223372036854775808", &v), BULLA_E_LIMIT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(size_of(bad[i], &v), BULLA_E_FORMAT, "%s",
		    bad[i]);
	cr_assert_eq(v, 7, "written only on success");
}

static bool
is_type(const char *text)
{
	struct bulla_cur c = bulla_cur_str(text);

	return bulla_tus_is_patch_type(&c);
}

Test(tus, patch_type)
{
	cr_assert(is_type("application/offset+octet-stream"));
	cr_assert(is_type("Application/Offset+Octet-Stream"));
	cr_assert_not(is_type("application/offset+octet-strean"));
	cr_assert_not(is_type("application/offset+octet-stream;x=1"));
	cr_assert_not(is_type("application/offset+octet-strea"));
	cr_assert_not(is_type("application/octet-stream"));
	cr_assert_not(is_type(""));
}

static enum bulla_status
checksum_of(const char *text, uint8_t out[32])
{
	struct bulla_cur c = bulla_cur_str(text);

	return bulla_tus_checksum(&c, out, NULL);
}

#define SUM_OF_NOTHING "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

Test(tus, checksums)
{
	static const char *const bad[] = { "", "sha256", SUM_OF_NOTHING,
	    "sha256 ", "sha256  " SUM_OF_NOTHING, "sha256 " SUM_OF_NOTHING " ",
	    "sha256\t" SUM_OF_NOTHING,
	    "sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
	    "sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
	    "sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==",
	    "sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFVV",
	    "sha256 " SUM_OF_NOTHING ",sha256 " SUM_OF_NOTHING };
	static const char *const other[] = {
	    "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "SHA256 " SUM_OF_NOTHING,
	    "md5 x", " sha256 " SUM_OF_NOTHING };
	struct bulla_buf b = BULLA_BUF_INIT(64);
	uint8_t sum[32] = { 7 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(checksum_of(bad[i], sum), BULLA_E_FORMAT, "%s",
		    bad[i]);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		cr_assert_eq(checksum_of(other[i], sum), BULLA_E_UNSUPPORTED,
		    "%s", other[i]);
	cr_assert_eq(sum[0], 7, "written only on success");
	cr_assert_eq(checksum_of("sha256 " SUM_OF_NOTHING, sum), BULLA_OK);
	cr_assert_eq(sum[0], 0xe3);
	cr_assert_eq(sum[31], 0x55);
	bulla_tus_checksum_put(&b, sum);
	cr_assert_str_eq(bulla_buf_cstr(&b), "sha256 " SUM_OF_NOTHING);
	bulla_buf_free(&b);
}

static bool
date_of(const char *text, int64_t *out)
{
	struct bulla_cur c = bulla_cur_str(text);

	return bulla_tus_date_parse(&c, out);
}

Test(tus, dates)
{
	static const struct {
		int64_t t;
		const char *text;
	} good[] = {
		{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ 1795316645, "Sun, 22 Nov 2026 03:04:05 GMT" },
		{ INT64_C(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT" },
	};
	static const char *const bad[] = { "",
	    "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
	    "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
	    "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
	    "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 24:49:37 GMT",
	    "Tue, 30 Feb 2000 00:00:00 GMT", "Wed, 31 Dec 1969 23:59:59 GMT" };
	char text[BULLA_TUS_DATE_LEN + 1];
	int64_t t = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(date_of(bad[i], &t), "%s", bad[i]);
	cr_assert_eq(t, 7);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		bulla_tus_date_text(good[i].t, text);
		cr_assert_str_eq(text, good[i].text);
		cr_assert(date_of(text, &t));
		cr_assert_eq(t, good[i].t);
	}
}

static enum bulla_status
meta_of(const char *text, struct bulla_tus_meta *m)
{
	struct bulla_cur c = bulla_cur_str(text);

	return bulla_tus_meta_parse(&c, m, NULL);
}

static void
has(const struct bulla_tus_meta *m, const char *key, const char *want)
{
	char got[64];
	size_t n = 99;

	cr_assert(bulla_tus_meta_get(m, key, got, sizeof(got), &n), "%s", key);
	cr_assert_eq(n, strlen(want));
	cr_assert_arr_eq(got, want, n);
}

Test(tus, metadata)
{
	struct bulla_tus_meta m;
	char got[4];
	size_t n = 99;

	cr_assert_eq(meta_of("filename d29ybGQ=,is_x,empty ,n MQ==", &m),
	    BULLA_OK);
	cr_assert_eq(m.n, 4);
	has(&m, "filename", "world");
	has(&m, "is_x", "");
	has(&m, "empty", "");
	has(&m, "n", "1");
	cr_assert_not(bulla_tus_meta_get(&m, "file", got, sizeof(got), &n));
	cr_assert_not(bulla_tus_meta_get(&m, "filename", got, sizeof(got),
	    &n), "longer than the buffer");
	cr_assert_eq(n, 99);
	cr_assert_eq(meta_of("", &m), BULLA_OK);
	cr_assert_eq(m.n, 0);
	cr_assert_eq(meta_of("a MQ==, b MQ==", &m), BULLA_OK);
	has(&m, "b", "1");
}

Test(tus, metadata_refused)
{
	static const char *const bad[] = { ",", "a,", ",a", "a,,b", "a MQ",
	    "a MQ==x", "a M!==", "a  MQ==", "a MQ== ", "a MR==",
	    "a MQ==,a MQ==", "a,a", "a\tb", "k\x7f MQ==", "\xc3\xa4 MQ==",
	    "a -_==", " " };
	struct bulla_tus_meta m = { .n = 3 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(meta_of(bad[i], &m), BULLA_E_FORMAT, "\"%s\"",
		    bad[i]);
	cr_assert_eq(m.n, 3);
}

Test(tus, metadata_limits)
{
	struct bulla_buf b = BULLA_BUF_INIT(8192);
	struct bulla_tus_meta m;

	for (unsigned i = 0; i < BULLA_TUS_PAIRS_MAX; i++)
		bulla_buf_fmt(&b, "%sk%u", i > 0 ? "," : "", i);
	cr_assert_eq(meta_of(bulla_buf_cstr(&b), &m), BULLA_OK);
	cr_assert_eq(m.n, BULLA_TUS_PAIRS_MAX);
	bulla_buf_str(&b, ",one");
	cr_assert_eq(meta_of(bulla_buf_cstr(&b), &m), BULLA_E_LIMIT);
	bulla_buf_reset(&b);
	while (b.len < BULLA_TUS_META_MAX)
		bulla_buf_str(&b, "k");
	cr_assert_eq(meta_of(bulla_buf_cstr(&b), &m), BULLA_OK);
	bulla_buf_str(&b, "k");
	cr_assert_eq(meta_of(bulla_buf_cstr(&b), &m), BULLA_E_LIMIT);
	bulla_buf_free(&b);
}

Test(tus, metadata_written)
{
	struct bulla_buf b = BULLA_BUF_INIT(256);

	bulla_tus_meta_put(&b, "sha256", "abc", 3);
	bulla_tus_meta_put(&b, "flag", "", 0);
	bulla_tus_meta_put(&b, "n", "1", 1);
	cr_assert_str_eq(bulla_buf_cstr(&b), "sha256 YWJj,flag,n MQ==");
	bulla_buf_free(&b);
}

#define ID32 "00112233445566778899aabbccddeeff"

static struct bulla_tus_route
route_of(const char *path)
{
	struct bulla_cur c = bulla_cur_str(path);
	struct bulla_tus_route r;

	bulla_tus_route(&c, &r);
	return r;
}

Test(tus, routes_and_back)
{
	static const struct {
		const char *path;
		enum bulla_tus_place place;
	} good[] = {
		{ "/packages", BULLA_TUS_PACKAGES },
		{ "/packages/" ID32, BULLA_TUS_UPLOAD },
		{ "/packages/" ID32 ID32, BULLA_TUS_KNOWN },
		{ "/receipts/" ID32 ID32, BULLA_TUS_RECEIPT },
		{ "/checkpoint", BULLA_TUS_CHECKPOINT },
		{ "/tile/0/000", BULLA_TUS_TILE },
		{ "/tile/entries/x001/067.p/5", BULLA_TUS_TILE },
		{ "/add-checkpoint", BULLA_TUS_ADD },
		{ "/add-checkpoint/0", BULLA_TUS_ASK },
		{ "/add-checkpoint/9223372036854775807", BULLA_TUS_ASK },
		{ "/" ID32 ID32 "/checkpoint", BULLA_TUS_SEEN },
		{ "/cosignature", BULLA_TUS_COSIGNATURE },
		{ "/notes", BULLA_TUS_NOTES },
		{ "/outgoing", BULLA_TUS_OUTGOING },
		{ "/outgoing/" ID32 ".bulla", BULLA_TUS_PARCEL },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct bulla_tus_route r = route_of(good[i].path);
		struct bulla_buf b = BULLA_BUF_INIT(128);

		cr_assert_eq(r.place, good[i].place, "%s", good[i].path);
		cr_assert_eq(bulla_tus_is_exchange(r.place),
		    r.place >= BULLA_TUS_CHECKPOINT &&
		    r.place <= BULLA_TUS_NOTES, "%s", good[i].path);
		bulla_tus_route_put(&b, &r);
		cr_assert_str_eq(bulla_buf_cstr(&b), good[i].path);
		bulla_buf_free(&b);
	}
	cr_assert_str_eq(route_of("/packages/" ID32).id, ID32);
	cr_assert_str_eq(route_of("/outgoing/" ID32 ".bulla").id, ID32);
	cr_assert_eq(route_of("/receipts/" ID32 ID32).sha256[31], 0xff);
	cr_assert_eq(route_of("/" ID32 ID32 "/checkpoint").sha256[31], 0xff);
	cr_assert_eq(route_of("/add-checkpoint/17").old, 17);
	cr_assert_str_eq(route_of("/tile/7/000.p/1").tile, "tile/7/000.p/1");
}

Test(tus, routes_that_are_none)
{
	static const char *const bad[] = { "", "/", "packages", "/packages/",
	    "//packages", "/packages/.", "/packages/..", "/Packages",
	    "/packages/" ID32 "/", "/packages/" ID32 "0",
	    "/packages/00112233445566778899AABBCCDDEEFF", "/packages?x",
	    "/packages/" ID32 "?x", "/receipts", "/receipts/",
	    "/receipts/" ID32, "/receipts/" ID32 ID32 "0",
	    "/packages/../receipts/" ID32 ID32, "/packages%2f" ID32,
	    "/checkpoint/", "checkpoint", "/Checkpoint", "/tile", "/tile/",
	    "/tile/0", "/tile/0/", "/tile/0/1", "/tile/00/000",
	    "/tile/0/000.p/0", "/tile/0/000.p/256", "/tile/0/../checkpoint",
	    "/tile/8/000", "/tile/0/x000/001/", "/tile/0/001?x", "tile/0/000",
	    "//tile/0/000", "/add-checkpoint/", "/add-checkpoint/01",
	    "/add-checkpoint/-1", "/add-checkpoint/9223372036854775808",
	    "/add-checkpoint/1/", "/cosignature/", "/notes/", "/notes/1",
	    "/" ID32 "/checkpoint", "/" ID32 ID32, "/" ID32 ID32 "/",
	    "/" ID32 ID32 "/checkpoint/", "//" ID32 ID32 "/checkpoint",
	    "/" ID32 ID32 "/notes", "/outgoing/", "/outgoing/" ID32,
	    "/outgoing/" ID32 ".bulla.sha256", "/outgoing/" ID32 ".Bulla",
	    "/outgoing/" ID32 ".bulla/", "/outgoing/../" ID32 ".bulla",
	    "/outgoing/" ID32 "0.bulla", "/outgoing/a/" ID32 ".bulla" };
	struct bulla_buf b = BULLA_BUF_INIT(128);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bulla_tus_route r = route_of(bad[i]);

		cr_assert_eq(r.place, BULLA_TUS_NOWHERE, "%s", bad[i]);
		bulla_tus_route_put(&b, &r);
	}
	cr_assert_eq(b.len, 0);
}
