internal import CLMDB
internal import Glibc
package import Platform

/// Why the store could not do what it was asked.
package enum StoreError: Error, Sendable, Equatable {
  /// The map or the disk is full, or a limit on files is reached. Nothing of the transaction is
  /// kept; reads, deletes and smaller writes in a new transaction still work.
  case full

  /// Every reader slot is taken: more read transactions are alive than `maximumReaders`.
  case readersFull

  /// The files are not a store, or are damaged, or a failed write of the meta page has made this
  /// environment unusable until it is opened again.
  case corrupted(String)

  /// Pages could not be written, although the disk has room. Nothing of the transaction is kept,
  /// what was committed before is whole, and another transaction may succeed.
  case notWritten(Errno)

  /// A sync failed, or the write that makes a commit count: what is on the disk is not known, and
  /// nothing can be written until the environment is opened again. Views of the last commit that
  /// returned can be read on.
  case unsettled(Errno)

  /// The transaction came upon a page that is damaged, and reads nothing more.
  case unusable

  /// A row is not what was written. Every other can be read.
  case damagedRow(DamagedRow)

  /// The file at this path is not the one that is open any more: it was removed or replaced.
  case replaced(String)

  /// There is no file at the path, where a store is to be read.
  case missing(String)

  /// The path of one of the store's files has something else, which is not a regular file.
  case wrongKind(String, FileKind)

  /// The disk has no room for `lock.mdb`, the file of this path.
  case noRoomForLock(String)

  /// A check has found that the tables are not what the log says: nothing is written to them.
  case contradicted

  /// A later version has written what this one can't read: what, in words.
  case tooNew(String)

  /// A view of the store can't be held for long: a daemon needs the pages that it keeps.
  case viewNeeded

  /// A key to be written must be 1 to 511 bytes long.
  case keyLength(Int)

  /// A key to be appended is not greater than the last one.
  case outOfOrder

  /// Any other LMDB code (negative) or errno (positive).
  case system(Int32)

  /// The meaning of a code other than 0 that an LMDB function returned.
  init(code: Int32) {
    switch code {
    case MDB_MAP_FULL, ENOSPC, EDQUOT, EFBIG:
      self = .full
    case MDB_READERS_FULL:
      self = .readersFull
    case MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_PANIC, MDB_VERSION_MISMATCH, MDB_INVALID:
      self = .corrupted(Self.message(of: code))
    case MDB_BAD_TXN: self = .unusable
    default:
      self = .system(code)
    }
  }

  /// The funnel for every result of LMDB: returns for 0, throws the meaning of anything else.
  static func check(_ code: Int32) throws(StoreError) {
    if code != MDB_SUCCESS {
      throw StoreError(code: code)
    }
  }

  private static func message(of code: Int32) -> String {
    // SAFETY: never null, and copied before the next call could reuse it.
    unsafe String(cString: mdb_strerror(code))
  }
}

extension StoreError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .full: "there is no room: the disk, the map of the ledger or a limit on files is full"
    case .readersFull: "the store has no free reader slot"
    case .corrupted(let message): "the store is damaged: \(message)"
    case .notWritten(let code): "pages can't be written: \(code)"
    case .unsettled(let code): "a commit failed half way: \(code)"
    case .unusable: "the store is damaged: a page of it can't be read"
    case .damagedRow(let row): "the store is damaged: \(row)"
    case .replaced(let path):
      "`\(path)` was removed or replaced while it was open: nothing is written to it any more"
    case .missing(let path): "there is nothing at `\(path)`"
    case .wrongKind(let path, let kind):
      "`\(path)` is \(kind.noun), where a file of the ledger belongs: move it away"
    case .noRoomForLock(let path): "the disk has no room for `\(path)`"
    case .contradicted: "its tables are not what its log says"
    case .viewNeeded:
      "the ledger is full, and its last pages are for revokes: it can't be read for long"
    case .tooNew(let what): "the ledger is of a later version of Postern: \(what)"
    case .keyLength(let count): "a key of \(count) bytes can't be stored"
    case .outOfOrder: "an appended key is not greater than the last"
    case .system(let code): "the store failed: \(Self.message(of: code))"
    }
  }
}
