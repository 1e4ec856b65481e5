"""The command line: `commonground …`."""

import sys

from service.cli.errors import CommandError, is_spoken
from service.cli.lazy import LazyCommand, LazyGroup

__all__ = ["CommandError", "main"]

COMMANDS = {
    "demo": LazyCommand(
        "service.cli.demo:demo", "See it work: two sample companies, their overlap, a report."
    ),
    "match": LazyCommand("service.cli.match:match", "Compare two lists on the spot, without a server."),
    "import": LazyCommand(
        "service.cli.import_list:import_list", "Send a list to a service and watch it become live."
    ),
    "evaluate": LazyCommand("service.cli.evaluate:evaluate", "Measure the matcher on labelled pairs."),
    "serve": LazyCommand("service.cli.serve:serve", "Run the service: API and worker.", stays=True),
    "worker": LazyCommand("service.cli.worker:worker", "Run a worker alone.", stays=True),
    "migrate": LazyCommand("service.cli.migrate:migrate", "Bring the database to this version."),
    "org": LazyCommand("service.cli.org:app", "Organizations and their keys."),
    "person": LazyCommand("service.cli.person:app", "People: links, letting in and out."),
    "partnership": LazyCommand("service.cli.partnership:app", "Partnerships of two organizations."),
    "key": LazyCommand("service.cli.key:app", "API keys of an organization."),
    "kek": LazyCommand("service.cli.kek:app", "The key that wraps the keystore."),
    "data-key": LazyCommand("service.cli.data_key:app", "The keys that seal personal data in the database."),
    "audit": LazyCommand("service.cli.audit:app", "The audit log: verify, export, sign."),
    "backup": LazyCommand("service.cli.backup:app", "Copies of database and keystore."),
    "doctor": LazyCommand("service.cli.doctor:doctor", "Say what is wrong here and how to mend it."),
    "openapi": LazyCommand("service.cli.openapi:openapi", "Write or check the API's description."),
    "version": LazyCommand("service.cli.version:version", "Print the version."),
}

commands = LazyGroup(
    name="commonground",
    lazy=COMMANDS,
    help="Find the companies that you and a partner have in common, without showing each other your lists.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; an error that speaks for itself is printed without a traceback."""
    try:
        commands(prog_name="commonground")
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        # a full disk, a closed pipe, a folder that can't be made: the system's own words and the place
        print(
            f"commonground: {error.filename or 'input or output'}: {error.strerror or error}", file=sys.stderr
        )
        sys.exit(1)
    except Exception as error:
        if not is_spoken(error):
            raise
        print(f"commonground: {error}", file=sys.stderr)
        sys.exit(getattr(error, "exit_code", 1))
