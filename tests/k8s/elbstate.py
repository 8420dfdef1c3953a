# SPDX-License-Identifier: Apache-2.0
# elbstate.py - what stands in AWS and in the cluster, as one readable text for each namespace: load balancers with listeners
# and rules, target groups with targets, security groups, TargetGroupBindings, status and events. What no manifest decides is
# replaced by words: ids and ARNs by names, hashes in names by #, allocated ports by whose they are; attributes that are as in
# anything newly made, and empty fields, are left out.
import collections
import itertools
import re

import yaml

import elbworld as e
from elbworld import api

CLUSTER, STACKS = "elbv2.k8s.aws/cluster", ("service.k8s.aws/stack", "ingress.k8s.aws/stack")
SOURCES = ("service", "ingress", "targetGroupBinding")
RESOURCES = ("service.k8s.aws/resource", "ingress.k8s.aws/resource", "elbv2.k8s.aws/resource")
DROPPED = {"LoadBalancerArn", "DNSName", "CanonicalHostedZoneId", "CreatedTime", "VpcId", "TargetGroupArn", "ListenerArn", "RuleArn", "GroupId",
           "SecurityGroupArn", "OwnerId", "UserId", "IsDefault", "State", "LoadBalancerArns", "ZoneName", "TargetGroupName"}
EVERYWHERE = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]  # a new group's way out
BY_ARN = {"TargetGroupArn", "CertificateArn", "GroupId", "SubnetId"}  # kept where they say of what, under their names


def short(name):
    return re.sub("-[0-9a-f]{10}$", "-#", name)


def by_key(tags):
    return {t["Key"]: t["Value"] for t in tags or []}


class State:
    """ports: {node port: whose}; namespaces: of which there is a text. of[namespace] is what is written there; what no
    namespace has is under `shared`."""

    def __init__(self, world, ports, namespaces, fresh):
        self.w, self.ports, self.namespaces, self.fresh, self.names = world, ports, namespaces, fresh, dict(world.names)
        self.of = collections.defaultdict(lambda: collections.defaultdict(list))
        self.read_all()

    # ---- words for what differs

    def plain(self, o, key="", top=False):
        if isinstance(o, dict):
            if "ForwardConfig" in o or any(k.endswith("Config") for k in o) and "Field" in o:
                o = {k: v for k, v in o.items() if k not in ("TargetGroupArn", "Values")}  # what the configuration says too
            kept = {k: self.plain(v, k) for k, v in o.items() if k not in DROPPED or (k in BY_ARN and not top)}
            return {k: v for k, v in kept.items() if v not in ("", None, [], {})}
        if isinstance(o, list):
            if o and isinstance(o[0], dict) and o[0].keys() == {"Key", "Value"}:
                return {k: self.plain(v) for k, v in by_key(o).items()}
            values = [self.plain(v) for v in o]
            return values if key in ("Actions", "DefaultActions") else sorted(values, key=repr)
        if isinstance(o, int) and not isinstance(o, bool):
            return self.ports.get(o, o)
        return self.text(o) if isinstance(o, str) else o

    def text(self, s):
        if s.isdigit():
            return self.ports.get(int(s), s)
        s = re.sub(r"arn:aws:[a-z0-9:-]+[a-z]+/[A-Za-z0-9/-]+|\b(sg|subnet|vpc|i)-[0-9a-f]{17}\b", lambda m: self.names.get(m[0], m[0]), s)
        return re.sub(r"(k8s-[a-z0-9-]*-)[0-9a-f]{10}\b", r"\1#", s)

    # ---- AWS

    def owner(self, tags):
        stack = next((tags[k] for k in STACKS if k in tags), None)
        if stack is None:
            return "shared"
        return next((n for n in self.namespaces if stack.split("/")[0] == n or stack.endswith("." + n)), "shared")

    def read_all(self):
        elb = self.w.elb
        groups = self.w.ec2.describe_security_groups()["SecurityGroups"]
        balancers = elb.describe_load_balancers()["LoadBalancers"]
        tgs = elb.describe_target_groups()["TargetGroups"]
        self.tags = {}
        self.read_tags([b["LoadBalancerArn"] for b in balancers] + [g["TargetGroupArn"] for g in tgs])
        for g in groups:
            resource = by_key(g["Tags"]).get(RESOURCES[2])
            self.names.setdefault(g["GroupId"], resource or short(g["GroupName"]))
        for g in tgs:
            tags = by_key(self.tags[g["TargetGroupArn"]])
            resource = next((tags[k] for k in RESOURCES if k in tags), None)
            self.names[g["TargetGroupArn"]] = "of " + resource if resource else g["TargetGroupName"]
        for g in groups:
            out = {**self.plain(g, top=True), "GroupName": short(g["GroupName"])}
            if out.get("IpPermissionsEgress") == EVERYWHERE:
                del out["IpPermissionsEgress"]
            self.of[self.owner(by_key(g["Tags"]))]["security groups"].append(out)
        for g in tgs:
            self.read_target_group(g)
        for b in balancers:
            self.read_balancer(b)
        for n in self.namespaces:
            self.read_objects(n)

    def read_tags(self, arns):
        for at in range(0, len(arns), 20):
            for d in self.w.elb.describe_tags(ResourceArns=arns[at:at + 20])["TagDescriptions"]:
                self.tags[d["ResourceArn"]] = d["Tags"]

    def changed(self, attributes, fresh):
        return {k: self.text(v) for k, v in sorted(by_key(attributes).items()) if fresh.get(k, "") != v}

    def read_target_group(self, g):
        arn = g["TargetGroupArn"]
        targets = self.w.elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        out = {
            "Group": self.names[arn], "TargetGroupName": short(g["TargetGroupName"]), **self.plain(g, top=True), "Tags": self.plain(self.tags[arn]),
            "Attributes": self.changed(self.w.elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"], self.fresh.group(g)) or None,
            "Targets": sorted("%s %s" % (self.names.get(t["Target"]["Id"], t["Target"]["Id"]), self.ports.get(t["Target"]["Port"], t["Target"]["Port"]))
                              for t in targets)}
        self.of[self.owner(by_key(self.tags[arn]))]["target groups"].append({k: v for k, v in out.items() if v is not None})

    def read_balancer(self, b):
        arn = b["LoadBalancerArn"]
        listeners = self.w.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
        self.read_tags([x["ListenerArn"] for x in listeners])
        capacity = self.w.elb.describe_capacity_reservation(LoadBalancerArn=arn).get("MinimumLoadBalancerCapacity")
        out = {**self.plain(b, top=True), "Tags": self.plain(self.tags[arn]), "Capacity": capacity,
               "Attributes": self.changed(self.w.elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"], self.fresh.known[b["Type"], b["Scheme"]]),
               "Listeners": [self.listener(b, x) for x in sorted(listeners, key=lambda x: (x["Port"], x["Protocol"]))]}
        out["LoadBalancerName"] = short(b["LoadBalancerName"])
        self.names[b["DNSName"].lower()] = "the name of " + out["LoadBalancerName"]
        self.of[self.owner(by_key(self.tags[arn]))]["load balancers"].append({k: v for k, v in out.items() if v not in (None, {}, [])})

    def listener(self, b, x):
        arn = x["ListenerArn"]
        out = {**self.plain(x, top=True), "Tags": self.plain(self.tags[arn])}
        if x["Protocol"] in ("HTTPS", "TLS"):
            more = self.w.elb.describe_listener_certificates(ListenerArn=arn)["Certificates"]
            out["MoreCertificates"] = sorted(self.names.get(c["CertificateArn"], c["CertificateArn"]) for c in more if not c["IsDefault"])
        attributes = self.w.elb.describe_listener_attributes(ListenerArn=arn)["Attributes"]
        out["Attributes"] = self.changed(attributes, self.fresh.known[x["Protocol"]])
        if b["Type"] == "application":
            rules = [r for r in self.w.elb.describe_rules(ListenerArn=arn)["Rules"] if not r["IsDefault"]]
            self.read_tags([r["RuleArn"] for r in rules])
            out["Rules"] = [{**self.plain(r, top=True), "Tags": self.plain(self.tags[r["RuleArn"]])}
                            for r in sorted(rules, key=lambda r: int(r["Priority"]))]
        return {k: v for k, v in out.items() if v not in ({}, [])}

    # ---- the cluster

    def read_objects(self, namespace):
        out = self.of[namespace]
        events = collections.defaultdict(set)
        for v in api.list("/api/v1/namespaces/%s/events" % namespace):
            o = v["involvedObject"]
            if v["source"].get("component") not in SOURCES:
                continue  # the API server's own
            events[o["kind"], o["name"]].add("%s %s: %s" % (v["type"], v["reason"], self.words(v["message"])))
        for kind, path in (("Service", "/api/v1/namespaces/%s/services"), ("Ingress", "/apis/networking.k8s.io/v1/namespaces/%s/ingresses")):
            for o in api.list(path % namespace):
                meta = o["metadata"]
                seen = {"Finalizers": meta.get("finalizers"), "Status": self.status(o.get("status")), "Events": sorted(events.pop((kind, meta["name"]), []))}
                out["objects"].append({"Object": "%s %s" % (kind, meta["name"]), **{k: v for k, v in seen.items() if v}})
        for o in api.list("/apis/elbv2.k8s.aws/v1beta1/namespaces/%s/targetgroupbindings" % namespace):
            spec = self.plain({**o["spec"], "targetGroupARN": self.names.get(o["spec"]["targetGroupARN"], "?")})
            spec.pop("vpcID", None)
            seen = {"Labels": o["metadata"].get("labels"), "Annotations": sorted(o["metadata"].get("annotations", [])), "Finalizers": o["metadata"].get("finalizers"),
                    "Spec": spec, "Events": sorted(events.pop(("TargetGroupBinding", o["metadata"]["name"]), []))}
            out["bindings"].append({"Binding": short(o["metadata"]["name"]), **{k: v for k, v in seen.items() if v}})

    def status(self, status):
        return [{k: self.names.get(v, v) if k == "hostname" else v for k, v in i.items()}
                for i in ((status or {}).get("loadBalancer") or {}).get("ingress") or []]

    def words(self, message):
        """Of an event; what AWS and the API server number differently each time is left out."""
        return self.text(re.sub(r" \(request id [0-9a-f-]+\)|^\(combined from similar events\): ", "", message))

    def written(self, namespace):
        out = {k: sorted(v, key=repr) for k, v in self.of[namespace].items() if v}
        order = ("load balancers", "target groups", "security groups", "bindings", "objects")
        return "".join(yaml.safe_dump({k: out[k]}, default_flow_style=None, sort_keys=True, width=140, allow_unicode=True)
                       for k in order if k in out)


class Fresh:
    """The attributes of what was made and not changed, by what it is; each is made once, and deleted again."""

    def __init__(self, world):
        self.w, self.known = world, {}
        for kind, scheme in itertools.product(("application", "network"), ("internal", "internet-facing")):
            arn = world.elb.create_load_balancer(Name="fresh", Type=kind, Scheme=scheme, Subnets=world.subnets(scheme != "internal"))["LoadBalancers"][0]["LoadBalancerArn"]
            self.known[kind, scheme] = by_key(world.elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"])
            for port, protocol in enumerate(("HTTP", "HTTPS") if kind == "application" else ("TCP", "UDP", "TCP_UDP", "TLS"), 1):
                self.listener(arn, port, protocol)
            world.elb.delete_load_balancer(LoadBalancerArn=arn)

    def listener(self, arn, port, protocol):
        elb = self.w.elb
        more = {"Certificates": [{"CertificateArn": self.w.certificates[0]}]} if protocol in ("HTTPS", "TLS") else {}
        group = elb.create_target_group(Name="fresh", Protocol=protocol, Port=80, VpcId=self.w.vpc())["TargetGroups"][0]["TargetGroupArn"]
        made = elb.create_listener(LoadBalancerArn=arn, Port=port, Protocol=protocol, DefaultActions=[{"Type": "forward", "TargetGroupArn": group}], **more)
        made = made["Listeners"][0]["ListenerArn"]
        self.known[protocol] = by_key(elb.describe_listener_attributes(ListenerArn=made)["Attributes"])
        elb.delete_listener(ListenerArn=made)
        elb.delete_target_group(TargetGroupArn=group)

    def group(self, g):
        key = (g["TargetType"], g["Protocol"], g.get("ProtocolVersion"))
        if key not in self.known:
            more = {"ProtocolVersion": g["ProtocolVersion"]} if g.get("ProtocolVersion") else {}
            arn = self.w.elb.create_target_group(Name="fresh", Protocol=g["Protocol"], Port=80, VpcId=g["VpcId"], TargetType=g["TargetType"],
                                                 **more)["TargetGroups"][0]["TargetGroupArn"]
            self.known[key] = by_key(self.w.elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"])
            self.w.elb.delete_target_group(TargetGroupArn=arn)
        return self.known[key]
