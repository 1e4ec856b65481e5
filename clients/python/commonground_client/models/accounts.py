"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client.base import Page
from commonground_client.models.common import Account


class AccountPage(Page[Account]):
    pass
