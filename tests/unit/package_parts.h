#ifndef TESTS_PACKAGE_PARTS_H
#define TESTS_PACKAGE_PARTS_H

/* Packages taken apart, changed, signed again and put together. */
#include "package_kit.h"

static TB_UNUSED void
parts_free(struct kit_package *p)
{
	for (unsigned i = 0; i < p->n; i++)
		bulla_buf_free(&p->m[i].data);
	p->n = 0;
}

static TB_UNUSED void
parts_of(const struct bulla_buf *b, struct kit_package *p)
{
	*p = (struct kit_package){ 0 };
	for (size_t at = 0; b->p[at] != 0;) {
		struct kit_member *m = &p->m[p->n++];
		char name[101] = { 0 };
		size_t n;

		cr_assert_lt(p->n, KIT_MEMBERS);
		memcpy(name, b->p + at, 100);
		memcpy(p->id, name, 32);
		n = (size_t)strtoull((const char *)b->p + at + 124, NULL, 8);
		p->mtime = strtoll((const char *)b->p + at + 136, NULL, 8);
		snprintf(m->path, sizeof(m->path), "%s", name + 33);
		m->data.max = KIT_MAX;
		bulla_buf_put(&m->data, b->p + at + 512, n);
		at += 512 + (n + 511) / 512 * 512;
	}
}

static TB_UNUSED void
parts_header(struct bulla_buf *out, const char *name, uint64_t size,
    int64_t mtime)
{
	char text[16];
	struct tb_hdr h = { .name = name, .size = size, .at = 136, .n = 12,
	    .bytes = text };

	snprintf(text, sizeof(text), "%011llo", (unsigned long long)mtime);
	tb_header(out, &h);
}

/* All of it but the 1,024 zero bytes. */
static TB_UNUSED void
parts_put_open(struct bulla_buf *out, const struct kit_package *p)
{
	char name[200];

	for (unsigned i = 0; i < p->n; i++) {
		const struct kit_member *m = &p->m[i];

		snprintf(name, sizeof(name), "%s/%s", p->id, m->path);
		parts_header(out, name, m->claim != 0 ? m->claim :
		    m->data.len, p->mtime);
		tb_data(out, m->data.p, m->data.len);
	}
}

static TB_UNUSED void
parts_put(struct bulla_buf *out, const struct kit_package *p)
{
	bulla_buf_reset(out);
	parts_put_open(out, p);
	tb_end(out);
	KIT_OK(bulla_buf_status(out));
}

static TB_UNUSED struct kit_member *
parts_find(struct kit_package *p, const char *path)
{
	for (unsigned i = 0; i < p->n; i++)
		if (strcmp(p->m[i].path, path) == 0)
			return &p->m[i];
	abort();
}

static TB_UNUSED void
parts_set(struct kit_package *p, const char *path, const void *data, size_t n)
{
	struct kit_member *m = parts_find(p, path);
	struct bulla_buf b = BULLA_BUF_INIT(KIT_MAX);

	bulla_buf_put(&b, data, n);
	bulla_buf_free(&m->data);
	m->data = b;
}

static TB_UNUSED void
parts_drop(struct kit_package *p, unsigned at)
{
	bulla_buf_free(&p->m[at].data);
	p->n--;
	for (unsigned i = at; i < p->n; i++)
		p->m[i] = p->m[i + 1];
}

static TB_UNUSED void
parts_insert(struct kit_package *p, unsigned at, const char *path,
    const void *data, size_t n)
{
	for (unsigned i = p->n++; i > at; i--)
		p->m[i] = p->m[i - 1];
	p->m[at] = (struct kit_member){ .data.max = KIT_MAX };
	snprintf(p->m[at].path, sizeof(p->m[at].path), "%s", path);
	bulla_buf_put(&p->m[at].data, data, n);
}

static TB_UNUSED void
parts_swap(struct kit_package *p, unsigned a, unsigned b, bool with_names)
{
	struct kit_member m = p->m[a];

	p->m[a] = p->m[b];
	p->m[b] = m;
	if (!with_names) {
		m = p->m[a];
		memcpy(p->m[a].path, p->m[b].path, sizeof(m.path));
		memcpy(p->m[b].path, m.path, sizeof(m.path));
	}
}

/* The text of a note, without its signatures. */
static TB_UNUSED void
parts_text(struct kit_package *p, const char *path, struct bulla_buf *out)
{
	struct bulla_cur c = bulla_buf_view(&parts_find(p, path)->data);
	struct bulla_note n;

	KIT_OK(bulla_note_parse(&c, &n, NULL));
	bulla_buf_reset(out);
	bulla_buf_cur(out, &n.text);
}

static TB_UNUSED void
parts_sign(struct kit_package *p, const char *path,
    const struct bulla_buf *text, const struct bulla_signer *s, size_t n)
{
	struct bulla_buf note = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_cur c = bulla_buf_view(text);

	KIT_OK(bulla_note_sign(&c, s, n, &note, NULL));
	parts_set(p, path, note.p, note.len);
	bulla_buf_free(&note);
}

/* manifest-sha256.txt for the data files that are there. */
static TB_UNUSED void
parts_remanifest(struct kit_package *p)
{
	struct bulla_buf b = BULLA_BUF_INIT(KIT_MAX);
	uint8_t digest[32];

	for (unsigned i = 0; i < p->n; i++) {
		struct bulla_cur path = bulla_cur_str(p->m[i].path);

		if (strncmp(p->m[i].path, "data/", 5) != 0)
			continue;
		bulla_sha256(p->m[i].data.p, p->m[i].data.len, digest);
		bulla_manifest_put(&b, digest, &path);
	}
	parts_set(p, "manifest-sha256.txt", b.p, b.len);
	bulla_buf_free(&b);
}

/* A closing with the true figures of what is there now, signed. */
static TB_UNUSED void
parts_reclose(struct kit_package *p, const struct bulla_signer *s, size_t n)
{
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	struct kit_member *m = parts_find(p, "manifest-sha256.txt");
	struct bulla_closing c = { .closed = p->mtime };

	memcpy(c.id, p->id, sizeof(c.id));
	bulla_sha256(m->data.p, m->data.len, c.manifest);
	parts_text(p, "opening.note", &text);
	bulla_sha256(text.p, text.len, c.opening);
	for (unsigned i = 0; i < p->n; i++) {
		if (strncmp(p->m[i].path, "data/", 5) != 0)
			continue;
		c.segments++;
		c.size += p->m[i].data.len;
	}
	c.segments--;
	bulla_buf_reset(&text);
	bulla_closing_put(&text, &c);
	parts_sign(p, "closing.note", &text, s, n);
	bulla_buf_free(&text);
}

/* Replace the first occurrence of old in a note's text and sign it again. */
static TB_UNUSED void
parts_edit(struct kit_package *p, const char *path, const char *old,
    const char *new, const struct bulla_signer *s, size_t n)
{
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_buf out = BULLA_BUF_INIT(KIT_MAX);
	const char *t, *at;

	parts_text(p, path, &text);
	t = bulla_buf_cstr(&text);
	at = strstr(t, old);
	cr_assert_not_null(at, "no '%s' in %s", old, path);
	bulla_buf_put(&out, t, (size_t)(at - t));
	bulla_buf_str(&out, new);
	bulla_buf_str(&out, at + strlen(old));
	parts_sign(p, path, &out, s, n);
	bulla_buf_free(&text);
	bulla_buf_free(&out);
}

/* Edit the opening; the closing follows. */
static TB_UNUSED void
parts_reopen(struct kit_package *p, const char *old, const char *new,
    const struct bulla_signer *s, size_t n)
{
	parts_edit(p, "opening.note", old, new, s, n);
	parts_reclose(p, s, n);
}

/* The key of the payload, as any recipient has it. */
static TB_UNUSED void
parts_payload_key(const struct kit *k, struct kit_package *p,
    struct bulla_secret *key)
{
	struct bulla_cur c =
	    bulla_buf_view(&parts_find(p, "data/00000000.age")->data);
	struct bulla_age_header h = { 0 };
	struct bulla_secret file_key = { 0 };
	const struct bulla_identity *who;
	enum bulla_age_class cls;

	KIT_OK(bulla_age_header_parse(&c, &h, NULL));
	KIT_OK(bulla_age_unwrap(&h, &k->me, &file_key, &who, &cls, NULL));
	KIT_OK(bulla_age_payload_key(&file_key, c.p, key, NULL));
	bulla_secret_free(&file_key);
	bulla_age_header_free(&h);
}

/* Encrypt plain under the package's own header; one segment. */
static TB_UNUSED void
parts_payload(const struct kit *k, struct kit_package *p,
    const struct bulla_buf *plain)
{
	struct bulla_buf out = BULLA_BUF_INIT(KIT_MAX);
	uint8_t chunk[BULLA_AGE_CHUNK_ENC];
	struct bulla_secret key = { 0 };
	struct bulla_aead *a = NULL;
	size_t at = 0, n;

	parts_payload_key(k, p, &key);
	KIT_OK(bulla_aead_new(key.p, &a, NULL));
	for (uint64_t i = 0; at < plain->len; at += n, i++) {
		n = plain->len - at < BULLA_AGE_CHUNK ? plain->len - at :
		    BULLA_AGE_CHUNK;
		KIT_OK(bulla_age_chunk_seal(a, i, at + n == plain->len,
		    plain->p + at, n, chunk, NULL));
		bulla_buf_put(&out, chunk, n + BULLA_AEAD_TAG);
	}
	parts_set(p, "data/00000001.age", out.p, out.len);
	parts_remanifest(p);
	bulla_aead_free(a);
	bulla_secret_free(&key);
	bulla_buf_free(&out);
}

/* The plaintext that a package must have: this opening note, then a bag. */
static TB_UNUSED void
parts_plain(struct kit_package *p, const struct bulla_buf *tar,
    struct bulla_buf *out)
{
	const struct kit_member *m = parts_find(p, "opening.note");

	parts_header(out, "opening.note", m->data.len, p->mtime);
	tb_data(out, m->data.p, m->data.len);
	bulla_buf_put(out, tar->p, tar->len);
}

#endif
