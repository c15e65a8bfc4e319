"""Docs and code stay in step."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from app.main import app
from app.reference import reference

ROOT = Path(__file__).resolve().parents[2]
PAPERS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = getattr(typer.main.get_command(app), "commands", {})


def typed_lines(paper: Path) -> list[str]:
    """Lines of a paper's code blocks, and its inline code, that a reader might type."""
    text = paper.read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:\w*)\n(.*?)```", text, re.DOTALL)
    lines = [line.split(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return lines + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def test_the_reference_of_commands_is_the_one_the_code_has() -> None:
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == reference(), "run: .venv/bin/python -m app.reference > docs/commands.md"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_in_the_papers_exists_with_its_options(paper: Path) -> None:
    wrong = []
    for line in typed_lines(paper):
        words = line.removeprefix("$ ").removeprefix(".venv/bin/").split()
        if len(words) < 2 or words[0] != "gametape" or words[1].startswith("-"):
            continue
        if paper.name == "commands.md" and "[options]" in line:
            continue
        command = COMMANDS.get(words[1])
        inner = getattr(command, "commands", {})
        command = inner.get(words[2]) if inner and len(words) > 2 else command
        known = set() if command is None else {n for p in command.params for n in p.opts}
        known |= (
            set()
            if command is None
            else {n for p in command.params for n in getattr(p, "secondary_opts", ())}
        )
        used = {w.split("=")[0] for w in shlex.split(line, comments=True) if w.startswith("--")}
        if command is None or not used <= known:
            wrong.append(line)
    assert wrong == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_make_target_in_the_papers_exists(paper: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = {
        word
        for line in typed_lines(paper)
        if line.startswith("make ")
        for word in line.split()[1:]
        if "=" not in word
    }
    assert used <= targets


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_between_papers_leads_somewhere(paper: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", paper.read_text(encoding="utf-8"))
    lost = [x for x in links if "://" not in x and not (paper.parent / x).exists()]
    assert lost == []


def test_no_paper_or_code_names_a_machine_path() -> None:
    places = [p for p in ROOT.rglob("*") if p.suffix in {".md", ".py", ".yaml", ".toml", ".sql"}]
    mine = [p for p in places if not {".venv", "library", "demo"} & set(p.relative_to(ROOT).parts)]
    banned = ["/" + "work/", "/" + "tmp/bash", ".lib" + "rary/", "/" + "opt/wheels"]
    named = [p.name for p in mine for word in banned if word in p.read_text(encoding="utf-8")]
    assert named == []
