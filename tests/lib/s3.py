#!/usr/bin/python3
"""s3.py CONF METHOD PATH[?QUERY] [HEADER:VALUE]... [@FILE] : one request to a
store, signed by the rules that Amazon publishes and not by libcurl, so that
the tests have a second opinion. CONF is an s3.conf. Prints the status, then
the body on the next lines; =HEX in place of @FILE's digest claims a wrong one.
"""
import datetime
import hashlib
import hmac
import http.client
import ssl
import sys
import urllib.parse


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


conf = dict(line.rstrip("\n").split(": ", 1) for line in open(sys.argv[1])
            if not line.startswith("#"))
method, target = sys.argv[2:4]
body, claimed, headers = b"", None, {}
for word in sys.argv[4:]:
    if word.startswith("@"):
        body = open(word[1:], "rb").read()
    elif word.startswith("="):
        claimed = word[1:]
    else:
        name, value = word.split(":", 1)
        headers[name.lower()] = value
path, _, query = target.partition("?")
host = conf["endpoint"][len("https://"):]
now = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%SZ")
headers["host"] = host
headers["x-amz-date"] = now
headers["x-amz-content-sha256"] = claimed or hashlib.sha256(body).hexdigest()
names = ";".join(sorted(headers))
pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
query = "&".join(urllib.parse.quote(k, safe="-_.~") + "=" +
                 urllib.parse.quote(v, safe="-_.~") for k, v in pairs)
request = "\n".join([method, path, query] +
                    [n + ":" + headers[n] for n in sorted(headers)] +
                    ["", names, headers["x-amz-content-sha256"]])
scope = "%s/%s/s3/aws4_request" % (now[:8], conf["region"])
text = "\n".join(["AWS4-HMAC-SHA256", now, scope,
                  hashlib.sha256(request.encode()).hexdigest()])
key = sign(("AWS4" + conf["secret"]).encode(), now[:8])
for part in conf["region"], "s3", "aws4_request":
    key = sign(key, part)
headers["authorization"] = (
    "AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=%s,Signature=%s" %
    (conf["access"], scope, names, sign(key, text).hex()))
tls = ssl.create_default_context(cafile=conf["ca"])
line = http.client.HTTPSConnection(host, context=tls, timeout=120)
line.request(method, path + ("?" + query if query else ""), body, headers)
answer = line.getresponse()
print(answer.status, flush=True)
sys.stdout.buffer.write(answer.read())
