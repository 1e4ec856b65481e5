"""Private set intersection (ECDH, as OpenMined's library has it) of what two files say, run by the peers' own Python.

Domains and name keys are the items of one set a side. The library tells the client alone, and of its own items alone, which the other
side has too: pairs it doesn't give. Arguments: left (the server's list), right (the client's), output: the client's rows with such an item.
"""

import csv
import sys
from pathlib import Path

from private_set_intersection.python import DataStructure, client, server


def items_of(path: str) -> tuple[list[str], list[list[str]]]:
    """Each item once, and the ids of the rows that have it."""
    rows: dict[str, list[str]] = {}
    with Path(path).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for kind in ("domain", "name"):
                if row[kind]:
                    rows.setdefault(f"{kind}:{row[kind]}", []).append(row["id"])
    return list(rows), list(rows.values())


def main(left: str, right: str, output: str) -> None:
    theirs, _ = items_of(left)
    mine, ids = items_of(right)
    asks, answers = client.CreateWithNewKey(True), server.CreateWithNewKey(True)
    request = asks.CreateRequest(mine)
    # raw points, so that nothing is found by chance
    setup = answers.CreateSetupMessage(0.0, len(mine), theirs, DataStructure.RAW)
    found = asks.GetIntersection(setup, answers.ProcessRequest(request))
    with Path(output).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id"])
        writer.writerows([one] for one in sorted({one for at in found for one in ids[at]}))
    sent = sum(len(message.SerializeToString()) for message in (request, setup))
    print(len(found), sent)


if __name__ == "__main__":
    main(*sys.argv[1:])
