"""What a person should know of a tape, gathered from every step that noticed something."""

import json

from gametape.schema import Finding, Findings
from resources.tape import Tape

# Files that hold `findings`, by the step that publishes them.
NOTICED_BY = {
    "sources": "sources.json",
    "proxies": "proxies/report.json",
    "signals": "signals/findings.json",
}


def all_findings(tape: Tape) -> list[Finding]:
    """Findings of the file, of the decode, and of the picture, each once."""
    found: list[Finding] = []
    for step, name in NOTICED_BY.items():
        if step in tape.needed_steps():
            told = json.loads(tape.path(name).read_bytes())["findings"]
            found += Findings.model_validate({"findings": told}).findings
    return list(dict.fromkeys(found))
