"""exporter.py tree|qemu [CONFIG]: serves stock drivers on a Unix socket, and tells where when it is asked."""

import asyncio
import json
import logging
import os
import sys
from dataclasses import dataclass

from answer import answer_requests
from jumpstarter.common import ExporterStatus
from jumpstarter.driver import Driver, export
from jumpstarter.exporter import Session


def tree():
    from jumpstarter_driver_composite.driver import Composite
    from jumpstarter_driver_network.driver import EchoNetwork
    from jumpstarter_driver_power.driver import MockPower

    @dataclass(kw_only=True)
    class Counter(Driver):
        @classmethod
        def client(cls):
            return "jumpstarter_driver_composite.client.CompositeClient"

        @export
        async def count(self, to):
            for number in range(int(to)):
                yield number

    return Composite(children={"power": MockPower(), "counter": Counter(), "echo": EchoNetwork()})


def qemu(config):
    from jumpstarter_driver_qemu.driver import Qemu

    # It takes a /dev/kvm that can be opened for one that works.
    access = os.access
    os.access = lambda path, *rest, **more: path != "/dev/kvm" and access(path, *rest, **more)
    return Qemu(**config)


async def main():
    kind, config = sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    with Session(root_device=qemu(config) if kind == "qemu" else tree()) as session:
        async with session.serve_unix_async() as path:
            session.update_status(ExporterStatus.LEASE_READY)
            await asyncio.to_thread(answer_requests, {"socket": lambda: {"socket": str(path)}})


logging.basicConfig(level=logging.ERROR)
asyncio.run(main())
