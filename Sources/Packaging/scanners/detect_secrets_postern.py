"""A plugin of detect-secrets for Postern's tokens: detect-secrets scan -p detect_secrets_postern.py

A token is `pst_u_` (a user's) or `pst_o_` (an organization's), then 55 letters and digits: 22 of its
id, 27 of its secret, and 6 of the CRC-32 of all before, in base 62. What has another checksum was
mistyped or cut, or is no token, and is left out.
"""

import re
import zlib

from detect_secrets.plugins.base import RegexBasedDetector

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def has_checksum(token):
    """Whether the last six digits are the checksum of what stands before."""
    number = 0
    for digit in token[55:]:
        number = number * 62 + DIGITS.index(digit)
    return number == zlib.crc32(token[:55].encode())


class PosternDetector(RegexBasedDetector):
    secret_type = "Postern Token"
    # It has leaked whatever stands beside it, so also what overlaps another match is looked at.
    denylist = [re.compile(r"(?=(pst_[uo]_[0-9A-Za-z]{55}))")]

    def analyze_string(self, string):
        for token in super().analyze_string(string):
            if has_checksum(token):
                yield token
