internal import Platform
internal import Tokens

/// The part of an input that is in memory, of constant size however long the input is.
struct ScanWindow: ~Copyable {
  private var room = [UInt8](repeating: 0, count: 256 << 10)
  private var count = 0

  /// The bytes that are not finished.
  var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { room.span.extracting(first: count) }
  }

  /// Reads more bytes after them and returns how many; 0 at the end of the input.
  mutating func fill(
    _ read: (inout MutableSpan<UInt8>) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    let start = count
    var span = room.mutableSpan
    var free = span._mutatingExtracting(droppingFirst: start)
    let added = try read(&free)
    count += added
    return added
  }

  /// Moves the unfinished bytes, fewer than a token has, to the front.
  mutating func drop(first done: Int) {
    for index in done..<count { room[index - done] = room[index] }
    count -= done
  }

  /// Drops the rest of an input.
  mutating func removeAll() { count = 0 }

  /// Zeroes the memory, which may have held secrets.
  mutating func wipe() {
    var span = room.mutableSpan
    SecretMemory.wipe(&span)
    count = 0
  }
}

/// Finds plain and encoded tokens in one input, in one window over its bytes.
struct InputScanner {
  private var plain = TokenScanner()
  private var encoded = EncodedTokenScanner()
  /// How many bytes at the start of the window the plain search has finished.
  private var plainDone = 0

  /// Searches the bytes of the window and lends every token to `found`, with its encoding. Returns
  /// how many bytes of the window are finished.
  mutating func scan(
    _ window: Span<UInt8>, isEnded: Bool,
    _ found: (FoundToken, EncodedTokenScanner.Encoding?, Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Int {
    let rest = window.extracting(droppingFirst: plainDone)
    plainDone += try plain.scan(rest) { (token, text) throws(Failure) in
      try found(token, nil, text)
    }
    let done = try encoded.scan(window, isEnded: isEnded) {
      (token, encoding, text) throws(Failure) in
      try found(token, encoding, text)
    }
    let both = isEnded ? window.count : min(done, plainDone)
    plainDone -= min(both, plainDone)
    return both
  }
}
