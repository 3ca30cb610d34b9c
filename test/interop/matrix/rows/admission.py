import os

from grpc.aio import AioRpcError
from jumpstarter.utils.env import env
from run import first_cause


def refusal(passphrase):
    """What a client with this passphrase is told."""
    before = os.environ["JMP_GRPC_PASSPHRASE"]
    os.environ["JMP_GRPC_PASSPHRASE"] = passphrase
    try:
        with env() as client:
            return client.power.on()
    except BaseException as error:  # noqa: BLE001 - what it is, is the result
        cause = first_cause(error)
        return f"{cause.code().name}: {cause.details()}" if isinstance(cause, AioRpcError) else repr(cause)
    finally:
        os.environ["JMP_GRPC_PASSPHRASE"] = before


def drive(run):
    passphrase = run.transport["env"]["JMP_GRPC_PASSPHRASE"]
    refused = "UNAUTHENTICATED: invalid or missing passphrase" if run.transport["name"] == "tls" else None
    run.check("the right passphrase", refusal(passphrase), None)
    run.check("a wrong one", refusal("not-" + passphrase), refused)
    run.check("none", refusal(""), refused)
    run.check("status", str(run.client.portal.call(run.client.get_status_async)), "LEASE_READY")
    run.check("end_session", run.client.portal.call(run.client.end_session_async), False)
