#ifndef BULLA_NET_INBOX_HTTP_H
#define BULLA_NET_INBOX_HTTP_H

#include <stddef.h>

#include <microhttpd.h>

struct request;

/* inbox_reply.c: queue r's reply, now or never (see inbox_http.c). */
enum MHD_Result reply_send(struct request *r);

/* The callbacks that libmicrohttpd gets; ctx is the inbox. */
enum MHD_Result http_access(void *ctx, struct MHD_Connection *mhd,
    const char *url, const char *method, const char *version,
    const char *data, size_t *n, void **slot);
void *http_uri(void *ctx, const char *uri, struct MHD_Connection *mhd);
void http_completed(void *ctx, struct MHD_Connection *mhd, void **slot,
    enum MHD_RequestTerminationCode how);
void http_connection(void *ctx, struct MHD_Connection *mhd, void **slot,
    enum MHD_ConnectionNotificationCode what);

#endif
