"""`gametape config`, `profiles`, `doctor`: what is in force, and what this machine lacks."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.console import out, print_json
from app.options import AsJson, Library
from app.settings import in_force


def config(
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Show every setting, its value, and where the value comes from."""
    resolved = in_force(library=library)
    rows = [
        {"setting": name, "value": _value(resolved.settings, name), "origin": origin}
        for name, origin in resolved.origins.items()
    ]
    if as_json:
        print_json(rows)
        return
    table = Table("setting", "value", "comes from", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row["setting"], escape(row["value"]), escape(row["origin"]))
    out.print(table)
    out.print("\nOrder: flag, environment GAMETAPE_..., gametape.yaml here, user file, default.")


def profiles(
    name: Annotated[str | None, typer.Argument(help="Show every value of this profile.")] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """List the sport packs, or show one with every value."""
    from gametape.profile import load_profile, profile_names

    folder = in_force(library=library).settings.profiles
    if name is not None:
        profile = load_profile(name, folder=folder)
        if as_json:
            print_json(profile.model_dump(mode="json"))
            return
        table = Table("value", "", "meaning", box=None, pad_edge=False)
        for key, value, meaning in _values(profile):
            table.add_row(key, value, meaning)
        out.print(f"[bold]{profile.title}[/]\n")
        out.print(table)
        return
    packs = [load_profile(pack, folder=folder) for pack in profile_names(folder)]
    if as_json:
        print_json([{"name": p.name, "title": p.title, "sport": p.sport} for p in packs])
        return
    table = Table("profile", "sport", "", box=None, pad_edge=False)
    for pack in packs:
        table.add_row(pack.name, pack.sport, pack.title)
    out.print(table)


def doctor(
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Say what is missing on this machine, and how to get it."""
    from app.diagnosis import examine

    findings = examine(in_force(library=library).settings)
    if as_json:
        print_json([finding.model_dump() for finding in findings])
    else:
        table = Table("", "what", "found", "what to do", box=None, pad_edge=False)
        for finding in findings:
            mark = "[green]ok[/]" if finding.is_fine else "[red]missing[/]"
            mark = "[yellow]optional[/]" if finding.is_optional and not finding.is_fine else mark
            table.add_row(mark, finding.what, escape(finding.found), escape(finding.cure))
        out.print(table)
    if any(not f.is_fine and not f.is_optional for f in findings):
        raise typer.Exit(3)


def _value(settings: object, dotted: str) -> str:
    for part in dotted.split("."):
        settings = getattr(settings, part)
    return str(settings)


def _values(profile: object) -> list[tuple[str, str, str]]:
    """Dotted name, value and meaning of each value of a profile."""
    from pydantic import BaseModel

    rows: list[tuple[str, str, str]] = []
    assert isinstance(profile, BaseModel)
    for name, section in profile:
        if not isinstance(section, BaseModel):
            continue
        for key, value in section:
            meaning = type(section).model_fields[key].description or ""
            rows.append((f"{name}.{key}", str(value), meaning))
    return rows
