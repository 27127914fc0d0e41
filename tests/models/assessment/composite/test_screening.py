import numpy as np
import pytest

from models.assessment.composite import CompositeError, coverage, screen

NA = np.nan
VALUES = np.array([[1.0, 2.0, 3.0, 4.0], [1.0, NA, 3.0, 4.0], [NA, NA, NA, 4.0], [NA, NA, NA, NA]])


def test_coverage_by_hand() -> None:
    assert coverage(VALUES).tolist() == [1.0, 0.75, 0.25, 0.0]


def test_a_unit_at_the_threshold_stays() -> None:
    assert screen(VALUES, 0.75).tolist() == [True, True, False, False]
    ten = np.ones((1, 10))
    ten[0, :3] = NA
    assert screen(ten, 0.7).all()


@pytest.mark.parametrize("share", [-0.1, 1.1, NA])
def test_a_share_is_between_0_and_1(share: float) -> None:
    with pytest.raises(CompositeError) as refusal:
        screen(VALUES, share)
    assert refusal.value.code == "option"


def test_nobody_left_is_an_error() -> None:
    with pytest.raises(CompositeError) as refusal:
        screen(VALUES[2:], 0.9)
    assert refusal.value.code == "screen_none_left"
