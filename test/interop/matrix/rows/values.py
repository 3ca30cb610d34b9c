def drive(run):
    mirror, value = run.node.mirror, run.facts["value"]
    run.check("values come back as they were", mirror.call("reflect", value), value)
    run.check("nothing comes back as nothing", mirror.call("reflect", None), None)
    run.check("a stream", list(mirror.streamingcall("count", 3)), [0, 1, 2])
    run.fails("a stream is no call", lambda: mirror.call("count", 3), "DriverMethodNotImplemented", "marker_drivercall")
    run.fails("a call is no stream", lambda: list(mirror.streamingcall("reflect", 3)), "DriverError", "marker_streamingdrivercall")
