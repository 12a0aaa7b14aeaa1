#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "send.h"

#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/hash.h"
#include "bulla/text.h"

#define TYPE "bulla sending v1"
#define STATE_MAX 16384u	/* bytes */

/* The home, when there is one; else where such things belong. */
static bool
place(struct send *s, char *out, size_t cap)
{
	const char *home = cmd_home(&s->c), *x = getenv("XDG_STATE_HOME");
	const char *user = getenv("HOME");
	struct stat sb;
	int n;

	if (home != NULL && stat(home, &sb) == 0 && S_ISDIR(sb.st_mode))
		n = snprintf(out, cap, "%s/sending", home);
	else if (x != NULL && x[0] == '/')	/* else it is to be ignored */
		n = snprintf(out, cap, "%s/bulla/sending", x);
	else if (user != NULL && user[0] == '/')
		n = snprintf(out, cap, "%s/.local/state/bulla/sending", user);
	else
		return false;
	return n > 0 && (size_t)n < cap;
}

/* One file for a package and a server, whatever the package is called. */
static void
name_of(const struct send *s, char out[65])
{
	struct bulla_buf b = BULLA_BUF_INIT(STATE_MAX);
	uint8_t digest[BULLA_SHA256_LEN];

	bulla_buf_put(&b, s->what.sha256, sizeof(s->what.sha256));
	bulla_buf_str(&b, s->cfg.url);
	bulla_sha256(b.p, b.len, digest);
	bulla_hex(out, digest, sizeof(digest));
	bulla_buf_free(&b);
}

static bool
parse(struct send *s, const struct bulla_cur *text)
{
	struct bulla_fields f;
	struct bulla_cur url, upload;
	uint8_t digest[BULLA_SHA256_LEN];
	uint64_t size;

	if (bulla_fields_begin(&f, text, TYPE, NULL) != BULLA_OK ||
	    bulla_field_take(&f, "url", &url, NULL) != BULLA_OK ||
	    bulla_field_hex(&f, "sha256", digest, sizeof(digest), NULL) !=
	    BULLA_OK ||
	    bulla_field_u64(&f, "bytes", UINT64_MAX, &size, NULL) !=
	    BULLA_OK ||
	    bulla_field_take(&f, "upload", &upload, NULL) != BULLA_OK ||
	    bulla_fields_end(&f, NULL) != BULLA_OK ||
	    !bulla_cur_is(&url, s->cfg.url) || size != s->what.size ||
	    memcmp(digest, s->what.sha256, sizeof(digest)) != 0 ||
	    upload.len >= sizeof(s->state.upload))
		return false;
	memcpy(s->state.upload, upload.p, upload.len);
	s->state.upload[upload.len] = '\0';
	return true;
}

void
send_state_open(struct send *s)
{
	struct bulla_buf b = BULLA_BUF_INIT(STATE_MAX);
	char dir[4200], name[65], shown[300];
	struct bulla_cur c;

	if (!place(s, dir, sizeof(dir)))
		return;
	name_of(s, name);
	(void)snprintf(s->state.path, sizeof(s->state.path), "%s/%s", dir,
	    name);
	if (access(s->state.path, F_OK) != 0)
		return;
	bulla_text_show_str(shown, sizeof(shown), s->state.path);
	if (bulla_file_get(s->state.path, &b, NULL) == BULLA_OK) {
		c = bulla_buf_view(&b);
		if (parse(s, &c)) {
			s->what.resume = s->state.upload;
			cmd_verbose(&s->c, "%s: begun before", shown);
		} else {
			cmd_say(&s->c, "%s: not used, it is damaged", shown);
		}
	}
	bulla_buf_free(&b);
}

void
send_state_put(struct send *s, const char *upload)
{
	struct bulla_buf b = BULLA_BUF_INIT(STATE_MAX);
	struct bulla_cur u = bulla_cur_str(upload),
	    url = bulla_cur_str(s->cfg.url);
	struct bulla_err err = { 0 };
	enum bulla_status st;
	char *slash = strrchr(s->state.path, '/');

	if (slash == NULL || !bulla_field_value_ok(&u) ||
	    !bulla_field_value_ok(&url))
		return;
	bulla_buf_str(&b, TYPE "\n");
	bulla_field_put(&b, "url", &url);
	bulla_field_put_hex(&b, "sha256", s->what.sha256,
	    sizeof(s->what.sha256));
	bulla_field_put_u64(&b, "bytes", s->what.size);
	bulla_field_put(&b, "upload", &u);
	*slash = '\0';
	st = bulla_dir_make(s->state.path, 0700, &err);
	*slash = '/';
	if (st == BULLA_OK)
		st = bulla_buf_status(&b);
	if (st == BULLA_OK)
		st = bulla_file_put(s->state.path, b.p, b.len, 0600, true,
		    &err);
	if (st != BULLA_OK)
		cmd_say(&s->c, "it could not be resumed by another run: %s",
		    err.msg);
	bulla_buf_free(&b);
}

void
send_state_drop(struct send *s)
{
	if (s->state.path[0] != '\0')
		(void)unlink(s->state.path);
}
