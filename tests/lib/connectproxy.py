#!/usr/bin/python3
"""connectproxy.py: an HTTP proxy on loopback that knows CONNECT alone. Prints
its port, and then "CONNECT HOST:PORT" for each.
"""
import selectors
import socket
import socketserver


class Connect(socketserver.StreamRequestHandler):
    rbufsize = 0

    def handle(self):
        verb, target, _ = self.rfile.readline().decode().split()
        while self.rfile.readline().strip():
            pass
        host, port = target.rsplit(":", 1)
        print(verb, target, flush=True)
        with socket.create_connection((host, int(port))) as there:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            self.pass_on(there)

    def pass_on(self, there):
        other = {self.connection: there, there: self.connection}
        with selectors.DefaultSelector() as wait:
            for end in other:
                wait.register(end, selectors.EVENT_READ)
            while True:
                for key, _ in wait.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    other[key.fileobj].sendall(data)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Connect) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
