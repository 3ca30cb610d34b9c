from urllib.request import urlopen


def drive(run):
    node = run.node
    last = lambda: urlopen(f"{run.facts['url']}/last").read().decode()
    run.check("on", [node.on(), last()], [None, "GET /on"])
    run.check("read", [reading.model_dump() for reading in node.read()], [{"voltage": 230.5, "current": 0.25}])
    run.check("off", [node.off(), last()], [None, "POST /off now"])
