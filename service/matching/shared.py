"""Domains that several differently named accounts of a list bear: brands of one owner, ministries, a shared mail domain.

Such a domain says that two accounts may belong together, not that they are one company: names decide there. It meets as any other
(`guards.crowded_domains` takes out those of very many), and stands as evidence beside the name.
"""

import polars as pl

from service.matching.kinds import KeyKind

SHARED = 2
"""In a domain's evidence column: the two share a domain, and so do other accounts of a list."""
FEWEST_NAMES = 2
FEWEST_OF_ONE_LIST = 3
"""Of one list compared with itself, the names of the two are no more than what is to be decided."""
_PAIR = ["left", "right"]


def told_besides() -> list[pl.Expr]:
    """`named` and `alike` of pairs that have a Boolean column a kind."""
    beside = [kind for kind in KeyKind if kind is not KeyKind.DOMAIN]
    telling = [kind for kind in beside if kind is not KeyKind.NAME_HEAD]
    return [pl.any_horizontal(telling).alias("named"), pl.any_horizontal(beside).alias("alike")]


def shared_domains(meetings: pl.DataFrame, token: list[str], *, one_list: bool = False) -> pl.DataFrame:
    """`left`, `right` of the pairs that share a domain with others, and whether each is `settled`: either has the name of another

    `meetings` has a row for each domain (`token`) at which two accounts meet, all of its bearers among them: `left`, `right`;
    `left_name`, `right_name`, null where an account has none; `named`, whether another key tells that the two are one company, and
    `alike`, whether any other key met. A pair is told only if it meets at no domain that is one company's own.
    """
    names = [pl.col(f"{side}_name").drop_nulls() for side in _PAIR]
    if one_list:
        several = names[0].append(names[1]).n_unique() >= FEWEST_OF_ONE_LIST
    else:
        several = pl.max_horizontal(name.n_unique() for name in names) >= FEWEST_NAMES
    shared = meetings.join(
        meetings.group_by(token).agg(several.alias("several")), on=token, maintain_order="left"
    )
    taken = [pl.col("named").any().over(*token, side) for side in _PAIR]
    settled = pl.lit(value=False) if one_list else ~pl.col("alike") & pl.all_horizontal(taken)
    told = shared.with_columns(settled.alias("settled")).group_by(_PAIR)
    return told.agg(pl.col("several", "settled").all()).filter("several").drop("several")
