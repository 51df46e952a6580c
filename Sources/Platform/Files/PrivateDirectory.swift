internal import Glibc

/// Folders that only this user may change.
package enum PrivateDirectory {
  /// Creates the folder at `path` and missing parents, with this mode whatever the umask is. Checks
  /// that the folder belongs to this user and that no other user may write to it. A symbolic link
  /// to such a folder is accepted.
  package static func create(path: String, mode: UInt32 = 0o700) throws(PrivateDirectoryError) {
    do {
      try makeAll(path, mode)
    } catch {
      if error == .fileExists || error == .notADirectory { throw .notADirectory(path: path) }
      throw .failed(path: path, error: error)
    }
    let status: FileStatus
    do { status = try FileStatus(path: path, followingLinks: true) } catch {
      throw .failed(path: path, error: error)
    }
    guard status.isDirectory else { throw .notADirectory(path: path) }
    guard status.userID == ProcessControl.userID else {
      throw .foreignOwner(path: path, userID: status.userID)
    }
    guard status.permissions & 0o022 == 0 else {
      throw .writableByOthers(path: path, mode: status.permissions)
    }
  }

  private static func makeAll(_ path: String, _ mode: UInt32) throws(Errno) {
    if let status = try? FileStatus(path: path, followingLinks: true) {
      guard status.isDirectory else { throw .notADirectory }
      return
    }
    let parent = parent(of: path)
    if let parent { try makeAll(parent, mode) }
    do {
      // SAFETY: the call reads a terminated string.
      _ = try SystemCall.value { unsafe mkdir(path, mode) }
      try setMode(path, mode)
    } catch {
      // Another process created it first: the caller checks the result.
      if error != .fileExists { throw error }
    }
  }

  /// Gives a new folder the bits that the umask removed.
  private static func setMode(_ path: String, _ mode: UInt32) throws(Errno) {
    guard try FileStatus(path: path).permissions != mode else { return }
    // SAFETY: the call reads a terminated string.
    _ = try SystemCall.value { unsafe chmod(path, mode) }
  }

  private static func parent(of path: String) -> String? {
    let trimmed = path.reversed().drop { $0 == "/" }
    guard let slash = trimmed.firstIndex(of: "/") else { return nil }
    let parent = String(trimmed[slash...].drop { $0 == "/" }.reversed())
    return parent.isEmpty ? nil : parent
  }
}

/// Why a folder can't hold private data, and what to do about it.
package enum PrivateDirectoryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The path is not a folder.
  case notADirectory(path: String)
  /// Another user owns the folder and could put anything into it.
  case foreignOwner(path: String, userID: UInt32)
  /// The group or everyone may write to the folder.
  case writableByOthers(path: String, mode: UInt32)
  /// A call failed.
  case failed(path: String, error: Errno)

  package var description: String {
    switch self {
    case .notADirectory(let path):
      "`\(path)` is not a folder: move it away or choose another path"
    case .foreignOwner(let path, let userID):
      "the folder `\(path)` belongs to user \(userID), not to user \(ProcessControl.userID): "
        + "change its owner or choose another path"
    case .writableByOthers(let path, let mode):
      "other users may write to the folder `\(path)` (mode 0\(String(mode, radix: 8))): "
        + "take that right away with chmod go-w, or choose another path"
    case .failed(let path, let error):
      "can't use the folder `\(path)`: \(error)"
    }
  }
}
