DRIVER_ERRORS = {
    "allocate": "RESOURCE_EXHAUSTED: .*no room for the guest's memory of 4096 TiB",
    "launch": "INTERNAL: no-such-program-anywhere is not installed",
    "occupy": "RESOURCE_EXHAUSTED: occupy: .* is at occupy since ",
    "wait": "DEADLINE_EXCEEDED: wait: gave up after 0.00 s, still waiting for the impossible",
    "expect": "ABORTED: .*login:.*Kernel panic",
    "misunderstand": "INTERNAL: it said blah",
    "reach": r"UNAVAILABLE: the closed port: cannot connect \(ECONNREFUSED\)",
    "crash": "UNKNOWN: internal error, incident [0-9a-f]{4}$",
}


def drive(run):
    troubles, meter = run.node.troubles, run.node.meter
    for method, pattern in DRIVER_ERRORS.items():
        call = f"DriverCall '{method}' failed with gRPC "
        run.fails(method, lambda method=method: troubles.call(method), "DriverError", call + pattern)
    run.fails("fly", lambda: troubles.call("fly"), "DriverMethodNotImplemented", "NOT_FOUND: method fly not found")
    run.fails("too many", lambda: troubles.call("wait", 1), "DriverInvalidArgument", "INVALID_ARGUMENT: .*takes no arg")
    run.fails("a device that is gone", meter.on, "DriverError", "ABORTED: fake-power: the device is gone")
    run.fails("a stream from it", lambda: list(meter.read()), "DriverError", "fake-power: the device is gone")
