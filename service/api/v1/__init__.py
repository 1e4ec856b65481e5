"""Version 1 of the API, one module a resource."""

from typing import Final

from starlette.routing import BaseRoute

from service.api.v1 import (
    account_attributes,
    account_duplicates,
    account_records,
    accounts,
    api_keys,
    audit_log,
    contacts,
    data_quality,
    decisions,
    hierarchy,
    import_events,
    import_mappings,
    imports,
    invitations,
    link_proposals,
    lookup,
    member_invitations,
    members,
    opportunities,
    organizations,
    overlap_assignees,
    overlap_comments,
    overlaps,
    partnership_lifecycle,
    partnership_profiles,
    partnerships,
    person,
    populations,
    received_invitations,
    reports,
    sandbox,
    second_factor,
    sessions,
    sign_up,
    sso,
)

RESOURCES: Final = (
    sign_up,
    sessions,
    sso,
    person,
    second_factor,
    organizations,
    members,
    member_invitations,
    api_keys,
    audit_log,
    imports,
    import_events,
    import_mappings,
    account_duplicates,
    accounts,
    account_attributes,
    account_records,
    lookup,
    contacts,
    opportunities,
    populations,
    invitations,
    received_invitations,
    partnership_lifecycle,
    partnerships,
    partnership_profiles,
    hierarchy,
    overlaps,
    overlap_comments,
    overlap_assignees,
    decisions,
    link_proposals,
    reports,
    data_quality,
    sandbox,
)
"""In the order of the reference."""


def routes() -> list[BaseRoute]:
    """Every operation of version 1."""
    return [route for resource in RESOURCES for route in resource.router.routes]
