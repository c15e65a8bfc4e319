"""XML read without its dangers, and written with its rules: no entities, no network, no DTD.

A tree of plain elements that know their line, so that errors can name it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from gametape.errors import InputError

MAX_DEPTH = 100
MAX_ELEMENTS = 1_000_000  # 20,000 plays with 50 elements each, read in seconds
MAX_ATTRIBUTES = 200
# What XML 1.0 cannot hold, not even escaped.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class XmlElement:
    """One element: its name, attributes, own text, children, and the line it begins on."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    line: int = 0
    text: str = ""
    children: list["XmlElement"] = field(default_factory=list)

    def child(self, tag: str) -> "XmlElement | None":
        """The first child of that name."""
        return next((child for child in self.children if child.tag == tag), None)

    def text_of(self, tag: str) -> str:
        """The text of the first child of that name, without blanks around; empty without one."""
        found = self.child(tag)
        return found.text.strip() if found is not None else ""

    def all(self, tag: str) -> Iterator["XmlElement"]:
        """This element and those below it of that name, in the order of the file."""
        if self.tag == tag:
            yield self
        for child in self.children:
            yield from child.all(tag)

    def add(self, tag: str, text: str = "", **attributes: str) -> "XmlElement":
        """A new last child."""
        made = XmlElement(tag, attributes, text=text)
        self.children.append(made)
        return made


def read_xml(text: str, *, name: str) -> XmlElement:
    """The root element of XML text; entities and inner DTDs are refused, outer ones not fetched."""
    builder = _Builder(name)
    try:
        builder.parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise InputError(
            f"{name}, line {error.lineno}: not well-formed XML ({reason}). Export the file anew."
        ) from error
    if builder.root is None:
        raise InputError(f"{name}: no XML element is in it. Export the file anew.")
    return builder.root


class _Builder:
    """Builds the tree while expat reads, and stops at what no list needs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: XmlElement | None = None
        self.open: list[XmlElement] = []
        self.count = 0
        # The text was decoded already: what its first line says of the encoding is past.
        self.parser = expat.ParserCreate(encoding="utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._entity
        self.parser.SkippedEntityHandler = self._entity

    def _where(self) -> str:
        return f"{self.name}, line {self.parser.CurrentLineNumber}"

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        too_deep = len(self.open) >= MAX_DEPTH
        if too_deep or self.count > MAX_ELEMENTS or len(attributes) > MAX_ATTRIBUTES:
            raise InputError(
                f"{self._where()}: <{tag[:40]}> is nested too deeply or one of too many. "
                "Give a list of plays."
            )
        made = XmlElement(tag, attributes, self.parser.CurrentLineNumber)
        if self.open:
            self.open[-1].children.append(made)
        else:
            self.root = made
        self.open.append(made)

    def _end(self, _tag: str) -> None:
        self.open.pop()

    def _characters(self, text: str) -> None:
        self.open[-1].text += text

    def _doctype(self, tag: str, _system: str | None, _public: str | None, inner: int) -> None:
        if inner:
            raise InputError(
                f"{self._where()}: <!DOCTYPE {tag[:40]} [...]> declares things of its own, which "
                "is not allowed in a list. Remove the part in brackets."
            )

    def _entity(self, tag: str, *_rest: object) -> None:
        raise InputError(
            f"{self._where()}: the entity {tag[:40]!r} is not allowed in a list. Remove it."
        )


def xml_text(root: XmlElement, *, doctype: str = "") -> str:
    """A tree as XML text, one element a line, with the usual first lines."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    if doctype:
        lines.append(f"<!DOCTYPE {doctype}>")
    return "\n".join([*lines, *_lines(root, 0)]) + "\n"


def _lines(element: XmlElement, depth: int) -> Iterator[str]:
    indent = "  " * depth
    pairs = "".join(f' {key}="{_escaped(value)}"' for key, value in element.attributes.items())
    opening = f"{indent}<{element.tag}{pairs}"
    if element.children:
        yield f"{opening}>"
        for child in element.children:
            yield from _lines(child, depth + 1)
        yield f"{indent}</{element.tag}>"
    elif element.text:
        yield f"{opening}>{_escaped(element.text)}</{element.tag}>"
    else:
        yield f"{opening}/>"


def _escaped(text: str) -> str:
    """Text as element content or attribute; what XML cannot hold becomes a blank."""
    plain = FORBIDDEN.sub(" ", text)
    for sign, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot")):
        plain = plain.replace(sign, f"&{name};")
    return re.sub(r"[\t\n\r]", lambda found: f"&#{ord(found[0])};", plain)
