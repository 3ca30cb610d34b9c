"""Serves stock drivers on a Unix socket and over TLS until its standard input ends; tells where, as a line of JSON."""

import asyncio
import json
import logging
import os
import sys
from pathlib import Path

import grpc
from jumpstarter.common import ExporterStatus
from jumpstarter.config.exporter import ExporterConfigV1Alpha1DriverInstance
from jumpstarter.exporter import Session
from jumpstarter.exporter.auth import PassphraseInterceptor

accessible = os.access


def without_kvm(path, mode, **options):
    """There is a /dev/kvm on hosts where it does not work; the QEMU driver believes in it."""
    return str(path) != "/dev/kvm" and accessible(path, mode, **options)


async def main():
    plan = json.loads(Path(sys.argv[1]).read_text())
    root = ExporterConfigV1Alpha1DriverInstance.model_validate(plan["export"]).instantiate()
    credentials = grpc.ssl_server_credentials(((Path(plan["key"]).read_bytes(), Path(plan["cert"]).read_bytes()),))
    interceptors = [PassphraseInterceptor(plan["passphrase"])]
    with Session(root_device=root) as session:
        async with (
            session.serve_unix_async() as socket,
            session.serve_tcp_async("127.0.0.1", 0, tls_credentials=credentials, interceptors=interceptors) as port,
        ):
            session.update_status(ExporterStatus.LEASE_READY)
            print(json.dumps({"socket": str(socket), "port": port}), flush=True)
            await asyncio.to_thread(sys.stdin.read)


os.access = without_kvm
logging.basicConfig(level=logging.ERROR)
asyncio.run(main())
