"""Ports that `kiosque run` needs: are they free, and if not, who has them and what can be done."""

import contextlib
import errno
import socket
from collections.abc import Iterator
from pathlib import Path

from shared.errors import KiosqueError

_PROC = Path("/proc")
_LISTENS = "0A"  # TCP_LISTEN in /proc/net/tcp
_PORTS_TRIED = 100


class PortUnusableError(KiosqueError):
    """An address of the settings cannot be listened on; one line an address, each with the remedy."""


def require_free(addresses: dict[str, str]) -> None:
    """Check the address of each named process; PortUnusableError has a line for every one that cannot be used."""
    complaints = [complaint for name, address in addresses.items() if (complaint := _complaint(name, address))]
    names = {address: name for name, address in addresses.items()}
    complaints += [
        f"{address} is the address of both {name} and {names[address]}: give one of them another in {_variable(name)}"
        for name, address in addresses.items()
        if names[address] != name
    ]
    if complaints:
        raise PortUnusableError("\n".join(complaints))


def split_address(address: str) -> tuple[str, int]:
    """host:port, where an IPv6 host stands in square brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def is_listening(address: str) -> bool:
    """Whether something accepts connections there; a server on every address is asked on loopback."""
    host, port = split_address(address)
    with contextlib.suppress(OSError), socket.create_connection((_ANYWHERE.get(host, host), port), timeout=0.5):
        return True
    return False


_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - names them, listens nowhere


def _complaint(name: str, address: str) -> str:
    variable = _variable(name)
    host, port = split_address(address)
    if not 0 < port <= 65535:
        return f"{variable}={address}: there is no port {port}: use one from 1024 to 65535"
    try:
        _listen_once(host, port)
    except socket.gaierror:
        return f"{variable}={address}: there is no host {host!r}: use 127.0.0.1:{port}"
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            remedy = f"{variable}={_joined(host, _next_free(host, port))} make run"
            return f"{address} ({name}) is taken by {_holder_of(port)}: end it, or use another port: {remedy}"
        if error.errno == errno.EACCES:
            return f"{address} ({name}): ports under 1024 are root's: {variable}={_joined(host, 8000)} make run"
        return f"{variable}={address}: {(error.strerror or str(error)).lower()}: use 127.0.0.1:{port}"
    return ""


def _variable(name: str) -> str:
    return f"KIOSQUE_{name.upper()}_ADDRESS"


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _listen_once(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        # as servers do: connections of an earlier run that linger in TIME_WAIT take no port
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        probe.listen(1)  # two may bind a port while neither listens


def _next_free(host: str, port: int) -> int:
    for candidate in range(port + 1, min(port + _PORTS_TRIED, 65536)):
        with contextlib.suppress(OSError):
            _listen_once(host, candidate)
            return candidate
    return 0


def _holder_of(port: int) -> str:
    """The process that listens on a port, as far as this user may know."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for folder in _PROC.glob("[0-9]*/fd") if sockets else ():
        with contextlib.suppress(OSError):
            if any(str(entry.readlink()) in sockets for entry in folder.iterdir()):
                words = (folder.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"process {folder.parent.name} ({words[:60]})"
    return "another user's process" if sockets else "another process"


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in (_PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
                row = line.split()  # number, local address, remote address, state, …, inode
                if row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port:
                    yield row[9]
