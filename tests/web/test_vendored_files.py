"""The front end's files are the ones that were chosen, and nothing on a page comes from elsewhere."""

import json
import re

import pytest

from crossdock.web.console import HERE, STATIC, asset
from tools import vendor_assets

VENDOR = STATIC / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())
OURS = [*STATIC.glob("*.*"), *HERE.glob("templates/**/*.html")]


def test_every_vendored_file_is_recorded():
    assert sorted(path.name for path in VENDOR.iterdir()) == sorted([*MANIFEST, "manifest.json"])


@pytest.mark.parametrize("name", MANIFEST)
def test_a_vendored_file_has_its_recorded_hash(name: str):
    assert vendor_assets.digest((VENDOR / name).read_bytes()) == MANIFEST[name]["sha256"]


def test_every_package_is_named_with_its_licence():
    notices = (VENDOR / "NOTICES.md").read_text()
    for package in vendor_assets.PACKAGES:
        assert f"## {package.name} {package.version}" in notices
        assert package.licence in notices


def test_the_icons_that_templates_ask_for_are_there():
    there = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (VENDOR / "icons.svg").read_text()))
    assert there == set(vendor_assets.ICONS)
    text = "".join(path.read_text() for path in [*HERE.glob("**/*.html"), *HERE.glob("*.py")])
    asked = set(re.findall(r'icon\("([a-z0-9-]+)"', text)) | set(
        re.findall(r'", "([a-z0-9-]+)", "(?:info|go|wait|bad)"', text)
    )
    assert asked <= there, asked - there


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(HERE)))
def test_no_page_names_another_site(path):
    addresses = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+", path.read_text())
    assert [one for one in addresses if "www.w3.org" not in one] == []


@pytest.mark.parametrize("path", [*HERE.glob("templates/**/*.html")], ids=lambda path: str(path.relative_to(HERE)))
def test_no_template_needs_what_the_policy_forbids(path):
    text = path.read_text()
    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"\son[a-z]+=", text)
    assert not re.search(r"<style", text)
    scripts = re.findall(r"<script([^>]*)>", text)
    assert all("src=" in one or 'type="application/json"' in one for one in scripts)


def test_a_static_files_address_changes_with_its_content():
    assert re.fullmatch(r"/static/crossdock\.css\?v=[0-9a-f]{12}", asset("crossdock.css"))


TONES = ("neutral", "wait", "info", "work", "go", "done", "bad")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_texts_have_enough_contrast(mode: str):
    """WCAG 2.2 AA asks for 4.5 to 1."""
    colours = tokens(mode)
    for ink in ("ink", "ink-2", "ink-3", "accent-ink"):
        for ground in ("page", "panel", "sunken", "side"):
            found = contrast(colours[f"--cd-{ink}"], colours[f"--cd-{ground}"])
            assert found >= 4.5, (mode, ink, ground, round(found, 2))
    for tone in TONES:
        ground = mixed(colours[f"--tone-{tone}"], colours["--cd-panel"], 0.13)
        found = contrast(colours[f"--tone-{tone}-ink"], ground)
        assert found >= 4.5, (mode, tone, round(found, 2))


def tokens(mode: str) -> dict[str, str]:
    css = (STATIC / "crossdock.css").read_text()
    block = re.search(rf'\[data-bs-theme="{mode}"\] \{{(.*?)\n\}}', css, re.DOTALL)
    assert block
    return dict(re.findall(r"(--[a-z0-9-]+): (#[0-9a-f]{6});", block[1]))


def rgb(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def mixed(colour: str, ground: str, share: float) -> str:
    parts = [round(a * share + b * (1 - share)) for a, b in zip(rgb(colour), rgb(ground), strict=True)]
    return "#" + "".join(f"{part:02x}" for part in parts)


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb(colour))]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
