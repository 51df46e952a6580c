internal import Foundation
internal import Messages
internal import Platform
internal import PosternClient

/// A fresh daemon with one worker and one organization, with its data on the same disk as the rest
/// of the run.
struct PosternPeer {
  let socketPath: String
  let process: ChildProcess

  init(folder: WorkFolder) throws(BenchFailure) {
    socketPath = folder.file("postern.sock")
    process = try ChildProcess.start(
      try Self.program(),
      [
        "--socket", socketPath, "--data", folder.file("data"), "--workers", "1",
        "--max-tokens-per-user", "0",
      ],
      name: "posternd", logPath: folder.file("posternd.log"))
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
