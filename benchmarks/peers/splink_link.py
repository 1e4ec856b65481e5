"""Splink's exact link of two files, run by the peers' own Python: a pair is two rows with the same domain or the same name key.

Arguments: left, right, output (CSV); prints how many pairs.
"""

import sys
from pathlib import Path

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator, block_on


def main(left: str, right: str, output: str) -> None:
    api = DuckDBAPI(connection=duckdb.connect())
    tables = [
        api.register(duckdb.read_csv(path, all_varchar=True).to_arrow_table(), dataset_display_name=name)
        for name, path in (("list_a", left), ("list_b", right))
    ]
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        blocking_rules_to_generate_predictions=[block_on("domain"), block_on("name")],
    )
    found = Linker(tables, settings).inference.deterministic_link()
    pairs = found.as_duckdbpyrelation().select("id_l, id_r").distinct()
    pairs.to_csv(str(Path(output)), header=True)
    print(duckdb.read_csv(output).count("*").fetchall()[0][0])


if __name__ == "__main__":
    main(*sys.argv[1:])
