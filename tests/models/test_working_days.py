"""Working days follow the State Council's table, exchanges included."""

from datetime import date

from models.working_days import working_day_numbers


def between(first, last):
    table = working_day_numbers(date(2024, 1, 1), date(2025, 12, 31))
    number = dict(table.iter_rows())
    return number[last] - number[first]


def test_the_national_holiday_of_2024_has_no_working_day():
    assert between(date(2024, 9, 30), date(2024, 10, 7)) == 0


def test_a_weekend_worked_in_exchange_counts():
    # 2024-09-29 is a Sunday and was a working day
    assert between(date(2024, 9, 28), date(2024, 9, 29)) == 1


def test_ten_working_days_after_an_ordinary_monday():
    assert between(date(2025, 3, 3), date(2025, 3, 17)) == 10
