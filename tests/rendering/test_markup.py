"""One text for every channel: marks become what the channel knows, everything else stays as typed."""

from __future__ import annotations

import pytest

from inbox.rendering.markup import render, written


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("**Ciao** _Chiara_", "Ciao Chiara"),
        ("2*3*4 and 2**8 ** x", "2*3*4 and 2**8 ** x"),
        ("file_name_long.txt and __init__", "file_name_long.txt and __init__"),
        ("see [the guide](https://shop.example/a_b_c)", "see the guide (https://shop.example/a_b_c)"),
        ("`ls -l`", "ls -l"),
        ("a * b\n* c", "a * b\n* c"),
    ],
)
def test_plain_channels_lose_the_marks_and_nothing_else(typed: str, plain: str) -> None:
    assert render(typed, "plain") == (plain, None)


def test_mail_gets_both_parts_and_escapes_what_was_typed() -> None:
    text, html = render("**Ciao** <b>\n\nhttps://shop.example/a_b_c?x=1&y=2.", "html")
    assert text == "Ciao <b>\n\nhttps://shop.example/a_b_c?x=1&y=2."
    assert html is not None
    assert "<p><b>Ciao</b> &lt;b&gt;</p>" in html
    assert '<a href="https://shop.example/a_b_c?x=1&amp;y=2">https://shop.example/a_b_c?x=1&amp;y=2</a>.' in html


def test_telegram_keeps_lines_and_links_only_to_the_web() -> None:
    _text, html = render("_a_\nb [x](javascript:alert(1))", "telegram")
    assert html == "<i>a</i>\nb [x](javascript:alert(1))"


def test_the_thread_shows_an_answer_as_its_customer_reads_it_and_nothing_typed_is_a_tag() -> None:
    html = written("**48 ore**, _prima_ se <b>urgente</b>: [qui](https://shop.example/x)")
    assert html == (
        "<b>48 ore</b>, <i>prima</i> se &lt;b&gt;urgente&lt;/b&gt;: "
        '<a href="https://shop.example/x" rel="noopener nofollow" target="_blank">qui</a>'
    )
