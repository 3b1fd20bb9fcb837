"""What shared/blobs.py asks of a place for blobs."""

from datetime import datetime
from typing import Protocol


class BlobStore(Protocol):
    """Bytes by name. FileNotFoundError where there are none; StorageAway where nobody can tell."""

    def require(self) -> None:
        """StorageAway while it is believed away; asks nobody."""

    def put(self, name: str, content: bytes) -> None:
        """Keep them, whole or not at all; a name that is there already is young again."""

    def get(self, name: str) -> bytes:
        """The bytes of a name."""

    def exists(self, name: str) -> bool:
        """Whether there are bytes of this name."""

    def put_at(self, name: str) -> datetime:
        """When they were last put, by the store's clock."""

    def delete(self, name: str) -> None:
        """Forget them; nothing happens if there are none."""

    def names_in(self, folder: str) -> list[str]:
        """All that lies under a folder of two digits, also what is not ours."""


def path_of(name: str) -> str:
    """Spread over 65,536 folders by the first four digits."""
    return f"{name[:2]}/{name[2:4]}/{name}"
