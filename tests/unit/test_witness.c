#include "ledger_kit.h"

#include "bulla/witness.h"

TestSuite(witness, .init = scratch_enter, .fini = scratch_leave);

/* Both sides of the witness protocol. */
struct pair {
	struct bulla_ledger *l;
	struct bulla_vkeys known;
	struct bulla_signer key;
	struct bulla_buf body, out;
	unsigned code;
};

static enum bulla_status
ask(struct pair *p)
{
	struct bulla_witness w = { "w", &p->known, &p->key, 1000 };
	struct bulla_cur c = bulla_buf_view(&p->body);

	bulla_buf_reset(&p->out);
	p->code = 0;
	return bulla_witness_add(&w, &c, &p->out, &p->code, NULL);
}

static unsigned
ask_from(struct pair *p, uint64_t old)
{
	bulla_buf_reset(&p->body);
	cr_assert_eq(bulla_ledger_request(p->l, old, &p->body, NULL),
	    BULLA_OK);
	cr_assert_eq(ask(p) == BULLA_OK, p->code == 200);
	return p->code;
}

static void
begin(struct pair *p)
{
	*p = (struct pair){ .body.max = 1u << 17, .out.max = 1u << 17 };
	kit_init("h");
	p->l = kit_reopen(NULL, "h");
	cr_assert_eq(bulla_vkeys_add(&p->known, bulla_ledger_vkey(p->l),
	    NULL), BULLA_OK);
	cr_assert_eq(bulla_signer_new("b.example/witness",
	    BULLA_SIG_COSIGNATURE, &p->key, NULL), BULLA_OK);
}

static void
end(struct pair *p)
{
	bulla_ledger_free(p->l);
	bulla_vkeys_free(&p->known);
	bulla_signer_free(&p->key);
	bulla_buf_free(&p->body);
	bulla_buf_free(&p->out);
}

Test(witness, answers)
{
	struct pair p;

	begin(&p);
	cr_assert_eq(ask_from(&p, 0), 200, "an empty tree");
	for (unsigned i = 0; i < 5; i++)
		kit_add(p.l, "x");
	kit_publish(p.l);
	cr_assert_eq(ask_from(&p, 0), 200);
	cr_assert_eq(ask_from(&p, 0), 409);
	cr_assert_str_eq(bulla_buf_cstr(&p.out), "5\n");
	cr_assert_eq(ask_from(&p, 5), 200, "again the same");
	kit_add(p.l, "y");
	kit_publish(p.l);
	cr_assert_eq(ask_from(&p, 4), 409);
	cr_assert_eq(ask_from(&p, 5), 200);
	/* a proof's byte, the signature's, the form */
	kit_add(p.l, "z");
	kit_publish(p.l);
	cr_assert_eq(ask_from(&p, 5), 409);
	bulla_buf_reset(&p.body);
	cr_assert_eq(bulla_ledger_request(p.l, 6, &p.body, NULL), BULLA_OK);
	p.body.p[6] = p.body.p[6] == 'A' ? 'B' : 'A';
	cr_assert_eq(ask(&p), BULLA_E_REFUSED);
	cr_assert_eq(p.code, 422);
	bulla_buf_reset(&p.body);
	cr_assert_eq(bulla_ledger_request(p.l, 6, &p.body, NULL), BULLA_OK);
	/* still base64: ^ 1 would make some letters none */
	p.body.p[p.body.len - 6] = p.body.p[p.body.len - 6] == 'A' ? 'B' : 'A';
	cr_assert_eq(ask(&p), BULLA_E_MISMATCH);
	cr_assert_eq(p.code, 403);
	p.body.p[0] = 'O';
	cr_assert_eq(ask(&p), BULLA_E_FORMAT);
	cr_assert_eq(p.code, 400);
	bulla_vkeys_free(&p.known);
	p.known = (struct bulla_vkeys){ 0 };
	p.body.p[0] = 'o';
	cr_assert_eq(ask(&p), BULLA_E_NOKEY);
	cr_assert_eq(p.code, 404);
	end(&p);
}

Test(witness, a_fork_is_never_cosigned)
{
	struct bulla_ledger *good;
	struct pair p;

	begin(&p);
	kit_add(p.l, "one");
	kit_publish(p.l);
	kit_copy("h", "f");
	kit_add(p.l, "two");
	kit_publish(p.l);
	cr_assert_eq(ask_from(&p, 0), 200);
	good = p.l;
	p.l = kit_reopen(NULL, "f");
	kit_add(p.l, "2");
	kit_publish(p.l);
	cr_assert_eq(ask_from(&p, 2), 422, "another tree of the same size");
	kit_add(p.l, "3");
	kit_publish(p.l);
	cr_assert_eq(ask_from(&p, 2), 422, "a larger one, too");
	bulla_ledger_free(p.l);
	p.l = good;
	cr_assert_eq(ask_from(&p, 2), 200);
	end(&p);
}

/* The checkpoint with the line counts as cosigned, a changed time does not. */
Test(witness, a_cosignature_verifies)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_tree t;
	struct bulla_cur c;
	struct pair p;

	begin(&p);
	kit_add(p.l, "one");
	kit_publish(p.l);
	cr_assert_eq(ask_from(&p, 0), 200);
	cr_assert_eq(bulla_ledger_checkpoint(p.l, &note, NULL), BULLA_OK);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_vkeys_add(&p.known, &p.key.vkey, NULL), BULLA_OK);
	cr_assert_eq(bulla_tree_verify(&c, &p.known, &t, NULL), BULLA_OK);
	cr_assert_eq(t.n_witnesses, 0);
	bulla_buf_put(&note, p.out.p, p.out.len);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_tree_verify(&c, &p.known, &t, NULL), BULLA_OK);
	cr_assert(t.n_witnesses == 1 && t.latest == 1000);
	/* byte 10 of the line's base64 lies in the time */
	note.p[note.len - p.out.len + strlen("\xe2\x80\x94 b.example/witness ")
	    + 10] ^= 1;
	c = bulla_buf_view(&note);
	cr_assert_neq(bulla_tree_verify(&c, &p.known, &t, NULL), BULLA_OK);
	/* a request that brings our own line along stays readable */
	cr_assert_eq(ask_from(&p, 1), 200);
	bulla_buf_put(&p.body, p.out.p, p.out.len);
	cr_assert_eq(ask(&p), BULLA_OK);
	cr_assert_eq(ask_from(&p, 1), 200);
	bulla_buf_free(&note);
	end(&p);
}
