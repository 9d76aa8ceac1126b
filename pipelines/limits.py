"""How much a file may ask of the machine. All limits of the room stand here."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes after decompression."""

    archive_members: int = 2_000
    member_bytes: int = 8_192 * MEBIBYTE
    archive_bytes: int = 16_384 * MEBIBYTE
    # Folders inside folders of the inbox, and one hourglass.yml.
    folder_depth: int = 40
    sidecar_bytes: int = 64 * 1024
    # A member may grow this much when it is opened; small ones are let through whatever their ratio.
    ratio: int = 200
    ratio_free_bytes: int = 16 * MEBIBYTE
    # Threads cost more than they bring on a generic input below this size.
    small_file_bytes: int = 8 * MEBIBYTE
    # Generic CSVs up to this size are parsed once into a table of the work database, larger ones twice.
    settled_bytes: int = 1_024 * MEBIBYTE
    # Report exports are read whole into memory up to this size, and in bulk by DuckDB from a smaller one on.
    report_bytes: int = 128 * MEBIBYTE
    bulk_bytes: int = 8 * MEBIBYTE
    # A workbook is opened whole; text takes several times the room of its cells in the file.
    workbook_bytes: int = 512 * MEBIBYTE
    sheet_cells: int = 20_000_000
    # As much of a file is looked at to recognise it.
    head_bytes: int = 64 * 1024
    header_search_rows: int = 15
    # Other files of the same export that may tell its days: so many, each so large.
    beside_files: int = 64
    beside_bytes: int = MEBIBYTE
    record_bytes: int = 16 * MEBIBYTE
    # Rows of one file that go into quarantine one by one; the rest is counted.
    quarantined_rows: int = 1_000
    raw_text_characters: int = 2_000


LIMITS = Limits()
