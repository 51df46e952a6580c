internal import Fleet
internal import Ledger
internal import Messages
internal import Platform
internal import Services

/// What a member leaves beside its data for its successor on the same host, in the same boot: which
/// member it was, and until when it may answer. So a restart while the database is away serves on.
///
/// It needs no sync: after a crash of the machine, it is another boot's and does not count.
struct FleetNote: Equatable {
  let instance: InstanceID
  let leaseEnd: FleetLease.End

  /// Its name in the folder of the data.
  static let name = "fleet"
  private static let magic: [UInt8] = Array("PSTFLEET".utf8)
  private static let byteCount = 60

  /// Reads the note of this boot in `folder`; nil where there is none, or none that is whole.
  init?(folder: String, bootID: [UInt8]) {
    guard
      let bytes = try? SmallFile.read(path: Self.path(folder), maximumBytes: Self.byteCount + 1),
      bytes.count == Self.byteCount, bytes.prefix(8).elementsEqual(Self.magic),
      bytes[8..<24].elementsEqual(bootID), bootID.contains(where: { $0 != 0 })
    else { return nil }
    let span = bytes.span
    guard
      span.integer(UInt32.self, at: Self.byteCount - 4)
        == CRC32C.checksum(span.extracting(0..<(Self.byteCount - 4)))
    else { return nil }
    instance = InstanceID(high: span.integer(at: 24), low: span.integer(at: 32))
    leaseEnd = FleetLease.End(
      bootNanoseconds: span.integer(at: 40), rawNanoseconds: span.integer(at: 48))
  }

  init(instance: InstanceID, leaseEnd: FleetLease.End) {
    self.instance = instance
    self.leaseEnd = leaseEnd
  }

  /// Replaces the note in `folder`.
  func write(folder: String, bootID: [UInt8]) throws(Errno) {
    var buffer = ByteBuffer()
    buffer.append(Self.magic.span)
    buffer.append(bootID.span)
    buffer.append(littleEndian: instance.high)
    buffer.append(littleEndian: instance.low)
    buffer.append(littleEndian: UInt64(bitPattern: leaseEnd.bootNanoseconds))
    buffer.append(littleEndian: UInt64(bitPattern: leaseEnd.rawNanoseconds))
    let checksum = CRC32C.checksum(buffer.bytes)
    for shift in stride(from: UInt32(0), through: 24, by: 8) {
      buffer.append(UInt8(truncatingIfNeeded: checksum >> shift))
    }
    try WholeFile.replace(
      path: Self.path(folder), with: buffer.bytes, mode: 0o600, isDurable: false)
  }

  private static func path(_ folder: String) -> String { "\(folder)/\(name)" }
}

/// Writes the end of the lease into the note beside the data, as it moves.
struct FleetNoteKeeper {
  private let folder: String
  private let instance: InstanceID
  private let log: Log
  private let bootID = BootID.read()
  /// The end that was noted, by the member's clock; `Int64.min` for a lease that is over.
  private var notedNanoseconds: Int64?
  private var hasFailed = false

  /// A lease that moves by less is not noted: the successor then has a little less of it.
  private static let leastNanoseconds: Int64 = 500_000_000

  init(folder: String, instance: InstanceID, _ log: Log) {
    self.folder = folder
    self.instance = instance
    self.log = log
  }

  /// Notes a lease, and its end by the member's clock. A file that can't be written is logged once.
  mutating func keep(_ lease: FleetLease.End, memberEndNanoseconds end: Int64) {
    if let noted = notedNanoseconds, end >= noted, end < noted + Self.leastNanoseconds { return }
    notedNanoseconds = end
    do throws(Errno) {
      try FleetNote(instance: instance, leaseEnd: lease).write(folder: folder, bootID: bootID)
      hasFailed = false
    } catch {
      guard !hasFailed else { return }
      hasFailed = true
      log.warning(
        "the lease can't be noted beside the ledger: a restart may have to wait for the database",
        [("reason", "\(error)")])
    }
  }
}
