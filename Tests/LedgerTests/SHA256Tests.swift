internal import Ledger
internal import Testing

@Suite struct SHA256Tests {
  /// From FIPS 180-4's examples and NIST's short-message vectors.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func knownVectors(message: String, expected: String) {
    let bytes = Array(message.utf8)
    let digest = SHA256.hash(bytes.span)
    #expect(hexadecimal(digest) == expected)
    var reused = SHA256.hash(Array("other".utf8).span)
    SHA256.hash(bytes.span, into: &reused)
    #expect(reused == digest)
  }

  /// From RFC 4231, with keys that zeros fill up, as HMAC does.
  @Test(arguments: [
    (
      [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](1...25), [UInt8](repeating: 0xcd, count: 50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
    ),
  ])
  func knownCodes(key: [UInt8], message: [UInt8], expected: String) throws {
    let stored = key + [UInt8](repeating: 0, count: 32 - key.count)
    let made = PageKey(stored: stored.span)
    let code = try #require(made).code(of: message.span)
    #expect(hexadecimal(code) == expected)
  }

  @Test(arguments: 0..<32)
  func everyByteIsCompared(index: Int) throws {
    let digest = SHA256.hash(Array("abc".utf8).span)
    var bytes = (0..<32).map { digest.span[$0] }
    let isEqual = digest.isEqual(to: bytes.span)
    #expect(isEqual)
    bytes[index] ^= 0x80
    let isStillEqual = digest.isEqual(to: bytes.span)
    #expect(!isStillEqual)
    #expect(SHA256.Digest(copying: bytes.span) != digest)
  }

  @Test(arguments: [0, 31, 33])
  func onlyThirtyTwoBytesAreADigest(count: Int) {
    let bytes = [UInt8](repeating: 0, count: count)
    #expect(SHA256.Digest(copying: bytes.span) == nil)
    let isEqual = SHA256.Digest().isEqual(to: bytes.span)
    #expect(!isEqual)
  }

  private func hexadecimal(_ digest: SHA256.Digest) -> String {
    let digits = Array("0123456789abcdef")
    var text = ""
    for index in digest.span.indices {
      let byte = Int(digest.span[index])
      text.append(digits[byte >> 4])
      text.append(digits[byte & 15])
    }
    return text
  }
}
