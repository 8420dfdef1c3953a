#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# fakeapi.py ADDRESS PORT TOKEN - as much of a Kubernetes API server as a kubelet needs: objects of any kind by path, list and
# watch of pods, strategic patches of conditions, graceful deletion. PUT of a pod's path is a test's own hand, without checks.
import json, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

TOKEN = sys.argv[3]
lock = threading.Condition()
objects, history, version = {}, [], 0


def change(kind, path, obj):
    global version
    version += 1
    if obj is not None:
        obj.setdefault('metadata', {})['resourceVersion'] = str(version)
        history.append((version, kind, path, json.loads(json.dumps(obj))))
    lock.notify_all()


def merge(old, new):
    for k, v in new.items():
        if v is None:
            old.pop(k, None)
        elif k == 'conditions':
            have = {c['type']: c for c in old.get(k, [])}
            for c in v:
                merge(have.setdefault(c['type'], {}), c)
            old[k] = list(have.values())
        elif isinstance(v, dict) and isinstance(old.get(k), dict):
            merge(old[k], v)
        else:
            old[k] = v


def is_pod(path):
    return '/pods/' in path


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def answer(self, code, obj):
        body = json.dumps(obj).encode()
        self.send_response(code)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, code, reason):
        self.answer(code, {'kind': 'Status', 'status': 'Failure', 'reason': reason, 'message': reason + ' ' + self.path, 'code': code})

    def body(self):
        n = int(self.headers.get('Content-Length') or 0)
        return json.loads(self.rfile.read(n)) if n else {}

    def do_GET(self):
        url = urlsplit(self.path)
        if self.headers.get('Authorization') != 'Bearer ' + TOKEN:
            return self.refuse(401, 'Unauthorized')
        if url.path == '/api/v1/pods' and 'watch=1' in url.query:
            return self.watch(int(url.query.split('resourceVersion=')[1].split('&')[0]))
        with lock:
            if url.path == '/api/v1/pods' or url.path.endswith('/events'):
                items = [o for p, o in objects.items() if is_pod(p) or url.path + '/' in p]
                if url.path == '/api/v1/pods':
                    items = [o for p, o in objects.items() if is_pod(p)]
                return self.answer(200, {'kind': 'List', 'metadata': {'resourceVersion': str(version)}, 'items': items})
            obj = objects.get(url.path)
            return self.answer(200, obj) if obj else self.refuse(404, 'NotFound')

    def watch(self, since):
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Connection', 'close')
        self.end_headers()
        while True:
            with lock:
                new = [h for h in history if h[0] > since]
                if not new:
                    lock.wait(1)
                    continue
            for v, kind, path, obj in new:
                since = v
                if is_pod(path):
                    self.wfile.write(json.dumps({'type': kind, 'object': obj}).encode() + b'\n')
            self.wfile.flush()

    def do_POST(self):
        obj, path = self.body(), urlsplit(self.path).path + '/'
        with lock:
            path += obj['metadata']['name']
            if path in objects:
                return self.refuse(409, 'AlreadyExists')
            objects[path] = obj
            change('ADDED', path, obj)
            self.answer(201, obj)

    def do_PUT(self):
        obj, path = self.body(), urlsplit(self.path).path
        with lock:
            kind = 'MODIFIED' if path in objects else 'ADDED'
            objects[path] = obj
            change(kind, path, obj)
            self.answer(200, obj)

    def do_PATCH(self):
        patch, path = self.body(), urlsplit(self.path).path
        path = path[:-len('/status')] if path.endswith('/status') else path
        with lock:
            if path not in objects:
                return self.refuse(404, 'NotFound')
            merge(objects[path], patch)
            change('MODIFIED', path, objects[path])
            self.answer(200, objects[path])

    def do_DELETE(self):
        options, path = self.body(), urlsplit(self.path).path
        with lock:
            obj = objects.get(path)
            if not obj:
                return self.refuse(404, 'NotFound')
            grace = options.get('gracePeriodSeconds', obj.get('spec', {}).get('terminationGracePeriodSeconds', 30))
            if grace and is_pod(path):
                obj['metadata'].update(deletionTimestamp='2026-01-01T00:00:00Z', deletionGracePeriodSeconds=grace)
                change('MODIFIED', path, obj)
            else:
                del objects[path]
                change('DELETED', path, obj)
            self.answer(200, obj)


ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
