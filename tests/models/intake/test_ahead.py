import threading

import pytest

from models.intake.ahead import Ahead


def test_what_was_begun_is_taken_and_not_made_again():
    made = []
    with Ahead(lambda items: made.append(items) or sum(items)) as ahead:
        ahead.begin([[1, 2]])
        assert ahead.take([1, 2]) == 3
    assert made == [(1, 2)]


def test_it_is_made_while_the_caller_does_something_else():
    gate = threading.Event()
    with Ahead(lambda _: gate.wait(20)) as ahead:
        ahead.begin([[1]])
        gate.set()  # reached although what was begun is not done
        assert ahead.take([1])


@pytest.mark.parametrize("begun", [None, [], [[]], [[1]], [[1, 3], [4]]])
def test_what_was_not_begun_is_made_when_it_is_taken(begun):
    with Ahead(sum) as ahead:
        if begun is not None:
            ahead.begin(begun)
        assert ahead.take([1, 2]) == 3
        assert ahead.take([4]) == 4


def test_an_error_is_raised_to_whom_it_concerns():
    def fail(items):
        if 0 in items:
            raise ValueError("nothing to divide by")
        return items[0]

    with Ahead(fail) as ahead:
        ahead.begin([[0]])
        assert ahead.take([1]) == 1  # begun in vain: nobody's error
        ahead.begin([[0]])
        with pytest.raises(ValueError, match="nothing to divide by"):
            ahead.take([0])
        assert ahead.take([2]) == 2


def test_leaving_ends_the_thread():
    before = threading.active_count()
    with pytest.raises(KeyError), Ahead(sum) as ahead:
        ahead.begin([[1, 2]])
        raise KeyError
    assert threading.active_count() == before


def test_no_more_is_begun_than_the_depth():
    made = []
    with Ahead(lambda items: made.append(items) or items, depth=2) as ahead:
        ahead.begin([[1], [2], [3]])
        assert ahead.take([1]) == (1,) and ahead.take([2]) == (2,)
        assert sorted(made) == [(1,), (2,)]


def test_what_goes_on_is_not_begun_again():
    made = []
    with Ahead(lambda items: made.append(items) or items, depth=2) as ahead:
        ahead.begin([[1], [2]])
        ahead.take([1])
        ahead.begin([[2], [3]])
        ahead.take([2])
        ahead.take([3])
    assert sorted(made) == [(1,), (2,), (3,)]
