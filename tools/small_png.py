"""Makes pictures of screens small: PNG with a palette of the 256 colours that matter, packed as tightly as zlib can."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def shrink(path: Path) -> None:
    """Write the picture again with a palette, when that is smaller."""
    old = path.read_bytes()
    pixels = read(old)
    new = write(*quantize(pixels))
    if len(new) < len(old):
        path.write_bytes(new)


def read(data: bytes) -> Bytes:
    """Return the pixels (height × width × RGB) of an 8-bit picture as browsers write them, not interlaced."""
    chunks = list(_chunks(data))
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", dict(chunks)[b"IHDR"])
    size = {2: 3, 6: 4}[colour]
    if depth != 8 or interlace:
        raise ValueError("only 8-bit pictures without interlacing")
    raw = np.frombuffer(zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT")), dtype=np.uint8)
    rows = raw.reshape(height, 1 + width * size)
    out = np.zeros((height, width, size), dtype=np.uint8)
    above = np.zeros((width, size), dtype=np.uint8)
    for y in range(height):
        above = out[y] = _unfilter(int(rows[y, 0]), rows[y, 1:].reshape(width, size), above)
    return out[:, :, :3]


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _unfilter(kind: int, line: Bytes, above: Bytes) -> Bytes:
    if kind == 0:
        return line
    if kind == 1:
        return np.cumsum(line, axis=0, dtype=np.uint64).astype(np.uint8)
    if kind == 2:
        return line + above
    out = line.astype(np.int64).tolist()
    up = above.tolist()
    left, corner = [0] * line.shape[1], [0] * line.shape[1]
    for x, pixel in enumerate(out):
        for c in range(len(pixel)):
            guess = (left[c] + up[x][c]) // 2 if kind == 3 else _paeth(left[c], up[x][c], corner[c])
            pixel[c] = (pixel[c] + guess) & 255
        left, corner = pixel, up[x]
    return np.array(out, dtype=np.uint8)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    by_left, by_up, by_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
    if by_left <= by_up and by_left <= by_corner:
        return left
    return up if by_up <= by_corner else corner


def quantize(pixels: Bytes) -> tuple[Bytes, Bytes]:
    """Return a palette of the most frequent colours, and for each pixel the nearest of them."""
    flat = pixels.reshape(-1, 3).astype(np.uint32)
    packed = flat[:, 0] << 16 | flat[:, 1] << 8 | flat[:, 2]
    colours, where, counts = np.unique(packed, return_inverse=True, return_counts=True)
    spread = np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=1).astype(np.int64)
    chosen = _spread_out(spread, counts)
    distance = ((spread[:, None, :] - spread[chosen][None, :, :]) ** 2).sum(axis=2)
    return spread[chosen].astype(np.uint8), distance.argmin(axis=1).astype(np.uint8)[where].reshape(pixels.shape[:2])


def _spread_out(colours: NDArray[np.int64], counts: NDArray[np.int64]) -> list[int]:
    """Choose up to 256 colours: each time the one whose pixels are worst served by those chosen so far."""
    chosen = [int(counts.argmax())]
    worst = ((colours - colours[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < min(256, len(colours)):
        following = int((worst * counts).argmax())
        chosen.append(following)
        worst = np.minimum(worst, ((colours - colours[following]) ** 2).sum(axis=1))
    return chosen


def write(palette: Bytes, indices: Bytes) -> bytes:
    """Return the picture as PNG."""
    height, width = indices.shape
    rows = np.concatenate([np.zeros((height, 1), dtype=np.uint8), indices], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part)) for kind, part in parts
    )
