"""What a person should know of a tape, gathered from every step that noticed something."""

from gametape.schema import Finding, Findings, Source
from resources.store import Tape


def all_findings(tape: Tape) -> list[Finding]:
    """Findings of the file, of the decode, and of the picture, each once."""
    source = Source.model_validate_json(tape.path("sources.json").read_bytes())
    found = list(source.findings)
    for name in ("proxies/report.json", "signals/findings.json"):
        if name.split("/")[0] in tape.needed_steps() and tape.path(name).is_file():
            found += Findings.model_validate_json(tape.path(name).read_bytes()).findings
    return list(dict.fromkeys(found))
