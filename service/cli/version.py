"""`commonground version`."""

from importlib import metadata


def version() -> None:
    """Print the version."""
    try:
        print(metadata.version("commonground"))
    except metadata.PackageNotFoundError:
        print("a checkout that isn't installed")
