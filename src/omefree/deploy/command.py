"""`omefree deploy coturn`: the configuration to print. It may make the secret's file, and nothing else."""

import os
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from omefree.deploy.coturn import configuration, relay_of
from omefree.errors import StartError
from omefree.settings import FILE_SUFFIX, load, value_of

SECRET_FILE = "turn_secret" + FILE_SUFFIX
SECRET_BYTES = 32  # as hex they are twice as many characters


def coturn(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    config_file: str | None,
    *,
    external: Sequence[str] = (),
    listening: Sequence[str] = (),
    cert: str | None = None,
    key: str | None = None,
) -> str:
    """coturn's configuration for the settings that `load` finds. Raises StartError.

    If the file that should hold the secret is not there, it is made first.
    """
    path = value_of(SECRET_FILE, flags, environ, config_file)
    if path is not None:
        make_secret(str(path))
    config = load(flags, environ, config_file)
    tls = (cert or config.tls_cert, key or config.tls_key)
    return configuration(relay_of(config.turn_url, config.turn_secret, external, listening, *tls))


def make_secret(path: str) -> None:
    """Writes a new secret, for the owner and the group alone to read. A file that is there stays as it is.

    Raises StartError.
    """
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    except FileExistsError:
        return
    except OSError as error:
        raise StartError(f"cannot make {path}: {error.strerror}; name another place as {SECRET_FILE}") from None
    with os.fdopen(made, "w") as file:
        file.write(secrets.token_hex(SECRET_BYTES) + "\n")
