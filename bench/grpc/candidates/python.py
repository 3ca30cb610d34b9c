"""The same with Python's grpcio and Jumpstarter's generated messages: python.py serve|measure SOCKET"""
import asyncio
import json
import sys
import time

import grpc
from google.protobuf import struct_pb2
from jumpstarter_protocol import jumpstarter_pb2, jumpstarter_pb2_grpc, router_pb2, router_pb2_grpc

PAYLOAD = b"x" * 65536
COUNT = 4000


class Exporter(jumpstarter_pb2_grpc.ExporterServiceServicer):
    async def DriverCall(self, request, context):
        return jumpstarter_pb2.DriverCallResponse(uuid="0", result=request.args[0])


class Router(router_pb2_grpc.RouterServiceServicer):
    async def Stream(self, messages, context):
        await context.send_initial_metadata(())
        mode = dict(context.invocation_metadata())["mode"]
        if mode == "echo":
            async for message in messages:
                yield router_pb2.StreamResponse(payload=message.payload)
        elif mode == "source":
            for _ in range(COUNT):
                yield router_pb2.StreamResponse(payload=PAYLOAD)
        else:
            async for message in messages:
                pass
            yield router_pb2.StreamResponse(payload=b"done")


async def serve(path):
    server = grpc.aio.server()
    jumpstarter_pb2_grpc.add_ExporterServiceServicer_to_server(Exporter(), server)
    router_pb2_grpc.add_RouterServiceServicer_to_server(Router(), server)
    server.add_insecure_port(f"unix:{path}")
    await server.start()
    await server.wait_for_termination()


async def throughput(router, mode):
    rounds = []
    for _ in range(4):
        stream = router.Stream(metadata=[("mode", mode)])
        start = time.perf_counter()

        async def send():
            for _ in range(0 if mode == "source" else COUNT):
                await stream.write(router_pb2.StreamRequest(payload=PAYLOAD))
            await stream.done_writing()

        sending = asyncio.create_task(send())
        while (await stream.read()) is not grpc.aio.EOF:
            pass
        await sending
        rounds.append(round(COUNT * len(PAYLOAD) / 1e6 / (time.perf_counter() - start)))
    return rounds[1:]


async def measure(path):
    async with grpc.aio.insecure_channel(f"unix:{path}") as channel:
        exporter = jumpstarter_pb2_grpc.ExporterServiceStub(channel)
        router = router_pb2_grpc.RouterServiceStub(channel)
        request = jumpstarter_pb2.DriverCallRequest(method="x", args=[struct_pb2.Value(string_value="hello")])
        times = []
        for _ in range(3000):
            start = time.perf_counter()
            await exporter.DriverCall(request)
            times.append((time.perf_counter() - start) * 1e3)
        times = sorted(times[1000:])
        figures = {"calls": {"p50": times[1000], "p99": times[1980]}}
        for name, mode in (("echo", "echo"), ("up", "sink"), ("down", "source")):
            figures[name] = await throughput(router, mode)
        print(json.dumps(figures))


asyncio.run({"serve": serve, "measure": measure}[sys.argv[1]](sys.argv[2]))
