#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bulla/stix.h"
#include "bulla/stixpattern.h"

/* Small ones of our own, each after a section of STIX 2.1. */
#define T "\"2026-11-22T03:04:05.000Z\""
#define V "\"spec_version\":\"2.1\",\"created\":" T ",\"modified\":" T ","
#define WHO "\"identity--f431f809-377b-45e0-aa1c-6a4751cae5ff\""
#define IND "\"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\""
#define MAL "\"malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b\""
#define IP "\"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd\""
#define FIL "\"file--364fe3e5-b1f4-5ba3-b951-ee5983b3538d\""
#define NET "\"network-traffic--2568d22a-8998-58eb-99ec-3c8ca74f527d\""
#define BUNDLE "{\"type\":\"bundle\",\"id\":" \
    "\"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d\",\"objects\":["
#define END "]}"

#define O_WHO "{\"type\":\"identity\",\"id\":" WHO "," V \
    "\"name\":\"A desk\",\"identity_class\":\"organization\"}"
#define O_MAL "{\"type\":\"malware\",\"id\":" MAL "," V \
    "\"name\":\"Poison\",\"is_family\":false,\"malware_types\":[\"rat\"]}"
#define O_IND "{\"type\":\"indicator\",\"id\":" IND "," V \
    "\"created_by_ref\":" WHO "," \
    "\"indicator_types\":[\"malicious-activity\"],\"pattern\":" \
    "\"[file:hashes.'SHA-256' = 'aec070645fe53ee3b3763059376134f0']\"," \
    "\"pattern_type\":\"stix\",\"valid_from\":" T ",\"confidence\":80," \
    "\"object_marking_refs\":[\"marking-definition--" \
    "5e57c739-391a-4eb3-b6be-7d15ca92d5ed\"]}"
#define O_REL "{\"type\":\"relationship\",\"id\":\"relationship--" \
    "44298a74-ba52-4f0c-87a3-1824e67d7fad\"," V "\"relationship_type\":" \
    "\"indicates\",\"source_ref\":" IND ",\"target_ref\":" MAL "}"
#define O_SIGHT "{\"type\":\"sighting\",\"id\":\"sighting--" \
    "ee20065d-2555-424f-ad9e-0f8428623c75\"," V "\"sighting_of_ref\":" IND \
    ",\"where_sighted_refs\":[" WHO "],\"count\":3}"
#define O_IP "{\"type\":\"ipv4-addr\",\"id\":" IP ",\"value\":\"198.51.100.3\"}"
#define O_FIL "{\"type\":\"file\",\"id\":" FIL ",\"name\":\"a.exe\"," \
    "\"hashes\":{\"SHA-256\":\"fe90a7e910cb3a4739bed9180e807e93fa70c90f25a8" \
    "915476f5e4bfbac681db\"},\"size\":25}"
#define O_NET "{\"type\":\"network-traffic\",\"id\":" NET ",\"src_ref\":" IP \
    ",\"protocols\":[\"tcp\"],\"dst_port\":443}"
#define O_OBS "{\"type\":\"observed-data\",\"id\":\"observed-data--" \
    "b67d30ff-02ac-498a-92f9-32f845f448cf\"," V "\"first_observed\":" T \
    ",\"last_observed\":" T ",\"number_observed\":50,\"object_refs\":[" FIL \
    "," IP "]}"
#define O_LOC "{\"type\":\"location\",\"id\":\"location--" \
    "a6e9345f-5a15-4c29-8bb3-7dcc5d168d64\"," V \
    "\"latitude\":48.8566,\"longitude\":2.3522}"
#define O_X "{\"type\":\"x-ours\",\"id\":\"x-ours--" \
    "4527e5de-8572-446a-a57a-706f15467461\"," V "\"x_colour\":[\"red\"]}"

static enum bulla_status
check(const char *json, struct bulla_buf *problems, struct bulla_stix *out,
    struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(json);

	return bulla_stix_check(&c, NULL, 0, problems, out, err);
}

Test(stix, good)
{
	static const char all[] = BUNDLE O_WHO "," O_IND "," O_MAL "," O_REL
	    "," O_SIGHT "," O_IP "," O_FIL "," O_NET "," O_OBS "," O_LOC ","
	    O_X END;
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	struct bulla_stix s;
	struct bulla_err err = { 0 };

	cr_assert_eq(check(all, &b, &s, &err), BULLA_OK, "%s", err.msg);
	cr_expect_eq(b.len, 0);
	cr_expect_str_eq(s.id, "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d");
	cr_expect_eq(s.objects, 11);
	cr_expect_eq(s.indicators, 1);
	cr_expect_eq(s.observables, 3);
	cr_expect_eq(s.relations, 2);
	cr_expect_eq(s.problems, 0);
	bulla_buf_free(&b);
}

/* A reference out of the bundle is allowed when the other side has it. */
Test(stix, known)
{
	static const char *const known[] = {
		"identity--f431f809-377b-45e0-aa1c-6a4751cae5ff" };
	struct bulla_cur c = bulla_cur_str(BUNDLE O_IND END);
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	struct bulla_stix s;

	cr_expect_eq(bulla_stix_check(&c, known, 1, &b, &s, NULL), BULLA_OK);
	cr_expect_eq(bulla_stix_check(&c, known, 0, &b, &s, NULL),
	    BULLA_E_FORMAT);
	cr_assert_not_null(bulla_buf_cstr(&b));
	cr_expect_not_null(strstr((char *)b.p, "created_by_ref leads to an "
	    "object that is not in the bundle"));
	bulla_buf_free(&b);
}

/* In the good bundle, the first `from` becomes `to`; what is then said. */
static const struct {
	const char *from, *to, *says;
} broken[] = {
	{ "\"type\":\"identity\"", "\"type\":\"person\"",
	    "type is none of STIX 2.1: write" },
	{ "\"type\":\"identity\",", "", "type is missing: write" },
	{ "\"id\":" WHO ",", "", "id is missing: write \"identity--UUID\"" },
	{ "\"id\":" WHO, "\"id\":" MAL, "id is not TYPE--UUID" },
	{ "\"id\":" WHO, "\"id\":\"location--f431f809-377b-45e0-aa1c-"
	    "6a4751cae5ff\"", "id is not TYPE--UUID" },
	{ "\"id\":" WHO, "\"id\":\"identity--F431F809-377b-45e0-aa1c-"
	    "6a4751cae5ff\"", "id is not TYPE--UUID" },
	{ "\"id\":" WHO, "\"id\":\"identity--f431f809\"",
	    "id is not TYPE--UUID" },
	{ "\"name\":\"A desk\",", "", "name is missing: write text" },
	{ "\"name\":\"A desk\"", "\"name\":7",
	    "name is malformed: write text" },
	{ "\"name\":\"A desk\"", "\"name\":\"\"", "name is malformed" },
	{ "\"name\":\"A desk\"", "\"name\":null", "name is null: leave" },
	{ "\"spec_version\":\"2.1\",", "", "spec_version is missing: write" },
	{ "\"spec_version\":\"2.1\"", "\"spec_version\":\"2.0\"",
	    "spec_version is another one: write \"2.1\"" },
	{ "\"created\":" T ",", "", "created is missing: write a time" },
	{ "\"created\":" T, "\"created\":\"2026-11-22\"",
	    "created is malformed: write a time such as" },
	{ "\"created\":" T, "\"created\":\"2026-11-22T03:04:05+01:00\"",
	    "created is malformed" },
	{ "\"created\":" T, "\"created\":\"2026-13-22T03:04:05Z\"",
	    "created is malformed" },
	{ "\"modified\":" T, "\"modified\":\"2025-11-22T03:04:05Z\"",
	    "modified is not after created: write a later time" },
	{ "\"modified\":" T ",", "", "modified is missing" },
	{ "\"valid_from\":" T ",", "", "valid_from is missing" },
	{ "\"valid_from\":" T, "\"valid_from\":" T ",\"valid_until\":" T,
	    "valid_until is not after valid_from" },
	{ "\"pattern_type\":\"stix\",", "", "pattern_type is missing" },
	{ " = 'aec", " == = 'aec", "pattern column " },
	{ "\"confidence\":80", "\"confidence\":101",
	    "confidence is out of range: write a whole number from 0 to 100" },
	{ "\"confidence\":80", "\"confidence\":\"high\"",
	    "confidence is malformed: write a number" },
	{ "[\"malicious-activity\"]", "[]", "indicator_types is malformed" },
	{ "[\"malicious-activity\"]", "[1]", "indicator_types is malformed" },
	{ "\"created_by_ref\":" WHO, "\"created_by_ref\":" MAL,
	    "created_by_ref leads to something else: write the id of one of: "
	    "identity" },
	{ "\"created_by_ref\":" WHO, "\"created_by_ref\":\"somebody\"",
	    "created_by_ref is no id: write TYPE--UUID" },
	{ "5e57c739-391a", "5e57c739-391b",
	    "object_marking_refs leads to an object that is not" },
	{ "\"is_family\":false,", "", "is_family is missing: write true" },
	{ "\"is_family\":false", "\"is_family\":\"no\"",
	    "is_family is malformed: write true or false" },
	{ "\"name\":\"Poison\",\"is_family\":false", "\"is_family\":true",
	    "name is missing" },
	{ "\"target_ref\":" MAL, "\"target_ref\":\"malware--"
	    "31b940d4-6f7f-459a-80ea-9c1f17b58910\"",
	    "target_ref leads to an object that is not in the bundle" },
	{ ",\"source_ref\":" IND, "", "source_ref is missing: write an id" },
	{ "\"where_sighted_refs\":[" WHO "]", "\"where_sighted_refs\":[]",
	    "where_sighted_refs must be a list of ids" },
	{ "\"value\":\"198.51.100.3\"", "\"x_value\":\"198.51.100.3\"",
	    "value is missing" },
	{ "\"value\":\"198.51.100.3\"", "\"value\":\"198.51.100.3\","
	    "\"created\":" T, "created is no property of an observable" },
	{ "\"SHA-256\":\"fe9", "\"SHA-256\":\"xyz",
	    "hashes SHA-256 is malformed: write 64 hexadecimal" },
	{ "\"SHA-256\":\"fe9", "\"SHA-256\":\"fe",
	    "hashes SHA-256 is malformed" },
	{ "\"protocols\":[\"tcp\"],", "", "protocols is missing" },
	{ "\"src_ref\":" IP ",", "",
	    "network-traffic says nothing: write at least one of src_ref" },
	{ "\"dst_port\":443", "\"dst_port\":70000",
	    "dst_port is out of range" },
	{ "\"number_observed\":50", "\"number_observed\":0",
	    "number_observed is out of range" },
	{ ",\"longitude\":2.3522", "",
	    "latitude stands without its other half" },
	{ "\"x_colour\"", "\"X-Colour\"", "is no name of a property" },
	{ "\"x_colour\":[\"red\"]", "\"x_colour\":[]",
	    "x_colour is an empty list" },
	{ "\"x_colour\":[\"red\"]", "\"x_colour\":{\"a\":{\"b_ref\":\"c\"}}",
	    "b_ref is no id" },
	{ "\"x_colour\":[\"red\"]",
	    "\"external_references\":[{\"source_name\":\"a\"}]",
	    "external_references says nothing: write description" },
	{ O_X, O_X "," O_X, "id stands there twice" },
	{ O_X, "17", "objects has something else in it" },
};

static void
replace(char *out, size_t cap, const char *all, const char *from,
    const char *to)
{
	const char *at = strstr(all, from);

	cr_assert_not_null(at, "%s", from);
	cr_assert_lt(snprintf(out, cap, "%.*s%s%s", (int)(at - all), all, to,
	    at + strlen(from)), (int)cap);
}

Test(stix, broken)
{
	static const char all[] = BUNDLE O_WHO "," O_IND "," O_MAL "," O_REL
	    "," O_SIGHT "," O_IP "," O_FIL "," O_NET "," O_OBS "," O_LOC ","
	    O_X END;
	char json[sizeof(all) + 512];

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
		struct bulla_err err = { 0 };
		struct bulla_stix s;

		replace(json, sizeof(json), all, broken[i].from, broken[i].to);
		cr_expect_eq(check(json, &b, &s, &err), BULLA_E_FORMAT, "%s",
		    broken[i].says);
		cr_assert_not_null(bulla_buf_cstr(&b));
		cr_expect_not_null(strstr((char *)b.p, broken[i].says),
		    "%s: not in:\n%s", broken[i].says, (char *)b.p);
		cr_expect_gt(s.problems, 0);
		bulla_buf_free(&b);
	}
}

Test(stix, no_bundle)
{
	static const char *const bad[][2] = {
		{ "", "no JSON" }, { "{", "no JSON: line 1" },
		{ "[]", "write {\"type\":\"bundle\"" },
		{ "{\"type\":\"report\"}", "write {\"type\":\"bundle\"" },
		{ "{\"type\":\"bundle\",\"type\":\"bundle\"}", "duplicate" },
		{ "{\"type\":\"bundle\",\"spec_version\":\"2.0\"}",
		    "of STIX 2.0: leave it out" },
		{ "{\"type\":\"bundle\",\"id\":\"bundle--1\"}",
		    "id is missing or malformed" },
		{ BUNDLE END, "objects is missing or empty" },
		{ BUNDLE O_X END "x", "no JSON" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
		struct bulla_err err = { 0 };
		struct bulla_stix s;

		cr_expect_eq(check(bad[i][0], &b, &s, &err), BULLA_E_FORMAT);
		cr_expect_not_null(strstr(err.msg, bad[i][1]), "%s: %s",
		    bad[i][1], err.msg);
		bulla_buf_free(&b);
	}
}

/* All problems are counted, the first ones listed. */
Test(stix, many_problems)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	struct bulla_buf json = BULLA_BUF_INIT(1u << 20);
	struct bulla_err err = { 0 };
	struct bulla_cur c, line;
	struct bulla_stix s;
	size_t n = 0;

	bulla_buf_str(&json, BUNDLE "1");
	for (int i = 0; i < 299; i++)
		bulla_buf_str(&json, ",1");
	bulla_buf_str(&json, END);
	c = bulla_buf_view(&json);
	cr_expect_eq(bulla_stix_check(&c, NULL, 0, &b, &s, &err),
	    BULLA_E_FORMAT);
	cr_expect_eq(s.problems, 300);
	c = bulla_buf_view(&b);
	while (bulla_cur_line(&c, &line))
		n++;
	cr_expect_eq(n, BULLA_STIX_PROBLEMS_MAX);
	bulla_buf_free(&b);
	bulla_buf_free(&json);
}
