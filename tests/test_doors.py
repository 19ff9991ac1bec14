"""Doors: they seal into a box without a passphrase, and open nothing."""

from datetime import timedelta

import pytest

from vault_house import DAY, new_vault, open_vault
from yingbi.errors import SealBrokenError
from yingbi.keys.epoch import day_of_epoch
from yingbi.keys.vouch import Vouched, vouched


@pytest.mark.parametrize("suite", ["intl", "sm"])
def test_epoch_keys_are_handed_out_ahead_and_whoever_gets_them_checks_them(tmp_path, suite):
    with open_vault(new_vault(tmp_path / "v", suite)) as house:
        hall, yard = house.new_box("hall"), house.new_box("yard")
        given = house.epochs.ahead(hall.box_id, DAY, 3)
        days = [day_of_epoch(one.public.epoch) for one in given]
        assert days == [DAY + timedelta(days=number) for number in range(3)]
        assert house.epochs.ahead(hall.box_id, DAY, 2) == given[:2]
        chosen, who = house.keystore.suite, house.folder.controller_id
        signer = house.boxes.record(hall.box_id).signer_public
        other = house.boxes.record(yard.box_id).signer_public
        for one in given:
            assert vouched(chosen, who, signer, one) == one.public
            with pytest.raises(SealBrokenError):
                vouched(chosen, who, other, one)
        swapped = Vouched(given[0].public, given[1].signature)
        with pytest.raises(SealBrokenError):
            vouched(chosen, who, signer, swapped)
