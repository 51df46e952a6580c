internal import CLMDB

/// Where the pages of a store lie in memory, each behind the one with the number before.
///
/// A page begins with its own number. LMDB doesn't look at it, so a page that a disk wrote to, or
/// read from, the place of another would be taken for that one, old rows with right checksums
/// included.
struct StoreMap: Sendable {
  private let start: UInt
  private let byteCount: UInt
  private let pageBytes: UInt

  /// The map of a store in which `value` is a value that is on the disk.
  ///
  /// The start follows from the page of that value. Where that one is not what it should be, no
  /// other seems to be in its place: everything is refused then.
  init(_ value: Span<UInt8>, pageBytes: Int, byteCount: Int) {
    self.pageBytes = UInt(pageBytes)
    self.byteCount = UInt(byteCount)
    let page = Self.address(of: value) & ~(UInt(pageBytes) - 1)
    start = page &- UInt(truncatingIfNeeded: Self.number(at: page)) &* UInt(pageBytes)
  }

  /// Whether a stored row lies in a page that has the number of its place, or in one that is still
  /// to be written, which lies elsewhere.
  @inline(__always)
  func isInPlace(_ row: Span<UInt8>) -> Bool {
    let page = Self.address(of: row) & ~(pageBytes - 1)
    let offset = page &- start
    guard offset < byteCount else { return true }
    return Self.number(at: page) == UInt64(offset / pageBytes)
  }

  @inline(__always)
  private static func address(of bytes: Span<UInt8>) -> UInt {
    unsafe bytes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
  }

  /// SAFETY: a page that holds a value begins with its header, however the value is stored.
  @inline(__always)
  private static func number(at page: UInt) -> UInt64 {
    guard let pointer = unsafe UnsafeRawPointer(bitPattern: page) else { return .max }
    return unsafe pointer.load(as: UInt64.self)
  }
}

extension Environment {
  /// Where the pages are, as the page says in which the names of the tables lie.
  func map() throws(StoreError) -> StoreMap {
    // SAFETY: on success `begun` is ours, and ended on every way out; the cursor before it. The
    // value lies in the map.
    var begun: OpaquePointer?
    try unsafe StoreError.check(mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &begun))
    defer { unsafe mdb_txn_abort(begun) }
    var names: MDB_dbi = 0
    try unsafe StoreError.check(mdb_dbi_open(begun, nil, 0, &names))
    var opened: OpaquePointer?
    try unsafe StoreError.check(mdb_cursor_open(begun, names, &opened))
    defer { unsafe mdb_cursor_close(opened) }
    var key = unsafe MDB_val()
    var value = unsafe MDB_val()
    try unsafe StoreError.check(mdb_cursor_get(opened, &key, &value, MDB_FIRST))
    return unsafe StoreMap(
      value.span, pageBytes: pageBytes, byteCount: statistics.mapSizeBytes)
  }
}
