#include <sys/random.h>

#include "core/outbox_int.h"

#include "bulla/num.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define PAUSE_FIRST 60u		/* seconds */
#define PAUSE_MAX 3600u
#define AHEAD_MAX (UINT64_C(100) * 366 * 86400)

static bool
host_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c == '.' || c == '-' || c == '_' || c == ':' || c == '[' ||
	    c == ']';
}

/* What stands between "https://" and the path, without the port. */
static bool
authority(const char *url, struct bulla_cur *out)
{
	struct bulla_cur c = bulla_cur_str(url);
	size_t n = 0;

	if (!bulla_cur_eat_str(&c, "https://") &&
	    !bulla_cur_eat_str(&c, "HTTPS://"))
		return false;
	while (n < c.len && c.p[n] != '/' && c.p[n] != '?' && c.p[n] != '#')
		n++;
	if (!bulla_cur_take(&c, n, out) || n == 0)
		return false;
	while (n > 0 && out->p[n - 1] >= '0' && out->p[n - 1] <= '9')
		n--;
	if (n > 0 && out->p[n - 1] == ':')
		out->len = n - 1;
	return out->len > 0;
}

/* Of "s3://BUCKET/..."; bulla-send knows the rest of the rules. */
static bool
bucket(const char *url, struct bulla_cur *out)
{
	struct bulla_cur c = bulla_cur_str(url);

	if (!bulla_cur_eat_str(&c, "s3://"))
		return false;
	if (!bulla_cur_until(&c, '/', out))
		*out = c;
	for (size_t i = 0; i < out->len; i++)
		if (!host_byte(out->p[i]) || out->p[i] == ':')
			return false;
	return out->len > 0;
}

enum bulla_status
bulla_outbox_host(const char *url, struct bulla_buf *out,
    struct bulla_err *err)
{
	struct bulla_cur a;
	char shown[200];

	(void)bulla_text_show_str(shown, sizeof(shown), url);
	if (bucket(url, &a)) {
		bulla_buf_str(out, "s3:");
		bulla_buf_cur(out, &a);
		return bulla_buf_status(out);
	}
	if (!authority(url, &a))
		return bulla_fail(err, BULLA_E_USAGE,
		    "\"%s\" is no https URL with a host, and no bucket",
		    shown);
	for (size_t i = 0; i < a.len; i++) {
		uint8_t c = a.p[i];

		if (c == '@')
			return bulla_fail(err, BULLA_E_USAGE, "the URL holds "
			    "a user or a password, which would be kept in "
			    "clear: give a client certificate");
		c = c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
		if (!host_byte(c))
			return bulla_fail(err, BULLA_E_USAGE,
			    "\"%s\" is no https URL with a host", shown);
		bulla_buf_u8(out, c);
	}
	return bulla_buf_status(out);
}

bool
bulla_outbox_time(const struct bulla_cur *text, int64_t now, int64_t *out)
{
	static const struct {
		char unit;
		uint32_t secs;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	struct bulla_cur digits = *text;
	uint64_t v;

	if (bulla_when_parse(text, out))
		return true;
	if (text->len < 2)
		return false;
	digits.len--;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text->p[text->len - 1] != units[i].unit ||
		    !bulla_num_u64(&digits, AHEAD_MAX / units[i].secs, &v))
			continue;
		if (now + (int64_t)(v * units[i].secs) > BULLA_WHEN_MAX)
			return false;
		*out = now + (int64_t)(v * units[i].secs);
		return true;
	}
	return false;
}

int64_t
bulla_outbox_later(uint64_t tries, uint64_t after, int64_t now)
{
	uint64_t r, max = PAUSE_FIRST << (tries < 1 ? 0 : tries < 8 ?
	    tries - 1 : 7);

	BULLA_CHECK(getrandom(&r, sizeof(r), 0) == (ssize_t)sizeof(r));
	r %= (max < PAUSE_MAX ? max : PAUSE_MAX) + 1;
	if (after > BULLA_OUTBOX_LATER_MAX)
		after = BULLA_OUTBOX_LATER_MAX;
	return now + (int64_t)(r > after ? r : after);
}

/*
 * next is never more than a day behind last: whoever finds it further away
 * than that, or last in the future, sees a clock that was set back.
 */
bool
bulla_outbox_due(const struct bulla_outbox_entry *e,
    const struct bulla_outbox_state *s, int64_t now)
{
	if (s->phase > BULLA_OUTBOX_SENDING || now < e->not_before)
		return false;
	return now >= s->next || now < s->last ||
	    s->next - now > BULLA_OUTBOX_LATER_MAX;
}
