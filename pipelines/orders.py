"""Orders of shops and payments of payment providers, of one or several rows each, to rows of ``raw.orders``.

No platform is named here: which of its columns means what, and which words mean what, is in its definition. An order's money is
told in the terms of ``raw.orders``: ``revenue`` is what the goods brought after discounts, ``tax`` the tax in it, and ``refunded``
what of the rest was paid back, so that revenue less tax less refunds is the net revenue. Shipping stays beside it.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pipelines.columns import Circumstances
from pipelines.formats_model import normalise
from pipelines.recognise import Match
from pipelines.records import records
from pipelines.shaped import Columns, Shaped, Table
from pipelines.tables import Block

_UNIT = Decimal("0.0001")
_TAGS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
_LINKS = ("visitor_id", "session_id")
# Words of a status after which nothing is left of what was paid.
_GIVEN_BACK = ("refunded", "lost")
_ATTRIBUTE = re.compile(r"^\s*(?P<key>[^:=\n]{1,80}?)\s*[:=]\s*(?P<value>.*)$", re.MULTILINE)
_MONEY = ("goods", "net", "shipping", "shipping_tax", "tax", "goods_tax", "total", "discount", "refund")


def orders(block: Block, match: Match, known: Circumstances) -> Shaped:
    """Read a matched block; every order becomes one row, with the number of its first record."""
    table = Table(records(block, match), known)
    columns = {**table.common, **table.read(match.format.columns)}
    account = table.account(columns)
    groups = _grouped(columns, table.count)
    originals = table.reader.originals()
    rows: list[dict[str, Any]] = []
    for group in groups:
        order = _order(table, columns, group)
        order["original"] = _original(originals, group)
        rows.append(order)
    _refuse_whole_orders(table, groups)
    if any(
        row["currency"] is None for row, group in zip(rows, groups, strict=True) if group[0] not in table.found.faults
    ):
        table.needs.add("currency")
    if "tax" in match.format.columns and not {"tax", "goods_tax", "net"} & columns.keys():
        table.found.notes.append(f"no column tells the tax, so the amounts count with it; add `{match.name_of('tax')}`")
    names = list(dict.fromkeys(name for row in rows for name in row))
    shaped: Columns = {name: [row.get(name) for row in rows] for name in names}
    return table.pack("orders", shaped, account=account, rows=[group[0] for group in groups])


def _grouped(columns: Columns, count: int) -> list[list[int]]:
    """The records of each order, in the order of the file; a record that names none is alone."""
    keys = columns.get("order_number") if _is_by_number(columns) else columns.get("order_id")
    groups: dict[object, list[int]] = {}
    for index in range(count):
        key = keys[index] if keys else None
        groups.setdefault(key if key is not None else ("alone", index), []).append(index)
    return list(groups.values())


def _is_by_number(columns: Columns) -> bool:
    """An export with a row a line item repeats the order's number on each of them, its id perhaps on the first only."""
    numbers, ids = columns.get("order_number"), columns.get("order_id")
    return ids is None or (numbers is not None and None in ids)


def _order(table: Table, columns: Columns, group: Sequence[int]) -> dict[str, Any]:
    order = {name: _first(values, group) for name, values in columns.items()}
    for name in table.form.parts:
        amounts = [columns[name][index] for index in group if columns[name][index] is not None]
        order[name] = sum(amounts) if amounts else None
    for name in set(_MONEY) - set(table.form.parts):
        told = {columns[name][index] for index in group} - {None} if name in columns else set()
        if len(told) > 1:
            table.found.refuse(group[0], f"the rows of this order tell {len(told)} different amounts as its {name}")
    if not any(order.get(name) is not None for name in ("total", "goods", "net")):
        table.found.refuse(group[0], "no row of this order tells what it came to; is its first row missing?")
    currency = order.get("currency") or table.known.context.currency
    order["currency"] = currency.upper() if currency else None
    order["order_id"] = order.get("order_id") or order.get("order_number")
    if "order_id" in table.form.prefixes and order["order_id"]:
        # Numbers of one shop, which another one has too.
        named = (table.form.prefixes["order_id"], order.get("account"), order["order_id"])
        order["order_id"] = ":".join(part for part in named if part)
    order["order_number"] = (order.get("order_number") or order.get("client_reference") or "").removeprefix("#") or None
    order["email_hash"] = order.pop("email", None)
    order["payment_intent_id"] = order.get("payment_intent")
    order["order_state"] = _state(table, order, group[0])
    moments = [
        columns[name][index]
        for name in ("paid_at", "fulfilled_at", "completed_at", "cancelled_at", "refunded_at")
        if name in columns
        for index in group
    ]
    order["updated_at"] = max((moment for moment in moments if moment), default=None)
    _tag(order)
    _value(table, order)
    return order


def _first(values: Sequence[Any], group: Sequence[int]) -> Any:
    return next((values[index] for index in group if values[index] is not None), None)


def _state(table: Table, order: dict[str, Any], index: int) -> str | None:
    """Our word for what became of the order. A word that nobody has taught makes the order wait: whether it counts is not ours to guess."""
    words = table.form.states_by_name
    if order.get("cancelled_at"):
        return "cancelled"
    if words.get(normalise(order.get("mode") or "")) == "test":
        return "test"
    status = order.get("status")
    state = words.get(normalise(status)) if status else None
    if status and state is None:
        table.found.refuse(
            index,
            f"whether an order of this {table.match.names[table.match.columns['status']]} counts is not known;"
            f" say it under `states` of {table.form.id} in config/formats",
        )
    if state == "paid" and order.get("captured") is False:
        return "uncaptured"
    return "paid" if state in _GIVEN_BACK else state


def _tag(order: dict[str, Any]) -> None:
    """Tags, visitor and session out of the free attributes that the shop's own checkout filled: ``utm_source: …``, or a link with tags."""
    text = order.pop("attributes", None) or ""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        key, value = match["key"].lower().strip().lstrip("_"), match["value"].strip()
        if key in _TAGS or key in _LINKS:
            found.setdefault(key, value)
        elif "utm_" in value:
            for name, tag in parse_qsl(urlsplit(value).query or value.lstrip("?")):
                if name in _TAGS:
                    found.setdefault(name, tag)
    for name, value in found.items():
        if value and not order.get(name):
            order[name] = value


def _value(table: Table, order: dict[str, Any]) -> None:
    """``revenue``, ``tax`` and ``refunded`` in the terms of ``raw.orders``.

    A shop whose prices hold the tax tells a total of goods and shipping, one that adds it a total that is larger by the tax. Tax that
    is in the prices is that of goods and shipping in their proportion. A refund is told as what the buyer got back, with tax and
    shipping in it: it takes as much of the net revenue as it took of the total, so that a whole refund leaves exactly nothing.
    """
    zero = Decimal(0)
    total, goods, net, shipping, tax = (order.get(name) for name in ("total", "goods", "net", "shipping", "tax"))
    if tax is None and order.get("goods_tax") is not None:
        tax = order["goods_tax"] + (order.get("shipping_tax") or zero)
    whole = total
    if net is not None:
        order["revenue"] = whole = net
        tax = None
    elif goods is not None:
        tax = tax or zero
        paid = goods + (shipping or zero)
        if total is not None and total - paid > tax / 2:
            goods += tax
        elif paid:
            tax = tax * goods / paid
        order["revenue"] = goods
    elif total is not None:
        order["revenue"] = total - (shipping or zero)
    else:
        return
    whole = order["revenue"] if whole is None else whole
    order["tax"] = None if tax is None else tax.quantize(_UNIT)
    refund = _refund(table, order, whole)
    share = refund / whole if refund and whole else zero
    order["refunded"] = None if refund is None else ((order["revenue"] - (tax or zero)) * share).quantize(_UNIT)


def _refund(table: Table, order: dict[str, Any], whole: Decimal) -> Decimal | None:
    """What the buyer got back of ``whole``; an order that is said to be refunded, with no amount, was so altogether."""
    words = table.form.states_by_name
    refund: Decimal | None = order.get("refund")
    if words.get(normalise(order.get("dispute_status") or "")) == "lost":
        refund = (refund or Decimal(0)) + (order.get("disputed") or Decimal(0))
    if not refund and words.get(normalise(order.get("status") or "")) in _GIVEN_BACK:
        return whole
    return None if refund is None else abs(refund)


def _original(originals: Sequence[str], group: Sequence[int]) -> str:
    """What may be kept of an order's rows: the first one, and under ``lines`` the others."""
    first, *others = (originals[index] for index in group)
    if not others:
        return first
    lines = '"lines": [' + ", ".join(others) + "]}"
    return "{" + lines if first == "{}" else f"{first[:-1]}, {lines}"


def _refuse_whole_orders(table: Table, groups: Sequence[Sequence[int]]) -> None:
    """An order of which a row can't be read waits with all its rows."""
    for group in groups:
        if len(group) > 1 and any(index in table.found.faults for index in group):
            for index in group:
                if index not in table.found.faults:
                    table.found.refuse(index, "another row of this order can't be read")
