"""The rim: where errors become sentences and exit codes."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence

import click

from workbench.cli.commands import root
from workbench.core.errors import WorkbenchError
from workbench.views.text import flat

CANCELLED = 130


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        found = root.main(args=words, prog_name="workbench", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # the reader has gone (| head); Python would complain once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, click.Abort):
        return _say("Cancelled.", "", CANCELLED, words)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "workbench"
        return _say(error.format_message(), f"See: {command} --help", 2, words)
    except click.ClickException as error:
        return _say(error.format_message(), "", error.exit_code, words)
    except WorkbenchError as error:
        _trace(words)
        return _say(error.sentence, error.hint, error.exit_code, words)
    except Exception as error:  # noqa: BLE001 - the outer rim: nobody leaves with a trace
        _trace(words)
        sentence = f"Something failed inside: {type(error).__name__}: {error}"
        return _say(sentence, "Run it again with --debug for the trace.", 1, words)
    return found if isinstance(found, int) else 0


def _say(sentence: str, hint: str, code: int, words: Sequence[str]) -> int:
    print(flat(f"{sentence} {hint}"), file=sys.stderr)
    if "--json" in words:
        print(json.dumps({"error": {"sentence": sentence, "hint": hint, "exit": code}}))
    return code


def _trace(words: Sequence[str]) -> None:
    if "--debug" in words:
        traceback.print_exc()
