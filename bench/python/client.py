"""Jumpstarter's own client. Connects to a socket that it is told, and measures what it is asked."""

import os
import time
from contextlib import ExitStack

from answer import answer_requests
from anyio import EndOfStream, create_task_group
from jumpstarter.utils.env import env

stack = ExitStack()
client = None


def connect(socket):
    global client
    os.environ["JUMPSTARTER_HOST"] = socket
    client = stack.enter_context(env())
    return {}


def disconnect():
    stack.close()
    return {}


def call(count):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        client.power.on()
        times.append((time.perf_counter() - start) * 1000)
    return {"times": times}


def stream(count):
    start = time.perf_counter()
    seen = sum(1 for _ in client.counter.streamingcall("count", count))
    assert seen == count
    return {"time": (time.perf_counter() - start) * 1000}


async def echo_async(count, size):
    # Without the blocking interface, which crosses to another thread for each chunk.
    payload = b"x" * size
    start = time.perf_counter()
    async with client.echo.stream_async("connect") as channel:

        async def write():
            for _ in range(count):
                await channel.send(payload)
            await channel.send_eof()

        async with create_task_group() as group:
            group.start_soon(write)
            received = 0
            try:
                while True:
                    received += len(await channel.receive())
            except EndOfStream:
                pass
        elapsed = time.perf_counter() - start
    assert received == count * size
    return {"time": elapsed * 1000}


def timed(act):
    start = time.perf_counter()
    act()
    return {"time": (time.perf_counter() - start) * 1000}


answer_requests(
    {
        "connect": connect,
        "disconnect": disconnect,
        "call": call,
        "stream": stream,
        "echo": lambda **request: client.portal.call(lambda: echo_async(**request)),
        "flash": lambda path: timed(lambda: client.flasher.flash(path)),
        "on": lambda: timed(client.power.on),
        "off": lambda: timed(client.power.off),
    }
)
stack.close()
