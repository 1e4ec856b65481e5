"""Made-up companies whose names and domains are rare."""

from random import Random

SYLLABLES = ("bra", "kel", "mon", "tar", "vel", "zor", "lin", "qua", "dex", "fir", "gol", "hup")


def company(random: Random) -> tuple[str, str]:
    name = "".join(random.choice(SYLLABLES) for _ in range(4))
    return name.title() + " Industries", f"{name}.com"
