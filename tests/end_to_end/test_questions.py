"""The saved queries of the documentation answer on a published file, and the page shows them as they are."""

import re
from typing import Any

import pytest

from hourglass.questions import PAGE, Question, questions

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("night")]


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.name)
def test_each_question_has_an_answer_with_the_columns_that_the_page_shows(night: Any, question: Question) -> None:
    result = night.published.execute(question.sql)
    names = [item[0] for item in result.description]
    assert result.fetchall()
    page = PAGE.read_text(encoding="utf-8")
    section = page.split(f"## {question.title}\n")[1].split("\n## ")[0]
    assert f"```sql\n{question.sql}\n```" in section
    header = re.search(r"^\| (.+) \|$", section.split("```")[-1], re.MULTILINE)
    assert header and header.group(1).split(" | ") == names


def test_there_are_ten() -> None:
    assert len(questions()) == 10
