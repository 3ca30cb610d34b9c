"""Drives rows of the matrix with the stock client, over each of the given transports, in one process.

Its argument is a file with a plan; it writes what was checked, row by row, to the file that the plan names.
"""

import faulthandler
import importlib
import json
import os
import sys
import traceback
from pathlib import Path

from jumpstarter.utils.env import env
from run import Run

# Whoever hangs says where.
faulthandler.dump_traceback_later(float(os.environ["MATRIX_PATIENCE"]), exit=True)

plan = json.loads(Path(sys.argv[1]).read_text())
checks = {row["name"]: [] for row in plan["rows"]}

for transport in plan["transports"]:
    os.environ.update(transport["env"])
    with env() as client:
        for row in plan["rows"]:
            done = checks[row["name"]]
            run = Run(client, row, transport, done)
            print(f"{row['name']} over {transport['name']}", file=sys.stderr, flush=True)
            try:
                importlib.import_module(row["module"]).drive(run)
            except Exception:  # noqa: BLE001 - the other rows go on
                done.append({"what": f"the row over {transport['name']}", "got": traceback.format_exc(), "wanted": None})

Path(plan["answers"]).write_text(json.dumps(checks))
