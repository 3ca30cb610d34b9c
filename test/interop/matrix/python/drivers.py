"""Drivers of nobody's but this test's, as somebody else might write them."""

import asyncio
from dataclasses import dataclass

from jumpstarter.driver import Driver, export


@dataclass(kw_only=True)
class Mirror(Driver):
    @classmethod
    def client(cls):
        return "jumpstarter_driver_composite.client.CompositeClient"

    @export
    async def reflect(self, value):
        return value

    @export
    async def count(self, to):
        for number in range(int(to)):
            yield number


@dataclass(kw_only=True)
class Troubles(Driver):
    """Calls that get into trouble of their own."""

    @classmethod
    def client(cls):
        return "jumpstarter_driver_composite.client.CompositeClient"

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
    async def reach(self, port):
        await asyncio.open_connection("127.0.0.1", int(port))

    @export
    async def crash(self):
        return [][0]

    @export
    async def break_off(self):
        yield 1
        raise TimeoutError("no more of them came")
