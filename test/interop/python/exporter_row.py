"""Serves stock drivers on a Unix socket until its standard input ends; prints the path of the socket when it is ready."""

import asyncio
import logging
import sys
from dataclasses import dataclass

from jumpstarter.common import ExporterStatus
from jumpstarter.driver import Driver, export
from jumpstarter.exporter import Session
from jumpstarter_driver_composite.driver import Composite, Proxy
from jumpstarter_driver_network.driver import EchoNetwork, TcpNetwork
from jumpstarter_driver_opendal.driver import MockFlasher, MockStorageMux
from jumpstarter_driver_power.driver import MockPower
from jumpstarter_driver_vnc.driver import Vnc


@dataclass(kw_only=True)
class Troubles(Driver):
    """Calls that get into trouble of their own."""

    @classmethod
    def client(cls):
        return "example_troubles.client.TroublesClient"

    @export
    async def parse(self, text):
        return int(text)

    @export
    async def wait(self):
        await asyncio.wait_for(asyncio.Event().wait(), 0.01)

    @export
    async def refuse(self):
        raise NotImplementedError("this board cannot do that")

    @export
    async def open(self, path):
        with open(path) as file:
            return file.read()

    @export
    async def reflect(self, value):
        return value

    @export
    async def count(self, to):
        for number in range(int(to)):
            yield number


async def main():
    closed_port = int(sys.argv[1])
    root = Composite(
        children={
            "power": MockPower(),
            "echo": EchoNetwork(),
            "nobody": TcpNetwork(host="127.0.0.1", port=closed_port),
            "hidden": TcpNetwork(host="127.0.0.1", port=closed_port, enable_address=False),
            "flasher": MockFlasher(),
            "mux": MockStorageMux(),
            "inner": Composite(children={"power": MockPower(), "troubles": Troubles()}),
            "vnc": Vnc(children={"tcp": EchoNetwork()}),
            "alias": Proxy(ref="power"),
        }
    )
    with Session(root_device=root) as session:
        async with session.serve_unix_async() as path:
            session.update_status(ExporterStatus.LEASE_READY)
            print(path, flush=True)
            await asyncio.to_thread(sys.stdin.read)


logging.basicConfig(level=logging.ERROR)
asyncio.run(main())
