/*
 * main() for a fuzz target without libFuzzer: runs it over every file
 * named, and over every file in the directories named. For compilers that
 * have no libFuzzer, for valgrind, and for other people's fuzzers
 * (afl-fuzz passes a file name).
 *
 * Says "N inputs" on stdout. Exit 2: usage, or an input cannot be read.
 */
#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

enum { INPUT_MAX = 64 << 20 };

static unsigned long n_inputs;

static void
run_file(const char *path, off_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	size_t len = (size_t)size;

	if (f == NULL)
		err(2, "%s", path);
	if (size > INPUT_MAX)
		errx(2, "%s: over 64 MiB", path);
	/* as long as the input and no longer, so that a sanitizer sees a
	 * read past its end */
	data = malloc(len == 0 ? 1 : len);
	if (data == NULL)
		err(2, "%s", path);
	if (fread(data, 1, len, f) != len)
		err(2, "%s", path);
	fclose(f);
	(void)LLVMFuzzerTestOneInput(data, len);
	free(data);
	n_inputs++;
}

static void
run_dir(const char *path)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, NULL, alphasort);

	if (n < 0)
		err(2, "%s", path);
	for (int i = 0; i < n; i++) {
		struct stat st;
		char *file = NULL;

		if (asprintf(&file, "%s/%s", path, list[i]->d_name) < 0)
			err(2, NULL);
		if (stat(file, &st) < 0)
			err(2, "%s", file);
		if (S_ISREG(st.st_mode))
			run_file(file, st.st_size);
		free(file);
		free(list[i]);
	}
	free(list);
}

int
main(int argc, char **argv)
{
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE|DIR...\n", argv[0]);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) < 0)
			err(2, "%s", argv[i]);
		if (S_ISDIR(st.st_mode))
			run_dir(argv[i]);
		else
			run_file(argv[i], st.st_size);
	}
	printf("%lu inputs\n", n_inputs);
	return 0;
}
