# SPDX-License-Identifier: Apache-2.0
# fakeelb.py - a stand-in for AWS that knows two target groups: fakeelb.py PORT-FILE LOG
import http.server
import sys
import urllib.parse

GROUPS = {"tg-ip": ("ip", "TCP"), "tg-lambda": ("lambda", "")}
ARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/%s/0123456789abcdef"
MEMBER = """<member><TargetGroupArn>%s</TargetGroupArn><TargetGroupName>%s</TargetGroupName><TargetType>%s</TargetType>
<Protocol>%s</Protocol><VpcId>vpc-0123456789abcdef0</VpcId><IpAddressType>ipv4</IpAddressType></member>"""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = urllib.parse.parse_qs(body)
        action = asked.get("Action", ["?"])[0]
        with open(sys.argv[2], "a", encoding="utf-8") as log:
            log.write(body + "\n")
        wanted = [v[0] for k, v in asked.items() if k.startswith(("Names.", "TargetGroupArns."))]
        found = "".join(MEMBER % (ARN % n, n, *g) for n, g in GROUPS.items() if n in wanted or ARN % n in wanted)
        known = action == "DescribeTargetGroups"
        text = (
            f"<{action}Response><{action}Result><TargetGroups>{found}</TargetGroups></{action}Result></{action}Response>"
            if known
            else "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not here</Message></Error></ErrorResponse>"
        )
        self.send_response(200 if known else 403)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1], "w", encoding="utf-8") as out:
    out.write(str(server.server_port))
server.serve_forever()
