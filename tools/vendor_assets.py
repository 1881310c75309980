"""Brings the console's front-end files into the tree, by name and version, each with its hash.

Run at development time, with npm: `python -m tools.vendor_assets`. Nothing of it is needed to run Crossdock: what it
brings is committed, and `manifest.json` says where each file is from and what it must hash to. When a version below
is changed, `--update` writes the new hashes; without it, a file that differs from its recorded hash is refused.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

TARGET = Path(__file__).resolve().parent.parent / "src" / "crossdock" / "web" / "static" / "vendor"
NOTICES = "NOTICES.md"
MANIFEST = "manifest.json"


class Package(NamedTuple):
    """A package, the files taken from it as they are (path inside → name here), and the terms it comes under."""

    name: str
    version: str
    licence: str
    files: dict[str, str]
    licence_file: str = "LICENSE"
    licence_text: str = ""


MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""

PACKAGES = (
    Package("htmx.org", "4.0.1", "0BSD", {"dist/htmx.min.js": "htmx.min.js"}),
    Package(
        "@alpinejs/csp",
        "3.17.4",
        "MIT",
        {"dist/cdn.min.js": "alpine-csp.min.js"},
        licence_text=(
            "Copyright © Caleb Porzio and contributors\n"
            f"Contains @vue/reactivity and @vue/shared, (c) 2018-present Yuxi (Evan) You and Vue contributors\n\n{MIT}"
        ),
    ),
    Package(
        "@tabler/core",
        "1.6.1",
        "MIT",
        {"dist/css/tabler.min.css": "tabler.min.css"},
        licence_text=f"Copyright (c) 2018-2026 The Tabler Authors\n\n{MIT}",
    ),
    Package(
        "uplot", "1.6.32", "MIT", {"dist/uPlot.iife.min.js": "uplot.min.js", "dist/uPlot.min.css": "uplot.min.css"}
    ),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        {"files/inter-latin-wght-normal.woff2": "inter-latin.woff2"},
    ),
    Package("@tabler/icons", "3.51.0", "MIT", {}),
    Package("world-atlas", "2.0.2", "ISC; the shapes are Natural Earth's, in the public domain", {}),
)

# The icons of the console: ids of one sprite.
ICONS = (
    "adjustments", "alert-triangle", "arrow-left", "arrow-right", "arrows-split-2", "ban", "barcode", "bolt", "box",
    "building-store", "building-warehouse", "calendar", "chart-bar", "check", "chevron-down", "chevron-right",
    "circle-check", "circle-x", "clock", "coin", "copy", "edit", "external-link", "filter", "hand-stop", "history",
    "home", "hourglass", "inbox", "info-circle", "list-details", "logout", "map", "map-pin", "menu-2", "packages",
    "player-play", "printer", "receipt", "refresh", "route", "scale", "search", "shield-check", "shopping-cart",
    "sort-ascending", "sort-descending", "stack-2", "tag", "truck-delivery", "user", "x",
)  # fmt: skip

SCALE = 100  # the outlines' unit is a hundredth of a degree, about a kilometre
KEEP = 0.7  # a point that lies this close (in units) to the line between its neighbours is left out


def fetch(package: Package, folder: Path) -> Path:
    """Unpack a package of exactly this version and return its folder; npm checks what it downloads."""
    done = subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", folder, f"{package.name}@{package.version}"],
        check=True,
        capture_output=True,
        text=True,
    )
    target = folder / package.name.replace("/", "-")
    with tarfile.open(folder / done.stdout.split()[-1]) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def sprite(folder: Path) -> bytes:
    """Gather the outlines of the icons into one file of symbols."""
    parts = ['<svg xmlns="http://www.w3.org/2000/svg">']
    for name in ICONS:
        drawing = (folder / "icons" / "outline" / f"{name}.svg").read_text()
        body = drawing.partition(">")[2].rpartition("</svg>")[0]
        paths = "".join(line.strip() for line in body.splitlines() if 'stroke="none"' not in line)
        parts.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
            f'stroke-linecap="round" stroke-linejoin="round">{paths}</symbol>'
        )
    return "\n".join([*parts, "</svg>\n"]).encode()


def outlines(folder: Path) -> bytes:
    """Turn the 50m TopoJSON into rings a country: the first point, then steps, in hundredths of a degree."""
    atlas = json.loads((folder / "countries-50m.json").read_text())
    scale, translate = atlas["transform"]["scale"], atlas["transform"]["translate"]
    arcs = [list(absolute(arc, scale, translate)) for arc in atlas["arcs"]]
    rows = []
    for shape in atlas["objects"]["countries"]["geometries"]:
        polygons = {"Polygon": [shape.get("arcs")], "MultiPolygon": shape.get("arcs")}.get(shape["type"], [])
        rings = [steps(thinned(ring(chain, arcs))) for polygon in polygons for chain in polygon]
        kept = [flat for flat in rings if len(flat) >= 8]
        if kept:
            rows.append({"name": shape["properties"]["name"], "rings": kept})
    text = ",\n".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows)
    return f'{{"unit":{1 / SCALE},"countries":[\n{text}\n]}}\n'.encode()


def absolute(arc: list[list[int]], scale: list[float], translate: list[float]) -> Iterator[tuple[float, float]]:
    """Add up an arc's steps to points in units."""
    x = y = 0
    for dx, dy in arc:
        x, y = x + dx, y + dy
        yield (x * scale[0] + translate[0]) * SCALE, (y * scale[1] + translate[1]) * SCALE


def ring(chain: list[int], arcs: list[list[tuple[float, float]]]) -> list[tuple[float, float]]:
    """Join arcs to a ring; ``~n`` is arc n backwards."""
    points: list[tuple[float, float]] = []
    for index in chain:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        points += arc[1:] if points else arc
    return points


def thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Leave out what nobody can see at this scale (Douglas-Peucker); both ends stay."""
    keep, stack = {0, len(points) - 1}, [(0, len(points) - 1)]
    while stack:
        first, last = stack.pop()
        (ax, ay), (bx, by) = points[first], points[last]
        length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
        far, at = 0.0, 0
        for i in range(first + 1, last):
            px, py = points[i]
            if length:
                distance = abs((bx - ax) * (ay - py) - (ax - px) * (by - ay)) / length
            else:
                distance = ((px - ax) ** 2 + (py - ay) ** 2) ** 0.5
            if distance > far:
                far, at = distance, i
        if far > KEEP:
            keep.add(at)
            stack += [(first, at), (at, last)]
    return [points[i] for i in sorted(keep)]


def steps(points: list[tuple[float, float]]) -> list[int]:
    """Write a ring as its first point and the steps to the next ones, whole numbers, no step twice in one place."""
    flat: list[int] = []
    last = (0, 0)
    for x, y in points:
        here = (round(x), round(y))
        if not flat or here != last:
            flat += [here[0] - last[0], here[1] - last[1]]
            last = here
    return flat


def notices(licences: dict[str, str]) -> bytes:
    """Write who made what is in this folder, and under which terms it came."""
    lines = [
        "# Third-party files in this folder",
        "",
        "Brought here by `tools/vendor_assets.py`; unchanged unless it says so.",
    ]
    for package in PACKAGES:
        files = list(package.files.values())
        files += {"@tabler/icons": ["icons.svg (some of them, in one file)"]}.get(package.name, [])
        files += {"world-atlas": ["world.json (thinned, in another notation)"]}.get(package.name, [])
        lines += ["", f"## {package.name} {package.version}", "", f"{', '.join(files)} — {package.licence}", ""]
        lines += ["```text", licences[package.name].strip(), "```"]
    return ("\n".join(lines) + "\n").encode()


def gather() -> dict[str, tuple[str, bytes]]:
    """Return each file's origin and content, by its name in the folder."""
    found: dict[str, tuple[str, bytes]] = {}
    licences = {}
    with tempfile.TemporaryDirectory() as scratch:
        for package in PACKAGES:
            origin = f"{package.name}@{package.version}"
            folder = fetch(package, Path(scratch))
            licences[package.name] = package.licence_text or (folder / package.licence_file).read_text()
            for path, name in package.files.items():
                found[name] = (f"{origin} {path}", without_map((folder / path).read_bytes()))
            if package.name == "@tabler/icons":
                found["icons.svg"] = (f"{origin} icons/outline, gathered", sprite(folder))
            if package.name == "world-atlas":
                found["world.json"] = (f"{origin} countries-50m.json, thinned", outlines(folder))
    found[NOTICES] = ("written by tools/vendor_assets.py", notices(licences))
    return found


def without_map(content: bytes) -> bytes:
    """Drop a trailing reference to a source map that is not here: browsers would ask for it."""
    head, mark, _ = content.rpartition(b"sourceMappingURL=")
    return head[: head.rfind(b"/")] if mark and len(content) - len(head) < 200 else content


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file as the manifest records it."""
    return hashlib.sha256(content).hexdigest()


def recorded() -> dict[str, dict[str, Any]]:
    """Read the manifest: name → origin and sha256."""
    path = TARGET / MANIFEST
    return dict(json.loads(path.read_text())) if path.exists() else {}


def main() -> int:
    """Fetch, compare with the manifest, write; returns 1 when a file is not what the manifest says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="record new hashes")
    update = parser.parse_args().update
    known, files = recorded(), gather()
    manifest = {name: {"from": origin, "sha256": digest(content)} for name, (origin, content) in sorted(files.items())}
    differing = [name for name, entry in manifest.items() if known.get(name) != entry]
    if differing and not update:
        print(f"not what {MANIFEST} says: {', '.join(differing)} (--update records them)", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, (_, content) in files.items():
        (TARGET / name).write_bytes(content)
        print(f"{name:20} {len(content):>9,} bytes")
    (TARGET / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
