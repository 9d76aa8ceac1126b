"""One mechanism that says what a table is, why, and what it is nearest to."""

from datetime import date
from pathlib import Path

import pytest
from config.yaml_file import ConfigError
from pipelines.dates import parse_dates
from pipelines.formats_model import Formats, load_formats, normalise
from pipelines.inbox import PLATFORMS
from pipelines.naming import dates_in
from pipelines.recognise import Recognition, recognise
from pipelines.recognition_text import explain
from pipelines.tables import Block, Row
from pipelines.values import parse_numbers

POSTS = [
    "Post ID",
    "Page ID",
    "Page name",
    "Title",
    "Publish time",
    "Permalink",
    "Post type",
    "Date",
    "Views",
    "Reach",
    "Reactions",
]


def hold(
    *rows: list[str], formats: Formats | None = None, path: str = "x.csv", platform: str | None = None
) -> Recognition:
    block = Block([Row(number, list(cells)) for number, cells in enumerate(rows, start=1)])
    return recognise(block, formats or load_formats(), path=path, platform=platform)


def test_every_shipped_definition_is_valid_and_has_a_table_and_columns_of_it() -> None:
    from pipelines.schema import RAW_TABLES

    special = {
        "period",
        "comment",
        "exported",
        "day",
        "week",
        "month",
        "quarter",
        "year",
        "hour",
        "date",
        "member",
        "nth_day",
        "dislikes",
    }
    for export in (export for export in load_formats().all if not export.refused):
        table = RAW_TABLES[export.table]
        unknown = {name for name in export.columns if name not in table.by_name} - special
        unknown -= {"account"} if "property" in table.by_name else set()
        # Some shapes work their rows out of several columns; the others store columns under their names.
        assert not unknown or export.shape in ("orders", "subscriptions", "leads", "rates"), (export.id, unknown)
        assert export.clock and export.source and export.kind


def test_hourglass_yml_can_name_the_platform_of_every_definition() -> None:
    named = {
        form.platform for form in load_formats().all if form.platform and form.shape not in ("currencies", "rates")
    }
    assert named <= set(PLATFORMS)


def test_a_header_is_found_under_title_lines_and_explained() -> None:
    rows = [["Eksport fra Meta"], POSTS, ["1"] * len(POSTS)]
    recognition = hold(*rows)
    assert recognition.match is not None
    assert recognition.match.format.id == "meta.facebook_posts"
    assert recognition.match.header == 1
    text = explain(Block([Row(number, cells) for number, cells in enumerate(rows, 1)]), recognition)
    assert text.startswith("table from line 1, 3 rows")
    assert "Publish time -> published_at" in text
    assert "header in row 2" in text


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        str.lower,
        lambda name: f"  {name} ",
        lambda name: name.replace("e", "\u00ade"),
        lambda name: f"\u200b{name}",
    ],
)
def test_case_space_and_invisible_characters_do_not_matter(change: object) -> None:
    recognition = hold([change(name) for name in POSTS])  # type: ignore[operator]
    assert recognition.match and recognition.match.format.id == "meta.facebook_posts"


def test_swedish_headers_tell_facebook_from_instagram() -> None:
    shared = [
        "Publicerings-id",
        "Beskrivning",
        "Varaktighet (sek)",
        "Publiceringstid",
        "Permalänk",
        "Inläggstyp",
        "Datum",
        "Visningar",
    ]
    facebook = hold([*shared, "Sid-id", "Sidnamn", "Reaktioner", "Totalt antal klick"])
    instagram = hold([*shared, "Konto-id", "Kontots användarnamn", "Gilla-markeringar", "Sparade objekt", "Följer"])
    assert facebook.match and facebook.match.format.platform == "facebook"
    assert instagram.match and instagram.match.format.platform == "instagram"
    assert instagram.match.locale == "sv"
    assert instagram.match.columns["saves"] == 11


def test_mixed_languages_are_all_named() -> None:
    recognition = hold(
        [
            "Campaign name",
            "Rapportering starter",
            "Rapportering slutter",
            "Beløp brukt (NOK)",
            "Rekkevidde",
            "Impressions",
        ]
    )
    assert recognition.match and recognition.match.format.id == "meta.ads"
    assert recognition.match.currencies["spend"] == "NOK"
    assert set((recognition.match.locale or "").split("+")) == {"nb", "en"}


def test_a_second_column_of_the_same_name_is_told_apart() -> None:
    recognition = hold([*POSTS, "Views"])
    assert recognition.match
    assert recognition.match.columns["views"] == 8
    assert recognition.match.names[-1] == "Views (2)"


def test_what_is_missing_is_said_of_the_nearest() -> None:
    recognition = hold([name for name in POSTS if name != "Publish time"])
    assert recognition.match is None
    assert "meta.facebook_posts" in (recognition.nearest or "")
    assert "missing: `Publish time`" in (recognition.nearest or "")


def test_a_table_that_resembles_nothing_has_no_nearest() -> None:
    recognition = hold(["Rett", "Pris", "Allergener"], ["Fiskekaker", "89", "fisk"])
    assert recognition.match is None
    assert recognition.nearest is None


def test_a_header_that_any_tool_could_have_written_needs_evidence() -> None:
    assert hold(["Date", "Views"]).match is None
    assert hold(["Date", "Views"]).question == "platform"
    assert hold(["Date", "Views"], platform="youtube").match is not None
    assert hold(["Date", "Views"], path="yt/Totals.csv").match is not None


def definition(id_: str, platform: str) -> str:
    return f"""
  - id: {id_}
    platform: {platform}
    source: test
    kind: daily
    table: social_account_daily
    shape: long
    columns:
      date: {{type: date, required: true, en: Dagen}}
    measures:
      views: {{type: amount, required: true, en: Klokker}}
"""


def test_two_platforms_that_fit_equally_well_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "two.yml").write_text(
        "exports:" + definition("one.daily", "pinterest") + definition("two.daily", "snapchat")
    )
    formats = load_formats(None, tmp_path)
    recognition = hold(["Dagen", "Klokker"], formats=formats)
    assert recognition.match is None
    assert "pinterest (one.daily) and snapchat (two.daily)" in (recognition.reason or "")
    told = hold(["Dagen", "Klokker"], formats=formats, platform="snapchat")
    assert told.match and told.match.format.id == "two.daily"


def test_a_language_is_added_by_data_alone(tmp_path: Path) -> None:
    finnish = ["Julkaisun tunnus", "Sivun tunnus", "Julkaisuaika", "Pysyvä linkki", "Katselukerrat", "Kattavuus"]
    assert hold(finnish).match is None
    (tmp_path / "fi.yml").write_text(
        """
additions:
  - extends: meta.facebook_posts
    columns:
      post_id: {fi: Julkaisun tunnus}
      account_id: {fi: Sivun tunnus}
      published_at: {fi: Julkaisuaika}
      permalink: {fi: Pysyvä linkki}
      views: {fi: Katselukerrat}
      reach: {fi: Kattavuus}
""",
        encoding="utf-8",
    )
    recognition = hold(finnish, formats=load_formats(None, tmp_path))
    assert recognition.match and recognition.match.format.id == "meta.facebook_posts"
    assert recognition.match.locale == "fi"


def test_the_months_of_a_language_are_added_by_data_alone(tmp_path: Path) -> None:
    before = load_formats(None, tmp_path).key
    assert parse_dates(["3 avrillu 2026"]).problems
    (tmp_path / "months.yml").write_text(
        "co: [ghjennaghju ghje, ferraghju, marzu, avrillu avr, maghju, ghjugnu, lugliu, aostu, sittembre, ottobre, nuvembre, dicembre]\n"
    )
    try:
        assert load_formats(None, tmp_path).key != before
        assert parse_dates(["3 avrillu 2026", "4. Ghje. 2026"]).values == [date(2026, 4, 3), date(2026, 1, 4)]
        assert dates_in("stats 3 avrillu 2026.csv").days == (date(2026, 4, 3),)
        # A spreadsheet of that language makes dates of numbers in its own words.
        assert parse_numbers(["3.avr", "4.ghje"], "count").problems.keys() == {"3.avr", "4.ghje"}
        (tmp_path / "months.yml").write_text("co: [ghjennaghju]\n")
        with pytest.raises(ConfigError, match=r"months\.yml:1: 'co' is .*at least 12"):
            load_formats(None, tmp_path)
    finally:
        load_formats()
    assert parse_dates(["3 avrillu 2026"]).problems


def test_the_key_changes_with_the_definitions(tmp_path: Path) -> None:
    before = load_formats(None, tmp_path).key
    (tmp_path / "more.yml").write_text("exports:" + definition("one.daily", "pinterest"))
    assert load_formats(None, tmp_path).key != before


def test_a_wrong_definition_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text(
        "exports:" + definition("one.daily", "pinterest").replace("shape: long", "shap: long")
    )
    with pytest.raises(ConfigError, match=r"bad.yml:\d+: unknown key 'exports.0.shap'"):
        _ = load_formats(None, tmp_path).all


def test_names_are_compared_without_what_nobody_sees() -> None:
    assert normalise(" „Mag ich“-Bewertungen:") == normalise("„mag ich“-bewertungen")
    assert normalise("Instagram’s") == normalise("instagram's")
