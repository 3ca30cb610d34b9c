import os
import signal

from jumpstarter.utils.env import env


def drive(run):
    """Kills an exporter with a stream open, once."""
    if run.transport["name"] != "unix":
        return
    doomed, before = run.facts["doomed"], os.environ["JUMPSTARTER_HOST"]
    os.environ["JUMPSTARTER_HOST"] = doomed["socket"]
    try:
        with env() as client, client.loss.stream() as stream:
            stream.send(b"echo")
            run.check("what comes back", stream.receive().decode(), "echo")
            os.kill(doomed["pid"], signal.SIGKILL)
            run.fails("a stream", stream.receive, "BrokenResourceError", "")
            run.fails("a call", client.loss.address, "DriverError", "UNAVAILABLE")
    finally:
        os.environ["JUMPSTARTER_HOST"] = before
