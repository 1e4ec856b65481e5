"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import Mapping

from commonground_client.operations.accounts import Accounts, AsyncAccounts
from commonground_client.operations.api_keys import ApiKeys, AsyncApiKeys
from commonground_client.operations.audit_log import AsyncAuditLog, AuditLog
from commonground_client.operations.health import AsyncHealth, Health
from commonground_client.operations.imports import AsyncImports, Imports
from commonground_client.operations.organizations import AsyncOrganizations, Organizations
from commonground_client.operations.overlaps import AsyncOverlaps, Overlaps
from commonground_client.operations.partnerships import AsyncPartnerships, Partnerships
from commonground_client.operations.populations import AsyncPopulations, Populations
from commonground_client.operations.reports import AsyncReports, Reports

__all__ = ["OPERATIONS", "AsyncOperations", "Operations"]


class Operations(
    Accounts, ApiKeys, AuditLog, Health, Imports, Organizations, Overlaps, Partnerships, Populations, Reports
):
    pass


class AsyncOperations(
    AsyncAccounts,
    AsyncApiKeys,
    AsyncAuditLog,
    AsyncHealth,
    AsyncImports,
    AsyncOrganizations,
    AsyncOverlaps,
    AsyncPartnerships,
    AsyncPopulations,
    AsyncReports,
):
    pass


OPERATIONS: Mapping[str, tuple[str, str]] = {
    "get_account": ("GET", "/v1/accounts/{account_id}"),
    "list_accounts": ("GET", "/v1/accounts"),
    "create_api_key": ("POST", "/v1/api-keys"),
    "get_api_key": ("GET", "/v1/api-keys/{key_id}"),
    "list_api_keys": ("GET", "/v1/api-keys"),
    "revoke_api_key": ("POST", "/v1/api-keys/{key_id}/revoke"),
    "rotate_api_key": ("POST", "/v1/api-keys/{key_id}/rotate"),
    "update_api_key": ("PATCH", "/v1/api-keys/{key_id}"),
    "export_audit_log": ("GET", "/v1/audit-log/export"),
    "list_audit_checkpoints": ("GET", "/v1/audit-log/checkpoints"),
    "list_audit_entries": ("GET", "/v1/audit-log"),
    "livez": ("GET", "/livez"),
    "readyz": ("GET", "/readyz"),
    "create_import": ("POST", "/v1/imports"),
    "get_import": ("GET", "/v1/imports/{import_id}"),
    "list_import_errors": ("GET", "/v1/imports/{import_id}/errors"),
    "list_imports": ("GET", "/v1/imports"),
    "get_my_organization": ("GET", "/v1/organizations/me"),
    "get_overlap": ("GET", "/v1/overlaps/{overlap_id}"),
    "list_overlaps": ("GET", "/v1/overlaps"),
    "get_partnership": ("GET", "/v1/partnerships/{partnership_id}"),
    "get_sharing_rule": ("GET", "/v1/partnerships/{partnership_id}/sharing-rules/{population}"),
    "list_partnerships": ("GET", "/v1/partnerships"),
    "list_sharing_rules": ("GET", "/v1/partnerships/{partnership_id}/sharing-rules"),
    "put_sharing_rule": ("PUT", "/v1/partnerships/{partnership_id}/sharing-rules/{population}"),
    "list_populations": ("GET", "/v1/populations"),
    "get_overlap_matrix": ("GET", "/v1/reports/matrix"),
}
"""Method and path of each operation of the document."""
