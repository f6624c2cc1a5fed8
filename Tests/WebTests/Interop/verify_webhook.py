"""Runs the verification that docs/EVENTS.md shows to subscribers over a delivery: EVENTS.md, secret, now; the delivery as JSON on
standard input. Says whether it holds, and whether it still does after each part has been changed."""
import base64, json, re, sys

example = re.search(r"```python\n(.*?)```", open(sys.argv[1]).read(), re.S).group(1)
exec(example)
secret, now = sys.argv[2], float(sys.argv[3])
delivery = json.load(sys.stdin)
headers, body = delivery["headers"], base64.b64decode(delivery["body"])


def changed(name, value):
    return {**headers, name: value}


other = "whsec_" + base64.b64encode(b"x" * 32).decode()
print(json.dumps({
    "good": verify(secret, headers, body, now),
    "late": verify(secret, headers, body, now + 301),
    "other secret": verify(other, headers, body, now),
    "other id": verify(secret, changed("webhook-id", "a"), body, now),
    "other time": verify(secret, changed("webhook-timestamp", str(int(now) + 1)), body, now),
    "other body": verify(secret, headers, body + b" ", now),
}))
