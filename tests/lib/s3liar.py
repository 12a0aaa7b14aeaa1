#!/usr/bin/python3
"""s3liar.py PKI DIR: a store on loopback, with TLS, that keeps everything in
memory and does what it is told to do wrong. Prints its port. DIR/log gets a
line for each request, METHOD TARGET STATUS; DIR/faults is read anew for each:
lines "COUNT METHOD REGEX ACTION...", the first with a count above zero that
fits is used up. It checks no signatures: for that there are real stores.
"""
import hashlib
import http.server
import os
import re
import ssl
import sys
import threading
import time
import urllib.parse

objects, uploads, lock = {}, {}, threading.RLock()
pki, home = sys.argv[1:3]


def fault(method, target):
    """The words of the first fault that fits."""
    with lock:
        try:
            lines = open(home + "/faults").read().splitlines()
        except FileNotFoundError:
            return [""]
        for i, line in enumerate(lines):
            count, verb, pattern, *action = line.split(" ")
            if int(count) and verb == method and re.search(pattern, target):
                lines[i] = " ".join([str(int(count) - 1), verb, pattern] +
                                    action)
                with open(home + "/faults.new", "w") as f:
                    f.write("\n".join(lines) + "\n")
                os.rename(home + "/faults.new", home + "/faults")
                return action
    return [""]


def error(status, code):
    return status, {}, ("<?xml version='1.0'?>\n<Error><Code>%s</Code>"
                        "<Message>by order</Message></Error>" % code).encode()


class Store(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def part(self, query, body):
        found = uploads.get(query["uploadId"])
        if found is None:
            return error(404, "NoSuchUpload")
        etag = hashlib.md5(body).hexdigest()
        found["parts"][int(query["partNumber"])] = (etag, body)
        return 200, {"ETag": '"%s"' % etag}, b""

    def put(self, key, body):
        if key in objects and self.headers.get("If-None-Match") and \
                self.act[0] != "unconditional":
            return error(412, "PreconditionFailed")
        meta = self.headers.get("x-amz-meta-sha256", "")
        objects[key] = (body, meta, hashlib.md5(body).hexdigest())
        return 200, {"ETag": '"%s"' % objects[key][2]}, b""

    def post(self, key, query, body):
        if "uploads" in query:
            name = "up/%d+=" % (len(uploads) + 1)
            uploads[name] = {"parts": {}, "meta":
                             self.headers["x-amz-meta-sha256"]}
            return 200, {}, ("<InitiateMultipartUploadResult><UploadId>%s"
                             "</UploadId></InitiateMultipartUploadResult>"
                             % name).encode()
        found = uploads.get(query["uploadId"])
        if found is None:
            return error(404, "NoSuchUpload")
        want = re.findall(rb"<PartNumber>(\d+)</PartNumber><ETag>&quot;"
                          rb"(\w+)&quot;</ETag>", body)
        have = [(b"%d" % n, found["parts"][n][0].encode())
                for n in sorted(found["parts"])]
        if want != have:
            return error(400, "InvalidPart")
        if key in objects and self.headers.get("If-None-Match"):
            return error(412, "PreconditionFailed")
        whole = b"".join(found["parts"][n][1] for n in sorted(found["parts"]))
        objects[key] = (whole, found["meta"],
                        hashlib.md5(whole).hexdigest() + "-1")
        del uploads[query["uploadId"]]
        return 200, {}, (b"<CompleteMultipartUploadResult><ETag>x</ETag>"
                         b"</CompleteMultipartUploadResult>")

    def parts(self, query):
        found = uploads.get(query["uploadId"])
        if found is None:
            return error(404, "NoSuchUpload")
        marker = int(query.get("part-number-marker", 0))
        after = [n for n in sorted(found["parts"]) if n > marker]
        text = "<ListPartsResult><IsTruncated>%s</IsTruncated>" % (
            "true" if len(after) > 2 else "false")
        for n in after[:2]:
            etag, body = found["parts"][n]
            if self.act[0] == "other-etags":
                etag = "0" * 32
            text += ("<NextPartNumberMarker>%d</NextPartNumberMarker><Part>"
                     "<PartNumber>%d</PartNumber><ETag>\"%s\"</ETag><Size>%d"
                     "</Size></Part>" % (n, n, etag, len(body)))
        return 200, {}, (text + "</ListPartsResult>").encode()

    def get(self, key):
        if key not in objects:
            return error(404, "NoSuchKey")
        body, meta, etag = objects[key]
        etag = '"%s"' % etag
        head = {"ETag": etag, "x-amz-meta-sha256": meta}
        if self.headers.get("If-Match", etag) != etag:
            return error(412, "PreconditionFailed")
        asked = re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if self.command == "HEAD":
            head["Content-Length"] = str(len(body))
            return 200, head, b""
        if asked is None or self.act[0] == "no-ranges":
            return 200, head, body
        first, last = int(asked[1]), min(int(asked[2]), len(body) - 1)
        shift = 1 if self.act[0] == "wrong-range" else 0
        head["Content-Range"] = "bytes %d-%d/%d" % (first + shift, last +
                                                    shift, len(body))
        return 206, head, body[first:last + 1]

    def answer(self, body):
        path, _, query = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        if hashlib.sha256(body).hexdigest() != \
                self.headers["x-amz-content-sha256"]:
            return error(400, "XAmzContentSHA256Mismatch")
        if self.command == "PUT":
            return self.part(query, body) if query else self.put(path, body)
        if self.command == "POST":
            return self.post(path, query, body)
        if self.command == "DELETE":
            return 204, {}, b""
        return self.parts(query) if "uploadId" in query else self.get(path)

    def reply(self, status, head, body):
        if self.act[0] == "flip":
            body = bytes([body[0] ^ 1]) + body[1:]
        if self.act[0] == "other-etag":
            head["ETag"] = '"changed"'
        if self.act[0] == "trickle":
            head["Content-Length"] = "1000000"
        self.send_response(status)
        head.setdefault("Content-Length", str(len(body)))
        for name in head:
            self.send_header(name, head[name])
        self.end_headers()
        if self.act[0] == "trickle":
            for _ in range(300):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.2)
        self.wfile.write(body[:len(body) // 2] if self.act[0] == "short"
                         else body)
        if self.act[0] == "short":
            self.close_connection = True

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.act = fault(self.command, self.path)
        with lock:
            if self.act[0] == "status":
                status, head, text = error(int(self.act[1]), self.act[2])
            elif self.act[0] == "retry":
                status, head, text = error(503, "SlowDown")
                head["Retry-After"] = self.act[1]
            elif self.act[0] == "late":
                status, head, text = error(200, "InternalError")
            elif self.act[0] == "file":
                status, head = 200, {}
                text = open(home + "/" + self.act[1], "rb").read()
            elif self.act[0] == "drop-before":
                status = 0
            else:
                status, head, text = self.answer(body)
            with open(home + "/log", "a") as log:
                log.write("%s %s %d\n" % (self.command, self.path, status))
        if self.act[0] in ("drop-before", "drop-after"):
            self.close_connection = True
            self.connection.close()
            return
        self.reply(status, head, b"" if self.command == "HEAD" else text)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = serve


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, address):
        pass


server = Server(("127.0.0.1", 0), Store)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(pki + "/server.pem", pki + "/server.key")
server.socket = tls.wrap_socket(server.socket, server_side=True,
                                do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
