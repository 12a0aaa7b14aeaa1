#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>

#include "core/pack_int.h"
#include "scratch.h"

/* WRAP: malloc */
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
static unsigned mallocs;
void *
__wrap_malloc(size_t n)
{
	mallocs++;
	return __real_malloc(n);
}

TestSuite(names, .init = scratch_enter, .fini = scratch_leave);

static void
add(struct pack_names *l, const char *raw, unsigned char type)
{
	cr_assert_eq(pack_names_add(l, raw, type, NULL), BULLA_OK);
}

static const char *
safe_of(const struct pack_names *l, const char *raw)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].raw, raw) == 0)
			return pack_name_safe(&l->v[i]);
	return "?";
}

/* All are allowed, none alike, in the order of whole paths. */
static void
expect_settled(const struct pack_names *l)
{
	char a[300], b[300];

	for (size_t i = 0; i < l->n; i++) {
		struct bulla_cur c = bulla_cur_str(pack_name_safe(&l->v[i]));

		cr_expect(bulla_bag_component_ok(&c), "%s",
		    pack_name_safe(&l->v[i]));
		if (i == 0)
			continue;
		snprintf(a, sizeof(a), "%s%s", pack_name_safe(&l->v[i - 1]),
		    l->v[i - 1].kind == PACK_IS_DIR ? "/" : "");
		snprintf(b, sizeof(b), "%s%s", pack_name_safe(&l->v[i]),
		    l->v[i].kind == PACK_IS_DIR ? "/" : "");
		cr_expect_lt(strcmp(a, b), 0, "%s, %s", a, b);
		cr_expect_str_neq(pack_name_safe(&l->v[i - 1]),
		    pack_name_safe(&l->v[i]));
	}
}

Test(names, what_is_allowed_stays)
{
	struct pack_names l = { 0 };
	static const char *const ok[] = { "a", "a b", ".hidden", "\xc3\xa9",
	    "a~", "a-b", "#x", "CON", "..." };

	for (size_t i = 0; i < sizeof(ok) / sizeof(ok[0]); i++)
		add(&l, ok[i], DT_REG);
	cr_assert_eq(pack_names_settle(&l, NULL), BULLA_OK);
	for (size_t i = 0; i < l.n; i++)
		cr_expect(!l.v[i].renamed);
	expect_settled(&l);
	pack_names_free(&l);
}

Test(names, what_is_not_becomes_an_underscore)
{
	static const struct {
		const char *raw, *safe;
	} v[] = {
		{ "-rf", "_rf" }, { "~root", "_root" }, { "50%", "50_" },
		{ "a\\b", "a_b" }, { "a\nb", "a_b.2" }, { "\x01", "_" },
		{ "a\x7f", "a_" }, { "\xff\xfe", "__" },
		{ "\xe2\x80\xae" "gpj.exe", "___gpj.exe" },
		{ "\xc2\x85", "__.2" }, { "%", "_.2" }, { "\t", "_.3" },
	};
	struct pack_names l = { 0 };

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		add(&l, v[i].raw, DT_REG);
	cr_assert_eq(pack_names_settle(&l, NULL), BULLA_OK);
	expect_settled(&l);
	/* Who gets which number depends on the bytes of the names alone. */
	cr_expect_str_eq(safe_of(&l, "a\nb"), "a_b");
	cr_expect_str_eq(safe_of(&l, "a\\b"), "a_b.2");
	cr_expect_str_eq(safe_of(&l, "\x01"), "_");
	cr_expect_str_eq(safe_of(&l, "\t"), "_.2");
	cr_expect_str_eq(safe_of(&l, "%"), "_.3");
	cr_expect_str_eq(safe_of(&l, "-rf"), "_rf");
	cr_expect_str_eq(safe_of(&l, "50%"), "50_");
	cr_expect_str_eq(safe_of(&l, "\xe2\x80\xae" "gpj.exe"),
	    "___gpj.exe");
	pack_names_free(&l);
}

/* A name that is allowed is never taken away by one that is not. */
Test(names, collisions_give_way)
{
	struct pack_names l = { 0 };

	add(&l, "a%", DT_REG);
	add(&l, "a\\", DT_REG);
	add(&l, "a_", DT_REG);
	add(&l, "a_.2", DT_DIR);
	add(&l, "a_.4", DT_REG);
	add(&l, "a\n", DT_DIR);
	cr_assert_eq(pack_names_settle(&l, NULL), BULLA_OK);
	expect_settled(&l);
	cr_expect_str_eq(safe_of(&l, "a_"), "a_");
	cr_expect_str_eq(safe_of(&l, "a_.2"), "a_.2");
	cr_expect_str_eq(safe_of(&l, "a_.4"), "a_.4");
	cr_expect_str_eq(safe_of(&l, "a\n"), "a_.3");
	cr_expect_str_eq(safe_of(&l, "a%"), "a_.5");
	cr_expect_str_eq(safe_of(&l, "a\\"), "a_.6");
	pack_names_free(&l);
}

Test(names, as_long_as_they_may_be)
{
	struct pack_names l = { 0 };
	char a[256], b[256], c[256];

	memset(a, 'x', 255);
	memset(b, 'x', 255);
	memset(c, 'x', 255);
	a[255] = b[255] = c[255] = '\0';
	b[254] = '%';
	a[254] = '_';
	memcpy(c + 250, "\xc3\xa9\xc3\xa9%", 5);
	add(&l, a, DT_REG);
	add(&l, b, DT_REG);
	add(&l, c, DT_REG);
	cr_assert_eq(pack_names_settle(&l, NULL), BULLA_OK);
	expect_settled(&l);
	cr_expect_eq(strlen(safe_of(&l, b)), 255);
	cr_expect_str_eq(safe_of(&l, b) + 253, ".2");
	cr_expect_eq(strlen(safe_of(&l, c)), 255);
	pack_names_free(&l);
}

/* A directory counts with its '/': "a.txt" < "a/" < "a0". */
Test(names, the_order_of_whole_paths)
{
	static const char *const want[] = { "a", "a b", "a-b", "a.txt", "a",
	    "a0", "b" };
	struct pack_names l = { 0 };

	add(&l, "b", DT_DIR);
	add(&l, "a0", DT_REG);
	add(&l, "a.txt", DT_REG);
	add(&l, "a-b", DT_DIR);
	add(&l, "a b", DT_REG);
	add(&l, "a", DT_DIR);
	cr_assert_eq(pack_names_settle(&l, NULL), BULLA_OK);
	for (size_t i = 0; i < l.n; i++)
		cr_expect_str_eq(pack_name_safe(&l.v[i]), want[i + 1]);
	expect_settled(&l);
	pack_names_free(&l);
}

Test(names, the_order_whatever_is_compared_with_what)
{
	static const char *const raw[] = { "a b", "a", "a0" };
	static const unsigned at[6][3] = { { 0, 1, 2 }, { 0, 2, 1 },
	    { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (unsigned round = 0; round < 6; round++) {
		struct pack_names l = { 0 };

		for (unsigned i = 0; i < 3; i++)
			add(&l, raw[at[round][i]], at[round][i] == 1 ?
			    DT_DIR : DT_REG);
		cr_assert_eq(pack_names_settle(&l, NULL), BULLA_OK);
		for (unsigned i = 0; i < 3; i++)
			cr_expect_str_eq(pack_name_safe(&l.v[i]), raw[i]);
		pack_names_free(&l);
	}
}

/* The same for every order in which readdir may have them. */
Test(names, whatever_the_order_of_reading)
{
	static const char *const raw[] = { "x%", "x\\", "x\n", "x_", "x\x01",
	    "y" };
	char first[6][20];
	unsigned at[6] = { 0, 1, 2, 3, 4, 5 }, n = 0;

	for (unsigned round = 0; round < 720; round++, n++) {
		struct pack_names l = { 0 };
		unsigned rest = round;

		for (unsigned i = 0; i < 6; i++)
			at[i] = i;
		for (unsigned i = 0; i < 6; i++) {
			unsigned k = i + rest % (6 - i), t = at[i];

			rest /= 6 - i;
			at[i] = at[k];
			at[k] = t;
			add(&l, raw[at[i]], DT_REG);
		}
		cr_assert_eq(pack_names_settle(&l, NULL), BULLA_OK);
		for (unsigned i = 0; i < 6; i++)
			if (round == 0)
				snprintf(first[i], 20, "%s",
				    safe_of(&l, raw[i]));
			else
				cr_assert_str_eq(safe_of(&l, raw[i]),
				    first[i]);
		pack_names_free(&l);
	}
	printf("COUNT pack-name-orders %u 0\n", n);
}

Test(names, very_many_that_collide)
{
	struct pack_names l = { 0 };
	char raw[40];

	for (unsigned i = 0; i < 20000; i++) {
		/* 20,000 names of bytes that all become "____" */
		snprintf(raw, sizeof(raw), "%c%c%c", 1 + i % 30,
		    1 + i / 30 % 30, 1 + i / 900);
		add(&l, raw, DT_REG);
	}
	cr_assert_eq(pack_names_settle(&l, NULL), BULLA_OK);
	expect_settled(&l);
	pack_names_free(&l);
}

/* Of a million names one that is not allowed must not cost an allocation for
 * each of the others. */
Test(names, one_that_is_renamed_among_many)
{
	struct pack_names l = { 0 };
	char raw[40];

	for (unsigned i = 0; i < 20000; i++) {
		snprintf(raw, sizeof(raw), "f%05u", i);
		add(&l, raw, DT_REG);
	}
	add(&l, "f\001", DT_REG);
	add(&l, "f_", DT_REG);
	mallocs = 0;
	cr_assert_eq(pack_names_settle(&l, NULL), BULLA_OK);
	cr_expect_lt(mallocs, 100, "%u", mallocs);
	expect_settled(&l);
	cr_expect_str_eq(safe_of(&l, "f\001"), "f_.2");
	cr_expect_str_eq(safe_of(&l, "f_"), "f_");
	pack_names_free(&l);
}

Test(names, of_nothing)
{
	struct pack_names l = { 0 };

	cr_expect_eq(pack_names_settle(&l, NULL), BULLA_OK);
	cr_expect_eq(l.n, 0);
	pack_names_free(&l);
}

Test(names, of_a_directory)
{
	struct pack_names l = { 0 };
	int fd;

	cr_assert_eq(mkdir("d", 0700), 0);
	cr_assert_eq(put("f%", "x", false, NULL), BULLA_OK);
	cr_assert_eq(symlink("f%", "link"), 0);
	cr_assert_eq(mkfifo("pipe", 0600), 0);
	fd = open(".", O_RDONLY | O_DIRECTORY);
	cr_assert_eq(pack_names_read(&l, fd, NULL), BULLA_OK);
	cr_expect_eq(l.n, 4);
	/* A second reading begins at the beginning. */
	cr_assert_eq(pack_names_read(&l, fd, NULL), BULLA_OK);
	cr_expect_eq(l.n, 8);
	for (size_t i = 0; i < l.n; i++)
		cr_expect_eq(l.v[i].kind, l.v[i].raw[0] == 'd' ? PACK_IS_DIR :
		    l.v[i].raw[0] == 'f' ? PACK_IS_REG : PACK_IS_OTHER);
	close(fd);
	pack_names_free(&l);
}

Test(names, of_what_is_no_directory)
{
	struct pack_names l = { 0 };
	int fd;

	cr_assert_eq(put("f", "x", false, NULL), BULLA_OK);
	fd = open("f", O_RDONLY);
	cr_expect_eq(pack_names_read(&l, fd, NULL), BULLA_E_IO);
	close(fd);
	cr_expect_eq(pack_names_read(&l, -1, NULL), BULLA_E_IO);
	pack_names_free(&l);
}
