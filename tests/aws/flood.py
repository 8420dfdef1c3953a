# SPDX-License-Identifier: Apache-2.0
# flood.py VPCBOX - a service that sends 1 GiB where kilobytes are due: vpcbox says so in one line and ends, and its memory stays
# small: VmHWM, which the server reads between the pieces that it sends.
import os
import re
import resource
import socket
import subprocess
import sys
import threading

GIB, PIECE, MOST_KIB = 1 << 30, 1 << 16, 24 << 10
failed = False
XML = b'<?xml version="1.0" encoding="UTF-8"?><DescribeInstanceTypesResponse><requestId>r</requestId><instanceTypeSet>'
ITEM = b"<item><instanceType>zz9.large</instanceType><hypervisor>nitro</hypervisor></item>"


def claim(name, held, why=""):
    global failed
    failed |= not held
    print(f"ok {name}" if held else f"not ok {name} - {why}")
    sys.stdout.flush()


class Flood:
    """Answers each request with a head, and then with the same piece over and over until 1 GiB is sent or nobody takes it."""

    def __init__(self, head, piece, chunked=False):
        self.head, self.piece, self.chunked = head, piece, chunked
        self.sent = self.peak_kib = self.asked = 0
        self.child, self.ready = None, threading.Event()
        self.listen = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listen.getsockname()[1]
        self.listen.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE)  # so that what is sent is soon read
        threading.Thread(target=self.serve, daemon=True).start()

    def sample(self):
        with open(f"/proc/{self.child.pid}/status") as f:
            found = re.search(r"VmHWM:\s*(\d+) kB", f.read())
        if found:  # not when it has just ended
            self.peak_kib = max(self.peak_kib, int(found[1]))

    def serve(self):
        while True:
            try:
                c, _ = self.listen.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self.answer, args=(c,), daemon=True).start()

    def answer(self, c):
        self.ready.wait()
        self.asked += 1
        with c:
            try:
                c.recv(1 << 16)
                c.sendall(self.head)
                self.sample()
                data = self.piece * max(1, PIECE // len(self.piece))
                if self.chunked:
                    data = b"%x\r\n%s\r\n" % (len(data), data)
                sent = 0
                while sent < GIB:
                    c.sendall(data)
                    sent += len(data)
                    self.sent += len(data)
                    self.sample()
            except OSError:
                pass

    def run(self, command, **env):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))

        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                      env=dict(ENV, **env), preexec_fn=limit)
        self.ready.set()
        said = self.child.communicate(timeout=600)[0]
        self.listen.close()
        return self.child.returncode, said


ENV = dict(PATH=os.environ["PATH"], AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY="secret", AWS_REGION="eu-central-1",
           AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null", NO_PROXY="*")
NONE = dict(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
DESCRIBE = [sys.argv[1], "maxpods", "--describe", "--instance-type", "zz9.large"]
HERE = [sys.argv[1], "maxpods", "--instance-type-from-imds"]


def head(status, first=b"", length=False):
    if length:
        return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, GIB, first)
    return b"HTTP/1.1 %s\r\nTransfer-Encoding: chunked\r\n\r\n%s" % (status, b"%x\r\n%s\r\n" % (len(first), first) if first else b"")


OK = b"200 OK"
# what is flooded, the answer's beginning, what comes over and over, in chunks, the variable that leads there, what is said
CASES = [
    ("AWS, by length", head(OK, XML, True), b"<", False, "AWS_ENDPOINT_URL", "body is too long (limit 16777216)"),
    ("AWS, with text in one element", head(OK, XML + b"<item><instanceType>"), b"a", True, "AWS_ENDPOINT_URL", "text longer than a mebibyte"),
    ("AWS, with elements of a list", head(OK, XML), ITEM, True, "AWS_ENDPOINT_URL", "more than 200000 elements"),
    ("AWS, with elements, one in the other", head(OK, XML), b"<item>", True, "AWS_ENDPOINT_URL", "deep"),
    ("AWS, with an attribute", head(OK, b"<a b=\""), b"c", True, "AWS_ENDPOINT_URL", "longer than a mebibyte"),
    ("AWS, with blanks", head(OK), b" ", True, "AWS_ENDPOINT_URL", "longer than a mebibyte"),
    ("AWS, with what is no text", head(OK), b"\0", True, "AWS_ENDPOINT_URL", "cannot be read"),
    ("AWS, with a refusal", head(b"400 Bad Request", b"<Response><Errors><Error><Code>"), b"a", True, "AWS_ENDPOINT_URL", "limit 1048576"),
    ("AWS, with a failure", head(b"503 Slow Down"), b"<html>", True, "AWS_ENDPOINT_URL", "limit 1048576"),
    ("AWS, with one header", b"HTTP/1.1 200 OK\r\nX-A: ", b"a", False, "AWS_ENDPOINT_URL", "headers are too long"),
    ("AWS, with headers", b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", False, "AWS_ENDPOINT_URL", "too many headers"),
    ("AWS, with a chunk's extension", head(OK) + b"1;a=", b"a", False, "AWS_ENDPOINT_URL", "a chunk's head"),
    ("the container's agent", head(OK, b"{"), b" ", True, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "container credentials: GET 127.0.0.1/: body is too long (limit 1048576)"),
    ("the metadata service", head(OK), b"a", True, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "body is too long (limit"),
]
for name, first, piece, chunked, variable, want in CASES:
    f = Flood(first, piece, chunked)
    env = {variable: f.url}
    if variable == "AWS_CONTAINER_CREDENTIALS_FULL_URI":
        env.update(NONE, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    status, said = f.run(HERE if variable == "AWS_EC2_METADATA_SERVICE_ENDPOINT" else DESCRIBE, **env)
    claim(f"flooded by {name}: one line says '{want}'", status == 111 and want in said and said.count("\n") == 1, f"status {status}: {said}")
    claim("and memory stays small", f.asked and 0 < f.peak_kib <= MOST_KIB and f.sent < GIB,
          f"asked {f.asked}, VmHWM {f.peak_kib} KiB, {f.sent} sent")
sys.exit(failed)
