# ruff: noqa: RUF001 - look-alike letters are what is tested
"""The spellings of headers: eight languages, and the exports of four CRMs as they really begin."""

import csv
import re
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ingest.header import Wanted, map_columns, spellings, squash
from service.ingest.kinds import CONTACTS as CONTACT
from service.ingest.kinds import OPPORTUNITIES as OPPORTUNITY
from service.ingest.kinds import RecordKind
from service.matching.records import ACCOUNT_FIELDS

LANGUAGES = {"en", "de", "fr", "es", "pt", "id", "ru", "ja"}
ACCOUNT = RecordKind("account", "company", ACCOUNT_FIELDS, ("name", "website"), "headers.csv")
KINDS = (ACCOUNT, CONTACT, OPPORTUNITY)
ALIKE = {"registry_id", "lei", "duns", "siren"}
"""Fields whose header is written alike in several languages, or in one country only: one line serves all."""


def entries(kind: RecordKind) -> list[dict[str, str]]:
    table = resources.files("service.ingest") / "data" / kind.headers
    return list(csv.DictReader(table.read_text("utf-8").splitlines()))


def mapped(kind: RecordKind, header: str) -> dict[str, str]:
    """Field → header, for a header line in quotes where it needs them."""
    headers = next(csv.reader([header]))
    positions = map_columns(headers, Wanted(kind, {}, {}), 1).selection.positions
    return {field: headers[at] for field, at in positions.items()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_spelling_stands_once_for_one_field_of_its_kind(kind: RecordKind) -> None:
    rows = entries(kind)
    assert {row["field"] for row in rows} == set(kind.fields)
    assert {row["language"] for row in rows} == LANGUAGES
    squashed = [squash(row["spelling"]) for row in rows]
    assert sorted(squashed) == sorted(set(squashed)), "what stands twice would be settled by chance"
    assert all(squashed)
    assert all(row["spelling"] == row["spelling"].strip() for row in rows)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_field_has_a_header_in_every_language(kind: RecordKind) -> None:
    spoken = {(row["field"], row["language"]) for row in entries(kind)}
    shared = {(row["field"], squash(row["spelling"])) for row in entries(kind)}
    assert all((field, squash(field)) in shared for field in kind.fields), "its own name"
    missing = [
        (field, language)
        for field in kind.fields
        for language in LANGUAGES
        if (field, language) not in spoken
    ]
    assert {field for field, _ in missing} <= ALIKE


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_lines_of_a_field_stand_together(kind: RecordKind) -> None:
    fields = [row["field"] for row in entries(kind)]
    changes = [field for at, field in enumerate(fields) if at == 0 or fields[at - 1] != field]
    assert len(changes) == len(set(changes)), "rank is read off the order, so a field is one block"


@pytest.mark.parametrize(
    ("kind", "header", "expected"),
    [
        pytest.param(ACCOUNT,
            "Account ID,Account Name,Account Owner,Parent Account,Parent Account ID,Account Number,Type,Industry,Annual Revenue,Employees,"
            "Billing Street,Billing City,Billing State/Province,Billing Zip/Postal Code,Billing Country,Shipping City,Shipping Country,"
            "Phone,Fax,Website,Account Site,Rating,Ownership,SIC Code,Ticker Symbol,Last Activity,Created Date",
            {"external_id": "Account ID", "name": "Account Name", "website": "Website", "country": "Billing Country",
             "city": "Billing City", "industry": "Industry", "employees": "Employees", "revenue": "Annual Revenue",
             "status": "Type", "owner": "Account Owner", "parent_external_id": "Parent Account ID", "parent_name": "Parent Account"},
            id="Salesforce report of accounts"),
        pytest.param(ACCOUNT,
            "Id,IsDeleted,MasterRecordId,Name,Type,ParentId,BillingStreet,BillingCity,BillingState,BillingPostalCode,BillingCountry,"
            "BillingCountryCode,ShippingCity,ShippingCountry,Phone,AccountNumber,Website,PhotoUrl,Sic,Industry,AnnualRevenue,"
            "NumberOfEmployees,Ownership,TickerSymbol,Description,Rating,Site,OwnerId,CreatedDate,SystemModstamp,Jigsaw,"
            "AccountSource,DunsNumber,Tradestyle",
            {"external_id": "Id", "name": "Name", "website": "Website", "country": "BillingCountry", "city": "BillingCity",
             "industry": "Industry", "employees": "NumberOfEmployees", "revenue": "AnnualRevenue", "status": "Type",
             "owner": "OwnerId", "duns": "DunsNumber", "alias_names": "Tradestyle", "parent_external_id": "ParentId"},
            id="Salesforce data export of accounts"),
        pytest.param(ACCOUNT,
            "Record ID,Company name,Company owner,Create Date,Phone Number,Last Activity Date,City,Country/Region,Industry,"
            "Company Domain Name,Website URL,Number of Employees,Annual Revenue,Lifecycle Stage,Lead Status,Type,"
            "LinkedIn Company Page,Parent Company,Additional Domains,State/Region,Associated Contact IDs",
            {"external_id": "Record ID", "name": "Company name", "website": "Website URL", "linkedin": "LinkedIn Company Page",
             "country": "Country/Region", "city": "City", "industry": "Industry", "employees": "Number of Employees",
             "revenue": "Annual Revenue", "status": "Lifecycle Stage", "owner": "Company owner",
             "alias_domains": "Additional Domains", "parent_name": "Parent Company"},
            id="HubSpot companies"),
        pytest.param(ACCOUNT,
            "(Do Not Modify) Account,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Account Name,Account Number,Main Phone,"
            "Website,Email,Address 1: City,Address 1: Country/Region,Address 2: Country/Region,Industry,No. of Employees,Annual Revenue,"
            "Relationship Type,Status,Status Reason,Owner,Parent Account,Currency",
            {"external_id": "(Do Not Modify) Account", "name": "Account Name", "website": "Website", "email": "Email",
             "country": "Address 1: Country/Region", "city": "Address 1: City", "industry": "Industry",
             "employees": "No. of Employees", "revenue": "Annual Revenue", "status": "Relationship Type", "owner": "Owner",
             "parent_name": "Parent Account"},
            id="Dynamics 365 accounts"),
        pytest.param(ACCOUNT,
            "(Nicht ändern) Firma,(Nicht ändern) Zeilenprüfsumme,(Nicht ändern) Geändert am,Firmenname,Straße,Ort,Land,Telefon 1,E-Mail,Website,Besitzer",
            {"external_id": "(Nicht ändern) Firma", "name": "Firmenname", "website": "Website", "email": "E-Mail", "country": "Land",
             "city": "Ort", "owner": "Besitzer"},
            id="Dynamics 365 accounts in German"),
        pytest.param(ACCOUNT,
            "Organization - Name,Organization - ID,Organization - Owner,Organization - Labels,Organization - Address,"
            "Organization - City/town/village/locality of Address,Organization - Country of Address,Organization - Website,"
            "Organization - LinkedIn profile,Organization - Industry,Organization - Annual revenue,Organization - Number of employees,"
            "Organization - Open deals,Organization - Last activity date",
            {"external_id": "Organization - ID", "name": "Organization - Name", "website": "Organization - Website",
             "linkedin": "Organization - LinkedIn profile", "country": "Organization - Country of Address",
             "city": "Organization - City/town/village/locality of Address", "industry": "Organization - Industry",
             "employees": "Organization - Number of employees", "revenue": "Organization - Annual revenue",
             "status": "Organization - Labels", "owner": "Organization - Owner"},
            id="Pipedrive organizations"),
        pytest.param(ACCOUNT, "取引先 ID,取引先名,取引先 所有者,親取引先,種別,業種,従業員数,年間売上,請求先市区郡,請求先国,Webサイト,電話",
            {"external_id": "取引先 ID", "name": "取引先名", "website": "Webサイト", "country": "請求先国", "city": "請求先市区郡",
             "industry": "業種", "employees": "従業員数", "revenue": "年間売上", "status": "種別", "owner": "取引先 所有者", "parent_name": "親取引先"},
            id="Salesforce report of accounts in Japanese"),
        pytest.param(CONTACT,
            "Contact ID,Salutation,First Name,Last Name,Title,Account Name,Account ID,Mailing City,Mailing Country,Phone,Fax,Mobile,"
            "Email,Contact Owner,Account Owner,Department,Lead Source,Reports To,Email Opt Out",
            {"external_id": "Contact ID", "account_external_id": "Account ID", "account_name": "Account Name", "first_name": "First Name",
             "last_name": "Last Name", "email": "Email", "phone": "Phone", "mobile": "Mobile", "title": "Title",
             "department": "Department", "country": "Mailing Country", "city": "Mailing City", "owner": "Contact Owner", "source": "Lead Source"},
            id="Salesforce report of contacts"),
        pytest.param(CONTACT,
            "Id,AccountId,LastName,FirstName,Salutation,Name,OtherCity,OtherCountry,MailingCity,MailingCountry,Phone,MobilePhone,"
            "HomePhone,OtherPhone,Email,Title,Department,LeadSource,OwnerId,HasOptedOutOfEmail,CreatedDate",
            {"external_id": "Id", "account_external_id": "AccountId", "name": "Name", "first_name": "FirstName", "last_name": "LastName",
             "email": "Email", "phone": "Phone", "mobile": "MobilePhone", "title": "Title", "department": "Department",
             "country": "MailingCountry", "city": "MailingCity", "owner": "OwnerId", "source": "LeadSource"},
            id="Salesforce data export of contacts"),
        pytest.param(CONTACT,
            "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Contact owner,Lead Status,Lifecycle Stage,"
            "Marketing contact status,Job Title,Company Name,Associated Company IDs,Associated Company,Country/Region,City,"
            "LinkedIn URL,Website URL,Legal basis for processing contact's data,Original Traffic Source",
            {"external_id": "Record ID", "account_external_id": "Associated Company IDs", "account_name": "Company Name",
             "account_domain": "Website URL", "first_name": "First Name", "last_name": "Last Name", "email": "Email", "phone": "Phone Number",
             "mobile": "Mobile Phone Number", "title": "Job Title", "linkedin": "LinkedIn URL", "country": "Country/Region", "city": "City",
             "owner": "Contact owner", "status": "Lead Status", "consent": "Legal basis for processing contact's data",
             "source": "Original Traffic Source"},
            id="HubSpot contacts"),
        pytest.param(CONTACT,
            "(Do Not Modify) Contact,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Full Name,First Name,Last Name,Email,"
            "Company Name,Business Phone,Mobile Phone,Job Title,Department,Address 1: City,Address 1: Country/Region,Status,Owner",
            {"external_id": "(Do Not Modify) Contact", "account_name": "Company Name", "name": "Full Name", "first_name": "First Name",
             "last_name": "Last Name", "email": "Email", "phone": "Business Phone", "mobile": "Mobile Phone", "title": "Job Title",
             "department": "Department", "country": "Address 1: Country/Region", "city": "Address 1: City", "owner": "Owner", "status": "Status"},
            id="Dynamics 365 contacts"),
        pytest.param(CONTACT,
            "Person - Name,Person - First name,Person - Last name,Person - ID,Person - Organization,Person - Email - Work,Person - Email - Home,"
            "Person - Phone - Work,Person - Phone - Mobile,Person - Label,Person - Owner,Person - Job title,Person - Marketing status,Organization - ID",
            {"external_id": "Person - ID", "account_external_id": "Organization - ID", "account_name": "Person - Organization",
             "name": "Person - Name", "first_name": "Person - First name", "last_name": "Person - Last name", "email": "Person - Email - Work",
             "phone": "Person - Phone - Work", "mobile": "Person - Phone - Mobile", "title": "Person - Job title", "owner": "Person - Owner",
             "status": "Person - Label", "consent": "Person - Marketing status"},
            id="Pipedrive people"),
        pytest.param(OPPORTUNITY,
            "Opportunity ID,Opportunity Name,Account Name,Account ID,Amount Currency,Amount,Probability (%),Stage,Fiscal Period,Age,"
            "Close Date,Created Date,Next Step,Lead Source,Type,Opportunity Owner,Owner Role,Account Owner,Won,Closed Date",
            {"external_id": "Opportunity ID", "account_external_id": "Account ID", "account_name": "Account Name", "name": "Opportunity Name",
             "stage": "Stage", "amount": "Amount", "currency": "Amount Currency", "probability": "Probability (%)", "owner": "Opportunity Owner",
             "created": "Created Date", "expected_close": "Close Date", "closed": "Closed Date", "type": "Type", "next_step": "Next Step"},
            id="Salesforce report of opportunities"),
        pytest.param(OPPORTUNITY,
            "Id,AccountId,Name,StageName,Amount,Probability,ExpectedRevenue,CloseDate,Type,NextStep,LeadSource,IsClosed,IsWon,"
            "ForecastCategoryName,CurrencyIsoCode,OwnerId,CreatedDate",
            {"external_id": "Id", "account_external_id": "AccountId", "name": "Name", "stage": "StageName", "amount": "Amount",
             "currency": "CurrencyIsoCode", "probability": "Probability", "owner": "OwnerId", "created": "CreatedDate",
             "expected_close": "CloseDate", "type": "Type", "next_step": "NextStep"},
            id="Salesforce data export of opportunities"),
        pytest.param(OPPORTUNITY,
            "Record ID,Deal Name,Deal Stage,Pipeline,Close Date,Deal owner,Amount,Amount in company currency,Currency,Create Date,"
            "Deal Type,Deal probability,Next step,Associated Company IDs (Primary),Associated Company (Primary),Associated Company",
            {"external_id": "Record ID", "account_external_id": "Associated Company IDs (Primary)",
             "account_name": "Associated Company (Primary)", "name": "Deal Name", "stage": "Deal Stage", "amount": "Amount",
             "currency": "Currency", "probability": "Deal probability", "owner": "Deal owner", "created": "Create Date",
             "expected_close": "Close Date", "type": "Deal Type", "next_step": "Next step"},
            id="HubSpot deals"),
        pytest.param(OPPORTUNITY,
            "(Do Not Modify) Opportunity,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Topic,Potential Customer,Account,"
            "Est. Close Date,Est. Revenue,Actual Close Date,Actual Revenue,Currency,Probability,Pipeline Phase,Status,Status Reason,Owner,Created On",
            {"external_id": "(Do Not Modify) Opportunity", "account_name": "Potential Customer", "name": "Topic", "stage": "Pipeline Phase",
             "amount": "Est. Revenue", "currency": "Currency", "probability": "Probability", "owner": "Owner", "created": "Created On",
             "expected_close": "Est. Close Date", "closed": "Actual Close Date", "outcome": "Status"},
            id="Dynamics 365 opportunities"),
        pytest.param(OPPORTUNITY,
            "Deal - Title,Deal - ID,Deal - Organization,Deal - Contact person,Deal - Value,Deal - Currency of Value,Deal - Stage,Deal - Status,"
            "Deal - Probability,Deal - Owner,Deal - Deal created,Deal - Expected close date,Deal - Closed on,Deal - Won time,Deal - Lost time,"
            "Deal - Lost reason,Deal - Label,Organization - ID",
            {"external_id": "Deal - ID", "account_external_id": "Organization - ID", "account_name": "Deal - Organization", "name": "Deal - Title",
             "stage": "Deal - Stage", "amount": "Deal - Value", "currency": "Deal - Currency of Value", "probability": "Deal - Probability",
             "owner": "Deal - Owner", "created": "Deal - Deal created", "expected_close": "Deal - Expected close date",
             "closed": "Deal - Closed on", "outcome": "Deal - Status", "type": "Deal - Label"},
            id="Pipedrive deals"),
    ],
)  # fmt: skip
def test_an_export_of_a_crm_is_mapped_as_it_stands(
    kind: RecordKind, header: str, expected: dict[str, str]
) -> None:
    assert mapped(kind, header) == expected


@pytest.mark.parametrize(
    ("kind", "header", "fields"),
    [
        (ACCOUNT, "Kundennummer,Firmenname,Webseite,Land,Stadt,Branche,Mitarbeiterzahl,Umsatz,Kundenstatus,Besitzer,Frühere Namen,Muttergesellschaft",
         "external_id name website country city industry employees revenue status owner alias_names parent_name"),
        (ACCOUNT, "Numéro client,Raison sociale,Site web,Pays,Ville,Secteur,Effectif,Chiffre d'affaires,Statut,Propriétaire,Nom commercial,Société mère",
         "external_id name website country city industry employees revenue status owner alias_names parent_name"),
        (ACCOUNT, "Número de cliente,Razón social,Sitio web,País,Ciudad,Sector,Nº de empleados,Facturación,Estado,Propietario,Nombre comercial,Empresa matriz",
         "external_id name website country city industry employees revenue status owner alias_names parent_name"),
        (ACCOUNT, "Código do cliente,Razão social,Site da empresa,País,Cidade,Ramo de atividade,Número de funcionários,Faturamento,Situação,Responsável,Nome fantasia,Empresa-mãe",
         "external_id name website country city industry employees revenue status owner alias_names parent_name"),
        (ACCOUNT, "ID Pelanggan,Nama Perusahaan,Situs Web,Negara,Kota,Industri,Jumlah Karyawan,Pendapatan Tahunan,Status,Pemilik,Nama Lain,Perusahaan Induk",
         "external_id name website country city industry employees revenue status owner alias_names parent_name"),
        (ACCOUNT, "Код клиента,Наименование компании,Сайт,Страна,Город,Отрасль,Количество сотрудников,Выручка,Статус,Ответственный,Прежнее название,Головная компания",
         "external_id name website country city industry employees revenue status owner alias_names parent_name"),
        (ACCOUNT, "顧客番号,会社名,ウェブサイト,国,都市,業種,従業員数,売上高,ステータス,営業担当,旧社名,親会社",
         "external_id name website country city industry employees revenue status owner alias_names parent_name"),
        (CONTACT, "Kontakt-ID,Firma,Vorname,Nachname,E-Mail,Telefon,Handy,Position,Abteilung,Land,Ort,Einwilligung,Quelle",
         "external_id account_name first_name last_name email phone mobile title department country city consent source"),
        (CONTACT, "ID du contact,Entreprise,Prénom,Nom,Adresse e-mail,Téléphone,Portable,Fonction,Service,Pays,Ville,Consentement,Origine",
         "external_id account_name first_name last_name email phone mobile title department country city consent source"),
        (CONTACT, "ID de contacto,Empresa,Nombre,Apellidos,Correo electrónico,Teléfono,Móvil,Cargo,Departamento,País,Ciudad,Consentimiento,Origen",
         "external_id account_name first_name last_name email phone mobile title department country city consent source"),
        (CONTACT, "ID do contato,Nome da empresa,Primeiro nome,Sobrenome,E-mail,Telefone,Celular,Cargo,Departamento,País,Cidade,Consentimento,Origem",
         "external_id account_name first_name last_name email phone mobile title department country city consent source"),
        (CONTACT, "ID Kontak,Nama Perusahaan,Nama Depan,Nama Belakang,Email,Telepon,HP,Jabatan,Departemen,Negara,Kota,Persetujuan,Sumber",
         "external_id account_name first_name last_name email phone mobile title department country city consent source"),
        (CONTACT, "ID контакта,Компания,Имя,Фамилия,Электронная почта,Телефон,Мобильный телефон,Должность,Отдел,Страна,Город,Согласие на рассылку,Источник",
         "external_id account_name first_name last_name email phone mobile title department country city consent source"),
        (CONTACT, "取引先責任者 ID,会社名,名,姓,メールアドレス,電話番号,携帯電話,役職,部署,国,市区町村,メール配信同意,リードソース",
         "external_id account_name first_name last_name email phone mobile title department country city consent source"),
        (OPPORTUNITY, "Opportunity-ID,Firma,Opportunity-Name,Phase,Betrag,Währung,Wahrscheinlichkeit (%),Inhaber,Erstelldatum,Schlusstermin,Abgeschlossen am,Typ,Nächster Schritt",
         "external_id account_name name stage amount currency probability owner created expected_close closed type next_step"),
        (OPPORTUNITY, "ID de l'opportunité,Nom du compte,Nom de l'opportunité,Étape,Montant,Devise,Probabilité (%),Propriétaire,Date de création,Date de clôture,Clôturé le,Type,Prochaine étape",
         "external_id account_name name stage amount currency probability owner created expected_close closed type next_step"),
        (OPPORTUNITY, "ID de la oportunidad,Cuenta,Nombre de la oportunidad,Etapa,Importe,Divisa,Probabilidad,Propietario,Fecha de creación,Fecha de cierre,Fecha de cierre real,Tipo,Próximo paso",
         "external_id account_name name stage amount currency probability owner created expected_close closed type next_step"),
        (OPPORTUNITY, "ID da oportunidade,Nome da conta,Nome da oportunidade,Fase,Valor,Moeda,Probabilidade,Proprietário,Data de criação,Data de fechamento,Fechado em,Tipo,Próxima etapa",
         "external_id account_name name stage amount currency probability owner created expected_close closed type next_step"),
        (OPPORTUNITY, "ID Peluang,Nama Perusahaan,Nama Peluang,Tahap,Nilai,Mata Uang,Probabilitas,Pemilik,Tanggal Dibuat,Perkiraan Tanggal Penutupan,Ditutup Pada,Jenis,Langkah Berikutnya",
         "external_id account_name name stage amount currency probability owner created expected_close closed type next_step"),
        (OPPORTUNITY, "ID сделки,Компания,Название сделки,Стадия,Сумма,Валюта,Вероятность,Ответственный,Дата создания,Ожидаемая дата закрытия,Фактическая дата закрытия,Тип,Следующий шаг",
         "external_id account_name name stage amount currency probability owner created expected_close closed type next_step"),
        (OPPORTUNITY, "商談 ID,取引先名,商談名,フェーズ,金額,通貨,確度 (%),商談 所有者,作成日,完了予定日,受注日,種別,次のステップ",
         "external_id account_name name stage amount currency probability owner created expected_close closed type next_step"),
    ],
)  # fmt: skip
def test_a_hand_kept_list_is_mapped_in_its_language(kind: RecordKind, header: str, fields: str) -> None:
    assert mapped(kind, header) == dict(zip(fields.split(), header.split(","), strict=True))


@pytest.mark.parametrize(
    ("kind", "better", "worse"),
    [
        (ACCOUNT, "Website", "Domain"), (ACCOUNT, "Website URL", "Company Domain Name"), (ACCOUNT, "Webサイト", "ドメイン"),
        (ACCOUNT, "Сайт", "Домен"), (ACCOUNT, "Situs Web", "Domain"), (ACCOUNT, "Site da empresa", "Domínio"),
        (ACCOUNT, "Billing Country", "Shipping Country"), (ACCOUNT, "Address 1: Country/Region", "Address 2: Country/Region"),
        (ACCOUNT, "Country", "Shipping Country"), (ACCOUNT, "Account ID", "Account Number"), (ACCOUNT, "Id", "Account Number"),
        (ACCOUNT, "Relationship Type", "Status"), (ACCOUNT, "Lifecycle Stage", "Type"), (ACCOUNT, "Account Owner", "Owner ID"),
        (ACCOUNT, "会社名", "名称"), (CONTACT, "Work Email", "Person - Email - Home"), (CONTACT, "Mailing Country", "Other Country"),
        (CONTACT, "Contact Owner", "Account Owner"), (OPPORTUNITY, "Expected Close Date", "Close Date"),
        (OPPORTUNITY, "Amount", "Actual Revenue"), (OPPORTUNITY, "Deal - Won time", "Deal - Lost time"),
    ],
)  # fmt: skip
def test_of_two_headers_of_a_field_the_one_that_says_more_wins(
    kind: RecordKind, better: str, worse: str
) -> None:
    known = spellings(kind)
    (field, rank), (other, lower) = known[squash(better)], known[squash(worse)]
    assert field == other
    assert rank < lower


def test_an_opt_out_is_never_taken_for_consent() -> None:
    known = spellings(CONTACT)
    for header in (
        "Email Opt Out",
        "HasOptedOutOfEmail",
        "Do Not Call",
        "Do not allow Emails",
        "Unsubscribed",
    ):
        assert squash(header) not in known, "its yes is a no"


def test_the_headers_that_the_guide_names_are_what_it_says() -> None:
    guide = (Path(__file__).parents[3] / "docs/guide/mapping.md").read_text("utf-8")
    section = guide.split("## Headers\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*`) \| `(\w+)` \|$", section, re.MULTILINE)
    named = [(header, field) for headers, field in rows for header in re.findall(r"`([^`]+)`", headers)]
    assert len(named) > 20
    assert [(header, spellings(ACCOUNT)[squash(header)][0]) for header, _ in named] == named


@pytest.mark.parametrize(
    ("one", "other"),
    [("Société", "SOCIETE"), ("Größe", "GRÖSSE"), ("Отчёт", "ОТЧЕТ"), ("Ведущий", "ведущий"), ("№ клиента", "No клиента"),
     ("ｳｪﾌﾞｻｲﾄ", "ウェブサイト"), ("Ｗｅｂサイト", "Webサイト"), ("国/地域", "国／地域"), ("取引先 ID", "取引先ＩＤ"), ("İstanbul", "istanbul")],
)  # fmt: skip
def test_case_width_and_accents_make_no_difference(one: str, other: str) -> None:
    assert squash(one) == squash(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("ハス", "バス"), ("コート", "ゴード"), ("はは", "ぱぱ"), ("Мир", "Мор")]
)
def test_letters_of_other_scripts_stay_apart(one: str, other: str) -> None:
    assert squash(one) != squash(other)


@given(st.text(max_size=40))
def test_squashing_is_idempotent(text: str) -> None:
    assert squash(squash(text)) == squash(text)
