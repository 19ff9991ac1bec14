"""The command `yingbi`: choose the language, run, and turn every failure into one line."""

import contextlib
import gc
import json
import os
import signal
import sys
from typing import NoReturn

import click

from yingbi.domain.messages import choose_language, say_error, use_language
from yingbi.errors import InterruptedByUserError, UsageError, YingbiError

COLLECT_AFTER = 20_000
"""So many new objects before garbage is looked for: what starting loads stays, and at Python's 700
it is looked through again and again."""


def main() -> NoReturn:
    """Run the command line and exit with its status."""
    gc.set_threshold(COLLECT_AFTER)
    use_language(choose_language(sys.argv[1:], os.environ))
    signal.signal(signal.SIGTERM, _interrupt)
    status = run(sys.argv[1:])
    gc.freeze()  # or the end would look through all that was loaded once more, a tenth of a query
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Return the exit status of one command line; nothing is ever raised."""
    from yingbi.cli.main import main as command

    try:
        status = command.main(arguments, prog_name="yingbi", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except YingbiError as error:
        return _tell(error, arguments)
    except click.UsageError as error:
        return _misused(error, arguments)
    except (click.Abort, KeyboardInterrupt):
        return _tell(InterruptedByUserError(), arguments)
    except BrokenPipeError:
        _forget_output()
        return 0
    except Exception as error:  # noqa: BLE001 the last net: a user never sees a traceback
        return _tell(YingbiError(), arguments, where=_where(error))


def _misused(error: click.UsageError, arguments: list[str]) -> int:
    """Say what is wrong with the words, or show a group's commands where none was given."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    return _tell(UsageError(problem=error.format_message()), arguments)


def _tell(error: YingbiError, arguments: list[str], where: str = "") -> int:
    """Say the error in one line, and as JSON where the command speaks JSON."""
    message = say_error(error)
    with contextlib.suppress(OSError, ValueError):
        if "--json" in arguments:
            told = {"code": error.code, "message": message, "exit_status": error.exit_status}
            click.echo(json.dumps({"error": told}, ensure_ascii=False))
        click.echo(f"yingbi: {message} [{error.code}{where}]", err=True)
    return error.exit_status


def _where(error: Exception) -> str:
    """Name the kind of error and the place in our code: no message, it may hold content."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if name.startswith("yingbi"):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f": {type(error).__name__} at {place}"


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _forget_output() -> None:
    """Keep Python from complaining when it flushes into the broken pipe at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
