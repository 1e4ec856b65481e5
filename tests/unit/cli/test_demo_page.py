"""The demo's page from made-up views: hostile names, views that differ, numbers that reconcile."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from commonground_client.models import (
    Account,
    Cell,
    Counts,
    Import,
    Matrix,
    Organization,
    Overlap,
    OwnAccount,
    Partner,
    PartnerAccount,
    Partnership,
    Paused,
    Population,
    PopulationKind,
    Reviews,
    Rule,
    Rules,
    Term,
    ToJudge,
)

from service.cli.demo import words
from service.cli.demo.page import Column, both_desks, headline, in_both
from service.cli.demo.report import render
from service.cli.demo.side import SideView
from service.cli.demo.story import Told
from service.cli.demo.truth import Verdict
from service.crypto import Mode
from service.imports.models import ImportKind, ImportMode, ImportStatus, Origin
from service.matching.explain import explain
from service.matching.kinds import Attribute, KeyKind, Level
from service.overlaps.models import OverlapStatus
from service.partnerships.models import PartnershipStatus, Preset, SharingLevel
from service.partnerships.rules import PRESET_FIELDS
from tests.support.browser import browser, needs_chromium

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{ 7*7 }}"
MEETING = {Attribute.DOMAIN: 1, Attribute.COUNTRY: -1}


def overlap(
    own: str,
    theirs: str | None,
    *,
    overlap_id: UUID | None = None,
    account_id: UUID | None = None,
    kinds: tuple[KeyKind, ...] = (KeyKind.DOMAIN, KeyKind.NAME),
    preset: Preset = Preset.STANDARD,
) -> Overlap:
    """A pair as one side reads it; in review if nothing is shown of the partner's account."""
    values = {"name": theirs or "", "website": "example.com", "country": "DE"}
    shown = {name: value for name, value in values.items() if name in PRESET_FIELDS[preset]}
    account = {"external_id": "1", "name": own, "domain": own, "country": own, "owner": own}
    return Overlap(
        id=overlap_id or uuid4(),
        status=OverlapStatus.REVIEW if theirs is None else OverlapStatus.AUTO,
        confidence=0.8 if theirs is None else 0.99,
        level=Level.SAME_COMPANY,
        assignee_id=None,
        normaliser="n2",
        decisions=[],
        rules=list(kinds),
        evidence={"domain": "agrees", "country": "differs", "registry_id": "unknown"},
        explanation=[Term(**vars(term)) for term in explain(kinds, MEETING)],
        account=OwnAccount(id=account_id or uuid4(), populations=["customers"], **account),
        partner_account=None if theirs is None else PartnerAccount(fields=shown, populations=["customers"]),
        found_at=NOON,
        met_until=None,
        updated_at=NOON,
    )


def rule(level: SharingLevel, name: str = "Customers") -> Rule:
    return Rule(
        population="customers", population_name=name, level=level, preset=Preset.STANDARD,
        fields=list(PRESET_FIELDS[Preset.STANDARD]), version=1, ends_at=None, changed_at=NOON,
    )  # fmt: skip


def counted(pairs: int) -> Counts:
    return Counts(
        pairs=pairs, accounts=pairs, partner_accounts=pairs, companies=pairs, in_words="As many of each."
    )


def account(name: str) -> Account:
    known_beside = {
        "id",
        "external_id",
        "name",
        "populations",
        "created_at",
        "updated_at",
        "attributes",
        "alias_names",
        "alias_domains",
    }
    empty = dict.fromkeys(set(Account.model_fields) - known_beside)
    known: dict[str, Any] = {
        "external_id": "1",
        "name": name,
        "populations": [],
        "attributes": {},
        "alias_names": [],
        "alias_domains": [],
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Account(id=uuid4(), **empty, **known)


def view(
    name: str,
    *,
    overlaps: list[Overlap],
    reviews: tuple[Overlap, ...] = (),
    gives: SharingLevel = SharingLevel.OVERLAPPING,
    gets: SharingLevel = SharingLevel.OVERLAPPING,
    called: str = "Customers",
) -> SideView:
    """One side's view; `gives` is its own rule, `gets` the partner's."""
    partnership, number = uuid4(), counted(len(overlaps))
    shown = ["customers"] if gets is SharingLevel.OVERLAPPING else []
    cells = [Cell(population="customers", partner_population=slug, counts=number) for slug in shown]
    return SideView(
        me=Organization(id=uuid4(), handle=name.lower(), name=name, mode=Mode.HOSTED, created_at=NOON),
        partnership=Partnership(
            id=partnership, status=PartnershipStatus.ACTIVE, safety_number="1", epoch=1, epoch_since=NOON, next_epoch=None, created_at=NOON,
            paused=Paused(own=None, partner=None), ended_at=None, ended_by=None,
            reviews=Reviews(own=True, partner=True), partner=Partner(id=uuid4(), name=f"Partner of {name}", handle="partner", mode=Mode.HOSTED),
        ),
        rules=Rules(own=[rule(gives, called)], partner=[rule(gets, called)]),
        populations=[Population(
            id=uuid4(), slug="customers", name=called, kind=PopulationKind.STANDARD, accounts=len(overlaps), filter=None, settled=True, created_at=NOON
        )],
        accounts=[account(o.account.name or "") for o in overlaps],
        matrix=Matrix(
            partnership_id=partnership, status=PartnershipStatus.ACTIVE, populations=["customers"], partner_populations=shown, cells=cells, total=number,
            level=Level.SAME_COMPANY, pairs_by_level={"same_company": number.pairs}, to_judge=ToJudge(review=0, disputed=0, waiting=0),
        ),
        overlaps=overlaps,
        reviews=list(reviews),
        upload=Import(
            id=uuid4(), status=ImportStatus.COMPLETED, mode=ImportMode.UPSERT, filename="a.csv", population=None,
            worksheet=None, all_or_nothing=False, dry_run=False, rollback_of=None, records=ImportKind.ACCOUNTS, origin=Origin.FILE, mapping=None, progress=None, preview=None, bytes_received=1, counts=None, report=None, problem=None, created_at=NOON, finished_at=NOON,
        ),
    )  # fmt: skip


def told(left: SideView, right: SideView) -> Told:
    verdict = Verdict(true=1, found=1, review=0, missed=[], related=0, wrong=[])
    return Told(
        left, right, ([], []), verdict, 1.0, "http://127.0.0.1:1", ("secret-left", "secret-right"), NOON
    )


def test_hostile_names_stay_text_wherever_they_stand() -> None:
    one = view(
        HOSTILE, overlaps=[overlap(HOSTILE, HOSTILE)], reviews=(overlap(HOSTILE, None),), called=HOSTILE
    )
    page = render(told(one, view("Keystone", overlaps=[overlap(HOSTILE, HOSTILE)], called=HOSTILE)))
    assert page.count("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") > 10
    assert "<script" not in page
    assert "<img" not in page
    assert "49" not in page.replace("#149", "").partition("<body>")[2]


NAMES = [
    HOSTILE,
    '" onmouseover=alert(1) onx="',
    "<svg/onload=alert(1)><style>*{display:none}</style>",
    "javascript:alert(1)",
    "\u202egnp.exe\u202c \u2066Kestrel\u2069",
    "Kestrel" + "\u0301" * 10_000,
    "]]></title></style><h1>x</h1><!--",
]
"""What a partner may call a company: markup, breaks out of attributes, text that runs the other way, ten thousand accents."""


@needs_chromium
def test_browser_shows_hostile_names_as_text_and_its_policy_had_nothing_to_forbid(tmp_path: Path) -> None:
    overlaps = [overlap(name, name) for name in NAMES]
    page = render(told(view("A", overlaps=overlaps, called=NAMES[1]), view("B", overlaps=overlaps)))
    (tmp_path / "report.html").write_text(page)
    with browser() as chromium:
        shown = chromium.open((tmp_path / "report.html").as_uri())
        text = shown.evaluate("document.body.innerText")
        made = shown.evaluate(
            "[...document.querySelectorAll('script, img, iframe, object, [onmouseover], [onload], [onx]')].length"
        )
        assert shown.complaints == []
        assert [address for address in shown.requests if not address.startswith("file:")] == []
        shown.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))")
        assert "script-src" in " ".join(shown.complaints), "the page brings a policy"
    assert made == 0
    for name in NAMES:
        assert " ".join(name.split()) in " ".join(text.split()), name[:40]


def test_entities_that_a_list_carries_are_read_once_and_escaped_again() -> None:
    tricky = "&lt;b&gt;Smith &amp; Sons&lt;/b&gt;"
    page = render(
        told(view("A", overlaps=[overlap(tricky, tricky)]), view("B", overlaps=[overlap("x", "y")]))
    )
    assert "&lt;b&gt;Smith &amp; Sons&lt;/b&gt;" in page
    assert "<b>Smith" not in page
    assert "&amp;amp;" not in page


def test_page_holds_no_api_key() -> None:
    page = render(told(view("A", overlaps=[overlap("x", "y")]), view("B", overlaps=[overlap("y", "x")])))
    assert "secret-" not in page


def test_views_without_an_overlap_make_a_page() -> None:
    page = render(told(view("A", overlaps=[]), view("B", overlaps=[])))
    assert "<h1>0 companies in common</h1>" in page


def test_side_that_is_told_less_learns_why_in_the_headline() -> None:
    left = Column(view("Alpha Inc", overlaps=[overlap("x", "y")] * 3, gives=SharingLevel.MATCHED), "left")
    right = Column(view("Beta", overlaps=[overlap("y", "x")], gets=SharingLevel.MATCHED), "right")
    count, why = headline(left, right)
    assert count == 3
    assert (
        why
        == "Alpha is told of all of them, Beta of 1: Alpha lets its customers take part without showing them."
    )
    assert headline(left, left)[1] == "Both Alpha and Alpha are told of each of them."


def test_population_that_the_partner_does_not_show_is_a_closed_cell() -> None:
    right = Column(view("B", overlaps=[], gets=SharingLevel.MATCHED), "right")
    assert right.grid == [("customers", [None])]
    assert "not shown" in render(told(view("A", overlaps=[]), right.view))


def test_examples_show_each_way_in_which_the_two_views_of_a_company_relate() -> None:
    wide, narrow, hidden = uuid4(), uuid4(), uuid4()
    left = view("A", overlaps=[
        overlap("w", "W", overlap_id=wide), overlap("n", "N", overlap_id=narrow, preset=Preset.MINIMAL), overlap("h", "H", overlap_id=hidden),
    ])  # fmt: skip
    right = view("B", overlaps=[overlap("W", "w", overlap_id=wide), overlap("N", "n", overlap_id=narrow)])
    seen = both_desks(Column(left, "left"), Column(right, "right"))
    assert [(s.left.id if s.left else None, s.right is None) for s in seen] == [
        (wide, False), (narrow, False), (hidden, True),
    ]  # fmt: skip


def test_numbers_over_what_both_see_count_each_company_once() -> None:
    ids, mine, theirs = [uuid4(), uuid4(), uuid4()], uuid4(), [uuid4(), uuid4()]
    left = [overlap("a", "b", overlap_id=i, account_id=mine) for i in ids[:2]] + [
        overlap("hidden", "c", overlap_id=ids[2])
    ]
    right = [overlap("b", "a", overlap_id=i, account_id=t) for i, t in zip(ids, theirs, strict=False)]
    found = in_both(Column(view("A", overlaps=left), "left"), Column(view("B", overlaps=right), "right"))
    assert found == Counts(
        pairs=2, accounts=1, partner_accounts=2, companies=1,
        in_words="1 account of A meets 2 of B in 2 pairs: 1 distinct company, because 1 company has 2 accounts in B’s.",
    )  # fmt: skip


def test_confidence_below_the_threshold_is_never_rounded_up_to_it() -> None:
    assert words.percent(0.89999) == "89.9 %"
    assert words.percent(0.9999) == "> 99.9 %"


def test_why_a_pair_is_in_review_names_what_met_and_what_speaks_against_it() -> None:
    assert words.why_review(overlap("a", None)) == "Both have the same web domain. Against it: country."


def test_strongest_name_stands_for_the_weaker_ones() -> None:
    met = words.how_met([KeyKind.NAME_HEAD, KeyKind.NAME_WEAK, KeyKind.DOMAIN])
    assert met == ["web domain", "short name"]
