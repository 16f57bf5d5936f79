"""A small database in memory, made to be released."""

from importlib.metadata import version

from . import _sampledb as _sampledb
from .store import Store

__all__ = ["Store", "__version__"]
__version__ = version("sampledb")
