from __future__ import annotations

import numpy as np
import pytest
from stdnum.cn import uscc

from data_contracts.contract import load_contract
from models.sample.codes import credit_codes
from models.sample.latent import DIMENSIONS, latents
from models.sample.population import LEVELS, national_count, population

# Fictitious codes whose inner and outer check characters domain.md computed by hand.
KNOWN = {90000001: "51990000900000014W", 90000002: "51990000900000022P", 90000003: "51990000900000030J"}


def test_codes_match_the_known_ones() -> None:
    assert credit_codes(np.array(list(KNOWN))).tolist() == list(KNOWN.values())


def test_every_code_is_valid_and_of_the_fictitious_region() -> None:
    people = population(2000, [2025], 3)
    codes = people.ids[~people.preparing]
    assert all(uscc.is_valid(code) for code in codes)
    assert {code[:8] for code in codes} == {"51990000"}
    assert len(set(people.ids)) == 2000


def test_names_are_distinct_and_marked_as_fictitious() -> None:
    people = population(5000, [2025], 3)
    assert len(set(people.names)) == 5000
    assert all(name.startswith("虚构") for name in people.names)
    had_other = people.former != ""
    assert 0.02 < had_other.mean() < 0.08
    assert (people.former[had_other] != people.names[had_other]).all()


def test_levels_sizes_and_lines_of_a_sample_of_300() -> None:
    people = population(300, [2024, 2025], 5)
    assert national_count(300) >= 25
    assert (people.level == LEVELS.index("national")).sum() == national_count(300)
    lines = {e.code for e in load_contract("societies").field("reporting_line").enum}
    assert set(people.line) == lines
    assert ((people.line == "000000") == (people.level == 0)).all()
    assert people.members.min() < 1000 and people.members.max() > 50_000
    assert set(people.cast_class) == set("ABCDEX")


def test_full_nation_has_the_shares_of_the_field() -> None:
    assert national_count(25_000) == pytest.approx(240, abs=10)


def test_latent_dimensions_share_a_general_factor_and_persist() -> None:
    found = latents(20_000, [2024, 2025], 1)
    first, second = found[2024], found[2025]
    between = np.corrcoef(first.dimensions.T)[np.triu_indices(DIMENSIONS, 1)]
    assert between.min() > 0.6 and between.max() < 0.7
    assert np.corrcoef(first.quality, second.quality)[0, 1] > 0.9
    assert np.allclose(first.dimensions.mean(axis=1), np.sqrt(0.7) * first.quality)
