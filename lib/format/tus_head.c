#include <stdio.h>
#include <string.h>

#include "bulla/tus.h"

#include "bulla/enc.h"
#include "bulla/text.h"
#include "bulla/when.h"

enum bulla_status
bulla_tus_checksum(const struct bulla_cur *text,
    uint8_t out[BULLA_TUS_DIGEST_LEN], struct bulla_err *err)
{
	struct bulla_cur value = *text, name;
	uint8_t digest[BULLA_TUS_DIGEST_LEN];
	char shown[48];
	size_t n;

	if (!bulla_cur_until(&value, ' ', &name))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "a checksum is an algorithm, a space and base64");
	if (!bulla_cur_is(&name, BULLA_TUS_ALGORITHM))
		return bulla_fail(err, BULLA_E_UNSUPPORTED,
		    "checksums of \"%s\" are not known here, only of "
		    BULLA_TUS_ALGORITHM,
		    bulla_text_show(shown, sizeof(shown), &name));
	if (!bulla_b64_decode(&value, BULLA_B64_PADDED, digest,
	    sizeof(digest), &n) || n != sizeof(digest))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "the checksum is not %u bytes in base64",
		    BULLA_TUS_DIGEST_LEN);
	memcpy(out, digest, sizeof(digest));
	return BULLA_OK;
}

void
bulla_tus_checksum_put(struct bulla_buf *b,
    const uint8_t digest[BULLA_TUS_DIGEST_LEN])
{
	bulla_buf_str(b, BULLA_TUS_ALGORITHM " ");
	bulla_b64_put(b, digest, BULLA_TUS_DIGEST_LEN, BULLA_B64_PADDED);
}

static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
/* The first day of 1970 was a Thursday. */
static const char days[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue",
	"Wed" };

/* "2026-11-22T03:04:05Z" has all that is needed but the day of the week. */
void
bulla_tus_date_text(int64_t t, char out[BULLA_TUS_DATE_LEN + 1])
{
	char iso[BULLA_WHEN_LEN + 1];
	unsigned month;

	bulla_when_text(t, iso);
	month = (unsigned)(iso[5] - '0') * 10 + (unsigned)(iso[6] - '0');
	(void)snprintf(out, BULLA_TUS_DATE_LEN + 1,
	    "%s, %.2s %s %.4s %.8s GMT", days[t / 86400 % 7], iso + 8,
	    months[month - 1], iso, iso + 11);
}

/* Only what is written again alike: so the day of the week is right too. */
bool
bulla_tus_date_parse(const struct bulla_cur *text, int64_t *out)
{
	char iso[BULLA_WHEN_LEN + 1], again[BULLA_TUS_DATE_LEN + 1];
	const char *p = (const char *)text->p;
	struct bulla_cur c;
	unsigned month;
	int64_t t;

	if (text->len != BULLA_TUS_DATE_LEN)
		return false;
	for (month = 0; month < 12; month++)
		if (memcmp(p + 8, months[month], 3) == 0)
			break;
	if (month == 12 || memchr(p, '\0', text->len) != NULL)
		return false;
	(void)snprintf(iso, sizeof(iso), "%.4s-%02u-%.2sT%.8sZ", p + 12,
	    month + 1, p + 5, p + 17);
	c = bulla_cur_str(iso);
	if (!bulla_when_parse(&c, &t))
		return false;
	bulla_tus_date_text(t, again);
	if (memcmp(again, p, text->len) != 0)
		return false;
	*out = t;
	return true;
}
