internal import Platform

/// Why the running daemon can't be taken over from, and what to do about it. That one goes on.
enum TakeOverError: Error, CustomStringConvertible {
  /// The control socket can't be reached.
  case unreachable(path: String, reason: String)
  /// Another user serves the control socket.
  case stranger(path: String, userID: UInt32)
  /// The running daemon says no.
  case refused(processID: Int32, reason: String)
  /// What it says is no answer.
  case violation(processID: Int32, reason: String)
  /// It does not answer.
  case silent(processID: Int32)
  /// A socket that was given can't be served.
  case unusable(path: String, reason: String)

  var description: String {
    switch self {
    case .unreachable(let path, let reason):
      "cannot take over from the daemon at `\(path)`: \(reason)"
    case .stranger(let path, let userID):
      "user \(userID) serves `\(path)`, where only root and this user may: look at the folder"
    case .refused(let processID, let reason):
      "the running daemon (\(processID)) does not hand over: \(reason)"
    case .violation(let processID, let reason):
      "the running daemon (\(processID)) gives no answer that can be understood: \(reason): "
        + "stop it, and start this one without --take-over"
    case .silent(let processID):
      "the running daemon (\(processID)) does not answer at its control socket: "
        + "stop it, and start this one without --take-over"
    case .unusable(let path, let reason):
      "the socket `\(path)` of the running daemon can't be taken over: \(reason)"
    }
  }
}
