"""What a finding says to people: what there is, counted, and what to do."""

from collections.abc import Callable, Mapping
from typing import Final

from service.accounts.quality.findings import Finding, FindingCode


def said(finding: Finding) -> str:
    """One or two sentences."""
    return _SAID[finding.code](finding)


def _accounts(count: int, verb: str, verbs: str) -> str:
    """`1 account has`, `2 accounts have`."""
    return f"1 account {verb}" if count == 1 else f"{count:,} accounts {verbs}"


def _no_website(finding: Finding) -> str:
    there = f"{_accounts(finding.accounts, 'has', 'have')} no website; {finding.parts['company_email']:,} of them with an e-mail at a company's domain."
    others = f" Give the other {finding.gaining:,} a website: a name alone is met less surely."
    return there + (others if finding.gaining else "")


def _of(finding: Finding, singular: str, plural: str) -> str:
    return f"1 {singular}" if finding.groups == 1 else f"{finding.groups or 0:,} {plural}"


_SAID: Final[Mapping[FindingCode, Callable[[Finding], str]]] = {
    FindingCode.NO_KEY: lambda f: (
        f"{_accounts(f.accounts, 'has', 'have')} nothing to be matched by: give a name, a website, a company's e-mail or a registry number."
    ),
    FindingCode.NO_POPULATION: lambda f: (
        f"{_accounts(f.accounts, 'is', 'are')} in no population, so no partner meets them: import with a population, or with a status "
        "column that says it."
    ),
    FindingCode.NO_WEBSITE: _no_website,
    FindingCode.UNUSABLE_WEBSITE: lambda f: (
        f"{_accounts(f.accounts, 'has', 'have')} a website that is no company's own (shared, placeholder or unreadable); {f.gaining:,} of "
        "them have no other domain. Give the company's own."
    ),
    FindingCode.CROWDED_DOMAIN: lambda f: (
        f"{_accounts(f.accounts, 'stands', 'stand')} under {_of(f, 'domain', 'domains')} of 20 and more different names, which "
        "therefore match nothing: give each account its own website."
    ),
    FindingCode.DUPLICATE_COMPANY: lambda f: (
        f"{_accounts(f.accounts, 'has', 'have')} the same name and domain as another one, under {_of(f, 'domain', 'domains')}: merge them."
    ),
    FindingCode.DUPLICATE_NUMBER: lambda f: (
        f"{_accounts(f.accounts, 'has', 'have')} the registry number of another one ({_of(f, 'number', 'numbers')}): merge them, or correct it."
    ),
    FindingCode.NAMES_DIFFER: lambda f: (
        f"{_accounts(f.accounts, 'shares', 'share')} a domain with accounts of other names, under {_of(f, 'domain', 'domains')}: right for "
        "subsidiaries, else correct the website."
    ),
    FindingCode.STALE: lambda f: (
        f"{_accounts(f.accounts, 'is', 'are')} in no import known of for a while: send the whole list with mode=replace to let go of what is gone."
    ),
}
