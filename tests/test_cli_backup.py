"""The restore drill as the guide tells it, from the command line."""

import shutil

from stills import make_still
from yb import with_vault


def test_the_drill_of_the_guide_brings_everything_back_but_what_was_erased(tmp_path) -> None:
    yingbi = with_vault(tmp_path, "intl")
    still = make_still(tmp_path / "in.jpg")
    yingbi("box", "create", "hall", "--level", 3)
    first, doomed = (
        yingbi("protect", still, "--box", "hall", "--json").json[0]["id"] for _ in range(2)
    )
    apart = ("bodies", "--keys", "keys")
    assert yingbi("backup", "create", *apart, "--json").json["copied"] == 6
    third = yingbi("protect", still, "--box", "hall", "--json").json[0]["id"]
    yingbi("erase", doomed, "--yes")
    made = yingbi("backup", "create", *apart, "--json").json
    assert (made["bodies"], made["copied"], made["removed"]) == (6, 3, 3)
    assert "is whole: 6 bodies" in yingbi("backup", "verify", *apart).out
    shutil.rmtree(tmp_path / "vault")
    assert "2 objects" in yingbi("backup", "restore", "bodies", "vault", "--keys", "keys").out
    listed = yingbi("list", "--box", "hall", "--json").json
    assert {one["id"] for one in listed} == {first, third}
    for number, one in enumerate((first, third)):
        yingbi("open", one, "--raw", "--purpose", "drill", "-o", f"{number}.jpg")
        assert (tmp_path / f"{number}.jpg").read_bytes() == still.read_bytes()
    assert yingbi("open", doomed, "-o", "d.jpg", status=66).status == 66
    yingbi("verify")
    actions = [one["action"] for one in yingbi("log", "--json").json]
    assert actions.count("restored") == 1
    body = next((tmp_path / "bodies" / "objects").glob("??/*.yb"))
    body.write_bytes(body.read_bytes()[:-1])
    broken = yingbi("backup", "verify", *apart, status=65)
    assert broken.err.count("\n") == 1
    assert "is broken" in broken.err
    yingbi("backup", "restore", "bodies", "other", "--keys", "keys", status=65)
    yingbi("backup", "restore", "bodies", "vault", "--keys", "keys", status=73)
    yingbi("backup", "create", "here", "--keys", "here", status=2)
    yingbi("backup", "verify", "nowhere", "--keys", "keys", status=66)
    yingbi("backup", "verify", *apart, "--backup", "x", status=2)
