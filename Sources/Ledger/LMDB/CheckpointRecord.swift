internal import Messages
internal import Platform

/// The note of a checkpoint, in the file itself: a copy of LMDB's meta of a commit that is on the
/// disk with all of its pages, from which LMDB can go on.
///
/// It lies in what LMDB leaves empty of its two meta pages: a note in each by turns, inside of one
/// sector, so that one of them is always whole.
struct CheckpointRecord: Sendable, Equatable {
  /// Counts up; the later note counts.
  var sequence: UInt64
  /// Whether the file may hold later commits, of which the disk may have anything.
  var isOpen: Bool
  /// The boot in which that may be so. While it lasts, the kernel has what the disk lacks.
  var bootID: [UInt8]
  /// LMDB's meta of the commit.
  var meta: [UInt8]

  /// The meta's bytes, and where they begin in each meta page.
  static let meta = (byteCount: 136, offset: 16)
  private static let byteCount = 204
  /// Where a note begins in its page.
  private static let offset = 2048
  private static let magic: [UInt8] = Array("PSTCKPT1".utf8)
  private static let bootIDOffset = 24
  private static let metaOffset = bootIDOffset + BootID.byteCount

  /// The number of the commit.
  var commit: UInt64 { meta.span.integer(at: 128) }

  /// The newest note in a file; nil for none.
  init?(newestIn file: borrowing FileDescriptor) throws(Errno) {
    let page = try Self.pageBytes(of: file)
    guard page >= Self.offset + Self.byteCount else { return nil }
    let first = try Self(in: file, at: Self.offset)
    let second = try Self(in: file, at: page + Self.offset)
    let isSecond = (second?.sequence ?? 0) > (first?.sequence ?? 0)
    guard let newest = isSecond ? second : first else { return nil }
    self = newest
  }

  init(sequence: UInt64, isOpen: Bool, bootID: [UInt8], meta: [UInt8]) {
    precondition(bootID.count == BootID.byteCount && meta.count == Self.meta.byteCount)
    (self.sequence, self.isOpen, self.bootID, self.meta) = (sequence, isOpen, bootID, meta)
  }

  private init?(in file: borrowing FileDescriptor, at offset: Int) throws(Errno) {
    let bytes = try Self.read(file, Self.byteCount, at: offset)
    let span = bytes.span
    guard bytes.starts(with: Self.magic),
      span.integer(UInt32.self, at: Self.byteCount - 4)
        == CRC32C.checksum(span.extracting(0..<(Self.byteCount - 4)))
    else { return nil }
    self.init(
      sequence: span.integer(at: 8), isOpen: span.integer(UInt64.self, at: 16) == 1,
      bootID: Array(bytes[Self.bootIDOffset..<Self.metaOffset]),
      meta: Array(bytes[Self.metaOffset..<Self.metaOffset + Self.meta.byteCount]))
  }

  /// Writes the note. It is not on the disk yet.
  func write(to file: borrowing FileDescriptor) throws(Errno) {
    var buffer = ByteBuffer()
    buffer.append(Self.magic.span)
    buffer.append(littleEndian: sequence)
    buffer.append(littleEndian: isOpen ? 1 : 0)
    buffer.append(bootID.span)
    buffer.append(meta.span)
    let padding = [UInt8](repeating: 0, count: Self.byteCount - 4 - buffer.bytes.count)
    buffer.append(padding.span)
    let checksum = CRC32C.checksum(buffer.bytes)
    for shift in stride(from: UInt32(0), through: 24, by: 8) {
      buffer.append(UInt8(truncatingIfNeeded: checksum >> shift))
    }
    let page = try Self.pageBytes(of: file)
    try file.write(buffer.bytes, at: Int(sequence & 1) * page + Self.offset)
  }

  /// Notes that the kernel need not have what the disk lacks any more: whoever opens the file goes
  /// back to the commit. The note need not reach the disk, since another boot goes back anyway.
  mutating func giveUpBoot(in file: borrowing FileDescriptor) throws(Errno) {
    sequence += 1
    bootID = Self.noBoot
    try write(to: file)
  }

  /// The id of no boot.
  private static let noBoot = [UInt8](repeating: 0xff, count: BootID.byteCount)

  /// Makes the commit the last one of the file, whatever was behind it.
  func restore(to file: borrowing FileDescriptor) throws(Errno) {
    let page = try Self.pageBytes(of: file)
    for index in 0..<2 { try file.write(meta.span, at: index * page + Self.meta.offset) }
  }

  /// Reads LMDB's meta of a commit; of another one where that was overwritten.
  static func readMeta(
    of commit: UInt64, in file: borrowing FileDescriptor
  ) throws(Errno) -> [UInt8] {
    let page = try pageBytes(of: file)
    return try read(file, meta.byteCount, at: Int(commit & 1) * page + meta.offset)
  }

  /// The size of a page, from LMDB's first meta, where it never changes.
  private static func pageBytes(of file: borrowing FileDescriptor) throws(Errno) -> Int {
    let bytes = try read(file, 4, at: meta.offset + 24)
    return Int(bytes.span.integer(UInt32.self, at: 0))
  }

  /// Reads so many bytes; zeros behind the end of the file.
  private static func read(
    _ file: borrowing FileDescriptor, _ count: Int, at offset: Int
  ) throws(Errno) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var room = bytes.mutableSpan
    try file.read(into: &room, at: offset)
    return bytes
  }
}
