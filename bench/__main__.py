"""`python -m bench [NAME [ARGUMENTS]]`: one bench, or those that need no data of others."""

import subprocess
import sys
from pathlib import Path

#: What `make bench` runs: goals and figures are in docs/operate.md.
BY_DEFAULT = ("queue", "speed")


def main() -> None:
    """Run what is named, else the default ones."""
    programs = [path for path in Path(__file__).parent.glob("[!_]*.py") if '__name__ == "__main__"' in path.read_text()]
    names = sorted(path.stem for path in programs)
    wanted = sys.argv[1:2] if len(sys.argv) > 1 else list(BY_DEFAULT)
    if wanted[0] in ("-h", "--help") or wanted[0] not in names:
        sys.exit(f"{__doc__}\nthere are: {', '.join(names)}")
    for name in wanted:
        print(f"== {name}", flush=True)
        # as a program of its own: the processes that it starts import what they run from its __main__
        ran = subprocess.run([sys.executable, "-m", f"bench.{name}", *sys.argv[2:]], check=False)
        if ran.returncode:
            sys.exit(ran.returncode)


if __name__ == "__main__":
    main()
