"""Which files on this machine's disk a request may name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from songwright.errors import NotFoundError, RequestError

__all__ = ["open_allowed", "open_file"]

_FIELD = "path"
# Opening a named pipe must not wait for its other end.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_CAN_WALK = os.open in os.supports_dir_fd and bool(_NO_LINKS)


def open_allowed(given: str, folders: Iterable[Path]) -> BinaryIO:
    """Open a file that lies in one of some folders, however it is written and wherever links lead.

    What is opened is what was checked: no link that is put in its way meanwhile is followed.

    Args:
        given: A path; where it is relative, each folder is tried in turn.
        folders: The folders; the first is the one to recommend.

    Raises:
        RequestError: It lies outside, is no regular file, or can't be read; says what to do.
        NotFoundError: There is no such file.
    """
    allowed = [Path(os.path.realpath(folder)) for folder in folders]
    refusal = RequestError(
        f"lies outside the folders that recordings may come from; put the file into {allowed[0]}, or have "
        "its folder named in SONGWRIGHT_IMPORT_FOLDERS",
        field=_FIELD,
    )
    for path in _candidates(given, allowed):
        home = next((folder for folder in allowed if path.is_relative_to(folder)), None)
        if home is None:
            continue
        try:
            return _opened(home, path.relative_to(home).parts)
        except RequestError as error:
            refusal = error
    raise refusal


def open_file(path: Path) -> BinaryIO:
    """Open a file that its owner names.

    Raises:
        RequestError: It is no regular file, or can't be read.
        NotFoundError: There is no such file.
    """
    real = Path(os.path.realpath(path))
    return _opened(real.parent, (real.name,) if real.name else ())


def _candidates(given: str, allowed: list[Path]) -> list[Path]:
    path = Path(given)
    if given.startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:
            return []
    spelled = [path] if path.is_absolute() else [folder / path for folder in allowed]
    try:
        return [Path(os.path.realpath(one)) for one in spelled]
    except (OSError, ValueError):
        return []


def _opened(folder: Path, parts: tuple[str, ...]) -> BinaryIO:
    if not parts:
        raise _no_file()
    try:
        descriptor = _walked(folder, parts) if _CAN_WALK else os.open(folder.joinpath(*parts), _READ)
    except FileNotFoundError:
        raise NotFoundError("there is no such file; give its whole path", field=_FIELD) from None
    except (OSError, ValueError):
        raise RequestError("can't be opened; check its name and that it may be read", field=_FIELD) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _no_file()
    return os.fdopen(descriptor, "rb")


def _walked(folder: Path, parts: tuple[str, ...]) -> int:
    """Open a path step by step, following no link below the folder."""
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | _NO_LINKS, dir_fd=here)
            os.close(here)
            here = below
        # Looked at before it is opened: to open a device can be to use it.
        if not stat.S_ISREG(os.stat(parts[-1], dir_fd=here, follow_symlinks=False).st_mode):
            raise _no_file()
        return os.open(parts[-1], _READ | _NO_LINKS, dir_fd=here)
    finally:
        os.close(here)


def _no_file() -> RequestError:
    return RequestError("must be a file; folders, pipes and devices are not read", field=_FIELD)
