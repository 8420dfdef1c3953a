# SPDX-License-Identifier: Apache-2.0
# lbctl.py TMP OUT TOKEN - the figures of lbctl.sh, whose API server and etcd are there. Services and Ingresses come by the
# API server; pods and EndpointSlices, which nothing here would answer to, are written where it keeps them, in etcd.
import base64
import collections
import http.client
import ipaddress
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time

TMP, OUT, TOKEN = sys.argv[1:4]
SERVICES = int(os.environ.get("SERVICES", 1000))
IDLE_S = int(os.environ.get("IDLE_S", 120))
PODS = int(os.environ.get("PODS", 30000))
BALANCERS = int(os.environ.get("BALANCERS", 50))
TARGETS = int(os.environ.get("TARGETS", 1000))
MOVED = min(500, TARGETS // 2)
QUIET_S = 3  # without a call: at rest
LIMIT_S = 300
WRITES = re.compile("^(Create|Modify|Delete|Set|Add|Remove|Register|Deregister|Authorize|Revoke)")
QUOTAS = ("network-load-balancers", "application-load-balancers", "target-groups", "targets-per-network-load-balancer", "targets-per-target-group",
          "targets-per-availability-zone-per-network-load-balancer", "targets-per-application-load-balancer",
          "rules-per-application-load-balancer", "target-groups-per-application-load-balancer", "security-groups-per-vpc")


def row(metric, value, unit, goal=None):
    met = "-" if goal is None else "yes" if value <= goal else "no"
    print("lbctl.%s\t%s\t%s\t%s\t%s\t-\t-\t-" % (metric, value, unit, "-" if goal is None else "<= %g" % goal, met), flush=True)


def say(text):
    print("bench: lbctl: " + text, file=sys.stderr, flush=True)


def until(what, holds, limit=LIMIT_S):
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            sys.exit("bench: lbctl: not within %d s: %s" % (limit, what))
        time.sleep(0.05)


class Http:
    """One connection that stays."""

    def __init__(self, connection, headers):
        self.connection, self.headers = connection, headers

    def ask(self, verb, path, body=None, kind="application/json"):
        self.connection.request(verb, path, body and json.dumps(body), {**self.headers, "Content-Type": kind})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit("bench: lbctl: %s %s: %d %s" % (verb, path, answer.status, text[:500]))
        return json.loads(text)


api = Http(http.client.HTTPSConnection("127.0.0.1", 6443, context=ssl.create_default_context(cafile=TMP + "/pki/ca.crt")),
           {"Authorization": "Bearer " + TOKEN})
etcd = Http(http.client.HTTPConnection("127.0.0.1", 2379), {})


def b64(text):
    return base64.b64encode(text.encode()).decode()


def store(objects):
    """(KEY, OBJECT)... as they are, in as few writes as etcd allows."""
    for at in range(0, len(objects), 25):
        etcd.ask("POST", "/v3/kv/txn", {"success": [
            {"requestPut": {"key": b64(key), "value": b64(json.dumps(o))}} for key, o in objects[at:at + 25]]})


def forget(prefix):
    etcd.ask("POST", "/v3/kv/deleterange", {"key": b64(prefix + "/"), "range_end": b64(prefix + "0")})


def meta(name, number, **more):
    return {"name": name, "namespace": "default", "uid": "00000000-0000-4000-8000-%012d" % number,
            "creationTimestamp": "2026-01-01T00:00:00Z", **more}


# ---- the lab and the controller

class Lab:
    def __init__(self, name):
        self.log = "%s/%s.calls" % (TMP, name)
        self.at = 0
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", OUT + "/vpcbox-lab", "aws", "--call-ms=0", "--provision-ms=0", "--register-ms=0",
             "--health-ms=0", "--drain-ms=0", "--log=" + self.log, "--quota=" + ",".join(q + "=100000" for q in QUOTAS if q in known)],
            stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def calls(self):
        """The actions since the last time."""
        with open(self.log) as f:
            f.seek(self.at)
            text = f.read()
        text = text[:text.rfind("\n") + 1]
        self.at += len(text.encode())
        return [json.loads(line)["action"] for line in text.splitlines()]

    def size(self):
        return os.path.getsize(self.log)

    def rest(self):
        """Until nothing was asked for a while."""
        seen = [self.size(), time.monotonic()]

        def quiet():
            if self.size() != seen[0]:
                seen[:] = [self.size(), time.monotonic()]
            return time.monotonic() - seen[1] >= QUIET_S
        until("AWS calls come to rest", quiet, 1800)

    def end(self):
        self.process.terminate()
        self.process.wait()


class Lbctl:
    def __init__(self, lab, vpc, server="https://127.0.0.1:6443"):
        with open(TMP + "/bench.config", "w") as f:
            f.write(open(TMP + "/kubeconfig").read().replace("https://127.0.0.1:6443", server))
        self.lines = []
        self.begin = time.monotonic()
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", OUT + "/vpcbox", "lbctl", "--cluster-name=c", "--aws-region=ap-northeast-2",
             "--aws-vpc-id=" + vpc, "--webhook-bind-port=0", "--enable-leader-election=false",
             "--aws-api-endpoints=" + ",".join("%s=%s" % (s, lab.url) for s in ("Elastic Load Balancing v2", "EC2", "ACM", "STS"))],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            env={"PATH": os.environ["PATH"], "KUBECONFIG": TMP + "/bench.config", "AWS_ACCESS_KEY_ID": "AKIAVPCBOXLAB0000000",
                 "AWS_SECRET_ACCESS_KEY": "vpcbox-lab/this-is-no-secret/00000000000", "AWS_EC2_METADATA_DISABLED": "true",
                 "NO_PROXY": "*"})
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.lines.append((time.monotonic(), line))
            with open(TMP + "/lbctl.log", "a") as f:
                f.write(line)

    def ready(self):
        """When it said so."""
        until("lbctl is ready", lambda: self.process.poll() is not None or self.said() is not None)
        if self.said() is None:
            sys.exit("bench: lbctl: it ended: " + "".join(text for _, text in self.lines[-5:]))
        return self.said()

    def said(self):
        return next((when for when, text in self.lines if "ready services=" in text), None)

    def kib(self, key="VmRSS"):
        with open("/proc/%d/status" % self.process.pid) as f:
            return int(re.search(key + r":\s+(\d+)", f.read()).group(1))

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.reader.join()


class Relay:
    """Between lbctl and the API server: when bytes of lists passed. Pieces of a list are large, bookmarks and leases are not."""

    def __init__(self):
        self.times = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near = self.listener.accept()[0]
            far = socket.create_connection(("127.0.0.1", 6443))
            threading.Thread(target=self.copy, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self.copy, args=(far, near, True), daemon=True).start()

    def copy(self, source, sink, listed):
        try:
            while data := source.recv(1 << 18):
                sink.sendall(data)
                if listed and len(data) >= 4096:
                    self.times.append(time.monotonic())
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def last_before(self, when):
        return max(t for t in self.times if t <= when)


def count(path):
    answer = api.ask("GET", path + "?limit=1")
    return len(answer["items"]) + answer["metadata"].get("remainingItemCount", 0)


def wipe():
    for kind in ("services/specs", "ingress", "endpointslices", "pods", "elbv2.k8s.aws/targetgroupbindings", "events"):
        forget("/registry/" + kind)


# ---- what is put there

def service(number, **annotations):
    return api.ask("POST", "/api/v1/namespaces/default/services", {
        "kind": "Service", "apiVersion": "v1",
        "metadata": {"name": "s%d" % number, "annotations": {
            "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip",
            "service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing", **annotations}},
        "spec": {"type": "LoadBalancer", "loadBalancerClass": "service.k8s.aws/nlb", "allocateLoadBalancerNodePorts": False,
                 "selector": {"app": "s%d" % number}, "ports": [{"port": 80, "targetPort": 8080}]}})


def address(number):
    return str(ipaddress.ip_address("10.0.0.20") + number)


def pod(number, ip=None):
    ip = ip or address(number)
    name = "pod-%05d" % number
    container = {"name": "app", "image": "registry.example/app:1", "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                 "env": [{"name": "VARIABLE_%d" % i, "value": "value-%d" % i} for i in range(8)],
                 "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent",
                 "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}
    condition = {"status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    return ("/registry/pods/default/" + name, {
        "kind": "Pod", "apiVersion": "v1",
        "metadata": meta(name, number, labels={"app": "s%d" % (number % BALANCERS), "pod-template-hash": "5d4f8c7b9d"}, ownerReferences=[
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "s", "uid": "0", "controller": True}]),
        "spec": {"nodeName": "node%d" % (number % 300), "containers": [container], "restartPolicy": "Always", "dnsPolicy": "ClusterFirst",
                 "schedulerName": "default-scheduler", "securityContext": {}, "terminationGracePeriodSeconds": 30},
        "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "hostIP": "192.168.255.1",
                   "conditions": [{"type": t, **condition} for t in ("PodScheduled", "Initialized", "ContainersReady", "Ready")],
                   "containerStatuses": [{"name": "app", "ready": True, "restartCount": 0, "image": container["image"], "imageID": "x",
                                          "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]}})


def slices(balancer, first, targets, ip=address):
    """100 endpoints each, as the controller of Kubernetes cuts them."""
    made = []
    for at in range(0, targets, 100):
        name = "s%d-%03d" % (balancer, at // 100)
        made.append(("/registry/endpointslices/default/" + name, {
            "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": "IPv4",
            "metadata": meta(name, 10**6 + balancer * 1000 + at // 100, labels={"kubernetes.io/service-name": "s%d" % balancer}),
            "ports": [{"name": "", "port": 8080, "protocol": "TCP"}],
            "endpoints": [{"addresses": [ip(n % PODS)], "conditions": {"ready": True, "serving": True, "terminating": False},
                           "nodeName": "node%d" % (n % 300),
                           "targetRef": {"kind": "Pod", "namespace": "default", "name": "pod-%05d" % (n % PODS),
                                         "uid": "00000000-0000-4000-8000-%012d" % (n % PODS)}}
                          for n in range(first + at, first + min(at + 100, targets))]}))
    return made


def ingress(number, edited=False):
    paths = [{"path": "/edited" if edited and k == 0 else "/path-%d" % k, "pathType": "Prefix",
              "backend": {"service": {"name": "b%d" % number, "port": {"number": 80}}}} for k in range(10)]
    return {"kind": "Ingress", "apiVersion": "networking.k8s.io/v1",
            "metadata": {"name": "i%d" % number, "annotations": {
                "alb.ingress.kubernetes.io/group.name": "g", "alb.ingress.kubernetes.io/group.order": str(number),
                "alb.ingress.kubernetes.io/target-type": "ip"}},
            "spec": {"ingressClassName": "alb", "rules": [{"host": "h%d.example.com" % number, "http": {"paths": paths}}]}}


# ---- figures

def services(vpc_of):
    lab = Lab("services")
    vpc = vpc_of(lab)
    c = Lbctl(lab, vpc)
    c.ready()
    lab.rest()
    row("rss.idle", c.kib(), "KiB")
    for number in range(SERVICES):
        api.ask("POST", "/api/v1/namespaces/default/services", {
            "kind": "Service", "apiVersion": "v1", "metadata": {"name": "plain%d" % number},
            "spec": {"clusterIP": "None", "selector": {"app": "plain"}, "ports": [{"port": 80, "targetPort": 8080}]}})
    lab.rest()
    row("rss.%d_plain_services" % SERVICES, c.kib(), "KiB", 8192)
    forget("/registry/services/specs")
    nodes = ask_aws(lab, "describe-network-interfaces", "NetworkInterfaces[].PrivateIpAddress").split()[:2]
    store([pod(number, ip) for number, ip in enumerate(nodes)])

    def served(number):
        """Two targets, whose interfaces the lab has."""
        store(slices(number, 0, len(nodes), lambda n: nodes[n]))
        service(number)
    say("calls before any Service: %s" % dict(collections.Counter(lab.calls())))
    for number, name, goal in ((0, "first", 18), (1, "later", 12)):
        served(number)
        until("load balancer", lambda: lab.size() > lab.at)
        lab.rest()
        calls = lab.calls()
        say("%s Service: %s" % (name, " ".join(calls)))
        row("calls.%s_service" % name, len(calls), "calls", goal)
    made = 2
    for total in (100, 200, SERVICES):  # of one load balancer each
        if total < made:
            continue
        for number in range(made, total):
            served(number)
        lab.rest()
        calls = lab.calls()
        if total > made:
            row("calls.each_of_%d" % total, round(len(calls) / (total - made), 2), "calls", 12)
        made = total
        if total > 100:
            row("rss.%d_load_balancers" % total, c.kib(), "KiB", 8192)
            continue
        c.end()
        c = Lbctl(lab, vpc)
        c.ready()
        lab.rest()
        calls = lab.calls()
        say("restart: %s" % dict(collections.Counter(calls)))
        row("calls.restart_per_service", round(len(calls) / total, 2), "calls", 4)
        row("calls.restart_writes", sum(bool(WRITES.match(call)) for call in calls), "calls", 0)
        end = time.monotonic() + IDLE_S
        until("the idle time is over", lambda: time.monotonic() > end, IDLE_S + 10)
        row("calls.idle_%d_s" % IDLE_S, len(lab.calls()), "calls", 0)
    c.end()
    lab.end()
    wipe()


def large(facts):
    """Many pods behind many load balancers, in a network beside the VPC, as nothing here has their interfaces."""
    lab = Lab("large")
    vpc, group = facts(lab), ask_aws(lab, "describe-security-groups", "SecurityGroups[0].GroupId")
    say("writing %d pods, %d load balancers of %d targets" % (PODS, BALANCERS, TARGETS))
    for number in range(BALANCERS):
        service(number, **{"service.beta.kubernetes.io/aws-load-balancer-security-groups": group})
    step = max(1, PODS // BALANCERS)
    store([o for number in range(BALANCERS) for o in slices(number, number * step, TARGETS)])
    store([pod(number) for number in range(PODS)])
    until("the API server has them", lambda: count("/api/v1/namespaces/default/pods") >= PODS)
    relay = Relay()
    c = Lbctl(lab, vpc, "https://127.0.0.1:%d" % relay.port)
    when = c.ready()
    row("ready.after_list", round((when - relay.last_before(when)) * 1000), "ms", 2000)
    row("ready.after_exec", round((when - c.begin) * 1000), "ms")
    lab.rest()
    calls = collections.Counter(lab.calls())
    say("large: %s" % dict(calls))
    row("rss.%d_pods" % PODS, c.kib(), "KiB", 32768)
    row("rss.%d_pods_peak" % PODS, c.kib("VmHWM"), "KiB")
    row("calls.register_%d" % (BALANCERS * TARGETS), calls["RegisterTargets"], "calls")
    changed = slices(0, MOVED, TARGETS)
    store(changed)
    until("targets move", lambda: lab.size() > lab.at, 60)
    lab.rest()
    calls = lab.calls()
    say("moved: %s" % dict(collections.Counter(calls)))
    row("calls.%d_target_changes" % (2 * MOVED), sum(call in ("RegisterTargets", "DeregisterTargets") for call in calls), "calls", 10)
    c.end()
    lab.end()
    wipe()


def group(facts):
    """100 Ingresses of one group, 1,000 rules; one path is edited."""
    lab = Lab("group")
    for number in range(100):
        api.ask("POST", "/api/v1/namespaces/default/services", {
            "kind": "Service", "apiVersion": "v1", "metadata": {"name": "b%d" % number},
            "spec": {"selector": {"app": "b"}, "ports": [{"port": 80, "targetPort": 8080}]}})
        api.ask("POST", "/apis/networking.k8s.io/v1/namespaces/default/ingresses", ingress(number))
    c = Lbctl(lab, facts(lab))
    c.ready()
    lab.rest()
    calls = collections.Counter(lab.calls())
    say("group: %s" % dict(calls))
    if not calls["CreateRule"]:
        say("no rules: " + "".join(text for _, text in c.lines[-5:]))
    row("calls.group_rules", calls["CreateRule"], "calls")
    api.ask("PUT", "/apis/networking.k8s.io/v1/namespaces/default/ingresses/i50", ingress(50, True))
    until("the edit arrives", lambda: lab.size() > lab.at, 60)
    lab.rest()
    calls = lab.calls()
    say("edited: %s" % " ".join(calls))
    row("calls.edited_path_writes", sum(bool(WRITES.match(call)) for call in calls), "calls", 2)
    row("rss.group", c.kib(), "KiB")
    c.end()
    lab.end()
    wipe()


def main():
    with open("applets/lab/elbquota.def") as f:
        known.update(re.findall('"([a-z0-9-]+)"', f.read()))
    for part in os.environ.get("PARTS", "services large group").split():
        {"services": services, "large": large, "group": group}[part](find_vpc)


def ask_aws(lab, action, query):
    return subprocess.run([OUT + "/tools/venv/bin/aws", "ec2", action, "--query", query, "--output", "text"],
                          stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, "AWS_ENDPOINT_URL": lab.url, "AWS_DEFAULT_REGION": "ap-northeast-2", "NO_PROXY": "*",
                               "AWS_ACCESS_KEY_ID": "AKIAVPCBOXLAB0000000",
                               "AWS_SECRET_ACCESS_KEY": "vpcbox-lab/this-is-no-secret/00000000000"}).stdout.strip()


def find_vpc(lab):
    return ask_aws(lab, "describe-vpcs", "Vpcs[0].VpcId")


known = set()
main()
