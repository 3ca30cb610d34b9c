import gzip
import hashlib
from pathlib import Path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def drive(run):
    flasher, facts = run.node, run.facts
    folder = Path(run.folder)
    dumped = folder / "dumped-by-python"
    run.check("flash", flasher.flash(facts["image"]), None)
    flasher.dump(str(dumped))
    run.check("dump", digest(dumped), facts["digest"])
    for encoding in ["gzip", "xz", "bz2", "zstd"]:
        flasher.flash(str(folder / f"small.{encoding}"), target=encoding, compression=encoding)
        flasher.dump(str(dumped), target=encoding)
        run.check(f"an image sent as {encoding}", dumped.read_text(), facts["text"])
    flasher.dump(str(dumped), target="gzip", compression="gzip")
    run.check("an image that comes as gzip, whole", gzip.decompress(dumped.read_bytes()).decode(), facts["text"])
    run.fails(
        "no such image",
        lambda: flasher.dump(str(dumped), target="nowhere"),
        "DriverMethodNotImplemented",
        "NOT_FOUND: no image in nowhere",
    )
    run.fails(
        "an image that is not what it is said to be",
        lambda: flasher.flash(str(folder / "small.xz"), compression="gzip"),
        "DriverInvalidArgument",
        "cannot decompress gzip",
    )
