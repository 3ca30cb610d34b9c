import logging
import time
from threading import Event

from run import half_close, receive_all


class Heard(logging.Handler):
    """Notices the entry of a finished call."""

    def __init__(self):
        super().__init__()
        self.seen = Event()

    def emit(self, record):
        if "Operation completed" in record.getMessage():
            self.seen.set()


def drive(run):
    power, echo = run.node.power, run.node.echo
    heard = Heard()
    log = logging.getLogger("exporter:driver")
    log.setLevel(logging.INFO)
    log.addHandler(heard)
    with run.client.log_stream(), echo.stream() as stream:
        time.sleep(run.facts["idle"])
        stream.send(b"still here")
        half_close(stream)
        run.check("a stream", receive_all(stream).decode(), "still here")
        heard.seen.clear()
        run.check("a call", power.off(), None)
        run.check("its entry in the log", heard.seen.wait(120), True)
    log.removeHandler(heard)
