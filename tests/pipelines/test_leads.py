"""Contacts and deals of CRMs: whose lead, since when, in which stage and worth what, with nobody's name left behind."""

import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from pipelines.privacy import hash_email, load_key
from tests.pipelines.commerce import HUBSPOT_CONTACTS, HUBSPOT_DEALS, nobody_is_left

D = Decimal
OSLO = "time_zone: Europe/Oslo\n"
NOK = OSLO + "currency: NOK\n"


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


def test_hubspot_contacts(bench: Any) -> None:
    result = bench.read("hubspot-crm-exports-all-contacts-2026-10-05.csv", HUBSPOT_CONTACTS, OSLO)
    assert (result.status, result.format, result.rows_loaded) == ("loaded", "hubspot.contacts", 3)
    assert result.downloaded_at == datetime(2026, 10, 5, 12)
    assert bench.rows("select lead_id, created_at, kind, stage from raw.leads order by 1") == [
        ("hubspot.contact:501", datetime(2026, 9, 1, 8, 15), None, "opportunity"),
        ("hubspot.contact:502", datetime(2026, 9, 3, 21, 30), "email_signup", None),
        ("hubspot.contact:503", datetime(2026, 9, 4, 8), None, "won"),
    ]
    assert bench.rows("select mql_at, sql_at, won_at from raw.leads order by lead_id") == [
        (datetime(2026, 9, 2, 7), datetime(2026, 9, 5, 10, 30), None),
        (None, None, None),
        (None, None, datetime(2026, 9, 20, 9)),
    ]
    hashes = [row[0] for row in bench.rows("select email_hash from raw.leads order by lead_id")]
    key = load_key(bench.home)
    assert hashes == [
        hash_email("solveig.fjeldstad@nordlys.example", key),
        hash_email("ase.bjorns@lunde.example", key),
        None,
    ]


def test_hubspot_deals(bench: Any) -> None:
    result = bench.read("deals.csv", HUBSPOT_DEALS, OSLO)
    assert (result.status, result.format) == ("loaded", "hubspot.deals")
    rows = bench.rows(
        "select lead_id, contact_id, stage, deal_value, currency, won_at, lost_at from raw.leads order by 1"
    )
    # The close date of an open deal is a hope, and is nowhere.
    assert rows == [
        ("hubspot.deal:9001", "hubspot.contact:501", "won", D("12500.5"), "NOK", datetime(2026, 10, 1, 12), None),
        ("hubspot.deal:9002", None, "meeting", D(800), "NOK", None, None),
        ("hubspot.deal:9003", "hubspot.contact:502", "lost", D(300), "NOK", None, datetime(2026, 10, 2, 12)),
    ]


def test_times_of_the_users_own_zone_wait_for_it(bench: Any) -> None:
    result = bench.read("crm/contacts.csv", HUBSPOT_CONTACTS)
    assert (result.status, result.rows_quarantined) == ("quarantined", 3)
    assert result.question == (
        "In which time zone are its times? Write `time_zone: Europe/Oslo` (the zone set in the tool that it is from)"
        " in inbox/crm/hourglass.yml"
    )


def test_days_without_times_need_no_zone(bench: Any) -> None:
    assert bench.read("c.csv", "Record ID,Email,Create Date\n1,a@b.example,2026-09-01\n").status == "loaded"
    assert bench.rows("select created_at from raw.leads") == [(datetime(2026, 9, 1),)]


def test_a_column_that_the_view_leaves_out_is_asked_for_by_name(bench: Any) -> None:
    result = bench.read("c.csv", HUBSPOT_CONTACTS.replace("Record ID,", "Hytte,", 1), OSLO)
    assert result.status == "quarantined"
    assert result.reason == "it looks like the hubspot export of contacts, but has no column `Record ID`"
    assert result.question == "Add the column `Record ID` (choose it under Edit columns, or export all properties)"
    german = "Datensatz-ID;Vorname;Nachname;E-Mail;Lifecycle-Phase\n1;Solveig;Fjeldstad;a@b.example;Lead\n"
    assert "`Erstellungsdatum`" in bench.read("d.csv", german, OSLO).question


def test_the_default_view_is_told_everything_that_it_lacks(bench: Any) -> None:
    header = "Deal - Title,Deal - Value,Deal - Currency of Value,Deal - Organization,Deal - Contact person,Deal - Owner"
    result = bench.read("deals.csv", f"{header}\nSolveig Fjeldstad,1000,NOK,x,y,z\n")
    assert result.question == (
        "Add the column `Deal - ID` and `Deal - Deal created` and `Deal - Status`"
        " (choose it with the gear over the list, and export the list again)"
    )
    # A table that has little of it is nothing known, whatever else it lacks.
    assert bench.read("x.csv", "Email,Hytte,Seng,Dato,Netter\na@b.example,1,2,3,4\n").question is None
    nobody_is_left(bench)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("Post-ID;Fornavn;E-post;Opprettelsesdato;Livssyklusfase", "nb"),
        ("Post-ID;Förnamn;E-post;Skapandedatum;Livscykelfas", "sv"),
        ("Post-id;Fornavn;E-mail;Oprettelsesdato;Livscyklusfase", "da"),
        ("Datensatz-ID;Vorname;E-Mail;Erstellungsdatum;Lifecycle-Phase", "de"),
    ],
)
def test_contacts_in_other_languages(bench: Any, header: str, language: str) -> None:
    result = bench.read("c.csv", f"{header}\n7;Solveig;s@x.example;31.08.2026 10:00;SQL\n", OSLO)
    assert (result.status, result.format, result.locale) == ("loaded", "hubspot.contacts", language)
    assert bench.rows("select lead_id, created_at, stage from raw.leads") == [
        ("hubspot.contact:7", datetime(2026, 8, 31, 8), "sql")
    ]


def test_a_language_and_a_stage_are_taught_in_the_home(bench: Any) -> None:
    (bench.home.config / "formats").mkdir(parents=True)
    (bench.home.config / "formats" / "own.yml").write_text(
        "additions:\n  - extends: hubspot.contacts\n    columns:\n      lead_id: {fi: Tietueen tunnus}\n      created_at: {fi: Luotu}\n"
        "    states:\n      mql: {any: [Lämmin]}\n"
    )
    text = "Tietueen tunnus,Email,Luotu,Lifecycle Stage\n1,a@b.example,2026-09-01,Lämmin\n"
    assert bench.read("c.csv", text).status == "loaded"
    assert bench.rows("select stage from raw.leads") == [("mql",)]


def test_stages_that_nobody_taught_are_kept_and_said(bench: Any) -> None:
    result = bench.read("c.csv", HUBSPOT_CONTACTS.replace("Opportunity", "Nesten"), OSLO)
    assert result.status == "loaded"
    assert any("'Nesten' (1); say it under `states` of hubspot.contacts" in note for note in result.notes)
    assert bench.rows("select stage from raw.leads where lead_id = 'hubspot.contact:501'") == [("Nesten",)]


PIPEDRIVE_DEALS = (
    "Deal - ID,Deal - Title,Deal - Value,Deal - Currency of Value,Deal - Status,Deal - Stage,Deal - Deal created,Deal - Won time,"
    "Deal - Lost time,Deal - Expected close date,Deal - Contact person,Person - ID,Person - Email - Work,Deal - Owner,Deal - Update time\n"
    "1,Solveig Fjeldstad,1000,NOK,Won,Demo Scheduled,2026-09-01 10:00:00,2026-09-20 10:00:00,,2026-12-24,Solveig Fjeldstad,31,"
    "solveig.fjeldstad@nordlys.example,Kasserer Torleif,2026-09-20 10:00:00\n"
    "2,Storgata 17B,2000.50,EUR,Open,Demo Scheduled,2026-09-02 10:00:00,2026-09-03 10:00:00,,2026-12-24,,,,,2026-09-04 10:00:00\n"
    "3,Grønnegata 4,0,NOK,Lost,Qualified,2026-09-03 10:00:00,,2026-09-21 10:00:00,,,,,,2026-09-21 10:00:00\n"
)


def test_pipedrive_deals(bench: Any) -> None:
    result = bench.read("deals-4411-7.csv", PIPEDRIVE_DEALS, OSLO)
    assert (result.status, result.format, result.downloaded_at) == (
        "loaded",
        "pipedrive.deals",
        datetime(2026, 9, 21, 8),
    )
    rows = bench.rows(
        "select lead_id, contact_id, stage, deal_value, currency, won_at, lost_at from raw.leads order by 1"
    )
    # The second was won once and is open again.
    assert rows == [
        ("pipedrive.deal:1", "pipedrive.person:31", "won", D(1000), "NOK", datetime(2026, 9, 20, 8), None),
        ("pipedrive.deal:2", None, "meeting", D("2000.5"), "EUR", None, None),
        ("pipedrive.deal:3", None, "lost", D(0), "NOK", None, datetime(2026, 9, 21, 8)),
    ]


def test_pipedrive_persons_have_ids_of_their_own(bench: Any) -> None:
    persons = "Person - ID,Person - Name,Person - Email - Work,Person - Phone - Work,Person - Person created\n"
    text = persons + "1,Solveig Fjeldstad,solveig.fjeldstad@nordlys.example,+47 912 34 567,2026-08-31 09:00:00\n"
    result = bench.read("north/people.csv", text, OSLO + "account: nord\n")
    assert (result.status, result.format) == ("loaded", "pipedrive.persons")
    bench.read("deals.csv", PIPEDRIVE_DEALS, OSLO)
    assert [row[0] for row in bench.rows("select lead_id from raw.leads order by 1")] == [
        "pipedrive.deal:1", "pipedrive.deal:2", "pipedrive.deal:3", "pipedrive.person:nord:1",
    ]  # fmt: skip


def test_salesforce_leads_and_opportunities(bench: Any) -> None:
    leads = (
        "Lead ID,First Name,Last Name,Email,Phone,Lead Status,Create Date,Converted Date,Converted,Opportunity ID\n"
        "00Q5g00000AbCdE,Solveig,Fjeldstad,solveig.fjeldstad@nordlys.example,+47 912 34 567,Closed - Converted,9/1/2026,9/20/2026,1,"
        "0065g00000XyZaB\n"
        "00Q5g00000AbCdeAAF,Åse,Bjørnsdottir-Lunde,ASE.BJORNS@lunde.example,,Unqualified,9/2/2026,,0,\n"
        '\n\n"Leads i september"\n"Generated By:  Kasserer Torleif  10/1/2026, 9:00 AM"\n'
    )
    result = bench.read("report1759305600000.csv", leads)
    assert (result.status, result.format, result.rows_loaded) == ("loaded", "salesforce.leads", 2)
    assert result.downloaded_at == datetime(2025, 10, 1, 8)
    opportunities = (
        "Opportunity ID,Opportunity Name,Account Name,Stage,Amount Currency,Amount,Close Date,Created Date\n"
        '0065g00000XyZaBAAV,Solveig Fjeldstad,Nordlys,Closed Won,NOK,"12,000.00",9/25/2026,9/20/2026\n'
        "0065g00000XyZaC,Storgata 17B,Nordlys,Prospecting,NOK,,12/31/2026,9/21/2026\n"
    )
    result = bench.read("o.csv", opportunities)
    assert (result.status, result.format) == ("loaded", "salesforce.opportunities")
    rows = bench.rows("select lead_id, deal_id, stage, deal_value from raw.leads order by 1")
    # Letters of upper and lower case are different ids, and 18 characters the same as their first 15.
    assert rows == [
        ("salesforce.lead:00Q5g00000AbCdE", "salesforce.opportunity:0065g00000XyZaB", "sql", None),
        ("salesforce.lead:00Q5g00000AbCde", None, "lost", None),
        ("salesforce.opportunity:0065g00000XyZaB", None, "won", D(12000)),
        ("salesforce.opportunity:0065g00000XyZaC", None, "sql", None),
    ]
    assert bench.rows("select created_at, sql_at, won_at from raw.leads order by lead_id") == [
        (datetime(2026, 9, 1), datetime(2026, 9, 20), None),
        (datetime(2026, 9, 2), None, None),
        (datetime(2026, 9, 20), None, datetime(2026, 9, 25)),
        (datetime(2026, 9, 21), None, None),
    ]
    nobody_is_left(bench)


def test_currency_in_header_or_cell_or_asked_for(bench: Any) -> None:
    deal = "Record ID,Deal Name,Deal Stage,Create Date,{header}\n1,x,Won,2026-09-01,{cell}\n"
    assert bench.read("a/d.csv", deal.format(header="Amount (SEK)", cell="100.25")).status == "loaded"
    assert (
        bench.read("b/d.csv", deal.format(header="Amount", cell='"EUR 200.25"').replace("\n1,", "\n2,")).status
        == "loaded"
    )
    result = bench.read("c/d.csv", deal.format(header="Amount", cell="300.25").replace("\n1,", "\n3,"))
    assert result.question == "In which currency are its amounts? Write `currency: NOK` in inbox/c/hourglass.yml"
    assert bench.rows("select deal_value, currency from raw.leads order by 1") == [
        (D("100.25"), "SEK"),
        (D("200.25"), "EUR"),
    ]


def test_a_thousand_or_a_fraction_and_days_or_months_wait(bench: Any) -> None:
    deal = "Record ID,Deal Name,Deal Stage,Create Date,Amount\n1,x,Won,{day},{amount}\n"
    result = bench.read("a/d.csv", deal.format(day="2026-09-01", amount="1.234"), "currency: NOK\n")
    assert (result.status, "`decimal_mark: " in result.question) == ("quarantined", True)
    result = bench.read("b/d.csv", deal.format(day="03/04/2026", amount="1234"), "currency: NOK\n")
    assert (result.status, "`date_order: " in result.question) == ("quarantined", True)
    assert bench.rows("select count(*) from raw.leads") == [(0,)]


def test_days_of_one_column_settle_those_of_another(bench: Any) -> None:
    text = "Record ID,Deal Name,Deal Stage,Create Date,Close Date,Amount\n1,x,Won,03/04/2026,25/04/2026,1234\n"
    bench.read("d.csv", text, "currency: NOK\n")
    assert bench.rows("select created_at, won_at from raw.leads") == [(datetime(2026, 4, 3), datetime(2026, 4, 25))]


def test_deals_without_their_contacts_say_so(bench: Any) -> None:
    result = bench.read("d.csv", "Record ID,Deal Name,Deal Stage,Create Date\n1,x,Won,2026-09-01\n")
    assert any(
        "no column says the contact of a record" in note and "`Associated Contact IDs`" in note for note in result.notes
    )


def test_companies_and_tickets_are_no_contacts(bench: Any) -> None:
    companies = "Record ID,Company name,Company Domain Name,Company owner,Create Date,Lifecycle Stage,Phone Number\n"
    result = bench.read("c.csv", companies + "1,Nordlys,x.example,,2026-09-01,Customer,+47 912 34 567\n")
    assert (result.status, result.rows_loaded) == ("quarantined", 0)
    tickets = "Record ID,Ticket name,Create Date,Ticket status,Contact owner\n1,Hjelp,2026-09-01,New,\n"
    assert bench.read("t.csv", tickets).status == "quarantined"
    nobody_is_left(bench)


def test_a_workbook_of_deals(bench: Any) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(
        ["Record ID", "Deal Name", "Deal Stage", "Create Date", "Amount", "Currency", "Associated Contact IDs"]
    )
    sheet.append([9001, "Solveig Fjeldstad", "Closed Won", datetime(2026, 9, 6, 9), 1234.5, "NOK", 501])
    stream = io.BytesIO()
    book.save(stream)
    assert bench.read("deals.xlsx", stream.getvalue(), OSLO).status == "loaded"
    assert bench.rows("select lead_id, contact_id, created_at, deal_value from raw.leads") == [
        ("hubspot.deal:9001", "hubspot.contact:501", datetime(2026, 9, 6, 7), D("1234.5"))
    ]


@pytest.mark.parametrize("damage", ["none", "bad day", "bad amount", "shifted", "no id"])
def test_nobody_is_left_behind(bench: Any, damage: str) -> None:
    contacts, deals = HUBSPOT_CONTACTS, HUBSPOT_DEALS
    if damage == "bad day":
        contacts = contacts.replace("2026-09-01 10:15", "Storgata 17B")
    elif damage == "bad amount":
        deals = deals.replace("800,NOK", "Solveig Fjeldstad,NOK")
    elif damage == "shifted":
        contacts = contacts.replace("\n501,", "\n501,Solveig Fjeldstad,")
    elif damage == "no id":
        deals = deals.replace("\n9002,", "\n,")
    first = bench.read("c.csv", contacts, OSLO)
    second = bench.read("d.csv", deals, OSLO)
    assert {first.status, second.status} == ({"loaded"} if damage == "none" else {"loaded", "partly_loaded"})
    nobody_is_left(bench)


def test_salesforce_leads_without_their_opportunity_are_leads_of_their_own(bench: Any) -> None:
    text = (
        "Lead ID,Create Date,Lead Status\n00Q000000000001,14.03.2026 10:00,Open\n00Q000000000002,15.03.2026 10:00,Qualified\n"
        "Grand Totals (14 records)\nConfidential Information - Do Not Distribute\n"
    )
    result = bench.read("report.csv", text, OSLO)
    assert (result.status, result.format, result.rows_loaded) == ("loaded", "salesforce.leads", 2)
    assert [note for note in result.notes if "add `Opportunity ID`" in note]
    assert bench.rows("select lead_id, stage from raw.leads order by 1") == [
        ("salesforce.lead:00Q000000000001", "lead"),
        ("salesforce.lead:00Q000000000002", "sql"),
    ]
