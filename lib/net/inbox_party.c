#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inbox_int.h"

/*
 * Who holds connections and asks how often: clients by the digest of their
 * key, agencies by name. A short list: who has no certificate is in neither,
 * and who was silent for a while is forgotten. inbox.conn_mu is held.
 */
#define MINUTE 60

struct party *
party_join(struct party **list, const char *name)
{
	struct party *p;

	for (p = *list; p != NULL; p = p->next)
		if (strcmp(p->name, name) == 0)
			break;
	if (p == NULL) {
		p = calloc(1, sizeof(*p));
		if (p == NULL)
			return NULL;
		(void)snprintf(p->name, sizeof(p->name), "%s", name);
		p->next = *list;
		*list = p;
	}
	p->conns++;
	return p;
}

void
party_leave(struct party *p)
{
	if (p != NULL)
		p->conns--;
}

/* Seconds until another request may come; 0: now, and it is counted. */
unsigned
party_ask(struct party *p, unsigned max, int64_t now)
{
	if (p == NULL || max == 0)
		return 0;
	if (now - p->minute >= MINUTE) {
		p->minute = now;
		p->requests = 0;
	}
	if (p->requests < max) {
		p->requests++;
		return 0;
	}
	return (unsigned)(MINUTE - (now - p->minute));
}

void
parties_tidy(struct party **list, int64_t now)
{
	struct party **at = list, *p;

	while ((p = *at) != NULL) {
		if (p->conns > 0 || now - p->minute < MINUTE) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		free(p);
	}
}

void
parties_free(struct party **list)
{
	struct party *p;

	while ((p = *list) != NULL) {
		*list = p->next;
		free(p);
	}
}
