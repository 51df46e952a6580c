internal import Platform

/// The bytes of an input that are in memory: however long the input is, never more.
struct ScanWindow: ~Copyable {
  private var room = [UInt8](repeating: 0, count: 256 << 10)
  private var count = 0

  /// The bytes that are not done with.
  var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { room.span.extracting(first: count) }
  }

  /// Reads more bytes behind them; how many, 0 at the end of the input.
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

  /// Moves what is not done with, less than a token, to the front.
  mutating func drop(first done: Int) {
    for index in done..<count { room[index - done] = room[index] }
    count -= done
  }

  /// Forgets what is left of an input.
  mutating func removeAll() { count = 0 }

  /// Zeroes the memory, in which there may have been secrets.
  mutating func wipe() {
    var span = room.mutableSpan
    SecretMemory.wipe(&span)
    count = 0
  }
}
