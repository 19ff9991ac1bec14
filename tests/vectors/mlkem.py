"""ML-KEM-768 encapsulation with its randomness given, plainly and slowly, from FIPS 203.

The libraries draw that randomness themselves, so a vector made with them would change with
every run. What is made here is opened by the library, which checks both.
"""

import hashlib

Q, N, K = 3329, 256, 3
ROOTS = [pow(17, e, Q) for e in range(256)]  # 17 is a 256th root of 1
EXPONENTS = [2 * int(f"{i:07b}"[::-1], 2) + 1 for i in range(128)]


def bits(data):
    return [byte >> place & 1 for byte in data for place in range(8)]


def numbers(data, width):
    """ByteDecode: the numbers of `width` bits each, low bit first."""
    row = bits(data)
    return [
        sum(bit << i for i, bit in enumerate(row[at : at + width]))
        for at in range(0, len(row), width)
    ]


def octets(values, width):
    """ByteEncode, the other way."""
    whole = sum(value << i * width for i, value in enumerate(values))
    return whole.to_bytes(len(values) * width // 8, "little")


def compressed(values, width):
    return [((value << width) + Q // 2) // Q % (1 << width) for value in values]


def uniform(seed, column, row):
    """SampleNTT: a polynomial in the transformed domain, by rejection."""
    taken = hashlib.shake_128(seed + bytes((column, row))).digest(1536)
    return [number for number in numbers(taken, 12) if number < Q][:N]


def small(seed, index):
    """SamplePolyCBD with eta 2: coefficients from -2 to 2."""
    row = bits(hashlib.shake_256(seed + bytes((index,))).digest(128))
    return [(row[i] + row[i + 1] - row[i + 2] - row[i + 3]) % Q for i in range(0, 4 * N, 4)]


def transformed(f):
    """NTT, by its definition: f modulo X^2 - g for each g."""
    return [
        sum(f[2 * j + odd] * ROOTS[e * j % 256] for j in range(128)) % Q
        for e in EXPONENTS
        for odd in (0, 1)
    ]


def plain(f):
    """The NTT undone."""
    unit = pow(128, -1, Q)
    return [
        sum(f[2 * i + odd] * ROOTS[-e * j % 256] for i, e in enumerate(EXPONENTS)) * unit % Q
        for j in range(128)
        for odd in (0, 1)
    ]


def product(f, g):
    out = []
    for i, e in enumerate(EXPONENTS):
        (a, b), (c, d) = f[2 * i : 2 * i + 2], g[2 * i : 2 * i + 2]
        out += [(a * c + b * d * ROOTS[e % 256]) % Q, (a * d + b * c) % Q]
    return out


def added(*polynomials):
    return [sum(column) % Q for column in zip(*polynomials, strict=True)]


def encapsulate(public, message):
    """Return shared secret (32 bytes) and ciphertext (1088) for 32 bytes of randomness."""
    keys = hashlib.sha3_512(message + hashlib.sha3_256(public).digest()).digest()
    shared, seed = keys[:32], keys[32:]
    t = [numbers(public[at : at + 384], 12) for at in range(0, 384 * K, 384)]
    y = [transformed(small(seed, i)) for i in range(K)]
    ciphertext = b""
    for i in range(K):
        row = added(*(product(uniform(public[-32:], i, j), y[j]) for j in range(K)))
        ciphertext += octets(compressed(added(plain(row), small(seed, K + i)), 10), 10)
    v = added(*(product(t[j], y[j]) for j in range(K)))
    whole = [bit * (Q + 1) // 2 for bit in bits(message)]
    v = added(plain(v), small(seed, 2 * K), whole)
    return shared, ciphertext + octets(compressed(v, 4), 4)
