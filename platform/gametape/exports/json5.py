"""JSON5 text to plain values: JSON with comments, bare keys, single quotes and trailing commas.

A small reader for LosslessCut's project files. Numbers come exact, as fractions.
"""

import re
from fractions import Fraction
from typing import NoReturn

from gametape.errors import InputError
from gametape.exports.timeline import DECIMAL, MAX_DIGITS

MAX_DEPTH = 32  # objects and lists inside one another; a list of plays needs four
BLANK = re.compile(r"(?:\s|\ufeff|//[^\n\r\u2028\u2029]*|/\*.*?\*/)*", re.DOTALL)
NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F]{1,16}|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII
)
WORD = re.compile(r"(?:[^\W\d]|\$)[\w$]*")
PLAIN = {'"': re.compile(r'[^"\\\n\r]*'), "'": re.compile(r"[^'\\\n\r]*")}
CODE = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})")
CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
CONSTANTS = {"true": True, "false": False, "null": None}


def parse_json5(text: str, *, name: str) -> object:
    """Objects as dicts, lists, text, fractions, true, false and None; a fault names its line."""
    reader = _Reader(text, name)
    value = reader.value(0)
    reader.skip()
    if reader.at < len(text):
        reader.fail("something follows after the end")
    return value


class _Reader:
    """A place in a text, and what can be read from there on."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.at = 0

    def fail(self, what: str) -> NoReturn:
        """Say what is wrong where."""
        before = self.text[: self.at]
        line, column = before.count("\n") + 1, self.at - before.rfind("\n")
        raise InputError(
            f"{self.name}, line {line}: not JSON5 ({what}, column {column}). "
            "Correct it or save the project anew."
        )

    def skip(self) -> None:
        """Pass over white space and comments."""
        match = BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def next(self) -> str:
        """The next letter that counts, or nothing at the end."""
        self.skip()
        return self.text[self.at : self.at + 1]

    def value(self, depth: int) -> object:
        """Whatever stands here."""
        if depth > MAX_DEPTH:
            self.fail("too deep")
        letter = self.next()
        if letter == "{":
            return self.mapping(depth)
        if letter == "[":
            return self.sequence(depth)
        if letter in PLAIN:
            return self.string(letter)
        number = NUMBER.match(self.text, self.at)
        if number:
            return self.number(number[0])
        word = WORD.match(self.text, self.at)
        if word is None or word[0] not in CONSTANTS:
            self.fail(f"{word[0]} is no value" if word else "a value is missing")
        self.at = word.end()
        return CONSTANTS[word[0]]

    def mapping(self, depth: int) -> dict[str, object]:
        """An object; a key that stands twice is a fault."""
        found: dict[str, object] = {}
        self.at += 1
        while (letter := self.next()) != "}":
            key = self.string(letter) if letter in PLAIN else self.word()
            if key in found:
                self.fail(f"the key {key[:40]!r} stands twice")
            if self.next() != ":":
                self.fail("a colon is missing after a key")
            self.at += 1
            found[key] = self.value(depth + 1)
            self.comma("}")
        self.at += 1
        return found

    def sequence(self, depth: int) -> list[object]:
        """A list."""
        found: list[object] = []
        self.at += 1
        while self.next() != "]":
            found.append(self.value(depth + 1))
            self.comma("]")
        self.at += 1
        return found

    def comma(self, closing: str) -> None:
        """Pass over a comma; without one the closing bracket has to follow."""
        letter = self.next()
        if letter == ",":
            self.at += 1
        elif letter != closing:
            self.fail(f"a comma or {closing} is missing")

    def word(self) -> str:
        """A key without quotes."""
        match = WORD.match(self.text, self.at)
        if match is None:
            self.fail("a key is missing")
        self.at = match.end()
        return match[0]

    def number(self, text: str) -> Fraction:
        """A number, exactly."""
        self.at += len(text)
        if "x" in text.lower():
            return Fraction(int(text, 16))
        plain = re.sub(r"^([+-]?)\.", r"\g<1>0.", text)
        if len(plain) > MAX_DIGITS or not DECIMAL.fullmatch(plain):
            self.fail("a number is too long")
        return Fraction(plain)

    def string(self, quote: str) -> str:
        """Text in single or double quotes."""
        self.at += 1
        parts = []
        while True:
            match = PLAIN[quote].match(self.text, self.at)
            assert match is not None
            parts.append(match[0])
            self.at = match.end()
            letter = self.text[self.at : self.at + 1]
            self.at += 1
            if letter == quote:
                return "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            if letter != "\\":
                self.at -= 1
                self.fail("a quote is missing")
            parts.append(self.escape())

    def escape(self) -> str:
        """What stands after a backslash."""
        code = CODE.match(self.text, self.at)
        if code:
            self.at = code.end()
            return chr(int(code[1] or code[2], 16))
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        if letter == "\r" and self.text[self.at : self.at + 1] == "\n":
            self.at += 1
        if letter in ("\n", "\r", "\u2028", "\u2029"):
            return ""  # text goes on in the next line
        return CONTROLS.get(letter, letter)
