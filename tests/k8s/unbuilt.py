# SPDX-License-Identifier: Apache-2.0
# unbuilt.py - Gateways and GlobalAccelerators: a Warning each when they are this controller's, nothing else of anything; and
# CRDs that come later, or go, while it runs.
import sys

import elbworld as e
from elbworld import api

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CLASSES = "/apis/gateway.networking.k8s.io/v1/gatewayclasses"
GATEWAYS = "/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways"
ACCELERATORS = "/apis/aga.k8s.aws/v1beta1/namespaces/default/globalaccelerators"
proxy = e.Proxy()


def crd(group, version, kind, scope="Namespaced"):
    plural = kind.lower() + ("es" if kind.endswith("s") else "s")
    api.make(CRDS, {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                    "metadata": {"name": "%s.%s" % (plural, group), "annotations": {"api-approved.kubernetes.io": "unapproved, of a test"}},
                    "spec": {"group": group, "scope": scope, "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
                             "versions": [{"name": version, "served": True, "storage": True, "subresources": {"status": {}}, "schema": {
                                 "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}})
    return plural


def served(path):
    def is_now():
        try:
            return "items" in api.ask("GET", path, want=False)
        except ValueError:  # the 404 of a group that is not there is no JSON
            return False
    return e.until(is_now)


def gateway_class(name, controller):
    api.make(CLASSES, {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": name},
                       "spec": {"controllerName": controller}})


def gateway(name, of):
    return api.make(GATEWAYS, {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": name},
                               "spec": {"gatewayClassName": of, "listeners": [{"name": "l", "port": 80, "protocol": "HTTP"}]}})


def accelerator(name):
    return api.make(ACCELERATORS, {"apiVersion": "aga.k8s.aws/v1beta1", "kind": "GlobalAccelerator", "metadata": {"name": name}, "spec": {}})


def told(kind, name, word, limit=e.LIMIT_S):
    return e.ok("%s %s is told" % (kind, name), e.until(lambda: any(word in t for t in api.warnings(kind, name)), limit),
                "it has %s" % api.warnings(kind, name))


def untouched(path, as_made):
    now = api.ask("GET", path + "/" + as_made["metadata"]["name"])
    for o in (now, as_made):
        o["metadata"].pop("managedFields", None)
    e.same("%s is as it was made" % as_made["metadata"]["name"], now, as_made)


def come_and_go(w):
    """Without CRDs from the start; they come while it runs, and go again."""
    c = e.Lbctl(proxy.url, w.vpc())
    e.ok("without their CRDs all is ready", e.until(lambda: "ready services" in c.said()), c.said()[-300:])
    crd("aga.k8s.aws", "v1beta1", "GlobalAccelerator")
    e.ok("the accelerators' CRD is served", served(ACCELERATORS))
    one = accelerator("early")
    told("GlobalAccelerator", "early", "global accelerators", 150)
    untouched(ACCELERATORS, one)
    accelerator("late")
    told("GlobalAccelerator", "late", "global accelerators")
    api.ask("DELETE", CRDS + "/globalaccelerators.aga.k8s.aws")
    e.service("web")
    e.endpoints("web", w.addresses[:1])
    e.ok("when the CRD goes, Services go on", e.until(lambda: e.hostname(e.SERVICES + "/web")), "no hostname")
    api.ask("DELETE", e.SERVICES + "/web")
    e.ok("and go", e.until(lambda: api.ask("GET", e.SERVICES + "/web", want=False).get("code") == 404), "it is still there")
    e.ok("the process is there and ends cleanly", c.process.poll() is None and c.end() == 0, "it has ended")


def of_classes(w):
    gateway_class("ours-nlb", "gateway.k8s.aws/nlb")
    gateway_class("ours-alb", "gateway.k8s.aws/alb")
    gateway_class("theirs", "example.com/gateway")
    made = [gateway("n", "ours-nlb"), gateway("a", "ours-alb"), gateway("t", "theirs"), gateway("nobodys", "none")]
    proxy.writes = []
    c = e.Lbctl(proxy.url, w.vpc())
    told("Gateway", "n", "Gateways of class ours-nlb (gateway.k8s.aws/nlb)")
    told("Gateway", "a", "Gateways of class ours-alb (gateway.k8s.aws/alb)")
    made.append(gateway("new", "ours-alb"))
    told("Gateway", "new", "ours-alb")
    gateway_class("none", "gateway.k8s.aws/nlb")
    told("Gateway", "nobodys", "Gateways of class none")
    e.same("another controller's is not", api.warnings("Gateway", "t"), [])
    made[0] = api.merge(GATEWAYS + "/n", {"spec": {"gatewayClassName": "theirs"}})
    api.merge(GATEWAYS + "/t", {"spec": {"gatewayClassName": "ours-nlb"}})
    told("Gateway", "t", "ours-nlb")
    for o in made[:2] + made[3:]:
        untouched(GATEWAYS, o)
    e.same("AWS is not written to", proxy.writes, [])
    said = [t for g in ("n", "a", "new", "nobodys", "t") for t in api.warnings("Gateway", g)]
    e.same("each has one Warning", len(said), 5)
    e.ok("it ends cleanly", c.end() == 0)
    api.ask("DELETE", e.EVENTS)
    c = e.Lbctl(proxy.url, w.vpc(), "--feature-gates=NLBGatewayAPI=false")
    told("Gateway", "a", "ours-alb")
    e.same("with its gate closed an NLB's Gateway is another controller's", api.warnings("Gateway", "nobodys"), [])
    e.ok("and it ends cleanly", c.end() == 0)


with e.World() as world:
    proxy.world = world
    come_and_go(world)
    crd("gateway.networking.k8s.io", "v1", "GatewayClass", "Cluster")
    crd("gateway.networking.k8s.io", "v1", "Gateway")
    e.ok("the Gateways' CRDs are served", served(CLASSES) and served(GATEWAYS))
    of_classes(world)
    e.same("and AWS is as it was", world.state(), world.before)
sys.exit(e.failed)
