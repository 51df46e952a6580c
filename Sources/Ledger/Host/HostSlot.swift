internal import Messages
internal import Platform

/// One of the two places of a host file: a record, how many came before it, and a checksum.
struct HostSlot: Equatable {
  /// Grows by one with each record; from 1.
  let sequence: UInt64
  let record: HostRecord

  /// What a disk writes as a whole or not at all, more often than not.
  static let byteCount = 512
  private static let magic: [UInt8] = Array("PSTHOST1".utf8)
  private static let checksumOffset = byteCount - 4

  init(sequence: UInt64, record: HostRecord) {
    self.sequence = sequence
    self.record = record
  }

  /// A slot that was read; nil where it was never written, or torn.
  init?(bytes: Span<UInt8>) {
    guard bytes.count == Self.byteCount,
      bytes.extracting(0..<8).isEqual(to: Self.magic.span),
      bytes.integer(UInt32.self, at: Self.checksumOffset)
        == CRC32C.checksum(bytes.extracting(0..<Self.checksumOffset))
    else { return nil }
    sequence = bytes.integer(at: 8)
    var record = HostRecord(
      ledgerID: LedgerID(high: bytes.integer(at: 16), low: bytes.integer(at: 24)),
      epoch: bytes.integer(at: 32), revision: bytes.integer(at: 40),
      hash: Array(copying: bytes.extracting(48..<80)))
    record.floorNanoseconds = bytes.integer(at: 80)
    record.bootID = Array(copying: bytes.extracting(88..<104))
    record.bootNanoseconds = bytes.integer(at: 104)
    record.countedSinceNanoseconds = bytes.integer(at: 112)
    record.steps = FollowedSteps(
      begunNanoseconds: bytes.integer(at: 120), thisHourNanoseconds: bytes.integer(at: 128),
      hourBeforeNanoseconds: bytes.integer(at: 136))
    let since: Int64 = bytes.integer(at: 152)
    if since != 0 {
      record.doubt = WallClockDoubt.Held(
        offsetNanoseconds: bytes.integer(at: 144), sinceNanoseconds: since)
    }
    // What no version has written is no reason to believe them.
    record.tables = TablesFinding(rawValue: bytes[160]) ?? .contradicted
    self.record = record
  }

  /// The bytes of the slot; what no field takes is zero.
  func encode(into buffer: inout ByteBuffer) {
    precondition(record.hash.count == HostRecord.hashByteCount, "a SHA-256 has 32 bytes")
    precondition(record.bootID.count == HostRecord.bootIDByteCount, "the id of a boot has 16 bytes")
    buffer.removeAll()
    buffer.append(Self.magic.span)
    buffer.append(littleEndian: sequence)
    buffer.append(littleEndian: record.ledgerID.high)
    buffer.append(littleEndian: record.ledgerID.low)
    buffer.append(littleEndian: record.epoch)
    buffer.append(littleEndian: record.revision)
    buffer.append(record.hash.span)
    buffer.append(littleEndian: UInt64(bitPattern: record.floorNanoseconds))
    buffer.append(record.bootID.span)
    buffer.append(littleEndian: UInt64(bitPattern: record.bootNanoseconds))
    for number in [
      record.countedSinceNanoseconds, record.steps.begunNanoseconds,
      record.steps.thisHourNanoseconds, record.steps.hourBeforeNanoseconds,
      record.doubt?.offsetNanoseconds ?? 0, record.doubt?.sinceNanoseconds ?? 0,
    ] {
      buffer.append(littleEndian: UInt64(bitPattern: number))
    }
    buffer.append(record.tables.rawValue)
    while buffer.bytes.count < Self.checksumOffset { buffer.append(0) }
    let checksum = CRC32C.checksum(buffer.bytes)
    for shift in stride(from: UInt32(0), through: 24, by: 8) {
      buffer.append(UInt8(truncatingIfNeeded: checksum >> shift))
    }
  }
}
