internal import Glibc
internal import Platform
internal import TestSupport

/// Connections of another local user. The kernel notes the effective user of the thread that
/// connects, and a thread of root can take another for itself alone.
enum StrangerSocket {
  static let userID: UInt32 = 65534

  /// Whether this process may take another user.
  static var canConnect: Bool { getuid() == 0 }

  static func connect(_ daemon: Daemon) throws -> RawSocket {
    unsafe chmod(daemon.folder.path, 0o755)
    let path = daemon.socketPath
    let found = Guarded<Int32>(-1)
    let thread = try NativeThread(name: "stranger") {
      guard takeUser(Int(userID)), let made = try? UnixConnection.connect(path: path) else {
        return
      }
      let number = made.release()
      found.withLock { $0 = number }
    }
    thread.join()
    let number = found.withLock { $0 }
    guard number >= 0 else { throw FixtureError("no connection as user \(userID)") }
    return RawSocket(FileDescriptor(owning: number))
  }

  /// Takes an effective user for this thread, which is to end with it: the C library's own function
  /// would take it for all threads.
  private static func takeUser(_ userID: Int) -> Bool {
    #if arch(x86_64)
      let number = 117
    #else
      let number = 147
    #endif
    typealias Call = @convention(c) (Int, Int, Int, Int) -> Int
    // SAFETY: `syscall` takes whole numbers here and returns one; -1 leaves a user as it is.
    guard let found = unsafe dlsym(nil, "syscall") else { return false }
    let call = unsafe unsafeBitCast(found, to: Call.self)
    return call(number, -1, userID, -1) == 0
  }
}
