#!/bin/sh
# Finds a Python that will do and lets it make .venv: `sh deploy/bootstrap.sh run` (or `dev`, for the tests).
cd "$(dirname "$0")/.." || exit 1

# "ready", "bare" (nothing to make a .venv with), or "unfit" and its version; nothing from what is no Python at all.
# Written for Python 2 as well: an old one must get as far as saying so.
probe='
import sys
version = sys.version_info[:2]
if not (3, 11) <= version <= (3, 13):
    print("unfit %d.%d" % version)
else:
    try:
        import ensurepip, venv
        print("ready")
    except ImportError:
        print("bare")
'

bare='' unfit=''
for python in .venv/bin/python python3.13 python3.12 python3.11 python3 python; do
    found=$("$python" -c "$probe" 2>/dev/null)
    case $found in
        ready) exec "$python" -m services.cli.bootstrap "$@" ;;
        bare) bare=${bare:-$python} ;;
        unfit*) unfit="$unfit ${found#unfit }" ;;
    esac
done
# it names the package that is missing, or needs none because .venv is there
[ -n "$bare" ] && exec "$bare" -m services.cli.bootstrap "$@"

sudo=sudo
[ "$(id -u)" = 0 ] && sudo=
echo "kiosque: Python 3.11, 3.12 or 3.13 is needed (found:${unfit:- none}): ${sudo:+sudo }apt-get install python3" \
     "python3-venv, or on an older system python3.11 python3.11-venv" >&2
exit 2
