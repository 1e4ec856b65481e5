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
    `left_name`, `right_name`, null where an account has none; `left_shown`, `right_shown`, whether its owner lets the other side see it;
    `named`, whether another key tells that the two are one company, and `alike`, whether any other key met. A pair is told only if it
    meets at no domain that is one company's own.

    Whoever is told of a pair learns nothing from it of accounts that it isn't shown: beside one that is shown, only such count.
    """
    token_of = meetings.select(*token, *(f"{side}_{what}" for side in _PAIR for what in ("name", "shown")))
    names = token_of.group_by(token).agg(_of_one_list() if one_list else _names_a_side())
    shared = meetings.join(names, on=token, maintain_order="left")
    counted = [pl.when(f"{side}_shown").then(f"{side}_open").otherwise(f"{side}_all") for side in _PAIR]
    fewest = FEWEST_OF_ONE_LIST if one_list else FEWEST_NAMES
    taken = [_named_at(token, side, other) for side, other in (_PAIR, _PAIR[::-1])]
    settled = pl.lit(value=False) if one_list else ~pl.col("alike") & pl.all_horizontal(taken)
    told = shared.with_columns(several=pl.max_horizontal(counted) >= fewest, settled=settled).group_by(_PAIR)
    return told.agg(pl.col("several", "settled").all()).filter("several").drop("several")


def _names_a_side() -> list[pl.Expr]:
    """How many names the accounts of each side have that are shown, and how many all have."""
    found = []
    for side in _PAIR:
        name = pl.col(f"{side}_name")
        found += [
            name.filter(f"{side}_shown").drop_nulls().n_unique().alias(f"{side}_open"),
            name.drop_nulls().n_unique().alias(f"{side}_all"),
        ]
    return found


def _of_one_list() -> list[pl.Expr]:
    names = [pl.col(f"{side}_name").drop_nulls() for side in _PAIR]
    every = names[0].append(names[1]).n_unique()
    return [every.alias(f"{side}_{what}") for side in _PAIR for what in ("open", "all")]


def _named_at(token: list[str], side: str, other: str) -> pl.Expr:
    """Whether the account of `side` has the name of one at the domain that may be told of beside the pair's other account."""
    among = [*token, side]
    shown = (pl.col("named") & pl.col(f"{other}_shown")).any().over(among)
    return pl.when(f"{other}_shown").then(shown).otherwise(pl.col("named").any().over(among))
