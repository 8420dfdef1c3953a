# SPDX-License-Identifier: Apache-2.0
# albtarget.py ADDRESS PORT NAME - a target for tests of the lab's application load balancers: Python's own HTTP/1.1 server. It says its
# name and what it was asked; /chunked answers in chunks, /count how many connections it has had, a POST gets its body back.
import http.server
import socketserver
import sys


class Target(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connections = 0

    def setup(self):
        Target.connections += 1
        super().setup()

    def log_message(self, *args):
        pass

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Name", sys.argv[3])
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        if self.path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n")
        elif self.path == "/count":
            self.answer(b"%d\n" % Target.connections)
        else:
            self.answer(f"{sys.argv[3]} {self.command} {self.path}\n{self.headers}".encode())

    do_HEAD = do_GET

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64


server = Server((sys.argv[1], int(sys.argv[2])), Target)
print("ready", flush=True)
server.serve_forever()
