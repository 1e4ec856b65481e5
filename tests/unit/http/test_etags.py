"""Tags compare as RFC 9110 says."""

import pytest
from starlette.datastructures import Headers

from service.http.etags import PreconditionFailedError, check_change, etag, is_unchanged

NOW = etag("rule", 3)
OLD = etag("rule", 2)


def headers(**given: str) -> Headers:
    return Headers({name.replace("_", "-"): value for name, value in given.items()})


def test_tags_of_two_states_differ_and_of_one_agree() -> None:
    assert etag("rule", 3) == NOW != OLD
    assert etag("ab", "c") != etag("a", "bc")


@pytest.mark.parametrize("given", [NOW, f"{OLD}, {NOW}", f"  {NOW} ,{OLD}", "*"])
def test_a_change_to_what_one_saw_is_made(given: str) -> None:
    check_change(headers(if_match=given), NOW)


@pytest.mark.parametrize("given", [OLD, f"W/{NOW}", NOW.strip('"'), "", "garbage", f"{NOW} {OLD}", f"{NOW}x"])
def test_a_change_to_something_else_is_refused(given: str) -> None:
    with pytest.raises(PreconditionFailedError):
        check_change(headers(if_match=given), NOW)


@pytest.mark.parametrize("given", [NOW, "*"])
def test_nothing_matches_no_tag(given: str) -> None:
    with pytest.raises(PreconditionFailedError):
        check_change(headers(if_match=given), None)


@pytest.mark.parametrize("given", [NOW, f"W/{NOW}", "*"])
def test_if_none_match_compares_weakly_and_refuses_a_change(given: str) -> None:
    with pytest.raises(PreconditionFailedError):
        check_change(headers(if_none_match=given), NOW)
    check_change(headers(if_none_match=given), None)
    assert is_unchanged(headers(if_none_match=given), NOW)


def test_without_conditions_everything_is_allowed() -> None:
    check_change(headers(), NOW)
    check_change(headers(), None)
    assert not is_unchanged(headers(), NOW)
    assert not is_unchanged(headers(if_none_match=OLD), NOW)


def test_several_fields_are_one_list() -> None:
    several = Headers(raw=[(b"if-match", OLD.encode()), (b"if-match", NOW.encode())])
    check_change(several, NOW)
