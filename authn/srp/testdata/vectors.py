"""Writes vectors.json: whole exchanges, computed from the formulas alone with Python's integers.

Nothing here comes from the Go code: N is computed from its definition in RFC 3526 section 4 (the group of RFC 5054
appendix A), HKDF from RFC 5869 and the rest from the documented exchange. Names are chosen until every number that is
hashed occurs with its top bit set and with it clear.

    python3 vectors.py > vectors.json
"""

import base64
import hashlib
import hmac
import json


def pi_times(power):
    """floor(2^power * pi), by Machin's formula with 64 bits to spare."""
    one = 1 << (power + 64)

    def arctan_inverse(x):
        term, total, n, sign = one // x, 0, 1, 1
        while term:
            total += sign * (term // n)
            term //= x * x
            n += 2
            sign = -sign
        return total

    return (4 * (4 * arctan_inverse(5) - arctan_inverse(239))) >> 64


N = 2**3072 - 2**3008 - 1 + 2**64 * (pi_times(2942) + 1690314)
G = 2


def padded(n):
    text = "%x" % n
    if len(text) % 2:
        text = "0" + text
    if text[0] in "89abcdef":
        text = "00" + text
    return bytes.fromhex(text)


def sha256(data):
    return hashlib.sha256(data).digest()


def number(data):
    return int.from_bytes(data, "big")


def hkdf(secret, salt, info, length):
    prk = hmac.new(salt, secret, hashlib.sha256).digest()
    return hmac.new(prk, info + b"\x01", hashlib.sha256).digest()[:length]


def exchange(seed, pool, username, password, salt=None):
    def random(name, size):
        return sha256(f"{seed}/{name}".encode())[:size]

    salt = number(random("salt", 16)) if salt is None else salt
    a, b = number(random("a", 32)), number(random("b", 32))
    block = random("block 1", 32) + random("block 2", 32)
    timestamp = "Tue Jan 6 07:08:09 UTC 2026"

    x = number(sha256(padded(salt) + sha256((pool + username + ":" + password).encode())))
    v = pow(G, x, N)
    k = number(sha256(padded(N) + padded(G)))
    A = pow(G, a, N)
    B = (k * v + pow(G, b, N)) % N
    u = number(sha256(padded(A) + padded(B)))
    server = pow(A * pow(v, u, N), b, N)
    client = pow(B - k * pow(G, x, N), a + u * x, N)
    assert server == client
    key = hkdf(padded(server), padded(u), b"Caldera Derived Key", 16)
    claim = hmac.new(key, (pool + username).encode() + block + timestamp.encode(), hashlib.sha256).digest()
    hashed = {"salt": salt, "A": A, "B": B, "u": u, "S": server}
    return hashed, {
        "poolName": pool,
        "username": username,
        "password": password,
        "salt": "%x" % salt,
        "littleA": "%064x" % a,
        "littleB": "%064x" % b,
        "v": "%x" % v,
        "bigA": "%x" % A,
        "bigB": "%x" % B,
        "secretBlock": base64.b64encode(block).decode(),
        "timestamp": timestamp,
        "claim": base64.b64encode(claim).decode(),
    }


def main():
    vectors, seen = [], set()
    people = [
        ("Ab1Cd2Ef3", "alice", "correct horse Battery 1!"),
        ("Ab1Cd2Ef3", "6f1a2b3c-0d4e-4f5a-8b9c-1d2e3f4a5b6c", "p"),
        ("9ZyXwVuTs", "Zoë:ü", "Pässwörd: 密码 ☃"),
        ("x", "-abc123", " leading and trailing "),
    ]
    for seed in range(200):
        hashed, vector = exchange(seed, *people[seed % len(people)])
        forms = {(name, len(padded(n)) == (n.bit_length() + 7) // 8) for name, n in hashed.items()}
        if not forms <= seen:
            seen |= forms
            vectors.append(vector)
    # A salt that begins with zero bytes is a shorter number to both sides.
    vectors.append(exchange("short salt", *people[0], salt=0xABC)[1])
    # A device signs in as its group key and its key.
    device = ("-v7w9UcY6", "us-east-1_0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")
    secret = base64.b64encode(hashlib.sha384(b"device").digest()[:40]).decode()
    vectors.append(exchange("device", *device, secret)[1])
    assert len(seen) == 10, seen
    print(json.dumps(vectors, indent=2, ensure_ascii=False))


main()
