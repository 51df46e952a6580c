internal import CPQ
internal import Fleet

/// The rows that a statement gave, in the server's binary form; freed in `deinit`.
///
/// Each reader gives nil for NULL and for a value of another length, and the caller must decide
/// what that means: the schema may be someone else's.
@safe struct ResultRows: ~Copyable {
  // SAFETY: owned by this value; rows and columns are checked against the counts.
  private let result: OpaquePointer
  let count: Int
  private let columnCount: Int

  @unsafe init(owning result: OpaquePointer) {
    unsafe self.result = result
    count = unsafe Int(cpq_row_count(result))
    columnCount = unsafe Int(cpq_column_count(result))
  }

  deinit { unsafe cpq_clear(result) }

  /// How many rows the command changed.
  var changedCount: Int {
    unsafe cpq_command_tuples(result).flatMap { unsafe Int(String(cString: $0)) } ?? 0
  }

  func isNull(_ row: Int, _ column: Int) -> Bool { unsafe bytes(row, column) == nil }

  func integer(_ row: Int, _ column: Int) -> UInt64? { number(row, column, byteCount: 8) }

  func small(_ row: Int, _ column: Int) -> UInt32? {
    number(row, column, byteCount: 4).map { UInt32(truncatingIfNeeded: $0) }
  }

  func boolean(_ row: Int, _ column: Int) -> Bool? {
    number(row, column, byteCount: 1).map { $0 != 0 }
  }

  func uuid(_ row: Int, _ column: Int) -> InstanceID? {
    guard let bytes = unsafe bytes(row, column), bytes.count == 16 else { return nil }
    return unsafe InstanceID(high: Self.number(bytes[..<8]), low: Self.number(bytes[8...]))
  }

  /// An array of them in one dimension: its dimensions, whether it has NULLs, the type, count and
  /// first index, in four bytes each, and then each element behind its length.
  func uuids(_ row: Int, _ column: Int) -> [InstanceID]? {
    guard let bytes = array(row, column), bytes.count >= 12 else { return nil }
    let (header, element) = (20, 20)
    if bytes.count < header { return [] }
    guard (bytes.count - header).isMultiple(of: element) else { return nil }
    func number(_ start: Int) -> UInt64 {
      bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    return stride(from: header, to: bytes.count, by: element).map {
      InstanceID(high: number($0 + 4), low: number($0 + 12))
    }
  }

  func hash(_ row: Int, _ column: Int) -> LogHash? {
    // SAFETY: copied before this value is gone.
    unsafe bytes(row, column).flatMap { unsafe LogHash($0) }
  }

  func array(_ row: Int, _ column: Int) -> [UInt8]? {
    // SAFETY: copied before this value is gone.
    unsafe bytes(row, column).map { unsafe Array($0) }
  }

  func text(_ row: Int, _ column: Int) -> String? {
    // SAFETY: copied before this value is gone.
    unsafe bytes(row, column).map { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// A time, in nanoseconds since 1970. The server counts microseconds from the year 2000.
  func nanoseconds(_ row: Int, _ column: Int) -> Int64? {
    guard let microseconds = integer(row, column) else { return nil }
    let (value, overflow) = (Int64(bitPattern: microseconds) &+ 946_684_800_000_000)
      .multipliedReportingOverflow(by: 1_000)
    return overflow ? nil : value
  }

  private func number(_ row: Int, _ column: Int, byteCount: Int) -> UInt64? {
    guard let bytes = unsafe bytes(row, column), bytes.count == byteCount else { return nil }
    return unsafe Self.number(bytes[...])
  }

  @unsafe private static func number(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64 {
    unsafe bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  @unsafe private func bytes(_ row: Int, _ column: Int) -> UnsafeBufferPointer<UInt8>? {
    precondition(row < count && column < columnCount, "no such value")
    guard unsafe cpq_is_null(result, Int32(row), Int32(column)) == 0,
      let value = unsafe cpq_value(result, Int32(row), Int32(column))
    else { return nil }
    let length = unsafe Int(cpq_length(result, Int32(row), Int32(column)))
    return unsafe UnsafeRawBufferPointer(start: value, count: length).assumingMemoryBound(
      to: UInt8.self)
  }
}
