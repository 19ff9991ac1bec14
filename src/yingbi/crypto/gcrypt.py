"""libgcrypt 1.10 or newer through cffi's ABI mode: only what the suite `sm` needs.

Handles and S-expressions are freed on every path. Key material that libgcrypt
copies into its own memory is not wiped by it: a limit the docs name.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cffi import FFI

from yingbi.crypto.contract import Octets
from yingbi.errors import LibraryMissingError

SM4, GCM, SM3 = 318, 9, 326
HMAC_FLAG = 2
_LIBRARY_NAME = "libgcrypt.so.20"
_OLDEST = b"1.10.0"
_DISABLE_SECURE_MEMORY, _INITIALISED, _ASK_INITIALISED = 37, 38, 39
_ERROR_CODE_MASK = 0xFFFF

ffi = FFI()
ffi.cdef("""
typedef unsigned int gcry_error_t;
typedef void *handle_t;
const char *gcry_check_version(const char *oldest);
gcry_error_t gcry_control(int command, ...);
const char *gcry_strerror(gcry_error_t code);

gcry_error_t gcry_cipher_open(handle_t *handle, int algorithm, int mode, unsigned int flags);
void gcry_cipher_close(handle_t handle);
gcry_error_t gcry_cipher_setkey(handle_t handle, const void *key, size_t length);
gcry_error_t gcry_cipher_setiv(handle_t handle, const void *iv, size_t length);
gcry_error_t gcry_cipher_authenticate(handle_t handle, const void *data, size_t length);
gcry_error_t gcry_cipher_encrypt(handle_t handle, void *out, size_t out_size,
                                 const void *in, size_t in_length);
gcry_error_t gcry_cipher_decrypt(handle_t handle, void *out, size_t out_size,
                                 const void *in, size_t in_length);
gcry_error_t gcry_cipher_gettag(handle_t handle, void *tag, size_t length);
gcry_error_t gcry_cipher_checktag(handle_t handle, const void *tag, size_t length);

gcry_error_t gcry_md_open(handle_t *handle, int algorithm, unsigned int flags);
gcry_error_t gcry_md_copy(handle_t *copy, handle_t handle);
void gcry_md_close(handle_t handle);
void gcry_md_write(handle_t handle, const void *data, size_t length);
unsigned char *gcry_md_read(handle_t handle, int algorithm);
gcry_error_t gcry_md_setkey(handle_t handle, const void *key, size_t length);
void gcry_md_hash_buffer(int algorithm, void *digest, const void *data, size_t length);

gcry_error_t gcry_sexp_build(handle_t *sexp, size_t *error_offset, const char *format, ...);
void gcry_sexp_release(handle_t sexp);
handle_t gcry_sexp_find_token(handle_t list, const char *token, size_t length);
const char *gcry_sexp_nth_data(handle_t list, int number, size_t *length);
gcry_error_t gcry_pk_encrypt(handle_t *result, handle_t data, handle_t public_key);
gcry_error_t gcry_pk_decrypt(handle_t *result, handle_t data, handle_t private_key);
gcry_error_t gcry_pk_sign(handle_t *result, handle_t data, handle_t private_key);
gcry_error_t gcry_pk_verify(handle_t signature, handle_t data, handle_t public_key);
gcry_error_t gcry_mpi_ec_new(handle_t *context, handle_t parameters, const char *curve);
gcry_error_t gcry_pubkey_get_sexp(handle_t *sexp, int mode, handle_t context);
void gcry_ctx_release(handle_t context);
""")

_lock = threading.Lock()
_loaded: list[Any] = []


class GcryptError(Exception):
    """libgcrypt refused a call; the text is its own and holds no data."""


def library() -> Any:
    """Return the library, loaded and initialised once for all threads.

    Raises: LibraryMissingError where it is absent or older than 1.10.
    """
    with _lock:
        if not _loaded:
            _loaded.append(_load())
        return _loaded[0]


def _load() -> Any:
    missing = LibraryMissingError(
        library="libgcrypt 1.10 or newer",
        cost="the cipher suite 'sm' cannot be used",
        command="apt-get install libgcrypt20",
    )
    try:
        loaded: Any = ffi.dlopen(_LIBRARY_NAME)
    except OSError:
        raise missing from None
    if loaded.gcry_check_version(_OLDEST) == ffi.NULL:
        raise missing
    # The question answers with an error where initialisation is over: libgcrypt's own habit.
    if not loaded.gcry_control(_ASK_INITIALISED):
        zero = ffi.cast("int", 0)
        loaded.gcry_control(_DISABLE_SECURE_MEMORY, zero)
        loaded.gcry_control(_INITIALISED, zero)
    return loaded


def check(code: int) -> None:
    """Raise GcryptError where a call returned an error."""
    if code & _ERROR_CODE_MASK:
        text = ffi.string(library().gcry_strerror(code))
        raise GcryptError(text.decode() if isinstance(text, bytes) else text)


def view(data: Octets) -> Any:
    """Return the data as C sees it, without a copy."""
    return ffi.from_buffer(data)


@contextmanager
def sexp(form: str, *values: bytes) -> Iterator[Any]:
    """Build an S-expression; each %b of the form takes one of the values."""
    made = ffi.new("handle_t *")
    kept = [ffi.from_buffer(value) for value in values]
    arguments: list[Any] = []
    for value, pointer in zip(values, kept, strict=True):
        arguments += [ffi.cast("int", len(value)), ffi.cast("const char *", pointer)]
    check(library().gcry_sexp_build(made, ffi.NULL, form.encode(), *arguments))
    try:
        yield made[0]
    finally:
        library().gcry_sexp_release(made[0])


@contextmanager
def result(function: Any, *arguments: Any) -> Iterator[Any]:
    """Call a function that makes an S-expression; raise GcryptError where it refuses."""
    made = ffi.new("handle_t *")
    check(function(made, *arguments))
    try:
        yield made[0]
    finally:
        library().gcry_sexp_release(made[0])


@contextmanager
def curve_context(parameters: Any) -> Iterator[Any]:
    """Make a curve's context from a key and release it afterwards."""
    made = ffi.new("handle_t *")
    check(library().gcry_mpi_ec_new(made, parameters, ffi.NULL))
    try:
        yield made[0]
    finally:
        library().gcry_ctx_release(made[0])


def value_of(expression: Any, token: str) -> bytes:
    """Return the bytes after a token, or raise GcryptError where there are none."""
    found = library().gcry_sexp_find_token(expression, token.encode(), 0)
    if found == ffi.NULL:
        raise GcryptError(f"no value '{token}'")
    try:
        length = ffi.new("size_t *")
        data = library().gcry_sexp_nth_data(found, 1, length)
        if data == ffi.NULL:
            raise GcryptError(f"no data for '{token}'")
        return bytes(ffi.buffer(data, length[0]))
    finally:
        library().gcry_sexp_release(found)
