"""Reruns take turns: in the order in which they came, a few at a time, and nobody waits for ever."""

import threading

import pytest

from dashboards.turns import Turns

SECONDS = 10


def waiting(turns, n):
    """Wait until n threads wait for a turn."""
    deadline = threading.Event()
    for _ in range(1_000):
        with turns._lock:
            if len(turns._waiting) == n:
                return
        deadline.wait(0.005)
    raise AssertionError(f"{len(turns._waiting)} wait instead of {n}")


@pytest.fixture
def crowd():
    """Start threads one after the other, each waiting for its turn before the next; join all at the end."""
    begun = []

    def begin(work):
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        begun.append(thread)
        return thread

    yield begin
    for thread in begun:
        thread.join(SECONDS)
        assert not thread.is_alive()


def test_they_go_in_the_order_in_which_they_came(crowd):
    turns, order, threads = Turns(1, SECONDS), [], []
    with turns.take():
        for n in range(5):

            def one(n=n):
                with turns.take():
                    order.append(n)

            threads.append(crowd(one))
            waiting(turns, n + 1)
        assert order == []
    waiting(turns, 0)
    for thread in threads:
        thread.join(SECONDS)
    assert order == [0, 1, 2, 3, 4]


def test_only_so_many_go_at_once(crowd):
    turns, lock, running, most = Turns(2, SECONDS), threading.Lock(), [0], [0]

    def one():
        with turns.take():
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            threading.Event().wait(0.01)
            with lock:
                running[0] -= 1

    threads = [crowd(one) for _ in range(12)]
    for thread in threads:
        thread.join(SECONDS)
    assert most[0] == 2
    assert turns._running == 0


def test_one_that_is_long_at_work_holds_up_nobody_for_ever(crowd):
    turns, done = Turns(1, 0.05), threading.Event()

    def one():
        with turns.take():
            done.set()

    with turns.take():
        crowd(one)
        assert done.wait(SECONDS)
    assert turns._running == 0
    with turns.take():
        assert turns._running == 1


def test_a_turn_given_up_is_another_s_and_comes_back(crowd):
    turns, done = Turns(1, SECONDS), threading.Event()

    def one():
        with turns.take():
            done.set()

    with turns.take():
        thread = crowd(one)
        waiting(turns, 1)
        assert not done.is_set()
        with turns.give_up():
            assert done.wait(SECONDS)
            thread.join(SECONDS)
            assert turns._running == 0
        assert turns._running == 1
    assert turns._running == 0


def test_without_a_turn_there_is_none_to_give_up():
    turns = Turns(1, SECONDS)
    with turns.give_up():
        assert turns._running == 0
    assert turns._running == 0


def test_what_fails_ends_its_turn():
    turns = Turns(1, SECONDS)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.take():
            _ = 1 / 0
    with turns.take(), turns.give_up(), turns.give_up():
        assert turns._running == 0
    assert turns._running == 0


def test_late_ones_are_not_let_in_twice(crowd):
    """Whoever is called in the moment in which waiting ends holds one turn, not two."""
    turns = Turns(1, 0.001)

    def one():
        for _ in range(50):
            with turns.take():
                pass

    threads = [crowd(one) for _ in range(8)]
    for thread in threads:
        thread.join(SECONDS)
    assert turns._running == 0
    assert not turns._waiting
