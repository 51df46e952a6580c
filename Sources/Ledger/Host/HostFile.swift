// The file `host` beside a ledger. It has two slots, in two blocks of the disk, which are written
// in turn: if a crash damages one, the other still holds the record before it. Both blocks are
// allocated from the beginning, so the file can be written on a full disk.
//
// It belongs to the host and not to the ledger: a backup does not contain it, so it shows that an
// old copy of the ledger was put in place.

internal import Glibc
internal import Messages
internal import Platform

/// An open host file, for any thread.
package final class HostFile: Sendable {
  /// Its name in the folder of the data.
  package static let name = "host"
  /// Where the second slot begins: in another block than the first.
  static let slotDistance = 4096
  static let byteCount = 2 * slotDistance

  private let path: String
  private let file: FileDescriptor
  private let newest: Guarded<HostSlot>

  /// What was written last.
  package var record: HostRecord { newest.withLock { $0.record } }

  /// Opens the file in `folder`, if there is one.
  ///
  /// - Throws: `HostFileError`; `damaged` when neither slot can be read.
  package static func open(folder: String) throws(HostFileError) -> HostFile? {
    let path = folder + "/" + name
    do {
      let file = try Self.file(path)
      let kind = try FileStatus(of: file).kind
      guard kind == .regular else {
        throw HostFileError.failed(path: path, reason: "it is \(kind.noun), not a regular file")
      }
      if let newest = try Self.newest(in: file) { return HostFile(path, file, newest: newest) }
    } catch let error as HostFileError {
      throw error
    } catch let error as Errno where error == .noSuchFile {
      return nil
    } catch let error as Errno where error == .isADirectory {
      throw .failed(path: path, reason: "it is a folder, not a regular file")
    } catch {
      throw .failed(path: path, reason: "\(error)")
    }
    throw .damaged(path: path)
  }

  /// Creates the file in `folder` with a first record, replacing an existing one. It belongs to the
  /// owner of the folder, and only the owner may read it.
  package static func create(
    folder: String, _ record: HostRecord
  ) throws(HostFileError) -> HostFile {
    let path = folder + "/" + name
    let slot = HostSlot(sequence: 1, record: record)
    var bytes = ByteBuffer()
    slot.encode(into: &bytes)
    while bytes.bytes.count < byteCount { bytes.append(0) }
    do throws(Errno) {
      try WholeFile.replace(path: path, with: bytes.bytes, mode: 0o600, isDurable: true)
      return HostFile(path, try Self.file(path), newest: slot)
    } catch {
      throw .failed(path: path, reason: "\(error)")
    }
  }

  private init(_ path: String, _ file: consuming FileDescriptor, newest: HostSlot) {
    self.path = path
    self.file = file
    self.newest = Guarded(newest)
  }

  /// Whether the file at its path is this one, and not gone or another.
  var isInPlace: Bool {
    guard let opened = try? FileStatus(of: file), let found = try? FileStatus(path: path) else {
      return false
    }
    return opened.identity == found.identity
  }

  /// Replaces the record, and returns when it is on the disk. It allocates no space there. Another
  /// thread that calls it meanwhile waits.
  ///
  /// - Throws: `HostFileError`; the record is then the one before, or the new one.
  package func write(_ record: HostRecord) throws(HostFileError) {
    let result = newest.withLock { newest in
      Result { () throws(Errno) in
        let slot = HostSlot(sequence: newest.sequence + 1, record: record)
        var bytes = ByteBuffer()
        slot.encode(into: &bytes)
        try file.write(bytes.bytes, at: Self.offset(of: slot.sequence))
        try file.syncData()
        newest = slot
      }
    }
    if case .failure(let error) = result { throw .failed(path: path, reason: "\(error)") }
  }

  private static func file(_ path: String) throws(Errno) -> FileDescriptor {
    // SAFETY: the call reads a terminated string.
    FileDescriptor(
      owning: try SystemCall.value { unsafe Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) })
  }

  private static func offset(of sequence: UInt64) -> Int {
    sequence.isMultiple(of: 2) ? slotDistance : 0
  }

  /// The readable slot with the higher number.
  private static func newest(in file: borrowing FileDescriptor) throws(Errno) -> HostSlot? {
    var found: HostSlot?
    for index in 0..<2 {
      var bytes = [UInt8](repeating: 0, count: HostSlot.byteCount)
      var room = bytes.mutableSpan
      try file.read(into: &room, at: index * slotDistance)
      guard let slot = HostSlot(bytes: bytes.span) else { continue }
      if slot.sequence > found?.sequence ?? 0 { found = slot }
    }
    return found
  }
}

/// Why what a host remembers of its ledger can't be had.
package enum HostFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Neither slot of the file can be read.
  case damaged(path: String)
  case failed(path: String, reason: String)

  package var description: String {
    switch self {
    case .damaged(let path):
      "`\(path)` is damaged in both of its places: what this host has acknowledged is not known; "
        + "if the ledger beside it is the newest one, remove this file and start once with "
        + "--lose-revisions unknown --keep-tokens"
    case .failed(let path, let reason): "`\(path)` can't be used: \(reason)"
    }
  }
}
