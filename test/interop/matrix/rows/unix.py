from .tcp import count, count_by_port


def drive(run):
    counter, nobody = run.node.counter, run.node.nobody
    run.check("half-close", count(counter, 300_000), "300000 bytes")
    run.check("through a local port", count_by_port(counter, 5_000), "5000 bytes")
    run.fails("no address", counter.address, "DriverMethodNotImplemented", "method address not found on driver")

    def read_from_nobody():
        with nobody.stream() as stream:
            return stream.receive()

    run.fails("a connection that nobody takes", read_from_nobody, "BrokenResourceError", "")
