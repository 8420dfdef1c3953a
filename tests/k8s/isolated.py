# SPDX-License-Identifier: Apache-2.0
# isolated.py - one object that is wrong, AWS that throttles or loses answers, and people's hands in between: what stands
# stays, all others go on, nothing is lost.
import re
import sys

import elbworld as e
from elbworld import ALB, INGRESSES, NLB, SERVICES, api

proxy = e.Proxy()
WEB, SHOP = SERVICES + "/web", INGRESSES + "/shop"


def start(w, *options):
    return e.Lbctl(proxy.url, w.vpc(), *options)


def make(w):
    """Two Services with load balancers of their own, an Ingress."""
    for name, address in zip(("web", "other"), w.addresses):
        e.service(name)
        e.endpoints(name, [address])
    e.service("app", nlb=False)
    e.endpoints("app", w.addresses)
    e.ingress("shop", {"/a": "app", "/b": "web"})


def there(*paths):
    return all(e.hostname(p) for p in paths or (WEB, SERVICES + "/other", SHOP))


def delete(*paths):
    for p in paths or (WEB, SERVICES + "/other", SHOP):
        api.ask("DELETE", p)


def gone(*paths):
    return all(api.ask("GET", p, want=False).get("code") == 404 for p in paths or (WEB, SERVICES + "/other", SHOP))


def becomes(claim, w, want, limit=e.LIMIT_S):
    if e.until(lambda: w.state() == want, limit):
        e.ok(claim)
    else:
        e.same(claim, w.state(), want)


def standing(w, *options):
    """lbctl with all of make() made; what AWS then has."""
    proxy.world, proxy.writes = w, []
    make(w)
    c = start(w, *options)
    e.ok("two Services and an Ingress get load balancers", e.until(there), "not all have a hostname")
    proxy.rest()
    return c, w.state()


def over(c, claim):
    e.ok("%s: the controller is still there and ends cleanly" % claim, c.process.poll() is None and c.end() == 0, "it has ended")
    api.wipe()


# ---- AWS throttles, or loses answers

def ran(claim, want, *options, seen=None, refuse=()):
    """Creation and deletion in such a world come to the same ends."""
    with e.World(*options) as w:
        proxy.world, proxy.writes, proxy.refuse = w, [], set(refuse)
        make(w)
        c = start(w)
        becomes("%s: all is made, once" % claim, w, want)
        e.ok("%s: and told" % claim, e.until(there), "not all have a hostname")
        proxy.rest()
        delete()
        e.ok("%s: all are let go" % claim, e.until(gone), "not all are gone")
        becomes("%s: nothing is left" % claim, w, w.before)
        if seen:
            e.ok("%s: it was so" % claim, any(call["code"] == seen for call in w.calls()), "no call was answered with " + seen)
        e.ok("%s: it was so for each action" % claim, not proxy.refuse, "never called: %s" % proxy.refuse) if refuse else None
        over(c, claim)


def throttled():
    with e.World() as w:
        c, want = standing(w)
        made = set(proxy.writes)
        delete()
        e.until(gone)
        proxy.rest()
        e.same("and nothing is left of them", w.state(), w.before)
        writes = set(proxy.writes)
        reads = {a for a in w.actions() if a.startswith("Describe")} & {"DescribeLoadBalancers", "DescribeTargetGroups", "DescribeTags", "DescribeSubnets",
                                                                        "DescribeSecurityGroups", "DescribeListeners", "DescribeRules"}
        over(c, "plain")
    ran("writes throttled", want, "--throttle=" + ",".join(a + "=2:1" for a in sorted(writes)), seen="Throttling")
    ran("each action throttled once", want, refuse=writes | reads)
    ran("first answers lost", want, "--fail=" + ",".join("%s:1=InternalFailure/done" % a for a in sorted(made)), seen="InternalFailure")
    ran("first calls failed", want, "--fail=" + ",".join("%s:1=InternalFailure" % a for a in sorted(writes)), seen="InternalFailure")


# ---- hands in between

def balancer(w, word="web"):
    return next(b for b in w.elb.describe_load_balancers()["LoadBalancers"] if word in b["LoadBalancerName"])["LoadBalancerArn"]


def unhook(w, arn):
    for x in w.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
        w.elb.delete_listener(ListenerArn=x["ListenerArn"])


def drop_balancers(w):
    for b in w.elb.describe_load_balancers()["LoadBalancers"]:
        w.elb.delete_load_balancer(LoadBalancerArn=b["LoadBalancerArn"])


def drop_listeners(w):
    for b in w.elb.describe_load_balancers()["LoadBalancers"]:
        unhook(w, b["LoadBalancerArn"])


def drop_groups(w):
    drop_listeners(w)
    for g in w.elb.describe_target_groups()["TargetGroups"]:
        w.elb.delete_target_group(TargetGroupArn=g["TargetGroupArn"])


def drop_targets(w):
    for g in w.elb.describe_target_groups()["TargetGroups"]:
        for h in w.elb.describe_target_health(TargetGroupArn=g["TargetGroupArn"])["TargetHealthDescriptions"]:
            w.elb.deregister_targets(TargetGroupArn=g["TargetGroupArn"], Targets=[h["Target"]])


def drop_rules(w):
    """Also the rules on nodes."""
    for g in w.ec2.describe_security_groups()["SecurityGroups"]:
        if g["IpPermissions"]:
            w.ec2.revoke_security_group_ingress(GroupId=g["GroupId"], IpPermissions=g["IpPermissions"])


def drop_listener_rules(w):
    for b in w.elb.describe_load_balancers()["LoadBalancers"]:
        for x in w.elb.describe_listeners(LoadBalancerArn=b["LoadBalancerArn"])["Listeners"] if b["Type"] == "application" else []:
            for r in w.elb.describe_rules(ListenerArn=x["ListenerArn"])["Rules"]:
                if not r["IsDefault"]:
                    w.elb.delete_rule(RuleArn=r["RuleArn"])


def drop_security_groups(w):
    """Ours, and what refers to them; that they are in use by load balancers keeps nobody from it."""
    drop_balancers(w)
    groups = w.ec2.describe_security_groups()["SecurityGroups"]
    ours = {g["GroupId"] for g in groups if g["GroupName"].startswith("k8s-")}
    for g in groups:
        naming = [r for r in g["IpPermissions"] if any(p["GroupId"] in ours for p in r["UserIdGroupPairs"])]
        if naming:
            w.ec2.revoke_security_group_ingress(GroupId=g["GroupId"], IpPermissions=naming)
    for group in ours:
        w.ec2.delete_security_group(GroupId=group)


def drop_all(w):
    drop_balancers(w)
    for g in w.elb.describe_target_groups()["TargetGroups"]:
        w.elb.delete_target_group(TargetGroupArn=g["TargetGroupArn"])
    drop_rules(w)
    for g in w.ec2.describe_security_groups()["SecurityGroups"]:
        if g["GroupName"].startswith("k8s-"):
            w.ec2.delete_security_group(GroupId=g["GroupId"])


def counts(state):
    return state and {what: len(there) for what, there in state.items()}


def by_hand():
    for stopped in (True, False):
        for drop in (drop_balancers, drop_listeners, drop_listener_rules, drop_groups, drop_targets, drop_security_groups, drop_all):
            with e.World() as w:
                c, _ = standing(w)
                claim = "%s by hand, the controller %s" % (drop.__name__.replace("_", "ped "), "away" if stopped else "there")
                if stopped:
                    c.end()
                drop(w)
                delete()
                c = start(w) if stopped else c
                e.ok("%s: deletion completes" % claim, e.until(gone), "not all are gone")
                if drop is drop_all:  # the nodes' own rules are gone with ours
                    e.ok("%s: nothing is left" % claim, e.until(lambda: counts(w.state()) == counts(w.before)), "left: %s" % w.state())
                else:
                    becomes("%s: nothing is left" % claim, w, w.before)
                over(c, claim)


def behind_our_back():
    with e.World() as w:
        c, want = standing(w)
        for drop in (drop_groups, drop_balancers, drop_listeners, drop_listener_rules, drop_security_groups):
            word = drop.__name__.replace("_", "ped ")
            drop(w)
            for p in (WEB, SERVICES + "/other", SHOP):
                api.annotate(p, touched=word)
            becomes("%s behind our back: made again at the next look" % word, w, want)
        # The group alone: it is missed when targets change, for the checkpoint says that all else is done.
        arn = balancer(w, "web")
        unhook(w, arn)
        name = next(b["metadata"]["name"] for b in api.list(e.BINDINGS) if b["spec"]["serviceRef"]["name"] == "web" and
                    "-web-" in b["metadata"]["name"] and b["spec"]["targetGroupARN"] in nlb_groups(w))
        w.elb.delete_target_group(TargetGroupArn=api.ask("GET", e.BINDINGS + "/" + name)["spec"]["targetGroupARN"])
        slice_ = e.SLICES + "/web-1"
        there_ = api.ask("GET", slice_)["endpoints"]
        api.merge(slice_, {"endpoints": []})
        e.ok("a binding whose target group was deleted says so", e.until(lambda: any(
            "not found" in t.lower() or "NotFound" in t for t in api.warnings("TargetGroupBinding", name))),
            "it has: %s" % api.warnings("TargetGroupBinding", name))
        api.merge(slice_, {"endpoints": there_})
        api.annotate(WEB, touched="again")
        becomes("and the Service's next look makes it again", w, want)
        over(c, "behind our back")


def nlb_groups(w):
    return [g["TargetGroupArn"] for g in w.elb.describe_target_groups()["TargetGroups"] if g["Protocol"] == "TCP"]


# ---- objects that are wrong

VALUES = {"BOOL": "maybe", "INT": "1x", "MAP": "nonsense", "JSON": "{", "STR": "nonsense", "LIST": "nonsense"}
LATER = {"BOOL": "true", "INT": "7", "MAP": "80=443", "JSON": '{"type":"forward"}', "STR": "nonsense", "LIST": "80"}
# What takes any text, counts only when something is made, or only together with another annotation.
ANY = {"aws-load-balancer-nlb-target-type", "aws-load-balancer-type", "aws-load-balancer-name", "load-balancer-name", "group.name",
       "aws-load-balancer-internal", "customer-owned-ipv4-pool", "dry-run-plan", "actions.", "conditions.", "target-control-port.",
       "aws-load-balancer-enable-icmp-for-path-mtu-discovery", "aws-load-balancer-access-log-s3-bucket-name",
       "aws-load-balancer-access-log-s3-bucket-prefix", "aws-load-balancer-ssl-negotiation-policy", "aws-load-balancer-backend-protocol",
       "aws-load-balancer-alpn-policy", "aws-load-balancer-enable-tcp-udp-listener", "aws-load-balancer-target-group-attributes.",
       "aws-load-balancer-healthcheck-path", "aws-load-balancer-healthcheck-success-codes", "subnets", "ipam-ipv4-pool-id", "security-groups",
       "manage-backend-security-group-rules", "certificate-arn", "ssl-policy", "listener-attributes.",
       "healthcheck-path", "success-codes", "target-node-labels"}


def rows():
    """(LATER or ROW, on what, kind, suffix, value that asks for nothing)"""
    with open("applets/lbctl/annotations.def", encoding="utf-8") as f:
        for line in f:
            if m := re.match(r'(ROW|LATER)\(\w+, ([A-Z_| ]+), (\w+), "([^"]*)", (?:"([^"]*)"|)', line):
                yield m.groups()


def complaint(kind, name, key, value):
    """The Warnings that name the annotation, and the value unless that is JSON."""
    return [t for t in api.warnings(kind, name) if key in t and (value in t or value[0] == "{")]


def wrong(w, c, kind, name, path, family):
    """Every annotation of one family at the object, one after the other; the process, and those of which nobody was told.
    Of one object's events only the first two dozen are written, as client-go's recorder has it; a new process counts anew."""
    prefix, on = (NLB, "ON_SERVICE") if kind == "Service" else (ALB, "ON_INGRESS")
    base = "service.beta.kubernetes.io/" if kind == "Service" else ALB
    silent, n = [], 0
    for what, where, form, suffix, nothing in rows():
        if what != family or on not in where.split(" | ") or suffix in ANY and family == "ROW":
            continue
        if family == "LATER" and nothing == "*":
            continue
        n += 1
        if n % 6 == 0:
            c.end()
            c = start(w)
        key = base + suffix + ("TCP-80" if kind == "Service" else "app") * suffix.endswith(".")
        value = (LATER if family == "LATER" else VALUES)[form]
        answer = api.merge(path, {"metadata": {"annotations": {key: value}}}, False)
        if answer.get("code") == 422 and key in answer["message"]:
            continue  # the API server itself has refused it
        if not e.until(lambda: complaint(kind, name, key, value), 8):
            silent.append(key)
        api.annotate(path, **{key: None})
    return c, silent, n


def invalid():
    with e.World() as w:
        c, want = standing(w)
        for kind, name, path in (("Service", "web", WEB), ("Ingress", "shop", SHOP)):
            for family, words in (("LATER", "what is not built yet"), ("ROW", "nonsense")):
                proxy.writes = []
                c, silent, n = wrong(w, c, kind, name, path, family)
                e.same("%s at %s: all %d annotations are complained of by name" % (words, kind, n), silent, [])
                e.same("%s at %s: not one writing call" % (words, kind), proxy.writes, [])
        proxy.rest()
        e.same("and what stood still stands", w.state(), want)
        c.end()
        c = start(w)
        api.annotate(WEB, **{NLB + "quic-enabled-ports": "80"})
        api.annotate(SHOP, **{ALB + "auth-type": "oidc"})
        e.until(lambda: complaint("Service", "web", "quic", "80") and complaint("Ingress", "shop", "auth-type", "oidc"))
        api.merge(SERVICES + "/other", {"metadata": {"annotations": {NLB + "additional-resource-tags": "went=on"}}})
        e.ok("while these are wrong another Service's change is made", e.until(lambda: tagged(w) == 2), "%d tags" % tagged(w))
        api.annotate(SERVICES + "/other", **{NLB + "additional-resource-tags": None})
        becomes("and taken back", w, want)
        delete(WEB, SHOP)
        e.ok("what is wrong can be deleted", e.until(lambda: gone(WEB, SHOP)), "it is still there")
        over(c, "wrong annotations")


def tagged(w):
    state = w.state() or {"load balancers": [], "target groups": []}
    return sum("went=on" in (o["tags"] or []) for o in state["load balancers"] + state["target groups"])


def rules(w):
    """Paths of the rules that there are."""
    return sorted(c["Values"][0] for r in (w.state() or {"rules": []})["rules"] for c in r["Conditions"] if c["Field"] == "path-pattern")


def group_of(many, edits):
    with e.World() as w:
        proxy.world, proxy.writes = w, []
        e.service("app", nlb=False)
        e.endpoints("app", w.addresses)
        common = {ALB + "group.name": "g"}
        for i in range(many):
            e.ingress("i%02d" % i, {"/old-%02d" % i: "app"}, {**common, **({ALB + "healthcheck-interval-seconds": "soon"} if i == 13 else {})})
        paths = ["%s/i%02d" % (INGRESSES, i) for i in range(many)]
        c = start(w)
        some = lambda word, but: sorted("/%s-%02d" % (word, i) for i in range(many) if i != but)  # noqa: E731

        def have(*parts):
            want = sorted(p for part in parts for p in part)
            return e.until(lambda: rules(w) == want)
        one = lambda word, i: ["/%s-%02d" % (word, i)]  # noqa: E731
        e.ok("a group of %d with a member wrong from the start: the others applied" % many, have(some("old", 13)), "there are %s" % rules(w))
        e.ok("the member is told which annotation and value", e.until(lambda: complaint("Ingress", "i13", "healthcheck-interval-seconds", "soon")),
             "it has %s" % api.warnings("Ingress", "i13"))
        e.same("nobody else is", [i for i in range(many) if i != 13 and api.warnings("Ingress", "i%02d" % i)], [])
        e.ok("the others have their status, it has none", e.until(lambda: there(*(paths[:13] + paths[14:]))) and not e.hostname(paths[13]))
        api.annotate(paths[13], **{ALB + "healthcheck-interval-seconds": None})
        e.ok("put right, it is applied", have(some("old", -1)), "there are %s" % rules(w))
        proxy.rest()
        api.annotate(paths[7], **{ALB + "listen-ports": "nonsense"})
        for i, p in enumerate(paths) if edits else ():
            o = api.ask("GET", p)
            o["spec"]["rules"][0]["http"]["paths"][0]["path"] = "/new-%02d" % i
            api.ask("PUT", p, o)
        # What others had before stays as well: it may be the wrong member's.
        due = set(some("new", 7) + one("old", 7)) if edits else set(some("old", -1))
        e.ok("one gone wrong: the others' edits applied, its own former rule stays", e.until(lambda: due <= set(rules(w))), "there are %s" % rules(w))
        e.ok("it too is told", e.until(lambda: complaint("Ingress", "i07", "listen-ports", "nonsense")), "it has %s" % api.warnings("Ingress", "i07"))
        c.end()
        c = start(w)
        proxy.writes = []
        e.until(lambda: "ready services" in c.said())
        proxy.rest()
        e.same("a restart writes nothing", proxy.writes, [])
        api.annotate(paths[7], **{ALB + "listen-ports": None})
        e.ok("put right, its edit is applied", have(some("new" if edits else "old", -1)), "there are %s" % rules(w))
        delete(*paths)
        e.ok("all %d are let go" % many, e.until(lambda: gone(*paths)), "not all are gone")
        becomes("and nothing is left", w, w.before)
        over(c, "a group of %d" % many)


def group_of_twenty():
    group_of(20, True)


def group_of_hundred():
    group_of(100, False)


def other_accounts():
    region = e.labaws.REGION
    cert = "arn:aws:acm:%s:999999999999:certificate/00000000-0000-4000-8000-000000000000" % region
    tg = "arn:aws:elasticloadbalancing:%s:999999999999:targetgroup/theirs/0123456789abcdef" % region
    with e.World() as w:
        c, want = standing(w)
        theirs = w.service("theirs")[2]  # of this account, but nobody's of ours
        base = w.state()
        for claim, kind, name, path, change, word in (
                ("a Service with another account's certificate", "Service", "web", WEB, {NLB + "ssl-cert": cert}, cert),
                ("a Service with a security group that is not there", "Service", "web", WEB, {NLB + "security-groups": "sg-00000000000000000"},
                 "sg-00000000000000000"),
                ("an Ingress with another account's certificate", "Ingress", "shop", SHOP, {ALB + "certificate-arn": cert}, cert),
                ("an Ingress with another account's web ACL", "Ingress", "shop", SHOP, {ALB + "wafv2-acl-arn": "arn:aws:wafv2:%s:999999999999:x" % region},
                 "wafv2-acl-arn")):
            api.annotate(path, **change)
            e.ok("%s: a Warning names it" % claim, e.until(lambda: any(word in t for t in api.warnings(kind, name))), "it has %s" % api.warnings(kind, name))
            api.annotate(path, **{k: None for k in change})
            becomes("%s: without it all is as before" % claim, w, base)
        for name, arn in (("far", tg), ("odd", "arn:aws:elasticloadbalancing:nonsense"), ("text", "nonsense")):
            proxy.writes = []
            api.make(e.BINDINGS, {"kind": "TargetGroupBinding", "apiVersion": "elbv2.k8s.aws/v1beta1", "metadata": {"name": name},
                                  "spec": {"serviceRef": {"name": "web", "port": 80}, "targetGroupARN": arn, "targetType": "ip"}})
            e.ok("a binding of '%s': a Warning" % arn, e.until(lambda: api.warnings("TargetGroupBinding", name)), "it has none")
            api.ask("DELETE", e.BINDINGS + "/" + name)
            e.ok("a binding of '%s': it can be deleted" % arn, e.until(lambda: gone(e.BINDINGS + "/" + name)), "it is still there")
        becomes("target groups of others are untouched", w, base)
        e.ok("theirs is still there", theirs in [g["TargetGroupArn"] for g in w.elb.describe_target_groups()["TargetGroups"]])
        over(c, "other accounts")


for part in (throttled, by_hand, behind_our_back, invalid, group_of_twenty, group_of_hundred, other_accounts):
    if not sys.argv[1:] or part.__name__ in sys.argv[1:]:
        part()
sys.exit(e.failed)
