# SPDX-License-Identifier: Apache-2.0
# elbworld.py - the load balancer controller between a real kube-apiserver and the lab's AWS, for the Python tests here:
# claims, a client of the API server, the lab, what AWS has as a text to compare, lbctl, and a proxy before the lab that can
# kill it at an exact call. The environment: TMP (of k8slib.sh, which has the server up), OUT, TOKEN.
import difflib
import http.client
import http.server
import json
import os
import re
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "aws"))
import botocore.exceptions  # noqa: E402
import labaws  # noqa: E402

TMP, OUT, TOKEN = os.environ["TMP"], os.environ["OUT"], os.environ["TOKEN"]
WRITES = re.compile("^(Create|Modify|Delete|Set|Add|Remove|Register|Deregister|Authorize|Revoke)")
SERVICES, INGRESSES = "/api/v1/namespaces/default/services", "/apis/networking.k8s.io/v1/namespaces/default/ingresses"
SLICES, PODS = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", "/api/v1/namespaces/default/pods"
BINDINGS = "/apis/elbv2.k8s.aws/v1beta1/namespaces/default/targetgroupbindings"
EVENTS, NODES = "/api/v1/namespaces/default/events", "/api/v1/nodes"
NLB, ALB = "service.beta.kubernetes.io/aws-load-balancer-", "alb.ingress.kubernetes.io/"
QUIET_S = 1.5  # without a call: at rest
LIMIT_S = 60
failed = 0


# ---- claims

def ok(claim, held=True, why="it does not hold"):
    global failed
    failed |= not held
    print("ok " + claim if held else "not ok %s - %s" % (claim, why), flush=True)
    return held


def same(claim, got, want):
    if not ok(claim, got == want, "the two differ"):
        texts = [v if isinstance(v, str) else json.dumps(v, indent=1, sort_keys=True) for v in (want, got)]
        for line in difflib.unified_diff(*(t.splitlines() for t in texts), "want", "got", lineterm=""):
            print("#", line)
    sys.stdout.flush()


def until(holds, limit=LIMIT_S):
    """Does it hold before the time is over?"""
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


# ---- the API server

class Api:
    def __init__(self):
        self.context = ssl.create_default_context(cafile=TMP + "/pki/ca.crt")
        self.connection = None

    def ask(self, verb, path, body=None, kind="application/json", want=True):
        for last in (False, True):
            try:
                self.connection = self.connection or http.client.HTTPSConnection("127.0.0.1", 6443, context=self.context)
                self.connection.request(verb, path, body and json.dumps(body), {"Authorization": "Bearer " + TOKEN, "Content-Type": kind})
                answer = self.connection.getresponse()
                text = answer.read()
                break
            except (http.client.HTTPException, OSError):
                self.connection = None
                if last:
                    raise
        if answer.status >= 300 and want:
            sys.exit("%s %s: %d %s" % (verb, path, answer.status, text[:500]))
        return json.loads(text)

    def make(self, path, body):
        return self.ask("POST", path, body)

    def list(self, path):
        return self.ask("GET", path)["items"]

    def merge(self, path, change, want=True):
        return self.ask("PATCH", path, change, "application/merge-patch+json", want)

    def annotate(self, path, **annotations):
        """Keys with / and - come by a dict: annotate(path, **{...}); None takes one away."""
        return self.merge(path, {"metadata": {"annotations": annotations}})

    def wipe(self):
        """What is left of ours, whatever holds it."""
        for path in (INGRESSES, BINDINGS, SERVICES, SLICES, PODS, NODES):
            for o in self.list(path):
                one = path + "/" + o["metadata"]["name"]
                if o["metadata"]["name"] == "kubernetes":
                    continue
                if o["metadata"].get("finalizers"):
                    self.merge(one, {"metadata": {"finalizers": None}}, False)
                self.ask("DELETE", one + "?gracePeriodSeconds=0", want=False)
        self.ask("DELETE", EVENTS)

    def warnings(self, kind, name):
        """The texts of an object's Warning events."""
        return [e["message"] for e in self.list(EVENTS)
                if e["type"] == "Warning" and (e["involvedObject"]["kind"], e["involvedObject"]["name"]) == (kind, name)]


api = Api()


def service(name, annotations=None, nlb=True, ports=((80, 8080),), make=True):
    more = {"type": "LoadBalancer", "loadBalancerClass": "service.k8s.aws/nlb", "allocateLoadBalancerNodePorts": False} if nlb else {}
    o = {"kind": "Service", "apiVersion": "v1",
         "metadata": {"name": name, "annotations": {NLB + "nlb-target-type": "ip", NLB + "scheme": "internet-facing",
                                                    **(annotations or {})} if nlb else annotations or {}},
         "spec": {**more, "selector": {"app": name},
                  "ports": [{"name": "p%d" % p, "port": p, "targetPort": t} for p, t in ports]}}
    return api.make(SERVICES, o) if make else o


def endpoints(name, addresses, ports=((80, 8080),)):
    """Pods that run at these addresses, one of each node, and their slice."""
    for number, address in enumerate(addresses):
        pod = "%s-%d" % (name, number)
        api.make(PODS, {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": pod, "labels": {"app": name}},
                        "spec": {"nodeName": "node-" + address, "containers": [{"name": "app", "image": "x"}]}})
        conditions = [{"type": t, "status": "True"} for t in ("PodScheduled", "Initialized", "ContainersReady", "Ready")]
        api.merge(PODS + "/" + pod + "/status", {"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}],
                                                            "conditions": conditions}})
    api.make(SLICES, {"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": "IPv4",
                      "metadata": {"name": name + "-1", "labels": {"kubernetes.io/service-name": name}},
                      "ports": [{"name": "p%d" % p, "port": t, "protocol": "TCP"} for p, t in ports],
                      "endpoints": [{"addresses": [a], "conditions": {"ready": True, "serving": True, "terminating": False},
                                     "nodeName": "node-" + a, "targetRef": {"kind": "Pod", "namespace": "default", "name": "%s-%d" % (name, n)}}
                                    for n, a in enumerate(addresses)]})


def ingress(name, paths, annotations=None, host=None):
    """paths: {"/path": "service"}"""
    rule = {"http": {"paths": [{"path": p, "pathType": "Prefix", "backend": {"service": {"name": s, "port": {"number": 80}}}}
                               for p, s in paths.items()]}}
    return api.make(INGRESSES, {
        "kind": "Ingress", "apiVersion": "networking.k8s.io/v1",
        "metadata": {"name": name, "annotations": {ALB + "target-type": "ip", **(annotations or {})}},
        "spec": {"ingressClassName": "alb", "rules": [{**rule, **({"host": host} if host else {})}]}})


def hostname(path):
    lb = api.ask("GET", path).get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    return lb[0].get("hostname")


# ---- AWS

class World(labaws.Lab):
    """A lab, whose nodes' security groups are the cluster's."""

    def __init__(self, *options):
        self.calls_at = 0
        super().__init__(*labaws.AT_ONCE, "--drain-ms=0", *options, log=TMP + "/calls")
        interfaces = self.ec2.describe_network_interfaces()["NetworkInterfaces"]
        nodes = {i["PrivateIpAddress"]: i["Attachment"]["InstanceId"] for i in interfaces}
        self.addresses = sorted(nodes)[:2]
        for address in self.addresses:
            api.make(NODES, {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "node-" + address},
                             "spec": {"providerID": "aws:///%sa/%s" % (labaws.REGION, nodes[address])}})
        groups = sorted({g["GroupId"] for i in interfaces for g in i["Groups"]})
        self.ec2.create_tags(Resources=groups[:1], Tags=[{"Key": "kubernetes.io/cluster/c", "Value": "owned"}])
        self.certificates = [self.acm.request_certificate(DomainName=n)["CertificateArn"] for n in ("a.example.com", "b.example.com")]
        self.before = self.state()

    def actions(self):
        return [c["action"] for c in self.calls()]

    def state(self):
        """All that there is, by names: what differs from world to world is replaced. None: it changed meanwhile."""
        try:
            return describe(self)
        except botocore.exceptions.ClientError:
            return None


def tags_of(tags):
    return {t["Key"]: t["Value"] for t in tags}


def describe(w):
    names, out = {}, {"load balancers": [], "target groups": []}
    short = lambda name: re.sub("-?[0-9a-f]{10}$", "-#", name)  # noqa: E731
    groups = w.ec2.describe_security_groups()["SecurityGroups"]
    tgs = w.elb.describe_target_groups()["TargetGroups"]
    lbs = w.elb.describe_load_balancers()["LoadBalancers"]
    names.update({g["GroupId"]: "sg:" + short(g["GroupName"]) for g in groups})
    names.update({g["TargetGroupArn"]: "tg:" + short(g["TargetGroupName"]) for g in tgs})
    names.update({b["LoadBalancerArn"]: "lb:" + short(b["LoadBalancerName"]) for b in lbs})
    names.update({c["CertificateArn"]: "cert:" + c["DomainName"] for c in w.acm.list_certificates()["CertificateSummaryList"]})
    names.update({s["SubnetId"]: s["CidrBlock"] for s in w.ec2.describe_subnets()["Subnets"]})
    drop = ("LoadBalancerArn", "DNSName", "CanonicalHostedZoneId", "CreatedTime", "VpcId", "TargetGroupArn", "ListenerArn",
            "RuleArn", "GroupId", "SecurityGroupArn", "SecurityGroupRuleId", "GroupOwnerId", "OwnerId")

    def plain(o, key=""):
        if isinstance(o, dict):
            if o.keys() == {"Key", "Value"}:
                return o["Key"] + "=" + names.get(o["Value"], o["Value"])
            kept = {k: plain(v, k) for k, v in o.items() if k not in drop or v in names}
            return kept
        if isinstance(o, list):
            values = [plain(v) for v in o]
            return values if key == "Actions" else sorted(values, key=lambda v: json.dumps(v, sort_keys=True))
        if key in ("LoadBalancerName", "TargetGroupName", "GroupName"):
            return short(o)
        return names.get(o, o)

    arns = [b["LoadBalancerArn"] for b in lbs] + [g["TargetGroupArn"] for g in tgs]
    listeners, rules = [], []
    for b in lbs:
        mine = w.elb.describe_listeners(LoadBalancerArn=b["LoadBalancerArn"])["Listeners"]
        listeners += mine
        arns += [x["ListenerArn"] for x in mine]
        for x in mine:
            x["all"] = w.elb.describe_listener_certificates(ListenerArn=x["ListenerArn"])["Certificates"] if x["Protocol"] in ("HTTPS", "TLS") else []
            if b["Type"] == "application":
                there = w.elb.describe_rules(ListenerArn=x["ListenerArn"])["Rules"]
                rules += [{"of": names[b["LoadBalancerArn"]] + ":%d" % x["Port"], **r} for r in there]
                arns += [r["RuleArn"] for r in there if not r["IsDefault"]]
    tags = {}
    for at in range(0, len(arns), 20):
        for d in w.elb.describe_tags(ResourceArns=arns[at:at + 20])["TagDescriptions"]:
            tags[d["ResourceArn"]] = d["Tags"]
    for b in lbs:
        attributes = w.elb.describe_load_balancer_attributes(LoadBalancerArn=b["LoadBalancerArn"])["Attributes"]
        out["load balancers"].append(plain({**b, "attributes": attributes, "tags": tags.get(b["LoadBalancerArn"])}))
    for g in tgs:
        attributes = w.elb.describe_target_group_attributes(TargetGroupArn=g["TargetGroupArn"])["Attributes"]
        targets = [(h["Target"]["Id"], h["Target"]["Port"]) for h in
                   w.elb.describe_target_health(TargetGroupArn=g["TargetGroupArn"])["TargetHealthDescriptions"]]
        out["target groups"].append(plain({**g, "attributes": attributes, "targets": targets, "tags": tags.get(g["TargetGroupArn"])}))
    out["listeners"] = [plain({**x, "tags": tags.get(x["ListenerArn"]), "lb": x["LoadBalancerArn"]}) for x in listeners]
    out["rules"] = [plain({**r, "tags": tags.get(r["RuleArn"])}) for r in rules]
    out["security groups"] = [plain(g) for g in groups]
    return {k: sorted(v, key=lambda o: json.dumps(o, sort_keys=True)) for k, v in out.items()}


# ---- what stands between

class Proxy(http.server.ThreadingHTTPServer):
    """Passes calls on. trap(process, k, after): at the k-th writing call from now on the process is killed, before the call is
    passed on or when it has been answered; nothing that a dead process sent is passed on any more."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.world = self.victim = None
        self.refuse = set()  # actions whose next call is throttled here
        self.writes, self.left, self.after, self.fired, self.last = [], 0, False, threading.Event(), time.monotonic()
        self.url = "http://127.0.0.1:%d" % self.server_port
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def trap(self, victim, k, after):
        with self.lock:
            self.victim, self.left, self.after = victim, k, after
            self.fired.clear()

    def handle_error(self, request, client_address):
        pass

    def counts(self, action):
        """Under the lock: is this the call?"""
        self.last = time.monotonic()
        if not WRITES.match(action):
            return False
        self.writes.append(action)
        self.left -= 1
        return self.left == 0

    def kill(self):
        self.victim.process.kill()
        self.victim.process.wait()
        self.fired.set()

    def rest(self, limit=LIMIT_S):
        """Until nothing was asked for a while."""
        return until(lambda: time.monotonic() - self.last >= QUIET_S, limit)


THROTTLED = b"""<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        target = self.headers.get("X-Amz-Target")
        action = target.split(".")[-1] if target else urllib.parse.parse_qs(body.decode())["Action"][0]
        p = self.server
        with p.lock:
            mine, after = p.counts(action), p.after
            if mine and not after:
                p.kill()
            if p.victim and p.fired.is_set():
                self.close_connection = True
                return
            throttled = action in p.refuse
            p.refuse.discard(action)
            if throttled:
                self.answer(400, [("Content-Type", "text/xml")], THROTTLED)
                return
            # A writing call that may be the last is alone with AWS.
            answer = self.forward(body) if mine or WRITES.match(action) else None
            if mine:
                p.kill()
                self.close_connection = True
                return
        self.answer(*(answer or self.forward(body)))

    def answer(self, status, headers, text):
        self.server.last = time.monotonic()
        self.send_response(status)
        for k, v in headers:
            if k.lower() not in ("connection", "content-length", "transfer-encoding", "date", "server"):
                self.send_header(k, v)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def forward(self, body):
        c = http.client.HTTPConnection(self.server.world.url.split("//")[1])
        c.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
        for k, v in self.headers.items():
            if k.lower() != "connection":
                c.putheader(k, v)
        c.endheaders(body)
        answer = c.getresponse()
        text = answer.read()
        c.close()
        return answer.status, answer.getheaders(), text

    def log_message(self, *args):
        pass


class Lbctl:
    def __init__(self, url, vpc, *options):
        self.log = open(TMP + "/lbctl.log", "a", encoding="utf-8")
        self.at = self.log.tell()
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", os.environ.get("LBCTL", OUT + "/vpcbox"), "lbctl", "--cluster-name=c", "--aws-region=" + labaws.REGION, "--aws-vpc-id=" + vpc,
             "--webhook-bind-port=0", "--enable-leader-election=false", "--metrics-bind-addr=0", "--health-probe-bind-addr=0",
             "--aws-api-endpoints=" + ",".join("%s=%s" % (s, url) for s in ("Elastic Load Balancing v2", "EC2", "ACM", "STS")), *options],
            stderr=self.log, stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "KUBECONFIG": TMP + "/kubeconfig", "AWS_ACCESS_KEY_ID": labaws.KEY,
                 "AWS_SECRET_ACCESS_KEY": labaws.SECRET, "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "*"})

    def said(self):
        with open(TMP + "/lbctl.log", encoding="utf-8") as f:
            f.seek(self.at)
            return f.read()

    def end(self):
        """Cleanly; the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        self.log.close()
        return self.process.wait(timeout=LIMIT_S)
