from pathlib import Path
from urllib.request import urlopen


def drive(run):
    node, name = run.node, f"by-python-{run.transport['name']}"
    image = Path(run.folder) / "image-of-python"
    image.write_text("an image")
    node.start()
    port = node.get_port()
    run.check("host and url", [node.get_host(), node.get_url()], ["127.0.0.1", f"http://127.0.0.1:{port}"])
    url = node.put_file(name, str(image))
    run.check("what is fetched", urlopen(url).read().decode(), "an image")
    run.check("list", name in list(node.storage.list("/")), True)
    node.storage.delete(name)
    node.stop()
    run.check("port", node.get_port(), 0)
    run.fails("a server that is stopped", lambda: urlopen(url), "URLError", "refused")
