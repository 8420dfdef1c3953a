# SPDX-License-Identifier: Apache-2.0
# lab-kapi.py - PODS made, listed and watched at an API server: lab-kapi.py SERVER TOKEN PODS PID... prints objects a second of
# each, and the resident MiB of those processes together.
import http.client, json, ssl, sys, time
from urllib.parse import urlparse

server, token, pods = urlparse(sys.argv[1]), sys.argv[2], int(sys.argv[3])
tls = ssl._create_unverified_context()
head = {"Authorization": "Bearer " + token, "Content-Type": "application/json", "Accept": "application/json"}


def connection():
    return http.client.HTTPSConnection(server.hostname, server.port, context=tls)


def pod(i):
    return json.dumps({"metadata": {"name": "checkout-api-6d8f9c7b5d-%05d" % i, "labels": {"app": "checkout", "pod-template-hash": "6d8f9c7b5d"},
                                    "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "9090"}},
                       "spec": {"nodeName": "node-%d" % (i % 500), "containers": [
                           {"name": "api", "image": "example.com/checkout:1.2.3", "ports": [{"containerPort": 8080}],
                            "env": [{"name": "A%d" % n, "value": "value"} for n in range(8)],
                            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}]}}).encode()


def made(c):
    for i in range(pods):
        c.request("POST", "/api/v1/namespaces/default/pods", pod(i), head)
        r = c.getresponse()
        body = r.read()
        assert r.status == 201, body


def listed(c):
    c.request("GET", "/api/v1/pods", headers=head)
    body = c.getresponse().read()
    assert body.count(b'"nodeName"') == pods, body[:200]


def chunked(c):
    more, n = "", 0
    while True:
        c.request("GET", "/api/v1/pods?limit=500" + more, headers=head)
        page = json.loads(c.getresponse().read())
        n += len(page["items"])
        if not page["metadata"].get("continue"):
            break
        more = "&continue=" + page["metadata"]["continue"]
    assert n == pods, n


def watched(c):
    c.request("GET", "/api/v1/pods?watch=1&resourceVersion=0&timeoutSeconds=600", headers=head)
    r, n, rest = c.getresponse(), 0, b""
    while n < pods:
        n += r.read1(1 << 16).count(b'"type":"ADDED"')
        if n >= pods - 50:
            break  # one may lie across two reads
    c.close()


for name, fn in (("made", made), ("listed", listed), ("listed_in_chunks", chunked), ("watched", watched)):
    c = connection()
    began = time.monotonic()
    fn(c)
    print(name, round(pods / (time.monotonic() - began)))
print("rss", round(sum(int(open("/proc/%s/statm" % p).read().split()[1]) for p in sys.argv[4:]) * 4096 / 1048576))
