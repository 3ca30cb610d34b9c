from pathlib import Path


def drive(run):
    mux, flasher = run.node.mux, run.node.flasher
    folder = Path(run.folder)
    image, read = folder / "image-of-python", folder / "read-by-python"
    image.write_text("what is on the medium")
    run.check("host", mux.host(), None)
    mux.write_local_file(str(image))
    mux.read_local_file(str(read))
    run.check("what was written", read.read_text(), image.read_text())
    run.check("dut", mux.dut(), None)
    run.fails("a medium that is at the device", lambda: mux.write_local_file(str(image)), "DriverError", "ABORTED")
    run.check("off", mux.off(), None)
    flasher.flash(str(image))
    flasher.dump(str(read))
    run.check("what was flashed", read.read_text(), image.read_text())
