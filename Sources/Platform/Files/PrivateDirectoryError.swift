/// Why a folder can't hold private data, and what to do about it.
package enum PrivateDirectoryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Something else has the name.
  case notADirectory(path: String)
  /// Another user owns the folder, and could put anything into it.
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
      "cannot use the folder `\(path)`: \(error)"
    }
  }
}
