"""`python -m bench [NAME [ARGUMENTS]]`: one bench, or those that need no data of others."""

import runpy
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
        sys.argv = [f"bench.{name}", *sys.argv[2:]]
        print(f"== {name}", flush=True)
        # alter_sys: processes that it starts import what they run from its __main__
        runpy.run_module(f"bench.{name}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
