"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import Mapping

from commonground_client.operations.accounts import Accounts, AsyncAccounts
from commonground_client.operations.api_keys import ApiKeys, AsyncApiKeys
from commonground_client.operations.audit_log import AsyncAuditLog, AuditLog
from commonground_client.operations.comments import AsyncComments, Comments
from commonground_client.operations.contacts import AsyncContacts, Contacts
from commonground_client.operations.duplicates import AsyncDuplicates, Duplicates
from commonground_client.operations.health import AsyncHealth, Health
from commonground_client.operations.imports import AsyncImports, Imports
from commonground_client.operations.lookup import AsyncLookup, Lookup
from commonground_client.operations.members import AsyncMembers, Members
from commonground_client.operations.opportunities import AsyncOpportunities, Opportunities
from commonground_client.operations.organizations import AsyncOrganizations, Organizations
from commonground_client.operations.overlaps import AsyncOverlaps, Overlaps
from commonground_client.operations.partnerships import AsyncPartnerships, Partnerships
from commonground_client.operations.person import AsyncPerson, Person
from commonground_client.operations.populations import AsyncPopulations, Populations
from commonground_client.operations.reports import AsyncReports, Reports
from commonground_client.operations.sandbox import AsyncSandbox, Sandbox
from commonground_client.operations.second_factor import AsyncSecondFactor, SecondFactor
from commonground_client.operations.sessions import AsyncSessions, Sessions
from commonground_client.operations.sign_up import AsyncSignUp, SignUp
from commonground_client.operations.single_sign_on import AsyncSingleSignOn, SingleSignOn

__all__ = ["OPERATIONS", "AsyncOperations", "Operations"]


class Operations(
    Accounts,
    ApiKeys,
    AuditLog,
    Comments,
    Contacts,
    Duplicates,
    Health,
    Imports,
    Lookup,
    Members,
    Opportunities,
    Organizations,
    Overlaps,
    Partnerships,
    Person,
    Populations,
    Reports,
    Sandbox,
    SecondFactor,
    Sessions,
    SignUp,
    SingleSignOn,
):
    pass


class AsyncOperations(
    AsyncAccounts,
    AsyncApiKeys,
    AsyncAuditLog,
    AsyncComments,
    AsyncContacts,
    AsyncDuplicates,
    AsyncHealth,
    AsyncImports,
    AsyncLookup,
    AsyncMembers,
    AsyncOpportunities,
    AsyncOrganizations,
    AsyncOverlaps,
    AsyncPartnerships,
    AsyncPerson,
    AsyncPopulations,
    AsyncReports,
    AsyncSandbox,
    AsyncSecondFactor,
    AsyncSessions,
    AsyncSignUp,
    AsyncSingleSignOn,
):
    pass


OPERATIONS: Mapping[str, tuple[str, str]] = {
    "delete_account_attribute": ("DELETE", "/v1/account-attributes/{attribute}"),
    "get_account": ("GET", "/v1/accounts/{account_id}"),
    "get_account_by_external_id": ("GET", "/v1/accounts/by-external-id/{external_id}"),
    "list_account_attributes": ("GET", "/v1/account-attributes"),
    "list_accounts": ("GET", "/v1/accounts"),
    "put_account_by_external_id": ("PUT", "/v1/accounts/by-external-id/{external_id}"),
    "put_accounts": ("POST", "/v1/accounts:batch"),
    "remove_account_by_external_id": ("DELETE", "/v1/accounts/by-external-id/{external_id}"),
    "rename_account_attribute": ("PATCH", "/v1/account-attributes/{attribute}"),
    "create_api_key": ("POST", "/v1/api-keys"),
    "get_api_key": ("GET", "/v1/api-keys/{key_id}"),
    "list_api_keys": ("GET", "/v1/api-keys"),
    "revoke_api_key": ("POST", "/v1/api-keys/{key_id}/revoke"),
    "rotate_api_key": ("POST", "/v1/api-keys/{key_id}/rotate"),
    "update_api_key": ("PATCH", "/v1/api-keys/{key_id}"),
    "export_audit_log": ("GET", "/v1/audit-log/export"),
    "list_audit_checkpoints": ("GET", "/v1/audit-log/checkpoints"),
    "list_audit_entries": ("GET", "/v1/audit-log"),
    "create_overlap_comment": ("POST", "/v1/overlaps/{overlap_id}/comments"),
    "delete_overlap_comment": ("DELETE", "/v1/overlaps/{overlap_id}/comments/{comment_id}"),
    "get_overlap_assignee": ("GET", "/v1/overlaps/{overlap_id}/assignee"),
    "get_overlap_comment": ("GET", "/v1/overlaps/{overlap_id}/comments/{comment_id}"),
    "list_overlap_comments": ("GET", "/v1/overlaps/{overlap_id}/comments"),
    "put_overlap_assignee": ("PUT", "/v1/overlaps/{overlap_id}/assignee"),
    "update_overlap_comment": ("PATCH", "/v1/overlaps/{overlap_id}/comments/{comment_id}"),
    "erase_contact": ("DELETE", "/v1/contacts/{contact_id}"),
    "get_contact": ("GET", "/v1/contacts/{contact_id}"),
    "list_contacts": ("GET", "/v1/contacts"),
    "put_contacts": ("POST", "/v1/contacts:batch"),
    "dismiss_duplicate": ("POST", "/v1/accounts/duplicates/{duplicate_id}/dismiss"),
    "get_duplicate": ("GET", "/v1/accounts/duplicates/{duplicate_id}"),
    "get_duplicate_search": ("GET", "/v1/accounts/duplicates/search"),
    "list_duplicates": ("GET", "/v1/accounts/duplicates"),
    "merge_duplicate": ("POST", "/v1/accounts/duplicates/{duplicate_id}/merge"),
    "search_duplicates": ("POST", "/v1/accounts/duplicates/search"),
    "livez": ("GET", "/livez"),
    "readyz": ("GET", "/readyz"),
    "cancel_import": ("POST", "/v1/imports/{import_id}/cancel"),
    "confirm_import": ("POST", "/v1/imports/{import_id}/confirm"),
    "create_import": ("POST", "/v1/imports"),
    "delete_import_mapping": ("DELETE", "/v1/import-mappings/{name}"),
    "download_rejected_rows": ("GET", "/v1/imports/{import_id}/rejected-rows"),
    "get_import": ("GET", "/v1/imports/{import_id}"),
    "get_import_mapping": ("GET", "/v1/import-mappings/{name}"),
    "list_import_errors": ("GET", "/v1/imports/{import_id}/errors"),
    "list_import_mappings": ("GET", "/v1/import-mappings"),
    "list_imports": ("GET", "/v1/imports"),
    "put_import_mapping": ("PUT", "/v1/import-mappings/{name}"),
    "roll_back_import": ("POST", "/v1/imports/{import_id}/rollback"),
    "watch_import": ("GET", "/v1/imports/{import_id}/events"),
    "lookup": ("GET", "/v1/lookup"),
    "accept_member_invitation": ("POST", "/v1/member-invitations/accept"),
    "create_member_invitation": ("POST", "/v1/member-invitations"),
    "get_member": ("GET", "/v1/members/{person_id}"),
    "list_member_invitations": ("GET", "/v1/member-invitations"),
    "list_members": ("GET", "/v1/members"),
    "put_member_role": ("PUT", "/v1/members/{person_id}/role"),
    "remove_member": ("DELETE", "/v1/members/{person_id}"),
    "resend_member_invitation": ("POST", "/v1/member-invitations/{invitation_id}/resend"),
    "withdraw_member_invitation": ("DELETE", "/v1/member-invitations/{invitation_id}"),
    "get_opportunity": ("GET", "/v1/opportunities/{opportunity_id}"),
    "list_opportunities": ("GET", "/v1/opportunities"),
    "put_opportunities": ("POST", "/v1/opportunities:batch"),
    "get_my_organization": ("GET", "/v1/organizations/me"),
    "answer_link_proposal": ("POST", "/v1/link-proposals/{received_id}/answer"),
    "create_link_proposal": ("POST", "/v1/link-proposals"),
    "decide_overlap": ("POST", "/v1/overlaps/{overlap_id}/decisions"),
    "decide_overlaps": ("POST", "/v1/overlaps/decisions"),
    "get_overlap": ("GET", "/v1/overlaps/{overlap_id}"),
    "list_link_proposals": ("GET", "/v1/link-proposals"),
    "list_overlaps": ("GET", "/v1/overlaps"),
    "withdraw_link_proposal": ("DELETE", "/v1/link-proposals/{proposal_id}"),
    "end_partnership": ("POST", "/v1/partnerships/{partnership_id}/end"),
    "get_hierarchy": ("GET", "/v1/partnerships/{partnership_id}/hierarchy"),
    "get_partnership": ("GET", "/v1/partnerships/{partnership_id}"),
    "get_sharing_rule": ("GET", "/v1/partnerships/{partnership_id}/sharing-rules/{population}"),
    "list_partnerships": ("GET", "/v1/partnerships"),
    "list_sharing_rules": ("GET", "/v1/partnerships/{partnership_id}/sharing-rules"),
    "pause_partnership": ("POST", "/v1/partnerships/{partnership_id}/pause"),
    "put_hierarchy": ("PUT", "/v1/partnerships/{partnership_id}/hierarchy"),
    "put_sharing_rule": ("PUT", "/v1/partnerships/{partnership_id}/sharing-rules/{population}"),
    "resume_partnership": ("POST", "/v1/partnerships/{partnership_id}/resume"),
    "rotate_partnership_keys": ("POST", "/v1/partnerships/{partnership_id}/epochs"),
    "update_partnership": ("PATCH", "/v1/partnerships/{partnership_id}"),
    "ask_for_password_reset": ("POST", "/v1/password-resets"),
    "ask_for_verification": ("POST", "/v1/person/me/email-verification"),
    "change_password": ("POST", "/v1/person/me/password"),
    "get_me": ("GET", "/v1/person/me"),
    "leave_organization": ("DELETE", "/v1/person/me/organizations/{organization_id}"),
    "reset_password": ("POST", "/v1/password-resets/complete"),
    "update_me": ("PATCH", "/v1/person/me"),
    "verify_email": ("POST", "/v1/email-verifications"),
    "change_population_members": ("POST", "/v1/populations/{population_id}/members"),
    "create_population": ("POST", "/v1/populations"),
    "delete_population": ("DELETE", "/v1/populations/{population_id}"),
    "get_population": ("GET", "/v1/populations/{population_id}"),
    "list_populations": ("GET", "/v1/populations"),
    "preview_population": ("POST", "/v1/populations/preview"),
    "update_population": ("PATCH", "/v1/populations/{population_id}"),
    "get_data_quality": ("GET", "/v1/reports/data-quality"),
    "get_overlap_matrix": ("GET", "/v1/reports/matrix"),
    "create_sandbox": ("POST", "/v1/sandbox"),
    "create_sandbox_key": ("POST", "/v1/sandbox/api-keys"),
    "delete_sandbox": ("DELETE", "/v1/sandbox"),
    "get_sandbox": ("GET", "/v1/sandbox"),
    "list_sandbox_keys": ("GET", "/v1/sandbox/api-keys"),
    "reset_sandbox": ("POST", "/v1/sandbox/reset"),
    "revoke_sandbox_key": ("POST", "/v1/sandbox/api-keys/{test_key_id}/revoke"),
    "rotate_sandbox_key": ("POST", "/v1/sandbox/api-keys/{test_key_id}/rotate"),
    "update_sandbox_key": ("PATCH", "/v1/sandbox/api-keys/{test_key_id}"),
    "confirm_second_factor": ("POST", "/v1/person/me/second-factor/confirm"),
    "disable_second_factor": ("POST", "/v1/person/me/second-factor/disable"),
    "enrol_second_factor": ("POST", "/v1/person/me/second-factor"),
    "get_second_factor": ("GET", "/v1/person/me/second-factor"),
    "renew_recovery_codes": ("POST", "/v1/person/me/second-factor/recovery-codes"),
    "end_other_sessions": ("DELETE", "/v1/sessions"),
    "end_session": ("DELETE", "/v1/sessions/{session_id}"),
    "get_current_session": ("GET", "/v1/sessions/current"),
    "list_sessions": ("GET", "/v1/sessions"),
    "sign_in": ("POST", "/v1/sessions"),
    "sign_out": ("DELETE", "/v1/sessions/current"),
    "switch_organization": ("PUT", "/v1/sessions/current/organization"),
    "ask_to_sign_up": ("POST", "/v1/sign-up/requests"),
    "sign_up": ("POST", "/v1/sign-up"),
    "begin_sign_on": ("POST", "/v1/sso/start"),
    "finish_sign_on": ("GET", "/v1/sso/callback"),
    "go_to_sign_on": ("GET", "/v1/sso/start"),
}
"""Method and path of each operation of the document."""
