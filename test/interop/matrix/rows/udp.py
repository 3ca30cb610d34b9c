def drive(run):
    mirror, hidden = run.node.mirror, run.node.hidden
    messages = [b"m" * size for size in (20_000, 4_096, 1)]
    with mirror.stream() as stream:
        for message in messages:
            stream.send(message)
            run.check(f"a message of {len(message)} bytes", stream.receive() == message, True)
    run.check("address", mirror.address(), f"udp://{run.facts['address']}")
    run.fails("an address that is not told", hidden.address, "DriverInvalidArgument", "enable_address mode is not true")
