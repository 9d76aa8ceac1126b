"""How one file of the inbox is recognised, told anew from its bytes: nothing is loaded."""

import os

from config.home import Home
from config.settings import Settings

from pipelines import load, privacy
from pipelines.archive import documents
from pipelines.formats_model import load_formats
from pipelines.inbox import Inbox
from pipelines.ingest import work_connection
from pipelines.reading import DocumentReader
from pipelines.suppression import Suppression


def explanation(home: Home, settings: Settings, path: str) -> list[str]:
    """What is made of each table of the document at ``path`` (``archive.zip!member`` for one in an archive).

    Empty when the file is gone from the inbox, or when nothing in it is a table.
    """
    suppression = Suppression.of(home)
    inbox = Inbox(home.inbox, hide=suppression.hide)
    file = next((file for file in inbox.walk() if file.path == path.split("!")[0]), None)
    if file is None:
        return []
    key = privacy.load_key(home)
    scratch = home.temporary / f"explain.{os.getpid()}"
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        mask = privacy.masker(key, suppression)
        with work_connection(settings, scratch, key, mask) as work:
            reader = DocumentReader(work, load_formats(home), mask, scratch, 1, {})
            for document in documents(file, scratch):
                if suppression.hide(document.path) == path:
                    return reader.read(document)[0].explanation
    finally:
        load.clear(scratch)
    return []
