import hashlib
from threading import Thread

from anyio import EndOfStream
from run import half_close

FRAME = 64 * 1024


def drive(run):
    sent, received = hashlib.sha256(), hashlib.sha256()
    with run.node.stream() as stream:

        def send():
            for index in range(run.facts["frames"]):
                frame = index.to_bytes(4) + bytes([index % 256]) * (FRAME - 4)
                sent.update(frame)
                stream.send(frame)
            half_close(stream)

        sender = Thread(target=send)
        sender.start()
        try:
            while True:
                received.update(stream.receive())
        except EndOfStream:
            pass
        sender.join()
    run.check("what comes back", received.hexdigest(), sent.hexdigest())
