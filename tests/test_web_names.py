"""Names of files that are no text: every page and every answer can be sent, in one line."""

import json
import os

import pytest

from films import face_film
from networks import models_dir
from web_house import ask, let_in, running, until
from yingbi.bootstrap import load_settings
from yingbi.domain.messages import say_error
from yingbi.errors import NotMediaError, YingbiError
from yingbi.web.app import app_pages, path_id
from yingbi.web.pages import told


def test_a_name_that_is_no_text_is_shown_and_masked_and_never_breaks_an_answer(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("YINGBI_MODELS_DIR", str(models_dir()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".local"))
    home = tmp_path / "Videos"
    home.mkdir()
    made = face_film(home / "made.mp4", seconds=0.2)
    film = made.rename(made.with_name(os.fsdecode(b"a\xff.mp4")))
    bad = home / os.fsdecode(b"b\xff.mp4")
    bad.write_bytes(b"no film")
    with running(app_pages(load_settings({}), [])) as local:
        ours = let_in(local)

        def said(path, method="GET", body=""):
            answer = ask(local.port, path, method, ours, body.encode())
            return answer.status, answer.body.decode("utf-8", "replace")

        for path in (film, bad):
            status, text = said("/app/choose", "POST", f"path={path_id(path)}")
            assert (status, "\\udcff.mp4" in text) == (200, True)
        assert said("/app/folder?at=" + path_id(film.parent))[1].count("\\udcff.mp4") == 2
        gone = said("/app/choose", "POST", f"path={path_id(film)}00")
        lost = said("/app/choose", "POST", f"path={path_id(film)}31")
        assert gone[0] == 400
        assert (lost[0], "\\udcff.mp41" in lost[1]) == (404, True)
        until(lambda: "busy" not in said("/app/mask", "POST", "target=face")[1])
        until(lambda: 'id="again"' in said("/app/work")[1], 60)
        shown = said("/")[1]
        assert "a\\udcff.mp4" in shown
        assert say_error(NotMediaError(path=bad)).split("\\udcff")[0][-20:] in shown
        assert said("/app/compare?file=0")[0] == 200
        for side in ("clear", "written"):
            picture = said(f"/app/frame?file=0&at=0&as={side}")
            assert (picture[0], "JFIF" in picture[1]) == (200, True)
    assert (home / "masked" / film.name).exists()


@pytest.mark.parametrize("name", ["path", "reason", "many"])
def test_an_error_that_names_what_is_no_text_is_told_in_one_line(name):
    class OddError(YingbiError):
        template = "It is {" + name + "}."

    lost = os.fsdecode(b"a\xff\n.mp4")
    answer = told(OddError(**{name: [lost] if name == "many" else lost}))
    message = json.loads(answer.body)["error"]["message"]
    assert "udcff" in message
    assert "\n" not in message
