"""Make the data files that ship in src/crossdock/demo/data from the raw sources.

Run once by hand, with Crossdock installed; the results are committed. It needs duckdb, which Crossdock itself does
not use:

    python tools/make_demo_data.py --raw DIRECTORY_OF_RAW_SOURCES

Expected below that directory: ``online_retail/online_retail.parquet``, ``geo/uk_outcodes.csv``,
``geo/countries.parquet``, ``geo/world_cities15000.parquet``. Where they come from is told in
src/crossdock/demo/data/ATTRIBUTION.md.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import io
import lzma
from itertools import groupby
from pathlib import Path
from typing import Any

from crossdock.demo import online_retail
from crossdock.demo.countries import BY_NAME

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "src" / "crossdock" / "demo" / "data"

# One dictionary as large as the text, so that a line finds its like anywhere in the year.
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]


def main() -> None:
    """Write every shipped file and check that what was written decodes to what was read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", type=Path, required=True, help="directory of the raw sources")
    raw: Path = parser.parse_args().raw
    make_online_retail(raw / "online_retail" / "online_retail.parquet")
    make_outcodes(raw / "geo" / "uk_outcodes.csv")
    make_countries(raw / "geo" / "countries.parquet", raw / "geo" / "world_cities15000.parquet")


def query(sql: str) -> list[tuple[Any, ...]]:
    """Answer a question to the raw files."""
    duckdb: Any = importlib.import_module("duckdb")
    rows: list[tuple[Any, ...]] = duckdb.connect().execute(sql).fetchall()
    return rows


def csv_text(header: str, records: Any) -> str:
    """Write a table as text, quoted only where it must be, without a newline at its end."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(records)
    return out.getvalue().removesuffix("\n")


def make_online_retail(source: Path) -> None:
    """Pack the year of invoice lines, then read it back and compare every cell."""
    rows = query(
        "select InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country"
        f" from read_parquet('{source}')"
    )
    text = encode_rows(rows)
    target = DATA / "online_retail.csv.xz"
    target.write_bytes(lzma.compress(text.encode("utf-8"), format=lzma.FORMAT_XZ, filters=FILTERS))
    check_online_retail(rows)
    print(f"{target.name}: {len(rows):,} rows, {len(text):,} characters, {target.stat().st_size:,} bytes")


def encode_rows(rows: list[tuple[Any, ...]]) -> str:
    """Write the rows in the three tables that crossdock.demo.online_retail describes."""
    pairs = sorted({(row[1], row[2]) for row in rows}, key=lambda pair: (pair[0], pair[1] or ""))
    number = {pair: index for index, pair in enumerate(pairs)}
    headers = []
    for (invoice, at, customer, country), run in groupby(rows, key=lambda row: (row[0], row[4], row[6], row[7])):
        headers.append((invoice, at.isoformat(" ", "minutes"), customer, country, sum(1 for _ in run)))
    lines = [(number[row[1], row[2]], row[3], round(row[5] * 1000)) for row in rows]
    return "\n\n".join(
        (
            csv_text("invoice,placed_at,customer,country,rows", headers),
            csv_text("stock_code,description", pairs),
            csv_text("product,quantity,price", lines),
        )
    )


def check_online_retail(rows: list[tuple[Any, ...]]) -> None:
    """Refuse a packed file that does not give back the source, cell by cell."""
    decoded = online_retail.load()
    if len(decoded) != len(rows):
        raise SystemExit(f"{len(rows)} rows went in, {len(decoded)} came out")
    for index, (want, got) in enumerate(zip(rows, decoded.rows(), strict=True)):
        as_source = (*got[:5], got.price_mills / 1000, *got[6:])
        if tuple(want) != as_source:
            raise SystemExit(f"row {index} came back as {as_source}, it was {want}")


def make_outcodes(source: Path) -> None:
    """Keep of the postcode districts what an address needs: where it lies and what it is called."""
    rows = query(
        "select postcode, round(latitude, 4), round(longitude, 4), split_part(coalesce(town, region), ',', 1), region,"
        " case when country in ('GG', 'JE', 'IM') then country else 'GB' end"
        f" from read_csv('{source}') where latitude is not null order by postcode"
    )
    target = DATA / "uk_outcodes.csv"
    target.write_text(csv_text("outcode,lat,lon,town,region,country", rows) + "\n", encoding="utf-8")
    print(f"{target.name}: {len(rows):,} outcodes, {target.stat().st_size:,} bytes")


def make_countries(countries: Path, cities: Path) -> None:
    """Give every country of the data set the largest city in it, which stands for its addresses."""
    codes = sorted({code for code in BY_NAME.values() if code})
    rows = query(
        "select c.iso, c.name, w.name, round(w.latitude, 4), round(w.longitude, 4), w.timezone"
        f" from read_parquet('{countries}') c join read_parquet('{cities}') w on w.countrycode = c.iso"
        f" where c.iso in ({','.join(repr(code) for code in codes)})"
        " qualify row_number() over (partition by c.iso order by w.population desc, w.geonameid) = 1 order by c.iso"
    )
    if [row[0] for row in rows] != codes:
        raise SystemExit(f"no city for {sorted(set(codes) - {row[0] for row in rows})}")
    target = DATA / "countries.csv"
    target.write_text(csv_text("country,name,city,lat,lon,timezone", rows) + "\n", encoding="utf-8")
    print(f"{target.name}: {len(rows):,} countries, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
