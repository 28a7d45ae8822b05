from __future__ import annotations

import os
import subprocess
import sys

import pytest

COUNT = (
    "import os\n"
    "from songwright.hearing.note_activity import hear_note_activity as hear\n"
    "import numpy as np\n"
    "hear(np.ones(44100, np.float32))\n"
    "print(len(os.listdir('/proc/self/task')))\n"
)


@pytest.mark.skipif(sys.platform != "linux", reason="threads of other systems are not files")
def test_a_loaded_network_leaves_no_thread_behind_that_could_tell_its_makers() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # Those who run tests are spared by the library itself.
    for name in ("CI", "GITHUB_ACTIONS", "TF_BUILD"):
        environment.pop(name, None)

    counted = subprocess.run(
        [sys.executable, "-c", COUNT], env=environment, capture_output=True, text=True, check=True
    )

    assert int(counted.stdout) == 1
