# SPDX-License-Identifier: Apache-2.0
# killed.py - lbctl killed at each of its writing calls to AWS, before AWS sees the call and after AWS has answered, while it
# makes and while it deletes: the next run ends where one that nobody killed ends.
import sys

import elbworld as e
from elbworld import ALB, INGRESSES, NLB, SERVICES, api


class Nlb:
    name, what = "a Service", "Service"
    paths = (SERVICES + "/web",)

    @staticmethod
    def make(w):
        e.service("web", {NLB + "target-group-attributes": "deregistration_delay.timeout_seconds=60",
                          NLB + "attributes": "load_balancing.cross_zone.enabled=true"}, ports=((80, 8080), (81, 8081)))
        e.endpoints("web", w.addresses, ((80, 8080), (81, 8081)))


class Group:
    name, what = "a group of Ingresses", "group"
    paths = (INGRESSES + "/one", INGRESSES + "/two")

    @staticmethod
    def make(w):
        for s, address in zip(("red", "blue"), w.addresses):
            e.service(s, nlb=False)
            e.endpoints(s, [address])
        common = {ALB + "group.name": "g", ALB + "listen-ports": '[{"HTTP":80},{"HTTPS":443}]', ALB + "certificate-arn": ",".join(w.certificates)}
        e.ingress("one", {"/red": "red", "/blue": "blue"}, {**common, ALB + "load-balancer-attributes": "idle_timeout.timeout_seconds=30"})
        e.ingress("two", {"/": "blue"}, {**common, ALB + "group.order": "1", ALB + "tags": "k=v"}, "two.example.com")


proxy = e.Proxy()


def start(w):
    return e.Lbctl(proxy.url, w.vpc())


def bindings():
    """Those that lbctl made: what they bind, sorted."""
    return sorted((b["spec"]["serviceRef"]["name"], str(b["spec"]["serviceRef"]["port"])) for b in api.list(e.BINDINGS))


def there(case):
    return all(e.hostname(p) for p in case.paths)


def gone(case):
    return all(api.ask("GET", p, want=False).get("code") == 404 for p in case.paths)


def delete(case):
    for p in case.paths:
        api.ask("DELETE", p)


def clean(case):
    """The run that nobody kills: its writing calls and its end."""
    with e.World() as w:
        proxy.world, proxy.writes = w, []
        case.make(w)
        c = start(w)
        e.until(lambda: there(case))
        proxy.rest()
        made, proxy.writes = proxy.writes, []
        end = w.state(), bindings()
        delete(case)
        e.until(lambda: gone(case))
        proxy.rest()
        deleted, proxy.writes = proxy.writes, []
        e.ok("%s comes and goes in %d and %d writing calls" % (case.name, len(made), len(deleted)), len(made) > 5 and len(deleted) > 3,
             "it did %s; %s" % (made, deleted))
        e.same("nothing of %s is left" % case.name, (w.state(), bindings()), (w.before, []))
        c.end()
    api.wipe()
    return made, deleted, end


def killed(case, claim, w, c, k, after, act, want):
    """act() with the process killed at its k-th call; the one that comes after it, and whether all is as wanted."""
    if not k:
        act()
    else:
        proxy.writes = []
        proxy.trap(c, k, after)
        act()
        if not proxy.fired.wait(e.LIMIT_S):
            e.ok(claim, False, "there was no such call, only %s" % proxy.writes)
        at = proxy.writes[k - 1] if len(proxy.writes) >= k else "?"
        claim = claim % at
        proxy.trap(None, 0, False)
        c.end()
        c = start(w)
    now = lambda: (w.state(), bindings())  # noqa: E731
    good = e.until(lambda: now() == want, 40)
    if not good:
        e.same(claim, now(), want)
        print("# writes: %s" % proxy.writes)
        print("\n".join("# " + x for x in c.said().splitlines()[-12:]), flush=True)
    elif k:
        e.ok(claim)
    return c


def world(case, k, after, made, deleted, end):
    word = "answered" if after else "sent"
    with e.World() as w:
        proxy.world = w
        case.make(w)
        box = []

        class Late:  # the process starts when the trap is set
            process = property(lambda self: box[0].process)
            end = lambda self: box[0].end()  # noqa: E731
            said = lambda self: box[0].said()  # noqa: E731
        c = killed(case, "%s: killed when call %d (%%s) was %s, nothing is doubled or missing" % (case.what, k, word), w, Late(),
                   k if k <= made else 0, after, lambda: box.append(start(w)), end)
        e.until(lambda: there(case))
        c = killed(case, "%s: killed when call %d (%%s) of its deletion was %s, nothing is left" % (case.what, k, word), w, c,
                   k if k <= deleted else 0, after, lambda: delete(case), (w.before, []))
        e.ok("and the objects are let go", False) if not e.until(lambda: gone(case)) else None
        c.end()
    api.wipe()


only = sys.argv[1:]
for case in (Nlb, Group):
    if only and case.__name__ != only[0]:
        continue
    made, deleted, end = clean(case)
    for k in [int(x) for x in only[1:]] or range(1, max(len(made), len(deleted)) + 1):
        for after in (False, True):
            world(case, k, after, len(made), len(deleted), end)
sys.exit(e.failed)
