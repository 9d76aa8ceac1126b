"""Keys of the installation: from an environment variable, else from a file that only its owner can read."""

import os
import secrets
from pathlib import Path

TRIMMED = " \t\r\n"


def load_secret(variable: str, path: Path) -> bytes:
    """The key that the environment variable holds, else the file's; a file that is missing is made with a new key.

    Raises:
        PermissionError: others may read the file.
    """
    given = os.environ.get(variable)
    if given:
        return given.encode()
    if not path.exists():
        write_secret(path)
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} may be read by others; run: chmod 600 {path}")
    return path.read_bytes().strip()


def write_secret(path: Path) -> None:
    """Make a file with a new key. Raises FileExistsError where there is one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(32) + "\n")


def normalised_address(address: str) -> str:
    """An e-mail address as it is hashed: without blanks around it, in lower case."""
    return address.strip(TRIMMED).lower()
