from urllib.parse import parse_qs, urlparse

from websockets.sync.client import connect


def drive(run):
    vnc = run.node
    run.check("the class", type(vnc).__name__, "VNClient")
    run.check("get_default_encrypt", vnc.get_default_encrypt(), False)
    with vnc.session(encrypt=False) as url:
        query = parse_qs(urlparse(url).query)
        run.check("encrypt", query["encrypt"], ["0"])
        with connect(f"ws://127.0.0.1:{query['port'][0]}", compression=None) as viewer:
            viewer.send(b"RFB")
            run.check("what the viewer gets back", viewer.recv().decode(), "RFB")
