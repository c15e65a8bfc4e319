"""The reference of all commands as Markdown: `python -m app.reference > docs/commands.md`."""

import sys
from collections.abc import Iterator

import typer
from typer.core import TyperArgument, TyperOption

from app.main import app

HEAD = """# Commands

Made by `python -m app.reference > docs/commands.md`; a test holds it in step with the code.

Exit codes: 0 done, 2 the input is at fault, 3 a tool or the machine is at fault, 130 interrupted.
Progress and errors go to standard error, results to standard output.
"""


def reference() -> str:
    """Every command with its arguments and options, in the order of `gametape --help`."""
    parts = [HEAD, *_commands(typer.main.get_command(app), ())]
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


def _commands(group: object, above: tuple[str, ...]) -> Iterator[str]:
    """Commands of a group, and of groups in it."""
    for name, command in getattr(group, "commands", {}).items():
        path = (*above, name)
        if getattr(command, "commands", None):
            yield f"\n## {' '.join(path)}\n\n{_text(command.help)}\n"
            yield from _commands(command, path)
            continue
        arguments = [p for p in command.params if isinstance(p, TyperArgument)]
        options = [p for p in command.params if isinstance(p, TyperOption)]
        usage = " ".join(
            ["gametape", *path, *(_shown(a) for a in arguments), "[options]" * bool(options)]
        )
        yield f"\n## {' '.join(path)}\n\n```\n{usage}\n```\n\n{_text(command.help)}\n"
        rows = [f"| `{_shown(a)}` | {_text(a.help)} |" for a in arguments]
        rows += [f"| {_names(o)} | {_text(o.help)}{_default(o)} |" for o in options]
        yield "\n".join(["", "| | |", "|---|---|", *rows]) + "\n"


def _text(text: str | None) -> str:
    return (text or "").strip()


def _shown(argument: TyperArgument) -> str:
    name = (argument.name or "").upper()
    return name if argument.required else f"[{name}]"


def _names(option: TyperOption) -> str:
    value = "" if option.is_flag else f" {(option.metavar or option.name or '').upper()}"
    return ", ".join(f"`{name}{value}`" for name in (*option.opts, *option.secondary_opts))


def _default(option: TyperOption) -> str:
    if option.default in (None, False, (), "") or option.is_flag:
        return ""
    return f" Default: {option.default}."


if __name__ == "__main__":
    sys.stdout.write(reference())
