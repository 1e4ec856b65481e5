"""How each route is called so that it succeeds, and the scope that it needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fastapi import FastAPI

from service.organizations.models import Scope
from tests.factories.people import PASSWORD


@dataclass(frozen=True)
class Route:
    """How to call a route so that it succeeds for the pair's left side; `{name}` is filled from what the world has."""

    scope: Scope | None
    query: dict[str, str] = field(default_factory=dict)
    json: dict[str, object] | None = None
    content: bytes | None = None
    own: bool = True
    """Whether its path or query names something of a tenant."""
    also: tuple[Scope, ...] = ()
    """Scopes that it needs beside `scope`."""


def of_people(**call: dict[str, object]) -> Route:
    """For whoever is signed in, whatever their role; `{name}` in its body is filled too."""
    return Route(None, own=False, **call)  # type: ignore[arg-type]  # `json` alone is given


BEFORE_SIGN_IN = frozenset(
    {
        "ask_to_sign_up", "sign_up", "sign_in", "ask_for_password_reset", "reset_password", "verify_email",
        "accept_member_invitation", "go_to_sign_on", "begin_sign_on", "finish_sign_on",
    }
)  # fmt: skip
"""For whoever has credentials or a link; tests of people call them."""


OF_PEOPLE: dict[str, Route] = {
    "list_sessions": of_people(),
    "end_other_sessions": of_people(),
    "get_current_session": of_people(),
    "sign_out": of_people(),
    "switch_organization": of_people(json={"organization_id": "{organization_id}"}),
    "end_session": of_people(),
    "get_me": of_people(),
    "update_me": of_people(json={"name": "Another name"}),
    "change_password": of_people(json={"current": PASSWORD, "new": "a new and better one"}),
    "ask_for_verification": of_people(),
    "leave_organization": of_people(),
    "get_second_factor": of_people(),
    "enrol_second_factor": of_people(json={"password": PASSWORD}),
    "confirm_second_factor": of_people(json={"code": "123456"}),
    "renew_recovery_codes": of_people(json={"password": PASSWORD, "code": "123456"}),
    "disable_second_factor": of_people(json={"password": PASSWORD, "code": "123456"}),
}


ANNS = {"field": "owner", "op": "is", "value": "Ann"}


PARTNERSHIP = {"partnership": "{partnership_id}"}


MATRIX: dict[str, Route] = {
    "livez": Route(None, own=False),
    "readyz": Route(None, own=False),
    "get_my_organization": Route(Scope.ACCOUNTS_READ, own=False),
    "list_members": Route(Scope.MEMBERS_READ, own=False),
    "get_member": Route(Scope.MEMBERS_READ),
    "put_member_role": Route(Scope.MEMBERS_ADMIN, json={"role": "sales"}),
    "remove_member": Route(Scope.MEMBERS_ADMIN),
    "create_member_invitation": Route(
        Scope.MEMBERS_ADMIN, json={"email": "new@example.com", "role": "viewer"}, own=False
    ),
    "list_member_invitations": Route(Scope.MEMBERS_READ, own=False),
    "resend_member_invitation": Route(Scope.MEMBERS_ADMIN),
    "withdraw_member_invitation": Route(Scope.MEMBERS_ADMIN),
    "create_invitation": Route(Scope.PARTNERSHIPS_ADMIN, json={"handle": "somebody"}, own=False),
    "list_invitations": Route(Scope.PARTNERSHIPS_READ, own=False),
    "resend_invitation": Route(Scope.PARTNERSHIPS_ADMIN),
    "withdraw_invitation": Route(Scope.PARTNERSHIPS_ADMIN),
    "open_invitation": Route(Scope.PARTNERSHIPS_ADMIN, json={"token": "{partner_link}"}, own=False),
    "list_received_invitations": Route(Scope.PARTNERSHIPS_READ, own=False),
    "get_received_invitation": Route(Scope.PARTNERSHIPS_READ),
    "accept_invitation": Route(Scope.PARTNERSHIPS_ADMIN, json={"safety_number": "{safety_number}"}),
    "decline_invitation": Route(Scope.PARTNERSHIPS_ADMIN),
    "create_import": Route(Scope.IMPORTS_WRITE, content=b"Company\nA\n", own=False),
    "create_api_key": Route(Scope.KEYS_ADMIN, json={"name": "x", "scopes": ["keys:admin"]}, own=False),
    "list_api_keys": Route(Scope.KEYS_ADMIN, own=False),
    "get_api_key": Route(Scope.KEYS_ADMIN),
    "update_api_key": Route(Scope.KEYS_ADMIN, json={"name": "y"}),
    "rotate_api_key": Route(Scope.KEYS_ADMIN),
    "revoke_api_key": Route(Scope.KEYS_ADMIN),
    "list_audit_entries": Route(Scope.AUDIT_READ, own=False),
    "list_audit_checkpoints": Route(Scope.AUDIT_READ, own=False),
    "export_audit_log": Route(Scope.AUDIT_READ, own=False),
    "create_sandbox": Route(Scope.ORGANIZATION_ADMIN, own=False),
    "get_sandbox": Route(Scope.ACCOUNTS_READ, own=False),
    "reset_sandbox": Route(Scope.ORGANIZATION_ADMIN, own=False),
    "delete_sandbox": Route(Scope.ORGANIZATION_ADMIN, own=False),
    "create_sandbox_key": Route(Scope.KEYS_ADMIN, json={"name": "x", "scopes": ["keys:admin"]}, own=False),
    "list_sandbox_keys": Route(Scope.KEYS_ADMIN, own=False),
    "update_sandbox_key": Route(Scope.KEYS_ADMIN, json={"name": "y"}),
    "rotate_sandbox_key": Route(Scope.KEYS_ADMIN),
    "revoke_sandbox_key": Route(Scope.KEYS_ADMIN),
    "list_imports": Route(Scope.IMPORTS_READ, own=False),
    "get_import": Route(Scope.IMPORTS_READ),
    "watch_import": Route(Scope.IMPORTS_READ),
    "list_import_errors": Route(Scope.IMPORTS_READ),
    "download_rejected_rows": Route(Scope.IMPORTS_READ),
    "roll_back_import": Route(Scope.IMPORTS_WRITE),
    "confirm_import": Route(Scope.IMPORTS_WRITE),
    "cancel_import": Route(Scope.IMPORTS_WRITE),
    "list_import_mappings": Route(Scope.IMPORTS_READ, own=False),
    "get_import_mapping": Route(Scope.IMPORTS_READ),
    "put_import_mapping": Route(Scope.IMPORTS_WRITE, json={"columns": {"name": "Firma"}}, own=False),
    "delete_import_mapping": Route(Scope.IMPORTS_WRITE),
    "list_accounts": Route(Scope.ACCOUNTS_READ, own=False),
    "get_account": Route(Scope.ACCOUNTS_READ),
    "list_duplicates": Route(Scope.ACCOUNTS_READ, own=False),
    "get_duplicate_search": Route(Scope.ACCOUNTS_READ, own=False),
    "search_duplicates": Route(Scope.IMPORTS_WRITE, own=False),
    "get_duplicate": Route(Scope.ACCOUNTS_READ),
    "merge_duplicate": Route(Scope.IMPORTS_WRITE, json={}),
    "dismiss_duplicate": Route(Scope.IMPORTS_WRITE),
    "list_account_attributes": Route(Scope.ACCOUNTS_READ, own=False),
    "rename_account_attribute": Route(Scope.IMPORTS_WRITE, json={"name": "Tier"}),
    "delete_account_attribute": Route(Scope.IMPORTS_WRITE),
    "put_accounts": Route(Scope.IMPORTS_WRITE, json={"records": [{"name": "Orchid"}]}, own=False),
    "put_contacts": Route(Scope.IMPORTS_WRITE, json={"records": [{"name": "Ann"}]}, own=False),
    "put_opportunities": Route(Scope.IMPORTS_WRITE, json={"records": [{"name": "Deal"}]}, own=False),
    "get_account_by_external_id": Route(Scope.ACCOUNTS_READ),
    "put_account_by_external_id": Route(Scope.IMPORTS_WRITE, json={"owner": "Ann"}, own=False),
    "remove_account_by_external_id": Route(Scope.IMPORTS_WRITE),
    "lookup": Route(
        Scope.ACCOUNTS_READ, query={"domain": "siemens.com"}, own=False, also=(Scope.OVERLAPS_READ,)
    ),
    "list_contacts": Route(Scope.CONTACTS_READ, own=False),
    "get_contact": Route(Scope.CONTACTS_READ),
    "erase_contact": Route(Scope.CONTACTS_WRITE),
    "list_opportunities": Route(Scope.ACCOUNTS_READ, own=False),
    "get_opportunity": Route(Scope.ACCOUNTS_READ),
    "get_data_quality": Route(Scope.ACCOUNTS_READ, own=False),
    "list_populations": Route(Scope.ACCOUNTS_READ, own=False),
    "create_population": Route(Scope.IMPORTS_WRITE, json={"name": "New", "filter": ANNS}, own=False),
    "preview_population": Route(Scope.ACCOUNTS_READ, json={"filter": ANNS}, own=False),
    "get_population": Route(Scope.ACCOUNTS_READ),
    "update_population": Route(Scope.IMPORTS_WRITE, json={"name": "Other"}),
    "delete_population": Route(Scope.IMPORTS_WRITE),
    "change_population_members": Route(Scope.IMPORTS_WRITE, json={"add": ["{account_id}"]}),
    "list_partnerships": Route(Scope.PARTNERSHIPS_READ, own=False),
    "get_partnership": Route(Scope.PARTNERSHIPS_READ),
    "update_partnership": Route(Scope.PARTNERSHIPS_ADMIN, json={"reviews": False}),
    "rotate_partnership_keys": Route(Scope.PARTNERSHIPS_ADMIN),
    "pause_partnership": Route(Scope.PARTNERSHIPS_ADMIN),
    "resume_partnership": Route(Scope.PARTNERSHIPS_ADMIN),
    "end_partnership": Route(Scope.PARTNERSHIPS_ADMIN),
    "list_sharing_rules": Route(Scope.PARTNERSHIPS_READ),
    "get_sharing_rule": Route(Scope.PARTNERSHIPS_READ),
    "put_sharing_rule": Route(Scope.PARTNERSHIPS_ADMIN, json={"level": "overlapping"}),
    "get_partnership_profile": Route(Scope.PARTNERSHIPS_READ),
    "update_partnership_profile": Route(Scope.PARTNERSHIPS_ADMIN, json={"tier": "gold"}),
    "get_hierarchy": Route(Scope.PARTNERSHIPS_READ),
    "put_hierarchy": Route(Scope.PARTNERSHIPS_ADMIN, json={"level": "same_parent"}),
    "list_overlaps": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "get_overlap": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "decide_overlap": Route(Scope.OVERLAPS_WRITE, query=PARTNERSHIP, json={"decision": "confirm"}),
    "decide_overlaps": Route(
        Scope.OVERLAPS_WRITE,
        query=PARTNERSHIP,
        json={"decisions": [{"overlap_id": "{overlap_id}", "decision": "confirm"}]},
    ),
    "list_link_proposals": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "create_link_proposal": Route(
        Scope.OVERLAPS_WRITE,
        query=PARTNERSHIP,
        json={"account_id": "{account_id}", "partner_name": "Siemens"},
    ),
    "answer_link_proposal": Route(Scope.OVERLAPS_WRITE, query=PARTNERSHIP, json={"answer": "refuse"}),
    "withdraw_link_proposal": Route(Scope.OVERLAPS_WRITE, query=PARTNERSHIP),
    "get_overlap_matrix": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "list_overlap_comments": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "create_overlap_comment": Route(Scope.COMMENTS_WRITE, query=PARTNERSHIP, json={"text": "x"}),
    "get_overlap_comment": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "update_overlap_comment": Route(Scope.COMMENTS_WRITE, query=PARTNERSHIP, json={"text": "y"}),
    "delete_overlap_comment": Route(Scope.COMMENTS_WRITE, query=PARTNERSHIP),
    "get_overlap_assignee": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "put_overlap_assignee": Route(Scope.COMMENTS_WRITE, query=PARTNERSHIP, json={"person_id": "{person_id}"}),
}


def operations(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """(operation id, method, path) of the whole description."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], method, path


def filled(body: Mapping[str, object] | None, known: Mapping[str, str]) -> dict[str, object] | None:
    """A body of the matrix with these ids in the places of their names."""
    return None if body is None else {key: _said(value, known) for key, value in body.items()}


def _said(value: object, known: Mapping[str, str]) -> object:
    if isinstance(value, list):
        return [_said(one, known) for one in value]
    if isinstance(value, dict):
        return {key: _said(one, known) for key, one in value.items()}
    return value.format(**known) if isinstance(value, str) else value
