#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# wsexec.py HOST PORT TOKEN PATH [STDIN] - exec over WebSocket (v5.channel.k8s.io) as kubectl does it; prints each channel and the
# verdict. STDIN "garbage" sends what is no frame; a STDIN "resize:W:H:TEXT" sets the terminal's size first.
import base64, os, socket, struct, sys

host, port, token, path = sys.argv[1:5]
stdin = sys.argv[5] if len(sys.argv) > 5 else None
s = socket.create_connection((host, int(port)), 10)
s.settimeout(20)
s.sendall(f'GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
          f'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n'
          f'Sec-WebSocket-Protocol: v5.channel.k8s.io, v4.channel.k8s.io\r\n\r\n'.encode())
f = s.makefile('rb')
status = f.readline().split()[1].decode()
length = 0
while (line := f.readline()) not in (b'\r\n', b''):
    if line.lower().startswith(b'content-length:'):
        length = int(line.split(b':')[1])
if status != '101':
    print(status, f.read(length).decode())
    sys.exit(1)


def send(channel, data):
    payload, mask = bytes([channel]) + data, os.urandom(4)
    n = len(payload)
    head = bytes([0x82]) + (bytes([0x80 | n]) if n < 126 else bytes([0x80 | 126]) + struct.pack('>H', n))
    s.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))


if stdin == 'garbage':
    s.sendall(b'\xff\xff\xff\xff\xff\xff')
elif stdin is not None:
    if stdin.startswith('resize:'):
        _, w, h, stdin = stdin.split(':', 3)
        send(4, b'{"Width":%s,"Height":%s}' % (w.encode(), h.encode()))
    send(0, stdin.encode())
    send(255, b'\x00')
said = {}
while head := f.read(2):
    n = head[1] & 127
    n = struct.unpack('>H', f.read(2))[0] if n == 126 else struct.unpack('>Q', f.read(8))[0] if n == 127 else n
    body = f.read(n)
    if head[0] & 15 == 8:
        break
    said[body[0]] = said.get(body[0], b'') + body[1:]
for channel in sorted(said):
    print(channel, said[channel].decode())
