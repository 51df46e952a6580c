internal import Messages

/// Takes the body of a request out of the bytes that arrive (RFC 9112, sections 6 and 7).
///
/// A chunk is a size in hexadecimal, its bytes and a line's end. Chunk extensions and trailers have
/// no use here and are refused, because servers that skip them differ in where they end.
struct RequestBody: ~Copyable {
  private enum State {
    case bytes, chunkSize, chunkBytes, chunkEnd, lastEnd, whole
  }

  /// What has arrived of it. May hold a secret.
  private(set) var content = ByteBuffer()
  private var state = State.whole
  /// How many bytes the body, or the present chunk, still has.
  private var leftByteCount = 0
  private var byteCount = 0
  /// Whether the bytes are dropped, because the answer is known.
  private var isDropped = false

  private static let keptByteCount = 16 << 10
  /// The longest size of a chunk, without its line's end.
  private static let maximumSizeDigits = 8

  var capacity: Int { content.capacity }

  mutating func begin(_ length: RequestHead.BodyLength, isDropped: Bool) {
    reset()
    self.isDropped = isDropped
    switch length {
    case .bytes(let count):
      leftByteCount = count
      state = count == 0 ? .whole : .bytes
    case .chunked: state = .chunkSize
    }
  }

  /// Forgets the body.
  mutating func reset() {
    content.removeAll()
    content.shrink(to: Self.keptByteCount)
    state = .whole
    leftByteCount = 0
    byteCount = 0
  }

  /// Takes what has arrived; true once the body is whole.
  mutating func take(from input: inout ByteBuffer, limit: Int) throws(HTTPFault) -> Bool {
    while state != .whole {
      switch state {
      case .bytes, .chunkBytes:
        let count = min(leftByteCount, input.count)
        guard count > 0 else { return false }
        if !isDropped { content.append(input.bytes.extracting(first: count)) }
        input.consume(count)
        leftByteCount -= count
        if leftByteCount == 0 { state = state == .bytes ? .whole : .chunkEnd }
      case .chunkSize: guard try takeSize(from: &input, limit: limit) else { return false }
      case .chunkEnd:
        guard try takeLineEnd(of: .chunk, from: &input) else { return false }
        state = .chunkSize
      case .lastEnd:
        guard try takeLineEnd(of: .trailer, from: &input) else { return false }
        state = .whole
      case .whole: break
      }
    }
    return true
  }

  private mutating func takeSize(
    from input: inout ByteBuffer, limit: Int
  ) throws(HTTPFault) -> Bool {
    guard let line = try Self.sizeLine(input.bytes) else { return false }
    guard line.size <= limit - byteCount else { throw .bodyTooLong }
    input.consume(line.byteCount)
    byteCount += line.size
    leftByteCount = line.size
    state = line.size == 0 ? .lastEnd : .chunkBytes
    return true
  }

  /// Reads the size of a chunk and its line's end; nil while more bytes are needed.
  private static func sizeLine(
    _ text: Span<UInt8>
  ) throws(HTTPFault) -> (size: Int, byteCount: Int)? {
    var size = 0
    var digits = 0
    while digits < text.count, let digit = text[digits].hexadecimal {
      guard digits < maximumSizeDigits else { throw .chunk }
      size = size << 4 | Int(digit)
      digits += 1
    }
    guard digits < text.count else { return nil }
    guard digits > 0, text[digits] == UInt8(ascii: "\r") else { throw .chunk }
    guard digits + 1 < text.count else { return nil }
    guard text[digits + 1] == UInt8(ascii: "\n") else { throw .chunk }
    return (size, digits + 2)
  }

  private mutating func takeLineEnd(
    of fault: HTTPFault, from input: inout ByteBuffer
  ) throws(HTTPFault) -> Bool {
    guard let isLineEnd = Self.isLineEnd(input.bytes) else { return false }
    guard isLineEnd else { throw fault }
    input.consume(2)
    return true
  }

  /// Whether CR and LF come next; nil while more bytes are needed.
  private static func isLineEnd(_ text: Span<UInt8>) -> Bool? {
    guard !text.isEmpty else { return nil }
    guard text[0] == UInt8(ascii: "\r") else { return false }
    return text.count > 1 ? text[1] == UInt8(ascii: "\n") : nil
  }
}
