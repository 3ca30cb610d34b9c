from run import half_close, receive_all


def drive(run):
    with run.node.stream() as stream:
        stream.send(b"hello")
        run.check("what comes back", stream.receive().decode(), "hello")
        stream.send(b"x" * 200_000)
        half_close(stream)
        run.check("all that comes back before the end", len(receive_all(stream)), 200_000)
