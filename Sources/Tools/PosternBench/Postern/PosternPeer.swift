internal import Foundation
internal import Messages
internal import Platform
internal import PosternClient

/// A fresh daemon with one organization, with its data on the same disk as the rest of the run. One
/// worker has the servers' processor; several have all processors.
struct PosternPeer {
  let socketPath: String
  let process: ChildProcess
  private let folder: WorkFolder
  private let name: String
  private let workerCount: Int

  init(
    folder: WorkFolder, name: String = "postern", workerCount: Int = 1
  ) throws(BenchFailure) {
    try self.init(in: folder, name, workers: workerCount)
    try process.awaitSocket(socketPath)
    do {
      let client = try PosternClient(socketPath: socketPath)
      _ = try client.createOrganization {
        $0.setOrganizationID(Method.organization)
        $0.setAdministratorUserID(Method.user)
      }
    } catch {
      throw BenchFailure("can't create an organization: \(error)")
    }
  }

  /// Starts a daemon, which may not listen yet.
  private init(
    in folder: WorkFolder, _ name: String, workers workerCount: Int
  ) throws(BenchFailure) {
    self.folder = folder
    self.name = name
    self.workerCount = workerCount
    socketPath = folder.file("\(name).sock")
    process = try ChildProcess.start(
      try Self.program(),
      [
        "--socket", socketPath, "--data", folder.file("data-\(name)"),
        "--workers", "\(workerCount)", "--max-tokens-per-user", "0",
      ],
      name: "posternd", logPath: folder.file("\(name).log"), isPinned: workerCount == 1)
  }

  /// Ends the daemon and starts it anew; how long that took until it answered, in nanoseconds.
  func restarted() throws(BenchFailure) -> (peer: PosternPeer, nanoseconds: Int64) {
    process.stop()
    let begin = Clock.monotonicNanoseconds()
    let peer = try PosternPeer(in: folder, name, workers: workerCount)
    while Clock.monotonicNanoseconds() - begin < 20_000_000_000 {
      if let client = try? PosternClient(socketPath: socketPath),
        (try? client.getStatus { _ in }) != nil
      {
        return (peer, Clock.monotonicNanoseconds() - begin)
      }
      usleep(200)
    }
    throw BenchFailure("posternd does not start anew")
  }

  /// The daemon beside this program.
  static func program() throws(BenchFailure) -> String {
    let here = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let program = "\((here as NSString).deletingLastPathComponent)/posternd"
    guard FileManager.default.isExecutableFile(atPath: program) else {
      throw BenchFailure("there is no `\(program)`: `make build` makes it")
    }
    return program
  }
}

/// The secrets of the issued tokens, all of one length, in a row.
struct SecretStore {
  private var bytes: [UInt8] = []
  private(set) var count = 0
  private var secretByteCount = 0

  mutating func append(_ secret: Span<UInt8>) throws(BenchFailure) {
    if count == 0 { secretByteCount = secret.count }
    guard secret.count == secretByteCount, secret.count > 0 else {
      throw BenchFailure("secrets differ in length")
    }
    for index in secret.indices { bytes.append(secret[index]) }
    count += 1
  }

  subscript(index: Int) -> ArraySlice<UInt8> {
    bytes[index * secretByteCount..<(index + 1) * secretByteCount]
  }
}
