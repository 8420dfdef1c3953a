# SPDX-License-Identifier: Apache-2.0
# endstate.py - the manifests of tests/golden/lbctl, each in a namespace of its own, all in one cluster: first they are there when
# the controller starts; then all go; then they come one by one, in the other order, while it runs. Both ends are NAME.state.
import difflib
import glob
import json
import os
import re
import sys
import time

import yaml

import elbstate
import elbworld as e
from elbworld import api

GOLDEN = os.path.join(os.path.dirname(__file__), "..", "golden", "lbctl")
UPDATE = os.environ.get("UPDATE")
LIMIT_S, LATER_S, QUIET_S = 240, 30, 3
# What a case of models says about AWS's facts can be had here, if it is about these.
FACTS = {"certificates", "targetGroups"}
PATHS = {"Service": "/api/v1/namespaces/%s/services", "Ingress": "/apis/networking.k8s.io/v1/namespaces/%s/ingresses",
         "IngressClass": "/apis/networking.k8s.io/v1/ingressclasses", "IngressClassParams": "/apis/elbv2.k8s.aws/v1beta1/ingressclassparams"}
# Whose end depends on what was before: a group that cannot be is left as it was.
HISTORY = {"alb-conflicting-schemes", "alb-group-with-a-wrong-member"}
NODE_LABELS = {"pool": "web", "zone": "a"}


def documents(path):
    with open(path, encoding="utf-8") as f:
        for d in yaml.safe_load_all(f):
            yield from d if isinstance(d, list) else d["items"] if d.get("kind") == "List" else [d]


class Case:
    """objects as they go to the API server; facts of AWS that they need; `only`: why there is only a model."""

    def __init__(self, path):
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.objects, self.facts, self.only = [], {}, None
        for d in documents(path):
            if d["kind"] == "Case":
                self.facts.update(d.get("facts", {}))
                self.only = self.only or ("it sets flags" if d.get("flags") else None)
            else:
                self.objects.append(d)
                if d["metadata"].get("deletionTimestamp"):
                    self.only = "it is being deleted"
        if set(self.facts) - FACTS:
            self.only = self.only or "it sets facts of AWS that the lab does not have"

    def state_file(self):
        return os.path.join(GOLDEN, self.name + ".state")

    def prepare(self, world, ports):
        """Names that are the cluster's or AWS's become the case's own."""
        text = json.dumps(self.objects)
        for old, new in {**world.given, **world.facts_of(self)}.items():
            text = re.sub(r"(?<![\w/-])" + re.escape(old) + r"(?![\w/-])", new, text)
        text = text.replace("example.com", self.name + ".example")
        text = re.sub(r"2600:1f14:0:(\d):", lambda m: world.prefix6(int(m[1])), text)
        text = re.sub(r"192\.168\.(\d+)\.(\d+)(?=[\", ])", lambda m: world.address4(int(m[1]), int(m[2])), text)
        self.objects = json.loads(text)
        for o in self.objects:
            self.own(o, ports)

    def own(self, o, ports):
        meta, spec = o["metadata"], o.get("spec", {})
        meta.pop("uid", None)
        o.setdefault("apiVersion", "v1")
        notes = meta.get("annotations", {})
        key = e.ALB + "group.name"
        if key in notes:
            notes[key] += "." + self.name
        if o["kind"] == "IngressClass":
            meta["name"] = self.name
            if "parameters" in spec:
                spec["parameters"]["name"] = self.name
        elif o["kind"] == "IngressClassParams":
            meta["name"] = self.name
            if "group" in spec:
                spec["group"]["name"] += "." + self.name
        else:
            meta["namespace"] = self.name
        if "ingressClassName" in spec:
            spec["ingressClassName"] = self.name
        if o["kind"] == "Service":
            self.number(o, ports)

    def number(self, o, ports):
        """The ports that an API server would allot, at random."""
        spec = o["spec"]
        whose = "%s/%s" % (self.name, o["metadata"]["name"])
        for p in spec["ports"] if spec.get("type", "ClusterIP") != "ClusterIP" else ():
            node_port = 30000 + len(ports)
            ports[node_port] = "node port of %s:%s" % (whose, p.get("name", p["port"]))
            p["nodePort"] = node_port
        if spec.get("externalTrafficPolicy") == "Local" and spec["type"] == "LoadBalancer":
            spec["healthCheckNodePort"] = 30000 + len(ports)
            ports[spec["healthCheckNodePort"]] = "health check port of " + whose

    def path(self, o):
        return PATHS[o["kind"]] % self.name if "%s" in PATHS[o["kind"]] else PATHS[o["kind"]]

    def make(self, world, backwards):
        for o in sorted(self.objects, key=lambda o: o["kind"] == "Ingress", reverse=backwards):
            answer = api.ask("POST", self.path(o), o, want=False)
            if answer.get("kind") == "Status":
                e.ok("%s: the API server takes %s" % (self.name, o["metadata"]["name"]), False, answer["message"])
            elif o["kind"] == "Service" and answer["spec"].get("selector", True):
                self.endpoints(world, answer)

    def endpoints(self, world, service):
        """Two pods at the nodes' own addresses, and the slices of the Service's families."""
        name = service["metadata"]["name"]
        pods = "/api/v1/namespaces/%s/pods" % self.name
        for number, (node, addresses) in enumerate(world.nodes.items()):
            pod = "%s-%d" % (name, number)
            if api.ask("GET", pods + "/" + pod, want=False).get("kind") == "Pod":
                continue
            api.make(pods, {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": pod, "labels": {"app": name}},
                            "spec": {"nodeName": node, "hostNetwork": True, "containers": [{"name": "app", "image": "x", "ports": [
                                {"name": p["targetPort"], "containerPort": 50051} for p in service["spec"]["ports"] if isinstance(p["targetPort"], str)]}]}})
            api.merge(pods + "/" + pod + "/status", {"status": {
                "phase": "Running", "podIP": addresses[0], "podIPs": [{"ip": a} for a in addresses],
                "conditions": [{"type": t, "status": "True"} for t in ("PodScheduled", "Initialized", "ContainersReady", "Ready")]}})
        for family in service["spec"].get("ipFamilies", ["IPv4"]):
            at = family == "IPv6"
            api.make("/apis/discovery.k8s.io/v1/namespaces/%s/endpointslices" % self.name, {
                "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": family,
                "metadata": {"name": name + "-" + family.lower(), "labels": {"kubernetes.io/service-name": name}},
                "ports": [{"name": p.get("name", ""), "protocol": p.get("protocol", "TCP"),
                           "port": p["targetPort"] if isinstance(p["targetPort"], int) else 50051} for p in service["spec"]["ports"]],
                "endpoints": [{"addresses": [addresses[at]], "conditions": {"ready": True, "serving": True, "terminating": False}, "nodeName": node,
                               "targetRef": {"kind": "Pod", "namespace": self.name, "name": "%s-%d" % (name, n)}}
                              for n, (node, addresses) in enumerate(world.nodes.items())]})

    def release(self):
        """What must not go without a word more is told so."""
        for o in self.objects:
            for key, value in o["metadata"].get("annotations", {}).items():
                if "deletion_protection.enabled=true" in value:
                    api.annotate(self.path(o) + "/" + o["metadata"]["name"], **{key: value.replace("enabled=true", "enabled=false")})

    def delete(self, kinds=("Service", "Ingress")):
        for o in self.objects:
            if o["kind"] in kinds:
                api.ask("DELETE", self.path(o) + "/" + o["metadata"]["name"], want=False)

    def sweep(self):
        """What nobody but this test has an eye on."""
        self.delete(("IngressClass", "IngressClassParams"))
        for path in ("/api/v1/namespaces/%s/pods", "/apis/discovery.k8s.io/v1/namespaces/%s/endpointslices", "/api/v1/namespaces/%s/events"):
            api.ask("DELETE", path % self.name + "?gracePeriodSeconds=0")

    def left(self):
        """Services, Ingresses and bindings that are still there; cluster-wide objects go at once."""
        return [o["metadata"]["name"] for p in (PATHS["Service"], PATHS["Ingress"], "/apis/elbv2.k8s.aws/v1beta1/namespaces/%s/targetgroupbindings")
                for o in api.list(p % self.name)]


class Lab(e.World):
    """What the cases' AWS has under its names there: subnets, security groups, certificates, target groups."""

    def __init__(self):
        super().__init__("--quota=application-load-balancers=200,network-load-balancers=200")
        self.given, self.names, self.nodes = {}, {}, {}
        self.by_name = {}
        for s in self.ec2.describe_subnets()["Subnets"]:
            name = next(t["Value"] for t in s["Tags"] if t["Key"] == "Name").replace("vpcbox-lab-", "")
            self.ec2.create_tags(Resources=[s["SubnetId"]], Tags=[{"Key": "Name", "Value": name}])
            self.by_name[name] = s
            self.names[s["SubnetId"]] = name
        for number, name in enumerate(("private-a", "private-b", "private-c", "public-a", "public-b", "public-c")):
            self.given["subnet-%d" % (number + 1)] = self.by_name[name]["SubnetId"]
        for number, name in enumerate(("front", "named security group", "front")):
            group = self.ec2.create_security_group(GroupName="given-%d" % (number + 1), Description="given", VpcId=self.vpc())["GroupId"]
            self.ec2.create_tags(Resources=[group], Tags=[{"Key": "Name", "Value": name}])
            self.given["sg-%d" % (number + 1)] = group
        for name, arn in zip("abc", self.request(["%s.test" % c for c in "abc"])):
            self.given["arn:aws:acm:us-west-2:111122223333:certificate/" + name] = arn
            self.names[arn] = "certificate " + name
        self.group("x")
        self.given["arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/x/2"] = self.names["x"]
        self.names[self.vpc()] = "the VPC"
        self.learn_nodes()

    def learn_nodes(self):
        for i, n in zip(self.ec2.describe_network_interfaces()["NetworkInterfaces"], "ab"):
            node = "node-" + i["PrivateIpAddress"]
            self.nodes[node] = [i["PrivateIpAddress"], "2001:db8::" + n]
            self.names[i["Attachment"]["InstanceId"]] = "node " + n
            self.names[i["PrivateIpAddress"]] = "node %s's address" % n
            if n == "a":
                api.merge(e.NODES + "/" + node, {"metadata": {"labels": NODE_LABELS}})
            conditions = [{"type": "Ready", "status": "True"}]
            api.merge(e.NODES + "/" + node + "/status", {"status": {"conditions": conditions, "addresses": [
                {"type": "InternalIP", "address": i["PrivateIpAddress"]}]}})

    def request(self, names):
        """Certificates whose ARNs are in the order of the names."""
        arns = []
        for name in names:
            while True:
                arn = self.acm.request_certificate(DomainName=name)["CertificateArn"]
                if not arns or arn > arns[-1]:
                    break
                self.acm.delete_certificate(CertificateArn=arn)
            arns.append(arn)
        return arns

    def group(self, name):
        arn = self.elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=self.vpc(), TargetType="ip")["TargetGroups"][0]["TargetGroupArn"]
        self.names[name] = arn

    def facts_of(self, case):
        wanted = sorted(case.facts.get("certificates", []), key=lambda c: c["arn"])
        hosts = [c["names"][0].replace("example.com", case.name + ".example") for c in wanted]
        arns = self.request(hosts)
        self.names.update(zip(arns, ("certificate of " + h for h in hosts)))
        for name in case.facts.get("targetGroups", {}):
            self.group(name)
        return dict(zip((c["arn"] for c in wanted), arns))

    def prefix6(self, number):
        return "2001:db8:0:10%d:" % ((number + 2) % 6 + 1)

    def address4(self, third, fourth):
        """By its place in the case's subnet of 32 times 256 addresses."""
        return "192.168.%d.%d" % ((third // 32 + 3) % 6 + 1, fourth)

    def writes(self):
        return sum(1 for a in self.actions() if e.WRITES.match(a))


def kept(case):
    if not os.path.exists(case.state_file()):
        return ""
    with open(case.state_file(), encoding="utf-8") as f:
        return f.read()


def apart(text):
    """A state without its events, and the events."""
    events = set()

    def without(o):
        if isinstance(o, dict):
            events.update(o.get("Events", []))
            return {k: without(v) for k, v in o.items() if k != "Events"}
        return [without(v) for v in o] if isinstance(o, list) else o

    rest = without(yaml.safe_load(text) or {})
    return yaml.safe_dump(rest, default_flow_style=None, width=140), events


def differences(state, cases, events=True):
    """{name: (got, want)} of what is not as it is kept. events: exactly those; or else at least those."""
    out = {}
    for c in cases:
        got, want = state.written(c.name), kept(c)
        if events:
            same = got == want
        else:
            (got, seen), (want, said) = apart(got), apart(want)
            same = got == want and said <= seen
            got, want = got + "\n".join(sorted(said & seen)), want + "\n".join(sorted(said))
        if not same:
            out[c.name] = got, want
    return out


class Shared:
    """What is no case's own: the nodes' security group, with the rules of all bindings."""
    name = "shared"

    def state_file(self):
        return os.path.join(GOLDEN, "shared.state")


class Run:
    def __init__(self, cases, whole):
        self.cases, self.ports, self.shared = cases, {}, [Shared()] if whole else []
        self.w = Lab()
        for c in cases:
            c.prepare(self.w, self.ports)
            api.make("/api/v1/namespaces", {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": c.name}})
        self.fresh = elbstate.Fresh(self.w)
        self.before = self.w.state()

    def state(self):
        return elbstate.State(self.w, self.ports, [c.name for c in self.cases], self.fresh)

    def rest(self):
        """Until nothing was written for a while."""
        seen, since = -1, 0
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            now = self.w.writes()
            if now != seen:
                seen, since = now, time.monotonic()
            if time.monotonic() - since >= QUIET_S:
                return True
            time.sleep(0.2)
        return False

    def start(self):
        return e.Lbctl(self.w.url, self.w.vpc(), "--targetgroupbinding-requeue-duration=1s", "--log-level=debug")

    def make(self, cases, backwards=False):
        for c in cases:
            c.make(self.w, backwards)

    def compare(self, cases, claim, events=True):
        """All that stands is as it is kept; waits for it, and says what differs."""
        e.ok("%s: all comes to rest" % claim, self.rest())
        e.until(lambda: not differences(self.state(), cases, events), LATER_S)
        self.rest()
        wrong = differences(self.state(), cases, events)
        for c in cases:
            if e.ok("%s: %s" % (claim, c.name), c.name not in wrong, "the end state differs"):
                continue
            got, want = (t.splitlines() for t in wrong[c.name])
            for line in list(difflib.unified_diff(want, got, "want", "got", lineterm=""))[:60]:
                print("#", line)

    def write(self):
        e.ok("all comes to rest", self.rest())
        state = self.state()
        for c in self.cases + self.shared:
            with open(c.state_file(), "w", encoding="utf-8") as f:
                f.write(state.written(c.name))

    def delete(self, claim):
        for c in self.cases:
            c.release()
        self.rest()
        for c in reversed(self.cases):
            c.delete()
        gone = e.until(lambda: not any(c.left() for c in self.cases), LIMIT_S)
        e.ok("%s: every object goes" % claim, gone, str([(c.name, c.left()) for c in self.cases if c.left()]))
        for c in self.cases:
            c.sweep()
        e.until(lambda: self.w.state() == self.before, LATER_S)
        e.same("%s: and nothing is left in AWS" % claim, self.w.state(), self.before)


def main(only):
    known = [Case(p) for p in sorted(glob.glob(GOLDEN + "/*.yaml") + glob.glob(GOLDEN + "/*.json"))]
    cases = [c for c in known if not c.only and (not only or c.name in only)]
    e.ok("at least 40 manifests have an end state", bool(only) or len(cases) >= 40, "%d have" % len(cases))
    stray = {os.path.basename(p)[:-6] for p in glob.glob(GOLDEN + "/*.state")} - {"shared"} - {c.name for c in known if not c.only}
    e.ok("no end state without its manifest", not stray, str(stray))
    run = Run(cases, not only)
    run.make(cases)
    controller = run.start()
    if UPDATE:
        run.write()
    run.compare(cases + run.shared, "all at once")
    run.delete("all at once")
    later = [c for c in reversed(cases) if c.name not in HISTORY]
    run.make(later, True)
    run.compare(later, "the other way round", False)
    run.delete("the other way round")
    e.ok("the controller is still there and ends cleanly", controller.process.poll() is None and controller.end() == 0, "it has ended")
    sys.exit(e.failed)


main(sys.argv[1:])
