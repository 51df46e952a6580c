internal import Messages

/// Goes through the parameters of a query or of a form, `name=value` with `&` between them.
struct FormReader: ~Escapable {
  private let text: Span<UInt8>
  private var offset = 0
  /// The present parameter's name, as it came.
  private(set) var name: Span<UInt8>
  /// Its value, as it came.
  private(set) var value: Span<UInt8>

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) {
    self.text = text
    name = text.extracting(first: 0)
    value = text.extracting(first: 0)
  }

  /// Moves to the next parameter; false at the end.
  @_lifetime(self: copy self)
  mutating func next() -> Bool {
    guard offset < text.count else { return false }
    var end = offset
    while end < text.count, text[end] != UInt8(ascii: "&") { end += 1 }
    var equals = offset
    while equals < end, text[equals] != UInt8(ascii: "=") { equals += 1 }
    name = text.extracting(offset..<equals)
    value = text.extracting(min(equals + 1, end)..<end)
    offset = end + 1
    return true
  }
}

extension ByteBuffer {
  /// Appends the bytes that percent-encoded text stands for, where a plus is a space; false if it
  /// is malformed.
  mutating func append(decoding text: Span<UInt8>) -> Bool {
    var index = 0
    while index < text.count {
      var byte = text[index]
      index += 1
      if byte == UInt8(ascii: "%") {
        guard index + 1 < text.count, let high = text[index].hexadecimal,
          let low = text[index + 1].hexadecimal
        else { return false }
        byte = high << 4 | low
        index += 2
      } else if byte == UInt8(ascii: "+") {
        byte = 0x20
      }
      append(byte)
    }
    return true
  }
}
