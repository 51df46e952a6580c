internal import Glibc
package import PosternClient

// The static standard library of a release, which compiles this module too, has no Swift Testing.
#if canImport(Testing)
  internal import Testing
#endif

/// A running `posternd`, the one that was built with the tests, on a socket and a data folder of
/// its own.
package final class Daemon {
  package let folder: TemporaryFolder
  package let process: ChildProcess
  package var socketPath: String { "\(folder.path)/socket" }

  /// Starts a daemon and waits until its log says that it serves.
  package init(
    _ arguments: [String] = [], folder: TemporaryFolder = TemporaryFolder(),
    descriptors: Int? = nil, environment: [String: String] = [:],
    says sign: String = "event=serving"
  ) throws {
    self.folder = folder
    process = try Daemon.start(
      arguments, in: folder, descriptors: descriptors, environment: environment)
    try process.waitForOutput(sign)
    try process.collectOutput()
  }

  /// Expects that no secret is in the log, at the most verbose level, after any test.
  deinit {
    #if canImport(Testing)
      if process.wholeOutput().contains("pst_") { Issue.record("a secret in the log of a daemon") }
    #endif
  }

  /// Starts the program, which may refuse to serve; with `descriptors` it can't have more open.
  package static func start(
    _ arguments: [String], in folder: TemporaryFolder, descriptors: Int? = nil,
    environment: [String: String] = [:]
  ) throws -> ChildProcess {
    let paths = ["--socket", "\(folder.path)/socket", "--data", "\(folder.path)/data"]
    // How far a step gets must not depend on how busy the machine is, unless a test says so.
    let steady = ["--workers", "2", "--log-level", "debug", "--turn-time", "100000"]
    let all = paths + steady + arguments
    let variables = environment.merging(["HOME": folder.path]) { given, _ in given }
    guard let descriptors else {
      return try ChildProcess(program("posternd"), all, environment: variables)
    }
    // The daemon must not inherit descriptors of the tests.
    let script = """
      for f in /proc/self/fd/*; do n=${f##*/}; ((n > 3)) && eval "exec $n>&-"; done
      ulimit -n \(descriptors) && exec "$0" "$@"
      """
    return try ChildProcess(
      "/bin/bash", ["-c", script, program("posternd")] + all, environment: variables)
  }

  /// A client with the rights of a token, or of this process.
  package func client(bearer: String? = nil) throws(ClientError) -> PosternClient {
    let client = try PosternClient(socketPath: socketPath, bearerToken: bearer)
    client.timeout = .seconds(30)
    return client
  }

  /// Asks the daemon to end, and waits.
  package func stop() throws -> Ending {
    process.signal(SIGTERM)
    return try process.wait()
  }

  /// Ends the daemon as a crash would, and waits.
  package func crash() throws -> Ending {
    process.signal(SIGKILL)
    return try process.wait()
  }

  /// The path of a program of this package, which lies beside the running test program.
  package static func program(_ name: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    let bytes = buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }
    let path = String(decoding: bytes, as: UTF8.self)
    guard let slash = path.lastIndex(of: "/") else { return name }
    return "\(path[..<slash])/\(name)"
  }
}
