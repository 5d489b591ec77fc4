"""Files of ours: forced to the disk, whether a folder takes what is written there, and who may read it."""

import errno
import os
import tempfile
from pathlib import Path

OWNER_ONLY = 0o077  # the umask under which what we make is readable by its owner alone
PROBE_BYTES = 64 * 1024


def fsync(path: Path) -> None:
    """Forces a file to the disk; of a folder, the names in it, without which a rename may be lost."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_fault(folder: Path) -> OSError | None:
    """Why nothing can be written in the folder, such as a full disk; None if something can.

    What is tried leaves no name in the folder, and is not synced: a full disk refuses it all the same.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * PROBE_BYTES)
            file.flush()
    except OSError as error:
        return error
    return None


def nearest_folder(path: Path) -> Path:
    """The path, or the lowest folder above it that exists: where it would be made."""
    return next((folder for folder in (path, *path.parents) if folder.exists()), path)


def reason(error: OSError) -> str:
    """The error in the operating system's words, which name no path."""
    return error.strerror or errno.errorcode.get(error.errno or 0, type(error).__name__)
