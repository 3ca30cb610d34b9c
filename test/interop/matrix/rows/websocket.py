def drive(run):
    mirror, nobody = run.node.mirror, run.node.nobody
    messages = [b"m" * size for size in (48_000, 4_096, 1)]
    with mirror.stream() as stream:
        for message in messages:
            stream.send(message)
            run.check(f"a message of {len(message)} bytes", stream.receive() == message, True)
    run.check("address", mirror.address(), run.facts["url"])

    def read_from_nobody():
        with nobody.stream() as stream:
            return stream.receive()

    run.fails("a server that is not there", read_from_nobody, "BrokenResourceError", "")
