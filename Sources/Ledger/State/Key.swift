internal import Identifiers
internal import Messages
internal import Tokens

/// The key of a row, put together on the stack.
///
/// Keys are identifiers one after another with a NUL between them, which no identifier holds, so
/// that the rows of an owner lie side by side and no two names make the same key.
struct Key: ~Copyable {
  private var storage = InlineArray<511, UInt8>(repeating: 0)
  private(set) var count = 0

  /// An empty key, with which every key begins.
  init() {}

  /// What the keys of everything within an owner begin with.
  init(within owner: Span<UInt8>) {
    self.init(owner)
    separate()
  }

  /// What the keys of everything within an owner of an owner begin with.
  init(within owner: Span<UInt8>, _ inner: Span<UInt8>) {
    self.init(owner, inner)
    separate()
  }

  /// A key of parts, with a NUL between each two.
  init(_ first: Span<UInt8>) { append(first) }

  init(_ first: Span<UInt8>, _ second: Span<UInt8>) {
    self.init(first)
    separate()
    append(second)
  }

  init(_ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8>) {
    self.init(first, second)
    separate()
    append(third)
  }

  /// A key of a number, in the order of the numbers.
  init(bigEndian number: UInt64) { append(bigEndian: number) }

  /// A key of a token by its end, in the order of the ends.
  init(end: Int64, _ id: TokenID) {
    append(bigEndian: UInt64(bitPattern: end))
    append(bigEndian: id.high)
    append(bigEndian: id.low)
  }

  /// The bytes so far.
  var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { storage.span.extracting(0..<count) }
  }

  /// Ends a part.
  mutating func separate() { append(0) }

  mutating func append(_ part: Span<UInt8>) {
    for index in part.indices { append(part[index]) }
  }

  mutating func append(_ byte: UInt8) {
    precondition(count < storage.count, "a key is longer than the identifiers allow")
    storage[count] = byte
    count += 1
  }

  mutating func append(bigEndian number: UInt64) {
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }
}
