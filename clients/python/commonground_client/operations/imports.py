"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, Upload, path
from commonground_client.sync import Sender


def _cancel_import(import_id: UUID, *, idempotency_key: str | None = None) -> Call[m.Import]:
    return Call(
        method="POST",
        path=path("/v1/imports/{}/cancel", import_id),
        answer=m.Import,
        headers={"Idempotency-Key": idempotency_key},
    )


def _confirm_import(import_id: UUID, *, idempotency_key: str | None = None) -> Call[m.Import]:
    return Call(
        method="POST",
        path=path("/v1/imports/{}/confirm", import_id),
        answer=m.Import,
        headers={"Idempotency-Key": idempotency_key},
    )


def _create_import(
    content: Upload,
    *,
    filename: str | None = None,
    mapping: str | None = None,
    records: m.ImportKind | str | None = None,
    population: str | None = None,
    mode: m.ImportMode | str | None = None,
    columns: str | None = None,
    worksheet: str | None = None,
    all_or_nothing: bool | None = None,
    dry_run: bool | None = None,
    confirm: bool | None = None,
    idempotency_key: str | None = None,
) -> Call[m.Import]:
    return Call(
        method="POST",
        path=path("/v1/imports"),
        answer=m.Import,
        query={
            "filename": filename,
            "mapping": mapping,
            "records": records,
            "population": population,
            "mode": mode,
            "columns": columns,
            "worksheet": worksheet,
            "all_or_nothing": all_or_nothing,
            "dry_run": dry_run,
            "confirm": confirm,
        },
        headers={"Idempotency-Key": idempotency_key},
        content=content,
        media_type="application/octet-stream",
    )


def _delete_import_mapping(
    name: str, *, if_match: str | None = None, if_none_match: str | None = None
) -> Call[None]:
    return Call(
        method="DELETE",
        path=path("/v1/import-mappings/{}", name),
        answer=type(None),
        headers={"if-match": if_match, "if-none-match": if_none_match},
    )


def _download_rejected_rows(import_id: UUID) -> Call[str]:
    return Call(method="GET", path=path("/v1/imports/{}/rejected-rows", import_id), answer=str)


def _get_import(import_id: UUID) -> Call[m.Import]:
    return Call(method="GET", path=path("/v1/imports/{}", import_id), answer=m.Import)


def _get_import_mapping(name: str) -> Call[m.ImportMapping]:
    return Call(method="GET", path=path("/v1/import-mappings/{}", name), answer=m.ImportMapping)


def _list_import_errors(
    import_id: UUID, *, cursor: str | None = None, limit: int | None = None
) -> Call[m.RowErrorPage]:
    return Call(
        method="GET",
        path=path("/v1/imports/{}/errors", import_id),
        answer=m.RowErrorPage,
        query={"cursor": cursor, "limit": limit},
    )


def _list_import_mappings() -> Call[m.ImportMappingPage]:
    return Call(method="GET", path=path("/v1/import-mappings"), answer=m.ImportMappingPage)


def _list_imports(
    *, origin: m.Origin | str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[m.ImportPage]:
    return Call(
        method="GET",
        path=path("/v1/imports"),
        answer=m.ImportPage,
        query={"origin": origin, "cursor": cursor, "limit": limit},
    )


def _put_import_mapping(
    name: str, body: m.ImportMappingIn, *, if_match: str | None = None, if_none_match: str | None = None
) -> Call[m.ImportMapping]:
    return Call(
        method="PUT",
        path=path("/v1/import-mappings/{}", name),
        answer=m.ImportMapping,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        json=body,
    )


def _roll_back_import(import_id: UUID, *, idempotency_key: str | None = None) -> Call[m.Import]:
    return Call(
        method="POST",
        path=path("/v1/imports/{}/rollback", import_id),
        answer=m.Import,
        headers={"Idempotency-Key": idempotency_key},
    )


def _watch_import(import_id: UUID, *, last_event_id: str | None = None) -> Call[str]:
    return Call(
        method="GET",
        path=path("/v1/imports/{}/events", import_id),
        answer=str,
        headers={"last-event-id": last_event_id},
    )


class Imports(Sender):
    def cancel_import(self, import_id: UUID, *, idempotency_key: str | None = None) -> m.Import:
        """Give an import up. One that waits ends at once, one that is being read within a second or so; what is stored stays whole."""
        return self.send(_cancel_import(import_id, idempotency_key=idempotency_key))

    def confirm_import(self, import_id: UUID, *, idempotency_key: str | None = None) -> m.Import:
        """Let a held import go on: what it removes or adds is meant."""
        return self.send(_confirm_import(import_id, idempotency_key=idempotency_key))

    def create_import(
        self,
        content: Upload,
        *,
        filename: str | None = None,
        mapping: str | None = None,
        records: m.ImportKind | str | None = None,
        population: str | None = None,
        mode: m.ImportMode | str | None = None,
        columns: str | None = None,
        worksheet: str | None = None,
        all_or_nothing: bool | None = None,
        dry_run: bool | None = None,
        confirm: bool | None = None,
        idempotency_key: str | None = None,
    ) -> m.Import:
        """Send a list as the body. The answer comes when it is safely stored; poll the import for what became of it."""
        return self.send(
            _create_import(
                content,
                filename=filename,
                mapping=mapping,
                records=records,
                population=population,
                mode=mode,
                columns=columns,
                worksheet=worksheet,
                all_or_nothing=all_or_nothing,
                dry_run=dry_run,
                confirm=confirm,
                idempotency_key=idempotency_key,
            )
        )

    def delete_import_mapping(
        self, name: str, *, if_match: str | None = None, if_none_match: str | None = None
    ) -> None:
        """Remove a saved mapping. Imports that were read by it stay as they are."""
        return self.send(_delete_import_mapping(name, if_match=if_match, if_none_match=if_none_match))

    def download_rejected_rows(self, import_id: UUID) -> str:
        """Every refused row as CSV, to be mended and sent again. Texts that a spreadsheet takes for formulas begin with an
        apostrophe, which an import takes away again.
        """
        return self.send(_download_rejected_rows(import_id))

    def get_import(self, import_id: UUID) -> m.Import:
        """One import; `status` goes from `received` over `running` to `completed`, `held`, `failed` or `cancelled`."""
        return self.send(_get_import(import_id))

    def get_import_mapping(self, name: str) -> m.ImportMapping:
        """One saved mapping, with the `ETag` that a change may name in `If-Match`."""
        return self.send(_get_import_mapping(name))

    def list_import_errors(
        self, import_id: UUID, *, cursor: str | None = None, limit: int | None = None
    ) -> m.RowErrorPage:
        """The rows that were refused, in the order of the file."""
        return self.send(_list_import_errors(import_id, cursor=cursor, limit=limit))

    def iter_import_errors(self, import_id: UUID, *, limit: int | None = None) -> Iterator[m.RowError]:
        """Every item of `list_import_errors`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_import_errors(import_id, limit=limit, cursor=cursor))

    def list_import_mappings(self) -> m.ImportMappingPage:
        """The saved mappings, by name."""
        return self.send(_list_import_mappings())

    def list_imports(
        self, *, origin: m.Origin | str | None = None, cursor: str | None = None, limit: int | None = None
    ) -> m.ImportPage:
        """Imports, newest first."""
        return self.send(_list_imports(origin=origin, cursor=cursor, limit=limit))

    def iter_imports(
        self, *, origin: m.Origin | str | None = None, limit: int | None = None
    ) -> Iterator[m.Import]:
        """Every item of `list_imports`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_imports(origin=origin, limit=limit, cursor=cursor))

    def put_import_mapping(
        self,
        name: str,
        body: m.ImportMappingIn,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.ImportMapping:
        """Save how the lists of one source are read, in place of what stood under the name. Uploads say `mapping=` with it."""
        return self.send(_put_import_mapping(name, body, if_match=if_match, if_none_match=if_none_match))

    def roll_back_import(self, import_id: UUID, *, idempotency_key: str | None = None) -> m.Import:
        """Undo an import, as an import of its own: what it made goes, what it changed or removed comes back, and what a later
        import wrote stays as it is (`skipped`). Possible for 90 days, and for the last ten imports.
        """
        return self.send(_roll_back_import(import_id, idempotency_key=idempotency_key))

    def watch_import(self, import_id: UUID, *, last_event_id: str | None = None) -> str:
        """Hear of an import until it is completed, held, failed or cancelled. The stream ends after a minute at the latest: go on with
        `Last-Event-ID`, as browsers do by themselves.
        """
        return self.send(_watch_import(import_id, last_event_id=last_event_id))


class AsyncImports(AsyncSender):
    async def cancel_import(self, import_id: UUID, *, idempotency_key: str | None = None) -> m.Import:
        """Give an import up. One that waits ends at once, one that is being read within a second or so; what is stored stays whole."""
        return await self.send(_cancel_import(import_id, idempotency_key=idempotency_key))

    async def confirm_import(self, import_id: UUID, *, idempotency_key: str | None = None) -> m.Import:
        """Let a held import go on: what it removes or adds is meant."""
        return await self.send(_confirm_import(import_id, idempotency_key=idempotency_key))

    async def create_import(
        self,
        content: Upload,
        *,
        filename: str | None = None,
        mapping: str | None = None,
        records: m.ImportKind | str | None = None,
        population: str | None = None,
        mode: m.ImportMode | str | None = None,
        columns: str | None = None,
        worksheet: str | None = None,
        all_or_nothing: bool | None = None,
        dry_run: bool | None = None,
        confirm: bool | None = None,
        idempotency_key: str | None = None,
    ) -> m.Import:
        """Send a list as the body. The answer comes when it is safely stored; poll the import for what became of it."""
        return await self.send(
            _create_import(
                content,
                filename=filename,
                mapping=mapping,
                records=records,
                population=population,
                mode=mode,
                columns=columns,
                worksheet=worksheet,
                all_or_nothing=all_or_nothing,
                dry_run=dry_run,
                confirm=confirm,
                idempotency_key=idempotency_key,
            )
        )

    async def delete_import_mapping(
        self, name: str, *, if_match: str | None = None, if_none_match: str | None = None
    ) -> None:
        """Remove a saved mapping. Imports that were read by it stay as they are."""
        return await self.send(_delete_import_mapping(name, if_match=if_match, if_none_match=if_none_match))

    async def download_rejected_rows(self, import_id: UUID) -> str:
        """Every refused row as CSV, to be mended and sent again. Texts that a spreadsheet takes for formulas begin with an
        apostrophe, which an import takes away again.
        """
        return await self.send(_download_rejected_rows(import_id))

    async def get_import(self, import_id: UUID) -> m.Import:
        """One import; `status` goes from `received` over `running` to `completed`, `held`, `failed` or `cancelled`."""
        return await self.send(_get_import(import_id))

    async def get_import_mapping(self, name: str) -> m.ImportMapping:
        """One saved mapping, with the `ETag` that a change may name in `If-Match`."""
        return await self.send(_get_import_mapping(name))

    async def list_import_errors(
        self, import_id: UUID, *, cursor: str | None = None, limit: int | None = None
    ) -> m.RowErrorPage:
        """The rows that were refused, in the order of the file."""
        return await self.send(_list_import_errors(import_id, cursor=cursor, limit=limit))

    def iter_import_errors(self, import_id: UUID, *, limit: int | None = None) -> AsyncIterator[m.RowError]:
        """Every item of `list_import_errors`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_import_errors(import_id, limit=limit, cursor=cursor))

    async def list_import_mappings(self) -> m.ImportMappingPage:
        """The saved mappings, by name."""
        return await self.send(_list_import_mappings())

    async def list_imports(
        self, *, origin: m.Origin | str | None = None, cursor: str | None = None, limit: int | None = None
    ) -> m.ImportPage:
        """Imports, newest first."""
        return await self.send(_list_imports(origin=origin, cursor=cursor, limit=limit))

    def iter_imports(
        self, *, origin: m.Origin | str | None = None, limit: int | None = None
    ) -> AsyncIterator[m.Import]:
        """Every item of `list_imports`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_imports(origin=origin, limit=limit, cursor=cursor))

    async def put_import_mapping(
        self,
        name: str,
        body: m.ImportMappingIn,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.ImportMapping:
        """Save how the lists of one source are read, in place of what stood under the name. Uploads say `mapping=` with it."""
        return await self.send(
            _put_import_mapping(name, body, if_match=if_match, if_none_match=if_none_match)
        )

    async def roll_back_import(self, import_id: UUID, *, idempotency_key: str | None = None) -> m.Import:
        """Undo an import, as an import of its own: what it made goes, what it changed or removed comes back, and what a later
        import wrote stays as it is (`skipped`). Possible for 90 days, and for the last ten imports.
        """
        return await self.send(_roll_back_import(import_id, idempotency_key=idempotency_key))

    async def watch_import(self, import_id: UUID, *, last_event_id: str | None = None) -> str:
        """Hear of an import until it is completed, held, failed or cancelled. The stream ends after a minute at the latest: go on with
        `Last-Event-ID`, as browsers do by themselves.
        """
        return await self.send(_watch_import(import_id, last_event_id=last_event_id))
