"""The main job in a real browser with the real engines: picture and words to outline, answer and files."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from tests.browser.conftest import Visit
from tests.browser.server import running_app

ZEBRA = "is there a zebra in the picture?"


def test_one_click_on_the_cat_and_it_is_outlined(visit: Visit) -> None:
    user = visit()
    user.shoot("home")
    user.open_sample("Cat", "segment the cat")
    user.shoot("cat-opened")
    user.click("segment the cat")
    assert user.answer.startswith("Outlined 1 cat")
    assert user.page.get_by_alt_text("Marked: 1 cat").count() == 1
    user.shoot("cat-outlined")


def test_the_astronaut_is_segmented_counted_and_changed(visit: Visit) -> None:
    user = visit()
    user.open_sample("Astronaut", "segment the face")
    user.ask("segment the face")
    assert user.answer.startswith("Outlined 1 face")
    user.shoot("face-outlined")
    user.ask("how many people are there?")
    assert re.match(r"At least \d", user.answer)
    user.shoot("people-counted")
    user.ask("remove the face")
    assert user.answer.startswith("Removed 1 face")
    assert user.page.get_by_alt_text("The picture with the gap filled").count() == 1
    user.shoot("face-removed")
    user.click("Continue with this picture")
    assert user.page.get_by_text("astronaut.png (edited) · 512 × 512 px").count() == 1


def test_a_slider_changes_the_count_and_never_calls_the_detector(visit: Visit) -> None:
    user = visit()
    user.open_sample("Astronaut", "how many people are there?")
    user.ask("how many people are there?")
    before = user.answer
    calls = re.findall(r"etector calls [a-z ]+: (\d+)", user.why())
    assert len(calls) == 2
    passed = user.page.get_by_text(re.compile(r"\d+ of \d+ measured box")).last
    first = passed.inner_text()
    user.slide("Box score", "End")
    assert "1.00" in user.answer or user.answer.startswith("No ")
    assert passed.inner_text().startswith("0 of") and passed.inner_text() != first
    user.slide("Box score", "Home")
    assert int(passed.inner_text().split()[0]) > int(first.split()[0])
    assert re.match(r"At least \d+ people", user.answer) and user.answer != before
    assert re.findall(r"etector calls [a-z ]+: (\d+)", user.why()) == calls
    user.shoot("slider-moved")
    user.click("Reset")
    assert user.answer == before


def test_download_all_is_complete_and_leaves_the_page_alone(visit: Visit, tmp_path: Path) -> None:
    user = visit()
    user.open_sample("Cat", "segment the cat")
    user.click("segment the cat")
    user.page.evaluate(  # what a rerun of the page or of the answer would draw anew
        "() => { window.drawn = 0; new MutationObserver((all) => { window.drawn += all.length; }).observe("
        "document.querySelector('[data-testid=stChatMessage]:last-of-type'), {childList: true, subtree: true}); }"
    )
    with user.page.expect_download() as started:
        user.page.get_by_role("button", name="Download all").click()
    path = tmp_path / "all.zip"
    started.value.save_as(path)
    assert started.value.suggested_filename == "segment_the_cat.zip"
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        assert {"overlay.png", "index.png", "coco.json", "objects.csv", "manifest.json"} <= names
        assert {"masks/01_cat.png", "cutouts/01_cat.png"} <= names
        assert Image.open(io.BytesIO(archive.read("index.png"))).size == (451, 300)
        assert json.loads(archive.read("coco.json"))["annotations"]
    user.page.wait_for_timeout(500)
    assert user.page.evaluate("window.drawn") == 0
    assert user.answer.startswith("Outlined 1 cat")


def test_a_zebra_is_honestly_not_found_and_a_box_can_be_drawn(visit: Visit) -> None:
    user = visit()
    user.open_sample("Cat", ZEBRA)
    user.click(ZEBRA)
    assert user.answer.startswith("No zebra found")
    user.shoot("zebra")
    user.click("Draw a box")
    user.shoot("drawing")
    user.page.locator("[class*=st-key-numbers-] button").first.click()
    user.click("Use this box")
    assert "marked by you" in user.answer or "1 zebra" in user.answer
    assert user.page.get_by_text("with a box drawn by hand").count() == 1


def test_history_survives_home_and_back_and_users_do_not_mix(visit: Visit) -> None:
    one, two = visit(), visit("/Chat")
    one.open_sample("Sign", "read the text")
    one.page.get_by_role("button", name="read the text", exact=True).last.click()
    one.page.get_by_role("button", name="Stop").wait_for()  # reading takes a second
    one.page.get_by_role("link", name="Home").click()
    one.page.get_by_role("heading", name="VLP Workbench").wait_for()
    one.settle()
    one.page.get_by_role("link", name="Chat").click()
    one.page.get_by_role("heading", name="read the text").wait_for()
    one.settle()
    assert one.answer.startswith("It reads: “NORTH GATE”")
    two.page.reload()
    two.page.get_by_role("heading", name="What shall we look at?").wait_for()
    assert two.page.get_by_test_id("stChatMessage").count() == 0


def test_what_is_typed_is_text_and_a_bad_file_is_refused_beside_the_field(visit: Visit, tmp_path: Path) -> None:
    user = visit("/Chat")
    bad = tmp_path / "letter.png"
    bad.write_bytes(b"Dear reader, this is no picture.")
    user.page.get_by_test_id("stFileUploader").first.locator("input[type=file]").set_input_files(str(bad))
    user.page.get_by_test_id("stAlert").get_by_text("letter.png").wait_for()
    user.shoot("refused")
    text = 'segment the <img src=x onerror="window.hacked=1"> **cat** :red[x]'
    user.ask(text)
    assert user.page.get_by_test_id("stChatMessage").first.get_by_test_id("stText").inner_text() == text
    assert user.page.evaluate("window.hacked") is None
    assert not user.foreign


def test_an_address_opened_first_of_all_shows_its_page_in_the_frame(chromium: Browser, weights_dir: Path) -> None:
    with running_app() as address:
        page = chromium.new_page()
        page.goto(f"{address}/Chat")
        page.get_by_role("heading", name="What shall we look at?").wait_for()
        page.get_by_role("link", name="Home").wait_for()
        page.wait_for_timeout(500)
        assert page.get_by_role("dialog").count() == 0
        page.close()
