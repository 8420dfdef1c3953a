# SPDX-License-Identifier: Apache-2.0
# nlbask.py - clients of nlb.sh: nlbask.py raw|udp|big HOST PORT [TEXT] prints what is answered; hold HOST PORT FILE says a line
# each time that FILE grows and prints what comes back, or what became of the connection; lookup SERVER NAME prints addresses.
import socket
import struct
import sys
import time


def raw(host, port, text):
    with socket.create_connection((host, int(port)), 5) as s:
        s.sendall(text.encode())
        s.shutdown(socket.SHUT_WR)
        print(s.makefile().read().strip())


def big(host, port, text=""):
    """More than any buffer holds, both ways, and the reader slow."""
    with socket.create_connection((host, int(port)), 20) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(b"GET /big HTTP/1.1\r\n\r\n")
        time.sleep(0.2)
        print(len(s.makefile("rb").read().split(b"\r\n\r\n")[1]))


def udp(host, port, text):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        s.connect((host, int(port)))
        for part in text.split(","):
            s.send(part.encode())
            print(s.recv(65536).decode().strip())


def hold(host, port, file):
    with socket.create_connection((host, int(port)), 5) as s:
        s.settimeout(60)
        answers = s.makefile("rb")
        for line in sys.stdin:
            try:
                s.sendall(line.encode())
                said = answers.readline().decode().strip() or "closed"
            except ConnectionResetError:
                said = "reset"
            except BrokenPipeError:
                said = "reset"
            with open(file, "a") as f:
                print(said, file=f)


def lookup(server, name):
    question = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0)
    question += b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + struct.pack(">BHH", 0, 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        s.sendto(question, (server, 53))
        answer = s.recv(512)
    for i in range(struct.unpack(">H", answer[6:8])[0]):
        print(socket.inet_ntoa(answer[len(question) + 16 * i + 12:][:4]))


globals()[sys.argv[1]](*sys.argv[2:])
