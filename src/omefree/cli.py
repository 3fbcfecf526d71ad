"""The command line. Its flags are made from `Config`, so that a setting is written once.

`omefree` alone, or with flags alone, is `omefree serve`. Exit code 0: it ended as asked. 1: `omefree audit` found a
claim that is false, `omefree doctor` something to mend, or a step of `omefree load` failed. 2: a line on stderr says
what to correct.
"""

import inspect
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from omefree import __version__, serving
from omefree.contract.codes import Mode
from omefree.errors import OmefreeError, StartError
from omefree.printing import failed, printable
from omefree.settings import FILE_SUFFIX, SETTINGS, TEXT, Setting, words
from omefree.words.languages import listed

SPOKEN = ", ".join(listed())
SECRET_BYTES = 32
CHAT_PACKAGES = {"cryptography", "prompt_toolkit"}

app = typer.Typer(
    name="omefree",
    help="Random video and text chat between two strangers, with nothing kept.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def run(args: list[str]) -> int:
    """Runs the command that the arguments name, and returns the exit code."""
    command = typer.main.get_command(app)
    try:
        return command.main(args, prog_name="omefree", standalone_mode=False) or 0
    except typer.TyperException as error:
        return failed(error.format_message())
    except OmefreeError as error:
        return failed(str(error))
    except (typer.Abort, KeyboardInterrupt):
        return 130  # 128 + SIGINT, as shells count


def show_version(asked: bool) -> None:
    """Prints the version and ends the program, if `--version` was given."""
    if asked:
        typer.echo(f"omefree {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")]


@app.callback()
def group(version: Version = False) -> None:
    """Random video and text chat between two strangers, with nothing kept."""


def serve(**given: Any) -> None:
    """Serve the page and the chat."""
    given.pop("version")
    raise typer.Exit(serving.serve(given))


simulations = typer.Typer(invoke_without_command=True)


@simulations.callback()
def simulate(
    context: typer.Context,
    rate: Annotated[float, typer.Option(min=0.01, max=1000, help="Mean arrivals a second.")] = 10.0,
    duration: Annotated[float, typer.Option(min=1, max=86_400, help="Seconds of the invented day.")] = 600.0,
    patience: Annotated[float, typer.Option(min=0, max=60, help="Seconds that visitors insist.")] = 5.0,
    no_interests: Annotated[float, typer.Option(min=0, max=0.99, help="Share without interests.")] = 0.3,
    curve: Annotated[float, typer.Option(min=0, max=1, help="How much busier than the mean the evening is.")] = 0.6,
    seed: Annotated[int, typer.Option(help="The same seed, the same crowd.")] = 1,
    policy: Annotated[list[str] | None, typer.Option(help="ours, first come, chance, optimum, and more.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the table to this file, too.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw waiting time against load, SVG.")] = None,
) -> None:
    """Compare ways to introduce an invented crowd: shared interests, score, waiting."""
    if context.invoked_subcommand is not None:
        return
    from omefree.simulate import command
    from omefree.simulate.crowd import Scene

    scene = Scene(rate, duration, patience, no_interests, curve, seed)
    if picture is not None:
        command.artist()  # what is missing is said before the work
    told = command.compare(scene, policy or command.POLICIES)
    typer.echo(told)
    if report is not None:
        report.write_text(told + "\n")
    if picture is not None:
        picture.write_text(command.draw(scene))


@simulations.command()
def abuse(
    check: Annotated[bool, typer.Option("--check", help="Exit code 1 if a goal is missed.")] = False,
    scenario: Annotated[list[str] | None, typer.Option(help="home, rotating, and more; several. Default: all.")] = None,
    hours: Annotated[float, typer.Option(min=0.1, max=24, help="Of each invented evening.")] = 2.0,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Evenings of each scenario.")] = 5,
    report: Annotated[Path | None, typer.Option(help="Write the tables to this file, too.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the honest hindered, and what bots do, SVG.")] = None,
) -> None:
    """Compare rules against abuse in an invented crowd: whom they hinder, whom they stop. A few minutes."""
    from omefree.simulate.abuse import command

    drawn = command.artist() if picture is not None else None  # what is missing is said before the work
    outcome = command.compare(command.named(scenario or []), hours, seeds)
    typer.echo(outcome.text)
    if report is not None:
        report.write_text(outcome.text + "\n")
    if picture is not None and drawn is not None:
        picture.write_text(drawn(outcome.found))
    raise typer.Exit(int(check and outcome.missed))


app.add_typer(simulations, name="simulate")


@app.command()
def chat(
    url: Annotated[str, typer.Argument(help="A server: https://chat.example, or localhost:8000.")],
    interest: Annotated[list[str] | None, typer.Option(help="What you like to talk about; several.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only people who speak it, such as fr; several.")] = None,
    lang: Annotated[str | None, typer.Option(help=f"Of the screen: {SPOKEN}. Default: the terminal's.")] = None,
) -> None:
    """Chat by text with a stranger, sealed, on the terminal."""
    with needs_packages("the chat"):
        from omefree.terminal import command
    command.run(url, interest or [], language or [], lang)


@app.command()
def audit(
    url: Annotated[str | None, typer.Argument(help="A server: https://chat.example, or localhost:8000.")] = None,
    pid: Annotated[int | None, typer.Option(min=1, help="From inside: a server's process here; as root.")] = None,
    browser: Annotated[bool, typer.Option(help="Look with a real browser, too, if one is installed.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    lang: Annotated[str | None, typer.Option(help=f"Of the table: {SPOKEN}. Default: the terminal's.")] = None,
) -> None:
    """Hold a server against its privacy policy. Exit code 1: a claim is false; 2: there is nothing to look at."""
    if url is None and pid is None:
        raise StartError("say what to look at: a server's URL, or a process with --pid")
    with needs_packages("the audit"):
        from omefree import auditing
    if pid is not None:
        outcome = auditing.of_process(pid, url, as_json, lang)
    else:
        outcome = auditing.of_server(url or "", as_json, lang, browser)
    typer.echo(outcome.text)
    raise typer.Exit(outcome.exit_code)


@app.command()
def secret() -> None:
    """Print a new random secret, as exchange_secret needs it."""
    typer.echo(secrets.token_hex(SECRET_BYTES))


@app.command("load")
def load_test(
    url: Annotated[str, typer.Argument(help="Your server: localhost:8000, or with --yes-this-is-mine any other.")],
    chats: Annotated[int, typer.Option(min=1, max=50_000, help="Chats at once; two visitors each.")] = 50,
    ramp: Annotated[float, typer.Option(min=0, max=3600, help="Seconds until all are there.")] = 10.0,
    duration: Annotated[float, typer.Option(min=1, max=86_400, help="Seconds after that.")] = 30.0,
    texts: Annotated[int, typer.Option(min=0, max=1000, help="Texts in each chat, by turns.")] = 6,
    pause: Annotated[float, typer.Option(min=0, max=600, help="Seconds between two texts, on average.")] = 1.0,
    mode: Annotated[Mode, typer.Option(help="video: with what it takes to set up a call; or text.")] = "video",
    polling: Annotated[float, typer.Option(min=0, max=1, help="Share of visitors by long-polling.")] = 0.1,
    pid: Annotated[int | None, typer.Option(min=1, help="The server's process here: its CPU and memory, too.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the times and the server's use, SVG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    is_mine: Annotated[bool, typer.Option("--yes-this-is-mine", help="Aim at a server of yours elsewhere.")] = False,
) -> None:
    """Try your own server with many sealed chats at once. Exit code 1: a step failed; 2: there is no server to try."""
    with needs_packages("the load test"):
        from omefree.load import command
        from omefree.load.schedule import Plan
    plan = Plan(chats=chats, ramp_s=ramp, hold_s=duration, texts=texts, pause_s=pause, mode=mode, polling=polling)
    printout = command.run(url, plan, command.Options(pid=pid, is_mine=is_mine, as_json=as_json, picture=picture))
    typer.echo(printable(printout.text))
    if picture is not None and printout.picture is not None:
        command.write(picture, printout.picture)
    raise typer.Exit(printout.exit_code)


ConfigFile = Annotated[str | None, typer.Option("--config", metavar="FILE", help="The server's settings, TOML.")]
ControlFile = Annotated[str | None, typer.Option(metavar="FILE", help="The server's control_file.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Change nothing: say how many it would concern now.")]


def controlled(config: str | None, given: str | None) -> str:
    """The path of the server's control file. Raises StartError."""
    from omefree.operator import commands

    return commands.control_file(given, config, os.environ)


@app.command()
def freeze(config: ConfigFile = None, control_file: ControlFile = None, dry_run: DryRun = False) -> None:
    """Close the server: chats end, nobody can search."""
    from omefree.operator import commands

    path = controlled(config, control_file)
    typer.echo(commands.freeze_dry(path) if dry_run else commands.set_state(path, "frozen"))


@app.command("open")
def open_(config: ConfigFile = None, control_file: ControlFile = None) -> None:
    """Open the server again, for text and video."""
    from omefree.operator import commands

    typer.echo(commands.set_state(controlled(config, control_file), "open"))


@app.command("text-only")
def text_only(config: ConfigFile = None, control_file: ControlFile = None) -> None:
    """Let people search for text chats alone."""
    from omefree.operator import commands

    typer.echo(commands.set_state(controlled(config, control_file), "text-only"))


@app.command()
def block(
    prefix: Annotated[str, typer.Argument(help="An address or a prefix: 203.0.113.0/24, 2001:db8::/48.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the block back.")] = False,
    config: ConfigFile = None,
    control_file: ControlFile = None,
    dry_run: DryRun = False,
) -> None:
    """Shut out the visitors of a network."""
    from omefree.operator import commands

    if remove and dry_run:
        raise StartError("give --remove or --dry-run, not both")
    act = commands.unblock if remove else commands.block_dry if dry_run else commands.block
    typer.echo(act(controlled(config, control_file), prefix))


@app.command()
def forgive(config: ConfigFile = None, control_file: ControlFile = None) -> None:
    """Lift all pauses that reports have brought."""
    from omefree.operator import commands

    typer.echo(commands.forgive(controlled(config, control_file)))


@app.command()
def safety(
    config: ConfigFile = None,
    control_file: ControlFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Print today's counters of the running server: chats, reports, pauses."""
    from omefree.operator import commands

    typer.echo(commands.safety(controlled(config, control_file), as_json))


@app.command()
def doctor(
    url: Annotated[str | None, typer.Argument(help="The public address: https://chat.example.")] = None,
    config: ConfigFile = None,
    pid: Annotated[int | None, typer.Option(min=1, help="The server's process here, if there are several.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Look whether a server works for its visitors, and say what mends it. Exit code 1: there is something to mend."""
    from omefree import examining

    outcome = examining.doctor(url, config, os.environ, pid, as_json)
    typer.echo(outcome.text)
    raise typer.Exit(outcome.exit_code)


deployments = typer.Typer(help="Print configurations of other programs, made for this server's settings.")


@deployments.command()
def coturn(
    config: ConfigFile = None,
    turn_url: Annotated[list[str] | None, typer.Option(metavar="URL", help="As in the settings.")] = None,
    turn_secret_file: Annotated[str | None, typer.Option(metavar="FILE", help="Made if it is not there.")] = None,
    external_ip: Annotated[
        list[str] | None, typer.Option(help="PUBLIC, or PUBLIC/PRIVATE behind NAT; several.")
    ] = None,
    listening_ip: Annotated[list[str] | None, typer.Option(help="Default: every address of the machine.")] = None,
    cert: Annotated[str | None, typer.Option(metavar="FILE", help="For turns:. Default: tls_cert.")] = None,
    key: Annotated[str | None, typer.Option(metavar="FILE", help="For turns:. Default: tls_key.")] = None,
) -> None:
    """Print coturn's configuration, with the secret: omefree deploy coturn > /etc/turnserver.conf."""
    from omefree.deploy import command

    given = {"turn_url": turn_url, "turn_secret_file": turn_secret_file}
    more = {"external": external_ip or [], "listening": listening_ip or []}
    typer.echo(command.coturn(given, os.environ, config, cert=cert, key=key, **more))


app.add_typer(deployments, name="deploy")


@contextmanager
def needs_packages(what: str) -> Iterator[None]:
    """Surrounds an import of packages that the extra `chat` brings. Raises StartError if one is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in CHAT_PACKAGES:
            raise
        raise StartError(f"{what} needs two more packages: pip install 'omefree[chat]'") from None


def flags() -> list[inspect.Parameter]:
    """The parameters of `serve`: those of each setting, and three that are not settings."""
    made = [parameter("config", str | None, None, typer.Option("--config", metavar="FILE", help="Settings, TOML."))]
    for setting in SETTINGS.values():
        made.extend(setting_flags(setting))
    check = typer.Option("--check-config", help="Say whether the settings are good, and stop.")
    made.append(parameter("check_config", bool, False, check))
    made.append(inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Version))
    return made


def setting_flags(setting: Setting) -> list[inspect.Parameter]:
    """The parameters of one setting. A secret has a second one: the file that holds it."""
    # Each flag is a text, whatever the setting's type: `load` reads flags and variables alike, with the same errors.
    kind = list[str] | None if setting.many else str | None
    metavar = setting.name.rsplit("_", 1)[-1].upper()
    option = typer.Option(setting.flag, metavar=metavar, help=help_text(setting))
    made = [parameter(setting.name, kind, None, option)]
    if setting.secret:
        option = typer.Option(f"{setting.flag}-file", metavar="FILE", help=f"A file that holds {setting.name}.")
        made.append(parameter(setting.name + FILE_SUFFIX, str | None, None, option))
    return made


def help_text(setting: Setting) -> str:
    """The text of `--help` for a setting: its description, what it accepts, its default."""
    accepts = "" if words(setting).startswith(TEXT) else f" Accepts {words(setting)}."
    default = f" Default: {setting.shown_default}." if setting.shown_default else ""
    return f"{setting.text}.{accepts}{default}"


def parameter(name: str, kind: Any, default: Any, option: Any) -> inspect.Parameter:
    """A keyword-only parameter, as typer expects it."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def with_flags(function: Callable[..., None], parameters: list[inspect.Parameter]) -> Callable[..., None]:
    """Gives the function the signature that typer reads its flags from."""
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {each.name: each.annotation for each in parameters}
    return function


app.command()(with_flags(serve, flags()))
