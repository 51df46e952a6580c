internal import Platform

/// The floor: a server that only moves bytes, as a process of its own with the daemon's place and
/// kind of socket. It can't be answered faster than this.
struct EchoPeer {
  /// The hidden first argument by which this program becomes the server.
  static let role = "--serve-echo"

  let socketPath: String
  let process: ChildProcess
  private let requestByteCount: Int
  private let replyByteCount: Int

  init(folder: WorkFolder, requestByteCount: Int, replyByteCount: Int) throws(BenchFailure) {
    self.requestByteCount = requestByteCount
    self.replyByteCount = replyByteCount
    socketPath = folder.file("echo.sock")
    process = try ChildProcess.start(
      "the echo", "/proc/self/exe",
      [Self.role, socketPath, "\(requestByteCount)", "\(replyByteCount)"],
      logPath: folder.file("echo.log"))
    try process.awaitSocket(socketPath)
  }

  func conversation() throws(BenchFailure) -> FixedReplyConversation {
    FixedReplyConversation(
      name: "the echo",
      ring: try RequestRing(Array(0..<64)) { frame, _ in
        frame += [UInt8](repeating: 0, count: requestByteCount)
      },
      replyByteCount: replyByteCount, prefix: [])
  }
}
