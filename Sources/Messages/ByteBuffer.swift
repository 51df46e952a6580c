/// A queue of bytes: appended at the end, consumed from the front.
///
/// The storage grows by doubling and is kept between uses, so that a connection in a steady state
/// allocates nothing; `shrink(to:)` frees a large one.
///
/// Most bytes here may belong to a secret. So consumed and moved bytes are wiped at once, and the
/// storage holds only the bytes that wait.
@safe
public struct ByteBuffer: ~Copyable {
  // SAFETY: `storage` is owned only by this value and holds `capacity` bytes, and only the bytes in
  // `start..<end` are ever read.
  private var storage: UnsafeMutableRawPointer?
  private var start = 0
  private var end = 0
  /// The number of bytes that the present storage can hold.
  public private(set) var capacity = 0

  /// Makes an empty buffer without storage.
  public init() { unsafe storage = nil }

  deinit {
    guard let storage = unsafe storage else { return }
    unsafe wipe(storage + start, count: end - start)
    unsafe storage.deallocate()
  }

  /// The number of bytes that wait to be consumed.
  public var count: Int { end - start }

  /// Whether no byte waits.
  public var isEmpty: Bool { start == end }

  /// The bytes that wait, oldest first.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      let buffer = unsafe UnsafeRawBufferPointer(
        start: storage.map { unsafe $0 + start }, count: count)
      let span = unsafe Span<UInt8>(_unsafeBytes: buffer)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Forgets the oldest `count` bytes.
  public mutating func consume(_ count: Int) {
    precondition(count >= 0 && count <= self.count, "consumed more bytes than the buffer holds")
    guard count > 0, let storage = unsafe storage else { return }
    unsafe wipe(storage + start, count: count)
    start += count
    if start == end { (start, end) = (0, 0) }
  }

  /// Forgets everything and keeps the storage.
  public mutating func removeAll() { consume(count) }

  /// Frees the storage if it is larger than `capacity` bytes and no byte waits.
  public mutating func shrink(to capacity: Int) {
    guard isEmpty, self.capacity > capacity else { return }
    unsafe storage?.deallocate()
    unsafe storage = nil
    self.capacity = 0
  }

  /// Appends one byte.
  public mutating func append(_ byte: UInt8) {
    reserve(1)
    unsafe storage?.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
    end += 1
  }

  /// Appends a copy of `bytes`.
  public mutating func append(_ bytes: Span<UInt8>) {
    guard !bytes.isEmpty else { return }
    reserve(bytes.count)
    unsafe bytes.withUnsafeBytes { source in
      unsafe UnsafeMutableRawBufferPointer(
        start: storage.map { unsafe $0 + end }, count: source.count
      )
      .copyMemory(from: source)
    }
    end += bytes.count
  }

  /// Appends the UTF-8 bytes of `text`.
  public mutating func append(_ text: String) { append(text.utf8Span.span) }

  /// Appends `value` in big-endian order, as in both framings.
  public mutating func append(bigEndian value: UInt32) {
    append(UInt8(truncatingIfNeeded: value >> 24))
    append(UInt8(truncatingIfNeeded: value >> 16))
    append(UInt8(truncatingIfNeeded: value >> 8))
    append(UInt8(truncatingIfNeeded: value))
  }

  /// Appends `value` in little-endian order.
  public mutating func append(littleEndian value: UInt64) {
    reserve(8)
    // SAFETY: eight bytes are reserved at the end.
    unsafe storage?.storeBytes(of: value.littleEndian, toByteOffset: end, as: UInt64.self)
    end += 8
  }

  /// Appends `value` as a protobuf varint.
  public mutating func append(varint value: UInt64) {
    var rest = value
    while rest > 0x7f {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  /// Appends up to `maximum` bytes that `fill` writes, and returns what `fill` returns.
  ///
  /// `fill` gets uninitialized memory and sets its second argument to the number of bytes that it
  /// wrote. What it writes beyond that is not wiped.
  @unsafe
  public mutating func append<Result, Failure: Error>(
    maximum: Int, _ fill: (UnsafeMutableRawBufferPointer, inout Int) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    reserve(maximum)
    var written = 0
    defer {
      precondition(written >= 0 && written <= maximum, "wrote past the reserved bytes")
      end += written
    }
    let room = unsafe UnsafeMutableRawBufferPointer(
      start: storage.map { unsafe $0 + end }, count: maximum)
    return unsafe try fill(room, &written)
  }

  /// Makes room for `count` more bytes at the end.
  private mutating func reserve(_ count: Int) {
    if end + count <= capacity { return }
    let held = self.count
    if held + count <= capacity, start >= capacity / 2 {
      // At most half of the storage is in use, all in the second half, so the places don't overlap.
      if let storage = unsafe storage {
        unsafe storage.copyMemory(from: storage + start, byteCount: held)
        unsafe wipe(storage + start, count: held)
      }
    } else {
      var larger = max(capacity * 2, 1024)
      while larger < held + count { larger *= 2 }
      let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
      if let old = unsafe storage {
        unsafe fresh.copyMemory(from: old + start, byteCount: held)
        unsafe wipe(old + start, count: held)
        unsafe old.deallocate()
      }
      unsafe storage = fresh
      capacity = larger
    }
    (start, end) = (0, held)
  }
}
