"""The shipped dashboards are what their generator writes."""

import subprocess
import sys

from shared.settings import ROOT


def test_the_shipped_files_are_what_the_generator_writes(tmp_path):
    subprocess.run([sys.executable, "-m", "deploy.grafana.write_dashboards", tmp_path], check=True, cwd=ROOT)
    shipped, written = (
        {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
        for folder in (ROOT / "deploy" / "grafana" / "dashboards", tmp_path)
    )
    assert shipped == written, "run: .venv/bin/python -m deploy.grafana.write_dashboards"
