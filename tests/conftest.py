"""The order of the suite: what is slow starts first, so that no worker is left alone with it when the others are done."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
