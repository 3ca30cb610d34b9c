"""Connects by TCP with the right passphrase, a wrong one and none; tells what came of it on stdout, as JSON."""

import json
import os
import sys

from grpc.aio import AioRpcError
from jumpstarter.utils.env import env

results = {}
for name, passphrase in {"right": sys.argv[1], "wrong": "not-" + sys.argv[1], "none": ""}.items():
    os.environ["JMP_GRPC_PASSPHRASE"] = passphrase
    try:
        with env() as client:
            results[name] = client.power.on()
    except BaseExceptionGroup as group:
        results[name] = repr(group.exceptions)
    except AioRpcError as error:
        results[name] = f"{error.code().name}: {error.details()}"

print(json.dumps(results))
