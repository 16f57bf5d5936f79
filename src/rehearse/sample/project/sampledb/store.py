"""The store, and the command."""

from importlib.metadata import version
from types import TracebackType


class Store:
    """Keeps values under their keys until it is closed."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] | None = {}

    def put(self, key: bytes, value: bytes) -> None:
        """Stores a value; an earlier one under the same key is gone."""
        self._open()[key] = value

    def get(self, key: bytes) -> bytes | None:
        """The value under a key, or nothing."""
        return self._open().get(key)

    def close(self) -> None:
        """Forgets all values."""
        self._values = None

    def _open(self) -> dict[bytes, bytes]:
        if self._values is None:
            raise ValueError("the store is closed")
        return self._values

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def main() -> None:
    """Prints the version."""
    print("sampledb", version("sampledb"))
