"""A cold question in a process of its own loads only what it needs: no library of pages or of training."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from core.pictures import encode_png
from core.settings import ROOT
from tests.fakes import picture

NOT_NEEDED = ("torch", "transformers", "streamlit", "pandas", "plotly", "matplotlib", "sklearn", "skimage", "rapidocr")


def test_an_ask_imports_no_library_that_it_does_not_use(weights_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "grey.png"
    file.write_bytes(encode_png(picture(320, 240).pixels))
    arguments = ["ask", str(file), "segment the cat", "--json", "--out", str(tmp_path / "out")]
    code = (
        "import sys; from core.cli.main import main; status = main(sys.argv[1:]);"
        f"print(status, *sorted(set({NOT_NEEDED!r}) & set(sys.modules)), file=sys.stderr)"
    )
    environment = {**os.environ, "VLP_WORKBENCH_CACHE": str(weights_dir)}
    for attempt in ("may train the intents", "must not"):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True, text=True, cwd=ROOT, env=environment, timeout=180, check=True,
        )  # fmt: skip
        assert json.loads(done.stdout)["status"] == "done", attempt
    assert done.stderr.split() == ["0"]
