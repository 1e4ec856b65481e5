"""Mappings of columns that ask for custom attributes."""

from service.imports.attributes import attributes_asked, merged


def test_ones_own_word_on_an_attribute_comes_before_the_saved_one_whatever_its_type() -> None:
    saved = {
        "name": "Company",
        "attribute:tier": "Tier",
        "attribute:arr:money:EUR": "ARR",
        "attribute:arrow": "A",
    }
    own = {"attribute:tier:text": "Class", "attribute:arr": "Revenue"}
    found = merged(saved, own)
    assert found == {"name": "Company", "attribute:arrow": "A", **own}
    assert {one.key: one.header for one in attributes_asked(found)} == {
        "tier": "Class", "arr": "Revenue", "arrow": "A",
    }  # fmt: skip
