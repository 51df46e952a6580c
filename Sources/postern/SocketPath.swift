/// Finds the daemon's socket.
enum SocketPath {
  /// The given path, the one in the environment, or the daemon's default.
  static func find(given: String?, in context: any ProcessContext) throws(Failure) -> String {
    if let path = given ?? context.variable("POSTERN_SOCKET") { return path }
    if context.isRoot { return "/run/postern/postern.sock" }
    guard let folder = context.variable("XDG_RUNTIME_DIR") else {
      throw .trouble(
        "there is no socket to connect to, since XDG_RUNTIME_DIR is not set",
        advice: advice(nil, given: nil, in: context))
    }
    return folder + "/postern/postern.sock"
  }

  /// What to do if no daemon answers there. A socket in the working directory is mentioned, but
  /// never used unasked: any user may have put it there.
  static func advice(
    _ path: String?, given: String?, in context: any ProcessContext
  ) -> String {
    if let path, let owner = context.socketOwner(path) {
      guard let group = owner.group else {
        return
          "only the user `\(owner.user)` may use it: run this as that user, or start the daemon"
          + " as a user whose group you are in"
      }
      return "the socket is for the group `\(group)`: let root add you by"
        + " `usermod --append --groups \(group) USER`, and log in again"
    }
    let local = ".postern/postern.sock"
    if given == nil, context.variable("POSTERN_SOCKET") == nil, context.exists(local) {
      return "there is a socket at ./\(local): if it is yours, use `--socket \(local)`"
        + " or POSTERN_SOCKET"
    }
    return "start the daemon, by `systemctl start postern.socket` where it is installed, `make run`"
      + " in the source folder, or `posternd`; or name its socket by --socket or POSTERN_SOCKET"
  }
}

/// The user and group that may use a socket.
package struct SocketOwner {
  let user: String
  /// Nil if its group may not use it, or is root's, which no user should join.
  let group: String?

  package init(user: String, group: String?) {
    self.user = user
    self.group = group
  }
}
