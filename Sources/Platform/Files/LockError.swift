/// Why a lock could not be taken, and what to do about it.
package enum LockError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A process holds the lock. Its number is nil where the file doesn't tell it.
  case held(path: String, processID: Int32?)
  /// A call failed.
  case failed(path: String, error: Errno)

  package var description: String {
    switch self {
    case .held(let path, let processID?):
      "process \(processID) holds the lock `\(path)`: stop it first, or choose another path"
    case .held(let path, nil):
      "another process holds the lock `\(path)`: stop it first, or choose another path"
    case .failed(let path, let error):
      "cannot lock `\(path)`: \(error)\(error == .noSuchFile ? ": create its folder first" : "")"
    }
  }
}
