"""Files of ours: forced to the disk, whether a folder takes what is written there, and who may read it."""

import errno
import grp
import os
import pwd
import tempfile
from functools import cache
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


def bits_of_others(path: Path) -> int:
    """What the group and the rest may do with it, as mode bits. A group of a single user is that user: so the
    settings may be root's, and readable by the service's group (0640).
    """
    status = path.stat()
    group = status.st_mode & 0o070 if len(group_members(status.st_gid)) > 1 else 0
    return group | status.st_mode & 0o007


@cache
def group_members(gid: int) -> frozenset[str]:
    """The users of a group, but for root, who may read everything."""
    try:
        named = grp.getgrgid(gid).gr_mem
    except KeyError:
        named = []
    primary = (user.pw_name for user in pwd.getpwall() if user.pw_gid == gid)
    return frozenset({*named, *primary}) - {"root"}
