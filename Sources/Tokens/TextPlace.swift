/// A place in an input, as editors name it: counted over bytes that come part by part.
struct TextPlace: Sendable {
  /// The bytes before it.
  private(set) var offsetBytes: Int64 = 0
  /// Its line, from 1. Lines end with a line feed.
  private(set) var line: Int64 = 1
  private var lineStartBytes: Int64 = 0

  /// The byte of its line, from 1.
  var column: Int64 { offsetBytes - lineStartBytes + 1 }

  private static let lineEnd = UInt8(ascii: "\n")

  /// Moves behind the next bytes.
  mutating func advance(over bytes: Span<UInt8>) {
    defer { offsetBytes += Int64(bytes.count) }
    let lineEnds = Self.lineEnds(in: bytes)
    guard lineEnds > 0 else { return }
    line += Int64(lineEnds)
    var index = bytes.count &- 1
    while bytes[index] != Self.lineEnd { index &-= 1 }
    lineStartBytes = offsetBytes + Int64(index &+ 1)
  }

  /// Of this form of the loop the compiler makes vectors: ten times as fast as others.
  private static func lineEnds(in bytes: Span<UInt8>) -> Int {
    let count = bytes.count
    var total: Int32 = 0
    var index = 0
    while index < count {
      if bytes[index] == lineEnd { total &+= 1 }
      index &+= 1
    }
    return Int(total)
  }
}
