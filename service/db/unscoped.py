"""The tables that stand outside row-level security."""

UNSCOPED_TABLES: dict[str, str] = {
    "alembic_version": "the version of the schema",
    "login_attempt": "failed sign-ins, by keyed hashes only: they come before anybody is known",
    "organization": "the directory of tenants: a key's first look-up and a partner's name need it before a tenant is set",
    "person": "somebody may belong to several organizations, and signs in before a tenant is set",
    "person_identity": "who a person is at an identity provider: it finds them before a tenant is set",
    "person_link": "single-use links to prove an address or set a password, by digest: used before anybody is signed in",
    "pgqueuer": "the queue: a worker takes jobs of every tenant; arguments are ids only",
    "pgqueuer_log": "what the queue did, by job number; tracebacks carry the kind and place of an error, never its text",
    "pgqueuer_schedules": "schedules of the queue library; not used",
    "pgqueuer_statistics": "counts of the queue library; not used",
    "recovery_code": "codes for a lost second factor, by keyed hashes: a person's own, asked for before a tenant is set",
    "session": "who is signed in, by digest: it says which tenant is to be set",
}
"""Every table without a tenant, and why it may be one."""
