/// A slow, plain base62 and CRC-32, to hold the quick ones against.
enum Reference {
  static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// Long division by 62, one byte at a time.
  static func base62(_ bytes: [UInt8], width: Int) -> [UInt8] {
    var number = bytes
    var text: [UInt8] = []
    for _ in 0..<width {
      var remainder = 0
      for index in number.indices {
        let value = remainder << 8 | Int(number[index])
        number[index] = UInt8(value / 62)
        remainder = value % 62
      }
      text.append(alphabet[remainder])
    }
    return text.reversed()
  }

  /// Bit by bit.
  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var state: UInt32 = .max
    for byte in bytes {
      state ^= UInt32(byte)
      for _ in 0..<8 { state = state >> 1 ^ (state & 1 == 1 ? 0xedb8_8320 : 0) }
    }
    return ~state
  }

  /// The 6 characters that end a token.
  static func checksum(_ text: [UInt8]) -> [UInt8] {
    let checksum = crc32(text)
    return base62([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: checksum >> $0) }, width: 6)
  }

  /// A token's text with a right checksum, whatever its parts are.
  static func token(prefix: String, id: [UInt8], secret: [UInt8]) -> [UInt8] {
    let text = Array(prefix.utf8) + id + secret
    return text + checksum(text)
  }
}
