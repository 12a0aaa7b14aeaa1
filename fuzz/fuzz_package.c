#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bulla/enc.h"
#include "bulla/package.h"

#define SIZE_MAX_IN (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t cap,
    unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t cap)
    __attribute__((weak));

/* keys/alpha.vkeys: those who sealed the seeds. */
static const char *const sealers[] = {
	"alpha/sealer+fdd61276+"
	"AS7W9m0ovMqOK7DiaaqJ+6V7VlowQbAxUq5VEl7TwcSe",
	"alpha/second-officer+1a454cc5+"
	"AT9p5WjRAxuqRogGmYe/SCeVoXmmt3zlAYAXK+p7ssAT",
};
/* sha256 of the whole packages in fuzz/corpus/package: nothing else may
 * verify, for nobody has the keys while this runs. */
static const char *const genuine[] = {
	"de6179f15dc2f921b9cc123e921d0c0c98b3c29344a26821cfd412e677d4b9ec",
	"d6dde1ae749194be5f5ed2a8f7c67aa937193e949f5e67069075ba9811b1367e",
	"238d380707ad36e08b8b850623a98bd9d8658358e0109c38dd26df215f37d20f",
};

static struct bulla_vkeys known;
static int fd = -1;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (bulla_crypto_init(NULL) != BULLA_OK)
		abort();
	for (size_t i = 0; i < 2; i++)
		if (bulla_vkeys_add_text(&known, sealers[i], NULL) != BULLA_OK)
			abort();
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd == -1)
		abort();
	return 0;
}

/* A good checksum for the header at at, if there is room for one. */
static void
mend_sum(uint8_t *h)
{
	unsigned sum = 0;
	char text[8];

	memset(h + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += h[i];
	(void)snprintf(text, sizeof(text), "%06o", sum & 0777777u);
	memcpy(h + 148, text, 7);
}

/*
 * Bytes change anywhere; then, but for one time in 16, the headers of the
 * members get their checksums again, or no change in one is ever looked at.
 */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t cap, unsigned seed)
{
	char size[12];
	uint64_t n;

	if (LLVMFuzzerMutate == NULL)
		return len;
	len = LLVMFuzzerMutate(data, len, cap);
	for (size_t at = 0; seed % 16 != 0 && len - at >= 512;) {
		memcpy(size, data + at + 124, 11);
		size[11] = '\0';
		n = strtoull(size, NULL, 8);
		if (data[at] == 0)
			break;
		mend_sum(data + at);
		if (n > len - at - 512)
			break;
		at += 512 + ((size_t)n + 511) / 512 * 512;
		if (at > len)
			break;
	}
	return len;
}

static bool
is_genuine(const uint8_t *data, size_t len)
{
	uint8_t digest[BULLA_SHA256_LEN];
	char hex[2 * BULLA_SHA256_LEN + 1];

	bulla_sha256(data, len, digest);
	bulla_hex(hex, digest, sizeof(digest));
	for (size_t i = 0; i < sizeof(genuine) / sizeof(genuine[0]); i++)
		if (strcmp(hex, genuine[i]) == 0)
			return true;
	return false;
}

static enum bulla_status
inspect(bool *whole)
{
	struct bulla_package p = { 0 };
	struct bulla_err e = { 0 };
	enum bulla_status st;

	if (lseek(fd, 0, SEEK_SET) != 0)
		abort();
	st = bulla_package_inspect(fd, &p, &e);
	*whole = st == BULLA_OK && p.has_closing;
	if (p.verified || (st != BULLA_OK && e.msg[0] == '\0'))
		abort();
	bulla_package_free(&p);
	return st;
}

static enum bulla_status
verify(void)
{
	const struct bulla_verify v = { .fd = fd, .known = &known,
	    .allow_exercise = true, .threads = 1 };
	struct bulla_package p = { 0 };
	struct bulla_err e = { 0 };
	enum bulla_status st;

	if (lseek(fd, 0, SEEK_SET) != 0)
		abort();
	st = bulla_package_verify(&v, &p, &e);
	if ((st == BULLA_OK) != p.verified ||
	    (st == BULLA_OK) != (e.msg[0] == '\0'))
		abort();
	bulla_package_free(&p);
	return st;
}

/* What verifies is a seed, byte for byte, and inspects as a whole. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	bool whole = false;
	enum bulla_status st;

	if (len > SIZE_MAX_IN)
		return 0;
	if (ftruncate(fd, 0) != 0 ||
	    pwrite(fd, data, len, 0) != (ssize_t)len)
		abort();
	st = inspect(&whole);
	if (verify() == BULLA_OK) {
		if (st != BULLA_OK || !whole || !is_genuine(data, len))
			abort();
	} else if (is_genuine(data, len)) {
		abort();
	}
	return 0;
}
