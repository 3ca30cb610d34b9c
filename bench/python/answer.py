"""The worker's side of ../worker.ts: answers every line of the standard input by the function that it names."""

import json
import sys
import traceback

out = sys.stdout
sys.stdout = sys.stderr  # drivers may print


def requests():
    for line in sys.stdin:
        yield json.loads(line)


def reply(answer):
    out.write(json.dumps(answer) + "\n")
    out.flush()


def answer_requests(actions):
    for request in requests():
        try:
            name = request.pop("do")
            reply(actions[name](**request))
        except Exception:  # noqa: BLE001 - whoever asked is told
            reply({"error": traceback.format_exc()})
