#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/s3.h"

static struct bulla_s3_conf conf;
static struct bulla_send_config line;
static uint16_t port[BULLA_S3_PORTS_MAX];
static size_t n;

static void
ask(const char *endpoint, const char *variable, const char *proxy)
{
	static const char *const all[] = { "https_proxy", "HTTPS_PROXY",
	    "all_proxy", "ALL_PROXY", "http_proxy" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		(void)unsetenv(all[i]);
	if (proxy != NULL)
		cr_assert_eq(setenv(variable, proxy, 1), 0);
	cr_assert(strlen(endpoint) < sizeof(conf.endpoint));
	memcpy(conf.endpoint, endpoint, strlen(endpoint) + 1);
	cr_assert_eq(bulla_s3_ports(&conf, &line, port, &n, NULL), BULLA_OK,
	    "%s", endpoint);
	cr_assert(n == 2 || n == 3);
	cr_expect_eq(port[1], 53);
}

Test(s3_ports, of_the_store)
{
	static const struct {
		const char *endpoint;
		uint16_t port;
	} all[] = { { "https://store.example", 443 },
	    { "https://store.example:8443", 8443 },
	    { "https://[2001:db8::1]:65535", 65535 },
	    { "https://[2001:db8::1]", 443 }, { "https://10.0.0.1:1", 1 } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		ask(all[i].endpoint, NULL, NULL);
		cr_expect_eq(n, 2);
		cr_expect_eq(port[0], all[i].port, "%s", all[i].endpoint);
	}
}

/* As libcurl takes them; of http it has no use for a variable. */
Test(s3_ports, of_the_proxy)
{
	static const struct {
		const char *variable, *proxy;
		uint16_t port;
	} all[] = { { "https_proxy", "http://proxy.example:3128", 3128 },
	    { "HTTPS_PROXY", "proxy.example:3129", 3129 },
	    { "all_proxy", "socks5h://u:p@proxy.example:9050/", 9050 },
	    { "ALL_PROXY", "http://proxy.example", 1080 },
	    { "https_proxy", "https://proxy.example", 443 },
	    { "https_proxy", "https://proxy.example:8443", 8443 },
	    { "https_proxy", "", 0 }, { "https_proxy", "http://:::", 0 },
	    { "http_proxy", "http://proxy.example:3128", 0 } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		ask("https://store.example", all[i].variable, all[i].proxy);
		cr_expect_eq(n, all[i].port != 0 ? 3 : 2, "%s",
		    all[i].proxy);
		cr_expect_eq(port[0], 443);
		if (n == 3)
			cr_expect_eq(port[2], all[i].port, "%s",
			    all[i].proxy);
	}
	line.no_proxy = true;
	ask("https://store.example", "https_proxy", "http://p.example:3128");
	cr_expect_eq(n, 2);
}

Test(s3_ports, of_what_is_no_url)
{
	struct bulla_err err = { 0 };

	conf = (struct bulla_s3_conf){ .endpoint =
	    "https://store.example:65536" };
	cr_expect_eq(bulla_s3_ports(&conf, &line, port, &n, &err),
	    BULLA_E_USAGE);
	cr_expect_str_eq(err.msg, "the store's endpoint is no URL");
}
