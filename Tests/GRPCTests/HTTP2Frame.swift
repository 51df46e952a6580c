/// One frame as a test sends or sees it.
struct HTTP2Frame {
  static let data: UInt8 = 0
  static let headers: UInt8 = 1
  static let priority: UInt8 = 2
  static let reset: UInt8 = 3
  static let settings: UInt8 = 4
  static let ping: UInt8 = 6
  static let goAway: UInt8 = 7
  static let windowUpdate: UInt8 = 8
  static let continuation: UInt8 = 9

  static let endStream: UInt8 = 1
  static let endHeaders: UInt8 = 4

  var type: UInt8
  var flags: UInt8 = 0
  var stream: UInt32 = 0
  var payload: [UInt8] = []

  var encoded: [UInt8] {
    [0, 0, 0, type, flags].enumerated().map { index, byte in
      index < 3 ? UInt8(truncatingIfNeeded: payload.count >> (16 - 8 * index)) : byte
    } + bigEndian(stream) + payload
  }

  /// The error code of a reset, or the last stream of a GOAWAY.
  var firstNumber: UInt32 { number(at: 0) }
  /// The error code of a GOAWAY.
  var secondNumber: UInt32 { number(at: 4) }

  /// The words in a GOAWAY.
  var text: String { String(decoding: payload.dropFirst(8), as: UTF8.self) }

  private func number(at start: Int) -> UInt32 {
    payload[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }
}

func bigEndian(_ value: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

/// Fields as HPACK's literals without indexing and without Huffman coding.
func hpack(_ fields: [(String, String)]) -> [UInt8] {
  fields.flatMap { [0x00] + hpack($0.0) + hpack($0.1) }
}

private func hpack(_ text: String) -> [UInt8] {
  let bytes = Array(text.utf8)
  if bytes.count < 127 { return [UInt8(bytes.count)] + bytes }
  var prefix: [UInt8] = [127]
  var rest = bytes.count - 127
  while rest >= 128 {
    prefix.append(UInt8(rest & 0x7f) | 0x80)
    rest >>= 7
  }
  return prefix + [UInt8(rest)] + bytes
}

/// A message with gRPC's prefix.
func message(_ payload: [UInt8], flag: UInt8 = 0, length: Int? = nil) -> [UInt8] {
  [flag] + bigEndian(UInt32(length ?? payload.count)) + payload
}

/// Base64 without padding.
func decodeBase64(_ text: String) -> [UInt8] {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var bits = 0
  var bitCount = 0
  var decoded: [UInt8] = []
  for character in text.utf8 {
    bits = (bits << 6 | (alphabet.firstIndex(of: character) ?? 0)) & 0xffff
    bitCount += 6
    if bitCount >= 8 {
      bitCount -= 8
      decoded.append(UInt8(bits >> bitCount & 0xff))
    }
  }
  return decoded
}
