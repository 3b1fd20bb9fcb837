"""A stand-in for Apertium, unpacked under a test's var/: a row of two processes that can die, hang and run wild."""

import json
import sys
from pathlib import Path

#: Reads texts divided by NUL as Apertium's programs do, and puts words of its dictionary in their places.
# sh first: a #! line cannot hold a path with a blank
PROGRAM = """#!/bin/sh
''':'
exec "{python}" -S "$0" "$@"
'''
import json, os, pathlib, sys, time
assert sys.argv[1] == "-z", sys.argv
*options, dictionary = sys.argv[2:]
words = json.loads(pathlib.Path(dictionary).read_text(encoding="utf-8"))
log = pathlib.Path(dictionary).with_suffix(".log")
with log.open("a") as file:
    file.write(f"{{os.getpid()}} {{' '.join(options)}}\\n")

def happens(name, text):
    if not words:
        return False  # the second of the row is the one that fails
    if f"{{name}}-ONCE" in text:
        done = pathlib.Path(dictionary).with_suffix(f".{{name}}")
        was = done.exists()
        done.touch()
        return not was
    return name in text

received = b""
while chunk := os.read(0, 65536):
    received += chunk
    *whole, received = received.split(b"\\0")
    for piece in whole:
        text = piece.decode()
        if happens("DIE", text):
            sys.exit(3)
        if happens("HANG", text) or (words and not text.endswith("[]")):
            time.sleep(3600)
        if happens("CHATTER", text):
            os.write(1, b"more[]\\0")
        while happens("WILD", text):
            os.write(1, b"x" * 65536)
        for word, other in words.items():
            text = text.replace(word, other)
        os.write(1, text.encode() + b"\\0")
os.write(1, b"\\0")  # as Apertium's do at the end of their input
"""

FRENCH_SPANISH = {"roi": "rey", "Maroc": "Marruecos", "Le ": "El "}
SPANISH_ENGLISH = {"rey": "king", "Marruecos": "Morocco", "El ": "The "}


def put_fake_apertium(
    copy: Path, pairs: dict[str, dict[str, str]] | None = None, *, package: str = "", **said: object
) -> Path:
    """A copy with the given directions ("fr-es": its words), as a fetch leaves it behind."""
    from services.translator.apertium_home import system_name

    pairs = {"fr-es": FRENCH_SPANISH, "spa-eng": SPANISH_ENGLISH} if pairs is None else pairs
    program = copy / "usr/bin/lt-fake"
    modes = copy / "usr/share/apertium/modes"
    for folder in (program.parent, modes):
        folder.mkdir(parents=True)
    program.write_text(PROGRAM.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    for pair, words in pairs.items():
        data = f"/usr/share/apertium/{package or f'apertium-{pair}'}"
        inside = copy / data.removeprefix("/")
        inside.mkdir(exist_ok=True)
        (inside / f"{pair}.words.json").write_text(json.dumps(words), encoding="utf-8")
        (inside / "nothing.json").write_text("{}", encoding="utf-8")
        mode = f"lt-fake '{data}/nothing.json' | lt-fake $2 $1 '{data}/{pair}.words.json'\n"
        (modes / f"{pair}.mode").write_text(mode, encoding="utf-8")
    packages = {package or f"apertium-{pair}": "1.0" for pair in pairs}
    listed = {"made_for": system_name(), "packages": packages} | said
    (copy / "packages.json").write_text(json.dumps(listed), encoding="utf-8")
    return copy


def pids_started(copy: Path, pair: str) -> list[int]:
    """The second process of each row that was started for a direction, oldest first."""
    log = copy / f"usr/share/apertium/apertium-{pair}/{pair}.words.log"
    return [int(line.split()[0]) for line in log.read_text().splitlines()] if log.exists() else []
