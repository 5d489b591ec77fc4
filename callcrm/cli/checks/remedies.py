"""What puts a fault of the operating system right, for an operator."""

import errno

from callcrm.base.files import reason

ROOM = "make room on the disk"
RIGHTS = "give it to the user that runs callcrm (chown -R USER)"
BY_NUMBER = {
    errno.ENOSPC: ROOM,
    errno.EDQUOT: "make room, or raise the user's quota",
    errno.EACCES: RIGHTS,
    errno.EPERM: RIGHTS,
    errno.EROFS: "mount the disk writable",
    errno.ENOENT: "make the folder, or mend {setting}",
    errno.ENOTDIR: "a file is in the way: name a folder in {setting}",
    errno.EEXIST: "a file is in the way: name a folder in {setting}",
    errno.EISDIR: "a folder is in the way: move it, or mend {setting}",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.EIO: "the disk fails: replace it, and `callcrm restore` a backup",
    errno.ENAMETOOLONG: "name a shorter path in {setting}",
}
OTHER = "name another folder in {setting}, or look into the system's log"


def remedy(error: OSError, setting: str) -> str:
    """What to do about the error, at a path that this setting names."""
    return BY_NUMBER.get(error.errno or 0, OTHER).format(setting=setting)


def cause(path: object, error: OSError, verb: str = "written") -> str:
    """The error in words: which path, and why."""
    return f"{path} can't be {verb} ({reason(error)})"
