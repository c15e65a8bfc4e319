"""Pages show hostile names as they are, and run nothing of them."""

import json
from html.parser import HTMLParser

import pytest

from gametape.report.pages.grid import Cell, Head, table, words
from gametape.report.pages.layout import MARK, mark_of_page, page
from gametape.report.pages.markup import Html, data_block, html, link, tag

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>&lt;&#39;",
]


class Reader(HTMLParser):
    """What a browser would make of a page: tags with attributes, texts, and scripts' content."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self._is_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._is_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._is_script = False

    def handle_data(self, data: str) -> None:
        (self.scripts if self._is_script else self.texts).append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_stays_text_in_content_and_attributes(hostile: str) -> None:
    found = read(tag("a", hostile, title=hostile, data_mark=hostile))
    assert [name for name, _ in found.tags] == ["a"]
    assert found.tags[0][1] == {"title": hostile, "data-mark": hostile}
    assert "".join(found.texts) == hostile


@pytest.mark.parametrize("hostile", HOSTILE)
def test_data_for_scripts_comes_back_whole_and_never_ends_its_block(hostile: str) -> None:
    found = read(str(html(data_block("x", {hostile: [hostile]}), tag("p", "after"))))
    assert [name for name, _ in found.tags] == ["script", "p"]
    assert json.loads("".join(found.scripts)) == {hostile: [hostile]}


def test_numbers_that_json_does_not_know_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        data_block("x", [float("nan")])


def test_control_codes_and_turned_text_are_made_visible() -> None:
    shown = html("a\x00b\u202egpm.exe", "\u202f1")
    assert "\x00" not in shown and "\u202e" not in shown
    assert shown.endswith("\u202f1")


def test_half_a_letter_does_not_break_a_page() -> None:
    tag("p", "broken \udcff name").encode("utf-8")


def test_markup_is_taken_as_it_is_and_nothing_is_nothing() -> None:
    assert html(Html("<b>"), None, ["<", 3]) == "<b>&lt;3"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_table_shows_what_it_is_given(hostile: str) -> None:
    rows = [[Cell(hostile, hostile), Cell("1 s", 1.0, bar=0.5)]]
    found = read(table([words(hostile, hostile), Head("n")], rows, caption=hostile))
    assert hostile in found.texts
    assert "img" not in [name for name, _ in found.tags]
    values = [a.get("data-value") for name, a in found.tags if name == "td"]
    assert values == [hostile, "1.0"]


def test_a_page_names_the_hash_of_its_own_script_and_asks_nobody_for_anything() -> None:
    text = page("index", title="<b>", says="s", body=link("x.html", "x"), mark="a1")
    found = read(text)
    policy = next(a["content"] for n, a in found.tags if a.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy and "script-src 'sha256-" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    outside = [a for _, a in found.tags if str(a.get("src") or a.get("href")).startswith("http")]
    assert not outside and "//cdn" not in text and "@import" not in text


def test_a_page_tells_what_it_was_made_from(tmp_path) -> None:
    path = tmp_path / "page.html"
    assert mark_of_page(path) is None
    path.write_text(page("index", title="t", says="s", body="b", mark="0123abcd"), "utf-8")
    assert mark_of_page(path) == "0123abcd"
    path.write_text("<p>somebody else's</p>", "utf-8")
    assert mark_of_page(path) is None
    assert MARK.search('<meta name="gametape" content="zz">') is None
