# SPDX-License-Identifier: Apache-2.0
# nlbpod.py - what runs in a target's pod: nlbpod.py NAME STATE-FILE. 8080: HTTP that says who answers whom, and at /health the
# status that is in the file; 8081: all bytes of the client as hex, once it has said its last; 8082: who answers whom by UDP; 8083:
# echo, line by line, for as long as the client likes.
import socketserver
import sys
import threading

NAME, STATE = sys.argv[1], sys.argv[2]


class Http(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline()
        if not line:  # a health check that only connects
            return
        path = line.split(b" ")[1].decode()
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        body = f"Hostname: {NAME}\nClient: {self.client_address[0]}\n"
        status = open(STATE).read().strip() if path == "/health" else "200"
        if path == "/big":
            body = "x" * 5_000_000
        self.wfile.write(f"HTTP/1.1 {status} So\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())


class Raw(socketserver.StreamRequestHandler):
    def handle(self):
        said = self.rfile.read()
        if said:
            self.wfile.write(f"{NAME} {self.client_address[0]} {said.hex()}\n".encode())


class Udp(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(f"{NAME} {self.client_address[0]} {self.rfile.read().hex()}\n".encode())


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(NAME.encode() + b" " + line)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


for port, handler in (8080, Http), (8081, Raw), (8083, Echo):
    threading.Thread(target=Server(("", port), handler).serve_forever, daemon=True).start()
udp = socketserver.UDPServer(("", 8082), Udp)
print("ready", flush=True)
udp.serve_forever()
