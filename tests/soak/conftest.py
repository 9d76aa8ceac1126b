"""The bench of the pipelines' tests, for tests that read files."""

from tests.pipelines.conftest import bench, quick_bench

__all__ = ["bench", "quick_bench"]
