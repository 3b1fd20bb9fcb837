"""requirements/*.txt: one version of everything, whichever of them an installation takes it from."""

import re

import pytest

from shared.settings import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def pins(name: str) -> dict[str, str]:
    """The version of each distribution of a lock."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ]+)", text, re.MULTILINE))


@pytest.mark.parametrize("path", LOCKS, ids=[path.stem for path in LOCKS])
def test_every_pin_has_hashes_and_no_lock_names_an_index(path):
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    for pin in re.split(r"\n(?=[a-z0-9])", text.strip()):
        assert "--hash=sha256:" in pin, pin


def test_an_image_with_s3_has_the_other_images_versions():
    everywhere, bucket = pins("run"), pins("s3")
    assert "boto3" in bucket
    assert "boto3" not in everywhere  # 24 MB, for whoever has no bucket
    assert {name: everywhere[name] for name in bucket if name in everywhere} == {
        name: version for name, version in bucket.items() if name in everywhere
    }
    tested = pins("dev")
    assert {name: tested[name] for name in bucket} == bucket
