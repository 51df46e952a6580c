internal import Glibc
internal import Platform

/// Puts a copy of a ledger into a folder, for a daemon to start from.
///
/// Only the log of the copy counts, and what was counted of uses: the tables are made anew from the
/// log, so that a bit that flipped in them has no effect. The restored ledger begins another epoch.
package enum Restoration {
  /// The name of the file in the folder by which at most one process has a ledger open.
  package static let lockName = "lock"

  /// Copies `file` into `folder`, which is created if it is missing, and verifies the log of the
  /// copy before it takes effect. If root runs it, the new files belong to the owner of the folder.
  ///
  /// What was found is the result: a log with a fault was not restored. `progress` is told how many
  /// entries are verified, and of how many.
  package static func restore(
    _ file: String, into folder: String, progress: (UInt64, UInt64) -> Void
  ) throws(RestorationError) -> LogReport {
    let source = try open(file)
    let leftovers = Leftovers(
      folder: NewFile.exists(folder) ? nil : folder,
      lock: NewFile.exists(lockPath(folder)) ? nil : lockPath(folder))
    do throws(RestorationError) {
      let claim = try claim(folder)
      let report: LogReport
      do throws(RestorationError) {
        report = try fill(folder, from: source, named: file, progress)
      } catch {
        // While the folder is locked, the file can't be another's.
        leftovers.removeLock()
        throw error
      }
      if report.fault != nil { leftovers.removeLock() }
      _ = consume claim
      if report.fault != nil { leftovers.removeFolder() }
      return report
    } catch {
      leftovers.removeFolder()
      throw error
    }
  }

  /// What a restore that fails must not leave behind: what was not there before it. Nil for what
  /// was.
  private struct Leftovers {
    let folder: String?
    let lock: String?

    func removeLock() {
      // SAFETY: the call reads a terminated string.
      if let lock { _ = unsafe unlink(lock) }
    }

    /// Removes the folder, unless something is in it.
    func removeFolder() {
      // SAFETY: the call reads a terminated string.
      if let folder { _ = unsafe rmdir(folder) }
    }
  }

  private static func lockPath(_ folder: String) -> String { "\(folder)/\(lockName)" }

  /// What a copy lacks of what its host has acknowledged.
  package enum Loss: Sendable, Equatable {
    /// Nothing, as far as was noted.
    case none
    case revisions(UInt64)
    /// There is no note.
    case unknown
    /// The note can't be read: why, as one sentence.
    case unreadable(String)
  }

  /// What a copy that ends at a revision lacks of what this host has acknowledged in the folder.
  package static func loss(in folder: String, behind revision: UInt64) -> Loss {
    do throws(HostFileError) {
      guard let host = try HostFile.open(folder: folder) else { return .unknown }
      let known = host.record.revision
      return known > revision ? .revisions(known - revision) : .none
    } catch {
      return .unreadable("\(error)")
    }
  }

  /// The last revision that this host has noted as acknowledged in the folder; nil for none, or
  /// where that can't be read.
  package static func acknowledgedRevision(in folder: String) -> UInt64? {
    (try? HostFile.open(folder: folder))?.record.revision
  }

  /// The locks of a daemon.
  private struct ClaimedFolder: ~Copyable {
    let file: LockFile
    let folder: LockFile
  }

  private static func claim(_ folder: String) throws(RestorationError) -> ClaimedFolder {
    do {
      if !NewFile.exists(folder) { try PrivateDirectory.create(path: folder) }
      try LedgerFile.checkKinds(in: folder)
      if LedgerFile.isThere(in: folder) { throw RestorationError.occupied }
      try ProcessControl.ignoreFileSizeSignal()
      let lock = try LockFile(path: lockPath(folder))
      try FolderOwner.adopt(lockPath(folder))
      let whole = try LockFile(folder: folder, deadlineNanoseconds: 0)
      // The rest of a killed restore. No other process can be writing it while we hold the locks.
      let partial = LedgerFile.path(in: folder) + NewFile.suffix
      _ = unsafe unlink(partial)
      _ = unsafe unlink(partial + NewFile.suffix)
      return ClaimedFolder(file: lock, folder: whole)
    } catch let error as RestorationError {
      throw error
    } catch LockError.held(_, let processID) {
      throw .served(processID: processID)
    } catch {
      throw .failed("\(error)")
    }
  }

  /// Opens the copy, before anything is changed. A pipe will do.
  private static func open(_ path: String) throws(RestorationError) -> FileDescriptor {
    do throws(Errno) {
      let file = try FileDescriptor.opening(FilePath(path.utf8))
      guard try !FileStatus(of: file).isDirectory else { throw .isADirectory }
      return file
    } catch .isADirectory {
      throw .noCopy("`\(path)` is a folder")
    } catch .noSuchFile {
      throw .noCopy("there is nothing at `\(path)`")
    } catch {
      throw .noCopy("`\(path)` can't be read: \(error)")
    }
  }

  private static func fill(
    _ folder: String, from source: borrowing FileDescriptor, named file: String,
    _ progress: (UInt64, UInt64) -> Void
  ) throws(RestorationError) -> LogReport {
    let partial = LedgerFile.path(in: folder) + NewFile.suffix
    do {
      let new = try NewFile(
        path: LedgerFile.path(in: folder), ownedLikeFolder: true,
        beginning: LedgerCopy.beginning)
      try copy(source, to: new.descriptor)
      guard try new.byteCount > 0 else { throw RestorationError.noCopy("`\(file)` is empty") }
      let copied = try FileDescriptor.opening(FilePath(new.partialPath.utf8))
      guard LedgerCopy.beginning.isAt(copied) else {
        throw RestorationError.noCopy("`\(file)` is not a copy of a ledger")
      }
      let report = try verify(new.partialPath, progress)
      guard report.fault == nil else { return report }
      try renew(new.partialPath)
      try new.publish()
      return report
    } catch let error as RestorationError {
      throw error
    } catch StoreError.corrupted(let message) {
      // The name of the copy's copy says nothing to people.
      throw .damaged(message.replacing(partial, with: file))
    } catch let error as Errno where error == .fileExists {
      if LedgerFile.isThere(in: folder) { throw .occupied }
      throw .failed("`\(partial)` is in the way, and no restore has left it: move it away")
    } catch StoreError.full {
      throw .failed("`\(folder)` has no room for it and for its tables, which are made anew")
    } catch let error as Errno where error == .noSpace {
      throw .failed("`\(folder)` has no room for it")
    } catch {
      throw .failed("\(error)".replacing(partial, with: file))
    }
  }

  /// Replaces the copy by another file of the same log, with tables that are made anew, in which
  /// another epoch begins.
  private static func renew(_ path: String) throws {
    // A start removes it by its suffix, if this is killed.
    let beside = path + NewFile.suffix
    // SAFETY: the calls read terminated strings.
    defer { _ = unsafe unlink(beside) }
    let log = try StoredLog(file: path)
    try log.fill(beside, as: LedgerIdentity(epochOf: log.identity?.id))
    try FolderOwner.adopt(beside)
    _ = try SystemCall.value { unsafe rename(beside, path) }
  }

  private static func copy(
    _ source: borrowing FileDescriptor, to target: borrowing FileDescriptor
  ) throws(Errno) {
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      // SAFETY: the pointer doesn't leave the closure.
      var span = chunk.mutableSpan
      let outcome = try unsafe span.withUnsafeMutableBytes { (room) throws(Errno) in
        try unsafe source.read(into: room)
      }
      guard case .bytes(let count) = outcome else { return }
      var rest = chunk[..<count]
      while !rest.isEmpty {
        guard case .bytes(let written) = try target.write(rest.span), written > 0 else {
          throw .noSpace
        }
        rest = rest.dropFirst(written)
      }
    }
  }

  private static func verify(
    _ path: String, _ progress: (UInt64, UInt64) -> Void
  ) throws(StoreError) -> LogReport {
    let log = try StoredLog(file: path)
    return log.verifyAll(LogStretch(from: 1)) { progress($0, log.revision) }
  }
}

/// Why a copy was not restored. Nothing is left of it.
package enum RestorationError: Error, Sendable, Equatable {
  /// There is a ledger in the folder already.
  case occupied
  /// A daemon runs with the folder; nil if its number can't be read.
  case served(processID: Int32?)
  /// The copy is no ledger, or is damaged.
  case damaged(String)
  /// There is no copy at the path: why, as one sentence.
  case noCopy(String)
  /// Something outside failed.
  case failed(String)
}
