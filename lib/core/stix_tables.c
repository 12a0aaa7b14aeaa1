#include <string.h>

#include "core/stix_int.h"

/* STIX 2.1, sections 4 to 7; what all of a kind need is in stix_object.c. */
static const struct stix_type types[] = {
	{ "attack-pattern", STIX_DOMAIN, { "name" }, { 0 } },
	{ "campaign", STIX_DOMAIN, { "name" }, { 0 } },
	{ "course-of-action", STIX_DOMAIN, { "name" }, { 0 } },
	{ "grouping", STIX_DOMAIN, { "context", "object_refs" }, { 0 } },
	{ "identity", STIX_DOMAIN, { "name" }, { 0 } },
	{ "incident", STIX_DOMAIN, { "name" }, { 0 } },
	{ "indicator", STIX_DOMAIN,
	    { "pattern", "pattern_type", "valid_from" }, { 0 } },
	{ "infrastructure", STIX_DOMAIN, { "name" }, { 0 } },
	{ "intrusion-set", STIX_DOMAIN, { "name" }, { 0 } },
	{ "location", STIX_DOMAIN, { 0 },
	    { "region", "country", "latitude" } },
	{ "malware", STIX_DOMAIN, { "is_family" }, { 0 } },
	{ "malware-analysis", STIX_DOMAIN, { "product" },
	    { "result", "analysis_sco_refs" } },
	{ "note", STIX_DOMAIN, { "content", "object_refs" }, { 0 } },
	{ "observed-data", STIX_DOMAIN, { "first_observed", "last_observed",
	    "number_observed" }, { "object_refs", "objects" } },
	{ "opinion", STIX_DOMAIN, { "opinion", "object_refs" }, { 0 } },
	{ "report", STIX_DOMAIN, { "name", "published", "object_refs" },
	    { 0 } },
	{ "threat-actor", STIX_DOMAIN, { "name" }, { 0 } },
	{ "tool", STIX_DOMAIN, { "name" }, { 0 } },
	{ "vulnerability", STIX_DOMAIN, { "name" }, { 0 } },
	{ "relationship", STIX_RELATION,
	    { "relationship_type", "source_ref", "target_ref" }, { 0 } },
	{ "sighting", STIX_RELATION, { "sighting_of_ref" }, { 0 } },
	{ "marking-definition", STIX_META, { "created" },
	    { "definition", "extensions" } },
	{ "language-content", STIX_META,
	    { "created", "modified", "object_ref", "contents" }, { 0 } },
	{ "extension-definition", STIX_META, { "created", "modified", "name",
	    "schema", "version", "extension_types" }, { 0 } },
	{ "artifact", STIX_OBSERVABLE, { 0 }, { "payload_bin", "url" } },
	{ "autonomous-system", STIX_OBSERVABLE, { "number" }, { 0 } },
	{ "directory", STIX_OBSERVABLE, { "path" }, { 0 } },
	{ "domain-name", STIX_OBSERVABLE, { "value" }, { 0 } },
	{ "email-addr", STIX_OBSERVABLE, { "value" }, { 0 } },
	{ "email-message", STIX_OBSERVABLE, { "is_multipart" }, { 0 } },
	{ "file", STIX_OBSERVABLE, { 0 }, { "hashes", "name" } },
	{ "ipv4-addr", STIX_OBSERVABLE, { "value" }, { 0 } },
	{ "ipv6-addr", STIX_OBSERVABLE, { "value" }, { 0 } },
	{ "mac-addr", STIX_OBSERVABLE, { "value" }, { 0 } },
	{ "mutex", STIX_OBSERVABLE, { "name" }, { 0 } },
	{ "network-traffic", STIX_OBSERVABLE, { "protocols" },
	    { "src_ref", "dst_ref" } },
	{ "process", STIX_OBSERVABLE, { 0 }, { "pid", "command_line",
	    "image_ref", "cwd", "created_time", "extensions" } },
	{ "software", STIX_OBSERVABLE, { "name" }, { 0 } },
	{ "url", STIX_OBSERVABLE, { "value" }, { 0 } },
	{ "user-account", STIX_OBSERVABLE, { 0 }, { "user_id",
	    "account_login", "display_name", "credential", "account_type",
	    "extensions" } },
	{ "windows-registry-key", STIX_OBSERVABLE, { 0 }, { "key", "values",
	    "modified_time", "creator_user_ref", "number_of_subkeys" } },
	{ "x509-certificate", STIX_OBSERVABLE, { 0 }, { "serial_number",
	    "hashes", "subject", "issuer", "validity_not_before",
	    "validity_not_after" } },
};

const struct stix_type *
stix_type(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	}
	return NULL;
}

/* A word of a list that is parted by spaces. */
static bool
has_word(const char *list, const char *word)
{
	struct bulla_cur rest = bulla_cur_str(list), w;

	while (bulla_cur_until(&rest, ' ', &w)) {
		if (bulla_cur_is(&w, word))
			return true;
	}
	return bulla_cur_is(&rest, word);
}

/* The same property has the same form in whatever object. */
static const struct {
	enum stix_form form;
	const char *names;
} forms[] = {
	{ STIX_TIME, "created modified valid_from valid_until "
	    "first_seen last_seen first_observed last_observed "
	    "published submitted analysis_started analysis_ended "
	    "start end ctime mtime atime account_created "
	    "account_expires credential_last_changed "
	    "account_first_login account_last_login date "
	    "created_time modified_time validity_not_before "
	    "validity_not_after" },
	{ STIX_TEXT, "id type spec_version name description pattern "
	    "pattern_type pattern_version relationship_type content "
	    "opinion product path context lang abstract explanation "
	    "schema version region country city definition_type "
	    "identity_class contact_information sophistication "
	    "resource_level primary_motivation payload_bin url "
	    "mime_type subject message_id command_line cwd key "
	    "issuer serial_number user_id account_login "
	    "display_name cpe vendor result" },
	{ STIX_BOOL, "revoked defanged is_family is_multipart summary "
	    "is_hidden is_active is_disabled self_signed" },
	{ STIX_NUMBER, "confidence number_observed number count "
	    "latitude longitude precision size src_port dst_port pid "
	    "number_of_subkeys" },
	{ STIX_TEXTS, "labels aliases roles sectors goals protocols "
	    "authors languages indicator_types malware_types "
	    "infrastructure_types report_types tool_types "
	    "threat_actor_types extension_types capabilities "
	    "architecture_execution_envs implementation_languages "
	    "secondary_motivations personal_motivations "
	    "tool_aliases" },
	{ STIX_OBJECTS, "external_references kill_chain_phases "
	    "granular_markings body_multipart" },
	{ STIX_MAP, "hashes extensions definition contents objects "
	    "environment_variables additional_header_fields" },
};

enum stix_form
stix_form(const char *property)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (has_word(forms[i].names, property))
			return forms[i].form;
	}
	return STIX_ANY;
}

const char *
stix_form_text(enum stix_form f)
{
	switch (f) {
	case STIX_TEXT:
		return "text in double quotes, not empty";
	case STIX_TIME:
		return "a time such as \"2026-11-22T03:04:05Z\", in UTC";
	case STIX_BOOL:
		return "true or false, without quotes";
	case STIX_NUMBER:
		return "a number, without quotes";
	case STIX_TEXTS:
		return "a list of texts, [\"...\"], not empty";
	case STIX_OBJECTS:
		return "a list of objects, [{...}], not empty";
	case STIX_MAP:
		return "an object, {...}, not empty";
	case STIX_ANY:
		break;
	}
	return "a value";
}

const char *
stix_targets(const char *property)
{
	static const char addr[] = "ipv4-addr ipv6-addr mac-addr domain-name";
	static const char *const targets[][2] = {
		{ "created_by_ref", "identity" },
		{ "object_marking_refs", "marking-definition" },
		{ "where_sighted_refs", "identity location" },
		{ "observed_data_refs", "observed-data" },
		{ "host_vm_ref", "software" },
		{ "operating_system_ref", "software" },
		{ "operating_system_refs", "software" },
		{ "installed_software_refs", "software" },
		{ "sample_ref", "file artifact network-traffic" },
		{ "sample_refs", "file artifact" },
		{ "src_ref", addr }, { "dst_ref", addr },
		{ "src_payload_ref", "artifact" },
		{ "dst_payload_ref", "artifact" },
		{ "parent_directory_ref", "directory" },
		{ "content_ref", "artifact" },
		{ "from_ref", "email-addr" }, { "sender_ref", "email-addr" },
		{ "to_refs", "email-addr" }, { "cc_refs", "email-addr" },
		{ "bcc_refs", "email-addr" },
		{ "creator_user_ref", "user-account" },
		{ "image_ref", "file" }, { "parent_ref", "process" },
		{ "child_refs", "process" },
		{ "opened_connection_refs", "network-traffic" },
	};

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		if (strcmp(targets[i][0], property) == 0)
			return targets[i][1];
	}
	return NULL;
}

/* STIX 2.1, 7.2.1.4, and the markings that FIRST gives for TLP 2.0. */
bool
stix_is_tlp(const char *id)
{
	static const char *const tlp[] = {
		"613f2e26-407d-48c7-9eca-b8e91df99dc9",	/* 1: white */
		"34098fce-860f-48ae-8e50-ebd3cc5e41da",	/* green */
		"f88d31f6-486f-44da-b317-01333bde0b82",	/* amber */
		"5e57c739-391a-4eb3-b6be-7d15ca92d5ed",	/* red */
		"94868c89-83c2-464b-929b-a1a8aa3c8487",	/* 2.0: clear */
		"bab4a63c-aed9-4cf5-a766-dfca5abac2bb",	/* green */
		"55d920b0-5e8b-4f79-9ee9-91f868d9b421",	/* amber */
		"939a9414-2ddd-4d32-a0cd-375ea402b003",	/* amber+strict */
		"e828b379-4e03-4974-9ac4-e53a884c97c1",	/* red */
	};
	static const char type[] = "marking-definition--";

	if (strncmp(id, type, sizeof(type) - 1) != 0)
		return false;
	for (size_t i = 0; i < sizeof(tlp) / sizeof(tlp[0]); i++) {
		if (strcmp(id + sizeof(type) - 1, tlp[i]) == 0)
			return true;
	}
	return false;
}
