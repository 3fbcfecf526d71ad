"""What an operator should know before the server starts: settings that can be used, but will disappoint."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from omefree.config import AUTO, Config
from omefree.errors import ConfigError, ControlError
from omefree.guard.control import parse
from omefree.http.gate import with_spare
from omefree.operator import certificate
from omefree.operator.file import SENTENCES, read
from omefree.process.resources import descriptors, descriptors_needed
from omefree.settings import service_links

SHIPPED_PASSWORD = "change-me"  # of deploy/valkey.conf


class TooFew(NamedTuple):
    """How many files this process may have open, and how many `max_connections` visitors take."""

    descriptors: int
    needed: int


def warnings(config: Config, environ: Mapping[str, str]) -> list[str]:
    """A sentence for each thing that is not wrong, but worth knowing. Raises StartError for one that is wrong."""
    check_control_file(config.control_file)
    return [
        *of_environment(environ),
        *of_certificate(config),
        *of_descriptors(config),
        *of_folder(config),
        *of_exchange(config),
    ]


def too_few_descriptors(config: Config) -> TooFew | None:
    """How many descriptors there are and should be; None if they are enough."""
    allowed, needed = descriptors(), descriptors_needed(with_spare(config.max_connections))
    return None if allowed is None or allowed >= needed else TooFew(allowed, needed)


def check_control_file(path: str | None) -> None:
    """Raises ConfigError if there is a control file that the server could not obey."""
    if path is None:
        return
    try:
        parse(read(path))
    except ControlError as error:
        if error.reason != "missing":
            raise ConfigError(f"control_file: {path} cannot be obeyed: {SENTENCES[error.reason]}") from None


def of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    """Says which variables are ignored."""
    if links := service_links(environ):
        yield (
            f"{', '.join(links)}: ignored, for they are Kubernetes' own (of a service named omefree); "
            "enableServiceLinks: false keeps them away"
        )


def of_certificate(config: Config) -> Iterator[str]:
    """Says what is wrong with the certificate's dates."""
    if config.tls_cert is None or config.tls_key is None:
        return
    loaded = certificate.load(config.tls_cert, config.tls_key)
    if wrong := certificate.dates(loaded, datetime.now(UTC)):
        yield certificate.told(loaded, wrong)


def of_descriptors(config: Config) -> Iterator[str]:
    """Says that there are too few descriptors."""
    if few := too_few_descriptors(config):
        yield (
            f"{config.max_connections} visitors (max_connections) need {few.needed} open files, and this process may "
            f"have {few.descriptors}: raise LimitNOFILE= (systemd), --ulimit nofile= (containers) or ulimit -Hn"
        )


def of_folder(config: Config) -> Iterator[str]:
    """Says that nobody can write the control file."""
    if config.control_file is not None and not Path(config.control_file).parent.is_dir():
        yield f"control_file: there is no folder {Path(config.control_file).parent}, so no order can be given"


def of_exchange(config: Config) -> list[str]:
    """Says what is not as it should be with the engine between several servers. Raises StartError if it is no use."""
    if not config.exchange:
        return []
    if config.exchange == AUTO:
        from omefree.workers import private  # imported here, as few servers come so far

        private.program()
        return []
    import asyncio  # imported here, as few servers come so far

    from omefree import cluster

    return [*asyncio.run(cluster.look(config)), *of_node(config)]


def of_node(config: Config) -> Iterator[str]:
    """Says what one of several servers should have of its own."""
    if config.exchange_address.password == SHIPPED_PASSWORD:
        yield (
            f"exchange: the password {SHIPPED_PASSWORD} is known to everybody; `omefree secret` prints a better one, "
            "for the engine's configuration and for exchange"
        )
    if not config.node:
        yield (
            "node: without a name of its own this server cannot be found by a proxy, and visitors who use long-polling "
            "lose their connection; name each server, for example a and b (docs/proxies.md)"
        )
