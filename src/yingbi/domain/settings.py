"""Settings: yingbi.toml, then the environment, then options; each stronger than the last."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yingbi.domain.messages import listed, say
from yingbi.errors import BadSettingsError


def _(template: str) -> str:
    return template


ENCODER_PRESETS = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
)  # fmt: skip
"""How fast film is encoded, from the fastest on, in x264's words."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its dotted name, type, default and meaning.

    The environment variable is YINGBI_ and the name in capitals, dots as underscores.
    """

    name: str
    kind: type
    default: Any
    meaning: str
    allowed: tuple[str, ...] = ()
    low: float = 0
    high: float = 1e9

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "YINGBI_" + self.name.upper().replace(".", "_")


SETTINGS = (
    Setting("lang", str, "", _("Language of messages; empty follows LANG."), ("", "en", "zh")),
    Setting("vault", str, "", _("Folder of the vault.")),
    Setting(
        "passphrase_file",
        str,
        "",
        _("File that holds the vault's passphrase; only its owner may read it."),
    ),
    Setting("jobs", int, 1, _("Inputs worked on at the same time."), low=1, high=64),
    Setting(
        "models.dir", str, "", _("Folder of the networks; empty means the user's data folder.")
    ),
    Setting(
        "models.source",
        str,
        "",
        _("Folder of downloaded packages to install networks from, offline."),
    ),
    Setting(
        "models.runtime",
        str,
        "auto",
        _("Library that runs the networks; auto measures once which is fastest here."),
        ("auto", "onnxruntime", "onnxruntime-gpu", "openvino-f32", "openvino-bf16"),
    ),
    Setting(
        "models.cards",
        str,
        "optional",
        _("Whether a network without a model card is refused."),
        ("optional", "required"),
    ),
    Setting(
        "detect.size",
        int,
        1280,
        _("Longer side, in pixels, of the picture that faces and text are looked for in."),
        low=320,
        high=4096,
    ),
    Setting(
        "detect.face",
        float,
        0.12,
        _("Score from which on something counts as a face; lower masks more."),
        low=0.01,
        high=0.9,
    ),
    Setting(
        "detect.person",
        float,
        0.15,
        _("Score from which on something counts as a person; lower masks more."),
        low=0.01,
        high=0.9,
    ),
    Setting(
        "detect.text",
        float,
        0.5,
        _("Score from which on something counts as text, for plates too; lower masks more."),
        low=0.01,
        high=0.9,
    ),
    Setting(
        "detect.text_kind",
        str,
        "all",
        _("Which lines the target text covers: all, or the private and those that cannot be read."),
        ("all", "private"),
    ),
    Setting(
        "detect.screen",
        float,
        0.15,
        _("Score from which on something counts as a screen; lower masks more."),
        low=0.01,
        high=0.9,
    ),
    Setting(
        "detect.second",
        float,
        0.5,
        _("Score from which on the second family of networks counts a face; lower masks more."),
        low=0.01,
        high=0.9,
    ),
    Setting(
        "detect.face_network",
        str,
        "",
        _("Network of your own that looks for faces; empty means the one that is installed."),
    ),
    Setting(
        "detect.person_network",
        str,
        "",
        _("Network of your own that looks for people; empty means the one that is installed."),
    ),
    Setting(
        "detect.plate_network",
        str,
        "",
        _("Network of your own that looks for plates; empty means the one that is installed."),
    ),
    Setting(
        "detect.strict",
        bool,
        False,
        _("Look with two families of networks, at four turns, at full size: slow."),
    ),
    Setting(
        "mask.grow",
        float,
        0.25,
        _("How far a mask reaches over what was found, as a share of its size."),
        low=0,
        high=2,
    ),
    Setting(
        "mask.style",
        str,
        "solid",
        _("Kind of mask: solid, or the weak pixelate[:CELLS] and blur[:SHARE]."),
    ),
    Setting("mask.color", str, "", _("Colour of a solid mask, #rrggbb; empty is grey.")),
    Setting(
        "track.hold_s",
        float,
        0.5,
        _("Seconds that a mask stays before and after the detector saw something."),
        low=0,
        high=10,
    ),
    Setting(
        "video.crf",
        int,
        18,
        _("Quality of masked film: lower is better and larger (x264 crf)."),
        low=0,
        high=40,
    ),
    Setting(
        "video.preset",
        str,
        "veryfast",
        _("How long masked film is encoded: slower is smaller (x264 preset)."),
        ENCODER_PRESETS,
    ),
    Setting(
        "records.size",
        int,
        960,
        _("The same as detect.size where records alone are kept; the smaller of both counts."),
        low=320,
        high=4096,
    ),
    Setting(
        "records.poses_per_second",
        float,
        2.0,
        _("Poses kept per second and person."),
        low=0.1,
        high=30,
    ),
    Setting(
        "check.score",
        float,
        0.85,
        _("Score from which on --check believes that a face is still to be seen."),
        low=0.05,
        high=0.99,
    ),
    Setting(
        "report.suite",
        str,
        "intl",
        _("Ciphers of the key that signs reports."),
        ("intl", "sm"),
    ),
    Setting(
        "log.witness",
        str,
        "",
        _("File outside the vault that keeps the log's latest checkpoint; empty keeps none."),
    ),
    Setting(
        "retention.max_jump_days",
        int,
        400,
        _("Days that the clock may be ahead of the log before nothing is erased by time."),
        low=2,
        high=36500,
    ),
    Setting(
        "backup.key_days",
        int,
        7,
        _("Days that a backup's copy of the keys opens; then it is deleted, and so is its key."),
        low=1,
        high=365,
    ),
    Setting(
        "memory",
        str,
        "wanted",
        _("Whether the vault refuses to start where memory cannot be locked."),
        ("wanted", "required"),
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting's value and where it came from."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        """Return the value of a setting by its dotted name."""
        return self.values[name]

    @property
    def models_dir(self) -> Path:
        """The folder of the networks, with the default filled in."""
        return Path(self["models.dir"] or data_home() / "models").expanduser()


def data_home() -> Path:
    """Return the user's data folder for Yingbi (XDG base directory specification)."""
    import os

    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "yingbi"


def resolve(
    file: Mapping[str, Any],
    file_name: str,
    environment: Mapping[str, str],
    options: Mapping[str, Any],
) -> Settings:
    """Return the settings in force.

    Args:
        file: the parsed yingbi.toml, tables nested; file_name is shown as its origin.
        environment: os.environ or a stand-in.
        options: dotted names to values given on the command line; None is "not given".

    Raises: BadSettingsError on an unknown name or a value out of range.
    """
    flat = dict(_flatten(file))
    unknown = sorted(set(flat) - {s.name for s in SETTINGS})
    if unknown:
        raise BadSettingsError(
            setting=unknown[0], origin=file_name, reason="there is no such setting"
        )
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for setting in SETTINGS:
        values[setting.name], origins[setting.name] = setting.default, "default"
        given = (
            (flat.get(setting.name), file_name),
            (environment.get(setting.variable), setting.variable),
        )
        for value, origin in (*given, (options.get(setting.name), "option")):
            if value is not None:
                values[setting.name] = _checked(setting, value, origin)
                origins[setting.name] = origin
    return Settings(values, origins)


def _flatten(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for key, value in table.items():
        name = f"{prefix}{key}"
        flat += _flatten(value, f"{name}.") if isinstance(value, Mapping) else [(name, value)]
    return flat


_YES_OR_NO = {"true": True, "1": True, "false": False, "0": False}


def _checked(setting: Setting, value: Any, origin: str) -> Any:
    def refuse(reason: str) -> BadSettingsError:
        return BadSettingsError(setting=setting.name, origin=origin, reason=reason)

    if setting.kind is str:
        if not isinstance(value, str):
            raise refuse(say("it must be a text in quotes"))
        if setting.allowed and value not in setting.allowed:
            allowed = listed(repr(a) for a in setting.allowed)
            raise refuse(say("it must be one of {allowed}", allowed=allowed))
        return value
    if setting.kind is bool:
        yes_or_no = _YES_OR_NO.get(str(value).lower())
        if yes_or_no is None:
            raise refuse(say("it must be true or false"))
        return yes_or_no
    try:
        number = setting.kind(value)
    except (TypeError, ValueError, OverflowError):
        raise refuse(say("'{value}' is not a number", value=value)) from None
    if isinstance(value, bool) or not setting.low <= number <= setting.high:
        low, high = f"{setting.low:g}", f"{setting.high:g}"
        raise refuse(say("it must lie from {low} to {high}", low=low, high=high))
    return number
