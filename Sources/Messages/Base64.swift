/// Base64 (RFC 4648).
package enum Base64 {
  package enum Form {
    /// Section 4, with padding: bytes in JSON.
    case padded
    /// Section 4, without padding: gRPC's header fields that end in `-bin`.
    case unpadded
    /// Section 5, the alphabet for URLs, without padding.
    case forURLs
  }

  /// Appends the text of `bytes`.
  package static func encode(_ bytes: Span<UInt8>, as form: Form, into text: inout ByteBuffer) {
    var (bits, count): (UInt32, UInt32) = (0, 0)
    for index in bytes.indices {
      bits = bits << 8 | UInt32(bytes[index])
      count += 8
      while count >= 6 {
        count -= 6
        text.append(character(bits >> count & 0x3f, form))
      }
    }
    if count > 0 { text.append(character(bits << (6 - count) & 0x3f, form)) }
    guard form == .padded else { return }
    for _ in 0..<(3 - bytes.count % 3) % 3 { text.append(UInt8(ascii: "=")) }
  }

  /// The bytes that a text for URLs stands for; nil unless it is exactly the one text for them.
  package static func bytes(ofTextForURLs text: Span<UInt8>) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 3 / 4)
    var (bits, count): (UInt32, UInt32) = (0, 0)
    for index in text.indices {
      guard let value = value(of: text[index]) else { return nil }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    // What is left over of the last character is zero in the text that `encode` makes.
    return bits & (1 << count - 1) == 0 ? bytes : nil
  }

  /// Appends the bytes of `text` in either alphabet, with padding or without, as JSON may have it;
  /// false if it is no base64, and then a part may have been appended.
  package static func decode(_ text: Span<UInt8>, into bytes: inout ByteBuffer) -> Bool {
    var end = text.count
    while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
    guard end % 4 != 1, end == text.count || text.count % 4 == 0 else { return false }
    var (bits, count): (UInt32, UInt32) = (0, 0)
    for index in 0..<end {
      let character =
        switch text[index] {
        case UInt8(ascii: "+"): UInt8(ascii: "-")
        case UInt8(ascii: "/"): UInt8(ascii: "_")
        default: text[index]
        }
      guard let value = value(of: character) else { return false }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    return bits & (1 << count - 1) == 0
  }

  private static func character(_ value: UInt32, _ form: Form) -> UInt8 {
    switch value {
    case 0..<26: UInt8(ascii: "A") + UInt8(value)
    case 26..<52: UInt8(ascii: "a") + UInt8(value - 26)
    case 52..<62: UInt8(ascii: "0") + UInt8(value - 52)
    case 62: form == .forURLs ? UInt8(ascii: "-") : UInt8(ascii: "+")
    default: form == .forURLs ? UInt8(ascii: "_") : UInt8(ascii: "/")
    }
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
