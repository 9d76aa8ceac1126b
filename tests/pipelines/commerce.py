"""Made-up shop and payment exports, and the people in them, of whom nothing may be left behind."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PEOPLE = (
    "Solveig Fjeldstad",
    "Åse Bjørnsdottir-Lunde",
    "Storgata 17B",
    "Grønnegata 4",
    "9008 Tromsø",
    "+47 912 34 567",
    "solveig.fjeldstad@nordlys.example",
    "ASE.BJORNS@lunde.example",
    "Kasserer Torleif",
    "Ring på hos naboen",
    "KortavtrykkXq9Z",
)
"""Names, addresses, phones, e-mails, notes and cards that the fixtures hold."""

SHOPIFY_COLUMNS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,"
    "Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,"
    "Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,"
    "Billing Address2,Billing Company,Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,"
    "Shipping Street,Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,"
    "Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,"
    "Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,"
    "Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,"
    "Billing Province Name,Shipping Province Name,Payment ID,Payment Terms Name,Next Payment Due At,Payment References"
)
STRIPE_COLUMNS = (
    "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,Converted Amount Refunded,Converted Currency,"
    "Description,Fee,Is Link,Mode,PaymentIntent ID,Payment Source Type,Refunded date (UTC),Statement Descriptor,Status,Seller Message,"
    "Taxes On Fee,Card ID,Card Name,Card Address Line1,Card Fingerprint,Customer ID,Customer Description,Customer Email,Customer Phone,"
    "Shipping Name,Shipping Address Line1,Disputed Amount,Dispute Status,Invoice ID,Client Reference ID,UTM Campaign,UTM Content,"
    "UTM Medium,UTM Source,UTM Term"
)
SHOPIFY_HEADER = SHOPIFY_COLUMNS.split(",")
STRIPE_HEADER = STRIPE_COLUMNS.split(",")


def table(header: Sequence[str], rows: Sequence[Mapping[str, str]], delimiter: str = ",") -> str:
    """CSV text of the header and the rows; what a row leaves out is blank."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def shopify_order(
    name: str, *, items: int = 1, email: str = "solveig.fjeldstad@nordlys.example", **columns: str
) -> list[dict[str, str]]:
    """The rows of one order as Shopify writes them: the order's own columns on the first only, every personal column filled."""
    given = {key.replace("_", " "): value for key, value in columns.items()}
    always = {"Name": name, "Email": email, "Created at": given.pop("Created at", "2026-10-03 10:15:00 +0200")}
    first = {
        "Financial Status": "paid", "Currency": "NOK", "Subtotal": "1000.00", "Shipping": "0.00", "Taxes": "0.00", "Total": "1000.00",
        "Discount Amount": "0.00", "Refunded Amount": "0.00", "Accepts Marketing": "yes", "Billing Name": "Solveig Fjeldstad",
        "Billing Street": "Storgata 17B", "Billing Address1": "Storgata 17B", "Billing Zip": "'9008 Tromsø",
        "Billing Phone": "+47 912 34 567",
        "Shipping Name": "Åse Bjørnsdottir-Lunde", "Shipping Street": "Grønnegata 4", "Phone": "+47 912 34 567",
        "Notes": "Ring på hos naboen", "Employee": "Kasserer Torleif", **given,
    }  # fmt: skip
    lines = [
        {"Lineitem quantity": "1", "Lineitem name": f"Genser {n}", "Lineitem price": "500.00", "Lineitem sku": f"G-{n}"}
        for n in range(1, items + 1)
    ]
    return [{**always, **(first if number == 0 else {}), **line} for number, line in enumerate(lines)]


def shopify(*orders: list[dict[str, str]], delimiter: str = ",") -> str:
    """A Shopify export of the orders."""
    return table(SHOPIFY_HEADER, [row for order in orders for row in order], delimiter)


def payment(charge: str, **columns: str) -> dict[str, str]:
    """One payment as Stripe writes it, every personal column filled."""
    given = {key.replace("_", " "): value for key, value in columns.items()}
    return {
        "id": charge, "Created date (UTC)": "2026-10-03 08:15:07", "Amount": "1000.00", "Amount Refunded": "0.00", "Currency": "nok",
        "Captured": "true", "Converted Amount": "88.10", "Converted Currency": "eur", "Mode": "Live", "Status": "Paid",
        "PaymentIntent ID": "pi_" + charge[3:], "Payment Source Type": "card", "Card Name": "Solveig Fjeldstad",
        "Card Address Line1": "Storgata 17B", "Card Fingerprint": "KortavtrykkXq9Z", "Customer ID": "cus_1",
        "Customer Description": "Solveig Fjeldstad",
        "Customer Email": "solveig.fjeldstad@nordlys.example", "Customer Phone": "+47 912 34 567",
        "Shipping Name": "Åse Bjørnsdottir-Lunde", "Shipping Address Line1": "Grønnegata 4", **given,
    }  # fmt: skip


HUBSPOT_CONTACTS = (
    "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Create Date,Lifecycle Stage,Lead Status,Original Source,"
    "Became a Marketing Qualified Lead Date,Became a Sales Qualified Lead Date,Became a Customer Date,Last Modified Date,Hytte-eier?\n"
    "501,Solveig,Fjeldstad,solveig.fjeldstad@nordlys.example,+47 912 34 567,Kasserer Torleif,2026-09-01 10:15,Opportunity,Connected,"
    "Organic Social,2026-09-02 09:00,2026-09-05 12:30,,2026-10-01 08:00,Storgata 17B\n"
    "502,Åse,Bjørnsdottir-Lunde,ASE.BJORNS@lunde.example,,,2026-09-03 23:30,Subscriber,,Email Marketing,,,,2026-09-03 23:30,Grønnegata 4\n"
    "503,,,,,,2026-09-04 10:00,Customer,,Direct Traffic,,,2026-09-20 11:00,2026-09-20 11:00,\n"
)
HUBSPOT_DEALS = (
    "Record ID,Deal Name,Deal Stage,Pipeline,Amount,Currency,Close Date,Create Date,Deal owner,Associated Contact,Associated Contact IDs\n"
    '9001,Solveig Fjeldstad - tak,Closed Won,Salg,"12500,50",NOK,2026-10-01 14:00,2026-09-06 09:00,Kasserer Torleif,'
    "Solveig Fjeldstad,501;777"
    "\n9002,Storgata 17B,Appointment Scheduled,Salg,800,NOK,2026-12-24 14:00,2026-09-10 09:00,,,\n"
    "9003,Grønnegata 4,Closed Lost,Salg,300,NOK,2026-10-02 14:00,2026-09-11 09:00,,Åse Bjørnsdottir-Lunde,502\n"
)


def payments(*rows: dict[str, str]) -> str:
    """A Stripe export of the payments."""
    extra = [name for row in rows for name in row if name not in STRIPE_HEADER]
    return table([*STRIPE_HEADER, *dict.fromkeys(extra)], rows)


def nobody_is_left(bench: Any) -> None:
    """Nothing of the people in the fixtures stands in any file under the home but the inbox itself."""
    bench.connection.execute("checkpoint")
    nobody_is_left_in(bench.home.root, leave_out=bench.home.inbox)


def nobody_is_left_in(folder: Path, *, leave_out: Path) -> None:
    """The same of the files of a folder."""
    for path in folder.rglob("*"):
        if path.is_file() and leave_out not in path.parents:
            content = path.read_bytes()
            for text in PEOPLE:
                for spelling in (text, text.lower(), text.removeprefix("+47 "), text.split("@")[0]):
                    assert spelling.encode() not in content, (path.name, spelling)
