internal import Glibc
internal import PosternClient
internal import Testing

/// A running `posternd`, the one that was built with the tests, on a socket and a data folder of
/// its own.
final class Daemon {
  let folder: TemporaryFolder
  let process: ChildProcess
  var socketPath: String { "\(folder.path)/socket" }

  /// Starts a daemon and waits until its log says that it serves.
  init(
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

  /// Whatever a test has done, and at the most verbose level: no secret is in the log.
  deinit {
    if process.wholeOutput().contains("pst_") { Issue.record("a secret in the log of a daemon") }
  }

  /// Starts the program, which may refuse to serve; with `descriptors` it can't have more open.
  static func start(
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
    // What the tests have open is none of the daemon's.
    let script = """
      for f in /proc/self/fd/*; do n=${f##*/}; ((n > 3)) && eval "exec $n>&-"; done
      ulimit -n \(descriptors) && exec "$0" "$@"
      """
    return try ChildProcess(
      "/bin/bash", ["-c", script, program("posternd")] + all, environment: variables)
  }

  /// A client with the rights of a token, or of this process.
  func client(bearer: String? = nil) throws(ClientError) -> PosternClient {
    let client = try PosternClient(socketPath: socketPath, bearerToken: bearer)
    client.timeout = .seconds(30)
    return client
  }

  /// Asks the daemon to end, and waits.
  func stop() throws -> Ending {
    process.signal(SIGTERM)
    return try process.wait()
  }

  /// Ends the daemon as a crash would, and waits.
  func crash() throws -> Ending {
    process.signal(SIGKILL)
    return try process.wait()
  }

  /// The path of a program of this package, which lies beside the running test program.
  static func program(_ name: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    let bytes = buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }
    let path = String(decoding: bytes, as: UTF8.self)
    guard let slash = path.lastIndex(of: "/") else { return name }
    return "\(path[..<slash])/\(name)"
  }
}
