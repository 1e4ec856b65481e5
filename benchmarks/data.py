"""Two made-up lists of a partner's size: a tenth of the companies in common, each list spelling them its own way.

Names are put together from syllables and trade words, domains from the names; no list of real companies is copied. The same seed
and size give the same bytes, so lists are written once to a temporary folder and used again.
"""

import getpass
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

VERSION = 1
"""Counted up when the lists change, so that none of an older shape is used again."""
IN_COMMON = 0.1
CHANGED = 0.01
"""Of the rows of a list that is brought once more."""
NARROW = ("Account ID", "Company", "Website")
"""What gives keys by domain and by name alone."""

_ONSETS = [
    "b",
    "br",
    "c",
    "ch",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gl",
    "gr",
    "h",
    "k",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "pl",
    "qu",
    "r",
    "s",
    "sk",
    "st",
    "t",
    "tr",
    "v",
    "w",
    "z",
]
_NUCLEI = ["a", "e", "i", "o", "u", "ai", "ea", "ia", "io", "ou", "y"]
_CODAS = ["l", "m", "n", "nd", "nt", "r", "rk", "rn", "s", "st", "t", "x"]
_TRADES = [
    "Systems",
    "Logistics",
    "Foods",
    "Energy",
    "Software",
    "Consulting",
    "Motors",
    "Pharma",
    "Textiles",
    "Packaging",
    "Analytics",
    "Networks",
    "Robotics",
    "Steel",
    "Media",
    "Finance",
    "Insurance",
    "Marine",
    "Optics",
    "Plastics",
    "Chemicals",
    "Bakery",
    "Press",
    "Instruments",
    "Aerospace",
    "Timber",
    "Ceramics",
    "Labs",
    "Security",
    "Travel",
]
_PLACES = (
    ("US", "United States", "com", "Chicago"), ("GB", "United Kingdom", "co.uk", "Leeds"), ("DE", "Germany", "de", "München"),
    ("FR", "France", "fr", "Lyon"), ("ES", "Spain", "es", "Sevilla"), ("NL", "Netherlands", "nl", "Utrecht"),
    ("SE", "Sweden", "se", "Malmö"), ("AU", "Australia", "com.au", "Perth"), ("JP", "Japan", "co.jp", "Osaka"),
    ("BR", "Brazil", "com.br", "Recife"),
)  # fmt: skip
_FORMS = (
    ("Inc.", "Incorporated", "Corp", ""), ("Ltd", "Limited", "PLC", ""), ("GmbH", "AG", "GmbH & Co. KG", ""),
    ("SA", "SAS", "S.A.", ""), ("S.L.", "SL", "S.A.", ""), ("B.V.", "BV", "N.V.", ""), ("AB", "AB (publ)", "Aktiebolag", ""),
    ("Pty Ltd", "Pty. Ltd.", "Limited", ""), ("K.K.", "KK", "Co., Ltd.", ""), ("Ltda", "Ltda.", "S.A.", ""),
)  # fmt: skip
_INDUSTRIES = (
    "Software",
    "Logistics",
    "Food & Beverages",
    "Banking",
    "Insurance",
    "Automotive",
    "Retail",
    "Mining",
)
_SIZES = (
    ("12", "11-50"),
    ("140", "51-200"),
    ("380", "201-500"),
    ("2,400", "1001-5000"),
    ("23,000", "10,001+"),
)
_STATUS = ("Customer", "Customer", "Open opportunity", "Prospect", "Prospect")
_ACCENTS = str.maketrans("aeiou", "áéíóü")

Picks = np.ndarray


@dataclass(frozen=True)
class Lists:
    """Where the two lists lie, and how many companies they share; `narrow` are the same lists with three of the columns."""

    folder: Path
    rows: int
    in_common: int

    @property
    def wide(self) -> tuple[Path, Path]:
        return self.folder / "left.csv", self.folder / "right.csv"

    @property
    def narrow(self) -> tuple[Path, Path]:
        return self.folder / "left-narrow.csv", self.folder / "right-narrow.csv"


def lists(rows: int, seed: int) -> Lists:
    """Two CSV files of `rows` companies, made now or found where an earlier run left them."""
    folder = (
        Path(tempfile.gettempdir()) / f"commonground-bench-{getpass.getuser()}" / f"v{VERSION}-{seed}-{rows}"
    )
    made = Lists(folder, rows, int(rows * IN_COMMON))
    if not all(path.exists() for path in (*made.wide, *made.narrow)):
        folder.mkdir(parents=True, exist_ok=True)
        _write(made, np.random.default_rng([seed, rows, VERSION]))
    return made


def changed(made: Lists) -> tuple[Path, Path]:
    """The wide files with another company in one row of a hundred, under the same account id."""
    paths = made.folder / "left-changed.csv", made.folder / "right-changed.csv"
    for side, (path, to) in enumerate(zip(made.wide, paths, strict=True)):
        random = np.random.default_rng([made.rows, VERSION, side])
        rows = pl.read_csv(path, infer_schema=False)
        other = pl.Series(random.permutation(rows.height) < rows.height * CHANGED)
        names = pl.Series([f"Nova {word.title()}" for word in _words(rows.height, random)])
        sites = names.str.to_lowercase().str.replace(" ", "-") + ".com"
        columns = {
            "Company": names.zip_with(other, rows["Company"]),
            "Website": sites.zip_with(other, rows["Website"]),
        }
        rows.with_columns(**columns).write_csv(to)
    return paths


def _write(made: Lists, random: np.random.Generator) -> None:
    companies = _companies(2 * made.rows - made.in_common, random)
    for side, start in enumerate((0, made.rows - made.in_common)):
        spelled = _spelled(companies.slice(start, made.rows), random)
        shuffled = spelled.sample(fraction=1.0, shuffle=True, seed=int(random.integers(2**31)))
        for path, columns in ((made.wide[side], shuffled.columns), (made.narrow[side], list(NARROW))):
            part = path.with_suffix(".part")
            shuffled.select(columns).write_csv(part)
            part.rename(path)


def _companies(count: int, random: np.random.Generator) -> pl.DataFrame:
    """`word` (each company's own), `trade` (null for a third), `place` (row of `_PLACES`), `slug` (the domain's label)."""
    word = _words(count, random)
    trade = pl.Series(_TRADES)[random.integers(len(_TRADES), size=count)]
    trade = trade.set(pl.Series(random.random(count) < 1 / 3), None)
    frame = pl.DataFrame({"word": word, "trade": trade, "place": random.integers(len(_PLACES), size=count)})
    label = pl.concat_str("word", pl.col("trade").str.to_lowercase(), separator="-", ignore_nulls=True)
    return frame.with_columns(slug=label)


def _words(count: int, random: np.random.Generator) -> pl.Series:
    """`count` different pronounceable words of two or three syllables."""
    parts = [pl.Series(_syllables())[random.integers(len(_syllables()), size=2 * count)] for _ in range(3)]
    short = pl.Series(random.random(2 * count) < 0.3)
    joined = pl.DataFrame(parts, schema=["a", "b", "c"]).with_columns(short=short)
    tail = pl.when(~pl.col("short")).then("c").otherwise(pl.lit(""))
    words = joined.select(
        (pl.col("a") + pl.col("b") + tail).unique(maintain_order=True).head(count)
    ).to_series()
    if len(words) < count:
        raise ValueError(f"{count} different words can't be made of {len(_syllables())} syllables")
    return words


def _syllables() -> list[str]:
    return [onset + nucleus + coda for onset in _ONSETS for nucleus in _NUCLEI for coda in ("", *_CODAS)]


def _spelled(companies: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    """The companies as one CRM has them: twelve columns, untidy where lists are."""
    rows = companies.height
    place = companies["place"].to_numpy()
    plain = companies.select(
        name=pl.concat_str(pl.col("word").str.to_titlecase(), "trade", separator=" ", ignore_nulls=True)
    )["name"]
    columns = {
        "Account ID": pl.Series([f"A-{n:08d}" for n in random.permutation(rows)]),
        "Company": _names(plain, place, random),
        "Website": _websites(companies, random),
        "Email": _mostly_missing(pl.format("office@{}", _domain(companies)), 0.6, companies, random),
        "LinkedIn": _mostly_missing(pl.format("https://www.linkedin.com/company/{}", "slug"), 0.8, companies, random),
        "Country": _either([p[0] for p in _PLACES], [p[1] for p in _PLACES], place, random),
        "City": pl.Series([p[3] for p in _PLACES])[place],
        "Industry": _of(_INDUSTRIES, rows, random),
        "Employees": _either([s[0] for s in _SIZES], [s[1] for s in _SIZES], random.integers(len(_SIZES), size=rows), random),
        "Annual Revenue": pl.Series(random.integers(1, 90_000, size=rows) * 10_000).cast(pl.String),
        "Status": _of(_STATUS, rows, random),
        "Owner": _of([f"Owner {n}" for n in range(200)], rows, random),
    }  # fmt: skip
    return pl.DataFrame(columns)


def _names(plain: pl.Series, place: Picks, random: np.random.Generator) -> pl.Series:
    """A legal form or none; one in ten in capitals, one in twenty with accents that the other list may lack."""
    rows = len(plain)
    form = pl.Series([form for forms in _FORMS for form in forms])[place * 4 + random.integers(4, size=rows)]
    accented = plain.str.replace_many(list("aeiou"), [chr(c) for c in map(ord, "aeiou".translate(_ACCENTS))])
    name = accented.zip_with(pl.Series(random.random(rows) < 0.05), plain)
    full = pl.select((name + " " + form).str.strip_chars()).to_series()
    return full.str.to_uppercase().zip_with(pl.Series(random.random(rows) < 0.1), full)


def _domain(companies: pl.DataFrame) -> pl.Series:
    suffix = pl.Series([p[2] for p in _PLACES])[companies["place"].to_numpy()]
    return companies["slug"] + "." + suffix


def _websites(companies: pl.DataFrame, random: np.random.Generator) -> pl.Series:
    """Eight ways to write an address; one row in eight has none."""
    domain = _domain(companies)
    ways = [
        "https://www." + domain, "https://" + domain + "/", "http://www." + domain + "/en/index.html", domain, "www." + domain,
        ("HTTPS://WWW." + domain).str.to_uppercase(), "https://shop." + domain + ":443/?src=crm", " " + domain + " ",
    ]  # fmt: skip
    chosen = pl.Series(random.integers(len(ways), size=companies.height))
    site = ways[0]
    for number, way in enumerate(ways[1:], start=1):
        site = way.zip_with(chosen == number, site)
    return site.set(pl.Series(random.random(companies.height) < 1 / 8), None)


def _mostly_missing(
    value: pl.Expr, missing: float, companies: pl.DataFrame, random: np.random.Generator
) -> pl.Series:
    column = companies.select(value).to_series()
    return column.set(pl.Series(random.random(companies.height) < missing), None)


def _either(one: Sequence[str], other: Sequence[str], picks: Picks, random: np.random.Generator) -> pl.Series:
    """One of two spellings of each pick."""
    spellings = pl.Series([*one, *other])
    return spellings[picks + len(one) * random.integers(2, size=len(picks))]


def _of(values: Sequence[str], rows: int, random: np.random.Generator) -> pl.Series:
    return pl.Series(values)[random.integers(len(values), size=rows)]
